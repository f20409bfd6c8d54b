"""Detection histories: sites by occasions, with effort, and NaN where nobody looked.

What occupancy, Royle-Nichols, N-mixture and count-occupancy models take. Effort here is the time in which a
camera really looked, in hours of its spans. camtrapR's rules (whole days, the first and the last count half;
Niedballa et al. 2016, Methods in Ecology and Evolution 7:1457-1462) stand beside, for data that have dates
only and for comparison with published histories.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from fieldwatch_cloud.counts.estimate import Finding

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    Span = tuple[datetime, datetime]

_DAY_S = 86400.0


@dataclass(frozen=True, slots=True)
class History:
    counts: NDArray[np.float64]
    """(sites, occasions) detections; NaN where nobody looked, or for too short."""
    effort_days: NDArray[np.float64]
    """(sites, occasions) camera-days of 24 h; 0 where nobody looked."""
    findings: tuple[Finding, ...] = ()

    @property
    def detected(self) -> NDArray[np.float64]:
        """(sites, occasions) 1 detected, 0 not, NaN not looked."""
        return np.where(np.isnan(self.counts), np.nan, self.counts > 0)


def detection_history(
    spans: Sequence[Sequence[Span]],
    times: Sequence[Sequence[datetime]],
    *,
    since: datetime,
    until: datetime,
    occasion: timedelta,
    least_effort: float = 0.0,
) -> History:
    """Histories over common occasions from `since`; the last may be shorter, as its effort says.

    A detection in an occasion without effort stays out, and is a finding: such an occasion is known only
    because the animal came, and to keep it would count successes alone.

    Args:
        spans: per site, when it looked: (start, end) in any order, tz-aware; overlaps count once.
        times: per site, when the species was detected (starts of events, to count those).
        least_effort: share of an occasion that a site must have looked at, else NaN; 0 keeps all.

    Returns:
        Rows in the order of `spans`.

    Raises:
        ValueError: lengths differ, a span or the occasion is not positive.
    """
    if len(spans) != len(times):
        raise ValueError(f"{len(spans)} sites have spans, {len(times)} have times")
    if until <= since or occasion <= timedelta():
        raise ValueError("the time span and the occasion must be positive")
    number = -((since - until) // occasion)
    starts = [since + k * occasion for k in range(number)]
    edges = np.array([each.timestamp() for each in (*starts, until)])
    effort = np.array([_effort_at(each, edges) for each in spans]).reshape(len(spans), number)
    seen = np.array(
        [np.histogram([at.timestamp() for at in each if since <= at < until], edges)[0] for each in times],
        dtype=np.float64,
    ).reshape(len(spans), number)
    looked = (effort > 0) & (effort >= least_effort * np.diff(edges) / _DAY_S)
    findings = []
    if lost := int(seen[effort == 0].sum()):
        findings.append(Finding("detections_without_effort", "caution", {"detections": lost}))
    return History(np.where(looked, seen, np.nan), np.where(looked, effort, 0.0), tuple(findings))


def camera_operation(
    setup: date, retrieval: date, problems: Sequence[tuple[date, date]], days: Sequence[date]
) -> NDArray[np.float64]:
    """One site's effort per day by camtrapR's rule (`cameraOperation`).

    Args:
        problems: (first, last) day without operation, both included.
        days: consecutive local days, the columns.

    Returns:
        (days,) 1 a day, 0.5 on the days of set-up and retrieval, 0 in a problem, NaN outside.
    """
    return np.array([_operation_on(day, setup, retrieval, problems) for day in days])


def history_by_day(operation: ArrayLike, detections: ArrayLike, occasion_days: int) -> History:
    """camtrapR's history (`detectionHistory`, day1 = "station"): occasions of whole days from each site's
    own first day; an occasion with half a day is an occasion.

    Args:
        operation: (sites, days) from `camera_operation`.
        detections: (sites, days) records of the species.

    Raises:
        ValueError: shapes differ, a site never operated, or occasions of no day.
    """
    days, seen = np.asarray(operation, dtype=np.float64), np.asarray(detections, dtype=np.float64)
    if days.shape != seen.shape or days.ndim != 2 or occasion_days < 1:
        raise ValueError(
            f"operation {days.shape}, detections {seen.shape}, occasions of {occasion_days} days"
        )
    set_up = ~np.isnan(days)
    if not set_up.any(axis=1).all():
        raise ValueError("a site was never set up within these days")
    first = set_up.argmax(axis=1)
    number = int(-((first - days.shape[1] + set_up[:, ::-1].argmax(axis=1)).min() // occasion_days))
    counts, effort = np.full((len(days), number), np.nan), np.zeros((len(days), number))
    for site, begin in enumerate(first):
        for k in range(number):
            those = slice(begin + k * occasion_days, begin + (k + 1) * occasion_days)
            effort[site, k] = np.nansum(days[site, those])
            if effort[site, k] > 0:
                counts[site, k] = seen[site, those].sum()
    return History(counts, effort)


def _effort_at(spans: Sequence[Span], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """(occasions,) length of the union of spans between consecutive edges (seconds), in days.

    Each merged span gives its part to the occasions that it meets: by the time looked at until each edge.
    """
    until = np.zeros(len(edges))
    covered = -np.inf
    for start, end in sorted((a.timestamp(), b.timestamp()) for a, b in spans):
        if end <= start:
            raise ValueError(f"a span ends at {datetime.fromtimestamp(end, UTC)}, before it starts")
        begin = max(start, covered)
        if end > begin:
            until += np.clip(edges, begin, end) - begin
            covered = end
    return np.asarray(np.diff(until) / _DAY_S)


def _operation_on(day: date, setup: date, retrieval: date, problems: Sequence[tuple[date, date]]) -> float:
    if not setup <= day <= retrieval:
        return float("nan")
    if any(first <= day <= last for first, last in problems):
        return 0.0
    return 0.5 if day in (setup, retrieval) else 1.0
