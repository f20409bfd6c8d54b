"""Data by site and visit, and what a model of a hidden state at each site says of them.

Occupancy, Royle-Nichols, N-mixture and their kin differ in what is hidden (present or not, how many) and in
what a visit tells of it. What they share is here: which visits count, the score of each site by Fisher's
identity (Fisher 1925; the gradient of log L is the expected gradient of the complete data's, given the data),
and tests of assumptions that need nothing more than those scores.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import norm

from fieldwatch_cloud.counts.estimate import Finding

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    from fieldwatch_cloud.counts.estimate import Estimate, Fit, Severity
    from fieldwatch_cloud.counts.fitting import Design

FEWEST_SITES = 20
"""The smallest study in the simulations of MacKenzie et al. 2002 (Ecology 83:2248); below, bias is common."""
UNFIT_SITES = 10
"""Half of that (ours): a share of fewer sites says where cameras stood, and nothing of the area."""
ENOUGH_SITES = 40
"""40 to 60 cameras are needed for precise occupancy (Kays et al. 2020, Methods Ecol. Evol. 11:700)."""
DETECTED_PER_COEFFICIENT = 10
"""Events per coefficient of a logistic regression (Peduzzi et al. 1996, J. Clin. Epidemiol. 49:1373)."""
LOW_DETECTION = 0.15
"""A visit's detection probability below which estimates scatter widely (MacKenzie et al. 2002; MacKenzie &
Royle 2005)."""
LOW_CUMULATIVE = 0.8
"""Chance to detect the species at an occupied site at all, over all visits: designs are best where it is 0.85
to 0.95 (MacKenzie & Royle 2005, J. Appl. Ecol. 42:1105), and estimates run to 1 where it is low
(Guillera-Arroita, Ridout & Morgan 2010, Methods Ecol. Evol. 1:131)."""
EDGE = 0.005
"""A mean chance closer than this to 0 or 1 lies at the edge of what can be estimated."""
ALARM = 0.01
"""Significance at which a test of an assumption is told: one false alarm in a hundred sound data sets."""


@dataclass(frozen=True, slots=True)
class Visits:
    """What was seen, site by site.

    Attributes:
        y: (sites, ...) observations, 0 where nobody looked.
        seen: (sites, ...) whether the visit counts: somebody looked, and no covariate is missing.
    """

    y: NDArray[np.float64]
    seen: NDArray[np.bool_]

    @property
    def used(self) -> NDArray[np.bool_]:
        """(sites,) where at least one visit counts."""
        return np.asarray(self.seen.reshape(len(self.seen), -1).any(axis=1))

    @property
    def sites(self) -> int:
        return int(self.used.sum())

    @property
    def detected(self) -> NDArray[np.bool_]:
        """(sites,) where the species was seen at least once."""
        return np.asarray((self.y > 0).reshape(len(self.y), -1).any(axis=1))

    @property
    def visits_per_site(self) -> float:
        """Mean over the sites used."""
        return float(self.seen.sum() / max(self.sites, 1))

    @property
    def repeated(self) -> bool:
        """Whether a site was visited twice in a season: else presence and detection cannot be told apart."""
        return bool((self.seen.sum(axis=-1) >= 2).any())


def visits(y: ArrayLike, *designs: Design, binary: bool, dimensions: int = 2) -> Visits:
    """Check and mask observations.

    Args:
        y: (sites, visits) or, with 3 dimensions, (sites, seasons, visits); NaN where nobody looked.
        designs: whose missing covariates make visits (or whole sites) missing.
        binary: 0 and 1 only, else whole numbers from 0.

    Raises:
        ValueError: another shape, or other values.
    """
    given = np.asarray(y, dtype=float)
    if given.ndim != dimensions or 0 in given.shape:
        raise ValueError(f"observations need {dimensions} dimensions, none of them empty: {given.shape}")
    seen = ~np.isnan(given)
    values = given[seen]
    if (values < 0).any() or (values != np.floor(values)).any() or (binary and (values > 1).any()):
        raise ValueError("detections are 0, 1 or NaN" if binary else "counts are whole numbers or NaN")
    for each in designs:
        complete = each.complete
        seen &= complete.reshape(complete.shape + (1,) * (given.ndim - complete.ndim))
    return Visits(np.where(seen, given, 0.0), seen)


@dataclass(frozen=True, slots=True)
class Scores:
    """A model at some coefficients.

    Attributes:
        log_likelihood: (sites,).
        by: (sites, k) gradient of each site's log-likelihood.
    """

    log_likelihood: NDArray[np.float64]
    by: NDArray[np.float64]


def negative(
    scores: Callable[[NDArray[np.float64]], Scores],
) -> Callable[[NDArray[np.float64]], tuple[float, NDArray[np.float64]]]:
    """-log L and its gradient, for `fitting.maximise`."""

    def of(theta: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        at = scores(theta)
        return -float(at.log_likelihood.sum()), -at.by.sum(axis=0)

    return of


@dataclass(frozen=True, slots=True)
class SiteFit:
    """What the methods over sites and visits answer: the fit, and figures of each site."""

    fit: Fit

    @property
    def estimates(self) -> tuple[Estimate, ...]:
        return self.fit.estimates

    @property
    def findings(self) -> tuple[Finding, ...]:
        return self.fit.findings


def score_test(direction: NDArray[np.float64], scores: NDArray[np.float64]) -> float:
    """z of Rao's score test for one further parameter that is zero under the model that was fitted.

    The variance is the empirical one of the sites' efficient scores: what is left of `direction` after
    regression on the scores of the fitted coefficients (outer product of gradients: Rao 1948; Davidson &
    MacKinnon 1983). Nothing is fitted anew. Standard normal under the model; above 0 where the parameter is.

    Args:
        direction: (sites,) derivative of each site's log-likelihood by the further parameter, at the fit.
        scores: (sites, k) derivatives by the fitted ones.

    Returns:
        0 where the data cannot tell: hardly more sites than coefficients, or nothing is left over.
    """
    total, spread = efficient_score(direction, scores)
    return total / spread if spread > 0 else 0.0


def efficient_score(direction: NDArray[np.float64], scores: NDArray[np.float64]) -> tuple[float, float]:
    """The score of a further parameter, and its standard deviation given the fitted ones; see `score_test`.

    Returns:
        The deviation is 0 where the data cannot tell.
    """
    total = float(direction.sum())
    if len(direction) <= 2 * scores.shape[1]:
        return total, 0.0
    rest = direction - scores @ np.linalg.lstsq(scores, direction, rcond=1e-10)[0]
    spread = float(np.sqrt((rest**2).sum()))
    identified = spread > max(1e-6 * float(np.sqrt((direction**2).sum())), 1e-4)
    return (float(rest.sum()), spread) if identified else (total, 0.0)


def alarm(
    code: str, z: float, *, two_sided: bool = False, level: float = ALARM, **figures: float | str
) -> list[Finding]:
    """A caution where a score test rejects."""
    p = float(2 * norm.sf(abs(z)) if two_sided else norm.sf(z))
    return [Finding(code, "caution", {"z": z, "chance": p, **figures})] if p < level else []


def data_findings(data: Visits, slopes: int = 0) -> list[Finding]:
    """What the data say before any model: too few sites, no repeats, nothing or too little seen.

    Args:
        slopes: covariates of the hidden state.
    """
    found = []
    sites, detected = data.sites, int(data.detected.sum())
    if not sites:
        return [Finding("model_no_repeats", "unfit")]  # Nobody looked for long enough: no more to say.
    if sites < ENOUGH_SITES:
        severity: Severity = "unfit" if sites < UNFIT_SITES else "caution" if sites < FEWEST_SITES else "note"
        found.append(Finding("model_few_sites", severity, {"sites": sites, "least": ENOUGH_SITES}))
    if not data.repeated:
        found.append(Finding("model_no_repeats", "unfit"))
    least = DETECTED_PER_COEFFICIENT * max(slopes, 1)
    if not detected:
        found.append(Finding("model_no_detections", "unfit", {"sites": sites}))
    elif detected < least:
        found.append(Finding("model_few_detections", "caution", {"detected": detected, "least": least}))
    if detected and not 0.05 < detected / sites <= 0.95:
        at_all = "model_seen_nearly_nowhere" if detected / sites <= 0.05 else "model_seen_nearly_everywhere"
        found.append(Finding(at_all, "note", {"detected": detected, "sites": sites}))
    return found


def detection_findings(data: Visits, detection: NDArray[np.float64]) -> list[Finding]:
    """Whether an occupied site would be noticed.

    Args:
        detection: (sites, visits) chance that a visit detects the species where it is.
    """
    p = float(detection[data.seen].mean())
    missed = np.where(data.seen, 1 - detection, 1.0).prod(axis=1)[data.used]
    cumulative = float(1 - missed.mean())
    figures = {"p": p, "cumulative": cumulative, "visits": data.visits_per_site, "least": LOW_CUMULATIVE}
    if cumulative < LOW_CUMULATIVE:
        return [Finding("model_low_detection", "caution", figures)]
    if p < LOW_DETECTION:
        return [Finding("model_low_detection_many_visits", "note", figures)]
    return []


def edge_findings(fit: Fit, **chances: float) -> list[Finding]:
    """Whether the fit stands on firm ground: inside its edges, and at a real maximum.

    Args:
        chances: part of the model -> its mean chance.
    """
    found = [
        Finding("model_at_edge", "caution", {"part": part, "value": value})
        for part, value in chances.items()
        if not EDGE < value < 1 - EDGE
    ]
    if not fit.converged and not found:
        found.append(Finding("model_not_identified", "unfit"))
    return found


def positions(data: Visits) -> NDArray[np.float64]:
    """(sites, ..., visits) where in the season a visit lies, counted in visits, 0 in the middle."""
    at = np.broadcast_to(np.arange(data.y.shape[-1], dtype=float), data.y.shape)
    return at - float(at[data.seen].mean())


def dependence_findings(
    data: Visits,
    residual: NDArray[np.float64],
    occupied: NDArray[np.float64],
    scores: NDArray[np.float64],
) -> list[Finding]:
    """Whether detections at an occupied site are independent draws with the chance that was fitted.

    - `model_heterogeneity`: a random effect of the site on the logit scale; its score is (s^2 - v) / 2, with
      s the sum of the residuals and v their variance (Dean 1992, J. Am. Stat. Assoc. 87:451).
    - `model_trend`: detection rises or falls over the season; with it, closure is in doubt (entry or exit
      only: Kendall 1999, Ecology 80:2517).
    - `model_runs`: a detection follows a detection, beyond what differs between sites: animals come for a
      while and leave (Rota et al. 2009, J. Appl. Ecol. 46:1173), or visits are too close together (Hines et
      al. 2010, Ecol. Appl. 20:1456).

    Args:
        residual: (sites, visits) or (sites, seasons, visits) y - p, 0 where nobody looked.
        occupied: (sites,) or (sites, seasons) chance that the species is there, given the data.
        scores: (sites, k) at the fit.
    """
    sites = len(data.y)

    def by_site(of_season: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray((occupied * of_season).reshape(sites, -1).sum(axis=1))

    p = data.y - residual
    variance = np.where(data.seen, p * (1 - p), 0.0)
    both = data.seen[..., 1:] & data.seen[..., :-1]
    differ = by_site((residual.sum(axis=-1) ** 2 - variance.sum(axis=-1)) / 2)
    trend = by_site((residual * positions(data)).sum(axis=-1))
    runs = by_site(np.where(both, residual[..., 1:] * residual[..., :-1], 0.0).sum(axis=-1))
    return [
        *alarm("model_heterogeneity", score_test(differ, scores)),
        *alarm("model_trend", score_test(trend, scores), two_sided=True),
        *alarm("model_runs", score_test(runs, np.column_stack([scores, differ]))),
    ]
