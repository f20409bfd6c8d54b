"""What the live stream is told of an incident, in the shape that the API sends on (`LiveIncident`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fieldwatch_cloud.db import fires
from fieldwatch_cloud.db.live import News

if TYPE_CHECKING:
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection


def incident_changed(conn: Connection, incident_id: UUID, news: News) -> None:
    """An incident that exists was opened, or something about it changed."""
    incident = fires.incident(conn, incident_id)
    news.add(
        incident.reserve,
        "incident",
        {
            "id": str(incident.id),
            "kind": incident.kind,
            "state": incident.state,
            "first_seen_at": incident.first_seen_at.isoformat(),
            "last_seen_at": incident.last_seen_at.isoformat(),
            "deployment_id": str(incident.deployment_id) if incident.deployment_id else None,
            "media_id": str(incident.media_id) if incident.media_id else None,
            "revision": incident.revision,
            "drill": incident.drill,
            "held_back": incident.held_back,
        },
    )


def announce_change(conn: Connection, incident_id: UUID) -> None:
    """The same at once, where this incident is all that changed."""
    news = News()
    incident_changed(conn, incident_id, news)
    news.announce(conn)
