"""Roosts, colonies, calving grounds, crossings: many animals at one place, counted at once.

- The largest simultaneous count of a night counts nobody twice, and misses who was not in view.
- Arrivals minus departures over a line are the change between two instants.

Where the detector's recall is known, both are divided by it:  N = (count - invented) / recall. With a count
that is binomial in N and a recall from `found` of `there` labelled animals, by the delta method

    var(log N) = (1 - recall) / count + (1 - recall) / (recall * there)

(as for a sightability correction: Steinhorst & Samuel 1989, Biometrics 45:415-425).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import norm

from fieldwatch_cloud.counts.estimate import Estimate, Finding

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from fieldwatch_cloud.counts.estimate import Severity

    Array = NDArray[np.float64]

RAW = "largest simultaneous count, a least number"
CORRECTED = "divided by the detector's recall; delta method, log scale (Steinhorst & Samuel 1989)"
LEAST_THERE = 100
"""The project's: a recall from 100 labelled animals has a standard error of up to 5 %."""
STEADY_FRAMES = 3
"""The project's: frames to average before the largest is taken, where each errs by itself."""


@dataclass(frozen=True, slots=True)
class Detection:
    """How the detector sees this species, on labelled pictures of such scenes."""

    found: int
    """Of `there` animals."""
    there: int
    invented_per_frame: float = 0.0
    """Boxes on nothing, a frame."""

    def __post_init__(self) -> None:
        if not 0 < self.found <= self.there or self.invented_per_frame < 0:
            raise ValueError(
                f"{self.found} found of {self.there}, {self.invented_per_frame} invented a frame"
            )


@dataclass(frozen=True, slots=True)
class Nights:
    """Night by night; NaN where no frame came: nobody looked, and that is no empty roost.

    Attributes:
        count: (nights,) largest simultaneous count.
        value, low, high: (nights,) corrected for the detector, or the count and no bounds (NaN) without it.
        frames: (nights,) that were looked at.
        estimates: `roost_peak`, the largest of the nights.
    """

    count: Array
    value: Array
    low: Array
    high: Array
    frames: NDArray[np.int64]
    estimates: tuple[Estimate, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Passage:
    estimates: tuple[Estimate, ...]
    """`roost_change`: arrivals minus departures."""
    findings: tuple[Finding, ...]


def nights(
    counts: ArrayLike,
    night: ArrayLike,
    number: int,
    *,
    detection: Detection | None = None,
    window: int = 1,
    level: float = 0.95,
) -> Nights:
    """The largest simultaneous count of each night.

    Args:
        counts: (frames,) animals in view, in order of time; NaN where a frame was not usable.
        night: (frames,) which night each frame is of, 0 ... number - 1.
        number: of nights; those without a frame are NaN.
        window: frames in a row whose mean is taken before the largest. The largest of many frames that err
            each by themselves lies above what was there; three or more even that out.

    Raises:
        ValueError: shapes, nights out of range, negative counts, a window below 1.
    """
    seen, of = np.asarray(counts, dtype=np.float64), np.asarray(night, dtype=np.int64)
    if seen.shape != of.shape or seen.ndim != 1 or window < 1 or (seen < 0).any():
        raise ValueError(f"counts {seen.shape} and nights {of.shape} must be one per frame, not negative")
    if len(of) and not 0 <= of.min() <= of.max() < number:
        raise ValueError(f"nights must lie within 0 ... {number - 1}")
    count, frames = np.full(number, np.nan), np.zeros(number, dtype=np.int64)
    for k in range(number):
        usable = seen[(of == k) & ~np.isnan(seen)]
        frames[k] = len(usable)
        if len(usable):
            count[k] = _means(usable, min(window, len(usable))).max()
    value, low, high = count.copy(), np.full(number, np.nan), np.full(number, np.nan)
    if detection:
        for k in np.flatnonzero(frames).tolist():
            value[k], low[k], high[k] = _corrected(float(count[k]), detection, level)
    findings = _check(frames, detection, window)
    if not frames.any():
        return Nights(count, value, low, high, frames, (), (Finding("not_observed", "unfit"),))
    best = int(np.nanargmax(value))
    largest = float(value[best])
    if detection:
        se = _log_se(float(count[best]), detection) * largest
        peak = Estimate("roost_peak", largest, se, float(low[best]), float(high[best]), "1", CORRECTED, level)
    else:
        peak = Estimate("roost_peak", largest, None, largest, None, "1", RAW, level)
    return Nights(count, value, low, high, frames, (peak,), findings)


def passage(
    arrivals: int, departures: int, *, detection: Detection | None = None, level: float = 0.95
) -> Passage:
    """Arrivals minus departures over a line, between two instants.

    Both are thinned by the same recall: var = (arrivals + departures)(1 - p) / p² for what was missed, and
    (arrivals - departures)² (1 - p) / (p³ there) for the recall itself.

    Raises:
        ValueError: negative numbers.
    """
    if arrivals < 0 or departures < 0:
        raise ValueError("arrivals and departures cannot be negative")
    findings = []
    net = float(arrivals - departures)
    if detection is None:
        findings.append(Finding("recall_unknown", "caution"))
        estimate = Estimate("roost_change", net, None, None, None, "1", "arrivals minus departures", level)
        return Passage((estimate,), tuple(findings))
    if detection.there < LEAST_THERE:
        findings.append(
            Finding("recall_uncertain", "caution", {"there": detection.there, "least": LEAST_THERE})
        )
    if min(arrivals, departures) > abs(net):
        findings.append(
            Finding("mostly_turnover", "caution", {"arrivals": arrivals, "departures": departures})
        )
    p, rough = _recall(detection)
    missed = (arrivals + departures) * (1 - rough) / p**2
    se = (missed + net**2 * (1 - rough) / (p**3 * detection.there)) ** 0.5
    far = float(norm.ppf((1 + level) / 2)) * se
    estimate = Estimate("roost_change", net / p, se, net / p - far, net / p + far, "1", CORRECTED, level)
    return Passage((estimate,), tuple(findings))


def _means(values: Array, window: int) -> Array:
    return np.convolve(values, np.ones(window) / window, mode="valid")


def _recall(detection: Detection) -> tuple[float, float]:
    """Observed, and for variances one that is never 1 (half a miss more; Jeffreys)."""
    return detection.found / detection.there, (detection.found + 0.5) / (detection.there + 1)


def _log_se(count: float, detection: Detection) -> float:
    p, rough = _recall(detection)
    real = max(count - detection.invented_per_frame, 0.5)
    invented = detection.invented_per_frame / real**2
    return float(((1 - rough) / real + (1 - rough) / (p * detection.there) + invented) ** 0.5)


def _corrected(count: float, detection: Detection, level: float) -> tuple[float, float, float]:
    """The number present, and its bounds; a zero may hide as many as would be missed all together."""
    p, rough = _recall(detection)
    value = max(count - detection.invented_per_frame, 0.0) / p
    if value == 0:
        return 0.0, 0.0, float(np.log((1 - level) / 2) / np.log1p(-rough))
    far = exp(float(norm.ppf((1 + level) / 2)) * _log_se(count, detection))
    # Without boxes on nothing, whoever was counted was there.
    least = count if detection.invented_per_frame == 0 else 0.0
    return value, max(value / far, least), max(value * far, least)


def _check(frames: NDArray[np.int64], detection: Detection | None, window: int) -> tuple[Finding, ...]:
    found = []
    if missing := int((frames == 0).sum()):
        severity: Severity = "caution" if missing > 0.2 * len(frames) else "note"
        found.append(Finding("nights_missing", severity, {"missing": missing, "nights": len(frames)}))
    if detection is None:
        found.append(Finding("recall_unknown", "caution"))
        return tuple(found)
    if detection.there < LEAST_THERE:
        found.append(Finding("recall_uncertain", "caution", {"there": detection.there, "least": LEAST_THERE}))
    if detection.found < detection.there and window < STEADY_FRAMES and frames.max(initial=0) > 1:
        figures = {"window": window, "least": STEADY_FRAMES}
        found.append(Finding("noisy_maximum", "caution", figures))
    return tuple(found)
