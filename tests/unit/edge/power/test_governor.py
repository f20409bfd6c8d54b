"""The budget at work: like its simulation, hour by hour; and what it keeps through restarts."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import numpy as np
import pytest

from fieldwatch_edge.power.governor import Governor, State
from fieldwatch_edge.power.meters import Measured
from fieldwatch_edge.power.pace import CYCLE_S, Pace, Pacer
from fieldwatch_edge.power.simulate import STEP_S, Step, simulate
from fieldwatch_edge.power.sky import clear_sky
from fieldwatch_edge.power.system import LEVELS, charged, load_w, solar_w
from fieldwatch_edge.power.weather import Weather
from fieldwatch_edge.settings import PowerSettings, SleepSettings

BEGIN = datetime(2026, 12, 1, tzinfo=UTC)
NODE = PowerSettings(
    latitude=33.6,
    longitude=107.9,
    battery_wh=640,
    panel_w=60,
    idle_w=4,
    work_w=6,
    fire_floor_s=60,
    sleep=SleepSettings(enabled=True),
)


def changing_week() -> Weather:
    """Eight days of December, from clear to thick cloud and back, each hour a little other."""
    at = BEGIN.timestamp() + np.arange(0, 8 * 86_400 + 1, STEP_S)
    day = (at - at[0]) / 86_400
    share = np.interp(day, [0, 2, 3.5, 5.5, 8], [0.9, 0.7, 0.08, 0.1, 0.8])
    wobble = 1 + 0.15 * np.sin(day * 2 * np.pi * 3.3)
    return Weather(at, clear_sky(at, 107.9, 33.6) * np.clip(share * wobble, 0, 1), np.full(at.shape, 20.0))


def live_through(weather: Weather, *, shunt: bool) -> list[Step]:
    """A battery in that weather, with the governor at the node instead of the simulation's own plan."""
    at = np.arange(weather.at[0], weather.at[-1], STEP_S)
    income = solar_w(at, np.interp(at, weather.at, weather.ground), np.full(at.shape, 20.0), NODE)
    stored, steps = NODE.usable_wh, []
    governor = Governor(NODE, float(at[0]), State(at=float(at[0]), stored_wh=stored))
    governor.tick(float(at[0]), 0.0, Measured(charge=1.0))
    for now, solar in zip(at.tolist(), income.tolist(), strict=True):
        load = load_w(governor.level, NODE)
        steps.append(Step(now, stored, solar, load, governor.level.name))
        stored = charged(stored, solar, load, STEP_S / 3600, NODE)
        said = Measured(solar_w=solar, load_w=load)
        if shunt:
            of_all = stored / NODE.battery_wh + 1 - NODE.usable
            said = Measured(solar_w=solar, load_w=load, charge=of_all)
        governor.tick(now + STEP_S, STEP_S, said)
    return steps


@pytest.mark.parametrize("shunt", [True, False])
def test_the_node_chooses_as_its_simulation_did(shunt: bool) -> None:
    """What `fieldwatch edge energy` promised is what the running node does, in each quarter of eight days."""
    weather = changing_week()
    promised = simulate(weather, NODE).steps
    lived = live_through(weather, shunt=shunt)
    same = [a.level == b.level for a, b in zip(promised, lived, strict=True)]
    assert len({step.level for step in promised}) >= 3, "a week that asks for nothing shows nothing"
    # The node knows light by its panel alone, and to a thousandth: it may be an hour off at a change.
    assert sum(same) / len(same) > 0.98
    lowest = [min(step.stored_wh for step in steps) / NODE.usable_wh for steps in (promised, lived)]
    assert lowest[1] == pytest.approx(lowest[0], abs=0.03)
    assert lowest[1] > 0.1


def test_by_hand_energy_used_and_saved() -> None:
    """At full 10 W. An hour at the floor, asleep between looks of 8 s in 60: 0.3 + 8/60 x (10 - 0.3) =
    1.5933 W used, 8.4067 W saved. With a meter that says 5 W for the quarter awake: 1.25 + 0.225."""
    now = BEGIN.timestamp()
    empty = State(at=now, stored_wh=1, level="floor", planned_at=now)
    governor = Governor(NODE, now, empty)
    governor.tick(now + 1800, 1800, Measured())
    governor.tick(now + 3599, 1799, Measured())
    report = governor.report()
    assert report.used_wh == pytest.approx(1.5933 * 3599 / 3600, rel=1e-4)
    assert report.saved_wh == pytest.approx(8.4067 * 3599 / 3600, rel=1e-4)
    assert (report.measured, report.load_measured) == (False, False)
    governor.reported(report)
    measured = Governor(NODE, now, State(at=now, stored_wh=1, level="floor", planned_at=now))
    measured.tick(now + 3599, 3600, Measured(load_w=5, charge=0.25), asleep_s=2700)
    assert measured.report().used_wh == pytest.approx(1.25 + 0.225)
    assert (measured.report().measured, measured.report().load_measured) == (True, True)


def test_what_no_heartbeat_has_carried_is_told_again_and_once() -> None:
    now = BEGIN.timestamp()
    governor = Governor(NODE, now)
    governor.tick(now + 60, 60, Measured(load_w=6))
    lost = governor.report()
    governor.tick(now + 120, 60, Measured(load_w=6))
    told = governor.report()
    assert told.used_wh == pytest.approx(2 * (lost.used_wh or 0))
    governor.reported(told)
    assert governor.report().used_wh == pytest.approx(0)
    assert governor.total.used_wh == pytest.approx(0.2)


def test_a_restart_forgets_nothing_and_the_sun_shone_meanwhile() -> None:
    noon = datetime(2026, 6, 1, 2, tzinfo=UTC).timestamp()
    first = Governor(NODE, noon, State(at=noon, stored_wh=100, clearness=0.8))
    first.tick(noon + 900, 900, Measured(charge=0.5, load_w=5))
    kept = State.model_validate_json(first.state.model_dump_json())
    again = Governor(NODE, noon + 900, kept)
    assert again.charge == pytest.approx(first.charge)
    assert again.report().used_wh == first.report().used_wh
    again.away(noon + 900 + 2 * 3600)
    assert again.charge > first.charge + 0.05


def test_an_empty_battery_does_not_wait_for_the_hour() -> None:
    now = BEGIN.timestamp() + 5 * 60
    governor = Governor(NODE, now, State(at=now, stored_wh=300, planned_at=now))
    assert governor.tick(now + 10, 10, Measured(charge=0.9)).name == "full"
    assert governor.tick(now + 20, 10, Measured(charge=0.23)).name == "floor"
    assert governor.tick(now + 30, 10, Measured(charge=0.9)).name == "floor", "it would swing"


def test_no_more_than_two_changes_an_hour_whatever_the_meter_says() -> None:
    now = BEGIN.timestamp()
    governor = Governor(NODE, now)
    rng = np.random.default_rng(7)
    changes: list[float] = []
    for n in range(8 * 360):
        before = governor.level
        at = now + 10 * (n + 1)
        if governor.tick(at, 10, Measured(charge=float(rng.random()))) is not before:
            changes.append(at)
    assert len(changes) > 5
    assert max(sum(each <= at < each + 3600 for at in changes) for each in changes) <= 3
    by_hour = [int(at // 3600) for at in changes]
    assert max(by_hour.count(hour) for hour in by_hour) <= 2


def test_a_clock_that_was_set_back_by_years_does_not_stop_the_plan() -> None:
    now = BEGIN.timestamp()
    governor = Governor(NODE, now)
    governor.tick(now + 10, 10, Measured(charge=0.9, solar_w=5))
    governor.tick(86_400.0, 10, Measured(charge=0.22, solar_w=5))
    governor.tick(86_400.0 + 3700, 3700, Measured(charge=0.22, solar_w=5))
    assert governor.level is LEVELS[-1]


def test_fire_never_waits_longer_than_the_floor_and_never_less_for_a_budget() -> None:
    for floor in (10.0, 60.0, 600.0):
        settings = NODE.model_copy(update={"fire_floor_s": floor})
        every = [Pace.at(level, settings).fire_every_s for level in LEVELS]
        assert every[0] == settings.fire_every_s
        assert max(every) <= max(floor, settings.fire_every_s)
        assert every == sorted(every)


def test_animals_are_looked_for_in_whole_stretches_of_each_cycle() -> None:
    pace = Pace.at(LEVELS[1], NODE)
    looked = [pace.looks_for_animals(datetime.fromtimestamp(at, UTC)) for at in range(0, 6000, 2)]
    assert sum(looked) / len(looked) == pytest.approx(0.35, abs=0.01)
    turns = sum(a != b for a, b in itertools.pairwise(looked))
    assert turns == 2 * 6000 / CYCLE_S - 1
    assert not any(
        Pace.at(LEVELS[-1], NODE).looks_for_animals(datetime.fromtimestamp(at, UTC)) for at in range(600)
    )


def test_live_views_are_shown_only_where_there_is_power() -> None:
    pacer = Pacer()
    assert pacer.may_spend() is None
    pacer.set(Pace.at(LEVELS[1], NODE))
    assert pacer.may_spend() is None
    pacer.set(Pace.at(LEVELS[2], NODE))
    assert "low" in str(pacer.may_spend())


@pytest.mark.parametrize("noise", [{"solar_w": -0.02}, {"load_w": -0.01}, {"battery_v": -0.004}])
def test_a_meters_noise_around_nothing_costs_no_report(noise: dict[str, float]) -> None:
    """Else a whole night's heartbeats would say nothing of power, nor how long the node sleeps."""
    now = datetime(2026, 5, 1, 20, tzinfo=UTC).timestamp()
    governor = Governor(NODE, now)
    governor.tick(now + 10, 10, Measured(**noise))
    report = governor.report()
    assert (report.solar_w or 0.0, report.battery_v) == (0.0, None)
