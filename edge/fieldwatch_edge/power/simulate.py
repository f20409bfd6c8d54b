"""Days of a node's life before it is built: from weather and settings, with the budget or without."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from fieldwatch_edge.power.plan import choose
from fieldwatch_edge.power.sky import clear_sky
from fieldwatch_edge.power.system import LEVELS, charged, load_w, solar_w

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from fieldwatch_edge.power.weather import Weather
    from fieldwatch_edge.settings import PowerSettings

STEP_S = 900.0
PLAN_S = 3600.0
_STEPS_A_DAY = int(86_400 / STEP_S)


@dataclass(frozen=True, slots=True)
class Step:
    """A quarter of an hour."""

    at: float
    stored_wh: float
    """At its end."""
    solar_w: float
    load_w: float
    """0: the battery is empty, and nothing looks."""
    level: str


@dataclass(frozen=True, slots=True)
class Day:
    at: datetime
    """Its beginning, UTC."""
    solar_wh: float
    used_wh: float
    lowest: float
    """Least charge, as a share of what is usable."""
    dark_h: float
    """Hours in which the node was off."""
    hours_at: dict[str, float]
    """By level."""


@dataclass(frozen=True, slots=True)
class Simulation:
    steps: list[Step]
    days: list[Day]

    @property
    def first_off(self) -> float | None:
        """Hours until the node was off for the first time; None: it never was."""
        for n, step in enumerate(self.steps):
            if step.load_w == 0:
                return n * STEP_S / 3600
        return None

    @property
    def used_wh(self) -> float:
        return sum(day.used_wh for day in self.days)


def simulate(
    weather: Weather, settings: PowerSettings, *, budget: bool = True, start: float = 1.0
) -> Simulation:
    """Go through the weather in steps of 15 minutes.

    Args:
        budget: whether the node lowers its work when energy is short; without, it works in full until the
            battery is empty, and again once it holds its reserve.
        start: charge at the beginning, as a share of what is usable.
    """
    at: NDArray[np.float64] = np.arange(weather.at[0], weather.at[-1], STEP_S)
    ground = np.interp(at, weather.at, weather.ground)
    income = solar_w(at, ground, np.interp(at, weather.at, weather.air_c), settings)
    clear = clear_sky(at, settings.longitude, settings.latitude)
    steps = list(_steps(at, income, ground, clear, settings, budget=budget, start=start))
    return Simulation(steps, [_day(steps[n : n + _STEPS_A_DAY], settings) for n in _beginnings(steps)])


def _steps(
    at: NDArray[np.float64],
    income: NDArray[np.float64],
    ground: NDArray[np.float64],
    clear: NDArray[np.float64],
    settings: PowerSettings,
    *,
    budget: bool,
    start: float,
) -> Iterator[Step]:
    stored, level, off = start * settings.usable_wh, LEVELS[0], False
    hours = STEP_S / 3600
    last_day: deque[tuple[float, float]] = deque(maxlen=_STEPS_A_DAY)
    for n, (now, solar) in enumerate(zip(at.tolist(), income.tolist(), strict=True)):
        if budget and n % int(PLAN_S / STEP_S) == 0:
            level = choose(level, stored, now, _clearness(last_day), settings)
        load = load_w(level, settings)
        # A battery's protection lets the node on again only when there is something to run it with.
        off = stored + (solar - load) * hours < 0 or (off and stored < settings.restart * settings.usable_wh)
        if off:
            load = 0.0
        stored = charged(stored, solar, load, hours, settings)
        last_day.append((float(ground[n]), float(clear[n])))
        yield Step(now, stored, solar, load, "off" if off else level.name)


def _clearness(last_day: deque[tuple[float, float]]) -> float:
    """Of the last day: its light, as a share of a clear day's. Before anything is known, half."""
    clear = sum(each for _, each in last_day)
    if len(last_day) < _STEPS_A_DAY or clear <= 0:
        return 0.5
    return min(sum(each for each, _ in last_day) / clear, 1.0)


def _beginnings(steps: list[Step]) -> range:
    return range(0, len(steps), _STEPS_A_DAY)


def _day(steps: list[Step], settings: PowerSettings) -> Day:
    hours = STEP_S / 3600
    at_level: dict[str, float] = {}
    for step in steps:
        at_level[step.level] = at_level.get(step.level, 0.0) + hours
    return Day(
        at=datetime.fromtimestamp(steps[0].at, UTC),
        solar_wh=sum(step.solar_w for step in steps) * hours,
        used_wh=sum(step.load_w for step in steps) * hours,
        lowest=min(step.stored_wh for step in steps) / settings.usable_wh,
        dark_h=at_level.get("off", 0.0),
        hours_at=at_level,
    )
