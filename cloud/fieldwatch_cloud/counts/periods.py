"""Days, months, seasons and years of a reserve, as spans of UTC instants."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterator

By = Literal["day", "month", "season", "year"]
MAX_PERIODS = 1100
"""Three years of days."""
_SEASONS = {3: "Mar–May", 6: "Jun–Aug", 9: "Sep–Nov", 12: "Dec–Feb"}


@dataclass(frozen=True, slots=True)
class Period:
    start: datetime
    end: datetime
    """Excluded."""
    label: str
    """`2026-05-04`, `2026-05`, `2026 Mar–May`, `2026/27 Dec–Feb`, `2026`."""


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which a local day begins: its first, where clocks are set back over midnight; the
    change itself, where they are set forward over it."""
    return datetime.combine(day, time(), zone).astimezone(UTC)


def periods(since: datetime, until: datetime, by: By, timezone: str) -> list[Period]:
    """The periods that meet [since, until), in order; the first and last are cut to it.

    Args:
        since, until: aware.
        timezone: IANA name. Days are 23 or 25 hours long where clocks change.

    Raises:
        ValueError: there are more than `MAX_PERIODS`, or the span is empty.
    """
    if until <= since:
        raise ValueError("the span is empty")
    zone = ZoneInfo(timezone)
    # A period has 28 days or more unless it is a day: no loop over what will be refused.
    if by == "day" and (until - since) > timedelta(days=MAX_PERIODS):
        raise ValueError(
            f"{(until - since).days} days are more than the {MAX_PERIODS} that are answered at once: "
            "ask by month, or for a shorter span"
        )
    found: list[Period] = []
    for first, following in _calendar(since.astimezone(zone).date(), by):
        start, end = midnight(first, zone), midnight(following, zone)
        if start >= until:
            break
        if end > since:
            found.append(Period(max(start, since), min(end, until), _label(first, by)))
        if len(found) > MAX_PERIODS:
            raise ValueError(f"more than {MAX_PERIODS} periods: ask for a shorter span")
    return found


def days_between(since: datetime, until: datetime, zone: ZoneInfo) -> list[date]:
    """The local days that meet [since, until)."""
    first = since.astimezone(zone).date()
    last = (until - timedelta(microseconds=1)).astimezone(zone).date()
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def _calendar(day: date, by: By) -> Iterator[tuple[date, date]]:
    """First day of each period and of the one after it, from the one that holds `day`."""
    if by == "day":
        while True:
            yield day, day + timedelta(days=1)
            day += timedelta(days=1)
    months = {"month": 1, "season": 3, "year": 12}[by]
    # Months since year 0; seasons begin in March, June, September, December.
    count = day.year * 12 + day.month - 1
    count -= (count - 2) % 3 if by == "season" else count % months
    while True:
        yield _month(count), _month(count + months)
        count += months


def _month(count: int) -> date:
    return date(count // 12, count % 12 + 1, 1)


def _label(first: date, by: By) -> str:
    if by == "day":
        return first.isoformat()
    if by == "month":
        return f"{first:%Y-%m}"
    if by == "year":
        return f"{first:%Y}"
    year = f"{first:%Y}/{(first.year + 1) % 100:02d}" if first.month == 12 else f"{first:%Y}"
    return f"{year} {_SEASONS[first.month]}"
