"""N-mixture: abundance from repeated counts of animals that cannot be told apart.

    N_i ~ Poisson(lambda_i) | negative binomial | zero-inflated Poisson      log lambda_i = x_i b
    y_ij | N_i ~ Binomial(N_i, p_ij)                                         logit p_ij   = w_ij d

    L = prod_i sum_{n = max_j y_ij}^{K} P(n) prod_j C(n, y_ij) p_ij^y_ij (1 - p_ij)^(n - y_ij)

Royle 2004, Biometrics 60:108-115. It assumes closure, that each animal is counted at most once a
visit, independently of the others and with the same chance, and that N follows the mixture. Nothing in the
data but the mixture tells many animals rarely seen from few seen often: small departures make large errors
(Barker, Schofield, Link & Sauer 2018, Biometrics 74:369; Link et al. 2018, Ecology 99:1547), so every answer
says so. The negative binomial fits nearly anything, often with an absurd N (Kéry & Royle 2016, Applied
Hierarchical Modeling in Ecology 1, 6.9.3; Knape et al. 2018, Methods Ecol. Evol. 9:2102).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit, gammaln, log_expit

from fieldwatch_cloud.counts.abundance import (
    EXTRA,
    LARGEST_K,
    Model,
    fit_model,
    mean_abundance,
    total_abundance,
)
from fieldwatch_cloud.counts.estimate import Finding
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

    from fieldwatch_cloud.counts.abundance import Mixture
    from fieldwatch_cloud.counts.estimate import Fit
    from fieldwatch_cloud.counts.fitting import Design
    from fieldwatch_cloud.counts.site_visits import Visits

ABOVE_MOST = 50
"""K starts so far above the largest count."""
POISSON_LIKE = 7.0
"""A size of e^7, or an empty share of e^-7: no data of a real size tell that from a Poisson."""


@dataclass(frozen=True, slots=True)
class NMixture(SiteFit):
    """Estimates: `abundance` (mean animals per site), `detection_individual` (mean p), `abundance_total`.

    Attributes:
        lam: (sites,) expected animals, without the zero inflation; NaN where a covariate is missing.
        p: (sites, visits) chance that a visit counts one given animal.
        animals: (sites,) mean of N given what was counted there.
        largest: K, up to which N was summed.
    """

    lam: NDArray[np.float64]
    p: NDArray[np.float64]
    animals: NDArray[np.float64]
    largest: int


def n_mixture(
    y: ArrayLike,
    lam: Design | None = None,
    p: Design | None = None,
    *,
    mixture: Mixture = "poisson",
    largest: int | None = None,
    level: float = 0.95,
) -> NMixture:
    """Fit by maximum likelihood.

    Args:
        y: (sites, visits) animals counted, NaN where nobody looked.
        lam: (sites, k) design of abundance; the intercept alone if None. Its offset is log area or the like.
        p: (sites, visits, k) design of one animal's detection; the intercept alone if None.
        mixture: how N varies between sites of one lambda.
        largest: K; doubled from 50 above the largest count until it does not matter if None.

    Returns:
        The fit with coefficients `lam(...)` on the log scale, `p(...)` on the logit scale, and with the
        negative binomial `alpha(alpha)`, log of its size; zero-inflated `psi(psi)`, logit of the empty share.
        Where the data show neither clumping nor empty sites, the Poisson fit, and a note.

    Raises:
        ValueError: shapes do not fit, or y holds other values.
    """
    shape = np.shape(y)
    lam = lam or design("lam", shape[:1])
    p = p or design("p", shape)
    data = visits(y, lam, p, binary=False)
    findings = [
        *data_findings(data, slopes=len(lam.names) - 1),
        Finding("abundance_by_mixture_alone", "note"),
    ]
    if mixture == "negative_binomial":
        findings.append(Finding("abundance_negative_binomial", "note"))
    names = (*lam.names, *p.names, *EXTRA[mixture])
    nowhere = np.full(shape, np.nan)
    if not data.detected.any() or not data.repeated:
        return NMixture(unfitted(names, data.sites, *findings), nowhere[:, 0], nowhere, nowhere[:, 0], 0)

    most = data.y.max(axis=1)
    k = ABOVE_MOST + int(most.max())
    if k > LARGEST_K:
        raise ValueError(
            f"counts up to {int(most.max()):,}: the numbers of animals are summed up to {LARGEST_K:,} only; "
            "take a rate, or a density"
        )
    if largest is not None and largest < most.max():
        raise ValueError(f"K = {largest} is below the largest count, {int(most.max())}")
    model = Model(lam, mixture, _Counts(p, data), data.used)
    starts = [_start(data, lam, names, chance) for chance in (0.6, 0.25)]
    fit, k, of_k = fit_model(model, starts, names, smallest=k, largest=largest)

    if mixture != "poisson" and _idle(fit, mixture):
        plain = n_mixture(y, lam, p, largest=largest, level=level)
        told = Finding("abundance_mixture_idle", "note", {"mixture": mixture.replace("_", " ")})
        return replace(plain, fit=replace(plain.fit, findings=(*plain.findings, told)))

    at, chances = model.scores(fit.coefficients, k)
    b, d = fit.coefficients[: len(lam.names)], fit.coefficients[len(lam.names) :][: len(p.names)]
    rate, single = np.exp(lam.eta(b)), expit(p.eta(d))
    findings += of_k or _unbounded(data, lam, p)
    findings += edge_findings(fit, p=float(single[data.seen].mean()))
    findings += _findings(data, single, rate, chances, at.by, mixture)
    estimates = (
        mean_abundance(fit, model, level),
        delta(
            fit,
            lambda theta: float(expit(p.eta(theta[len(lam.names) :][: len(p.names)]))[data.seen].mean()),
            name="detection_individual",
            link="logit",
            level=level,
        ),
        total_abundance(fit, model, k, most, level),
    )
    fit = replace(fit, estimates=estimates, findings=tuple(findings))
    animals = chances @ np.arange(k + 1.0)
    return NMixture(fit, np.where(lam.complete, rate, np.nan), single, animals, k)


@dataclass(frozen=True, slots=True)
class _Counts:
    """Binomial counts as `Evidence`."""

    p: Design
    data: Visits
    ways: dict[int, NDArray[np.float64]] = field(default_factory=dict)
    """What of the binomial does not depend on coefficients, by K."""

    def log(self, d: NDArray[np.float64], largest: int) -> NDArray[np.float64]:
        eta = self.p.eta(d)
        seen, y = self.data.seen, self.data.y
        n = np.arange(largest + 1.0)
        missed = np.where(seen, log_expit(-eta), 0.0).sum(axis=1)
        odds = np.where(seen, y * eta, 0.0).sum(axis=1)
        return np.asarray(self._ways(largest) + odds[:, None] + missed[:, None] * n)

    def by(self, d: NDArray[np.float64], chances: NDArray[np.float64]) -> NDArray[np.float64]:
        animals = chances @ np.arange(chances.shape[1])
        slope = self.data.y - animals[:, None] * expit(self.p.eta(d))
        return self.p.pull_sites(np.where(self.data.seen, slope, 0.0))

    def _ways(self, largest: int) -> NDArray[np.float64]:
        """(sites, K + 1) sum over visits of log C(n, y); -inf below the largest count."""
        if largest in self.ways:
            return self.ways[largest]
        y = self.data.y[..., None]
        n = np.arange(largest + 1.0)
        rest = np.maximum(n - y, 0)
        ways = gammaln(n + 1) - gammaln(y + 1) - gammaln(rest + 1)
        summed = np.where(self.data.seen[..., None], ways, 0.0).sum(axis=1)
        self.ways[largest] = np.where(n >= y.max(axis=1), summed, -np.inf)
        return self.ways[largest]


def _start(data: Visits, lam: Design, names: tuple[str, ...], chance: float) -> NDArray[np.float64]:
    """Abundance to match the mean count if one animal is found with `chance`."""
    start = np.zeros(len(names))
    offset = np.broadcast_to(lam.offset, lam.shape)[data.used]
    start[0] = np.log(data.y[data.seen].mean() / chance) - offset.mean()
    start[len(lam.names)] = np.log(chance / (1 - chance))
    if names[-1] == "psi(psi)":
        start[-1] = -1.0
    return start


def _idle(fit: Fit, mixture: Mixture) -> bool:
    """Whether the mixture's own coefficient ran to where it is a Poisson: no clumping, or no empty sites."""
    extra = float(fit.coefficients[-1])
    return extra > POISSON_LIKE if mixture == "negative_binomial" else extra < -POISSON_LIKE


def _unbounded(data: Visits, lam: Design, p: Design) -> list[Finding]:
    """The covariance diagnostic of Dennis, Morgan & Ridout 2015 (Biometrics 71:237).

    Without covariates, counts of different visits to a site covary by p^2 Var(N). Where their covariance is
    not positive, the likelihood has its maximum at infinitely many animals.
    """
    if len(lam.names) > 1 or len(p.names) > 1 or np.any(lam.offset) or np.any(p.offset):
        return []
    pairs = [
        (data.y[:, i] * data.y[:, j])[data.seen[:, i] & data.seen[:, j]]
        for i, j in combinations(range(data.y.shape[1]), 2)
    ]
    together = float(np.concatenate(pairs).mean()) - float(data.y[data.seen].mean()) ** 2
    return [] if together > 0 else [Finding("abundance_unbounded", "unfit", {"covariance": together})]


def _findings(
    data: Visits,
    single: NDArray[np.float64],
    rate: NDArray[np.float64],
    chances: NDArray[np.float64],
    scores: NDArray[np.float64],
    mixture: Mixture,
) -> list[Finding]:
    """Score tests of what the model leaves out.

    - `abundance_overdispersed` (Poisson): sites differ more than lambda says, E[(N - lambda)^2 - N | y] / 2;
      in abundance or in detection, which the counts cannot tell apart.
    - `abundance_counts_scatter`: visits to a site differ more than binomial: animals come and go in groups,
      or some are easier to count, sum_j E[(y - N p)^2 - N p (1 - p) | y] / 2.
    - `model_trend`: detection, or the number present, changes over the season: closure is in doubt.
    """
    n = np.arange(chances.shape[1])
    animals, second = chances @ n, chances @ n**2
    expected = animals[:, None] * single
    squared = data.y**2 - 2 * data.y * expected + second[:, None] * single**2
    scatter = np.where(data.seen, squared - expected * (1 - single), 0.0).sum(axis=1) / 2
    trend = np.where(data.seen, (data.y - expected) * positions(data), 0.0).sum(axis=1)
    found = [
        *alarm("abundance_counts_scatter", score_test(scatter, scores)),
        *alarm("model_trend", score_test(trend, scores), two_sided=True),
    ]
    if mixture == "poisson":
        spread = np.where(data.used, second - 2 * rate * animals + rate**2 - animals, 0.0) / 2
        found += alarm("abundance_overdispersed", score_test(spread, scores))
    return found
