"""A node's power system in numbers: battery, panel, and what each way of working costs. Powers are watts,
energies watt-hours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fieldwatch_edge.power.sky import on_panel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fieldwatch_edge.settings import PowerSettings


@dataclass(frozen=True, slots=True)
class Level:
    """One way of working. The first of `LEVELS` does everything; each one after it does less."""

    name: str
    wildlife: float
    """Share of the frames that are looked at for animals."""
    stretch: float
    """So many times its usual interval does fire watch let pass, but never more than the floor allows."""
    sleeps: bool
    """Whether the node sleeps between two looks: then the link, too, is up only then."""


LEVELS = (
    Level("full", 1.0, 1.0, sleeps=False),
    Level("saving", 0.35, 1.0, sleeps=False),
    Level("low", 0.1, 3.0, sleeps=False),
    Level("floor", 0.0, float("inf"), sleeps=True),
)


def load_w(level: Level, settings: PowerSettings) -> float:
    """What the node draws on average. One that is not set up to sleep stays awake at every level."""
    fire = settings.fire_every_s
    interval = min(fire * level.stretch, max(settings.fire_floor_s, fire))
    look = min(settings.look_s / interval, 1.0)  # share of the time, where nothing else is done
    if level.sleeps and settings.sleep.enabled:
        return settings.sleep_w + look * (settings.idle_w + settings.work_w - settings.sleep_w)
    watching = settings.fire_share * fire / interval + (1 - settings.fire_share) * level.wildlife
    return settings.idle_w + settings.work_w * watching


def solar_w(
    at: NDArray[np.float64], ground: NDArray[np.float64], air_c: NDArray[np.float64], settings: PowerSettings
) -> NDArray[np.float64]:
    """What the panel gives.

    Args:
        at: (n,) instants.
        ground: (n,) irradiance on level ground, W/m².
        air_c: (n,) temperature of the air. A cell in the sun is warmer, by 0.03 K for each W/m² (Ross 1976),
            and gives 0.4 % less for each kelvin above 25 °C.
    """
    light = on_panel(
        ground,
        at,
        settings.longitude,
        settings.latitude,
        tilt_deg=settings.panel_tilt_deg,
        azimuth_deg=settings.panel_azimuth_deg,
    )
    warm = 1 - 0.004 * (air_c + 0.03 * light - 25)
    found: NDArray[np.float64] = settings.panel_w * light / 1000 * warm * (1 - settings.panel_losses)
    return np.maximum(found, 0)


def charged(stored_wh: float, solar: float, load: float, hours: float, settings: PowerSettings) -> float:
    """What the battery holds after some hours; between empty (0) and `usable_wh`.

    What the panel gives feeds the node first; only the rest goes through the battery, and loses by it.
    """
    spare = (solar - load) * hours
    after = stored_wh + spare * (settings.charge_efficiency if spare > 0 else 1.0)
    return float(np.clip(after, 0, settings.usable_wh))
