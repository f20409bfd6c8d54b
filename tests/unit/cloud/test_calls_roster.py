"""Who is on duty, in the order in which they are called."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from fieldwatch_cloud.calls.roster import Shift, checked, covers, on_duty

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
LI, WANG, CHEN, ZHAO = (UUID(int=n) for n in range(1, 5))
NORTH, SOUTH = UUID(int=10), UUID(int=11)


def at(text: str, zone: ZoneInfo | None = None) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=zone).astimezone(UTC) if zone else moment.replace(tzinfo=UTC)


def shift(start: str, end: str, zone: ZoneInfo = BERLIN, account: UUID = LI, **fields: object) -> Shift:
    values: dict[str, object] = {"zone_id": NORTH, "place": 1} | fields
    return Shift(account_id=account, starts_at=at(start, zone), ends_at=at(end, zone), **values)  # type: ignore[arg-type]


NIGHT = shift("2026-03-20T20:00", "2026-03-21T06:00", repeats="daily")
"""Nine hours long in the night of 28 to 29 March, when the clocks go forward."""
SUNDAY = shift("2026-03-01T08:00", "2026-03-01T16:00", repeats="weekly", until=at("2026-04-01T00:00"))


@pytest.mark.parametrize(
    ("which", "moment", "on"),
    [
        (shift("2026-05-04T08:00", "2026-05-04T16:00"), "2026-05-04T08:00", True),  # its start included
        (shift("2026-05-04T08:00", "2026-05-04T16:00"), "2026-05-04T16:00", False),  # its end not
        (shift("2026-05-04T08:00", "2026-05-04T16:00"), "2026-05-05T09:00", False),  # never again
        (NIGHT, "2026-03-20T19:59", False),  # not before it began
        (NIGHT, "2026-03-21T03:00", True),  # over midnight
        (NIGHT, "2026-03-21T06:00", False),
        (NIGHT, "2026-03-28T20:00", True),
        (NIGHT, "2026-03-29T05:59", True),  # to the local hour, though an hour of the night is missing
        (NIGHT, "2026-03-29T06:00", False),
        (NIGHT, "2026-10-25T02:30", True),  # the hour that comes twice
        (NIGHT, "2026-10-25T05:59", True),
        (NIGHT, "2026-10-25T06:00", False),
        (NIGHT, "2030-01-01T01:00", True),  # for years
        (SUNDAY, "2026-03-08T08:00", True),
        (SUNDAY, "2026-03-09T08:00", False),  # a Monday
        (SUNDAY, "2026-03-29T08:00", True),  # summer time: the same local hour
        (SUNDAY, "2026-03-29T16:00", False),
        (SUNDAY, "2026-04-05T09:00", False),  # after `until`
    ],
)
def test_a_shift_is_on(which: Shift, moment: str, on: bool) -> None:
    assert covers(which, at(moment, BERLIN), BERLIN) is on


def test_shifts_that_follow_upon_each_other_leave_no_gap_over_a_whole_year() -> None:
    """Every quarter of an hour of a year with both changes of the clock, one of the two is on; never both."""
    day = shift("2026-01-01T06:00", "2026-01-01T20:00", repeats="daily")
    night = shift("2026-01-01T20:00", "2026-01-02T06:00", repeats="daily")
    moment, end = at("2026-01-01T06:00", BERLIN), at("2027-01-01T06:00", BERLIN)
    while moment < end:
        assert covers(day, moment, BERLIN) != covers(night, moment, BERLIN), moment
        moment += timedelta(minutes=15)


def test_a_shift_around_the_clock_is_always_on() -> None:
    whole = shift("2026-03-01T00:00", "2026-03-02T00:00", repeats="daily")
    for hour in range(24 * 60):
        assert covers(whole, at("2026-03-01T00:00", BERLIN) + timedelta(hours=hour), BERLIN)


def test_the_repetition_is_the_reserves_not_utc() -> None:
    """08:00 in Shanghai is 00:00 UTC."""
    morning = shift("2026-05-04T08:00", "2026-05-04T10:00", SHANGHAI, repeats="daily")
    assert covers(morning, at("2026-05-06T01:59"), SHANGHAI)
    assert not covers(morning, at("2026-05-06T08:00"), SHANGHAI)


@pytest.mark.parametrize(
    ("which", "words"),
    [
        (shift("2026-05-04T08:00", "2026-05-04T08:00"), "ends after it begins"),
        (shift("2026-05-04T08:00", "2026-05-05T09:00", repeats="daily"), "not longer than that"),
        (shift("2026-05-04T08:00", "2026-05-12T08:00", repeats="weekly"), "not longer than that"),
        (shift("2026-05-04T08:00", "2026-05-04T09:00", until=at("2026-06-01T00:00")), "that repeats"),
        (
            shift("2026-05-04T08:00", "2026-05-04T09:00", repeats="daily", until=at("2026-05-01T00:00")),
            "before the shift begins",
        ),
        (
            shift("9999-12-31T23:10", "9999-12-31T23:30", ZoneInfo("UTC"), repeats="daily"),
            "out of the calendar",
        ),
    ],
)
def test_what_is_no_shift(which: Shift, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        checked(which, BERLIN)


def test_24_hours_repeat_daily_also_over_the_change_of_the_clock() -> None:
    """From Saturday to Sunday of the change, 24 hours on the wall are 23."""
    checked(shift("2026-03-28T08:00", "2026-03-29T08:00", repeats="daily"), BERLIN)
    checked(shift("2026-10-24T08:00", "2026-10-25T08:00", repeats="daily"), BERLIN)


NOW = at("2026-05-04T09:00", BERLIN)


def today(account: UUID, place: int, zone: UUID | None) -> Shift:
    return shift("2026-05-04T08:00", "2026-05-04T16:00", account=account, place=place, zone_id=zone)


@pytest.mark.parametrize(
    ("shifts", "zones", "chiefs", "order"),
    [
        # By place, not by the order in which they were entered.
        ([today(WANG, 2, NORTH), today(LI, 1, NORTH)], [NORTH], [], [(LI,), (WANG,)]),
        # Two of one place are called together.
        ([today(LI, 1, NORTH), today(WANG, 1, NORTH)], [NORTH], [], [(LI, WANG)]),
        # Another zone's are not called.
        ([today(LI, 1, SOUTH)], [NORTH], [], []),
        # The zone's, its chief, then those of the whole reserve.
        ([today(WANG, 1, None), today(LI, 5, NORTH)], [NORTH], [CHEN], [(LI,), (CHEN,), (WANG,)]),
        # The chief alone, where no shift is.
        ([], [NORTH], [CHEN], [(CHEN,)]),
        # Nobody is named twice.
        (
            [today(CHEN, 1, NORTH), today(LI, 1, None), today(CHEN, 2, None)],
            [NORTH],
            [CHEN],
            [(CHEN,), (LI,)],
        ),
        # Nobody knows the zone: the whole reserve's.
        ([today(LI, 1, NORTH), today(ZHAO, 1, None)], [], [], [(ZHAO,)]),
        # Seen from two zones: both are called first.
        (
            [today(LI, 1, NORTH), today(WANG, 1, SOUTH), today(ZHAO, 2, SOUTH)],
            [NORTH, SOUTH],
            [],
            [(LI, WANG), (ZHAO,)],
        ),
    ],
)
def test_order(
    shifts: list[Shift], zones: list[UUID], chiefs: list[UUID], order: list[tuple[UUID, ...]]
) -> None:
    assert on_duty(shifts, NOW, BERLIN, zones=zones, chiefs=chiefs) == order
