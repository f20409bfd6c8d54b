"""Intervals of 95 %: what few pictures, or few hours, leave open."""

from __future__ import annotations

import math

Z = 1.959963984540054


def wilson(hits: int, of: int) -> list[float] | None:
    """Interval of a share (Wilson 1927): honest also at 0, at 1 and where ``of`` is small. None of none."""
    if of == 0:
        return None
    share = hits / of
    centre = share + Z * Z / (2 * of)
    half = Z * math.sqrt(share * (1 - share) / of + Z * Z / (4 * of * of))
    low, high = ((centre + sign * half) / (1 + Z * Z / of) for sign in (-1, 1))
    return [round(max(0.0, low), 4), round(min(1.0, high), 4)]


def poisson_rate(count: int, exposure: float) -> list[float] | None:
    """Exact interval (Garwood 1936) of a rate: ``count`` events in ``exposure``. None without exposure."""
    from scipy.stats import chi2

    if exposure <= 0:
        return None
    low = chi2.ppf(0.025, 2 * count) / 2 if count else 0.0
    high = chi2.ppf(0.975, 2 * count + 2) / 2
    return [round(float(low) / exposure, 4), round(float(high) / exposure, 4)]
