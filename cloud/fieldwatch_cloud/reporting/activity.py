"""At what hour of the day animals were seen, corrected for the hours in which cameras looked."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from fieldwatch_cloud.counts.occasions import effort
from fieldwatch_cloud.db import survey
from fieldwatch_cloud.estimates import ground
from fieldwatch_cloud.reporting.facts import Clock
from fieldwatch_shared import sun

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fieldwatch_cloud.db.pool import Connection
    from fieldwatch_cloud.estimates.ground import Question
    from fieldwatch_cloud.reporting.spans import Span

MOST = 3
LEAST_EVENTS = 10
"""Fewer say nothing about hours of the day."""
HOUR_S = 3600.0


def clocks(conn: Connection, question: Question, timezone: str) -> tuple[Clock, ...]:
    """Of the species with the most events; in a transaction that has just begun."""
    here = ground.read(conn, question)
    found = survey.events(
        conn,
        here.ids,
        question.since,
        question.until,
        taxa=None,
        interval=question.interval,
        min_confidence=question.min_confidence,
    )
    # Events at cameras that report no effort belong to no rate.
    rated = (found.taxon != "") & (here.camera_days > 0)[found.deployment]
    names, events = np.unique(found.taxon[rated], return_counts=True)
    most = sorted(
        (
            (-int(n), str(name))
            for name, n in zip(names, events, strict=True)
            if n >= LEAST_EVENTS and question.hidden.blur_m(str(name)) is None
        )
    )[:MOST]
    if not most:
        return ()
    zone = ZoneInfo(timezone)
    looked_h = _looked_by_hour(here, question, zone)
    clocks = []
    for less, name in most:
        seen = np.zeros(24)
        for start in found.start[rated & (found.taxon == name)]:
            seen[datetime.fromtimestamp(float(start), zone).hour] += 1
        rates = [
            100 * n / h if h > 0 else None for n, h in zip(seen.tolist(), looked_h.tolist(), strict=True)
        ]
        clocks.append(Clock(name, -less, tuple(rates)))
    return tuple(clocks)


def _looked_by_hour(here: ground.Ground, question: Question, zone: ZoneInfo) -> NDArray[np.float64]:
    """(24,) camera-hours in each hour of the local day, all days and cameras together."""
    edges = [question.since + timedelta(hours=n) for n in range(_hours(question) + 1)]
    looked = effort(
        np.zeros(len(here.spans.start), dtype=np.int64),
        here.spans.start,
        here.spans.end,
        [edge.timestamp() for edge in edges],
        sites=1,
    )[0]
    total = np.zeros(24)
    for edge, seconds in zip(edges, looked.tolist(), strict=False):
        total[edge.astimezone(zone).hour] += seconds / HOUR_S
    return total


def _hours(question: Question) -> int:
    return max(1, round((question.until - question.since) / timedelta(hours=1)))


def night(span: Span, timezone: str, place: tuple[float, float] | None) -> tuple[float, float] | None:
    """Local hours of sunset and sunrise in the middle of the span.

    Args:
        place: (lon, lat); None: nobody knows where.
    """
    if place is None:
        return None
    zone = ZoneInfo(timezone)
    middle = span.first + (span.last - span.first) / 2
    minutes = [
        datetime(middle.year, middle.month, middle.day, n // 60, n % 60, tzinfo=zone).timestamp()
        for n in range(0, 1440, 5)
    ]
    up = sun.elevation(minutes, *place) > sun.HORIZON
    rises, sets = np.flatnonzero(up & ~np.roll(up, 1)), np.flatnonzero(~up & np.roll(up, 1))
    if not len(rises) or not len(sets):
        return None  # Polar day or night.
    return float(sets[0] * 5 / 60), float(rises[0] * 5 / 60)
