"""Periods: midnight is where the reserve is, and days are as long as the clocks there make them."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from fieldwatch_cloud.counts.periods import MAX_PERIODS, days_between, midnight, periods


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_days_of_shanghai_begin_at_sixteen_hours_utc() -> None:
    found = periods(at("2026-05-03T18:00"), at("2026-05-05T16:00"), "day", "Asia/Shanghai")
    assert [p.label for p in found] == ["2026-05-04", "2026-05-05"]
    assert found[0].start == at("2026-05-03T18:00")  # cut
    assert found[0].end == found[1].start == at("2026-05-04T16:00")


def test_days_of_clock_changes_are_23_and_25_hours_long() -> None:
    spring, autumn = (
        periods(at(start), at(end), "day", "Europe/Berlin")[1]
        for start, end in (("2026-03-28", "2026-03-31"), ("2026-10-24", "2026-10-27"))
    )
    assert (spring.label, spring.end - spring.start) == ("2026-03-29", timedelta(hours=23))
    assert (autumn.label, autumn.end - autumn.start) == ("2026-10-25", timedelta(hours=25))


def test_a_day_without_midnight_begins_with_the_change() -> None:
    # São Paulo set its clocks from 0:00 to 1:00 on 2018-11-04; Azores set theirs from 1:00 to 0:00.
    assert midnight(date(2018, 11, 4), ZoneInfo("America/Sao_Paulo")) == at("2018-11-04T03:00")
    assert midnight(date(2026, 10, 25), ZoneInfo("Atlantic/Azores")) == at("2026-10-25T00:00")


@pytest.mark.parametrize(
    "zone", ["Asia/Shanghai", "Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe"]
)
@pytest.mark.parametrize("by", ["day", "month", "season", "year"])
def test_periods_leave_no_gap_and_cover_the_span(zone, by) -> None:
    since, until = at("2017-01-10T05:00"), at("2019-03-02T11:00")
    found = periods(since, until, by, zone)
    assert (found[0].start, found[-1].end) == (since, until)
    assert all(one.end == other.start for one, other in pairwise(found))
    assert all(one.start < one.end for one in found)


def test_seasons_and_their_names() -> None:
    found = periods(at("2026-01-15"), at("2027-04-01"), "season", "UTC")
    assert [p.label for p in found] == [
        "2025/26 Dec–Feb", "2026 Mar–May", "2026 Jun–Aug", "2026 Sep–Nov", "2026/27 Dec–Feb", "2027 Mar–May",
    ]  # fmt: skip
    assert found[1].start == at("2026-03-01")
    assert found[1].end == at("2026-06-01")


def test_too_many_periods_are_refused_with_what_to_do() -> None:
    with pytest.raises(ValueError, match="ask by month"):
        periods(at("2000-01-01"), at("2026-01-01"), "day", "UTC")
    with pytest.raises(ValueError, match="shorter span"):
        periods(at("1500-01-01"), at("2026-01-01"), "month", "UTC")
    assert len(periods(at("2026-01-01"), at("2026-01-01") + timedelta(days=MAX_PERIODS), "day", "UTC"))
    with pytest.raises(ValueError, match="empty"):
        periods(at("2026-01-01"), at("2026-01-01"), "day", "UTC")


def test_local_days_that_meet_a_span() -> None:
    zone = ZoneInfo("Asia/Shanghai")
    assert days_between(at("2026-05-03T16:00"), at("2026-05-04T16:00"), zone) == [date(2026, 5, 4)]
    assert len(days_between(at("2026-05-03T15:59"), at("2026-05-04T16:01"), zone)) == 3
