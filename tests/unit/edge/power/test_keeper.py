"""The companion: its thread, its file, its notices, and a sleep by a program in the place of `rtcwake`."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from tests.unit.edge.records import CLOCK

from fieldwatch_edge.errors import DeviceError
from fieldwatch_edge.power.keeper import STATE_FILE, PowerKeeper
from fieldwatch_edge.power.meters import Measured
from fieldwatch_edge.power.pace import Pacer
from fieldwatch_edge.power.sleep import PATIENCE_S, Sleeper, asleep, silence_s, sleep_s
from fieldwatch_edge.settings import NodeSettings, SleepSettings
from fieldwatch_shared.ids import uuid7
from fieldwatch_shared.messages import Heartbeat, utc_now

if TYPE_CHECKING:
    from collections.abc import Sequence

REPOSITORY = Path(__file__).parents[4]
CAMERA = UUID("018f0000-0000-7000-8000-000000000001")
BEGIN = 1_780_000_000.0 // 3600 * 3600


def settings(folder: Path, **power: Any) -> NodeSettings:
    section = {
        "latitude": 33.6, "longitude": 107.9, "battery_wh": 640, "panel_w": 0, "idle_w": 4, "work_w": 6,
        **power,
    }  # fmt: skip
    return NodeSettings.model_validate(
        {
            "node": {"id": "mast-1", "reserve": "foping", "state_dir": folder},
            "power": section,
            "camera": [
                {"deployment_id": CAMERA, "source": {"kind": "v4l2"}, "fire": {"detector": {"model": "fire"}}}
            ],
        }
    )


class Meter:
    """A meter that says what it is told to."""

    def __init__(self, said: Measured | None) -> None:
        self.said = said

    def read(self) -> Measured:
        if self.said is None:
            raise DeviceError("the shunt does not answer")
        return self.said

    def close(self) -> None:
        pass


class Clocks:
    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at

    def wall(self) -> float:
        return BEGIN + self.at


def keeper_of(node: NodeSettings, meter: Meter, clocks: Clocks, pacer: Pacer | None = None) -> PowerKeeper:
    return PowerKeeper(
        node,
        pacer or Pacer(),
        fires_wait=lambda: False,
        all_sent=lambda: True,
        meter=meter,
        clock=clocks,
        wall=clocks.wall,
    )


def beat(report: dict[str, Any]) -> Heartbeat:
    id_ = uuid7()
    fields = {"next_within_s": 60, **report}
    return Heartbeat(
        id=id_, message_id=id_, observed_at=utc_now(), clock=CLOCK, uptime_s=1, software="fieldwatch",
        outbox_records=0, outbox_bytes=0, **fields,
    )  # fmt: skip


def test_a_change_of_level_sets_the_pace_and_is_told_until_a_heartbeat_has_it(tmp_path: Path) -> None:
    clocks, meter, pacer = Clocks(), Meter(Measured(charge=0.95)), Pacer()
    keeper = keeper_of(settings(tmp_path, panel_w=200), meter, clocks, pacer)
    assert pacer().fire_every_s == 5
    clocks.at = 10
    keeper.tick(10)
    meter.said = Measured(charge=0.25)
    clocks.at = 20
    assert keeper.tick(10)
    assert (pacer().level, pacer().fire_every_s, pacer().wildlife) == ("floor", 60, 0)
    report = keeper.report()
    assert any("to floor, the battery at 6%" in notice for notice in report["notices"])
    assert report["power"].level == "floor"
    assert report["power"].charge == pytest.approx(0.0625)
    assert keeper.report()["notices"] == report["notices"], "the first heartbeat may have been lost"
    keeper.reported(beat(report))
    assert keeper.report()["notices"] == []


def test_a_meter_that_fails_is_told_once_and_the_charge_is_reckoned_meanwhile(tmp_path: Path) -> None:
    clocks, meter = Clocks(), Meter(Measured(charge=0.9))
    keeper = keeper_of(settings(tmp_path), meter, clocks)
    keeper.tick(10)
    assert keeper.report()["power"].measured
    meter.said = None
    for _ in range(3):
        keeper.tick(600)
    report = keeper.report()
    assert sum("does not answer" in notice for notice in report["notices"]) == 1
    assert not report["power"].measured
    # Half an hour of 10 W of 512 usable, from 448.
    assert report["power"].charge == pytest.approx((448 - 5) / 512, abs=0.002)


def test_the_count_survives_a_restart_and_a_file_that_is_none_does_not_stop_the_node(tmp_path: Path) -> None:
    clocks, node = Clocks(), settings(tmp_path)
    keeper = keeper_of(node, Meter(Measured(load_w=36)), clocks)
    clocks.at = 100
    keeper.tick(100)
    keeper._save()
    assert json.loads((tmp_path / STATE_FILE).read_text())["total"]["used_wh"] == pytest.approx(1)
    again = keeper_of(node, Meter(Measured(load_w=36)), clocks)
    again.tick(100)
    assert again.report()["power"].used_wh == pytest.approx(2)
    (tmp_path / STATE_FILE).write_text('{"at": ')
    assert keeper_of(node, Meter(Measured()), clocks).report()["power"].used_wh == 0


SLEEPY = SleepSettings(enabled=True, wake_s=2)


def program(folder: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`rtcwake` in PATH."""
    made = folder / "bin" / "rtcwake"
    made.parent.mkdir()
    made.write_text(f"#!/bin/sh\n{text}\n")
    made.chmod(0o755)
    monkeypatch.setenv("PATH", f"{made.parent}:{os.environ['PATH']}")


def test_sleep_is_asked_of_rtcwake_and_its_refusal_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, f'echo "$@" > {tmp_path}/said', monkeypatch)
    asleep(SLEEPY, 50.9)
    assert (tmp_path / "said").read_text().split() == ["-m", "mem", "-d", "/dev/rtc0", "-s", "50"]
    (tmp_path / "bin" / "rtcwake").write_text("#!/bin/sh\necho 'rtcwake: no permission' >&2\nexit 1\n")
    with pytest.raises(DeviceError, match="ended with 1: rtcwake: no permission"):
        asleep(SLEEPY, 50)
    with pytest.raises(DeviceError, match="cannot sleep"):
        asleep(SLEEPY.model_copy(update={"rtcwake": ("no-such-program",)}), 50)


def test_a_node_without_rights_asks_systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script = REPOSITORY / "deploy/systemd/fieldwatch-rtcwake"
    program(tmp_path, f'echo "$@" > {tmp_path}/said', monkeypatch)
    (tmp_path / "bin" / "rtcwake").rename(tmp_path / "bin" / "systemctl")
    asleep(SLEEPY.model_copy(update={"rtcwake": (str(script),)}), 52.4)
    assert (tmp_path / "said").read_text().split() == ["start", "fieldwatch-sleep@52.service"]
    (tmp_path / "bin" / "systemctl").write_text("#!/bin/sh\necho 'Access denied' >&2\nexit 4\n")
    with pytest.raises(DeviceError, match="Access denied"):
        asleep(SLEEPY.model_copy(update={"rtcwake": (str(script),)}), 52)


def sleeper_of(tmp_path: Path, pacer: Pacer, **facts: bool) -> Sleeper:
    power = settings(tmp_path, sleep=SLEEPY.model_dump(), look_s=6).power
    assert power is not None
    said = {"fires_wait": False, "all_sent": True, "announced": True, **facts}
    return Sleeper(
        power,
        pacer,
        ["camera"],
        lambda: said["fires_wait"],
        lambda: said["all_sent"],
        lambda: said["announced"],
        awake_since=0.0,
    )


def test_it_sleeps_only_where_nothing_speaks_against_it(tmp_path: Path) -> None:
    pacer = Pacer()
    sleeper = sleeper_of(tmp_path, pacer)
    assert "has not looked" in str(sleeper.why_not(1))
    assert sleeper.why_not(PATIENCE_S) is None, "a broken camera must not empty the battery"
    pacer.looked("camera")
    assert sleeper.why_not(1) is None
    pacer.stay_awake("camera", "camera watches a fire")
    pacer.stay_awake("fleet", "software on trial")
    assert "watches a fire" in str(sleeper.why_not(100))
    pacer.stay_awake("camera", None)
    assert "on trial" in str(sleeper.why_not(100))
    pacer.stay_awake("fleet", None)
    assert "not yet sent" in str(sleeper_of(tmp_path, pacer, fires_wait=True).why_not(100))
    assert "announced" in str(sleeper_of(tmp_path, pacer, announced=False).why_not(100))


def test_now_and_then_it_stays_awake_until_all_is_sent_but_not_for_ever(tmp_path: Path) -> None:
    pacer = Pacer()
    pacer.looked("camera")
    sleeper = sleeper_of(tmp_path, pacer, all_sent=False)
    assert "being sent" in str(sleeper.why_not(10))
    assert sleeper.why_not(60) is None, "`link_s` has passed"
    sleeper.awake_since = 100.0
    assert sleeper.why_not(110) is None, "the next time is due in a quarter of an hour"
    sleeper.awake_since = 960.0
    assert "being sent" in str(sleeper.why_not(970))


def test_a_sleep_ends_before_the_floor_of_fire_watch(tmp_path: Path) -> None:
    power = settings(tmp_path, sleep=SLEEPY.model_dump(), look_s=6, fire_floor_s=60).power
    assert power is not None
    assert sleep_s(power) == 60 - 6 - 2
    # Awake 6 of 60 s, a heartbeat of 60 s comes each 600; sent within a quarter of an hour and a minute.
    assert silence_s(power, 60) == pytest.approx(600 + 900 + 60)


def test_the_node_announces_its_silence_sleeps_looks_and_sleeps_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A whole life of the companion, in its thread: each sleep is told through a pipe by the program."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    program(tmp_path, f'echo "$@" > {pipe}', monkeypatch)
    node, pacer = settings(tmp_path, sleep=SLEEPY.model_dump(), look_s=0.01), Pacer()
    keeper = PowerKeeper(
        node, pacer, fires_wait=lambda: False, all_sent=lambda: True, meter=Meter(Measured(charge=0.22))
    )
    pacer.looked(str(CAMERA))
    thread = threading.Thread(target=keeper.run)
    thread.start()
    try:
        slept: list[Sequence[str]] = []
        while "next_within_s" not in keeper.report():
            os.sched_yield()
        keeper.reported(beat(keeper.report()))
        for _ in range(2):
            with pipe.open() as said:
                slept.append(said.read().split())
            pacer.looked(str(CAMERA))
        keeper.stop()
    finally:
        keeper.stop()
        both = os.open(pipe, os.O_RDWR)  # it may be in one more sleep
        thread.join()
        os.close(both)
    assert slept == [["-m", "mem", "-d", "/dev/rtc0", "-s", "57"]] * 2


def test_a_stream_cannot_be_slept_through(tmp_path: Path) -> None:
    raw = settings(tmp_path).model_dump(by_alias=True)
    raw["power"]["sleep"]["enabled"] = True
    raw["camera"][0]["source"] = {"kind": "rtsp", "url": "rtsp://camera"}
    with pytest.raises(ValueError, match="does not go with a camera that is a stream"):
        NodeSettings.model_validate(raw)
