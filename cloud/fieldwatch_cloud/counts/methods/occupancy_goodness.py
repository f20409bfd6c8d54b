"""Does a fitted occupancy model describe the detection histories? The test of MacKenzie & Bailey.

    X2 = sum over histories h of (O_h - E_h)^2 / E_h        E_h = sum_i P(h | psi_i, p_i)

Histories that nobody saw have O = 0, and add what is left of the sites, n - sum E_h. Sites with the same
missing visits form a cohort with histories of its own. Expected numbers are small, so that X2 is no
chi-square: its distribution comes from data sets simulated under the fit, each fitted anew (parametric
bootstrap). c-hat = X2 / mean of those: above 1, standard errors are too small by sqrt(c-hat).

MacKenzie & Bailey 2004, J. Agric. Biol. Environ. Stat. 9:300-318. With more than some eight visits nearly
every history is seen once, and the test says little: pool days into weeks first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit, log_expit

from fieldwatch_cloud.counts.estimate import Finding
from fieldwatch_cloud.counts.fitting import design, maximise, split
from fieldwatch_cloud.counts.methods.occupancy import scores_of
from fieldwatch_cloud.counts.site_visits import Visits, negative, visits

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from fieldwatch_cloud.counts.fitting import Design

POOR = 0.05
"""The significance that MacKenzie & Bailey use."""


@dataclass(frozen=True, slots=True)
class Goodness:
    """How well the histories fit.

    Attributes:
        chi_square: X2.
        chance: share of the simulated data sets that fit no better.
        c_hat: overdispersion, X2 over its mean under the model.
        findings: `occupancy_poor_fit`, or none.
    """

    chi_square: float
    chance: float
    c_hat: float
    findings: tuple[Finding, ...]


def goodness_of_fit(
    y: ArrayLike,
    coefficients: NDArray[np.float64],
    psi: Design | None = None,
    p: Design | None = None,
    *,
    samples: int = 200,
    seed: int = 0,
) -> Goodness:
    """Test an occupancy fit against simulated data sets; about 5 ms each.

    Args:
        y: (sites, visits) as it was fitted.
        coefficients: (k,) of the fit, and its designs `psi` and `p`.
        samples: data sets to simulate.
        seed: of the simulation: the same answer each time.

    Raises:
        ValueError: as `occupancy`.
    """
    shape = np.shape(y)
    psi = psi or design("psi", shape[:1])
    p = p or design("p", shape)
    data = visits(y, psi, p, binary=True)
    random = np.random.default_rng(seed)
    b, d = split(coefficients, psi, p)
    chance, detection = expit(psi.eta(b)), expit(p.eta(d))
    observed = _chi_square(coefficients, data, psi, p)
    simulated = []
    for _ in range(samples):
        there = random.random(shape[0]) < chance
        drawn = data.seen & there[:, None] & (random.random(shape) < detection)
        again = Visits(drawn.astype(float), data.seen)
        if drawn.any():
            fit = maximise(
                negative(lambda theta, again=again: scores_of(theta, again, psi, p)[0]),  # type: ignore[misc]
                coefficients,
                (*psi.names, *p.names),
                sites=again.sites,
                gradient=True,
            )
            simulated.append(_chi_square(fit.coefficients, again, psi, p))
    no_better = float(np.mean(np.array(simulated) >= observed)) if simulated else 1.0
    c_hat = observed / float(np.mean(simulated)) if simulated else 1.0
    figures = {"c_hat": c_hat, "chance": no_better}
    findings = (Finding("occupancy_poor_fit", "caution", figures),) if no_better < POOR else ()
    return Goodness(observed, no_better, c_hat, findings)


def _chi_square(theta: NDArray[np.float64], data: Visits, psi: Design, p: Design) -> float:
    b, d = split(theta, psi, p)
    present, absent = log_expit(psi.eta(b)), log_expit(-psi.eta(b))
    eta = p.eta(d)
    total = 0.0
    patterns, cohort = np.unique(data.seen, axis=0, return_inverse=True)
    for which, seen in enumerate(patterns):
        mine = np.flatnonzero(cohort.reshape(-1) == which)
        if not seen.any():
            continue
        histories, counted = np.unique(data.y[mine][:, seen], axis=0, return_counts=True)
        of_site = eta[mine][:, seen]
        log_there = histories @ of_site.T + log_expit(-of_site).sum(axis=1) + present[mine]
        nothing = np.asarray(~histories.any(axis=1))
        expected = (np.exp(log_there) + np.where(nothing[:, None], np.exp(absent[mine]), 0.0)).sum(axis=1)
        total += float(((counted - expected) ** 2 / expected).sum() + len(mine) - expected.sum())
    return total
