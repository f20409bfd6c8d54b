"""A node's days, against sums done by hand."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fieldwatch_edge.errors import ConfigError
from fieldwatch_edge.power.simulate import simulate
from fieldwatch_edge.power.system import LEVELS, charged, load_w
from fieldwatch_edge.power.weather import Weather, even, read
from fieldwatch_edge.settings import PowerSettings, SleepSettings

if TYPE_CHECKING:
    from pathlib import Path

BEGIN = datetime(2026, 12, 1, tzinfo=UTC)
NODE = PowerSettings(
    latitude=33.6,
    longitude=0,
    battery_wh=1280,
    usable=0.8,
    charge_efficiency=0.9,
    panel_w=100,
    panel_tilt_deg=0,
    panel_losses=0.2,
    idle_w=4,
    work_w=6,
    sleep_w=0.4,
    fire_share=0.5,
    fire_every_s=5,
    fire_floor_s=60,
    look_s=6,
    sleep=SleepSettings(enabled=True),
)


def test_by_hand_a_node_without_sun_and_without_a_budget() -> None:
    """1280 Wh x 0.8 = 1024 Wh; 4 W + 6 W = 10 W: 102.4 hours. In steps of a quarter: off in the one after."""
    dark = simulate(even(BEGIN, 6, 0.0, NODE), NODE, budget=False)
    assert dark.first_off == 102.25
    assert dark.used_wh == pytest.approx(1022.5)
    assert [round(day.used_wh, 1) for day in dark.days] == [240, 240, 240, 240, 62.5, 0]


def test_by_hand_a_day_of_even_light_on_a_level_panel() -> None:
    """From 25 degrees cells: 100 W x 500/1000 x 0.8 = 40 W for four hours = 160 Wh; the node takes 10 W, so
    30 W x 4 h x 0.9 = 108 Wh arrive in the battery; the other 20 hours take 200 Wh from it."""
    at = BEGIN.timestamp() + np.arange(0, 86_401, 900.0)
    light = np.where((at >= at[40]) & (at < at[56]), 500.0, 0.0)
    # As warm as makes a cell in 500 W/m² 25 degrees: 25 - 0.03 x 500.
    day = simulate(Weather(at, light, np.full(at.shape, 10.0)), NODE, budget=False, start=0.5)
    assert sum(step.solar_w for step in day.steps) / 4 == pytest.approx(160, rel=1e-6)
    assert day.steps[-1].stored_wh == pytest.approx(512 - 200 + 108, rel=1e-6)
    assert day.days[0].lowest == pytest.approx((512 - 100) / 1024, rel=1e-6)


def test_what_each_level_draws() -> None:
    """Full: 4 + 6. Saving: 4 + 6 x (0.5 + 0.5 x 0.35). Low, a look each 15 s: 4 + 6 x (0.5 / 3 + 0.5 x 0.1).
    Floor, awake 6 of 60 s: 0.4 + 0.1 x (10 - 0.4)."""
    assert [load_w(level, NODE) for level in LEVELS] == pytest.approx([10, 8.05, 5.3, 1.36])


def test_a_node_that_is_not_set_up_to_sleep_is_reckoned_awake() -> None:
    """A look each 60 s instead of 5: 4 + 6 x 0.5 x 5 / 60."""
    awake = NODE.model_copy(update={"sleep": SleepSettings()})
    assert load_w(LEVELS[3], awake) == pytest.approx(4.25)


def test_the_floor_of_fire_watch_is_kept_at_every_level() -> None:
    often = NODE.model_copy(update={"fire_floor_s": 10.0})
    # At 15 s the floor would be broken: `low` looks each 10 s.
    assert load_w(LEVELS[2], often) == pytest.approx(4 + 6 * (0.5 * 5 / 10 + 0.5 * 0.1))
    assert load_w(LEVELS[3], often) == pytest.approx(0.4 + 0.6 * (10 - 0.4))


def test_a_battery_is_never_more_than_full_nor_less_than_empty() -> None:
    assert charged(1000, 100, 0, 10, NODE) == pytest.approx(1024)
    assert charged(5, 0, 100, 10, NODE) == 0


def test_the_budget_carries_a_node_through_dark_weeks_in_which_it_would_have_stood_still() -> None:
    dark = even(BEGIN, 12, 0.15, NODE)
    kept, free = simulate(dark, NODE), simulate(dark, NODE, budget=False)
    assert kept.first_off is None
    assert free.first_off is not None
    assert kept.days[-1].hours_at["floor"] > 20


def test_with_sun_enough_the_budget_takes_nothing_away() -> None:
    kept = simulate(even(datetime(2026, 6, 1, tzinfo=UTC), 7, 0.8, NODE), NODE)
    assert kept.days[-1].hours_at == {"full": pytest.approx(24)}


def test_an_emptied_node_starts_again_once_and_not_at_each_ray() -> None:
    at = BEGIN.timestamp() + np.arange(0, 3 * 86_400 + 1, 900.0)
    gaps = (at % 86_400 > 8 * 3600) & (at % 86_400 < 16 * 3600) & (at % 1800 == 0)
    light = np.where(gaps, 700.0, 0.0)
    steps = simulate(Weather(at, light, np.full(at.shape, 10.0)), NODE, budget=False, start=0.01).steps
    starts = sum(a.level == "off" and b.level != "off" for a, b in pairwise(steps))
    assert 0 < starts <= 3


def test_weather_from_a_table(tmp_path: Path) -> None:
    file = tmp_path / "weather.csv"
    file.write_text(
        "time,ghi_w_m2,temperature_c\n2026-12-01T10:00+08:00,120,4\n2026-12-01T11:00+08:00,240,6\n"
    )
    weather = read(file, NODE)
    assert weather.ground.tolist() == [120, 240]
    assert weather.air_c.tolist() == [4, 6]
    assert weather.at[0] == datetime(2026, 12, 1, 2, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ("time,ghi_w_m2\n2026-12-01T10:00Z,1\n", "1 rows"),
        ("time,light\n2026-12-01T10:00Z,1\n2026-12-01T11:00Z,1\n", "columns"),
        ("time,ghi_w_m2\n2026-12-01T10:00Z,1\n2026-12-01T11:00,1\n", "row 3: time"),
        ("time,ghi_w_m2\n2026-12-01T10:00Z,1\n2026-12-01T11:00Z,much\n", "row 3: ghi_w_m2 is 'much'"),
        ("time,ghi_w_m2\n2026-12-01T10:00Z,1\n2026-12-01T11:00Z,\n", "row 3: ghi_w_m2"),
        ("time,ghi_w_m2\n2026-12-01T10:00Z,1\n2026-12-01T10:00Z,1\n", "row 3: times must rise"),
        ("time,ghi_w_m2\n2026-12-01T12:00Z,600\n2026-12-02T12:00Z,600\n", "row 3: 24.0 h after"),
    ],
)
def test_a_wrong_table_is_told_with_its_row(tmp_path: Path, rows: str, complaint: str) -> None:
    file = tmp_path / "weather.csv"
    file.write_text(rows)
    with pytest.raises(ConfigError, match=complaint):
        read(file, NODE)
