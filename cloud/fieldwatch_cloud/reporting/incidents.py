"""The fires of a span: who was called, and how fast somebody answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fieldwatch_cloud.db import fires
from fieldwatch_cloud.incidents.life import MOVES, OVER
from fieldwatch_cloud.reporting.facts import Fire

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection
    from fieldwatch_cloud.reporting.spans import Span

_CALLS = frozenset({"fire", "escalation"})
_REACHED = frozenset({"delivered", "opened", "answered"})
_ENDS = frozenset({"close", "false_alarm"})


def read(conn: Connection, reserve_id: UUID, span: Span, now: datetime, limit: int) -> tuple[Fire, ...]:
    """Oldest first; exercises aside. What was done about them up to `now`."""
    found = fires.incidents(conn, reserve_id, since=span.since, until=span.until, drill=False, limit=limit)
    told = [
        _fire(one, fires.log(conn, one.id), fires.deliveries(conn, one.id))
        for one in found
        if one.opened_at <= now
    ]
    return tuple(sorted(told, key=lambda one: one.seen_at))


def _fire(one: fires.Incident, log: Sequence[fires.LogEntry], calls: Sequence[fires.Delivery]) -> Fire:
    acts = sorted(
        ((entry.done_at or entry.at, entry) for entry in log if entry.action in MOVES and entry.account),
        key=lambda act: act[0],
    )
    first = acts[0] if acts else None
    ends = [at for at, entry in acts if entry.action in _ENDS] if one.state in OVER else []
    called = [call for call in calls if call.kind in _CALLS]
    sent = [call.sent_at for call in called if call.sent_at is not None]
    arrived = one.opener_received_at

    def after(at: datetime | None) -> float | None:
        # A phone's clock may be behind the cloud's by seconds.
        return None if at is None else max(0.0, (at - arrived).total_seconds())

    return Fire(
        kind=one.kind,
        state=one.state,
        seen_at=one.first_seen_at,
        opened_at=one.opened_at,
        lon=one.lon,
        lat=one.lat,
        camera=None if one.camera_lon is None or one.camera_lat is None else (one.camera_lon, one.camera_lat),
        bearing_deg=one.bearing_deg,
        zone=one.zone_name,
        zone_zh=one.zone_name_zh,
        suspicions=one.suspicions,
        hotspots=one.hotspots,
        reports=one.reports,
        called=len({call.account for call in called if call.account}),
        reached=len({call.account for call in called if call.account and call.state in _REACHED}),
        sent_after_s=after(min(sent, default=None)),
        answered_after_s=after(first[0] if first else None),
        answered_by=first[1].account if first else None,
        over_after_s=after(max(ends, default=None)),
        held_back=one.held_back is not None,
    )
