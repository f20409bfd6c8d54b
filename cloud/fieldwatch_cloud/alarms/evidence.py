"""Evidence into the database, and to the incident that it belongs to."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import structlog

from fieldwatch_cloud.db import suspicions
from fieldwatch_cloud.incidents.domain import Hotspot, Report, Sighting
from fieldwatch_cloud.incidents.fuse import TIME_WINDOW, Candidate, decide
from fieldwatch_shared.ids import uuid7

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from uuid import UUID

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


def record_suspicion(
    conn: Connection, reserve: str, suspicion: Suspicion, news: News, *, drill: bool = False
) -> UUID | None:
    """Insert the suspicion, unless it is there, into an open incident of the reserve or into a new one.

    The reserve must be locked by `lock_reserves`.

    Args:
        drill: it is an exercise: it meets none of the real incidents, and opens one that is marked.

    Returns:
        the incident; None: the suspicion was there, and nothing has changed.
    """
    if drill:
        raise NotImplementedError("drills come with the next commits of this module")
    if suspicions.exists(conn, suspicion.id):
        return None
    at = suspicion.observed_at
    known = suspicions.open_incidents(conn, reserve, *_around(at))
    lon, lat = suspicions.place(conn, suspicion.deployment_id)
    sighting = Sighting(
        suspicion.deployment_id, lon, lat, at, suspicion.bearing_deg, suspicion.bearing_sd_deg
    )
    incident_id = decide(
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
    ).joins
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
    return incident_id


def record_hotspot(conn: Connection, reserve: str, hotspot: Hotspot, news: News) -> UUID | None:
    """Find or open the incident of a hotspot whose row is in the database already, and write it there.

    The reserve must be locked by `lock_reserves`.

    Returns:
        the incident; None: the row had one, or the hotspot is older than `OLDEST_ALARM` and belongs to no
        known incident.
    """
    raise NotImplementedError("hotspots come with the next commits of this module")


def record_report(conn: Connection, reserve: str, report: Report, news: News) -> UUID:
    """Find or open the incident of a person's report whose row is in the database already.

    The reserve must be locked by `lock_reserves`.

    Returns:
        the incident, also where the row had it already.
    """
    raise NotImplementedError("reports come with the next commits of this module")


def split(
    conn: Connection,
    incident_id: UUID,
    suspicion_ids: Collection[UUID],
    news: News,
    *,
    account_id: UUID,
    action_id: UUID | None = None,
    done_at: datetime | None = None,
    note: str | None = None,
) -> UUID:
    """A person says that these suspicions are another fire; that one is returned, and calls people.

    Locks the reserve. Both logs say so; `action_id` is kept in the log of `incident_id`.

    Raises:
        NotFoundError: no such incident, or it has no such suspicion.
        RowRefusedError: nothing would remain of the incident.
    """
    raise NotImplementedError("splitting comes with the next commits of this module")


def merge(
    conn: Connection,
    incident_id: UUID,
    into: UUID,
    news: News,
    *,
    account_id: UUID,
    action_id: UUID | None = None,
    done_at: datetime | None = None,
    note: str | None = None,
) -> UUID:
    """A person says that two incidents are one fire; the one that goes on (`into`) is returned.

    Locks the reserve. Both logs say so; `action_id` is kept in the log of `incident_id`.

    Raises:
        NotFoundError: no such incident.
        RowRefusedError: of two reserves, of a drill and not, or one of them is merged already.
    """
    raise NotImplementedError("merging comes with the next commits of this module")


def _around(at: datetime) -> tuple[datetime, datetime]:
    """The time window, as far as the calendar goes: a node's clock may stand at either end of it."""
    start = at - TIME_WINDOW if at >= _FIRST + TIME_WINDOW else _FIRST
    end = at + TIME_WINDOW if at <= _LAST - TIME_WINDOW else _LAST
    return start, end
