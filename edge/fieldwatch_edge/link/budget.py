"""What may be spent on the line, and on what first. Fires are sent whatever it costs.

A budget of a day (UTC), of a month, or both. Each lane may fill it up to a ceiling of its own, which rises
with the time that has passed:

    ceiling = budget * (start + (1 - start) * passed)      passed: share of the day (month) that is over

Health may fill it from the start. Observations leave a fifth of what is to come to health. Media begin with a
tenth, and the rest comes to them evenly: what they may spend is what is left after reserving for the rest of
the day, and it is not all spent by nine in the morning. So each lane is safe from those behind it, whatever
comes, and what health has not used by evening is not lost to the others.

Pure; `ledger.Ledger` counts, remembers on disk, and tells real days from a clock that jumps.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fieldwatch_edge.settings import LinkSettings

UNBOUNDED = 2**62


class Lane(IntEnum):
    """What bytes are spent on; the first is sent first."""

    FIRE = 0
    HEALTH = 1
    OBSERVATIONS = 2
    MEDIA = 3


START = {Lane.HEALTH: 1.0, Lane.OBSERVATIONS: 0.8, Lane.MEDIA: 0.1}
"""Share of a budget that a lane may have used by its beginning."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes; None: no bound."""

    day: int | None = None
    month: int | None = None

    @classmethod
    def of(cls, settings: LinkSettings) -> Limits:
        return cls(settings.bytes_per_day, settings.bytes_per_month)


@dataclass(frozen=True, slots=True)
class Spent:
    """Bytes of the day and of the month so far."""

    day: int = 0
    month: int = 0


def room(at: datetime, spent: Spent, limits: Limits, lane: Lane) -> int:
    """Bytes that may be spent on that lane now; `UNBOUNDED` where nothing bounds it.

    Args:
        at: the time, UTC.
    """
    if lane is Lane.FIRE:
        return UNBOUNDED
    return max(
        0,
        min(
            (
                int(_ceiling(period, lane, period.passed(at)) - used)
                for period, used in _bounds(at, spent, limits)
            ),
            default=UNBOUNDED,
        ),
    )


def when(at: datetime, spent: Spent, limits: Limits, lane: Lane, size: int) -> datetime | None:
    """When so many bytes may be spent on that lane, if nothing else is spent until then: `at` where now, None
    where never, since the whole budget is smaller."""
    if lane is Lane.FIRE:
        return at
    candidate = at.astimezone(UTC)
    day, month = candidate.date(), (candidate.year, candidate.month)
    while True:
        # What is spent is spent in this day and this month; in later ones, nothing is.
        used = Spent(
            spent.day if candidate.date() == day else 0,
            spent.month if (candidate.year, candidate.month) == month else 0,
        )
        soonest = candidate
        for period, before in _bounds(candidate, used, limits):
            if _passed_at(period.limit, START[lane], size) is None:
                return None
            passed = _passed_at(period.limit, START[lane], before + size)
            fits = period.ends if passed is None else period.begins + passed * period.length
            soonest = max(soonest, fits)
        if soonest == candidate:
            return at if candidate == at else candidate
        candidate = soonest


@dataclass(frozen=True, slots=True)
class _Period:
    """One day or month of a budget."""

    begins: datetime
    ends: datetime
    limit: int

    @property
    def length(self) -> timedelta:
        return self.ends - self.begins

    def passed(self, at: datetime) -> float:
        return (at - self.begins) / self.length


def _bounds(at: datetime, spent: Spent, limits: Limits) -> list[tuple[_Period, int]]:
    at = at.astimezone(UTC)
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    bounds = []
    if limits.day is not None:
        bounds.append((_Period(midnight, midnight + timedelta(days=1), limits.day), spent.day))
    if limits.month is not None:
        first = midnight.replace(day=1)
        bounds.append((_Period(first, _next_month(first), limits.month), spent.month))
    return bounds


def _next_month(first: datetime) -> datetime:
    return (first + timedelta(days=31)).replace(day=1)


def _ceiling(period: _Period, lane: Lane, passed: float) -> float:
    return period.limit * (START[lane] + (1 - START[lane]) * passed)


def _passed_at(limit: int, start: float, spent: int) -> float | None:
    """How much of the period must have passed for so much to be within the ceiling; None: it never is."""
    if spent <= limit * start:
        return 0.0
    # By the very end all would be free, and the period is over.
    return None if spent >= limit else (spent / limit - start) / (1 - start)
