"""How far a compass needle points beside true north: the World Magnetic Model 2025 of NOAA and the BGS.

NOAA Technical Report "The US/UK World Magnetic Model for 2025-2030", section 1.2: spherical harmonics of
degree 12 over the ellipsoid; `wmm2025.cof` holds its coefficients as published (public domain). Iron nearby,
of a mast say, turns a needle by more than any model knows.
"""

from __future__ import annotations

import math
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from fieldwatch_edge.aiming.landmarks import FLATTENING, SEMI_MAJOR_M

if TYPE_CHECKING:
    from datetime import date

DEGREE = 12
EPOCH, LASTS = 2025.0, 5.0
REFERENCE_KM = 6371.2
MODEL_SD_DEG = 0.5
"""Of the crust, which the model leaves out: its report gives 0.26 + 5417 nT / horizontal intensity."""


def declination(lon: float, lat: float, on: date, height_m: float = 0.0) -> float:
    """Degrees by which magnetic north lies east of true north; west is negative.

    Outside of 2025 to 2030 the field is carried on at its pace of change, a few tenths of a degree a decade
    worse.
    """
    year = on.year + (on.timetuple().tm_yday - 1) / 365.25
    theta, phi, radius_km, turn = _geocentric(lon, lat, height_m / 1000)
    north = east = down = 0.0
    legendre, slopes = _schmidt(theta)
    for n, m, g, h, g_rate, h_rate in _coefficients():
        g, h = g + (year - EPOCH) * g_rate, h + (year - EPOCH) * h_rate
        fall = (REFERENCE_KM / radius_km) ** (n + 2)
        along = g * math.cos(m * phi) + h * math.sin(m * phi)
        north += fall * along * slopes[n][m]
        across = g * math.sin(m * phi) - h * math.cos(m * phi)
        east += fall * m * across * legendre[n][m] / max(math.sin(theta), 1e-10)
        down -= (n + 1) * fall * along * legendre[n][m]
    level_north = north * math.cos(turn) - down * math.sin(turn)
    return math.degrees(math.atan2(east, level_north))


def is_current(on: date) -> bool:
    """Whether the model was made for that day."""
    return EPOCH <= on.year < EPOCH + LASTS


def _geocentric(lon: float, lat: float, height_km: float) -> tuple[float, float, float, float]:
    """Colatitude and longitude in radians, radius in km, and by how much down there differs from here."""
    phi, squared = math.radians(lat), FLATTENING * (2 - FLATTENING)
    across = SEMI_MAJOR_M / 1000 / math.sqrt(1 - squared * math.sin(phi) ** 2)
    level = (across + height_km) * math.cos(phi)
    up = (across * (1 - squared) + height_km) * math.sin(phi)
    geocentric = math.atan2(up, level)
    return math.pi / 2 - geocentric, math.radians(lon), math.hypot(level, up), geocentric - phi


def _schmidt(theta: float) -> tuple[list[list[float]], list[list[float]]]:
    """Schmidt's semi-normalised associated Legendre functions of cos(theta), and their slopes by theta."""
    cosine, sine = math.cos(theta), math.sin(theta)
    p = [[0.0] * (DEGREE + 1) for _ in range(DEGREE + 1)]
    d = [[0.0] * (DEGREE + 1) for _ in range(DEGREE + 1)]
    p[0][0] = 1.0
    for n in range(1, DEGREE + 1):
        factor = 1.0 if n == 1 else math.sqrt((2 * n - 1) / (2 * n))
        p[n][n] = factor * sine * p[n - 1][n - 1]
        d[n][n] = factor * (cosine * p[n - 1][n - 1] + sine * d[n - 1][n - 1])
        for m in range(n):
            scale = math.sqrt(n * n - m * m)
            before = math.sqrt((n - 1) ** 2 - m * m) if n - 1 > m else 0.0
            older, older_slope = (p[n - 2][m], d[n - 2][m]) if n >= 2 else (0.0, 0.0)
            p[n][m] = ((2 * n - 1) * cosine * p[n - 1][m] - before * older) / scale
            d[n][m] = (
                (2 * n - 1) * (cosine * d[n - 1][m] - sine * p[n - 1][m]) - before * older_slope
            ) / scale
    return p, d


@cache
def _coefficients() -> tuple[tuple[int, int, float, float, float, float], ...]:
    """(n, m, g, h, and how both change in a year), nT."""
    lines = (files("fieldwatch_edge.aiming") / "wmm2025.cof").read_text("ascii").splitlines()[1:]
    rows = [line.split() for line in lines if not line.startswith("9999")]
    return tuple(
        (int(n), int(m), float(g), float(h), float(g_rate), float(h_rate))
        for n, m, g, h, g_rate, h_rate in rows
    )
