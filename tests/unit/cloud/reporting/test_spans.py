"""Weeks and months of a reserve: its own days, where clocks change too, and what is due when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest

from fieldwatch_cloud.db.reporting import Schedule
from fieldwatch_cloud.reporting import spans

SHANGHAI, BERLIN = "Asia/Shanghai", "Europe/Berlin"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
WEEKLY = Schedule(
    timezone=SHANGHAI,
    weekly=True,
    weekly_weekday=0,
    weekly_hour=6,
    weekly_since=LONG_AGO,
    monthly=False,
    monthly_day=1,
    monthly_hour=6,
    monthly_since=LONG_AGO,
    languages=["en"],
)
MONTHLY = replace(WEEKLY, weekly=False, monthly=True)


def test_the_last_week_is_the_one_before_this_monday_of_the_reserve() -> None:
    # Sunday 22:00 UTC is Monday 06:00 in Shanghai.
    span = spans.asked("weekly", None, SHANGHAI, datetime(2026, 5, 10, 22, tzinfo=UTC))
    assert (span.first, span.last) == (date(2026, 5, 4), date(2026, 5, 10))
    assert span.since == datetime(2026, 5, 3, 16, tzinfo=UTC)
    assert span.until == datetime(2026, 5, 10, 16, tzinfo=UTC)
    # And an hour before its midnight that week is not over.
    earlier = spans.asked("weekly", None, SHANGHAI, datetime(2026, 5, 10, 15, tzinfo=UTC))
    assert earlier.last == date(2026, 5, 3)


@pytest.mark.parametrize(
    ("last", "hours"),
    [
        (date(2026, 3, 29), 167),  # the clocks go forward on its last day
        (date(2026, 10, 25), 169),  # and back
        (date(2026, 5, 10), 168),
    ],
)
def test_a_week_is_an_hour_shorter_or_longer_where_clocks_change(last: date, hours: int) -> None:
    span = spans.asked("weekly", last, BERLIN, datetime(2026, 12, 1, tzinfo=UTC))
    assert (span.last - span.first).days == 6
    assert (span.until - span.since) == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("ending", "first"),
    [
        (date(2026, 2, 28), date(2026, 2, 1)),
        (date(2028, 2, 29), date(2028, 2, 1)),
        (date(2026, 5, 10), date(2026, 4, 11)),
        (date(2026, 3, 30), date(2026, 2, 28)),  # February has no 31st
    ],
)
def test_a_month_up_to_any_day(ending: date, first: date) -> None:
    span = spans.asked("monthly", ending, SHANGHAI, datetime(2029, 1, 1, tzinfo=UTC))
    assert (span.first, span.last) == (first, ending)


def test_the_future_has_no_report() -> None:
    with pytest.raises(ValueError, match="2026-05-12 has not come yet"):
        spans.asked("weekly", date(2026, 5, 12), SHANGHAI, datetime(2026, 5, 11, 15, tzinfo=UTC))


def test_a_year_before_a_week_has_the_same_weekdays_and_a_month_the_same_name() -> None:
    now = datetime(2026, 12, 1, tzinfo=UTC)
    week = spans.a_year_before(spans.asked("weekly", date(2026, 5, 10), SHANGHAI, now), SHANGHAI)
    assert (week.first, week.last) == (date(2025, 5, 5), date(2025, 5, 11))
    assert week.first.weekday() == 0
    month = spans.a_year_before(spans.asked("monthly", date(2026, 2, 28), SHANGHAI, now), SHANGHAI)
    assert (month.first, month.last) == (date(2025, 2, 1), date(2025, 2, 28))


def test_periods_of_a_series_leave_no_gap() -> None:
    now = datetime(2026, 12, 1, tzinfo=UTC)
    for kind, ending, number in (("weekly", date(2026, 4, 19), 8), ("monthly", date(2026, 4, 30), 12)):
        span = spans.asked(kind, ending, BERLIN, now)  # type: ignore[arg-type]
        found = spans.series(span, kind, BERLIN)  # type: ignore[arg-type]
        assert len(found) == number
        assert all(a.end == b.start for a, b in pairwise(found))
        assert (found[-1].start, found[-1].end) == (span.since, span.until)


def test_due_by_the_reserves_clock() -> None:
    monday_six = datetime(2026, 5, 10, 22, tzinfo=UTC)
    (newest,) = spans.due(WEEKLY, monday_six)[-1:]
    assert newest.at == monday_six
    assert (newest.span.first, newest.span.last) == (date(2026, 5, 4), date(2026, 5, 10))
    before = spans.due(WEEKLY, monday_six - timedelta(seconds=1))
    assert before[-1].span.last == date(2026, 5, 3)


def test_what_was_missed_is_due_late_and_what_was_before_the_schedule_never() -> None:
    now = datetime(2026, 5, 20, tzinfo=UTC)
    since = datetime(2026, 5, 1, tzinfo=UTC)
    assert [one.span.last for one in spans.due(replace(WEEKLY, weekly_since=since), now)] == [
        date(2026, 5, 3),
        date(2026, 5, 10),
        date(2026, 5, 17),
    ]
    assert spans.due(replace(WEEKLY, weekly_since=now), now) == []


def test_a_month_is_due_on_its_day_and_tells_of_the_calendar_month_before() -> None:
    schedule = replace(MONTHLY, monthly_day=3, monthly_since=datetime(2026, 2, 15, tzinfo=UTC))
    found = spans.due(schedule, datetime(2026, 4, 2, 22, tzinfo=UTC))
    assert [(one.span.first, one.span.last) for one in found] == [
        (date(2026, 2, 1), date(2026, 2, 28)),
        (date(2026, 3, 1), date(2026, 3, 31)),
    ]


def test_an_hour_that_the_clocks_jump_over_comes_after_it() -> None:
    schedule = replace(WEEKLY, timezone=BERLIN, weekly_weekday=6, weekly_hour=2)
    (newest,) = spans.due(schedule, datetime(2026, 3, 29, 12, tzinfo=UTC))[-1:]
    assert newest.at == datetime(2026, 3, 29, 1, tzinfo=UTC)  # 03:00 by the new clock
    assert newest.span.last == date(2026, 3, 28)


def test_the_next_is_never_now() -> None:
    at = datetime(2026, 5, 10, 22, tzinfo=UTC)
    both = replace(WEEKLY, monthly=True)
    assert spans.next_due(both, at)["weekly"] == at + timedelta(days=7)
    assert spans.next_due(both, at - timedelta(seconds=1))["weekly"] == at
    assert spans.next_due(both, at)["monthly"] == datetime(2026, 5, 31, 22, tzinfo=UTC)
    assert spans.next_due(replace(both, weekly=False, monthly=False), at) == {}
