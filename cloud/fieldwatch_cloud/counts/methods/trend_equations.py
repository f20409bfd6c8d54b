"""TRIM's estimating equations, their solution, and what follows from it: see `trend` for the models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import linregress

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

GROWS = 0.01
"""Level of the test that residuals grow with the mean."""
MOST_STEPS, SMALL = 200, 1e-9
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


class Equations:
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
        return float(np.sqrt(max(between / by_model, 1.0)))

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
