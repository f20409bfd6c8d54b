"""Dynamic occupancy: sites change between seasons, not within them.

    z_i1     ~ Bernoulli(psi_i)                                            logit psi_i     = x_i b
    z_i(t+1) ~ Bernoulli(z_it (1 - ext_it) + (1 - z_it) col_it)            logit col, ext  = covariates
    y_itj | z_it ~ Bernoulli(z_it p_itj)                                   logit p_itj     = w_itj d

The likelihood sums over all histories of z_i, season by season (a hidden Markov chain: forward recursion, and
backward for the gradient). MacKenzie, Nichols, Hines, Knutson & Franklin 2003, Ecology 84:2200-2207;
smoothed occupancy after Weir, Fiske & Royle 2009, Ecol. Appl. 19:391. It assumes what single-season occupancy
assumes, within each season.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit, log_expit

from fieldwatch_cloud.counts.estimate import Finding
from fieldwatch_cloud.counts.fitting import delta, design, maximise, split, unfitted
from fieldwatch_cloud.counts.site_visits import (
    DETECTED_PER_COEFFICIENT,
    Scores,
    SiteFit,
    Visits,
    alarm,
    data_findings,
    dependence_findings,
    edge_findings,
    negative,
    score_test,
    visits,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from fieldwatch_cloud.counts.estimate import Estimate, Fit
    from fieldwatch_cloud.counts.fitting import Design


@dataclass(frozen=True, slots=True)
class DynamicOccupancy(SiteFit):
    """Estimates: `occupancy_season_1` .. (mean psi over the sites), `colonisation`, `extinction`,
    `detection`, `occupancy_growth` (factor a season, from the first to the last).

    Attributes:
        projected: (seasons,) share of sites occupied that the coefficients imply, for sites like these.
        projected_se, projected_low, projected_high: (seasons,) of it; NaN without covariance.
        smoothed: (seasons,) share of these very sites occupied, given all that was seen.
        occupied: (sites, seasons) chance that a site is occupied, given all that was seen there.
    """

    projected: NDArray[np.float64]
    projected_se: NDArray[np.float64]
    projected_low: NDArray[np.float64]
    projected_high: NDArray[np.float64]
    smoothed: NDArray[np.float64]
    occupied: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Parts:
    psi: Design
    col: Design
    ext: Design
    p: Design

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.psi.names, *self.col.names, *self.ext.names, *self.p.names)

    def chances(self, theta: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        """psi (sites,), col and ext (sites, seasons - 1), logit p (sites, seasons, visits)."""
        b, c, e, d = split(theta, self.psi, self.col, self.ext, self.p)
        return [expit(self.psi.eta(b)), expit(self.col.eta(c)), expit(self.ext.eta(e)), self.p.eta(d)]


def dynamic_occupancy(
    y: ArrayLike,
    psi: Design | None = None,
    col: Design | None = None,
    ext: Design | None = None,
    p: Design | None = None,
    *,
    level: float = 0.95,
) -> DynamicOccupancy:
    """Fit by maximum likelihood.

    Args:
        y: (sites, seasons, visits) 1 detected, 0 not, NaN nobody looked; whole seasons may be missing.
        psi: (sites, k) design of presence in the first season; each the intercept alone if None.
        col, ext: (sites, seasons - 1, k) designs of colonisation and extinction after each season.
        p: (sites, seasons, visits, k) design of detection.

    Returns:
        The fit with coefficients `psi(...)`, `col(...)`, `ext(...)`, `p(...)` on the logit scale.

    Raises:
        ValueError: shapes do not fit, y holds other values, or there is one season only.
    """
    shape = np.shape(y)
    if len(shape) != 3 or shape[1] < 2:
        raise ValueError(f"dynamic occupancy needs (sites, 2 or more seasons, visits), not {shape}")
    between = (shape[0], shape[1] - 1)
    parts = _Parts(
        psi or design("psi", shape[:1]),
        col or design("col", between),
        ext or design("ext", between),
        p or design("p", shape),
    )
    data = visits(y, parts.psi, parts.p, binary=True, dimensions=3)
    whole = np.asarray((parts.col.complete & parts.ext.complete).all(axis=1))
    data = Visits(np.where(whole[:, None, None], data.y, 0.0), data.seen & whole[:, None, None])
    findings = data_findings(data, slopes=len(parts.psi.names) - 1)
    if not data.detected.any() or not data.repeated:
        nothing = np.full(shape[1], np.nan)
        fit = unfitted(parts.names, data.sites, *findings)
        nowhere = np.full(shape[:2], np.nan)
        return DynamicOccupancy(fit, nothing, nothing, nothing, nothing, nothing, nowhere)

    def scores(theta: NDArray[np.float64]) -> Scores:
        return _scores(theta, data, parts)[0]

    fit = maximise(negative(scores), _starts(data, parts), parts.names, sites=data.sites, gradient=True)
    at, occupied, moves = _scores(fit.coefficients, data, parts)
    first, gained, lost, eta = parts.chances(fit.coefficients)
    detection = expit(eta)
    used = data.used
    findings += edge_findings(
        fit,
        psi=float(first[used].mean()),
        col=float(gained[used].mean()),
        ext=float(lost[used].mean()),
        p=float(detection[data.seen].mean()),
    )
    findings += _turnover(moves[used])
    residual = np.where(data.seen, data.y - detection, 0.0)
    findings += dependence_findings(data, residual, occupied, at.by)
    if len(parts.p.names) == 1:
        season = np.arange(shape[1])[:, None] - (shape[1] - 1) / 2
        change = (occupied[..., None] * residual * season).sum(axis=(1, 2))
        findings += alarm("dynamic_detection_changes", score_test(change, at.by), two_sided=True)

    seasons = [_projected(fit, parts, used, t, level) for t in range(shape[1])]
    estimates = (*seasons, *_rates(fit, parts, data, level), _growth(fit, parts, used, level))
    fit = replace(fit, estimates=estimates, findings=tuple(findings))
    return DynamicOccupancy(
        fit,
        np.array([each.value for each in seasons]),
        _floats([each.se for each in seasons]),
        _floats([each.low for each in seasons]),
        _floats([each.high for each in seasons]),
        occupied[used].mean(axis=0),
        occupied,
    )


def _scores(
    theta: NDArray[np.float64], data: Visits, parts: _Parts
) -> tuple[Scores, NDArray[np.float64], NDArray[np.float64]]:
    """Forward and backward through the seasons.

    Returns:
        Each site's log L and gradient (Fisher's identity); P(z_it = 1 | all data) (sites, seasons); and the
        chances of the moves (sites, seasons - 1, from, to), state 0 empty and 1 occupied.
    """
    first, gained, lost, eta = parts.chances(theta)
    sites, seasons, _ = data.y.shape
    there = np.where(data.seen, data.y * eta + log_expit(-eta), 0.0).sum(axis=2)
    seen = (data.y > 0).any(axis=2)
    # Divided by the larger of both, so that many visits do not underflow; put back in log L below.
    top = np.where(seen, there, np.maximum(there, 0.0))
    given = np.stack([np.where(seen, 0.0, np.exp(-top)), np.exp(there - top)], axis=2)
    move = np.stack([np.stack([1 - gained, gained], axis=2), np.stack([lost, 1 - lost], axis=2)], axis=2)
    forward = np.empty((sites, seasons, 2))
    scale = np.empty((sites, seasons))
    before = np.stack([1 - first, first], axis=1)
    for t in range(seasons):
        joint = before * given[:, t]
        scale[:, t] = joint.sum(axis=1)
        forward[:, t] = joint / scale[:, t, None]
        if t < seasons - 1:
            before = np.einsum("sf,sft->st", forward[:, t], move[:, t])
    backward = np.ones((sites, seasons, 2))
    moves = np.empty((sites, seasons - 1, 2, 2))
    for t in range(seasons - 2, -1, -1):
        ahead = given[:, t + 1] * backward[:, t + 1] / scale[:, t + 1, None]
        backward[:, t] = np.einsum("sft,st->sf", move[:, t], ahead)
        moves[:, t] = forward[:, t, :, None] * move[:, t] * ahead[:, None, :]
    occupied = (forward * backward)[:, :, 1]
    used = data.used
    log_likelihood = np.where(used, (np.log(scale) + top).sum(axis=1), 0.0)
    by_col = moves[:, :, 0, 1] - moves[:, :, 0].sum(axis=2) * gained
    by_ext = moves[:, :, 1, 0] - moves[:, :, 1].sum(axis=2) * lost
    by_p = np.where(data.seen, occupied[:, :, None] * (data.y - expit(eta)), 0.0)
    by = [
        parts.psi.pull_sites(np.where(used, occupied[:, 0] - first, 0.0)),
        parts.col.pull_sites(np.where(used[:, None], by_col, 0.0)),
        parts.ext.pull_sites(np.where(used[:, None], by_ext, 0.0)),
        parts.p.pull_sites(by_p),
    ]
    return Scores(log_likelihood, np.concatenate(by, axis=1)), occupied, moves


def _starts(data: Visits, parts: _Parts) -> list[NDArray[np.float64]]:
    """From the share of sites where it was seen, and moderate turnover; and from nothing."""
    start = np.zeros(len(parts.names))
    ends = np.cumsum([0, len(parts.psi.names), len(parts.col.names), len(parts.ext.names)])
    share = np.clip((data.y[:, 0] > 0).any(axis=1).sum() / max(data.sites, 1), 0.05, 0.9)
    start[ends[0]] = np.log(share / (1 - share))
    start[ends[1]] = start[ends[2]] = -1.0
    return [start, np.zeros(len(parts.names))]


def _turnover(moves: NDArray[np.float64]) -> list[Finding]:
    """Colonisations and extinctions that the data hold, in expectation; few carry little (Peduzzi 1996)."""
    return [
        Finding(code, "caution", {"events": events, "least": DETECTED_PER_COEFFICIENT})
        for code, events in (
            ("dynamic_few_colonisations", float(moves[:, :, 0, 1].sum())),
            ("dynamic_few_extinctions", float(moves[:, :, 1, 0].sum())),
        )
        if events < DETECTED_PER_COEFFICIENT
    ]


def _course(theta: NDArray[np.float64], parts: _Parts, used: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(seasons,) psi_(t+1) = psi_t (1 - ext_t) + (1 - psi_t) col_t, mean over the sites."""
    now, gained, lost, _ = parts.chances(theta)
    course = [now[used].mean()]
    for t in range(gained.shape[1]):
        now = now * (1 - lost[:, t]) + (1 - now) * gained[:, t]
        course.append(now[used].mean())
    return np.array(course)


def _projected(fit: Fit, parts: _Parts, used: NDArray[np.bool_], season: int, level: float) -> Estimate:
    return delta(
        fit,
        lambda theta: float(_course(theta, parts, used)[season]),
        name=f"occupancy_season_{season + 1}",
        link="logit",
        level=level,
    )


def _rates(fit: Fit, parts: _Parts, data: Visits, level: float) -> list[Estimate]:
    used = data.used

    def mean(index: int) -> Estimate:
        name = ("", "colonisation", "extinction")[index]
        return delta(
            fit,
            lambda theta: float(parts.chances(theta)[index][used].mean()),
            name=name,
            link="logit",
            level=level,
        )

    detection = delta(
        fit,
        lambda theta: float(expit(parts.chances(theta)[3])[data.seen].mean()),
        name="detection",
        link="logit",
        level=level,
    )
    return [mean(1), mean(2), detection]


def _growth(fit: Fit, parts: _Parts, used: NDArray[np.bool_], level: float) -> Estimate:
    """Geometric mean of the factors psi_(t+1) / psi_t, the rate of change of MacKenzie et al. 2003."""

    def factor(theta: NDArray[np.float64]) -> float:
        course = _course(theta, parts, used)
        return float((course[-1] / course[0]) ** (1 / (len(course) - 1)))

    return delta(fit, factor, name="occupancy_growth", link="log", level=level)


def _floats(values: list[float | None]) -> NDArray[np.float64]:
    return np.array([np.nan if value is None else value for value in values])
