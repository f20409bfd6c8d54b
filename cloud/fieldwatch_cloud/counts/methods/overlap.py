"""How much two activity patterns overlap: 0 never at the same time of day, 1 the same pattern.

    Δ = ∫ min(f, g)               (Ridout & Linkie 2009, J. Agric. Biol. Environ. Stat. 14:322)

Three estimators of it, on kernel densities of different smoothness; Dhat1 is for small samples and Dhat4 for
larger ones. That two patterns overlap is no sign that the animals meet: they may be in different places.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fieldwatch_cloud.counts.density import finding
from fieldwatch_cloud.counts.estimate import Estimate, Finding
from fieldwatch_cloud.counts.methods import activity as one

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

SMALL = 50
"""Smaller sample below which Dhat1 is taken, else Dhat4 (Meredith & Ridout 2018, after Ridout & Linkie)."""
LEAST = 20
"""Smaller sample below which every estimator is too uncertain to be of use (their simulations)."""
ADJUST = {"overlap_dhat1": 0.8, "overlap_dhat4": 1.0, "overlap_dhat5": 4.0}
"""The concentration is divided by this: below 1 is rougher (Ridout & Linkie 2009, section 4)."""
INTERVALS = 127
FINE = 5 * INTERVALS
NODES = np.linspace(0, one.CIRCLE, INTERVALS + 1)
"""Densities are taken at 128 points and linearly between, as the package overlap does: estimates of other
programs are met to 1e-5, and a bootstrap sample costs a millisecond."""


@dataclass(frozen=True, slots=True)
class Overlap:
    """
    Attributes:
        estimates: `overlap` (the recommended one of the three), `overlap_dhat1`, `overlap_dhat4`,
            `overlap_dhat5`.
        times: (512,) radians.
        first, second: (512,) densities per radian, as Dhat4 uses them.
    """

    estimates: tuple[Estimate, ...]
    findings: tuple[Finding, ...]
    times: NDArray[np.float64]
    first: NDArray[np.float64]
    second: NDArray[np.float64]


def overlap(
    first: ArrayLike, second: ArrayLike, *, replicates: int = 1000, level: float = 0.95, seed: int = 1
) -> Overlap:
    """The coefficient of overlap of two taxa, areas or seasons.

    Standard errors and intervals from a smoothed bootstrap: new samples from the two kernel densities, so
    that tied records do not make them look rougher than they are; the interval on the logit scale, freed of
    the bootstrap's bias (Meredith & Ridout 2018).

    Args:
        first, second: (n,), (m,) times in radians, of independent records.

    Raises:
        ValueError: fewer than 2 times in either.
    """
    x, y = one.circular(first), one.circular(second)
    values = coefficients(x, y)
    best = "overlap_dhat1" if min(len(x), len(y)) < SMALL else "overlap_dhat4"
    drawn: dict[str, NDArray[np.float64]] = {}
    if replicates:
        rng = np.random.default_rng(seed)
        kappa_x, kappa_y = (one.concentration(one.moments(each)) for each in (x, y))
        rows = []
        for _ in range(replicates):
            again_x = (rng.choice(x, len(x)) + rng.vonmises(0, kappa_x, len(x))) % one.CIRCLE
            again_y = (rng.choice(y, len(y)) + rng.vonmises(0, kappa_y, len(y))) % one.CIRCLE
            rows.append(coefficients(again_x, again_y))
        drawn = {name: np.array([row[name] for row in rows]) for name in values}

    def estimate(name: str, of: str) -> Estimate:
        se = float(drawn[of].std(ddof=1)) if drawn else None
        low, high = one.around(values[of], drawn[of], level) if drawn else (None, None)
        how = f"{of.removeprefix('overlap_').capitalize()} (Ridout & Linkie 2009), smoothed bootstrap"
        return Estimate(name, values[of], se, low, high, "1", how, level)

    f, g = (one.on_grid(m, one.concentration(m)) for m in (one.moments(x), one.moments(y)))
    estimates = (estimate("overlap", best), *(estimate(name, name) for name in values))
    return Overlap(estimates, _check(len(x), len(y)), one.TIMES, f, g)


def coefficients(x: NDArray[np.float64], y: NDArray[np.float64]) -> dict[str, float]:
    """The three estimators (Ridout & Linkie 2009, eqs 3.1-3.3) for times (n,), (m,) in radians.

    Dhat1 integrates min(f, g); Dhat4 averages min(1, g/f) over the first sample and min(1, f/g)
    over the second; Dhat5 counts in which of the two each record is the rarer: it can leave [0, 1].
    """
    of_x, of_y = one.moments(x), one.moments(y)
    kappa_x, kappa_y = one.concentration(of_x), one.concentration(of_y)

    def pair(name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        f = one.on_grid(of_x, kappa_x / ADJUST[name], FINE)[:: FINE // INTERVALS]
        g = one.on_grid(of_y, kappa_y / ADJUST[name], FINE)[:: FINE // INTERVALS]
        return np.r_[f, f[0]], np.r_[g, g[0]]

    def at(times: NDArray[np.float64], name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        f, g = pair(name)
        return np.interp(times, NODES, f), np.interp(times, NODES, g)

    dhat1 = float(np.trapezoid(np.minimum(*pair("overlap_dhat1")), NODES))
    (fx, gx), (fy, gy) = at(x, "overlap_dhat4"), at(y, "overlap_dhat4")
    dhat4 = float(np.minimum(1, gx / fx).mean() + np.minimum(1, fy / gy).mean()) / 2
    (fx, gx), (fy, gy) = at(x, "overlap_dhat5"), at(y, "overlap_dhat5")
    dhat5 = float((fx < gx).mean() + (gy <= fy).mean())
    return {"overlap_dhat1": dhat1, "overlap_dhat4": dhat4, "overlap_dhat5": dhat5}


def _check(first: int, second: int) -> tuple[Finding, ...]:
    n = min(first, second)
    if n < LEAST:
        return (finding("overlap_too_few", "unfit", records=n, least=LEAST),)
    if n < SMALL:
        return (finding("overlap_few", "caution", records=n, enough=SMALL),)
    return ()
