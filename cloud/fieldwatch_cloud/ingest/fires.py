"""A suspicion into the database, and to the incident that it belongs to."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import structlog

from fieldwatch_cloud.db import suspicions
from fieldwatch_cloud.incidents.fuse import TIME_WINDOW, Candidate, Sighting, choose_incident
from fieldwatch_shared.ids import uuid7

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fieldwatch_cloud.db.live import News
    from fieldwatch_cloud.db.pool import Connection
    from fieldwatch_shared.messages import Suspicion

log = structlog.get_logger(__name__)

_FIRST, _LAST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)


def lock_reserves(conn: Connection, reserves: Iterable[str]) -> None:
    """Be alone in deciding on these reserves' incidents until the transaction ends. All that it will need,
    at once and in one order for all: workers that took them one by one would wait for each other."""
    for reserve in sorted(reserves):
        suspicions.lock_reserve(conn, reserve)


def record_suspicion(conn: Connection, reserve: str, suspicion: Suspicion, news: News) -> None:
    """Insert the suspicion, unless it is there, into an open incident of the reserve or into a new one.

    The reserve must be locked by `lock_reserves`.
    """
    if suspicions.exists(conn, suspicion.id):
        return
    at = suspicion.observed_at
    known = suspicions.open_incidents(conn, reserve, *_around(at))
    lon, lat = suspicions.place(conn, suspicion.deployment_id)
    sighting = Sighting(
        suspicion.deployment_id, lon, lat, at, suspicion.bearing_deg, suspicion.bearing_sd_deg
    )
    incident_id = choose_incident(
        sighting,
        [
            Candidate(
                incident.id,
                tuple(
                    Sighting(s.deployment_id, s.lon, s.lat, s.observed_at, s.bearing_deg, s.bearing_sd_deg)
                    for s in incident.seen
                ),
            )
            for incident in known
        ],
    )
    if incident_id is None:
        # Of now, not of the picture: the id is ours, and it is we who open the incident.
        incident_id = uuid7()
        suspicions.open_incident(conn, reserve, incident_id, suspicion)
        log.warning(
            "incident.opened", incident_id=str(incident_id), reserve=reserve, kind=suspicion.kind.value
        )
    else:
        suspicions.extend_incident(conn, incident_id, suspicion)
    suspicions.insert(conn, suspicion, incident_id)
    incident = suspicions.incident(conn, incident_id)
    news.add(
        reserve,
        "incident",
        {
            "id": str(incident.id),
            "kind": incident.kind,
            "state": incident.state,
            "first_seen_at": incident.first_seen_at.isoformat(),
            "last_seen_at": incident.last_seen_at.isoformat(),
            "deployment_id": str(suspicion.deployment_id),
            "media_id": str(suspicion.media_id) if suspicion.media_id else None,
        },
    )


def _around(at: datetime) -> tuple[datetime, datetime]:
    """The time window, as far as the calendar goes: a node's clock may stand at either end of it."""
    start = at - TIME_WINDOW if at >= _FIRST + TIME_WINDOW else _FIRST
    end = at + TIME_WINDOW if at <= _LAST - TIME_WINDOW else _LAST
    return start, end
