"""How fast animals move, from the speeds of those that passed a camera.

A fast animal passes more cameras, so passages are a sample biased by size: where speeds while moving have
the density f with mean μ, a camera meets y with the density y f(y) / μ. Two ways back to μ (Rowcliffe et al.
2016, Remote Sensing in Ecology and Conservation 2:84-94):

- the harmonic mean of the speeds met, which assumes no distribution but suffers from the slowest few;
- maximum likelihood of a size-biased log-normal, gamma or Weibull.

Assumptions: passages are independent; the path's length and its duration were measured without bias; slow
passages were filmed as surely as fast ones.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.special import gammainc, gammaln
from scipy.stats import chi2, norm

from fieldwatch_cloud.counts.density import finding, log_normal, positive
from fieldwatch_cloud.counts.fitting import delta, maximise

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import ArrayLike, NDArray

    from fieldwatch_cloud.counts.estimate import Estimate, Finding, Fit

Model = Literal["best", "harmonic", "lognormal", "gamma", "weibull"]
LEAST, ENOUGH = 40, 100
"""Passages: about 100 tracked are as good as many more, below 40 densities are imprecise (Palencia & Barroso
2024, J. Zool. 324:155-162)."""
DOMINANT = 0.1
"""Share of the harmonic mean's sum that one slow passage may hold before it rules the result."""
POOR = 0.01
"""Chance of so poor a fit, below which the distribution is called unfit."""


@dataclass(frozen=True, slots=True)
class Speed:
    """
    Attributes:
        estimates: `speed` in m/s while moving.
        model: the one that gave it.
        aic: of each size-biased distribution that was fitted.
    """

    estimates: tuple[Estimate, ...]
    findings: tuple[Finding, ...]
    model: str
    aic: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class _SizeBiased:
    """A distribution of speeds, as cameras meet it. `theta` is (2,), unbounded."""

    names: tuple[str, str]
    log_density: Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]
    """(n,) speeds met, theta -> (n,) log of y f(y) / μ."""
    share_below: Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]
    """The same, its distribution function."""
    mean: Callable[[NDArray[np.float64]], float]
    """μ, the mean speed while moving."""
    start: Callable[[NDArray[np.float64]], NDArray[np.float64]]


def animal_speed(speeds: ArrayLike, *, model: Model = "best", level: float = 0.95) -> Speed:
    """Mean speed while moving.

    Args:
        speeds: (n,) m/s, of independent passages, above 0.
        model: `best` takes the distribution with the least AIC.

    Raises:
        ValueError: fewer than 2 speeds, all alike, or one that is not above 0.
    """
    y = positive(speeds, "speeds in m/s")
    if len(y) < 2 or np.ptp(y) == 0:
        raise ValueError("speeds: at least two that differ")
    if model == "harmonic":
        return Speed((_harmonic(y, level),), _check(y), model, {})
    chosen = [name for name in MODELS if model in ("best", name)]
    fits = {name: _fit(MODELS[name], y) for name in chosen}
    aic = {name: fit.aic for name, fit in fits.items()}
    best = min(aic, key=lambda name: aic[name])
    size_biased, fit = MODELS[best], fits[best]
    estimate = delta(fit, size_biased.mean, name="speed", unit="m/s", link="log", level=level)
    return Speed((estimate,), _check(y) + _check_fit(y, size_biased, fit, best, estimate), best, aic)


def _harmonic(y: NDArray[np.float64], level: float) -> Estimate:
    """n / Σ 1/y, with standard error h² sd(1/y) / √n (Rowcliffe et al. 2016, eq. 4)."""
    slow = 1 / y
    value = 1 / float(slow.mean())
    se = value**2 * float(slow.std(ddof=1)) / math.sqrt(len(y))
    how = "harmonic mean (Rowcliffe et al. 2016)"
    return log_normal("speed", value, se, "m/s", df=len(y) - 1, level=level, how=how)


def _fit(size_biased: _SizeBiased, y: NDArray[np.float64]) -> Fit:
    def negative(theta: NDArray[np.float64]) -> float:
        return -float(size_biased.log_density(y, theta).sum())

    return maximise(negative, size_biased.start(y), size_biased.names, sites=len(y))


def _log_normal_density(y: NDArray[np.float64], theta: NDArray[np.float64]) -> NDArray[np.float64]:
    mean, sd = theta[0], math.exp(theta[1])
    # Size-biased LN(m, s) is LN(m + s², s).
    return np.asarray(norm.logpdf(np.log(y), mean + sd**2, sd) - np.log(y))


def _gamma_density(y: NDArray[np.float64], theta: NDArray[np.float64]) -> NDArray[np.float64]:
    shape, scale = np.exp(theta)
    # Size-biased gamma(k, θ) is gamma(k + 1, θ).
    return np.asarray(shape * np.log(y / scale) - y / scale - gammaln(shape + 1) - math.log(scale))


def _weibull_density(y: NDArray[np.float64], theta: NDArray[np.float64]) -> NDArray[np.float64]:
    shape, scale = np.exp(theta)
    log_mean = math.log(scale) + float(gammaln(1 + 1 / shape))
    z = y / scale
    return np.asarray(math.log(shape) + shape * np.log(z) - z**shape - log_mean)


MODELS = {
    "lognormal": _SizeBiased(
        ("speed(meanlog)", "speed(log sdlog)"),
        _log_normal_density,
        lambda y, t: np.asarray(norm.cdf(np.log(y), t[0] + math.exp(2 * t[1]), math.exp(t[1]))),
        lambda t: math.exp(t[0] + math.exp(2 * t[1]) / 2),
        lambda y: np.array([np.log(y).mean() - np.log(y).var(), math.log(np.log(y).std())]),
    ),
    "gamma": _SizeBiased(
        ("speed(log shape)", "speed(log scale)"),
        _gamma_density,
        lambda y, t: np.asarray(gammainc(math.exp(t[0]) + 1, y / math.exp(t[1]))),
        lambda t: math.exp(t[0] + t[1]),
        lambda y: np.log([max(y.mean() ** 2 / y.var() - 1, 0.1), y.var() / y.mean()]),
    ),
    "weibull": _SizeBiased(
        ("speed(log shape)", "speed(log scale)"),
        _weibull_density,
        lambda y, t: np.asarray(gammainc(1 + math.exp(-t[0]), (y / math.exp(t[1])) ** math.exp(t[0]))),
        lambda t: math.exp(t[1] + float(gammaln(1 + math.exp(-t[0])))),
        lambda y: np.array([0.0, math.log(1 / np.mean(1 / y))]),
    ),
}


def _check(y: NDArray[np.float64]) -> tuple[Finding, ...]:
    n = len(y)
    found = []
    if n < LEAST:
        found.append(finding("speed_too_few", "unfit", passages=n, least=LEAST))
    elif n < ENOUGH:
        found.append(finding("speed_few", "caution", passages=n, enough=ENOUGH))
    share = float((1 / y).max() / (1 / y).sum())
    if share > DOMINANT and n >= LEAST:
        found.append(finding("speed_slowest_rules", "caution", percent=round(100 * share)))
    return tuple(found)


def _check_fit(
    y: NDArray[np.float64], model: _SizeBiased, fit: Fit, name: str, estimate: Estimate
) -> tuple[Finding, ...]:
    """A chi-square over bands of equal chance (Moore 1986), and how far the harmonic mean is away."""
    n = len(y)
    bands = min(max(n // 10, 5), 12)
    if n < LEAST:
        return ()
    observed, _ = np.histogram(model.share_below(y, fit.coefficients), bins=bands, range=(0, 1))
    statistic = float(((observed - n / bands) ** 2).sum() / (n / bands))
    found = []
    if (chance := float(chi2.sf(statistic, bands - 3))) < POOR:
        found.append(finding("speed_poor_fit", "caution", model=name, chance=round(chance, 4)))
    harmonic = 1 / float((1 / y).mean())
    if abs(harmonic / estimate.value - 1) > 0.2:
        found.append(
            finding(
                "speed_means_differ", "note", harmonic=round(harmonic, 3), fitted=round(estimate.value, 3)
            )
        )
    return tuple(found)
