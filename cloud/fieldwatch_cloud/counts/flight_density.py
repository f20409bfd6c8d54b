"""Animals per square kilometre from pictures taken from the air. Pure.

What it takes for granted: whoever is on the ground in a picture is seen in it (trees, burrows and the night
hide animals: then the true density is higher); the pictures do not overlap, so that nobody is counted twice;
between two pictures nobody walks from one into the other; and the pictures lie by chance, or in a grid, with
respect to the animals. It holds for the ground that was flown over, not for the reserve.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammainccinv, gammaincinv

if TYPE_CHECKING:
    from collections.abc import Sequence

METHOD = "Ratio of counts to area (Jolly 1969), Poisson limits (Garwood 1936) widened by overdispersion"
LEAST_PICTURES = 5
"""With fewer, how unevenly the animals are spread cannot be told."""


@dataclass(frozen=True, slots=True)
class FlightDensity:
    """Per square kilometre; `low` and `high` enclose the true density in about `level` of such flights."""

    estimate: float
    low: float
    high: float
    level: float
    dispersion: float
    """Variance over mean, between pictures: 1 where animals are spread by chance, more in herds."""
    method: str = METHOD


def flight_density(
    counts: Sequence[int], areas_km2: Sequence[float], level: float = 0.95
) -> FlightDensity | None:
    """Density and interval from the animals in each of n pictures and the ground that each shows.

    The estimate is the ratio sum(y) / sum(z) of G.M. Jolly 1969, Sampling methods for aerial censuses of
    wildlife populations, East African Agricultural and Forestry Journal 34:46-49. The limits are Garwood's
    (1936, Biometrika 28:437-442) of y/phi in place of y, times phi: a Poisson count of groups of phi animals,
    where phi is Pearson's statistic over its degrees of freedom (McCullagh and Nelder 1989, Generalized
    linear models, 2nd ed., section 6.2), 1 at least.

    Returns:
        None with fewer than `LEAST_PICTURES` pictures.

    Raises:
        ValueError: not one area for each count, an area that is none, or a level not between 0 and 1.
    """
    y, z = np.asarray(counts, float), np.asarray(areas_km2, float)
    if y.shape != z.shape or (z <= 0).any() or (y < 0).any() or not 0 < level < 1:
        raise ValueError(f"{len(y)} counts, {len(z)} areas, level {level}: out of range")
    if len(y) < LEAST_PICTURES:
        return None
    total, area = float(y.sum()), float(z.sum())
    phi = 1.0
    if total > 0:
        mean = total / area * z
        phi = max(1.0, float(((y - mean) ** 2 / mean).sum() / (len(y) - 1)))
    tail = (1 - level) / 2
    groups = total / phi
    low = float(gammaincinv(groups, tail)) * phi if total else 0.0
    high = float(gammainccinv(groups + 1, tail)) * phi
    return FlightDensity(total / area, low / area, high / area, level, phi)
