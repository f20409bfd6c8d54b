"""Which kept sums answer for a span of time, and what must be counted from events.

    since                    until        whole months that hold ─▶ count_month, effort_month
      ├──┬────┬───────┬───────┬──┤        other whole days that hold ─▶ count_day
      edge days  months   stale  edge     the rest ─▶ event, or derived from records

Days and months are UTC's. Sums of a piece never overlap another's, so the answers of all add up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

DAY = timedelta(days=1)
_T = TypeVar("_T", date, datetime)


@dataclass(frozen=True, slots=True)
class Pieces:
    """Each is (start, end), the end excluded; in order, disjoint, and none empty."""

    months: tuple[tuple[date, date], ...]
    """From the first day of a month to that of another."""
    days: tuple[tuple[date, date], ...]
    spans: tuple[tuple[datetime, datetime], ...]

    @property
    def day_spans(self) -> tuple[tuple[datetime, datetime], ...]:
        """`days` as instants."""
        return tuple((_midnight(start), _midnight(end)) for start, end in self.days)


def pieces(since: datetime, until: datetime, stale: Iterable[tuple[datetime, datetime]] = ()) -> Pieces:
    """Cut [since, until) into as few pieces as can be.

    Args:
        stale: spans, both ends included and in order, of which no kept sum holds.
    """
    first, last = _first_midnight(since), min(until.astimezone(UTC).date(), _LAST_MONTH)
    if first is None or first >= last:
        return Pieces((), (), ((since, until),))
    months, days, spans = [], [], [(since, _midnight(first))]
    day = first
    for start, end in [*stale, (_midnight(last), until)]:
        unsure = min(max(start.astimezone(UTC).date(), day), last)
        whole = _month_from(day), unsure.replace(day=1)
        if whole[0] < whole[1]:
            months.append(whole)
            days += [(day, whole[0]), (whole[1], unsure)]
        else:
            days.append((day, unsure))
        after = last if end >= _midnight(last) else max(day, end.astimezone(UTC).date() + DAY)
        spans.append((_midnight(unsure), _midnight(after)))
        day = after
    spans.append((_midnight(last), until))
    return Pieces(_joined(months), _joined(days), _joined(spans))


_LAST_MONTH = date(9999, 12, 1)
"""Python's calendar ends after it: it is left at the edge."""


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


def _month_from(day: date) -> date:
    """The first month that does not start before `day`."""
    return day if day.day == 1 else (day.replace(day=1) + timedelta(days=32)).replace(day=1)
