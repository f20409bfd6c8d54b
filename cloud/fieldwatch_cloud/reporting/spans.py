"""Weeks and months of a reserve, and when its schedule wants a report of them. Pure.

Days are the reserve's own: a week has 167 or 169 hours where clocks change in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

from fieldwatch_cloud.counts.periods import Period, midnight

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fieldwatch_cloud.db.reporting import Schedule

Kind = Literal["weekly", "monthly"]
LATE_WEEKS, LATE_MONTHS = 5, 3
"""So many of those that were missed are made late. Who has been away for longer does not want all of them."""
BACK = {"weekly": 8, "monthly": 12}
"""Spans that a series shows, the report's own among them."""


@dataclass(frozen=True, slots=True)
class Span:
    first: date
    last: date
    """Included. Local days of the reserve."""
    since: datetime
    until: datetime
    """Excluded. The same as instants."""


@dataclass(frozen=True, slots=True)
class Due:
    kind: Kind
    at: datetime
    span: Span


def asked(kind: Kind, ending: date | None, timezone: str, now: datetime) -> Span:
    """The week or month that ends with the local day `ending`; None: the last calendar week or month that is
    over.

    Raises:
        ValueError: `ending` lies in the future, or before anything can have been seen.
    """
    zone = ZoneInfo(timezone)
    today = now.astimezone(zone).date()
    if ending is None:
        ending = _last_over(kind, today)
    if ending > today:
        raise ValueError(f"{ending} has not come yet in this reserve, where it is {today}")
    if ending.year < 1990:
        raise ValueError(f"{ending} lies before any camera's first day")
    return of_days(_first(kind, ending), ending, zone)


def before(span: Span, kind: Kind, timezone: str) -> Span:
    """The week or month that ends where this one begins."""
    ending = span.first - timedelta(days=1)
    return of_days(_first(kind, ending), ending, ZoneInfo(timezone))


def as_long_before(span: Span) -> tuple[date, date]:
    """First and last of as many days before it."""
    return span.first - (span.last - span.first) - timedelta(days=1), span.first - timedelta(days=1)


def a_year_before(span: Span, timezone: str) -> Span:
    """The same days of the year before; a week is moved by 52 weeks, so that it has the same weekdays."""
    zone = ZoneInfo(timezone)
    if (span.last - span.first).days == 6:
        return of_days(span.first - timedelta(weeks=52), span.last - timedelta(weeks=52), zone)
    last = _same_day(span.last + timedelta(days=1), -12) - timedelta(days=1)
    return of_days(_same_day(span.first, -12), last, zone)


def series(span: Span, kind: Kind, timezone: str) -> list[Period]:
    """The span and those before it, oldest first, each beginning where the one before ends."""
    spans = [span]
    while len(spans) < BACK[kind]:
        spans.append(before(spans[-1], kind, timezone))
    return [Period(one.since, one.until, one.first.isoformat()) for one in reversed(spans)]


def due(schedule: Schedule, now: datetime) -> list[Due]:
    """What the schedule wants at `now`, oldest first; also what was missed while nobody could make it."""
    zone = ZoneInfo(schedule.timezone)
    today = now.astimezone(zone).date()
    wanted: list[Due] = []
    if schedule.monthly:
        for first in _months(today, schedule.monthly_day):
            at = _at(first, schedule.monthly_hour, zone)
            if schedule.monthly_since < at <= now:
                ending = first.replace(day=1) - timedelta(days=1)
                wanted.append(Due("monthly", at, of_days(ending.replace(day=1), ending, zone)))
    if schedule.weekly:
        newest = today - timedelta(days=(today.weekday() - schedule.weekly_weekday) % 7)
        for n in range(LATE_WEEKS):
            day = newest - timedelta(weeks=n)
            at = _at(day, schedule.weekly_hour, zone)
            if schedule.weekly_since < at <= now:
                wanted.append(
                    Due("weekly", at, of_days(day - timedelta(days=7), day - timedelta(days=1), zone))
                )
    return sorted(wanted, key=lambda one: one.at)


def next_due(schedule: Schedule, now: datetime) -> dict[Kind, datetime]:
    """When each kind that is on is made next."""
    zone = ZoneInfo(schedule.timezone)
    today = now.astimezone(zone).date()
    found: dict[Kind, datetime] = {}
    if schedule.weekly:
        day = today + timedelta(days=(schedule.weekly_weekday - today.weekday()) % 7)
        at = _at(day, schedule.weekly_hour, zone)
        found["weekly"] = at if at > now else _at(day + timedelta(days=7), schedule.weekly_hour, zone)
    if schedule.monthly:
        day = today.replace(day=schedule.monthly_day)
        at = _at(day, schedule.monthly_hour, zone)
        found["monthly"] = at if at > now else _at(_same_day(day, 1), schedule.monthly_hour, zone)
    return found


def today(timezone: str, now: datetime) -> date:
    return now.astimezone(ZoneInfo(timezone)).date()


def of_days(first: date, last: date, zone: ZoneInfo) -> Span:
    """
    Args:
        last: included.
    """
    return Span(first, last, midnight(first, zone), midnight(last + timedelta(days=1), zone))


def _last_over(kind: Kind, today: date) -> date:
    """The last day of the last calendar week (Sunday) or month that is over."""
    return today - timedelta(days=today.weekday() + 1 if kind == "weekly" else today.day)


def _first(kind: Kind, ending: date) -> date:
    """The first day of the week or month that ends with `ending`."""
    if kind == "weekly":
        return ending - timedelta(days=6)
    return _same_day(ending + timedelta(days=1), -1)


def _same_day(day: date, months: int) -> date:
    """So many months later; the month's last day, where it has no such day."""
    count = day.year * 12 + day.month - 1 + months
    for number in (day.day, 30, 29, 28):
        try:
            return date(count // 12, count % 12 + 1, min(number, day.day))
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")


def _months(today: date, number: int) -> Iterator[date]:
    """The newest days of that number, newest first."""
    day = today.replace(day=number)
    if day > today:
        day = _same_day(day, -1)
    for n in range(LATE_MONTHS):
        yield _same_day(day, -n)


def _at(day: date, hour: int, zone: ZoneInfo) -> datetime:
    """An hour that the clocks jump over is the one after it; one that comes twice is the first."""
    return datetime.combine(day, time(hour), zone).astimezone(UTC)
