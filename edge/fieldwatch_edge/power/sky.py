"""Light on a panel, from where the sun stands and how clear the sky is.

Irradiance is in W/m². Instants are seconds since 1970 (UTC); places are degrees, WGS 84. All arrays
broadcast. For choosing a panel and for a node's own forecast of a day, not for any single hour.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fieldwatch_shared import sun

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

SOLAR_CONSTANT = 1361.0
"""W/m², Kopp & Lean 2011, Geophysical Research Letters 38:L01706."""
_YEAR_S = 365.2422 * 86_400
_PERIHELION = 1_704_243_480.0
"""2024-01-03 00:38 UTC: the earth is nearest to the sun."""
_LOWEST = 0.05
"""Sine of the sun's height, 3°: below it a panel sees hills and trees, and ratios explode."""


def clear_sky(at: ArrayLike, lon: float, lat: float) -> NDArray[np.float64]:
    """Global irradiance on level ground under a clear sky, by Haurwitz 1945, Journal of Meteorology
    2:154-166, with the coefficients of Reno, Hansen & Stein 2012 (SAND2012-2389)."""
    height = np.maximum(np.sin(np.radians(sun.elevation(at, lon, lat))), 1e-6)
    found: NDArray[np.float64] = 1098 * height * np.exp(-0.057 / height)
    return found


def under_clouds(clear: ArrayLike, cloud: ArrayLike) -> NDArray[np.float64]:
    """What is left of `clear` where clouds cover the share `cloud` (0 to 1) of the sky: Kasten & Czeplak
    1980, Solar Energy 24:177-189."""
    found: NDArray[np.float64] = np.asarray(clear, np.float64) * (
        1 - 0.75 * np.asarray(cloud, np.float64) ** 3.4
    )
    return found


def on_panel(
    level: ArrayLike, at: ArrayLike, lon: float, lat: float, *, tilt_deg: float, azimuth_deg: float
) -> NDArray[np.float64]:
    """Irradiance on a tilted panel, of what falls on level ground.

    The diffuse share by Erbs, Klein & Duffie 1982, Solar Energy 28:293-302, equation 1; its transposition by
    Liu & Jordan 1963, Solar Energy 7:53-74 (a sky of the same brightness everywhere). What the ground throws
    back is left out.

    Args:
        level: (n,) irradiance on level ground.
        tilt_deg: from level (0) to upright (90).
        azimuth_deg: where the panel faces, clockwise from true north.
    """
    ground, instants = np.asarray(level, np.float64), np.asarray(at, np.float64)
    sine = np.sin(np.radians(sun.elevation(instants, lon, lat)))
    high = np.maximum(sine, _LOWEST)
    diffuse = ground * np.where(sine > _LOWEST, _diffuse_share(ground / (_outside(instants) * high)), 1.0)
    tilt = np.radians(tilt_deg)
    cosine = np.sqrt(np.maximum(1 - sine**2, 0))
    turned = np.radians(sun.azimuth(instants, lon, lat) - azimuth_deg)
    facing = np.maximum(np.cos(tilt) * sine + np.sin(tilt) * cosine * np.cos(turned), 0)
    found: NDArray[np.float64] = (ground - diffuse) / high * facing + diffuse * (1 + np.cos(tilt)) / 2
    return found


def _outside(at: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of the atmosphere, facing the sun (Duffie & Beckman, 1.4.1a)."""
    found: NDArray[np.float64] = SOLAR_CONSTANT * (
        1 + 0.033 * np.cos(2 * np.pi * (at - _PERIHELION) / _YEAR_S)
    )
    return found


def _diffuse_share(clearness: NDArray[np.float64]) -> NDArray[np.float64]:
    kt = np.clip(clearness, 0, 1)
    middle = 0.9511 - 0.1604 * kt + 4.388 * kt**2 - 16.638 * kt**3 + 12.336 * kt**4
    found: NDArray[np.float64] = np.where(kt <= 0.22, 1 - 0.09 * kt, np.where(kt <= 0.8, middle, 0.165))
    return found
