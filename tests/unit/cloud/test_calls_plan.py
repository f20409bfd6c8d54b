"""The plan of calls, quiet hours and cooldown."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from fieldwatch_cloud.calls.plan import DEFAULT, REPEAT, Step, checked, next_due
from fieldwatch_cloud.calls.quiet import held_back, is_quiet

T0 = datetime(2026, 5, 4, 14, tzinfo=UTC)
SHANGHAI = ZoneInfo("Asia/Shanghai")


def after(seconds: float) -> datetime:
    return T0 + timedelta(seconds=seconds)


def test_the_default_plan_is_one() -> None:
    assert checked(DEFAULT) == DEFAULT


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([], "1 to 10"),
        ([Step(0, "all")] * 11, "1 to 10"),
        ([Step(5, "all")], "at once"),
        ([Step(0, "duty"), Step(60, "next"), Step(60, "all")], "later than"),
        ([Step(0, "duty"), Step(60, "next")], "must not end with one person"),
        ([Step(0, "duty"), Step(7 * 3600, "all")], "within"),
    ],
)
def test_what_is_no_plan(steps: list[Step], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        checked(steps)


@pytest.mark.parametrize(
    ("done", "now", "due"),
    [
        (1, 0, 120),  # as planned
        (2, 120, 300),
        (2, 0, 180),  # `next` was called at once: the managers keep their 180 s after it
        (2, 125, 300),  # a little late: the plan counts from the beginning
        (3, 1000, 600),  # away for a while: the step after it is due already
        (4, 600, 600 + REPEAT.total_seconds()),  # all were called: again and again
    ],
)
def test_when_the_next_step_is_due(done: int, now: float, due: float) -> None:
    assert next_due(DEFAULT, done, T0, after(now)) == after(due)


@pytest.mark.parametrize(
    ("local", "start", "end", "quiet"),
    [
        ("21:59", "22:00", "06:00", False),
        ("22:00", "22:00", "06:00", True),
        ("00:00", "22:00", "06:00", True),  # over midnight
        ("05:59", "22:00", "06:00", True),
        ("06:00", "22:00", "06:00", False),
        ("13:00", "12:00", "14:00", True),
        ("14:00", "12:00", "14:00", False),
        ("03:00", "00:00", "00:00", True),  # the whole day
        ("03:00", None, None, False),
    ],
)
def test_quiet_hours_are_local(local: str, start: str | None, end: str | None, quiet: bool) -> None:
    hour, minute = map(int, local.split(":"))
    moment = datetime(2026, 5, 4, hour, minute, tzinfo=SHANGHAI).astimezone(UTC)
    bounds = [None if text is None else time.fromisoformat(text) for text in (start, end)]
    assert is_quiet(moment, SHANGHAI, *bounds) is quiet


@pytest.mark.parametrize(
    ("seen", "now", "called", "why"),
    [
        (0, 10, [], None),
        (0, 1799, [], None),
        (0, 1801, [], "late"),
        (0, 8 * 3600 + 10, [], "late"),  # late is said before quiet hours
        (3600, 3600, [], "quiet_hours"),  # T0 is 22:00 in Shanghai, so this is 23:00
        (1790, 1800, [1700], "quiet_hours"),  # by the time at which it would ring
        (100, 110, [0], "cooldown"),
        (600, 610, [0], None),  # the cooldown is over, to the second
        (0, 10, [500], "cooldown"),  # a newer one came first
        (-30, 0, [], None),
    ],
)
def test_why_nobody_is_called(seen: float, now: float, called: list[float], why: str | None) -> None:
    found = held_back(
        after(seen),
        after(now),
        SHANGHAI,
        quiet_from=time(22, 30),
        quiet_to=time(6),
        called=[after(s) for s in called],
        cooldown=timedelta(seconds=600),
    )
    assert found == why
