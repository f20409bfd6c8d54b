"""Incidents and their evidence: found, opened, given a place, merged. For people to read: see `fires`."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from fieldwatch_cloud.db.statements import statements
from fieldwatch_cloud.db.suspicions import LONGEST_CONFIRMATION
from fieldwatch_cloud.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection

SQL = statements("incidents")
NEWEST = datetime.max.replace(tzinfo=UTC)
"""Nearest to it in time: the newest."""


@dataclass(frozen=True, slots=True)
class Row:
    """One piece of an incident's evidence. Degrees, WGS 84."""

    incident_id: UUID
    what: Literal["suspicion", "hotspot", "report", "direction"]
    """A person's report of a place, or a direction from where they stood."""
    id: UUID
    source: UUID
    """Deployment, hotspot or account."""
    lon: float
    lat: float
    observed_at: datetime
    kind: Literal["smoke", "fire"]
    bearing_deg: float | None
    bearing_sd_deg: float | None
    elevation_deg: float | None
    elevation_sd_deg: float | None
    height_m: float | None
    east: float | None
    """Of a hotspot the pixel's size in km, of a reported place its standard deviation in metres."""
    north: float | None
    nearest: int


@dataclass(frozen=True, slots=True)
class Near:
    """An incident with evidence of about a time."""

    id: UUID
    kind: Literal["smoke", "fire"]
    state: str
    opened_at: datetime
    held_back: str | None
    ended_at: datetime | None
    arranged: bool
    """A person has split or merged it."""


@dataclass(frozen=True, slots=True)
class Incident:
    id: UUID
    reserve: str
    kind: Literal["smoke", "fire"]
    state: str
    opened_at: datetime
    held_back: str | None
    drill: bool
    merged_into: UUID | None
    lon: float | None
    lat: float | None
    semi_major_m: float | None
    method: str | None


def lock_reserve(conn: Connection, reserve: str) -> None:
    """Be alone, until the transaction ends, in deciding on this reserve's incidents."""
    conn.execute(SQL["lock"], {"reserve": reserve})


def candidates(
    conn: Connection,
    reserve: str,
    *,
    drill: bool,
    seen: tuple[datetime, datetime],
    hotspots: tuple[datetime, datetime],
    reports: tuple[datetime, datetime],
) -> list[Near]:
    """The reserve's incidents with a suspicion, a hotspot or a report within these times, oldest first."""
    parameters = {
        "reserve": reserve,
        "drill": drill,
        "seen_from": seen[0],
        "seen_to": seen[1],
        "hotspots_from": hotspots[0],
        "hotspots_to": hotspots[1],
        "reports_from": reports[0],
        "reports_to": reports[1],
    }
    return [Near(*row) for row in conn.execute(SQL["candidates"], parameters)]


def evidence(conn: Connection, ids: Collection[UUID], at: datetime) -> dict[UUID, list[Row]]:
    """Of each incident, what each of its sources observed nearest to that time, by time."""
    found: dict[UUID, list[Row]] = defaultdict(list)
    if ids:
        for row in conn.execute(SQL["evidence"], {"ids": list(ids), "at": at}):
            found[row[0]].append(Row(*row))
    return found


def get(conn: Connection, id_: UUID) -> Incident:
    """Raises:
    NotFoundError: no such incident.
    """
    with conn.cursor(row_factory=class_row(Incident)) as cursor:
        found = cursor.execute(SQL["get"], {"id": id_}).fetchone()
    if found is None:
        raise NotFoundError(f"no such incident: {id_}")
    return found


def open_(
    conn: Connection,
    id_: UUID,
    reserve: str,
    *,
    kind: str,
    first_seen_at: datetime,
    last_seen_at: datetime,
    drill: bool = False,
    fwi: float | None = None,
    held_back: str | None = None,
) -> None:
    parameters = {
        "id": id_,
        "reserve": reserve,
        "kind": kind,
        "first_seen_at": first_seen_at,
        "last_seen_at": last_seen_at,
        "drill": drill,
        "fwi": fwi,
        "held_back": held_back,
    }
    conn.execute(SQL["open"], parameters)


def calling_of(conn: Connection, deployment_id: UUID, since: datetime) -> int:
    """How many incidents that this deployment's camera saw began to call people since then, unanswered."""
    (found,) = conn.execute(SQL["calling_of"], {"deployment_id": deployment_id, "since": since})
    return int(found[0])


def extend(
    conn: Connection, id_: UUID, *, kind: str, first_seen_at: datetime, last_seen_at: datetime
) -> None:
    """There is one more piece of evidence: widen the span; smoke in which flames are seen is fire."""
    parameters = {"id": id_, "kind": kind, "first_seen_at": first_seen_at, "last_seen_at": last_seen_at}
    conn.execute(SQL["extend"], parameters)


def set_place(
    conn: Connection,
    id_: UUID,
    *,
    region: bytes | None,
    station: tuple[float, float] | None,
    point: Mapping[str, object] | None,
) -> UUID | None:
    """Write where it is, find its zone, and count the revision; returns the zone.

    Args:
        region: WKB; None: nothing is known.
        station: lon, lat of a camera that saw it, for its zone where there is no region.
        point: lon, lat, method, semi_major_m, semi_minor_m, orientation_deg; None: there is only a region.
    """
    none = dict.fromkeys(("lon", "lat", "method", "semi_major_m", "semi_minor_m", "orientation_deg"))
    lon, lat = station or (None, None)
    parameters = {
        "id": id_,
        "region": region,
        "station_lon": lon,
        "station_lat": lat,
        **none,
        **(point or {}),
    }
    (found,) = conn.execute(SQL["set_place"], parameters)
    zone: UUID | None = found[0]
    return zone


def release(conn: Connection, id_: UUID) -> None:
    """It is held back no longer."""
    conn.execute(SQL["release"], {"id": id_})


def set_state(conn: Connection, id_: UUID, state: str) -> None:
    """Also where it stays as it is: the record has grown, and the revision with it."""
    conn.execute(SQL["set_state"], {"id": id_, "state": state})


def log(
    conn: Connection,
    id_: UUID,
    action: str,
    details: dict[str, Any] | None = None,
    *,
    account_id: UUID | None = None,
    action_id: UUID | None = None,
    done_at: datetime | None = None,
    note: str | None = None,
    at: datetime | None = None,
) -> None:
    """One more line of its record, by a person or by the system.

    Args:
        details: must be JSON by itself.
        at: when it came to be known; None: now, by the database's clock.
    """
    parameters = {
        "id": id_,
        "action": action,
        "details": Jsonb(details or {}),
        "account_id": account_id,
        "action_id": action_id,
        "done_at": done_at,
        "note": note,
        "at": at,
    }
    conn.execute(SQL["log"], parameters)


def bump(conn: Connection, id_: UUID) -> None:
    """People see that it changed."""
    conn.execute(SQL["bump"], {"id": id_})


def incident_of_hotspot(conn: Connection, hotspot_id: UUID) -> UUID | None:
    """Raises:
    NotFoundError: no such hotspot.
    """
    return _of(conn, "hotspot_incident", hotspot_id)


def incident_of_report(conn: Connection, report_id: UUID) -> UUID | None:
    """Raises:
    NotFoundError: no such report.
    """
    return _of(conn, "report_incident", report_id)


def _of(conn: Connection, statement: str, id_: UUID) -> UUID | None:
    found = conn.execute(SQL[statement], {"id": id_}).fetchone()
    if found is None:
        raise NotFoundError(f"it must be stored before its incident is chosen: {id_}")
    incident_id: UUID | None = found[0]
    return incident_id


def give(conn: Connection, what: str, ids: Collection[UUID], to: UUID) -> None:
    """These suspicions, hotspots or reports (`what`) belong to another incident now."""
    if ids:
        conn.execute(SQL[f"give_{what}s"], {"ids": list(ids), "to": to})


def of_station(conn: Connection, id_: UUID, at: tuple[float, float], within_m: float) -> list[UUID]:
    """Suspicions of an incident that cameras around (lon, lat) saw."""
    parameters = {"id": id_, "lon": at[0], "lat": at[1], "within_m": within_m}
    return [row[0] for row in conn.execute(SQL["of_station"], parameters)]


def all_evidence(conn: Connection, id_: UUID) -> dict[str, list[UUID]]:
    """Ids of all its suspicions, hotspots and reports, by that word."""
    found: dict[str, list[UUID]] = defaultdict(list)
    for what, one in conn.execute(SQL["all_evidence"], {"id": id_}):
        found[what].append(one)
    return found


def measure(conn: Connection, id_: UUID) -> None:
    """Kind and span anew from its evidence."""
    conn.execute(SQL["measure"], {"id": id_, "longest": LONGEST_CONFIRMATION})


def merge(conn: Connection, id_: UUID, into: UUID) -> None:
    """Mark as found to be another; its evidence has been given there."""
    conn.execute(SQL["merge"], {"id": id_, "into": into})
