"""Effort: the time during which a deployment was really looking, from the spans that its node reported."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

DAY = timedelta(days=1)


def camera_days(spans: Iterable[tuple[datetime, datetime]], since: datetime, until: datetime) -> float:
    """The length of the union of `spans` within [since, until), in camera-days of 24 h.

    A union and not a sum: a span that was reported twice, or in overlapping pieces after a restart, is
    looked through once. The reference for `effort_by_deployment` in `db/sql/counts.sql`.

    Args:
        spans: (start, end) of one deployment, in any order.
    """
    total = timedelta()
    covered = since
    for start, end in sorted(spans):
        start, end = max(start, covered), min(end, until)
        if end > start:
            total += end - start
            covered = end
    return total / DAY
