"""CAP messages, written when somebody asks: what is due is written, kept, and from then on never changes.

Who reads the feed every minute learns of a change within that minute; where nobody reads, nothing is written.
"""

from __future__ import annotations

from dataclasses import astuple
from datetime import timedelta
from typing import TYPE_CHECKING, Literal, cast

import shapely  # type: ignore[import-untyped]

from fieldwatch_cloud.db import cap as kept
from fieldwatch_cloud.db import fires
from fieldwatch_cloud.incidents import cap
from fieldwatch_cloud.incidents.danger import danger_class

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection

FEED = timedelta(days=30)


def feed(
    conn: Connection, reserve_id: UUID, *, sender: str, base_url: str, now: datetime
) -> list[cap.Issued]:
    """The reserve's messages of the last `FEED`, the newest first, with those that were due just now."""
    since = now - FEED
    for incident_id in kept.perhaps_due(conn, reserve_id, since=since, renew=now + cap.RENEW):
        publish(conn, incident_id, sender=sender, base_url=base_url, now=now)
    return [_issued(row) for row in kept.of_reserve(conn, reserve_id, since)]


def publish(
    conn: Connection, incident_id: UUID, *, sender: str, base_url: str, now: datetime
) -> cap.Issued | None:
    """The incident's newest message, written now if one is due. None: nothing was ever said about it, because
    a gate holds it back, or because it was over before anybody asked.

    Raises:
        NotFoundError: no such incident.
    """
    held_back = kept.lock(conn, incident_id)
    before = [_issued(row) for row in kept.of_incident(conn, incident_id)]
    last = before[-1] if before else None
    if held_back is not None and last is None:
        return None
    situation = _situation(conn, incident_id)
    if not cap.due(now, last, situation):
        return last
    message, body = cap.next_message(situation, before, sender=sender, base_url=base_url, now=now)
    kept.keep(conn, kept.Given(*astuple(message)), body)
    return message


def _issued(row: kept.Given) -> cap.Issued:
    return cap.Issued(*astuple(row))


def _situation(conn: Connection, incident_id: UUID) -> cap.Situation:
    incident = fires.incident(conn, incident_id)
    about = kept.about(conn, incident_id)
    return cap.Situation(
        id=incident.id,
        reserve_name=about.name,
        reserve_name_zh=about.name_zh,
        timezone=about.timezone,
        kind=cast('Literal["smoke", "fire"]', incident.kind),
        state=incident.state if incident.merged_into is None else "merged",
        drill=incident.drill,
        revision=incident.revision,
        first_seen_at=incident.first_seen_at,
        last_seen_at=incident.last_seen_at,
        zone_name=incident.zone_name,
        zone_name_zh=incident.zone_name_zh,
        region=shapely.from_geojson(incident.region) if incident.region else None,
        lon=incident.lon,
        lat=incident.lat,
        semi_major_m=incident.semi_major_m,
        camera_name=about.camera_name,
        camera_lon=about.camera_lon,
        camera_lat=about.camera_lat,
        bearing_deg=about.bearing_deg,
        bearing_sd_deg=about.bearing_sd_deg,
        cameras=about.cameras,
        confidence=about.confidence,
        hotspots=about.hotspots,
        people=about.people,
        fwi=incident.fwi,
        danger=danger_class(incident.fwi) if incident.fwi is not None else None,
        media_id=incident.media_id,
        merged_into=incident.merged_into,
    )
