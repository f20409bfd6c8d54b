"""Which kept sums answer for a span of time, and what must be counted from events.

    since                                until
      ├──┬─┬──┬─────────┬───────┬──┬─┬─────┤
      edge p mon quarter         p p edge       p: pentads; a span is some ten pieces, not 365 days

Days are UTC's, a pentad is five of them, and the last of a month three to six. Pieces are disjoint, so the
answers of all add up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Literal, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DAY = timedelta(days=1)
Tier = Literal["year", "quarter", "month", "pentad"]
TIERS: tuple[Tier, ...] = ("year", "quarter", "month", "pentad")
"""Each lies within one of the tier before."""
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
    if tier == "month":
        return day.replace(day=1)
    if tier == "quarter":
        return day.replace(month=(day.month - 1) // 3 * 3 + 1, day=1)
    return day.replace(month=1, day=1)


def _next(tier: Tier, day: date) -> date:
    """The first day of the span after that of `day`: a day beyond its longest is in it."""
    longest = {"pentad": 6, "month": 31, "quarter": 92, "year": 366}[tier]
    start = tier_start(tier, day)
    return tier_start(tier, start + longest * DAY) if tier != "pentad" or start.day > 25 else start + 5 * DAY


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
