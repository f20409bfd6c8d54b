"""Maximum likelihood, once for all methods: designs, optimiser, observed information, intervals.

    design(...) ─▶ split(theta, ...) ─▶ linear predictors ─▶ the method's -log L (and its gradient)
                                                                      │
    delta, wald, profile ◀── Fit(coefficients, covariance) ◀── maximise(...)

Coefficients live on the scale of a link (logit for chances, log for rates), where the likelihood is closest
to a parabola; so do the intervals, which are then carried back. Scale covariates to about one, or let
`design` do it: steps of the optimiser and of the differences assume that.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit, logit
from scipy.stats import chi2, norm

from fieldwatch_cloud.counts.estimate import Estimate, Finding, Fit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    Value = Callable[[NDArray[np.float64]], float]
    """theta (k,) -> -log L."""
    ValueAndGradient = Callable[[NDArray[np.float64]], tuple[float, NDArray[np.float64]]]
    """theta (k,) -> (-log L, its gradient (k,))."""

Link = Literal["logit", "log", "identity"]
FINITE = 1e10
"""What a likelihood that cannot be worked out (overflow) counts as: the line search steps back from it."""
FLAT = 1e-9
"""Smallest eigenvalue of the scaled information, relative to the largest, that still counts as curvature."""

WIDEST = 10.0
"""Half an interval on the log scale, above which its upper end says nothing."""
FAR = 6.0
"""On the scale of a link: beyond it a chance is below 0.0025 or above 0.9975."""
BOUNDLESS = 1e12
"""The variance of a coefficient of which the data say nothing but that it is far."""


@dataclass(frozen=True, slots=True)
class Design:
    """What one part of a model is made of: a matrix of covariates, and what the coefficients are called.

    Attributes:
        names: (k,) `part(covariate)`, the intercept is `part(Int)`.
        matrix: (..., k), for each site, or each site and visit; NaN where a covariate is missing.
        centre, scale: (k,) what was subtracted from, and divided out of, each column (0 and 1: nothing).
        offset: (...) or a number: added to the linear predictor with coefficient 1.
    """

    names: tuple[str, ...]
    matrix: NDArray[np.float64]
    centre: NDArray[np.float64]
    scale: NDArray[np.float64]
    offset: NDArray[np.float64] | float = 0.0

    @property
    def complete(self) -> NDArray[np.bool_]:
        """(...) where no covariate is missing."""
        missing = np.isnan(self.matrix).any(axis=-1) | np.isnan(np.broadcast_to(self.offset, self.shape))
        return np.asarray(~missing)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.matrix.shape[:-1]

    def eta(self, coefficients: NDArray[np.float64]) -> NDArray[np.float64]:
        """(...) linear predictor; where a covariate is missing, as if it were at its centre (mask it)."""
        return np.asarray(np.nan_to_num(self.matrix) @ coefficients + np.nan_to_num(self.offset))

    def pull(self, slope: NDArray[np.float64]) -> NDArray[np.float64]:
        """(k,) gradient from (...) derivatives by the linear predictor: X' slope."""
        return np.asarray(slope.reshape(-1) @ np.nan_to_num(self.matrix).reshape(-1, len(self.names)))

    def pull_sites(self, slope: NDArray[np.float64]) -> NDArray[np.float64]:
        """(sites, k) the same, site by site (the first axis): each site's score."""
        sites = self.shape[0]
        terms = slope[..., None] * np.nan_to_num(self.matrix)
        return np.asarray(terms.reshape(sites, -1, len(self.names)).sum(axis=1))


def design(
    part: str,
    shape: tuple[int, ...],
    covariates: Mapping[str, ArrayLike] | None = None,
    *,
    standardise: bool = False,
    offset: ArrayLike = 0.0,
) -> Design:
    """An intercept, and a column for each covariate.

    Args:
        part: of the model, for the names: `psi`, `p`, `lam`.
        shape: (sites,), (sites, visits), (sites, seasons, visits), ...
        covariates: name -> array of `shape`, or of its first axes ((sites,) holds for all visits of a site).
        standardise: each to mean 0 and standard deviation 1 (n - 1), over what is not missing.

    Raises:
        ValueError: a covariate has another shape, is known nowhere, or does not vary.
    """
    names, columns = [f"{part}(Int)"], [np.ones(shape)]
    centre, scale = [0.0], [1.0]
    for name, given in (covariates or {}).items():
        values = np.asarray(given, dtype=float)
        if values.shape != shape[: values.ndim]:
            raise ValueError(f"the covariate {name} has the shape {values.shape}, not {shape}")
        if np.isnan(values).all():
            raise ValueError(f"the covariate {name} is known nowhere here")
        values = np.broadcast_to(values.reshape(values.shape + (1,) * (len(shape) - values.ndim)), shape)
        mean, sd = (
            (float(np.nanmean(values)), float(np.nanstd(values, ddof=1))) if values.size > 1 else (0, 0)
        )
        if not sd > 0:
            raise ValueError(f"the covariate {name} is the same everywhere: it can explain nothing")
        if not standardise:
            mean, sd = 0.0, 1.0
        names.append(f"{part}({name})")
        columns.append((values - mean) / sd)
        centre.append(mean)
        scale.append(sd)
    matrix = np.stack(columns, axis=-1)
    return Design(tuple(names), matrix, np.array(centre), np.array(scale), np.asarray(offset, dtype=float))


def split(theta: NDArray[np.float64], *designs: Design) -> list[NDArray[np.float64]]:
    """Each part's own coefficients, in order; what is left over, if anything, comes last."""
    cuts = np.cumsum([len(each.names) for each in designs])
    parts = np.split(theta, cuts)
    return parts if parts[-1].size else parts[:-1]


def maximise(
    negative: Value | ValueAndGradient,
    start: ArrayLike | Sequence[ArrayLike],
    names: Sequence[str],
    *,
    sites: int,
    gradient: bool = False,
    tolerance: float = 1e-7,
) -> Fit:
    """The maximum of a likelihood, by BFGS and, to the last digits, Newton's steps.

    Args:
        negative: -log L at theta (k,); with `gradient`, a pair of that and its gradient (k,).
        start: (k,), or several of them to start from: the best end counts.
        names: (k,) of the coefficients.
        sites: independent pieces of data, for AICc and the like.
        tolerance: `converged` asks that a further Newton step would gain no more log-likelihood than this.

    Returns:
        Fit with the observed information's inverse as covariance: the Hessian by central differences (of the
        gradient where it is given, else of -log L with Richardson's extrapolation). The covariance is None
        where the likelihood is flat in some direction.

    Raises:
        ValueError: the likelihood is not finite at any start.
    """
    starts = np.atleast_2d(np.asarray(start, dtype=float))
    slope = cast("ValueAndGradient", negative) if gradient else _with_gradient(cast("Value", negative))
    safe = _guarded(slope)
    ends = [minimize(safe, each, jac=True, method="BFGS", options={"gtol": 1e-5}) for each in starts]
    best = min(ends, key=lambda end: float(end.fun))
    if best.fun >= FINITE:
        raise ValueError("the likelihood is not finite at any of the starting values")
    theta = np.asarray(best.x, dtype=float)
    theta, value, information, gain = _polish(safe, None if gradient else cast("Value", negative), theta)
    covariance = _inverse(information, theta)
    return Fit(
        names=tuple(names),
        coefficients=theta,
        covariance=covariance,
        log_likelihood=-value,
        converged=covariance is not None and gain < tolerance,
        sites=sites,
    )


def unfitted(names: Sequence[str], sites: int, *findings: Finding) -> Fit:
    """The answer where there is nothing to fit: no estimates, and findings that say why."""
    return Fit(tuple(names), np.full(len(names), np.nan), None, np.nan, False, sites, (), tuple(findings))


def hessian(negative: Value, theta: NDArray[np.float64]) -> NDArray[np.float64]:
    """(k, k) second derivatives of -log L by central differences.

    The four-point formula at steps h and h/2, extrapolated, (4 H(h/2) - H(h)) / 3 (Richardson 1911), so that
    the errors of order h^2 cancel.
    """
    size = len(theta)
    middle = negative(theta)

    def four_points(moves: NDArray[np.float64]) -> NDArray[np.float64]:
        out = np.empty((size, size))
        for i in range(size):
            there_and_back = negative(theta + moves[i]) - 2 * middle + negative(theta - moves[i])
            out[i, i] = there_and_back / moves[i, i] ** 2
            for j in range(i):
                both, apart = moves[i] + moves[j], moves[i] - moves[j]
                alike = negative(theta + both) + negative(theta - both)
                unlike = negative(theta + apart) + negative(theta - apart)
                out[i, j] = out[j, i] = (alike - unlike) / (4 * moves[i, i] * moves[j, j])
        return out

    steps = np.diag(4e-3 * np.maximum(np.abs(theta), 1.0))
    return np.asarray((4 * four_points(steps / 2) - four_points(steps)) / 3)


def hessian_of_gradient(negative: ValueAndGradient, theta: NDArray[np.float64]) -> NDArray[np.float64]:
    """(k, k) the same where the gradient g is known: (g(t + h) - g(t - h)) / 2h."""
    steps = 1e-5 * np.maximum(np.abs(theta), 1.0)
    moves = np.diag(steps)
    rows = np.array([negative(theta + move)[1] - negative(theta - move)[1] for move in moves])
    rows /= 2 * steps[:, None]
    return np.asarray((rows + rows.T) / 2)


def wald(
    value: float, se: float | None, link: Link = "identity", level: float = 0.95
) -> tuple[float | None, float | None]:
    """Interval value ± z se, made on the link's scale and carried back: a chance stays within 0 and 1.

    The standard error on the link's scale is se / |d value / d link(value)| (delta method).

    Returns:
        (None, None) without a standard error, or where the value lies on the link's edge; no upper end where
        a rate's would be more than e^10 times the value.
    """
    edge = (link == "logit" and not 0 < value < 1) or (link == "log" and not value > 0)
    if se is None or not np.isfinite(se) or edge:
        return None, None
    z = float(norm.isf((1 - level) / 2))
    if link == "logit":
        at, wide = float(logit(value)), z * se / (value * (1 - value))
        return float(expit(at - wide)), float(expit(at + wide))
    if link == "log":
        wide = z * se / value
        return value * math.exp(-wide), value * math.exp(wide) if wide < WIDEST else None
    return value - z * se, value + z * se


def derivative(function: Value, theta: NDArray[np.float64]) -> NDArray[np.float64]:
    """(k,) first derivatives by central differences, extrapolated as in `hessian`."""
    steps = np.diag(np.maximum(np.abs(theta), 1.0))

    def central(h: float) -> NDArray[np.float64]:
        return np.array(
            [(function(theta + h * s) - function(theta - h * s)) / (2 * h * s.sum()) for s in steps]
        )

    return (4 * central(5e-4) - central(1e-3)) / 3


def standard_error(fit: Fit, function: Value, by: NDArray[np.float64] | None = None) -> float | None:
    """Of `function` at the fit's coefficients, by the delta method: sqrt(g' V g).

    Args:
        by: (k,) gradient of `function`, if known; else by central differences.

    Returns:
        None without covariance, or where the figure is that of a coefficient at the far end of its link.
    """
    if fit.covariance is None:
        return None
    by = derivative(function, fit.coefficients) if by is None else by
    fixed = fit.covariance.diagonal() >= BOUNDLESS
    free = np.where(fixed, 0.0, by)
    se = math.sqrt(max(float(free @ fit.covariance @ free), 0.0))
    # What hangs on a coefficient of which nothing is known has no error that could be told.
    return None if fixed.any() and se <= float(np.abs(by[fixed]).max()) else se


def delta(
    fit: Fit,
    function: Value,
    *,
    name: str,
    unit: str = "1",
    link: Link = "identity",
    level: float = 0.95,
    by: NDArray[np.float64] | None = None,
) -> Estimate:
    """A figure worked out from the coefficients, with standard error (delta method) and Wald interval.

    Args:
        function: theta (k,) -> the figure.
        link: the scale on which the interval is made.
        by: (k,) its gradient, if known.
    """
    value = float(function(fit.coefficients))
    se = standard_error(fit, function, by)
    low, high = wald(value, se, link, level)
    how = "delta method (Oehlert 1992), Wald" + (f" on the {link} scale" if link != "identity" else "")
    return Estimate(name, value, se, low, high, unit, how, level)


def profile(
    negative: ValueAndGradient, fit: Fit, index: int, *, level: float = 0.95, reach: float = 12.0
) -> tuple[float, float]:
    """Interval of one coefficient by profile likelihood, on its link's scale.

    All values v for which 2 (log L(max) - log L(max | coefficient = v)) <= the chi-square's quantile with one
    degree of freedom (Venzon & Moolgavkar 1988, Applied Statistics 37:87-94). It needs no covariance, so it
    also answers where the estimate lies at the edge: the open side is then infinite.

    Args:
        negative: theta -> (-log L, gradient).
        reach: beyond -reach or reach, on the link's scale, a side counts as open.
    """
    allowed = float(chi2.ppf(level, 1)) / 2
    peak = -fit.log_likelihood
    others = np.delete(np.arange(len(fit.coefficients)), index)
    centre = float(np.clip(fit.coefficients[index], -reach, reach))
    se = None if fit.covariance is None else float(np.sqrt(fit.covariance[index, index]))

    safe = _guarded(negative)

    def side(sign: int) -> float:
        at = fit.coefficients.copy()

        def excess(distance: float) -> float:
            at[index] = centre + sign * distance
            if len(others):

                def inner(free: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
                    at[others] = free
                    value, by = safe(at)
                    return value, by[others]

                found = minimize(inner, at[others], jac=True, method="BFGS", options={"gtol": 1e-4})
                at[others] = found.x
                value = float(found.fun)
            else:
                value = safe(at)[0]
            return value - peak - allowed

        step = min(max(2 * se, 0.05), reach) if se is not None and np.isfinite(se) else 1.0
        room = reach - sign * centre
        near, below = 0.0, -allowed
        far = min(step, room)
        while (above := excess(far)) < 0:
            if far >= room:
                return sign * float("inf")
            near, below, far = far, above, min(2 * far, room)
        return sign * _crossing(excess, near, below, far, above, 1e-3 * max(step, 0.1))

    return centre + side(-1), centre + side(+1)


def _crossing(
    excess: Callable[[float], float], near: float, below: float, far: float, above: float, width: float
) -> float:
    """Where `excess` crosses 0, by the secant that keeps both ends (Illinois: Dowell & Jarratt 1971).

    The ends' values are handed in and never asked for again: an inner optimisation that starts elsewhere may
    end elsewhere, and a root finder that insists on its signs would give up.
    """
    for _ in range(60):
        if far - near <= width:
            break
        at = far - above * (far - near) / (above - below)
        at = min(max(at, near + width / 3), far - width / 3)
        value = excess(at)
        if value < 0:
            near, below, above = at, value, above / 2
        else:
            far, above, below = at, value, below / 2
    return (near + far) / 2


def _guarded(slope: ValueAndGradient) -> ValueAndGradient:
    def safe(theta: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        with np.errstate(all="ignore"):
            value, by = slope(theta)
        if not np.isfinite(value) or not np.isfinite(by).all():
            return FINITE, np.zeros_like(theta)
        return float(value), by

    return safe


def _with_gradient(negative: Value) -> ValueAndGradient:
    def both(theta: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        value = float(negative(theta))
        by = np.empty_like(theta)
        for i, at in enumerate(theta):
            h = 1e-5 * max(abs(at), 1.0)
            move = np.zeros_like(theta)
            move[i] = h
            by[i] = (negative(theta + move) - negative(theta - move)) / (2 * h)
        return value, by

    return both


def _polish(
    safe: ValueAndGradient, value_only: Value | None, theta: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float, NDArray[np.float64], float]:
    """Newton's steps from where BFGS stopped: each is kept only if -log L does not rise.

    Args:
        value_only: -log L where there is no gradient of its own to difference.

    Returns:
        theta, -log L, the information there, and what a further step would gain.
    """
    value, by = safe(theta)
    gain = np.inf
    for _ in range(4):
        with np.errstate(all="ignore"):
            information = (
                hessian(value_only, theta) if value_only is not None else hessian_of_gradient(safe, theta)
            )
        covariance = _inverse(information, theta)
        if covariance is None:
            return theta, value, information, gain
        step = np.where(covariance.diagonal() < BOUNDLESS, covariance @ by, 0.0)
        gain = float(by @ step) / 2
        if gain < 1e-11:
            break
        further, slope = safe(theta - step)
        if further > value:
            break
        theta, value, by = theta - step, further, slope
    return theta, value, information, gain


def _inverse(information: NDArray[np.float64], theta: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """The covariance; None where the information is not positive definite.

    It is scaled to a unit diagonal first, so that units do not matter. Where a coefficient ran to the far end
    of its link, those in which the likelihood became flat are as good as fixed there: the others' covariance
    is that of the model without them, and their own variance boundless.
    """
    diagonal = np.diagonal(information)
    if not np.isfinite(information).all():
        return None
    fixed = (np.abs(diagonal) < 1e-6 * max(float(diagonal.max()), 0.0)) & bool((np.abs(theta) > FAR).any())
    free = ~fixed
    if not free.any() or (diagonal[free] <= 0).any():
        return None
    scale = 1 / np.sqrt(diagonal[free])
    values, vectors = np.linalg.eigh(information[np.ix_(free, free)] * np.outer(scale, scale))
    if values[0] <= FLAT * values[-1]:
        return None
    covariance = np.diag(np.where(fixed, BOUNDLESS, 0.0))
    covariance[np.ix_(free, free)] = (vectors / values) @ vectors.T * np.outer(scale, scale)
    return covariance
