"""Incidents as people read them: what was seen, what was done, who was called.

Degrees WGS 84, longitude and latitude apart; metres; angles clockwise from true north.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from psycopg.rows import class_row

from fieldwatch_cloud.db.hotspots import Hotspot
from fieldwatch_cloud.db.statements import statements
from fieldwatch_cloud.errors import NotFoundError

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection

SQL = statements("fires")
_OF_RESERVE = b"\n".join((SQL["chosen"], SQL["incident"], SQL["of_chosen"]))
_ONE = b"\n".join((SQL["incident"], SQL["one"]))
_WITH_MERGED = {name: b"\n".join((SQL["merged"], SQL[name])) for name in ("pictures", "log", "deliveries")}
Row = TypeVar("Row")


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
    """Of what arrived first: a suspicion, a hotspot, a report."""
    opener_received_at: datetime
    suspicions: int
    hotspots: int
    reports: int
    deployment_id: UUID | None
    """Of the newest suspicion; None where no camera saw it. So for the three that follow."""
    camera_lon: float | None
    camera_lat: float | None
    bearing_deg: float | None
    media_id: UUID | None
    lon: float | None
    lat: float | None
    """Where the fire is; None: somewhere along one direction."""
    location_method: str | None
    semi_major_m: float | None
    semi_minor_m: float | None
    orientation_deg: float | None
    region: str | None
    """GeoJSON, Polygon or MultiPolygon."""
    zone_id: UUID | None
    zone_name: str | None
    zone_name_zh: str | None
    fwi: float | None
    held_back: str | None
    drill: bool
    merged_into: UUID | None
    revision: int
    unanswered: bool
    """All were called, and nobody has answered."""


@dataclass(frozen=True, slots=True)
class Suspicion:
    id: UUID
    deployment_id: UUID
    deployment: str
    """Its name."""
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
    elevation_sd_deg: float | None
    pose: dict[str, float] | None
    media_id: UUID | None
    """Only once the picture is here; so for the two that follow."""
    before_media_id: UUID | None
    clip_media_id: UUID | None
    clock_quality: str
    clock_offset_s: float | None
    model: str


@dataclass(frozen=True, slots=True)
class Report:
    id: UUID
    account: str
    observed_at: datetime
    received_at: datetime
    kind: str
    lon: float | None
    lat: float | None
    location_sd_m: float | None
    standpoint_lon: float | None
    standpoint_lat: float | None
    bearing_deg: float | None
    bearing_sd_deg: float | None
    note: str | None


@dataclass(frozen=True, slots=True)
class Picture:
    id: UUID
    account: str
    taken_at: datetime
    received_at: datetime
    lon: float | None
    lat: float | None
    note: str | None
    mime: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class LogEntry:
    at: datetime
    account: str | None
    action: str
    note: str | None
    done_at: datetime | None
    details: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Delivery:
    id: UUID
    account: str | None
    """None: a reserve's own system."""
    device: str
    channel: str
    kind: str
    step: int | None
    state: str
    queued_at: datetime
    sent_at: datetime | None
    delivered_at: datetime | None
    opened_at: datetime | None
    answered_at: datetime | None
    failure: str | None


def incidents(
    conn: Connection,
    reserve_id: UUID,
    *,
    states: list[str] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    drill: bool | None = None,
    held_back: bool | None = None,
    limit: int = 500,
) -> list[Incident]:
    """Incidents whose time (first to last seen) meets [since, until), by last_seen_at, newest first; without
    those that were found to be one with another. Where there are more than `limit`, all that are open and the
    newest of the others."""
    with conn.cursor(row_factory=class_row(Incident)) as cursor:
        parameters = {
            "reserve_id": reserve_id,
            "states": states,
            "since": since,
            "until": until,
            "drill": drill,
            "held_back": held_back,
            "limit": limit,
        }
        return cursor.execute(_OF_RESERVE, parameters).fetchall()


def incident(conn: Connection, incident_id: UUID) -> Incident:
    """Raises:
    NotFoundError: no such incident.
    """
    with conn.cursor(row_factory=class_row(Incident)) as cursor:
        found = cursor.execute(_ONE, {"id": incident_id}).fetchone()
    if found is None:
        raise NotFoundError(f"no such incident: {incident_id}")
    return found


def suspicions(conn: Connection, incident_id: UUID) -> list[Suspicion]:
    return _rows(conn, Suspicion, "suspicions", incident_id)


def hotspots(conn: Connection, incident_id: UUID) -> list[Hotspot]:
    return _rows(conn, Hotspot, "hotspots", incident_id)


def reports(conn: Connection, incident_id: UUID) -> list[Report]:
    return _rows(conn, Report, "reports", incident_id)


def pictures(conn: Connection, incident_id: UUID) -> list[Picture]:
    """From the field; also of the incidents that were merged into it. So for the two that follow."""
    return _rows(conn, Picture, "pictures", incident_id)


def log(conn: Connection, incident_id: UUID) -> list[LogEntry]:
    """By arrival."""
    return _rows(conn, LogEntry, "log", incident_id)


def deliveries(conn: Connection, incident_id: UUID) -> list[Delivery]:
    """Who was called about it, and how far each call came, in the order in which they were decided."""
    return _rows(conn, Delivery, "deliveries", incident_id)


def _rows(conn: Connection, kind: type[Row], statement: str, incident_id: UUID) -> list[Row]:
    with conn.cursor(row_factory=class_row(kind)) as cursor:
        query = _WITH_MERGED.get(statement, SQL[statement])
        return cursor.execute(query, {"id": incident_id}).fetchall()
