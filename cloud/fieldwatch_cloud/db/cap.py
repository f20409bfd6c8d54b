"""CAP messages that were given out, and what the next ones are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg.rows import class_row

from fieldwatch_cloud.db.statements import statements
from fieldwatch_cloud.errors import NotFoundError

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection

SQL = statements("cap")


@dataclass(frozen=True, slots=True)
class Given:
    """A message that was given out; see `incidents.cap.Issued`."""

    incident_id: UUID
    number: int
    sender: str
    sent: datetime
    expires: datetime
    type: str
    kind: str
    state: str
    revision: int
    headline: str


@dataclass(frozen=True, slots=True)
class About:
    """What a message says beside `db.fires.Incident`. Degrees WGS 84."""

    name: str
    """Of the reserve; so for the two that follow."""
    name_zh: str | None
    timezone: str
    camera_name: str | None
    """Of the newest suspicion; so for the four that follow."""
    camera_lon: float | None
    camera_lat: float | None
    bearing_deg: float | None
    bearing_sd_deg: float | None
    cameras: int
    confidence: float | None
    """The highest of all suspicions."""
    hotspots: int
    """Without those of low confidence."""
    people: int


def lock(conn: Connection, incident_id: UUID) -> str | None:
    """Be alone, until the transaction ends, in writing about incidents of its reserve; why this one is held
    back, if it is.

    Raises:
        NotFoundError: no such incident.
    """
    row = conn.execute(SQL["lock"], {"incident_id": incident_id}).fetchone()
    if row is None:
        raise NotFoundError(f"no such incident: {incident_id}")
    return row[0]  # type: ignore[no-any-return]


def about(conn: Connection, incident_id: UUID) -> About:
    """Of an incident that exists."""
    with conn.cursor(row_factory=class_row(About)) as cursor:
        (found,) = cursor.execute(SQL["about"], {"incident_id": incident_id})
    return found


def of_incident(conn: Connection, incident_id: UUID) -> list[Given]:
    """In the order in which they were given out."""
    with conn.cursor(row_factory=class_row(Given)) as cursor:
        return cursor.execute(SQL["of_incident"], {"incident_id": incident_id}).fetchall()


def of_reserve(conn: Connection, reserve_id: UUID, since: datetime) -> list[Given]:
    """The newest first."""
    with conn.cursor(row_factory=class_row(Given)) as cursor:
        return cursor.execute(SQL["of_reserve"], {"reserve_id": reserve_id, "since": since}).fetchall()


def perhaps_due(conn: Connection, reserve_id: UUID, *, since: datetime, renew: datetime) -> list[UUID]:
    """Incidents about which something may have to be said.

    Args:
        since: of those that nothing was said about, only the ones that were seen after this.
        renew: what expires before this is said again.
    """
    parameters = {"reserve_id": reserve_id, "since": since, "renew": renew}
    return [id_ for (id_,) in conn.execute(SQL["perhaps_due"], parameters)]


def keep(conn: Connection, message: Given, body: str) -> None:
    parameters = {name: getattr(message, name) for name in Given.__slots__}
    conn.execute(SQL["keep"], {**parameters, "body": body})


def body(conn: Connection, incident_id: UUID, number: int) -> str:
    """The XML as it was given out.

    Raises:
        NotFoundError: no such message.
    """
    row = conn.execute(SQL["body"], {"incident_id": incident_id, "number": number}).fetchone()
    if row is None:
        raise NotFoundError(f"no such message: {incident_id}.{number}")
    return row[0]  # type: ignore[no-any-return]
