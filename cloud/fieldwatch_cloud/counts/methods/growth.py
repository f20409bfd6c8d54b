"""The plain trend: counts with effort, one growth rate, no site effects.

    log E(count) = log effort + intercept + growth * time

For one camera, or an area whose counts are summed per period. Where sites come and go use `trend.trim`: a new
site with many animals would pass for growth here.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm, t

from fieldwatch_cloud.counts.estimate import Estimate, Finding
from fieldwatch_cloud.counts.methods.trend import LEAST_PERIODS

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

Family = Literal["quasi-poisson", "negative-binomial"]
METHODS: dict[Family, str] = {
    "quasi-poisson": "quasi-Poisson GLM with effort as offset (Wedderburn 1974), Student's t",
    "negative-binomial": "negative binomial GLM with effort as offset, dispersion by Pearson's moment "
    "equation (Breslow 1984), Student's t",
}
MOST_ALPHA = 1e3


@dataclass(frozen=True, slots=True)
class Growth:
    names: tuple[str, str]
    coefficients: NDArray[np.float64]
    """(2,) intercept (log rate at time 0), growth per unit of time on the log scale."""
    covariance: NDArray[np.float64]
    dispersion: float
    """Quasi-Poisson: variance over mean. Negative binomial: alpha of variance = mean + alpha mean²."""
    estimates: tuple[Estimate, ...]
    """`trend`: growth factor per unit of time."""
    findings: tuple[Finding, ...]


def growth(
    counts: ArrayLike,
    effort: ArrayLike,
    times: ArrayLike,
    family: Family = "quasi-poisson",
    level: float = 0.95,
) -> Growth:
    """Fit one growth rate.

    Args:
        counts: (n,) events or individuals of a period (and site).
        effort: (n,) camera-days; periods with 0 or NaN are left out: nobody looked, that is no zero.
        times: (n,) in periods, e.g. years.

    Raises:
        ValueError: shapes, negative counts, fewer than three counts with effort, one time only, or nothing
            but zeros.
    """
    import statsmodels.api as sm
    from statsmodels.tools.sm_exceptions import PerfectSeparationWarning

    y, days, when = (np.asarray(each, dtype=np.float64) for each in (counts, effort, times))
    if not y.shape == days.shape == when.shape or y.ndim != 1:
        raise ValueError(f"counts {y.shape}, effort {days.shape} and times {when.shape} must be alike")
    looked = (np.nan_to_num(days) > 0) & ~np.isnan(y)
    y, days, when = y[looked], days[looked], when[looked]
    if len(y) < 3 or len(set(when)) < 2 or (y < 0).any() or not y.any():
        raise ValueError("a trend needs three counts or more with effort, at two times or more, not all zero")
    design, offset, freedom = np.column_stack([np.ones(len(y)), when]), np.log(days), len(y) - 2

    def fitted(alpha: float) -> Any:
        kind = sm.families.NegativeBinomial(alpha=alpha) if alpha else sm.families.Poisson()
        with warnings.catch_warnings():
            # Counts that lie on the line are no fault here: they are not successes and failures.
            warnings.simplefilter("ignore", PerfectSeparationWarning)
            return sm.GLM(y, design, offset=offset, family=kind).fit(scale=1.0)

    plain = fitted(0.0)
    dispersion = float(plain.pearson_chi2) / freedom
    if family == "quasi-poisson":
        # Never below 1: that counts are more even than chance would have them is not to be relied upon.
        model, scale = plain, max(dispersion, 1.0)
        known = dispersion <= 1
    else:
        dispersion = _alpha(fitted, freedom)
        model, scale, known = fitted(dispersion), 1.0, dispersion == 0
    covariance = np.asarray(model.cov_params(), dtype=np.float64) * scale
    slope, se = float(model.params[1]), float(covariance[1, 1]) ** 0.5
    # Student's t pays for a dispersion that was estimated; a Poisson's is known.
    far = float((norm.ppf if known else partial(t.ppf, df=freedom))((1 + level) / 2)) * se
    low, value, high = np.exp([slope - far, slope, slope + far])
    estimate = Estimate(
        "trend", float(value), float(value) * se, float(low), float(high), "1", METHODS[family], level
    )
    found = []
    if (periods := len(set(when))) < LEAST_PERIODS:
        found.append(Finding("few_periods", "caution", {"periods": periods, "least": LEAST_PERIODS}))
    return Growth(
        ("rate(Int)", "rate(time)"),
        np.asarray(model.params, dtype=np.float64),
        covariance,
        dispersion,
        (estimate,),
        tuple(found),
    )


def _alpha(fitted: Any, freedom: int) -> float:
    """The alpha with which Pearson's chi-square is what it should be; 0 where a Poisson has no more."""

    def excess(alpha: float) -> float:
        return float(fitted(alpha).pearson_chi2) / freedom - 1

    if excess(0.0) <= 0 or excess(MOST_ALPHA) > 0:
        return 0.0 if excess(0.0) <= 0 else MOST_ALPHA
    return float(brentq(excess, 0.0, MOST_ALPHA, xtol=1e-8))
