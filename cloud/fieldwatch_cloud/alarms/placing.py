"""Where an incident is, from its evidence, written with it; and its evidence as the pure rules take it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

import shapely  # type: ignore[import-untyped]

from fieldwatch_cloud.alarms import ground
from fieldwatch_cloud.db import incidents
from fieldwatch_cloud.incidents import agreement, fuse
from fieldwatch_cloud.incidents.domain import (
    DEFAULT_PERSON_SD_M,
    Evidence,
    Fix,
    Place,
    Sighting,
    Spot,
    pixel_sd_m,
)
from fieldwatch_cloud.incidents.plane import ELLIPSOID

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection
    from fieldwatch_cloud.incidents.fuse import Candidate

_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def known(conn: Connection, reserve: str, new: Evidence, *, drill: bool) -> list[Candidate]:
    """The incidents that new evidence might belong to, each with its evidence of about that time."""
    at, within = new.observed_at, agreement.window(new)
    near = incidents.candidates(
        conn,
        reserve,
        drill=drill,
        seen=_around(at, within),
        hotspots=_around(at, agreement.HOTSPOT_WINDOW),
        reports=_around(at, max(within, agreement.REPORT_WINDOW)),
    )
    evidence = incidents.evidence(conn, [one.id for one in near], at)
    return [
        fuse.Candidate(
            one.id,
            tuple(map(_evidence, evidence[one.id])),
            _state(one.state),
            # Ended without an action on its record: whatever was seen since is new.
            one.ended_at or max(e.observed_at for e in evidence[one.id]),
            one.kind,
            one.arranged,
        )
        for one in near
    ]


def relocate(conn: Connection, incident_id: UUID, others: Sequence[Candidate] = ()) -> Place | None:
    """Estimate anew where an incident is, from the newest of its evidence; write it, and its zone.

    Counts the revision. The record says so where a point is found or lost, or moves out of its ellipse.

    Args:
        others: incidents of about the same time, for which its bearings might be meant.
    """
    before = incidents.get(conn, incident_id)
    rows = incidents.evidence(conn, [incident_id], incidents.NEWEST)[incident_id]
    evidence = [_evidence(row) for row in rows]
    place = fuse.place_among(evidence, [other for other in others if other.incident_id != incident_id])
    place = ground.refine(conn, before.reserve, place, evidence)
    fix = place.fix if place else None
    zone = incidents.set_place(
        conn,
        incident_id,
        region=None if place is None or place.region.is_empty else shapely.to_wkb(place.region),
        station=(rows[-1].lon, rows[-1].lat) if rows else None,
        point=None
        if fix is None
        else {
            "lon": fix.lon,
            "lat": fix.lat,
            "method": fix.method,
            "semi_major_m": fix.semi_major_m,
            "semi_minor_m": fix.semi_minor_m,
            "orientation_deg": fix.orientation_deg,
        },
    )
    if _worth_telling(before, fix):
        details = _told(fix) | {"zone": str(zone) if zone else None}
        incidents.log(conn, incident_id, "located", details)
    return place


def _worth_telling(before: incidents.Incident, fix: Fix | None) -> bool:
    if fix is None or before.lon is None or before.lat is None:
        return (fix is None) != (before.lon is None)
    moved = ELLIPSOID.inv(before.lon, before.lat, fix.lon, fix.lat)[2]
    return fix.method != before.method or bool(moved > (before.semi_major_m or 0))


def _told(fix: Fix | None) -> dict[str, object]:
    if fix is None:
        return {"method": None}
    return {
        "method": fix.method,
        "lon": round(fix.lon, 6),
        "lat": round(fix.lat, 6),
        "semi_major_m": round(fix.semi_major_m),
        "semi_minor_m": round(fix.semi_minor_m),
        "orientation_deg": round(fix.orientation_deg),
    }


def _evidence(row: incidents.Row) -> Evidence:
    if row.what == "hotspot":
        assert row.east is not None and row.north is not None  # noqa: S101, PT018  Columns of a hotspot.
        east, north = pixel_sd_m(row.east, row.north)
        return Spot(row.source, row.lon, row.lat, row.observed_at, east, north, "hotspot", row.id)
    if row.what == "report":
        sd = row.east or DEFAULT_PERSON_SD_M
        return Spot(row.source, row.lon, row.lat, row.observed_at, sd, sd, "report", row.id)
    return Sighting(
        row.source,
        row.lon,
        row.lat,
        row.observed_at,
        row.bearing_deg,
        row.bearing_sd_deg,
        row.elevation_deg,
        row.elevation_sd_deg,
        row.height_m,
        id=row.id,
        person=row.what == "direction",
        kind=row.kind,
    )


def _state(state: str) -> Literal["open", "closed", "false_alarm"]:
    return "closed" if state == "closed" else "false_alarm" if state == "false_alarm" else "open"


def _around(at: datetime, within: timedelta) -> tuple[datetime, datetime]:
    """As far as the calendar goes: a node's clock may stand at either end of it."""
    start = at - within if at >= _FIRST + within else _FIRST
    end = at + within if at <= _LAST - within else _LAST
    return start, end
