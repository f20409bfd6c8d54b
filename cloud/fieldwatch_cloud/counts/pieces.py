"""Which kept sums answer for a span of time.

    since                                                            until
      |day, rest of its month|rest of the year|...|of the year|of the month, day|

Every day has a row with its events, and the sums of what comes before and after it in its month; months
likewise in their year (migration 0006). So a span is a few rows at each camera, however long it is. Days are
UTC's. Pieces are disjoint, and the answers of all add up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DAY = timedelta(days=1)
INSTANT = timedelta(microseconds=1)
"""The database's clock does not divide it."""
Form = Literal["days", "from_day", "to_day", "months", "from_month", "to_month", "years"]
"""How rows answer for a piece.

`days`, `months`: each row for itself, of days only the events.
`from_day`, `from_month`: the first row, and all that comes after it in its month (year).
`to_day`, `to_month`: the last row, and all that comes before it.
`years`: of each year the first row of a month, and all that comes after it.
"""


@dataclass(frozen=True, slots=True)
class Piece:
    form: Form
    first: date
    """Day, or first day of a month: of the first row that may answer."""
    last: date
    """Of the last row, included."""


def pieces(since: datetime, until: datetime) -> Iterator[Piece]:
    """Cut [since, until), which is not empty, into as few pieces as can be.

    The first and last day belong to them as a whole: their events have to be compared with the span.
    """
    first, last = since.astimezone(UTC).date(), (until.astimezone(UTC) - INSTANT).date()
    if _month(first) == _month(last):
        yield Piece("days", first, last)
        return
    yield Piece("from_day", first, _month_after(first) - DAY)
    yield Piece("to_day", _month(last), last)
    begin, end = _month_after(first), _month(_month(last) - DAY)
    if begin > end:
        return
    if begin.year == end.year:
        # To the year's end or from its start, the sums of the other months come with the one at the edge.
        form: Form = "from_month" if end.month == 12 else "to_month" if begin.month == 1 else "months"
        yield Piece(form, begin, end)
        return
    yield Piece("from_month", begin, date(begin.year, 12, 1))
    if end.year - begin.year > 1:
        yield Piece("years", date(begin.year + 1, 1, 1), date(end.year - 1, 12, 1))
    yield Piece("to_month", date(end.year, 1, 1), end)


def without(
    since: datetime, until: datetime, stale: Iterable[tuple[datetime, datetime]]
) -> tuple[list[tuple[datetime, datetime]], list[tuple[datetime, datetime]]]:
    """[since, until) cut into spans that avoid the days in which something is stale, and into those days.

    Args:
        stale: spans, both ends included and in order.

    Returns:
        (sure, unsure); each in order, the ends excluded, and none empty.
    """
    sure: list[tuple[datetime, datetime]] = []
    unsure: list[tuple[datetime, datetime]] = []
    at = since
    for start, end in stale:
        begin, close = max(at, _midnight(start)), min(until, _next_midnight(end))
        if begin >= close:
            continue
        if at < begin:
            sure.append((at, begin))
        if unsure and unsure[-1][1] == begin:
            begin = unsure.pop()[0]
        unsure.append((begin, close))
        at = close
    if at < until:
        sure.append((at, until))
    return sure, unsure


def _month(day: date) -> date:
    return day.replace(day=1)


def _month_after(day: date) -> date:
    return _month(_month(day) + 31 * DAY)


def _midnight(at: datetime) -> datetime:
    return datetime.combine(at.astimezone(UTC).date(), time(), UTC)


def _next_midnight(at: datetime) -> datetime:
    """The first after `at`; at the calendar's end the last instant."""
    day = at.astimezone(UTC).date()
    return datetime.combine(day + DAY, time(), UTC) if day < date.max else datetime.max.replace(tzinfo=UTC)
