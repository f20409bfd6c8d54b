"""What people did about incidents: the record, and the state that follows from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from psycopg.rows import class_row

from fieldwatch_cloud.db.statements import statements
from fieldwatch_cloud.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection

SQL = statements("actions")


State = Literal["new", "acknowledged", "dispatched", "on_scene", "contained", "closed", "false_alarm"]


@dataclass(frozen=True, slots=True)
class Locked:
    """An incident that nobody else changes until the transaction ends."""

    id: UUID
    reserve: str
    state: State
    held_back: str | None
    drill: bool


@dataclass(frozen=True, slots=True)
class Known:
    """An action that is on record already."""

    incident_id: UUID
    account_id: UUID | None
    action: str


@dataclass(frozen=True, slots=True)
class Confirming:
    """The picture of a suspicion, where it has arrived and nobody but we ourselves has said what it shows."""

    media_id: UUID
    kind: Literal["smoke", "fire"]
    box: list[float]
    revision: int
    blank: bool | None
    """What was said for the incident before: that it shows nothing; None: nothing was."""


@dataclass(frozen=True, slots=True)
class FalseAlarm:
    deployment_id: UUID
    box: list[float]
    own: bool
    """Of the incident that was asked for."""


@dataclass(frozen=True, slots=True)
class Picture:
    incident_id: UUID
    account_id: UUID
    sha256: str


def reserve_of(conn: Connection, incident_id: UUID) -> str:
    """Its slug.

    Raises:
        NotFoundError: no such incident.
    """
    found = conn.execute(SQL["reserve_of"], {"id": incident_id}).fetchone()
    if found is None:
        raise NotFoundError(f"no such incident: {incident_id}")
    return str(found[0])


def lock(conn: Connection, incident_id: UUID) -> Locked:
    """Lock an incident that exists; one that was found to be another, that other."""
    with conn.cursor(row_factory=class_row(Locked)) as cursor:
        found = cursor.execute(SQL["lock"], {"id": incident_id}).fetchone()
    assert found is not None  # noqa: S101  Incidents are never deleted, and the reserve is locked.
    return found


def known(conn: Connection, action_id: UUID) -> Known | None:
    with conn.cursor(row_factory=class_row(Known)) as cursor:
        return cursor.execute(SQL["known"], {"action_id": action_id}).fetchone()


def record(
    conn: Connection, incident_id: UUID, actions: Collection[str]
) -> list[tuple[str, datetime, UUID | None]]:
    """(action, when it was done, by whom) of those actions, by arrival; with what was done to the incidents
    that were merged into it."""
    return conn.execute(SQL["record"], {"id": incident_id, "actions": list(actions)}).fetchall()


def confirming(conn: Connection, incident_id: UUID) -> list[Confirming]:
    """Pictures in which nothing but a fire was proposed: of an animal in it, "no fire" says nothing."""
    with conn.cursor(row_factory=class_row(Confirming)) as cursor:
        return cursor.execute(SQL["confirming"], {"id": incident_id}).fetchall()


def false_alarms(conn: Connection, incident_id: UUID, reason: str) -> list[FalseAlarm]:
    """Of the cameras of a false alarm: what they took for a fire for the same reason, newest first."""
    with conn.cursor(row_factory=class_row(FalseAlarm)) as cursor:
        return cursor.execute(SQL["false_alarms"], {"id": incident_id, "reason": reason}).fetchall()


def reason(conn: Connection, incident_id: UUID) -> str | None:
    """Why it was called a false alarm last."""
    found = conn.execute(SQL["reason"], {"id": incident_id}).fetchone()
    return found[0] if found else None


def add_picture(
    conn: Connection,
    picture_id: UUID,
    incident_id: UUID,
    *,
    account_id: UUID,
    taken_at: datetime,
    lon: float | None,
    lat: float | None,
    note: str | None,
    mime: str,
    sha256: str,
    size: int,
) -> None:
    """Keep the record of a picture from the field.

    Raises:
        AlreadyExistsError: its id is taken.
    """
    parameters = {
        "id": picture_id,
        "incident_id": incident_id,
        "account_id": account_id,
        "taken_at": taken_at,
        "lon": lon,
        "lat": lat,
        "note": note,
        "mime": mime,
        "sha256": sha256,
        "bytes": size,
    }
    conn.execute(SQL["add_picture"], parameters)


def picture(conn: Connection, picture_id: UUID) -> Picture | None:
    """One from the field."""
    with conn.cursor(row_factory=class_row(Picture)) as cursor:
        return cursor.execute(SQL["picture"], {"id": picture_id}).fetchone()
