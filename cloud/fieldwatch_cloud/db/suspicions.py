"""Suspicions in."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from psycopg.types.json import Jsonb

from fieldwatch_cloud.db.statements import statements

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection
    from fieldwatch_shared.messages import Suspicion

SQL = statements("suspicions")
LONGEST_CONFIRMATION = timedelta(hours=1)
"""No window that confirms a fire is longer: a first frame from before that was stamped by another clock."""


def exists(conn: Connection, id_: UUID) -> bool:
    return conn.execute(SQL["exists"], {"id": id_}).fetchone() is not None


def station(conn: Connection, deployment_id: UUID) -> tuple[float, float, float | None]:
    """Longitude, latitude and height above the ground (m) of an existing deployment's camera."""
    (found,) = conn.execute(SQL["station"], {"deployment_id": deployment_id})
    return found[0], found[1], found[2]


def insert(conn: Connection, suspicion: Suspicion, incident_id: UUID) -> None:
    box = suspicion.box
    parameters = {
        "id": suspicion.id,
        "deployment_id": suspicion.deployment_id,
        "incident_id": incident_id,
        "observed_at": suspicion.observed_at,
        "first_seen_at": suspicion.first_seen_at,
        "kind": suspicion.kind.value,
        "confidence": suspicion.confidence,
        "box": [box.x, box.y, box.width, box.height],
        "bearing_deg": suspicion.bearing_deg,
        "bearing_sd_deg": suspicion.bearing_sd_deg,
        "elevation_deg": suspicion.elevation_deg,
        "elevation_sd_deg": suspicion.elevation_sd_deg,
        "pose": Jsonb(suspicion.pose.model_dump()) if suspicion.pose else None,
        "media_id": suspicion.media_id,
        "before_media_id": suspicion.before_media_id,
        "clip_media_id": suspicion.clip_media_id,
        "clock_quality": suspicion.clock.quality.value,
        "clock_offset_s": suspicion.clock.offset_s,
        "model": suspicion.model,
    }
    conn.execute(SQL["insert"], parameters)


def believed_first_seen(suspicion: Suspicion) -> datetime:
    """A clock that was set between the two frames puts the first one later, or years earlier."""
    confirmed_in = suspicion.observed_at - suspicion.first_seen_at
    believable = timedelta() <= confirmed_in <= LONGEST_CONFIRMATION
    return suspicion.first_seen_at if believable else suspicion.observed_at
