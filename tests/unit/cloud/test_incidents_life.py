"""The life of an incident, as a table; and that its state does not depend on the order of arrival."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import permutations
from uuid import UUID

import pytest

from fieldwatch_cloud.errors import RowRefusedError
from fieldwatch_cloud.incidents.life import (
    KINDS,
    MOVES,
    PROGRESS,
    Done,
    Judged,
    done_at,
    judge,
    may,
    standing,
)

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
LI, WANG = UUID(int=1), UUID(int=2)


def did(kind: str, minute: float = 0, who: UUID = LI) -> Done:
    return Done(kind, NOON + timedelta(minutes=minute), who)


def record(text: str) -> list[Done]:
    """ "acknowledge arrive" as done one minute after the other."""
    return [did(kind, minute) for minute, kind in enumerate(text.split())]


TABLE = {
    # what was done: the state afterwards
    "": "new",
    "acknowledge": "acknowledged",
    "acknowledge on_my_way": "dispatched",
    "acknowledge on_my_way arrive": "on_scene",
    "acknowledge on_my_way arrive contain": "contained",
    "acknowledge on_my_way arrive contain close": "closed",
    "arrive": "on_scene",  # on patrol, without having been sent
    "contain": "contained",
    "close": "closed",
    "on_my_way acknowledge": "dispatched",  # a second person's acknowledgement takes nothing back
    "arrive on_my_way": "on_scene",
    "contain arrive": "contained",
    "false_alarm": "false_alarm",
    "on_my_way arrive false_alarm": "false_alarm",
    "close acknowledge": "closed",  # who comes late changes the record alone
    "close arrive": "closed",
    "close contain": "closed",
    "close false_alarm": "false_alarm",  # closed by somebody who did not know what it was
    "false_alarm acknowledge": "false_alarm",
    "false_alarm on_my_way": "false_alarm",
    "false_alarm arrive": "on_scene",  # who is there knows more than who judged by a picture
    "false_alarm contain": "contained",
    "false_alarm close": "false_alarm",
    "false_alarm reopen": "new",
    "close reopen": "new",
    "contain reopen": "new",  # it flares up again: people are called again
    "close reopen arrive": "on_scene",
    "contain close reopen acknowledge": "acknowledged",
}


@pytest.mark.parametrize(("done", "state"), TABLE.items())
def test_what_follows_from_what_was_done(done: str, state: str) -> None:
    assert standing(record(done)).state == state


CONTRADICTIONS = [
    "contain false_alarm",
    "contain close false_alarm",
    "contain reopen false_alarm",  # it has burned, whatever came after
    "reopen",
    "acknowledge reopen",
    "on_my_way arrive reopen",
]


@pytest.mark.parametrize("done", CONTRADICTIONS)
def test_what_contradicts_the_record_is_refused(done: str) -> None:
    *before, last = record(done)
    state = standing(before).state
    assert judge(before, last) == Judged(allowed=False, before=state, after=state)


@pytest.mark.parametrize("kind", sorted(MOVES))
@pytest.mark.parametrize("done", sorted(TABLE))
def test_nothing_else_is_ever_refused(done: str, kind: str) -> None:
    """Every action at the end of every way: refused are only false alarms after a contained fire, and
    reopening what goes on."""
    before = record(done)
    over = standing(before).state in ("contained", "closed", "false_alarm")
    burned = "contain" in done
    expected = (kind == "false_alarm" and burned) or (kind == "reopen" and not over)
    assert judge(before, did(kind, 60)).allowed is not expected


def test_a_late_acknowledgement_changes_no_state() -> None:
    before = [did("on_my_way", 5)]
    late = judge(before, did("acknowledge", 2, WANG))
    assert late == Judged(allowed=True, before="dispatched", after="dispatched")


def test_a_late_false_alarm_is_outdone_by_who_stands_there() -> None:
    """Judged by a picture at 12:00, sent at 12:30; meanwhile another was at the place."""
    late = judge([did("on_my_way", 3), did("arrive", 10)], did("false_alarm", 0, WANG))
    assert late == Judged(allowed=True, before="on_scene", after="on_scene")


def test_a_late_contain_takes_a_false_alarm_back() -> None:
    late = judge([did("false_alarm", 10)], did("contain", 5, WANG))
    assert late == Judged(allowed=True, before="false_alarm", after="contained")


def test_what_was_done_before_a_reopening_does_not_advance_what_came_after() -> None:
    before = [did("close", 10), did("reopen", 60)]
    assert judge(before, did("contain", 5, WANG)).after == "new"


def test_in_whatever_order_it_arrives_the_state_is_the_same() -> None:
    draw = random.Random(4)
    for _ in range(300):
        done = [did(draw.choice(sorted(MOVES)), minute) for minute in range(5)]
        states = {standing(order).state for order in permutations(done)}
        assert len(states) == 1, done


def test_what_happened_at_once_counts_in_the_order_of_the_record() -> None:
    assert standing([did("close"), did("reopen")]).state == "new"
    assert standing([did("acknowledge"), did("close")]).state == "closed"


CLOCKS = {
    # claimed, sent (minutes of the phone's clock), now: when it was done
    "a right clock": (0, 30, 30, 0),
    "an hour behind": (-60, -30, 30, 0),
    "a day ahead": (1440, 1470, 30, 0),
    "ahead, and it does not say": (1440, None, 30, 30),
    "behind, and it does not say": (-60, None, 30, -60),
    "done and sent at once": (5, 5, 30, 30),
}


@pytest.mark.parametrize(("claimed", "sent", "now", "expected"), CLOCKS.values(), ids=CLOCKS)
def test_a_phone_whose_clock_is_wrong(
    claimed: float, sent: float | None, now: float, expected: float
) -> None:
    def at(minute: float) -> datetime:
        return NOON + timedelta(minutes=minute)

    assert done_at(at(claimed), None if sent is None else at(sent), at(now)) == at(expected)


def test_a_clock_that_leads_out_of_the_calendar_is_refused() -> None:
    """Not a failure of ours: a phone tries that again for ever."""
    first, last = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    for claimed, sent in ((first, last), (last, first)):
        with pytest.raises(RowRefusedError, match="years apart"):
            done_at(claimed, sent, NOON)


STEPS = {"acknowledge", "on_my_way", "arrive", "contain"}
MAY = {
    "a new one": ([], LI, {"ranger"}, STEPS | {"close", "false_alarm", "note", "merge"}),
    "a manager may the same": ([], LI, {"manager"}, STEPS | {"close", "false_alarm", "note", "merge"}),
    "a researcher writes notes": ([], LI, {"researcher"}, {"note"}),
    "a technician writes notes": ([], LI, {"technician"}, {"note"}),
    "a stranger nothing": ([], LI, set(), set()),
    "who is on the way has not arrived": (
        [did("on_my_way")],
        LI,
        {"ranger"},
        {"arrive", "contain", "close", "false_alarm", "note", "merge"},
    ),
    "a second ranger goes there by himself": (
        [did("on_my_way")],
        WANG,
        {"ranger"},
        STEPS | {"close", "false_alarm", "note", "merge"},
    ),
    "a contained fire is no false alarm": (
        [did("contain")],
        LI,
        {"ranger"},
        {"close", "reopen", "note", "merge"},
    ),
    "closed": ([did("close")], LI, {"ranger"}, {"false_alarm", "reopen", "note"}),
    "closed after it burned": ([did("contain"), did("close", 1)], LI, {"ranger"}, {"reopen", "note"}),
    "a false alarm": ([did("false_alarm")], LI, {"ranger"}, {"reopen", "note"}),
    "reopened: each begins anew": (
        [did("acknowledge"), did("close", 1), did("reopen", 2)],
        LI,
        {"ranger"},
        STEPS | {"close", "false_alarm", "note", "merge"},
    ),
}


@pytest.mark.parametrize(("done", "who", "roles", "expected"), MAY.values(), ids=MAY)
def test_what_somebody_may_do(done: list[Done], who: UUID, roles: set[str], expected: set[str]) -> None:
    allowed = may(done, who, roles)
    assert set(allowed) == expected
    assert allowed == [kind for kind in KINDS if kind in expected], "in one order, always"


def test_what_else_an_incident_allows() -> None:
    assert "release" in may([], LI, {"ranger"}, held_back=True)
    assert "release" not in may([did("acknowledge")], LI, {"ranger"}, held_back=True), "somebody knows of it"
    assert "split" in may([], LI, {"ranger"}, suspicions=2)
    assert "split" not in may([], LI, {"ranger"}, suspicions=1), "nothing would remain"
    assert may([], LI, {"admin"}, merged=True) == [], "it is acted on where it was merged into"


@pytest.mark.parametrize("done", sorted(TABLE))
def test_what_is_offered_is_never_refused(done: str) -> None:
    before = record(done)
    for kind in set(may(before, WANG, {"ranger"})) & MOVES:
        assert judge(before, did(kind, 60, WANG)).allowed, kind


def test_each_step_reaches_its_state() -> None:
    for kind, state in PROGRESS.items():
        assert standing([did(kind)]).state == state
