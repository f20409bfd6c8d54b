"""How much work the battery allows, decided again each hour.

The forecast is modest: tomorrow's sun is that of the last day, by its share of a clear sky. The highest level
is chosen at which the battery still holds its reserve by the next morning; by day, by the morning after the
coming night. The floor of fire watch lies below all of this: nothing lowers it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fieldwatch_edge.power.sky import clear_sky
from fieldwatch_edge.power.system import LEVELS, charged, load_w, solar_w
from fieldwatch_shared import sun

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fieldwatch_edge.power.system import Level
    from fieldwatch_edge.settings import PowerSettings

STEP_S = 1800.0
LOOK_AHEAD_S = 48 * 3600.0
MARGIN = 0.05
"""Of the usable energy: so much more must be left before a higher level is taken up, so that no cloud makes
it change to and fro."""


def next_morning(now: float, settings: PowerSettings) -> float:
    """When the panel will next carry the node after a night: an hour after sunrise.

    Where the sun does not rise, or does not set, a day from now.
    """
    place = settings.longitude, settings.latitude
    days = np.floor(now / sun.DAY_S) + np.arange(-1, 4)
    sunrise, sunset = sun.daylight(days, *place)
    rises = sunrise[(sunset > sunrise) & (sunset - sunrise < sun.DAY_S - 1)] + 3600
    after = rises[rises > now]
    if after.size == 0:
        return now + sun.DAY_S
    first = float(after[0])
    # Within the first hour of the day this morning is no answer: the night ahead is what has to be reached.
    return first if first - now > 3600 else float(after[1])


def end_of_forecast(
    level: Level, stored_wh: float, now: float, clearness: float, settings: PowerSettings
) -> float:
    """Watt-hours left by the next morning at that level.

    Args:
        clearness: what the last day's sun was of a clear day's, 0 to 1.
    """
    until = min(next_morning(now, settings), now + LOOK_AHEAD_S)
    at: NDArray[np.float64] = np.arange(now + STEP_S / 2, until, STEP_S)
    ground = clear_sky(at, settings.longitude, settings.latitude) * clearness
    income = solar_w(at, ground, np.full(at.shape, 20.0), settings)
    load = load_w(level, settings)
    for watts in income.tolist():
        stored_wh = charged(stored_wh, watts, load, STEP_S / 3600, settings)
    return stored_wh


def choose(before: Level, stored_wh: float, now: float, clearness: float, settings: PowerSettings) -> Level:
    """The level to work at from now on."""
    reserve = settings.reserve * settings.usable_wh
    for level in LEVELS[:-1]:
        higher = LEVELS.index(level) < LEVELS.index(before)
        needed = reserve + (MARGIN * settings.usable_wh if higher else 0.0)
        if end_of_forecast(level, stored_wh, now, clearness, settings) >= needed:
            return level
    return LEVELS[-1]
