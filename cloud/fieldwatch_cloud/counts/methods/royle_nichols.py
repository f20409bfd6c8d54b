"""Royle-Nichols: abundance from detection alone, because where more animals live, a visit finds one sooner.

    N_i ~ Poisson(lambda_i)                       log lambda_i = x_i b
    y_ij | N_i ~ Bernoulli(1 - (1 - r_ij)^N_i)    logit r_ij   = w_ij d

    L = prod_i sum_{n=0}^{K} Poisson(n; lambda_i) prod_j (1 - (1 - r_ij)^n)^y_ij (1 - r_ij)^(n (1 - y_ij))

Royle & Nichols 2003, Ecology 84:777-790. r is one animal's chance to be found by a visit. It assumes
closure, that animals are found independently of each other, and that abundance is why sites differ in
detection: whatever else makes them differ is read as abundance. Occupancy follows as 1 - exp(-lambda).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit, log_expit

from fieldwatch_cloud.counts.abundance import Model, fit_model, mean_abundance, total_abundance
from fieldwatch_cloud.counts.fitting import delta, design, unfitted
from fieldwatch_cloud.counts.site_visits import (
    SiteFit,
    alarm,
    data_findings,
    edge_findings,
    positions,
    score_test,
    visits,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from fieldwatch_cloud.counts.estimate import Estimate, Finding, Fit
    from fieldwatch_cloud.counts.fitting import Design
    from fieldwatch_cloud.counts.site_visits import Visits

SMALLEST_K = 32


@dataclass(frozen=True, slots=True)
class RoyleNichols(SiteFit):
    """Estimates: `abundance` (mean lambda), `occupancy`, `detection_individual` (mean r), `abundance_total`.

    Attributes:
        lam: (sites,) expected animals at a site with these covariates; NaN where one is missing.
        r: (sites, visits) chance that a visit finds one given animal.
        animals: (sites,) mean of N given what was seen there.
        largest: K, up to which N was summed.
    """

    lam: NDArray[np.float64]
    r: NDArray[np.float64]
    animals: NDArray[np.float64]
    largest: int


def royle_nichols(
    y: ArrayLike,
    lam: Design | None = None,
    r: Design | None = None,
    *,
    largest: int | None = None,
    level: float = 0.95,
) -> RoyleNichols:
    """Fit by maximum likelihood.

    Args:
        y: (sites, visits) 1 detected, 0 not, NaN nobody looked.
        lam: (sites, k) design of abundance; the intercept alone if None. Its offset is log area or the like.
        r: (sites, visits, k) design of one animal's detection; the intercept alone if None.
        largest: K; doubled from 32 until it does not matter if None.

    Returns:
        The fit with coefficients `lam(...)` on the log scale and `p(...)` on the logit scale.

    Raises:
        ValueError: shapes do not fit, or y holds other values.
    """
    shape = np.shape(y)
    lam = lam or design("lam", shape[:1])
    r = r or design("p", shape)
    data = visits(y, lam, r, binary=True)
    findings = data_findings(data, slopes=len(lam.names) - 1)
    names = (*lam.names, *r.names)
    nowhere = np.full(shape, np.nan)
    if not data.detected.any() or not data.repeated:
        fit = unfitted(names, data.sites, *findings)
        return RoyleNichols(fit, nowhere[:, 0], nowhere, nowhere[:, 0], 0)

    share = np.clip(data.detected.sum() / data.sites, 0.02, 0.95)
    often = np.clip(data.y.sum() / data.seen[data.detected].sum(), 0.02, 0.95)
    start = np.zeros(len(names))
    start[0] = np.log(-np.log1p(-share))
    start[len(lam.names)] = np.log(often / (1 - often)) - 0.7
    evidence = _evidence(data, r)
    model = Model(lam, "poisson", evidence, data.used)
    fit, k, of_k = fit_model(model, [start], names, smallest=SMALLEST_K, largest=largest)

    at, chances = model.scores(fit.coefficients, k)
    b, d = np.split(fit.coefficients, [len(lam.names)])
    rate, single = np.exp(lam.eta(b)), expit(r.eta(d))
    mean_r = float(single[data.seen].mean())
    findings += of_k + edge_findings(fit, r=mean_r)
    findings += _findings(data, single, rate, chances, at.by)
    estimates = (
        mean_abundance(fit, model, level),
        _occupancy(fit, model, level),
        delta(
            fit,
            lambda theta: float(expit(r.eta(theta[len(lam.names) :]))[data.seen].mean()),
            name="detection_individual",
            link="logit",
            level=level,
        ),
        total_abundance(fit, model, k, data.detected.astype(float), level),
    )
    fit = replace(fit, estimates=estimates, findings=tuple(findings))
    animals = chances @ np.arange(k + 1.0)
    return RoyleNichols(fit, np.where(lam.complete, rate, np.nan), single, animals, k)


@dataclass(frozen=True, slots=True)
class _Nights:
    """Detections as `Evidence`: hits and misses by site and visit, or summed where r is the same in all."""

    r: Design
    hits: NDArray[np.float64]
    misses: NDArray[np.float64]

    def _found(
        self, d: NDArray[np.float64], largest: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """eta (sites, visits), log P(missed | n) and log P(found | n), (sites, visits, K + 1)."""
        eta = self.r.eta(d)
        missed = log_expit(-eta)[..., None] * np.arange(largest + 1.0)
        with np.errstate(divide="ignore"):
            return eta, missed, np.log(-np.expm1(missed))

    def log(self, d: NDArray[np.float64], largest: int) -> NDArray[np.float64]:
        _, missed, found = self._found(d, largest)
        hits = self.hits[..., None]
        seen = np.where(hits > 0, hits * np.where(hits > 0, found, 0.0), 0.0)
        return np.asarray((seen + self.misses[..., None] * missed).sum(axis=1))

    def by(self, d: NDArray[np.float64], chances: NDArray[np.float64]) -> NDArray[np.float64]:
        eta, missed, found = self._found(d, chances.shape[1] - 1)
        n = np.arange(chances.shape[1])
        odds = np.where(n > 0, np.exp(missed - np.where(n > 0, found, 0.0)), 0.0)
        slope = n * (self.hits[..., None] * odds - self.misses[..., None])
        return self.r.pull_sites(expit(eta) * (slope * chances[:, None, :]).sum(axis=2))


def _evidence(data: Visits, r: Design) -> _Nights:
    hits = np.where(data.seen, data.y, 0.0)
    misses = np.where(data.seen, 1 - data.y, 0.0)
    first = data.seen.argmax(axis=1)
    matrix = np.take_along_axis(r.matrix, first[:, None, None], axis=1)
    offset = np.take_along_axis(np.broadcast_to(r.offset, data.y.shape), first[:, None], axis=1)
    same = (
        (r.matrix == matrix).all(axis=2) & (np.broadcast_to(r.offset, data.y.shape) == offset)
    ) | ~data.seen
    if not same.all():
        return _Nights(r, hits, misses)
    once = replace(r, matrix=matrix, offset=offset)
    return _Nights(once, hits.sum(axis=1, keepdims=True), misses.sum(axis=1, keepdims=True))


def _occupancy(fit: Fit, model: Model, level: float) -> Estimate:
    def mean(theta: NDArray[np.float64]) -> float:
        rate = np.exp(model.lam.eta(theta[: len(model.lam.names)]))[model.used]
        return float(-np.expm1(-rate).mean())

    return delta(fit, mean, name="occupancy", link="logit", level=level)


def _findings(
    data: Visits,
    single: NDArray[np.float64],
    rate: NDArray[np.float64],
    chances: NDArray[np.float64],
    scores: NDArray[np.float64],
) -> list[Finding]:
    """Does abundance vary more than Poisson, does detection change over the season?

    - `abundance_overdispersed`: the score for a mixing variance of lambda, E[(N - lambda)^2 - N | y] / 2.
    - `model_trend`: as for occupancy.
    """
    n = np.arange(chances.shape[1])
    spread = (chances * ((n - rate[:, None]) ** 2 - n)).sum(axis=1) / 2
    missed = np.log1p(-np.minimum(single, 1 - 1e-15))[..., None] * n
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = np.where(n > 0, np.exp(missed) / -np.expm1(missed), 0.0)
    slope = n * single[..., None] * np.where(data.y[..., None] > 0, odds, -1.0)
    expected = np.where(data.seen, (slope * chances[:, None, :]).sum(axis=2), 0.0)
    trend = (expected * positions(data)).sum(axis=1)
    return [
        *alarm("abundance_overdispersed", score_test(np.where(data.used, spread, 0.0), scores)),
        *alarm("model_trend", score_test(trend, scores), two_sided=True),
    ]
