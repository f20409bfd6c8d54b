"""Sites that hold N_i animals, N_i unknown: what Royle-Nichols and N-mixture models share.

    N_i ~ Poisson(lambda_i) | NegativeBinomial(mean lambda_i, size r) | zero-inflated Poisson
    y_i | N_i ~ the method's own                                       log lambda_i = x_i b

N is summed out from 0 to a largest K. Whether K is large enough is checked, not assumed: it is doubled until
the likelihood no longer notices. Where it never stops noticing, the data hold no finite estimate (Dennis,
Morgan & Ridout 2015, Biometrics 71:237-246).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
from scipy.special import digamma, expit, gammaln, log_expit, logsumexp

from fieldwatch_cloud.counts.estimate import Estimate, Finding
from fieldwatch_cloud.counts.fitting import delta, maximise, standard_error, wald
from fieldwatch_cloud.counts.site_visits import Scores, negative

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from fieldwatch_cloud.counts.estimate import Fit
    from fieldwatch_cloud.counts.fitting import Design

Mixture = Literal["poisson", "negative_binomial", "zero_inflated"]
EXTRA = {"poisson": (), "negative_binomial": ("alpha(alpha)",), "zero_inflated": ("psi(psi)",)}
"""A further coefficient: log of the size r (small: clumped), or logit of the share of empty sites."""
LARGEST_K = 1000
"""Where the doubling ends. An estimate that still grows is no estimate."""
NOTICED = 1e-8
"""Change of log L by which a doubled K is told to matter."""


@dataclass(frozen=True, slots=True)
class Prior:
    """log P(N = n) for n = 0..K at each site, and its derivatives.

    Attributes:
        log: (sites, K + 1).
        by_eta: (sites, K + 1) by log lambda.
        by_extra: (sites, K + 1) by the mixture's further coefficient, or None.
    """

    log: NDArray[np.float64]
    by_eta: NDArray[np.float64]
    by_extra: NDArray[np.float64] | None


def prior(mixture: Mixture, eta: NDArray[np.float64], extra: NDArray[np.float64], largest: int) -> Prior:
    """How many animals sites hold.

    - Poisson: n eta - lambda - log n!
    - negative binomial with mean lambda, size r = exp(extra), variance lambda + lambda^2 / r.
    - zero-inflated Poisson: with chance expit(extra) the site is empty whatever lambda (Lambert 1992).

    Args:
        eta: (sites,) log lambda.
        extra: (0 or 1,) the mixture's further coefficient.
        largest: K.
    """
    n = np.arange(largest + 1.0)
    e = eta[:, None]
    rate = np.exp(e)
    if mixture == "negative_binomial":
        r = np.exp(extra[0])
        total = np.log(r + rate)
        log = gammaln(n + r) - gammaln(r) - gammaln(n + 1) + r * (extra[0] - total) + n * (e - total)
        by_eta = n - (n + r) * rate / (r + rate)
        by_r = digamma(n + r) - digamma(r) + extra[0] - total + 1 - (n + r) / (r + rate)
        return Prior(log, by_eta, r * by_r)
    log = n * e - rate - gammaln(n + 1)
    by_eta = n - rate
    if mixture == "poisson":
        return Prior(log, by_eta, None)
    z = extra[0]
    both = log + log_expit(-z)
    by_z = np.full_like(log, -expit(z))
    at_zero = np.logaddexp(log_expit(z), both[:, 0])
    inflated = np.exp(log_expit(z) - at_zero)
    by_z[:, 0] = inflated - expit(z)
    by_eta[:, 0] *= 1 - inflated
    both[:, 0] = at_zero
    return Prior(both, by_eta, by_z)


class Evidence(Protocol):
    """What visits tell of N: the part in which the methods differ. `d` are the coefficients of detection."""

    def log(self, d: NDArray[np.float64], largest: int) -> NDArray[np.float64]:
        """(sites, K + 1) log P(y_i | N_i = n), n = 0..K; -inf where more were seen than n."""

    def by(self, d: NDArray[np.float64], chances: NDArray[np.float64]) -> NDArray[np.float64]:
        """(sites, k) its expected gradient by d where N has the chances (sites, K + 1)."""


@dataclass(frozen=True, slots=True)
class Model:
    """Abundance, a mixture, and what is seen of it. Coefficients: those of `lam`, of detection, the extra."""

    lam: Design
    mixture: Mixture
    evidence: Evidence
    used: NDArray[np.bool_]
    """(sites,) that were visited."""

    def scores(self, theta: NDArray[np.float64], largest: int) -> tuple[Scores, NDArray[np.float64]]:
        """Each site's log L and gradient (Fisher's identity), and P(N = n | data) (sites, K + 1)."""
        size, extras = len(self.lam.names), len(EXTRA[self.mixture])
        b, d, extra = np.split(theta, [size, len(theta) - extras])
        before = prior(self.mixture, self.lam.eta(b), extra, largest)
        joint = before.log + self.evidence.log(d, largest)
        total = logsumexp(joint, axis=1)
        chances = np.exp(joint - total[:, None])
        parts = [
            self.lam.pull_sites((chances * before.by_eta).sum(axis=1)),
            self.evidence.by(d, chances),
        ]
        if before.by_extra is not None:
            parts.append((chances * before.by_extra).sum(axis=1)[:, None])
        by = np.concatenate(parts, axis=1)
        return Scores(np.where(self.used, total, 0.0), np.where(self.used[:, None], by, 0.0)), chances

    def negative(self, largest: int) -> Callable[[NDArray[np.float64]], tuple[float, NDArray[np.float64]]]:
        return negative(lambda theta: self.scores(theta, largest)[0])

    def log_likelihood(self, theta: NDArray[np.float64], largest: int) -> float:
        return float(self.scores(theta, largest)[0].log_likelihood.sum())


def fit_model(
    model: Model,
    starts: Sequence[NDArray[np.float64]],
    names: tuple[str, ...],
    *,
    smallest: int,
    largest: int | None,
) -> tuple[Fit, int, list[Finding]]:
    """Fit, and double K from `smallest` until it no longer matters; a given `largest` is kept, and checked.

    Returns:
        The fit, the K that it used, and what is to be said of K.
    """
    k = largest if largest is not None else smallest
    fit = maximise(model.negative(k), starts, names, sites=int(model.used.sum()), gradient=True)
    while True:
        with np.errstate(all="ignore"):
            gained = model.log_likelihood(fit.coefficients, 2 * k) - fit.log_likelihood
        if abs(gained) < NOTICED:
            return fit, k, []
        if largest is not None:
            return fit, k, [Finding("abundance_k_small", "caution", {"k": k, "gained": gained})]
        if 2 * k > LARGEST_K:
            return fit, k, [Finding("abundance_unbounded", "unfit", {"k": k})]
        k *= 2
        at = fit.coefficients
        fit = maximise(model.negative(k), [at], names, sites=fit.sites, gradient=True)


def mean_abundance(fit: Fit, model: Model, level: float) -> Estimate:
    """Animals per site: mean of lambda over the sites, times the share of sites that are not empty."""
    matrix = model.lam.matrix[model.used]
    offset = np.broadcast_to(model.lam.offset, model.lam.shape)[model.used]
    size = len(model.lam.names)

    def mean(theta: NDArray[np.float64]) -> float:
        filled = float(expit(-theta[-1])) if model.mixture == "zero_inflated" else 1.0
        return float(np.exp(matrix @ theta[:size] + offset).mean()) * filled

    return delta(fit, mean, name="abundance", link="log", level=level)


def total_abundance(
    fit: Fit, model: Model, largest: int, seen: NDArray[np.float64], level: float
) -> Estimate:
    """Animals at these very sites: empirical Bayes, sum of E(N_i | y_i).

    Its variance is that of the hidden numbers given the data, and that of the coefficients (delta method).
    The interval is made on the log scale of the animals beyond those seen at once, which are certain.

    Args:
        seen: (sites,) most animals at one visit.
    """
    n = np.arange(largest + 1.0)

    def beyond(theta: NDArray[np.float64]) -> float:
        chances = model.scores(theta, largest)[1]
        return float((chances @ n - seen)[model.used].sum())

    chances = model.scores(fit.coefficients, largest)[1][model.used]
    hidden = float((chances @ n**2 - (chances @ n) ** 2).sum())
    more, by = beyond(fit.coefficients), standard_error(fit, beyond)
    se = None if by is None else float(np.hypot(np.sqrt(hidden), by))
    low, high = wald(more, se, "log", level)
    surely = float(seen[model.used].sum())
    return Estimate(
        "abundance_total",
        surely + more,
        se,
        None if low is None else surely + low,
        None if high is None else surely + high,
        "1",
        "empirical Bayes with the coefficients' variance by the delta method, Wald on the log scale",
        level,
    )
