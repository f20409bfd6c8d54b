"""Occupancy from counts and effort: how many encounters, not only whether any.

    z_i ~ Bernoulli(psi_i)                        logit psi_i       = x_i b
    y_ij | z_i ~ Poisson(z_i lambda_ij L_ij)      log lambda_ij     = w_ij d

    L = prod_i [ psi_i prod_j Poisson(y_ij; lambda_ij L_ij) + (1 - psi_i) 1(nothing counted at i) ]

y counts encounters (independent events), L is effort in days, as fractional as it was; lambda is encounters a
day at an occupied site. The counting occupancy model of Pautrel, Moulherat, Gimenez & Etienne 2024, Methods
Ecol. Evol., doi:10.1111/2041-210X.14314. unmarked's `occuCOP` is the reference; its C code floors effort to
whole numbers, this does not, and it sums a site's visits, which changes log L by a constant. It assumes
closure, encounters that come independently at a steady rate (Poisson), and none that are false.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit, gammaln, log_expit

from fieldwatch_cloud.counts.estimate import Finding
from fieldwatch_cloud.counts.fitting import delta, design, maximise, split, unfitted
from fieldwatch_cloud.counts.methods.occupancy import mean_psi
from fieldwatch_cloud.counts.site_visits import (
    LOW_CUMULATIVE,
    Scores,
    SiteFit,
    alarm,
    data_findings,
    edge_findings,
    negative,
    positions,
    score_test,
    visits,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from fieldwatch_cloud.counts.fitting import Design
    from fieldwatch_cloud.counts.site_visits import Visits


@dataclass(frozen=True, slots=True)
class CountOccupancy(SiteFit):
    """Estimates: `occupancy` (mean psi over the sites), `encounter_rate` (mean lambda, a day of effort).

    Attributes:
        psi: (sites,) chance that a site with these covariates is occupied; NaN where one is missing.
        rate: (sites, visits) encounters a day where the species is.
        occupied: (sites,) chance that this very site is occupied, given what was counted there.
    """

    psi: NDArray[np.float64]
    rate: NDArray[np.float64]
    occupied: NDArray[np.float64]


def count_occupancy(
    y: ArrayLike,
    effort: ArrayLike,
    psi: Design | None = None,
    rate: Design | None = None,
    *,
    level: float = 0.95,
) -> CountOccupancy:
    """Fit by maximum likelihood.

    Args:
        y: (sites, visits) encounters counted, NaN where nobody looked.
        effort: (sites, visits) days looked, fractions included; 0 or NaN where nobody looked.
        psi: (sites, k) design of presence; the intercept alone if None.
        rate: (sites, visits, k) design of the encounter rate; the intercept alone if None.

    Returns:
        The fit with coefficients `psi(...)` on the logit scale, `lambda(...)` on the log scale.

    Raises:
        ValueError: shapes do not fit, y holds other values, effort is negative, or something was counted
            where nobody looked.
    """
    shape = np.shape(y)
    days = np.nan_to_num(np.asarray(effort, dtype=float))
    if days.shape != shape or (days < 0).any():
        raise ValueError(f"effort must be days, 0 or more, one for each of {shape}")
    if (np.nan_to_num(np.asarray(y, dtype=float))[days == 0] > 0).any():
        raise ValueError("something was counted where there was no effort")
    psi = psi or design("psi", shape[:1])
    rate = rate or design("lambda", shape)
    data = visits(np.where(days > 0, y, np.nan), psi, rate, binary=False)
    # Two visits are no need here: a count of several tells what one detection cannot.
    findings = [f for f in data_findings(data, len(psi.names) - 1) if f.code != "model_no_repeats"]
    names = (*psi.names, *rate.names)
    nowhere = np.full(shape, np.nan)
    if not data.detected.any() or (not data.repeated and data.y.max() < 2):
        fit = unfitted(names, data.sites, *findings)
        return CountOccupancy(fit, nowhere[:, 0], nowhere, nowhere[:, 0])
    days = np.where(data.seen, days, 0.0)

    def scores(theta: NDArray[np.float64]) -> Scores:
        return _scores(theta, data, days, psi, rate)[0]

    start = np.zeros(len(names))
    share = data.detected.sum() / data.sites
    start[0] = np.log((share + 0.02) / (1.02 - share))
    start[len(psi.names)] = np.log(data.y.sum() / days[data.detected].sum())
    fit = maximise(negative(scores), start, names, sites=data.sites, gradient=True)

    at, occupied = _scores(fit.coefficients, data, days, psi, rate)
    b, d = split(fit.coefficients, psi, rate)
    chance, daily = expit(psi.eta(b)), np.exp(rate.eta(d))
    findings += edge_findings(fit, psi=float(chance[data.used].mean()))
    findings += _findings(data, days, daily, occupied, at.by)
    skip = len(psi.names)
    estimates = (
        mean_psi(fit, data, psi, scores, level),
        delta(
            fit,
            lambda theta: float(np.exp(rate.eta(theta[skip:]))[data.seen].mean()),
            name="encounter_rate",
            unit="1/d",
            link="log",
            level=level,
        ),
    )
    fit = replace(fit, estimates=estimates, findings=tuple(findings))
    return CountOccupancy(fit, np.where(psi.complete, chance, np.nan), daily, occupied)


def _scores(
    theta: NDArray[np.float64], data: Visits, days: NDArray[np.float64], psi: Design, rate: Design
) -> tuple[Scores, NDArray[np.float64]]:
    """As in `occupancy`, with d log L_i / d log lambda_ij = w_i (y_ij - lambda_ij L_ij)."""
    b, d = split(theta, psi, rate)
    a, c = psi.eta(b), rate.eta(d)
    expected = np.exp(c) * days
    each = data.y * (c + np.log(np.where(data.seen, days, 1.0))) - expected - gammaln(data.y + 1)
    there = log_expit(a) + np.where(data.seen, each, 0.0).sum(axis=1)
    total = np.logaddexp(there, np.where(data.detected, -np.inf, log_expit(-a)))
    occupied = np.exp(there - total)
    by_a = np.where(data.used, occupied - expit(a), 0.0)
    by_c = np.where(data.seen, occupied[:, None] * (data.y - expected), 0.0)
    by = np.concatenate([psi.pull_sites(by_a), rate.pull_sites(by_c)], axis=1)
    return Scores(np.where(data.used, total, 0.0), by), occupied


def _findings(
    data: Visits,
    days: NDArray[np.float64],
    daily: NDArray[np.float64],
    occupied: NDArray[np.float64],
    scores: NDArray[np.float64],
) -> list[Finding]:
    """Whether an occupied site would be noticed, and whether encounters are Poisson.

    - `count_sites_differ`: sites' totals scatter more than Poisson; score of a site's random effect,
      (s^2 - v) / 2 with v the expected count (Dean 1992, J. Am. Stat. Assoc. 87:451).
    - `count_bursts`: single visits' counts scatter more than Poisson: encounters come in bursts (or that).
    - `model_trend`: the rate changes over the season: closure is in doubt.
    """
    expected = np.where(data.seen, daily * days, 0.0)
    residual = np.where(data.seen, data.y - expected, 0.0)
    differ = occupied * (residual.sum(axis=1) ** 2 - expected.sum(axis=1)) / 2
    bursts = occupied * (residual**2 - expected).sum(axis=1) / 2
    trend = occupied * (residual * positions(data)).sum(axis=1)
    cumulative = float(1 - np.exp(-expected.sum(axis=1))[data.used].mean())
    found = []
    if cumulative < LOW_CUMULATIVE:
        figures = {"cumulative": cumulative, "least": LOW_CUMULATIVE}
        found.append(Finding("count_low_encounter", "caution", figures))
    return [
        *found,
        *alarm("count_sites_differ", score_test(differ, scores)),
        *alarm("count_bursts", score_test(bursts, scores)),
        *alarm("model_trend", score_test(trend, scores), two_sided=True),
    ]
