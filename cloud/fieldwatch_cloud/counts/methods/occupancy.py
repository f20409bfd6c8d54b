"""Single-season occupancy: at what share of sites the species is, where not every visit finds it.

    z_i ~ Bernoulli(psi_i)                  logit psi_i  = x_i b      is it there
    y_ij | z_i ~ Bernoulli(z_i p_ij)        logit p_ij   = w_ij d     does visit j find it

    L = prod_i [ psi_i prod_j p_ij^y_ij (1 - p_ij)^(1 - y_ij) + (1 - psi_i) 1(nothing found at i) ]

MacKenzie, Nichols, Lachman, Droege, Royle & Langtimm 2002, Ecology 83:2248-2255. It assumes:
sites do not change between visits (closure), visits are independent given presence, nothing else is taken for
the species (else: `false_positive_occupancy`), and p does not vary beyond its covariates (else:
`royle_nichols`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit, log_expit
from scipy.stats import binom, norm

from fieldwatch_cloud.counts.estimate import Estimate
from fieldwatch_cloud.counts.fitting import delta, design, maximise, profile, split, unfitted
from fieldwatch_cloud.counts.site_visits import (
    Scores,
    SiteFit,
    data_findings,
    dependence_findings,
    detection_findings,
    edge_findings,
    negative,
    visits,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from fieldwatch_cloud.counts.estimate import Fit
    from fieldwatch_cloud.counts.fitting import Design
    from fieldwatch_cloud.counts.site_visits import Visits


@dataclass(frozen=True, slots=True)
class Occupancy(SiteFit):
    """Estimates: `occupancy` (mean psi over the sites), `detection` (mean p of a visit), `occupied_sites`.

    Attributes:
        psi: (sites,) chance that a site with these covariates is occupied; NaN where one is missing.
        p: (sites, visits) chance that a visit finds the species where it is.
        occupied: (sites,) chance that this very site is occupied, given what was seen there.
    """

    psi: NDArray[np.float64]
    p: NDArray[np.float64]
    occupied: NDArray[np.float64]


def occupancy(
    y: ArrayLike, psi: Design | None = None, p: Design | None = None, *, level: float = 0.95
) -> Occupancy:
    """Fit by maximum likelihood.

    Args:
        y: (sites, visits) 1 detected, 0 not, NaN nobody looked.
        psi: (sites, k) design of presence; the intercept alone if None.
        p: (sites, visits, k) design of detection; the intercept alone if None.
        level: of the intervals.

    Returns:
        The fit with coefficients `psi(...)`, `p(...)` on the logit scale.

    Raises:
        ValueError: shapes do not fit, or y holds other values.
    """
    shape = np.shape(y)
    psi = psi or design("psi", shape[:1])
    p = p or design("p", shape)
    data = visits(y, psi, p, binary=True)
    findings = data_findings(data, slopes=len(psi.names) - 1)
    names = (*psi.names, *p.names)
    nowhere = np.full(shape, np.nan)
    if not data.detected.any() or not data.repeated:
        return Occupancy(unfitted(names, data.sites, *findings), nowhere[:, 0], nowhere, nowhere[:, 0])

    def scores(theta: NDArray[np.float64]) -> Scores:
        return scores_of(theta, data, psi, p)[0]

    naive = data.detected.sum() / data.sites
    often = data.y.sum() / data.seen[data.detected].sum()
    start = np.zeros(len(names))
    start[0] = np.log((naive + 0.02) / (1.02 - naive)) + 0.3
    start[len(psi.names)] = np.log(often / (1.01 - often))
    fit = maximise(negative(scores), [start, np.zeros(len(names))], names, sites=data.sites, gradient=True)

    at, occupied = scores_of(fit.coefficients, data, psi, p)
    b, d = split(fit.coefficients, psi, p)
    chance, detection = expit(psi.eta(b)), expit(p.eta(d))
    present, found = float(chance[data.used].mean()), float(detection[data.seen].mean())
    findings += edge_findings(fit, psi=present, p=found) + detection_findings(data, detection)
    findings += dependence_findings(data, np.where(data.seen, data.y - detection, 0.0), occupied, at.by)
    estimates = (
        mean_psi(fit, data, psi, scores, level),
        _mean_p(fit, data, psi, p, level),
        _occupied_sites(fit, data, occupied, psi, p, level),
    )
    fit = replace(fit, estimates=estimates, findings=tuple(findings))
    return Occupancy(fit, np.where(psi.complete, chance, np.nan), detection, occupied)


def scores_of(
    theta: NDArray[np.float64], data: Visits, psi: Design, p: Design
) -> tuple[Scores, NDArray[np.float64]]:
    """Each site's log-likelihood and score, and the chance that it is occupied given what was seen there.

    With w_i that chance, Fisher's identity gives d log L_i / d logit psi_i = w_i - psi_i and
    d log L_i / d logit p_ij = w_i (y_ij - p_ij).
    """
    b, d = split(theta, psi, p)
    a, c = psi.eta(b), p.eta(d)
    there = log_expit(a) + np.where(data.seen, data.y * c + log_expit(-c), 0.0).sum(axis=1)
    not_there = np.where(data.detected, -np.inf, log_expit(-a))
    total = np.logaddexp(there, not_there)
    occupied = np.exp(there - total)
    by_a = np.where(data.used, occupied - expit(a), 0.0)
    by_c = np.where(data.seen, occupied[:, None] * (data.y - expit(c)), 0.0)
    by = np.concatenate([psi.pull_sites(by_a), p.pull_sites(by_c)], axis=1)
    return Scores(np.where(data.used, total, 0.0), by), occupied


def mean_psi(
    fit: Fit,
    data: Visits,
    psi: Design,
    scores: Callable[[NDArray[np.float64]], Scores],
    level: float,
) -> Estimate:
    """Mean over the sites; the intercept alone has a profile interval, which also holds at the edge."""
    used = psi.matrix[data.used], np.broadcast_to(psi.offset, psi.shape)[data.used]
    size = len(psi.names)

    def mean(theta: NDArray[np.float64]) -> float:
        return float(expit(used[0] @ theta[:size] + used[1]).mean())

    chances = expit(used[0] @ fit.coefficients[:size] + used[1])
    by = np.zeros(len(fit.names))
    by[:size] = (chances * (1 - chances)) @ used[0] / len(chances)
    wald_interval = delta(fit, mean, name="occupancy", link="logit", level=level, by=by)
    if size > 1 or np.any(psi.offset):
        return wald_interval
    low, high = profile(negative(scores), fit, 0, level=level)
    return replace(wald_interval, low=float(expit(low)), high=float(expit(high)), method="profile likelihood")


def _mean_p(fit: Fit, data: Visits, psi: Design, p: Design, level: float) -> Estimate:
    matrix = p.matrix[data.seen]
    offset = np.broadcast_to(p.offset, p.shape)[data.seen]
    skip = len(psi.names)

    def mean(theta: NDArray[np.float64]) -> float:
        return float(expit(matrix @ theta[skip:] + offset).mean())

    chances = expit(matrix @ fit.coefficients[skip:] + offset)
    by = np.zeros(len(fit.names))
    by[skip:] = (chances * (1 - chances)) @ matrix / len(chances)
    return delta(fit, mean, name="detection", link="logit", level=level, by=by)


def _occupied_sites(
    fit: Fit, data: Visits, occupied: NDArray[np.float64], psi: Design, p: Design, level: float
) -> Estimate:
    """How many of these very sites are occupied: those where it was seen, and the others' chances.

    The empirical Bayes estimate of the finite sample (MacKenzie et al. 2018, Occupancy Estimation and
    Modeling, 2nd ed., ch. 4); its variance is that of the hidden states, sum w (1 - w), and that of the
    coefficients, by the delta method. The interval is of whole sites and never excludes what was seen: see
    `_predict`.
    """
    open_ = data.used & ~data.detected
    surely, at_most = int(data.detected.sum()), int(open_.sum())
    more = float(occupied[open_].sum())
    by = np.zeros(len(fit.names))
    detection = expit(p.eta(split(fit.coefficients, psi, p)[1]))
    wiggle = np.where(open_, occupied * (1 - occupied), 0.0)
    by[: len(psi.names)] = psi.pull(wiggle)
    by[len(psi.names) :] = p.pull(np.where(data.seen, -wiggle[:, None] * detection, 0.0))
    se = low = high = None
    if fit.covariance is not None:
        of_coefficients = float(by @ fit.covariance @ by)
        se = float(np.sqrt(wiggle.sum() + of_coefficients))
        low, high = _predict(more, at_most, np.sqrt(of_coefficients), level)
    return Estimate(
        "occupied_sites",
        surely + more,
        se,
        None if low is None else surely + low,
        None if high is None else surely + high,
        "1",
        "empirical Bayes; binomial, over the normal scatter of the coefficients on the logit scale",
        level,
    )


def _predict(more: float, at_most: int, se: float, level: float) -> tuple[float, float]:
    """Fewest and most of `at_most` sites that are occupied unseen, where `more` are expected.

    Binomial given their mean chance, whose logit is normal with the coefficients' standard error; summed over
    41 of its quantiles. Each tail holds (1 - level) / 2 by its mid-p (Lancaster 1961, J. Am. Stat. Assoc.
    56:223), as a number of few steps needs.
    """
    share = more / at_most if at_most else 0.0
    if not 0 < share < 1:
        return more, more
    steps = norm.ppf((np.arange(41) + 0.5) / 41)
    wide = min(se / at_most / (share * (1 - share)), 20.0)
    chance = expit(np.log(share / (1 - share)) + wide * steps)
    exactly = binom.pmf(np.arange(at_most + 1), at_most, chance[:, None]).mean(axis=0)
    middle = exactly.cumsum() - exactly / 2
    tail = (1 - level) / 2
    within = np.flatnonzero((middle >= tail) & (middle <= 1 - tail))
    return float(within[0]), float(within[-1])
