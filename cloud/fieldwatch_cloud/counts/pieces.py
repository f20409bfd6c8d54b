"""Which kept sums answer for a span of time, and what must be counted from events.

    since                                       until
      ├──┬─┬───┬─────┬─────────┬────────┬────┬─┬──┤
      edge p dec month quarter  half     dec  p edge        a year is some ten pieces, not 365 days

Days are UTC's. A decade is ten of them, a pentad five, and the last of a month as long as the month. Pieces
are disjoint, so the answers of all add up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Literal, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DAY = timedelta(days=1)
Tier = Literal["year", "half", "quarter", "month", "decade", "pentad"]
TIERS: tuple[Tier, ...] = ("year", "half", "quarter", "month", "decade", "pentad")
"""Each lies within one of the tier before."""
_MONTHS: dict[Tier, int] = {"month": 1, "quarter": 3, "half": 6, "year": 12}
_LAST = date(9999, 1, 1)
"""Python's calendar ends after the year: it is left at the edge."""
_T = TypeVar("_T", date, datetime)


@dataclass(frozen=True, slots=True)
class Pieces:
    """Each is (..., start, end), the end excluded; disjoint, and none empty."""

    sums: tuple[tuple[Tier, date, date], ...]
    """From the first day of a tier's span to that of another."""
    spans: tuple[tuple[datetime, datetime], ...]
    """What no sum answers for, in order."""


def pieces(since: datetime, until: datetime, stale: Iterable[tuple[datetime, datetime]] = ()) -> Pieces:
    """Cut [since, until) into as few pieces as can be.

    Args:
        stale: spans, both ends included and in order, of which no kept sum holds.
    """
    first, last = _first_midnight(since), min(until.astimezone(UTC).date(), _LAST)
    if first is None or first >= last:
        return Pieces((), ((since, until),))
    sums: list[tuple[Tier, date, date]] = []
    spans = [(since, _midnight(first))]
    day = first
    for start, end in [*stale, (_midnight(last), until)]:
        unsure = min(max(start.astimezone(UTC).date(), day), last)
        whole = sorted(_cut(day, unsure, TIERS), key=lambda piece: piece[1])
        sums += whole
        for _, begin, close in whole:
            spans.append((_midnight(day), _midnight(begin)))
            day = close
        after = last if end >= _midnight(last) else max(unsure, end.astimezone(UTC).date() + DAY)
        spans.append((_midnight(day), _midnight(after)))
        day = after
    spans.append((_midnight(last), until))
    return Pieces(tuple(sums), _joined(spans))


def _cut(start: date, end: date, tiers: tuple[Tier, ...]) -> Iterator[tuple[Tier, date, date]]:
    """The whole spans of `tiers` in [start, end): as many as can be of the first, then of the next."""
    if not tiers or start >= end:
        return
    tier, *rest = tiers
    begin = start if tier_start(tier, start) == start else _next(tier, start)
    close = tier_start(tier, end)
    if begin < close:
        yield tier, begin, close
        yield from _cut(start, begin, tuple(rest))
        yield from _cut(close, end, tuple(rest))
    else:
        yield from _cut(start, end, tuple(rest))


def tier_start(tier: Tier, day: date) -> date:
    """The first day of the span in which `day` lies; the database's function of this name does the same."""
    if tier == "pentad":
        return day.replace(day=min((day.day - 1) // 5, 5) * 5 + 1)
    if tier == "decade":
        return day.replace(day=min((day.day - 1) // 10, 2) * 10 + 1)
    months = _MONTHS[tier]
    return day.replace(month=(day.month - 1) // months * months + 1, day=1)


def _next(tier: Tier, day: date) -> date:
    """The first day of the span after that of `day`."""
    start = tier_start(tier, day)
    if tier == "pentad" and start.day < 26:
        return start + 5 * DAY
    if tier == "decade" and start.day < 21:
        return start + 10 * DAY
    month = start.month - 1 + _MONTHS.get(tier, 1)
    return date(start.year + month // 12, month % 12 + 1, 1)


def _joined(ranges: Iterable[tuple[_T, _T]]) -> tuple[tuple[_T, _T], ...]:
    joined: list[tuple[_T, _T]] = []
    for start, end in ranges:
        if joined and joined[-1][1] == start:
            joined[-1] = (joined[-1][0], end)
        elif start != end:
            joined.append((start, end))
    return tuple(joined)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _first_midnight(at: datetime) -> date | None:
    """The first day that does not start before `at`."""
    day = at.astimezone(UTC).date()
    if at == _midnight(day):
        return day
    return day + DAY if day < date.max else None
