"""What may be spent on the line: ceilings by lane, and a ledger that clocks and crashes do not fool."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from fieldwatch_edge.link import ledger as ledger_module
from fieldwatch_edge.link.budget import UNBOUNDED, Lane, Limits, Spent, room, when
from fieldwatch_edge.link.dispatch import Dispatch, cost
from fieldwatch_edge.link.ledger import Ledger
from fieldwatch_edge.link.signal import of_modem, of_wireless
from fieldwatch_edge.outbox import Priority
from fieldwatch_edge.settings import LinkSettings, NodeSettings

if TYPE_CHECKING:
    from pathlib import Path

DAY = datetime(2026, 5, 4, tzinfo=UTC)
BEGIN = DAY + timedelta(hours=1)
LANES = (Lane.HEALTH, Lane.OBSERVATIONS, Lane.MEDIA)


def at(hour: float, day: datetime = DAY) -> datetime:
    return day + timedelta(hours=hour)


@pytest.mark.parametrize(
    ("hour", "health", "observations", "media"),
    [
        (0, 1000, 800, 100),  # from the start: all, all but a fifth for health, a tenth
        (9, 1000, 875, 437),  # media are not all spent by nine
        (12, 1000, 900, 550),
        (23.99, 1000, 999, 999),  # nothing is kept back for a day that is over
    ],
)
def test_ceilings_of_a_day(hour: float, health: int, observations: int, media: int) -> None:
    rooms = [room(at(hour), Spent(), Limits(day=1000), lane) for lane in LANES]
    assert rooms == [health, observations, media]
    assert room(at(hour), Spent(5000, 5000), Limits(day=1000), Lane.FIRE) == UNBOUNDED


def test_what_one_lane_spent_is_gone_for_all() -> None:
    limits = Limits(day=1000)
    assert [room(at(12), Spent(400), limits, lane) for lane in LANES] == [600, 500, 150]
    assert [room(at(12), Spent(2000), limits, lane) for lane in LANES] == [0, 0, 0]
    assert [room(at(12), Spent(), Limits(), lane) for lane in LANES] == [UNBOUNDED] * 3
    assert [room(at(12), Spent(), Limits(day=0), lane) for lane in LANES] == [0, 0, 0]


@pytest.mark.parametrize(
    ("month", "days"),
    [
        (datetime(2026, 2, 1, tzinfo=UTC), 28),
        (datetime(2028, 2, 1, tzinfo=UTC), 29),
        (DAY.replace(day=1), 31),
    ],
)
def test_a_month_has_its_own_length(month: datetime, days: int) -> None:
    half = month + timedelta(days=days) / 2
    assert room(half, Spent(), Limits(month=1000), Lane.MEDIA) == 550
    last = month + timedelta(days=days) - timedelta(seconds=1)
    assert room(last, Spent(), Limits(month=1000), Lane.MEDIA) == 999
    assert when(half, Spent(0, 1000), Limits(month=1000), Lane.HEALTH, 1) == month + timedelta(days=days)


def test_when_is_the_first_moment_with_room() -> None:
    """Over random budgets, times and sizes: at `when` there is room, and a moment before there was none."""
    chance = random.Random(4)
    for _ in range(3000):
        limits = Limits(
            day=chance.choice([None, chance.randrange(1, 10**7)]),
            month=chance.choice([None, chance.randrange(1, 10**8)]),
        )
        now = DAY.replace(year=chance.choice([2026, 2028]), month=chance.randrange(1, 13)) + timedelta(
            seconds=chance.randrange(26 * 86400)
        )
        spent_day = chance.randrange(0, 2 * (limits.day or 10**6))
        spent = Spent(spent_day, spent_day + chance.randrange(0, 10**7))
        lane, size = chance.choice(LANES), chance.randrange(1, 10**6)
        soonest = when(now, spent, limits, lane, size)
        if soonest is None:
            smallest = min(bound for bound in (limits.day, limits.month) if bound is not None)
            assert size > smallest * 0.9 or size > smallest - 2
            continue
        assert soonest >= now

        def left(moment: datetime, now: datetime = now, spent: Spent = spent) -> int:
            same_month = (moment.year, moment.month) == (now.year, now.month)
            there = Spent(spent.day if moment.date() == now.date() else 0, spent.month if same_month else 0)
            return room(moment, there, limits, lane)  # noqa: B023

        assert left(soonest + timedelta(seconds=1)) >= size - 1
        if soonest > now + timedelta(seconds=2):
            assert left(soonest - timedelta(seconds=2)) < size


class World:
    """A clock that may be set, and one that may not."""

    def __init__(self, path: Path, settings: LinkSettings, start: datetime = BEGIN) -> None:
        self.path, self.settings = path, settings
        self.now, self.up, self.synchronised, self.boot = start, 100.0, False, "boot-1"
        self.ledger = self.open()

    def open(self) -> Ledger:
        self.ledger = Ledger(
            self.path,
            self.settings,
            clock=lambda: self.now,
            uptime=lambda: self.up,
            synchronised=lambda: self.synchronised,
            boot=self.boot,
        )
        return self.ledger

    def live(self, hours: float) -> None:
        """Hour by hour, looking at the ledger as the link does."""
        while hours > 0:
            step = min(hours, 1)
            self.now += timedelta(hours=step)
            self.up += 3600 * step
            hours -= step
            assert self.ledger.spent.day >= 0

    def reboot(self, *, off_hours: float = 0, clock: datetime | None = None) -> None:
        self.now = clock if clock is not None else self.now + timedelta(hours=off_hours)
        self.up, self.boot = 5.0, self.boot + "+"
        self.open()


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(
        tmp_path / "link-budget.json", LinkSettings(bytes_per_day=100_000, bytes_per_month=1_000_000)
    )


def test_midnight_gives_a_new_day_and_the_first_a_new_month(world: World) -> None:
    world.ledger.count(40_000)
    assert world.ledger.spent == Spent(40_000, 40_000)
    world.live(23.5)
    assert world.ledger.spent == Spent(0, 40_000)
    world.ledger.count(1000)
    world.live(24 * 28)
    assert world.now.month == 6
    assert world.ledger.spent == Spent(0, 0)


def test_a_restart_resets_nothing_and_a_crash_costs_a_hundredth_at_most(world: World) -> None:
    for _ in range(400):
        world.ledger.count(100)
    world.open()  # killed: nothing was closed
    assert 40_000 <= world.ledger.spent.day <= 41_000 + 500
    world.ledger.close()
    before = world.ledger.spent
    world.open()
    assert world.ledger.spent == before, "an orderly end knows it exactly"
    world.live(0.5)
    world.reboot(off_hours=2)
    assert world.ledger.spent == before
    world.reboot(off_hours=24)
    assert world.ledger.spent == Spent(0, before.month), "off over midnight"


def test_the_disk_is_written_to_some_hundred_times_a_day(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes = []
    write = ledger_module.whole.write
    monkeypatch.setattr(ledger_module.whole, "write", lambda *a: (writes.append(1), write(*a)))
    for _ in range(100_000 // 20):
        world.ledger.count(20)
    assert len(writes) <= 110


def test_a_file_that_cannot_be_read_counts_as_half_spent(world: World) -> None:
    world.path.write_text("{")
    world.open()
    assert world.ledger.spent == Spent(50_000, 500_000)


def test_a_clock_that_jumps_gives_nothing(world: World) -> None:
    world.ledger.count(60_000)
    for jump in (timedelta(days=1), timedelta(days=-1), timedelta(days=400), timedelta(days=-401)):
        world.now += jump
        assert world.ledger.spent == Spent(60_000, 60_000)
    # The next midnight is lived through, but nobody knows where it stood before; 20 hours of life settle it.
    world.live(18)
    assert world.ledger.spent.day == 60_000
    world.live(30)
    assert world.ledger.spent.day == 0
    assert world.ledger.spent.month == 60_000


def test_a_jump_to_just_before_midnight_gives_one_day_and_no_second(world: World) -> None:
    world.live(22)
    for _ in range(20):
        world.ledger.count(10_000)
        world.now = world.now.replace(hour=23, minute=59)
        world.live(0.1)
    assert world.ledger.spent.day >= 150_000


@pytest.fixture
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Thousands of days: none of them sees a power cut."""
    monkeypatch.setattr(ledger_module.whole, "write", lambda path, text: path.write_text(text))


@pytest.mark.usefixtures("quick_disk")
def test_no_clock_however_wild_gives_more_days_than_were_lived(tmp_path: Path) -> None:
    """Property: without a synchronised clock, fresh days <= 2 + lived hours / 20, whatever it shows."""
    for seed in range(12):
        chance = random.Random(seed)
        world = World(tmp_path / f"{seed}.json", LinkSettings(bytes_per_day=10**9))
        fresh, lived = 0, 0.0
        for _ in range(150):
            world.ledger.count(1000)
            before = world.ledger.spent.day
            if chance.random() < 0.5:
                world.now = DAY + timedelta(hours=chance.uniform(-5000, 5000))
            else:
                hours = chance.uniform(0, 3)
                lived += hours
                world.now += timedelta(hours=hours)
                world.up += 3600 * hours
            if chance.random() < 0.1:
                world.ledger.close()
                world.open()
            fresh += world.ledger.spent.day < before
        assert fresh <= 2 + lived / 20


def test_a_board_without_a_battery_clock_gets_its_days_by_the_network(world: World) -> None:
    """A Raspberry Pi that is off each night: at boot its clock stands where it was, then NTP sets it."""
    world.synchronised = True
    for _ in range(5):
        world.live(1)
        world.ledger.count(70_000)
        world.live(9)
        world.ledger.count(10)
        stood = world.now
        world.synchronised = False
        world.reboot(clock=stood - timedelta(minutes=30))
        assert world.ledger.spent.day >= 70_000
        world.live(0.01)
        world.now, world.synchronised = stood + timedelta(hours=14), True
        assert world.ledger.spent.day == 0, "a new day, vouched for"
        # And no second one by going to and fro within it.
        world.ledger.count(5)
        world.now -= timedelta(hours=1)
        assert world.ledger.spent.day == 5
        world.now += timedelta(hours=1)
        assert world.ledger.spent.day == 5


def test_what_is_pledged_is_not_spent_twice(world: World) -> None:
    before = world.ledger.room(Lane.HEALTH)
    world.ledger.pledge("link", 30_000)
    world.ledger.pledge("uploads", 20_000)
    assert world.ledger.room(Lane.HEALTH) == before - 50_000
    world.ledger.pledge("link", 0)
    assert world.ledger.room(Lane.HEALTH) == before - 20_000
    world.ledger.change(LinkSettings(bytes_per_day=10_000))
    assert world.ledger.room(Lane.HEALTH) == 0
    assert world.ledger.room(Lane.FIRE) == UNBOUNDED


@pytest.mark.usefixtures("quick_disk")
def test_the_budget_holds_over_random_months(tmp_path: Path) -> None:
    """Property: whoever asks before sending never goes above day or month, but for fires; and what is behind
    in the order leaves room to what is before it."""
    for seed in range(6):
        chance = random.Random(seed)
        limit, month = 200_000, chance.choice([2_000_000, 10_000_000])
        settings = LinkSettings(kind="lte", bytes_per_day=limit, bytes_per_month=month)
        world = World(tmp_path / f"{seed}.json", settings, start=datetime(2028, 2, 27, tzinfo=UTC))
        dispatch = Dispatch(settings, world.ledger)
        fires = 0
        for _ in range(24 * 6 * 4):  # four days over the leap day and the turn of the month
            before = world.ledger.spent
            world.now += timedelta(minutes=10)
            world.up += 600
            if world.ledger.spent.day < before.day:
                fires = 0
            most = dispatch.most(world.up)
            for priority in (Priority.SUSPICION, Priority.HEARTBEAT, Priority.OBSERVATION, Priority.PICTURE):
                size = chance.choice([500, 3000, 40_000])
                if priority is Priority.SUSPICION and chance.random() > 0.01:
                    continue
                if size <= most.get(priority, -1):
                    world.ledger.count(cost(size))
                    fires += cost(size) if priority is Priority.SUSPICION else 0
                most = dispatch.most(world.up)
            spent = world.ledger.spent
            assert spent.day <= limit + fires
        assert world.ledger.spent.month > 0


def test_observations_gather_after_a_batch_that_was_not_full(tmp_path: Path) -> None:
    settings = LinkSettings(kind="lte")
    dispatch = Dispatch(settings, Ledger(tmp_path / "l.json", settings))
    from fieldwatch_edge.outbox import Message
    from fieldwatch_shared.ids import uuid7
    from fieldwatch_shared.topics import Kind

    def sent(records: int) -> None:
        dispatch.sent(Message(uuid7(), Kind.OBSERVATIONS, b"", records=records), 100, now=50.0)

    assert Priority.OBSERVATION in dispatch.most(50.0)
    sent(100)
    assert Priority.OBSERVATION in dispatch.most(50.0), "a backlog goes at once"
    sent(3)
    assert Priority.OBSERVATION not in dispatch.most(55.0)
    assert Priority.HEARTBEAT in dispatch.most(55.0)
    assert dispatch.gathered_in(55.0) == 5.0
    assert Priority.OBSERVATION in dispatch.most(60.0)


def test_without_media_only_a_fires_own_picture_goes(tmp_path: Path) -> None:
    settings = LinkSettings(kind="satellite")
    dispatch = Dispatch(settings, Ledger(tmp_path / "l.json", settings))
    most = dispatch.most(0.0)
    assert Priority.PICTURE not in most
    assert Priority.SUSPICION_CONTEXT not in most
    assert most[Priority.SUSPICION_PICTURE] == 1024**2
    assert dispatch.line_left(1) == "no pictures go over this line"
    assert LinkSettings(kind="satellite", media=True).takes_media


def test_heartbeats_are_as_many_as_the_line_bears() -> None:
    camera = {
        "deployment_id": "0198c0de-0000-7000-8000-000000000001",
        "source": {"kind": "rtsp", "url": "rtsp://camera"},
        "wildlife": {},
    }
    node = {"id": "mast-1", "reserve": "qinling", "state_dir": "/var/lib/fieldwatch"}

    def rates(link: dict[str, object], **more: object) -> tuple[float, float]:
        settings = NodeSettings.model_validate({"node": node, "camera": [camera], "link": link, **more})
        return settings.heartbeat_s, settings.heard_within_s

    assert rates({}) == (60, 60)
    assert rates({"kind": "lte"}) == (60, 60)
    assert rates({"kind": "satellite"}) == (900, 1800), "said in time, heard with the next call"
    assert rates({"kind": "satellite"}, heartbeat_s=60) == (60, 960)


MMCLI = (
    '{"modem":{"signal":{"5g":{"error-rate":"--","rsrp":"--","rsrq":"--","snr":"--"},"cdma1x":{"ecio":"--",'
    '"error-rate":"--","rssi":"--"},"gsm":{"error-rate":"--","rssi":"--"},"lte":{"error-rate":"--",'
    '"rsrp":"-101.00","rsrq":"-11.00","rssi":"-72.00","snr":"8.40"},"refresh":{"rate":"60"},'
    '"threshold":{"error-rate":"no","rssi":"0"},"umts":{"ecio":"--","error-rate":"--","rscp":"--",'
    '"rssi":"--"}}}}'
)
WIRELESS = """Inter-| sta-|   Quality        |   Discarded packets               | Missed | WE
 face | tus | link level noise |  nwid  crypt   frag  retry   misc | beacon | 22
 wlan0: 0000   54.  -56.  -256        0      0      0      0      2        0
"""


def test_signal_strength_as_modems_and_kernel_tell_it() -> None:
    assert of_modem(MMCLI) == -101.0
    assert of_modem(MMCLI.replace("-101.00", "--")) is None
    assert of_modem("error: no modem was found") is None
    assert of_wireless(WIRELESS) == -56.0
    assert of_wireless("\n\n") is None
