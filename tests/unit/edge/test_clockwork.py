"""A clock that is wrong, set right later; clocks are given."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from tests.unit.edge.records import DEPLOYMENT, heartbeat, observation, picture, suspicion

from fieldwatch_edge.capture import clock as clock_module
from fieldwatch_edge.clockwork import Clockwork, Eras, Wrong
from fieldwatch_edge.health import EffortMeter
from fieldwatch_edge.outbox import Entry, Outbox
from fieldwatch_shared.messages import Clock, ClockQuality, EffortSpan, Heartbeat, Observation
from fieldwatch_shared.topics import Kind

if TYPE_CHECKING:
    from pathlib import Path

TRUE = datetime(2026, 5, 1, 6, tzinfo=UTC).timestamp()
"""When the machine was switched on, really."""
DEAD = 100.0
"""What its clock said then."""
UNKNOWN = Clock(quality=ClockQuality.UNSYNCHRONISED)


class World:
    """A machine whose battery is empty; `sets` is when NTP comes."""

    def __init__(self, tmp_path: Path) -> None:
        self.seconds, self.base, self.quality = 10.0, DEAD, ClockQuality.UNSYNCHRONISED
        self.notices: list[str] = []
        self.effort = EffortMeter("mast-1", DEPLOYMENT, 120)
        self.outbox = Outbox(tmp_path / "o", 2**24)
        self.state = tmp_path / "clock.json"
        self.begin()

    def begin(self, boot_id: str = "first") -> None:
        self.clock = Clockwork(
            self.outbox,
            self.state,
            lambda: self.quality,
            lambda wrong: self.effort.clock_was_wrong(wrong.covers, wrong.offset_s),
            self.notices.append,
            live=frozenset({str(DEPLOYMENT)}),
            boot=lambda: self.seconds,
            wall=lambda: self.base + self.seconds,
            boot_id=boot_id,
        )
        self.clock.look()

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.base + self.seconds, UTC)

    def pass_(self, seconds: float) -> None:
        for _ in range(int(seconds)):
            self.seconds += 1
            self.clock.look()

    def sees(self, number: int) -> Observation:
        seen = observation(number).model_copy(
            update={"observed_at": self.now, "ended_at": self.now + timedelta(seconds=3), "clock": UNKNOWN}
        )
        self.outbox.write(ready=[Entry.of(seen)])
        self.effort.seen(self.now)
        return seen

    def ntp_comes(self) -> None:
        self.base, self.quality = TRUE, ClockQuality.NTP

    def kept(self) -> dict[str, dict[str, object]]:
        return {entry.id: json.loads(entry.body) for entry in self.outbox}


@pytest.fixture
def world(tmp_path: Path):  # type: ignore[no-untyped-def]
    world = World(tmp_path)
    yield world
    world.outbox.close()


def test_what_an_empty_battery_dated_is_known_once_the_time_comes(world: World) -> None:
    assert world.clock.holds, "1970 cannot be"
    seen = world.sees(1)
    beat = heartbeat(2).model_copy(update={"observed_at": world.now, "clock": UNKNOWN})
    world.outbox.write(ready=[Entry.of(beat), Entry.of(suspicion(3))])
    others = Entry.of(picture(4))  # of a card: its own clock dated it
    world.outbox.write(ready=[others])
    world.pass_(30)
    world.ntp_comes()
    world.pass_(5)
    (told,) = world.notices
    assert "behind" in told
    assert "1970-01-01" in told
    kept = world.kept()
    offset = DEAD - TRUE
    corrected = Observation.model_validate(kept[str(seen.id)])
    assert corrected.observed_at == seen.observed_at, "nothing is re-dated"
    assert corrected.clock.offset_s == pytest.approx(offset, abs=0.01)
    assert Heartbeat.model_validate(kept[str(beat.id)]).clock.offset_s == pytest.approx(offset, abs=0.01)
    assert kept[others.id] == json.loads(others.body)
    assert kept[str(suspicion(3).id)] == json.loads(suspicion(3).model_dump_json()), "a clock that was right"
    (span,) = world.effort.pending()
    assert span.clock_offset_s == pytest.approx(offset, abs=0.01)
    # A track that began before and ends now is made after the clock was set.
    late = observation(9).model_copy(
        update={"observed_at": seen.observed_at, "ended_at": seen.ended_at, "clock": UNKNOWN}
    )
    world.outbox.write(ready=[Entry.of(late)])
    assert world.clock.holds, "so what was seen waits a little longer"
    world.pass_(20)
    assert world.kept()[str(late.id)]["clock"]["offset_s"] == pytest.approx(offset, abs=0.01)  # type: ignore[index]
    world.pass_(80)
    assert not world.clock.holds
    message = world.outbox.take(0, 100)
    assert message is not None, "checksums hold"
    assert len(world.notices) == 1


def test_effort_that_waits_in_the_outbox_is_known_too(world: World) -> None:
    spans = [
        EffortSpan(id=observation(n).id, deployment_id=DEPLOYMENT, started_at=at, ended_at=at, frames=1)
        for n, at in enumerate([world.now, datetime(2026, 5, 1, tzinfo=UTC)])
    ]
    world.outbox.write(ready=[Entry.of(heartbeat(1).model_copy(update={"effort": spans}))])
    world.pass_(3)
    world.ntp_comes()
    world.pass_(2)
    kept = Heartbeat.model_validate(world.kept()[str(heartbeat(1).id)])
    assert [span.clock_offset_s is not None for span in kept.effort] == [True, False]


def test_a_process_that_begins_again_in_the_same_boot_goes_on(world: World) -> None:
    seen = world.sees(1)
    world.pass_(3)
    world.clock.stop()
    world.clock.run()  # keeps what it knows
    world.seconds += 600
    world.ntp_comes()
    world.begin()
    assert "offset_s" in str(world.kept()[str(seen.id)])
    assert world.kept()[str(seen.id)]["clock"]["offset_s"] == pytest.approx(DEAD - TRUE, abs=0.01)  # type: ignore[index]


def test_after_another_boot_nothing_is_known_of_the_one_before(world: World) -> None:
    seen = world.sees(1)
    world.clock.stop()
    world.clock.run()
    world.ntp_comes()
    world.begin("second")
    world.pass_(2)
    assert world.kept()[str(seen.id)]["clock"]["offset_s"] is None  # type: ignore[index]
    assert not world.notices


def test_a_clock_that_goes_back_to_the_same_hour_at_each_boot_dates_no_boot_but_its_own(
    world: World,
) -> None:
    """A computer without a battery takes up the time that it kept on its disk an hour ago: two boots say the
    same times, and are wrong by amounts of which only the second becomes known."""
    world.sees(1)
    before = world.kept()
    world.outbox.write("camera", open_tracks=[Entry.of(observation(7))])
    world.seconds = 10.0  # a power cut; the wall begins where it began before
    world.begin("second")
    seen = world.sees(2)
    world.pass_(5)
    # A process that begins anew within this boot.
    world.clock.stop()
    world.clock.run()
    world.begin("second")
    world.ntp_comes()
    world.pass_(3)
    kept = world.kept()
    assert kept[str(seen.id)]["clock"]["offset_s"] == pytest.approx(DEAD - TRUE, abs=0.01)  # type: ignore[index]
    assert kept[str(observation(1).id)] == before[str(observation(1).id)], "of that boot nothing is known"


def test_a_store_that_was_begun_anew_counts_from_its_own_beginning(world: World, tmp_path: Path) -> None:
    for number in range(1, 40):
        world.outbox.write(ready=[Entry.of(observation(number))])
    world.begin("second")
    world.clock.stop()
    world.clock.run()
    world.outbox.close()
    world.outbox = Outbox(tmp_path / "renewed", 2**24)
    world.begin("second")
    seen = world.sees(50)
    world.ntp_comes()
    world.pass_(3)
    assert world.kept()[str(seen.id)]["clock"]["offset_s"] is not None  # type: ignore[index]


def test_what_is_seen_after_a_clock_ahead_was_set_back_is_not_what_was_seen_by_it(world: World) -> None:
    world.base, world.seconds, world.quality = TRUE + 3600, 10.0, ClockQuality.RTC
    world.begin("ahead")
    world.pass_(10)
    early = world.sees(1)
    world.seconds += 2 * 3600
    world.clock.look()
    by_hand = world.base = TRUE - 0.4  # somebody sets it right; nobody vouches for it yet
    world.pass_(60)
    after = world.sees(2)
    world.pass_(5)
    world.quality = ClockQuality.NTP
    world.pass_(60)
    late = world.sees(3)  # made while its quality is not asked anew
    world.pass_(30)
    kept = world.kept()
    offset = TRUE + 3600 - by_hand
    assert kept[str(early.id)]["clock"]["offset_s"] == pytest.approx(offset, abs=0.01)  # type: ignore[index]
    assert kept[str(after.id)]["clock"]["offset_s"] is None, "seen by another clock"  # type: ignore[index]
    assert kept[str(late.id)]["clock"]["offset_s"] is None  # type: ignore[index]


def test_a_clock_that_was_set_is_asked_at_once_who_keeps_it(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([UNKNOWN, Clock(quality=ClockQuality.NTP)])
    wall = [TRUE + 3600]
    monkeypatch.setattr(clock_module, "_known", None)
    monkeypatch.setattr(clock_module, "ask_system", lambda: next(answers))
    monkeypatch.setattr(clock_module.time, "time", lambda: wall[0])
    assert clock_module.system_clock().quality is ClockQuality.UNSYNCHRONISED
    assert clock_module.system_clock().quality is ClockQuality.UNSYNCHRONISED, "not asked at each frame"
    wall[0] -= 3600
    assert clock_module.system_clock().quality is ClockQuality.NTP
    assert clock_module.system_clock().quality is ClockQuality.NTP


def test_what_nobody_dates_goes_as_it_is_at_last(world: World) -> None:
    world.sees(1)
    assert world.clock.holds
    world.seconds += 48 * 3600
    assert not world.clock.holds


def test_a_clock_that_says_what_has_passed_is_wrong_whatever_its_year(world: World) -> None:
    world.ntp_comes()
    world.pass_(2)
    world.clock.stop()
    world.clock.run()
    world.base, world.quality = TRUE - 90 * 86400, ClockQuality.RTC  # a cell that is nearly empty
    world.begin("second")
    assert world.clock.holds
    world.base, world.quality = TRUE + 3600, ClockQuality.RTC
    world.begin("third")
    assert not world.clock.holds, "it may be right"


def test_a_clock_ahead_and_a_slewed_one() -> None:
    eras = Eras(boot_id="x")
    assert eras.saw(0, 1000, vouched=False) == []
    for second in range(1, 100):  # slewed by half a millisecond each second
        assert eras.saw(second, 1000 + second * 1.0005, vouched=False) == []
    (wrong,) = eras.saw(100, 500 + 100, vouched=True)
    assert wrong.offset_s == pytest.approx(500.05, abs=0.01)
    assert wrong.since.timestamp() == 1000
    assert wrong.until.timestamp() == pytest.approx(1100.05, abs=0.01)
    assert eras.saw(101, 601, vouched=True) == []
    # Somebody sets a clock that was right: nothing before was wrong.
    assert eras.saw(102, 5000, vouched=True) == []


def test_who_sets_the_clock_twice_before_the_time_comes() -> None:
    eras = Eras(boot_id="x")
    eras.saw(0, 0, vouched=False)
    eras.saw(10, 5000, vouched=False)  # by hand, and wrong
    first, second = eras.saw(20, 9000, vouched=True)
    assert (first.offset_s, second.offset_s) == (0 - 8980, 4990 - 8980)
    assert first.until.timestamp() == 10
    assert isinstance(second, Wrong)


def test_kinds_of_records_that_have_no_clock_of_ours(world: World) -> None:
    entry = Entry.of(picture(1))
    world.outbox.write(ready=[entry])
    assert entry.kind is Kind.MEDIA
    assert world.outbox.clock_was_wrong(lambda _: True, 5.0, frozenset()) == 0
