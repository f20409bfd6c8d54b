"""Who looked, and who did not: every camera that stood in the reserve within the span."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from fieldwatch_cloud.db import counts, geography, survey
from fieldwatch_cloud.overview import build
from fieldwatch_cloud.reporting.facts import Camera

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection
    from fieldwatch_cloud.reporting.spans import Span


@dataclass(frozen=True, slots=True)
class Looked:
    id: UUID
    camera: Camera

    @property
    def name(self) -> str:
        return self.camera.name

    @property
    def lon(self) -> float:
        return self.camera.lon

    @property
    def lat(self) -> float:
        return self.camera.lat


def looked(conn: Connection, reserve_id: UUID, span: Span, now: datetime) -> list[Looked]:
    """Who looked least first; in a transaction that has just begun."""
    counts.one_snapshot(conn)
    until = min(span.until, now)
    deployments = geography.deployments(conn, reserve_id)
    spans = survey.looked(conn, [one.id for one in deployments], span.since, span.until)
    hours = np.zeros(len(deployments))
    np.add.at(hours, spans.deployment, (spans.end - spans.start) / 3600)
    found = []
    for one, looking in zip(deployments, hours.tolist(), strict=True):
        stood = (min(until, one.ended_at or until) - max(span.since, one.started_at)) / timedelta(hours=1)
        # Whoever reported effort stood there, whatever the dates say.
        if stood <= 0 and not looking:
            continue
        health = build.health_of(one, now)
        found.append(
            Looked(
                one.id,
                Camera(
                    name=one.location_name,
                    lon=one.lon,
                    lat=one.lat,
                    hours=looking,
                    possible_hours=max(stood, looking),
                    status=health.status,
                    reasons=health.reasons,
                    heard_at=health.last_heartbeat_at,
                ),
            )
        )
    return sorted(found, key=lambda one: (one.camera.share, one.camera.name))
