"""Trends of counts at sites that are visited year after year, not all of them every year (TRIM).

    log E(count at site i in year j) = log effort_ij + site_i + time effect_j

Model 1 has no time effect, model 2 a constant rate of growth, model 3 an effect for each year. Site effects
take up that some places always have more; a year's index then compares like with like. Counts that vary by
more than chance (overdispersion) and go together from year to year (serial correlation) widen the errors:
generalised estimating equations (Liang & Zeger 1986). After Pannekoek & van Strien 2005, TRIM 3 Manual,
Statistics Netherlands, chapter 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.stats import chi2, norm, t

from fieldwatch_cloud.counts.estimate import Estimate, Finding
from fieldwatch_cloud.counts.methods.trend_equations import Equations, Totals

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

Model = Literal[1, 2, 3]
METHOD = "TRIM: Poisson log-linear with site effects (Pannekoek & van Strien 2005)"
GEE = "TRIM by generalised estimating equations: overdispersion and serial correlation"
SANDWICH = GEE + "; widened by the differences between sites (sandwich, Liang & Zeger 1986)"
LEAST_PERIODS = 5
"""The project's: a slope over fewer has next to no degrees of freedom left for its deviations."""
STRAINED = 2.0
"""Overdispersion from which the verdict speaks of it; a Poisson count has 1."""


@dataclass(frozen=True, slots=True)
class Trend:
    """A fitted trend.

    Attributes:
        coefficients: (k,) time effects: none, the slope, or log index of periods 2, 3, ...
        model: totals of fitted counts alone.
        imputed: what was counted where it was counted, the model elsewhere.
        chi_square, freedom: Pearson's; over each other they are the overdispersion.
        likelihood_ratio: against the saturated model, as TRIM prints it.
        serial_correlation: of residuals one period apart; 0 where not estimated.
    """

    coefficients: Array
    covariance: Array
    model: Totals
    imputed: Totals
    chi_square: float
    likelihood_ratio: float
    freedom: int
    overdispersion: float
    serial_correlation: float
    estimates: tuple[Estimate, ...]
    findings: tuple[Finding, ...]

    @property
    def standard_errors(self) -> Array:
        return np.asarray(np.sqrt(self.covariance.diagonal()))

    @property
    def aic(self) -> float:
        """Up to a constant, as TRIM prints it: the likelihood ratio less twice its degrees of freedom."""
        return self.likelihood_ratio - 2 * self.freedom

    def deviations(self) -> tuple[float, int, float]:
        """Wald test of model 3 that all periods lie on one line: statistic, degrees of freedom, p.

        Raises:
            ValueError: another model was fitted.
        """
        periods = len(self.model.total)
        if len(self.coefficients) != periods - 1 or periods < 3:
            raise ValueError("deviations from a line are tested with model 3 and three periods or more")
        line = np.column_stack([np.ones(periods), np.arange(periods)])
        off = (np.eye(periods) - line @ np.linalg.pinv(line))[:, 1:]
        apart = off @ self.coefficients
        statistic = float(apart @ np.linalg.pinv(off @ self.covariance @ off.T, rcond=1e-10) @ apart)
        return statistic, periods - 2, float(chi2.sf(statistic, periods - 2))


def trim(
    counts: ArrayLike,
    model: Model = 3,
    *,
    effort: ArrayLike | None = None,
    overdispersion: bool = False,
    serial_correlation: bool = False,
    level: float = 0.95,
) -> Trend:
    """Fit a TRIM model.

    Args:
        counts: (sites, periods), NaN where a site was not visited in a period.
        model: 1 no change, 2 linear on the log scale, 3 an effect of every period.
        effort: (sites, periods) by which expected counts grow, e.g. camera-days; NaN or 0 where not visited.
            Totals then stand for one unit of effort at each site, and observed counts are divided by it.
        overdispersion, serial_correlation: estimate them (generalised estimating equations); without both it
            is maximum likelihood.

    Returns:
        The estimate `trend` is the growth factor per period: exp of the overall slope of the imputed totals,
        which TRIM recommends. The series are in `imputed` and `model`.

    Raises:
        ValueError: shapes; negative counts; a period without any count (model 3 cannot tell it); fewer
            counts than parameters; no convergence.
    """
    y, offset = _checked(counts, effort)
    kept = np.nansum(y, axis=1) > 0
    design = _design(y.shape[1], model)
    if not kept.any():
        raise ValueError("no positive count at any site")
    y, offset = y[kept], offset[kept]
    if model == 3 and not (np.nansum(y, axis=0) > 0).all():
        raise ValueError("model 3 needs a positive count in every period")
    freedom = int((~np.isnan(y)).sum()) - len(y) - design.shape[1]
    if freedom < 1:
        raise ValueError("fewer counts than parameters: too few sites were visited more than once")
    fit = Equations(y, offset, design)
    fit.solve(overdispersion=overdispersion, serial=serial_correlation, freedom=freedom)
    model_totals, imputed = fit.totals(imputed=False), fit.totals(imputed=True)
    far = float(norm.ppf((1 + level) / 2)) if not overdispersion else float(t.ppf((1 + level) / 2, freedom))
    findings = _check(y, fit.goodness()[0] / freedom, estimated=overdispersion, dropped=int((~kept).sum()))
    slope_se, method = imputed.slope_se, GEE if overdispersion or serial_correlation else METHOD
    if overdispersion and model != 1 and fit.variance_grows():
        slope_se, method = slope_se * fit.between_sites(), SANDWICH
        findings = (*findings, Finding("variance_grows", "caution"))
    low, high = imputed.slope - far * slope_se, imputed.slope + far * slope_se
    growth = Estimate(
        "trend",
        float(np.exp(imputed.slope)),
        float(np.exp(imputed.slope)) * slope_se,
        float(np.exp(low)),
        float(np.exp(high)),
        "1",
        method,
        level,
    )
    chi_square, ratio = fit.goodness()
    return Trend(
        fit.beta,
        fit.covariance,
        model_totals,
        imputed,
        chi_square,
        ratio,
        freedom,
        fit.sigma2,
        fit.rho,
        (growth,),
        findings,
    )


def _checked(counts: ArrayLike, effort: ArrayLike | None) -> tuple[Array, Array]:
    """Counts with NaN where there is no effort, and log effort (0 without)."""
    y = np.array(counts, dtype=np.float64)
    if y.ndim != 2 or y.shape[1] < 2:
        raise ValueError(f"counts {y.shape} must be (sites, periods) with two periods or more")
    if (y < 0).any():
        raise ValueError("counts cannot be negative")
    if effort is None:
        return y, np.zeros_like(y)
    looked = np.nan_to_num(np.asarray(effort, dtype=np.float64))
    if looked.shape != y.shape:
        raise ValueError(f"effort {looked.shape} and counts {y.shape} differ in shape")
    y[looked <= 0] = np.nan
    return y, np.log(np.where(looked > 0, looked, 1.0))


def _design(periods: int, model: Model) -> Array:
    """(periods, k) of the time effects; the first period is the base."""
    if model == 1:
        return np.zeros((periods, 0))
    return np.arange(periods, dtype=np.float64)[:, None] if model == 2 else np.eye(periods)[:, 1:]


def _check(y: Array, dispersion: float, *, estimated: bool, dropped: int) -> tuple[Finding, ...]:
    found = []
    sites, periods = y.shape
    if periods < LEAST_PERIODS:
        found.append(Finding("few_periods", "caution", {"periods": periods, "least": LEAST_PERIODS}))
    if (once := int(((~np.isnan(y)).sum(axis=1) == 1).sum())) > sites / 2:
        found.append(Finding("no_repeat_visits", "caution", {"once": once, "sites": sites}))
    if (missing := float(np.isnan(y).mean())) > 0.5:
        found.append(Finding("mostly_imputed", "caution", {"share": missing}))
    largest = float(np.nansum(y, axis=1).max() / np.nansum(y))
    if sites > 2 and largest > 0.5:
        found.append(Finding("one_site_dominates", "caution", {"share": largest}))
    if dispersion > STRAINED:
        if estimated:
            found.append(Finding("trend_overdispersed", "note", {"dispersion": dispersion}))
        else:
            found.append(Finding("trend_too_certain", "unfit", {"dispersion": dispersion}))
    if dropped:
        found.append(Finding("sites_never_seen", "note", {"sites": dropped}))
    return tuple(found)
