"""Drills: who started which, and what its calls came to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row

from fieldwatch_cloud.db.statements import statements
from fieldwatch_cloud.errors import NotFoundError, RowRefusedError
from fieldwatch_shared.ids import uuid7

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection

SQL = statements("drills")


@dataclass(frozen=True, slots=True)
class Drill:
    id: UUID
    reserve: str
    reserve_id: UUID
    incident_id: UUID
    state: str
    """Of its incident."""
    started_by: str
    started_at: datetime
    ended_at: datetime | None
    note: str | None
    deployment_id: UUID | None


def heading(conn: Connection, reserve: str, deployment_id: UUID, now: datetime) -> float | None:
    """Where the deployment looks, in degrees from true north; None: nobody measured it.

    Raises:
        NotFoundError: no such deployment in this reserve.
        RowRefusedError: it has ended.
    """
    parameters = {"reserve": reserve, "deployment_id": deployment_id, "now": now}
    row = conn.execute(SQL["deployment"], parameters).fetchone()
    if row is None:
        raise NotFoundError(f"no such deployment: {deployment_id}")
    if not row[1]:
        raise RowRefusedError("this deployment has ended: choose one whose camera still stands there")
    return None if row[0] is None else float(row[0])


def running(conn: Connection, reserve: str) -> UUID | None:
    row = conn.execute(SQL["running"], {"reserve": reserve}).fetchone()
    return row[0] if row else None


def add(
    conn: Connection, reserve: str, incident_id: UUID, account_id: UUID, now: datetime, note: str | None
) -> UUID:
    new = uuid7()
    conn.execute(
        SQL["add"],
        {
            "id": new,
            "reserve": reserve,
            "incident_id": incident_id,
            "started_by": account_id,
            "now": now,
            "note": note,
        },
    )
    return new


def of_reserve(conn: Connection, reserve_id: UUID) -> list[Drill]:
    """Newest first, 200 at most."""
    with conn.cursor(row_factory=class_row(Drill)) as cursor:
        return cursor.execute(SQL["drills"], {"reserve_id": reserve_id, "id": None}).fetchall()


def get(conn: Connection, drill_id: UUID) -> Drill:
    """Raises:
    NotFoundError: no such drill.
    """
    with conn.cursor(row_factory=class_row(Drill)) as cursor:
        found = cursor.execute(SQL["drills"], {"reserve_id": None, "id": drill_id}).fetchone()
    if found is None:
        raise NotFoundError(f"no such drill: {drill_id}")
    return found


def due(conn: Connection, started_before: datetime) -> list[tuple[UUID, UUID]]:
    """(drill, incident) of those that run and were started before that."""
    return [(drill, incident) for drill, incident in conn.execute(SQL["due"], {"before": started_before})]


def end(conn: Connection, drill_id: UUID, now: datetime) -> bool:
    """False: it has ended before."""
    return conn.execute(SQL["end"], {"id": drill_id, "now": now}).fetchone() is not None


def close_incident(conn: Connection, incident_id: UUID) -> bool:
    """False: somebody has closed it before."""
    return conn.execute(SQL["close_incident"], {"incident_id": incident_id}).fetchone() is not None


def steps(conn: Connection, incident_id: UUID) -> list[tuple[int, datetime, list[dict[str, Any]]]]:
    """(step of the plan, when it was first made, whom it could not reach) of those that were made."""
    return [
        (step, at, unreached or [])
        for step, at, unreached in conn.execute(SQL["steps"], {"incident_id": incident_id})
    ]
