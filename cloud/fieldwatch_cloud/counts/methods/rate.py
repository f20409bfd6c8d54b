"""Events per 100 camera-days over many cameras, and the ratio of two such rates.

    rate = 100 * sum(events) / sum(camera-days)

Two intervals. Garwood's exact one (`counts.rates`) holds where cameras differ by chance alone. Where five or
more differ by more (Pearson's chi-square over cameras), the uncertainty is taken from those differences, by
leaving each camera out in turn (jackknife of the log rate, Student's t), and the wider of the two is given.
The estimate's method says which.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, inf
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import brentq
from scipy.special import chdtrc, stdtrit
from scipy.stats import beta

from fieldwatch_cloud.counts.estimate import Estimate, Finding
from fieldwatch_cloud.counts.rates import METHOD as GARWOOD
from fieldwatch_cloud.counts.rates import rate_per_100_camera_days

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

UNIT = "1/(100 d)"
BETWEEN = "jackknife over cameras, log scale, Student's t (Efron & Tibshirani 1993, ch. 11)"
MID_P = "exact conditional binomial, mid-P (Przyborowski & Wilenski 1940; Lancaster 1961)"
ADVISED_EVENTS = 25
"""A Poisson count of n has a relative standard error of 1/sqrt(n): 20 % at 25."""
LEAST_CAMERAS = 5
"""Fewer cannot tell how much cameras differ: from three, Student's t on the log scale gives intervals from
nothing to tens of thousands. Their exact interval is given, and the verdict says what it leaves out."""
WIDEN, SUSPECT = 0.2, 0.05
"""Chance of so large differences between cameras below which the interval is widened, and below which the
verdict says so. The first is the larger, because the test misses moderate differences."""


@dataclass(frozen=True, slots=True)
class Dispersion:
    """How much more cameras differ than chance would have it."""

    ratio: float
    """Pearson's chi-square over its degrees of freedom; about 1 where cameras differ by chance alone."""
    p: float
    """The chance of so much or more if all cameras had one rate."""


@dataclass(frozen=True, slots=True)
class RateAnswer:
    estimates: tuple[Estimate, ...]
    """`rate`; none without effort: nobody looked, and that is not zero."""
    findings: tuple[Finding, ...]
    dispersion: Dispersion | None
    """None with fewer than two cameras, or no events."""


def dispersion(events: ArrayLike, camera_days: ArrayLike) -> Dispersion | None:
    """Pearson's test that all cameras have one rate (McCullagh & Nelder 1989, section 6.2.4).

    Args:
        events: (cameras,) independent events.
        camera_days: (cameras,) effort; cameras without any are left out.

    Returns:
        None with fewer than two cameras that looked, or no events.
    """
    x, days = _looked(events, camera_days)
    if len(x) < 2 or x.sum() == 0:
        return None
    expected = days * x.sum() / days.sum()
    statistic = float(((x - expected) ** 2 / expected).sum())
    return Dispersion(statistic / (len(x) - 1), float(chdtrc(len(x) - 1, statistic)))


def rate(events: ArrayLike, camera_days: ArrayLike, level: float = 0.95) -> RateAnswer:
    """Events per 100 camera-days over an area, with an interval that fits how much its cameras differ.

    Args:
        events: (cameras,) independent events of one taxon at each.
        camera_days: (cameras,) days of 24 h that each really looked; cameras with 0 are left out.

    Raises:
        ValueError: the arrays differ in length, or hold negative numbers.
    """
    x, days = _looked(events, camera_days)
    total = round(float(x.sum()))
    exact = rate_per_100_camera_days(total, float(days.sum()), level)
    if exact is None:
        return RateAnswer((), (Finding("not_observed", "unfit"),), None)
    findings = []
    if total == 0:
        findings.append(Finding("no_events", "note", {"camera_days": float(days.sum())}))
    elif total < ADVISED_EVENTS:
        findings.append(Finding("few_events", "caution", {"events": total, "least": ADVISED_EVENTS}))
    spread = dispersion(x, days)
    low, high, method = exact.low, exact.high, GARWOOD
    se = 100 * total**0.5 / float(days.sum())
    if spread is None or len(x) < LEAST_CAMERAS:
        if total:
            findings.append(Finding("dispersion_unknown", "caution", {"cameras": len(x)}))
    elif spread.p < WIDEN:
        error = _jackknife_error(_logs_left_out(x, days))
        far = exp(float(stdtrit(len(x) - 1, (1 + level) / 2)) * error)
        low, high, method = min(low, exact.estimate / far), max(high, exact.estimate * far), BETWEEN
        se = exact.estimate * error
        if spread.p < SUSPECT:
            findings.append(Finding("overdispersed", "caution", {"dispersion": spread.ratio}))
    return RateAnswer(
        (Estimate("rate", exact.estimate, se, low, high, UNIT, method, level),), tuple(findings), spread
    )


def rate_ratio(
    events_a: ArrayLike,
    camera_days_a: ArrayLike,
    events_b: ArrayLike,
    camera_days_b: ArrayLike,
    *,
    paired: bool = False,
    level: float = 0.95,
) -> RateAnswer:
    """The rate of A over the rate of B: two areas, or two periods.

    With cameras that differ by chance alone: given the total, events of A are binomial, and limits of its
    share become limits of the ratio (Przyborowski & Wilenski 1940, Biometrika 31:313-323), with mid-P limits
    (Lancaster 1961, JASA 56:223-234), as the exact ones cover too often. Where cameras of A or B differ by
    more, the log ratio's variance is the sum of both jackknife variances, with Welch's degrees of freedom.

    Args:
        events_a, camera_days_a: (cameras of A,), as in `rate`.
        events_b, camera_days_b: (cameras of B,).
        paired: A and B are the same cameras in the same order, at two periods. Then each is left out of both
            at once, so that what is lasting of a camera drops out of the ratio.

    Returns:
        `rate_ratio`: 0 with no event in A, its bound infinite with none in B; no estimate where there is none
        in either, or nobody looked in one.

    Raises:
        ValueError: as `rate`; or paired with different lengths.
    """
    if paired and np.shape(events_a) != np.shape(events_b):
        raise ValueError("paired cameras: A and B must have the same cameras in the same order")
    if paired:
        both = (np.asarray(camera_days_a) > 0) & (np.asarray(camera_days_b) > 0)
        events_a, camera_days_a = np.asarray(events_a)[both], np.asarray(camera_days_a)[both]
        events_b, camera_days_b = np.asarray(events_b)[both], np.asarray(camera_days_b)[both]
    a, days_a = _looked(events_a, camera_days_a)
    b, days_b = _looked(events_b, camera_days_b)
    if not len(a) or not len(b):
        return RateAnswer((), (Finding("not_observed", "unfit"),), None)
    total_a, total_b, effort_a, effort_b = (float(each.sum()) for each in (a, b, days_a, days_b))
    if total_a + total_b == 0:
        figures = {"camera_days": effort_a + effort_b}
        return RateAnswer((), (Finding("no_events_to_compare", "unfit", figures),), None)
    findings = []
    if min(total_a, total_b) < ADVISED_EVENTS:
        few = round(min(total_a, total_b))
        findings.append(Finding("few_events", "caution", {"events": few, "least": ADVISED_EVENTS}))
    value = (total_a / effort_a) / (total_b / effort_b) if total_b else inf
    share_low, share_high = _mid_p(total_a, total_b, level)
    low = share_low / (1 - share_low) * effort_b / effort_a
    high = share_high / (1 - share_high) * effort_b / effort_a if share_high < 1 else inf
    method, se = MID_P, value * (1 / total_a + 1 / total_b) ** 0.5 if total_a and total_b else None
    spreads = [each for each in (dispersion(a, days_a), dispersion(b, days_b)) if each is not None]
    worst = min(spreads, key=lambda each: each.p, default=None)
    if min(len(a), len(b)) < LEAST_CAMERAS:
        findings.append(Finding("dispersion_unknown", "caution", {"cameras": min(len(a), len(b))}))
    elif worst and worst.p < WIDEN and total_a and total_b:
        error, freedom = _ratio_error(a, days_a, b, days_b, paired=paired)
        far = exp(float(stdtrit(freedom, (1 + level) / 2)) * error)
        # What is lasting of a camera drops out of a paired ratio: there the interval may also be narrower.
        low = value / far if paired else min(low, value / far)
        high = value * far if paired else max(high, value * far)
        method, se = BETWEEN, value * error
        if worst.p < SUSPECT:
            findings.append(Finding("overdispersed", "caution", {"dispersion": worst.ratio}))
    estimate = Estimate("rate_ratio", value, se, low, high, "1", method, level)
    return RateAnswer((estimate,), tuple(findings), worst)


def _ratio_error(
    a: NDArray[np.float64],
    days_a: NDArray[np.float64],
    b: NDArray[np.float64],
    days_b: NDArray[np.float64],
    *,
    paired: bool,
) -> tuple[float, float]:
    """Standard error of the log ratio of rates, and its degrees of freedom (Welch 1947 where unpaired)."""
    if paired:
        return _jackknife_error(_logs_left_out(a, days_a) - _logs_left_out(b, days_b)), len(a) - 1.0
    error_a = _jackknife_error(_logs_left_out(a, days_a))
    error_b = _jackknife_error(_logs_left_out(b, days_b))
    both = error_a**2 + error_b**2
    return both**0.5, both**2 / (error_a**4 / (len(a) - 1) + error_b**4 / (len(b) - 1))


def _looked(events: ArrayLike, camera_days: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    x, days = np.asarray(events, dtype=np.float64), np.asarray(camera_days, dtype=np.float64)
    if x.shape != days.shape or x.ndim != 1:
        raise ValueError(f"events {x.shape} and camera-days {days.shape} must be one number per camera each")
    if (x < 0).any() or (days < 0).any():
        raise ValueError("events and camera-days cannot be negative")
    return x[days > 0], days[days > 0]


def _logs_left_out(x: NDArray[np.float64], days: NDArray[np.float64]) -> NDArray[np.float64]:
    """(cameras,) log rate without each camera in turn; half an event more, for a rate whose only event is at
    the one left out would have no logarithm."""
    return np.asarray(np.log((x.sum() - x + 0.5) / (days.sum() - days)))


def _jackknife_error(left_out: NDArray[np.float64]) -> float:
    """Efron & Tibshirani 1993, equation 11.5."""
    n = len(left_out)
    return float(np.sqrt((n - 1) / n * ((left_out - left_out.mean()) ** 2).sum()))


def _mid_p(successes: float, failures: float, level: float) -> tuple[float, float]:
    """Limits of a binomial share: half the probability of what was seen counts as beyond it."""
    tail = (1 - level) / 2

    def above(share: float) -> float:  # P(X > x) + P(X = x) / 2
        return 0.5 * float(_upper(share, successes, failures) + _upper(share, successes + 1, failures - 1))

    low = brentq(lambda s: above(s) - tail, 0, 1) if successes else 0.0
    high = brentq(lambda s: above(s) - (1 - tail), 0, 1) if failures else 1.0
    return float(low), float(high)


def _upper(share: float, at_least: float, rest: float) -> float:
    """P(X >= at_least) of Binomial(at_least + rest, share), by the incomplete beta function."""
    if at_least <= 0:
        return 1.0
    return 0.0 if rest < 0 else float(beta.cdf(share, at_least, rest + 1))
