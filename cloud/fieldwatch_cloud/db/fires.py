"""Incidents as people read them."""

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

SQL = statements("fires")


@dataclass(frozen=True, slots=True)
class Incident:
    id: UUID
    reserve: str
    kind: str
    state: str
    first_seen_at: datetime
    last_seen_at: datetime
    opened_at: datetime
    opener_observed_at: datetime
    """Of the suspicion that arrived first."""
    opener_received_at: datetime


@dataclass(frozen=True, slots=True)
class Summary(Incident):
    suspicions: int
    deployment_id: UUID
    lon: float
    lat: float
    bearing_deg: float | None
    media_id: UUID | None


@dataclass(frozen=True, slots=True)
class Suspicion:
    id: UUID
    deployment_id: UUID
    lon: float
    lat: float
    observed_at: datetime
    first_seen_at: datetime
    received_at: datetime
    kind: str
    confidence: float
    box: list[float]
    bearing_deg: float | None
    bearing_sd_deg: float | None
    elevation_deg: float | None
    media_id: UUID | None
    """Only once the picture is here."""
    clock_quality: str
    clock_offset_s: float | None
    model: str


@dataclass(frozen=True, slots=True)
class LogEntry:
    at: datetime
    account: str | None
    action: str
    note: str | None


def incidents(
    conn: Connection,
    reserve_id: UUID,
    *,
    states: list[str] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 500,
) -> list[Summary]:
    """Incidents whose time (first to last seen) meets [since, until), by last_seen_at, newest first."""
    with conn.cursor(row_factory=class_row(Summary)) as cursor:
        parameters = {
            "reserve_id": reserve_id,
            "states": states,
            "since": since,
            "until": until,
            "limit": limit,
        }
        return cursor.execute(SQL["incidents"], parameters).fetchall()


def incident(conn: Connection, incident_id: UUID) -> Incident:
    """Raises:
    NotFoundError: no such incident.
    """
    with conn.cursor(row_factory=class_row(Incident)) as cursor:
        found = cursor.execute(SQL["incident"], {"id": incident_id}).fetchone()
    if found is None:
        raise NotFoundError(f"no such incident: {incident_id}")
    return found


def suspicions(conn: Connection, incident_id: UUID) -> list[Suspicion]:
    with conn.cursor(row_factory=class_row(Suspicion)) as cursor:
        return cursor.execute(SQL["suspicions"], {"id": incident_id}).fetchall()


def log(conn: Connection, incident_id: UUID) -> list[LogEntry]:
    with conn.cursor(row_factory=class_row(LogEntry)) as cursor:
        return cursor.execute(SQL["log"], {"id": incident_id}).fetchall()
