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
from scipy.stats import chi2, linregress, norm, t

from fieldwatch_cloud.counts.estimate import Estimate, Finding

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Array = NDArray[np.float64]

Model = Literal[1, 2, 3]
METHOD = "TRIM: Poisson log-linear with site effects (Pannekoek & van Strien 2005)"
GEE = "TRIM by generalised estimating equations: overdispersion and serial correlation"
SANDWICH = GEE + "; widened by the differences between sites (sandwich, Liang & Zeger 1986)"
GROWS = 0.01
"""Level of the test that residuals grow with the mean."""
MOST_STEPS, SMALL = 200, 1e-9
LEAST_PERIODS = 5
"""The project's: a slope over fewer has next to no degrees of freedom left for its deviations."""
STRAINED = 2.0
"""Overdispersion from which the verdict speaks of it; a Poisson count has 1."""
_FIRST_ROUNDS = 3
"""By maximum likelihood, before overdispersion and correlation are estimated."""


@dataclass(frozen=True, slots=True)
class Totals:
    """Per period: sums over all sites, and the same against the first period."""

    total: Array
    total_se: Array
    index: Array
    index_se: Array
    slope: float
    """Of log(total) over time, by ordinary least squares: the overall slope, per period."""
    slope_se: float


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
    fit = _Equations(y, offset, design)
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


class _Equations:
    """The estimating equations, their solution, and what follows from it.

    With D = diag(mu_i) and V_i = sigma2 * D^½ R(rho) D^½ over a site's visits, Omega_i = D V_i^-1 D, and site
    effects profiled out, the time effects solve  sum_i X_i' Omega_i D^-1 (y_i - mu_i) = 0  with X_i = B_i -
    1 F_i, F_i = 1'Omega_i B_i / 1'Omega_i 1; their covariance is (sum_i X_i' Omega_i X_i)^-1 (TRIM 3 Manual,
    section 2.4).
    """

    def __init__(self, y: Array, offset: Array, design: Array) -> None:
        self.y, self.offset, self.design = y, offset, design
        self.visits = [np.flatnonzero(~np.isnan(row)) for row in y]
        self.beta = np.zeros(design.shape[1])
        self.alpha = np.log(
            np.nansum(y, axis=1) / np.nansum(np.where(np.isnan(y), 0, np.exp(offset)), axis=1)
        )
        self.sigma2, self.rho = 1.0, 0.0
        self.covariance: Array = np.zeros((len(self.beta),) * 2)

    @property
    def mu(self) -> Array:
        """(sites, periods) expected for the effort that was made."""
        return np.asarray(np.exp(self.offset + self.alpha[:, None] + self.design @ self.beta))

    def solve(self, *, overdispersion: bool, serial: bool, freedom: int) -> None:
        for step in range(MOST_STEPS):
            before = np.append(self.beta, [self.sigma2, self.rho])
            self._site_effects()
            self._time_effects()
            if step >= _FIRST_ROUNDS:
                self._nuisance(overdispersion=overdispersion, serial=serial, freedom=freedom)
            after = np.append(self.beta, [self.sigma2, self.rho])
            if step > _FIRST_ROUNDS and np.abs(after - before).max() < SMALL:
                self._site_effects()
                return
        raise ValueError(f"the trend's equations did not settle within {MOST_STEPS} steps")

    def _precision(self, mu: Array, at: NDArray[np.intp]) -> Array:
        """V^-1 over a site's visits."""
        root = np.sqrt(mu)
        correlation = self.rho ** np.abs(at[:, None] - at) if self.rho else np.eye(len(at))
        return np.asarray(np.linalg.inv(correlation) / (self.sigma2 * np.outer(root, root)))

    def _site_effects(self) -> None:
        mu = self.mu
        for site, at in enumerate(self.visits):
            weight = mu[site, at] @ self._precision(mu[site, at], at)
            self.alpha[site] += np.log(weight @ self.y[site, at] / (weight @ mu[site, at]))

    def _parts(self, site: int, at: NDArray[np.intp], mu: Array) -> tuple[Array, float, Array]:
        """Omega_i, 1'Omega_i 1, F_i."""
        here = mu[site, at]
        omega = here[:, None] * self._precision(here, at) * here
        weight = float(omega.sum())
        return omega, weight, np.asarray(omega.sum(axis=0) @ self.design[at] / weight)

    def _time_effects(self) -> None:
        mu, k = self.mu, len(self.beta)
        information, score = np.zeros((k, k)), np.zeros(k)
        for site, at in enumerate(self.visits):
            omega, _, f = self._parts(site, at, mu)
            x = self.design[at] - f
            information += x.T @ omega @ x
            score += x.T @ omega @ ((self.y[site, at] - mu[site, at]) / mu[site, at])
        self.covariance = np.asarray(np.linalg.inv(information) if k else information)
        self.beta = self.beta + self.covariance @ score

    def _nuisance(self, *, overdispersion: bool, serial: bool, freedom: int) -> None:
        self._site_effects()
        residual = (self.y - self.mu) / np.sqrt(self.mu)
        if overdispersion:
            self.sigma2 = float(np.nansum(residual**2)) / freedom
        if serial:
            pairs = residual[:, 1:] * residual[:, :-1]
            number = int((~np.isnan(pairs)).sum())
            if number:
                spread = self.sigma2 if overdispersion else float(np.nansum(residual**2)) / freedom
                self.rho = float(np.clip(np.nansum(pairs) / (number * spread), 0.0, 0.99))

    def goodness(self) -> tuple[float, float]:
        """Pearson's chi-square, and TRIM's likelihood ratio 2 sum y log(y / mu): under maximum likelihood the
        deviance, as fitted and counted sums then agree."""
        mu, y = self.mu, self.y
        ratio = np.where(y > 0, y * np.log(np.where(y > 0, y, 1) / mu), 0.0)
        return float(np.nansum((y - mu) ** 2 / mu)), 2 * float(np.nansum(ratio))

    def variance_grows(self) -> bool:
        """Whether large counts stray from the model by more than its variance, which is proportional to the
        mean, allows: Pearson's residuals, as sizes, regressed on the log mean (Breusch & Pagan 1979)."""
        seen = ~np.isnan(self.y)
        mean = self.mu[seen]
        size = np.abs(self.y[seen] - mean) / np.sqrt(mean)
        if np.ptp(np.log(mean)) < SMALL:
            return False
        line = linregress(np.log(mean), size)
        return bool(line.slope > 0 and line.pvalue < GROWS)

    def between_sites(self) -> float:
        """By how much the overall slope's error grows, at least 1, if taken from how sites differ instead
        of the model's variance (Liang & Zeger 1986, theorem 2; n / (n - 1) for few sites)."""
        mu, k = self.mu, len(self.beta)
        meat = np.zeros((k, k))
        for site, at in enumerate(self.visits):
            omega, _, f = self._parts(site, at, mu)
            residual = (self.y[site, at] - mu[site, at]) / mu[site, at]
            score = (self.design[at] - f).T @ omega @ residual
            meat += np.outer(score, score)
        line = np.column_stack([np.ones(len(self.design)), np.arange(len(self.design))])
        contrast = np.linalg.pinv(line)[1] @ self.design @ self.covariance
        sites = len(self.visits)
        between = sites / (sites - 1) * float(contrast @ meat @ contrast)
        by_model = float(contrast @ np.linalg.inv(self.covariance) @ contrast)
        return float(max(between / by_model, 1.0)) ** 0.5

    def totals(self, *, imputed: bool) -> Totals:
        """Sums over sites for one unit of effort each, and their covariance, to first order.

        A change of the counts moves site effects by  e_i / (1'Omega_i 1) - F_i db  and time effects by  db,
        where e_i = 1'Omega_i D^-1 (y - mu) is independent of db and of other sites. What was counted stands
        for itself in the imputed totals, and is correlated with both.
        """
        mu, periods, k = (
            np.exp(self.alpha[:, None] + self.design @ self.beta),
            self.y.shape[1],
            len(self.beta),
        )
        per_effort = np.exp(-self.offset)
        gone = np.isnan(self.y)
        from_model = np.where(gone, mu, 0.0) if imputed else mu
        seen = np.where(gone, 0.0, np.nan_to_num(self.y) * per_effort) if imputed else np.zeros_like(mu)
        covariance, towards = np.zeros((periods, periods)), np.zeros((periods, k))
        expected = self.mu
        for site, at in enumerate(self.visits):
            _, weight, f = self._parts(site, at, expected)
            mine = from_model[site]
            covariance += np.outer(mine, mine) / weight
            towards += mine[:, None] * (self.design - f)
            if imputed:
                here = expected[site, at] * per_effort[site, at]
                spread = np.linalg.inv(self._precision(expected[site, at], at))
                covariance[np.ix_(at, at)] += spread * np.outer(per_effort[site, at], per_effort[site, at])
                shared = np.zeros(periods)
                shared[at] = here / weight
                covariance += np.outer(shared, mine) + np.outer(mine, shared)
        if k:
            with_seen = np.zeros((periods, k))
            if imputed:
                for site, at in enumerate(self.visits):
                    _, _, f = self._parts(site, at, expected)
                    here = expected[site, at] * per_effort[site, at]
                    with_seen[at] += here[:, None] * (self.design[at] - f)
            crossed = with_seen @ self.covariance @ towards.T
            covariance += towards @ self.covariance @ towards.T + crossed + crossed.T
        total = from_model.sum(axis=0) + seen.sum(axis=0)
        index_by = np.column_stack([-total / total[0] ** 2, np.full(periods, 1 / total[0])])
        index_by[0] = 0
        index_var = [index_by[j] @ covariance[np.ix_([0, j], [0, j])] @ index_by[j] for j in range(periods)]
        line = np.column_stack([np.ones(periods), np.arange(periods)])
        weights = np.linalg.pinv(line)[1]
        of_logs = covariance / np.outer(total, total)
        return Totals(
            total,
            np.sqrt(covariance.diagonal()),
            total / total[0],
            np.sqrt(np.maximum(index_var, 0)),
            float(weights @ np.log(total)),
            float(np.sqrt(weights @ of_logs @ weights)),
        )
