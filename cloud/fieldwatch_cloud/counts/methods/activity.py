"""When animals are active, and for what share of the day, from the times at which cameras saw them.

    times ─▶ concentration ─▶ kernel density on the circle ─▶ activity level = mean height / greatest height

Times are radians: 0 and 2π are midnight, π noon. They may be clock time, or time told by the sun (see
`average_anchored`), which does not smear dawn and dusk where days change their length.

Assumptions: records are independent; the camera looks equally well at any time of day; at the peak all
animals are active (Rowcliffe et al. 2014, Methods Ecol. Evol. 5:1170-1179).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import brentq
from scipy.special import expit, ive, logit
from scipy.stats import norm

from fieldwatch_cloud.counts.density import finding
from fieldwatch_cloud.counts.estimate import Estimate, Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, NDArray

CIRCLE = 2 * math.pi
GRID = 512
TIMES = np.arange(GRID) * CIRCLE / GRID
ORDERS = np.arange(321)
AT_ONCE = 4096
"""Times whose powers are taken together, in 20 MB: those of half a million would take gigabytes."""
LEAST, ENOUGH = 50, 100
"""Records: below 50 the level is unstable, from about 100 its bias is small (Rowcliffe et al. 2014; 75 and
more for patterns alone: Lashley et al. 2018, Scientific Reports 8:12964)."""
ROUNDED = 0.2
"""Share of records on a full or half hour, 1 in 30 by chance, above which clocks or entries look rounded."""
STEEPEST = 1000.0
"""Greatest concentration of the kernel: a width of 1.8 degrees, or 7 minutes."""


@dataclass(frozen=True, slots=True)
class Activity:
    """The pattern over the day, and the share of it that is spent active.

    Attributes:
        estimates: `activity_level` as other programs have it, and `activity_level_corrected` (with a
            bootstrap) without the kernel's bias.
        times: (512,) radians from 0, evenly spaced, without 2π.
        density: (512,) of a record at that time, per radian; its integral over the circle is 1.
        low, high: (512,) pointwise interval from the bootstrap, or None without one.
        concentration: κ of the von Mises kernel.
    """

    estimates: tuple[Estimate, ...]
    findings: tuple[Finding, ...]
    times: NDArray[np.float64]
    density: NDArray[np.float64]
    low: NDArray[np.float64] | None
    high: NDArray[np.float64] | None
    concentration: float


def activity(
    times: ArrayLike,
    *,
    adjust: float = 1.0,
    replicates: int = 1000,
    level: float = 0.95,
    seed: int = 1,
) -> Activity:
    """The pattern and the activity level of one taxon:

        level = 1 / (2π · max f)

    the share of the day spent active if all are active at the peak (Rowcliffe et al. 2014, eq. 2). Standard
    error and interval come from samples drawn from the fitted density, each with a concentration of its own
    (their "model" bootstrap). Kernels flatten peaks, so the level comes out too high, by 5-10 % at 100-200
    records; the samples show by how much once more, and the interval lies around the corrected level, which
    is the better part of a density.

    Args:
        times: (n,) radians, of independent records; taken modulo 2π.
        adjust: multiplies the kernel's concentration; below 1 is smoother.
        replicates: of the bootstrap; 0 for none.

    Raises:
        ValueError: fewer than 2 times, or one that is not finite.
    """
    x = circular(times)
    kappa = concentration(moments(x)) * adjust
    f = on_grid(moments(x), kappa)
    value = float(active_share(f))
    how = "von Mises kernel (Ridout & Linkie 2009), smoothed bootstrap (Rowcliffe et al. 2014)"
    if not replicates:
        estimate = Estimate("activity_level", value, None, None, None, "1", how, level)
        return Activity((estimate,), _check(x), TIMES, f, None, None, kappa)
    curves = np.empty((replicates, GRID))
    for row, again in enumerate(smoothed(x, kappa, replicates, np.random.default_rng(seed))):
        curves[row] = on_grid(again, concentration(again) * adjust)
    shares = active_share(curves)
    se, (low, high, corrected) = float(shares.std(ddof=1)), turned_round(value, shares, level)
    most, least = np.quantile(curves, [(1 + level) / 2, (1 - level) / 2], axis=0)
    estimates = (
        Estimate("activity_level", value, se, low, high, "1", how, level),
        Estimate("activity_level_corrected", corrected, se, low, high, "1", how, level),
    )
    return Activity(
        estimates, _check(x), TIMES, f, np.maximum(2 * f - most, 0), np.maximum(2 * f - least, 0), kappa
    )


def average_anchored(times: ArrayLike, sunrise: ArrayLike, sunset: ArrayLike) -> NDArray[np.float64]:
    """Clock times moved so that every record's own sunrise and sunset fall on their averages.

    Between the two anchors time is stretched evenly ("double average anchoring": Vazquez et al. 2019,
    Methods Ecol. Evol. 10:2057-2066).

    Args:
        times, sunrise, sunset: (n,) radians of clock time, of each record and of the sun on its day and at
            its place; times of any size, sunrise before sunset after unwrapping.

    Returns:
        (n,) radians in [0, 2π).

    Raises:
        ValueError: shapes differ, or the sun does not rise or set (not finite): use clock time there.
    """
    x, rise, down = (np.asarray(each, float) for each in (times, sunrise, sunset))
    if not (x.shape == rise.shape == down.shape and x.ndim == 1):
        raise ValueError(f"one sunrise and one sunset a record: {x.shape}, {rise.shape}, {down.shape}")
    if not (np.isfinite(rise).all() and np.isfinite(down).all()):
        raise ValueError("the sun does not rise or set on some of these days: use clock time")
    middle, day_middle = _mean(rise), _mean(down)
    day, mean_day = (down - rise) % CIRCLE, (day_middle - middle) % CIRCLE
    since = (x - rise) % CIRCLE
    by_day = since * mean_day / day
    by_night = mean_day + (since - day) * (CIRCLE - mean_day) / (CIRCLE - day)
    return np.asarray((middle + np.where(since <= day, by_day, by_night)) % CIRCLE)


def circular(times: ArrayLike) -> NDArray[np.float64]:
    """(n,) radians in [0, 2π).

    Raises:
        ValueError: fewer than 2 times, or one that is not finite.
    """
    x = np.asarray(times, float)
    if x.ndim != 1 or len(x) < 2 or not np.isfinite(x).all():
        raise ValueError("times of day: at least two finite numbers, in radians")
    return np.asarray(x % CIRCLE)


@dataclass(frozen=True, slots=True)
class Moments:
    """Trigonometric moments of n times: mean exp(i k x) for k = 0 ... 320."""

    n: int
    values: NDArray[np.complex128]


def moments(times: NDArray[np.float64]) -> Moments:
    """Of times (n,) in radians."""
    total = np.zeros(len(ORDERS) - 1, dtype=np.complex128)
    for first in range(0, len(times), AT_ONCE):
        turn = np.exp(1j * times[first : first + AT_ONCE])
        powers = np.broadcast_to(turn, (len(ORDERS) - 1, len(turn)))
        total += np.multiply.accumulate(powers, axis=0).sum(axis=1)
    return Moments(len(times), np.r_[1, total / len(times)])


def smoothed(
    times: NDArray[np.float64], kappa: float, replicates: int, rng: np.random.Generator, bins: int = 2048
) -> Iterator[Moments]:
    """Moments of samples from the kernel density of times (n,), in bins of 42 s: an FFT each."""
    n = len(times)
    to_middle = np.exp(1j * math.pi * ORDERS / bins) / n
    for _ in range(replicates):
        drawn = (times[rng.integers(n, size=n)] + rng.vonmises(0, kappa, n)) % CIRCLE
        counts = np.bincount((drawn * (bins / CIRCLE)).astype(np.int64) % bins, minlength=bins)
        yield Moments(n, np.fft.rfft(counts)[: len(ORDERS)].conj() * to_middle)


def concentration(of: Moments, orders: int = 3) -> float:
    """The kernel's concentration by the plug-in rule, with a von Mises as reference:

        ν = (3 n κ² I2(2κ) / (4 √π I0(κ)²)) ^ (2/5)           (Taylor 2008, Comput. Stat. Data Anal. 52:3493)

    where κ is the greatest of those that fit the first `orders` trigonometric moments,
    I_k(κ)/I0(κ) = |mean exp(i k x)|, so that patterns with several peaks are not smoothed into one (Ridout
    & Linkie 2009, J. Agric. Biol. Environ. Stat. 14:322-337).
    """
    kappa = max(max(_kappa(abs(of.values[k]), k) for k in range(1, orders + 1)), 1e-3)
    # ive are Bessel functions times exp(-x): exp(2κ) cancels between I2(2κ) and I0(κ)².
    shape = 3 * kappa**2 * ive(2, 2 * kappa) / (4 * math.sqrt(math.pi) * ive(0, kappa) ** 2)
    return float(min((of.n * shape) ** 0.4, STEEPEST))


def density_at(times: NDArray[np.float64], at: NDArray[np.float64], kappa: float) -> NDArray[np.float64]:
    """(m,) kernel density per radian at `at` (m,): the mean of von Mises densities around `times` (n,)."""
    height = 1 / (CIRCLE * ive(0, kappa))
    return np.asarray(height * np.exp(kappa * (np.cos(at[:, None] - times) - 1)).mean(axis=1))


def on_grid(of: Moments, kappa: float, points: int = GRID) -> NDArray[np.float64]:
    """(points,) the same, evenly from 0 and without 2π, as a Fourier series: a von Mises' k-th moment is
    I_k(κ)/I0(κ), and that of a kernel density the product of it and the data's. Up to `STEEPEST`, what is
    cut off is below 1e-10 with 512 points or more."""
    orders = ORDERS[: points // 2 + 1]
    series = of.values[: len(orders)].conj() * ive(orders, kappa) / ive(0, kappa)
    return np.asarray(np.maximum(np.fft.irfft(series, points) * points / CIRCLE, 0.0))


def around(value: float, replicates: NDArray[np.float64], level: float) -> tuple[float | None, float | None]:
    """Interval of a share from its bootstrap: percentiles on the logit scale, shifted by what the bootstrap's
    mean differs from the value ("basic0 on the logit scale": Meredith & Ridout 2018, overlap's manual)."""
    if not 0 < value < 1:
        return None, None
    inner = np.clip(replicates, 1e-9, 1 - 1e-9)
    odds = np.log(inner / (1 - inner))
    centre = math.log(value / (1 - value))
    shift = centre - float(odds.mean())
    edges = np.quantile(odds, [(1 - level) / 2, (1 + level) / 2]) + shift
    low, high = 1 / (1 + np.exp(-edges))
    return float(low), float(high)


def turned_round(value: float, replicates: NDArray[np.float64], level: float) -> tuple[float, float, float]:
    """(low, high, corrected) of a share from samples of the model fitted to it: as far as these lie from the
    value on average, the value lies from the truth (Davison & Hinkley 1997, section 5.2; on the logit scale).

    The correction is itself known to about half of its size only, which goes into the interval: with the
    samples' spread alone, it covered 92 % at 200 records.
    """
    odds = logit(np.clip(replicates, 1e-9, 1 - 1e-9))
    centre = float(logit(min(max(value, 1e-9), 1 - 1e-9)))
    bias = float(odds.mean()) - centre
    wide = float(norm.isf((1 - level) / 2)) * math.hypot(float(odds.std(ddof=1)), bias / 2)
    low, high, corrected = expit(centre - bias + np.array([-wide, wide, 0.0]))
    return float(low), float(high), float(corrected)


def active_share(density: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 / (2π max f) of densities (..., 512)."""
    return np.asarray(1 / (CIRCLE * density.max(axis=-1)))


def _mean(angles: NDArray[np.float64]) -> float:
    return math.atan2(float(np.sin(angles).mean()), float(np.cos(angles).mean()))


def _kappa(moment: float, k: int) -> float:
    """The κ whose k-th trigonometric moment is this; 0 for none (a moment of 0 or below)."""
    if moment <= 1e-9:
        return 0.0

    def excess(kappa: float) -> float:
        return float(ive(k, kappa) / ive(0, kappa)) - moment

    return STEEPEST if excess(STEEPEST) < 0 else float(brentq(excess, 1e-12, STEEPEST, xtol=1e-7))


def _check(times: NDArray[np.float64]) -> tuple[Finding, ...]:
    n = len(times)
    found = []
    if n < LEAST:
        found.append(finding("activity_too_few", "unfit", records=n, least=LEAST))
    elif n < ENOUGH:
        found.append(finding("activity_few", "caution", records=n, enough=ENOUGH))
    minutes = np.round(times / CIRCLE * 1440)
    on_the_hour = float(np.isin(minutes % 60, (0, 30)).mean())
    if n >= 20 and on_the_hour > ROUNDED:
        found.append(finding("times_rounded", "caution", percent=round(100 * on_the_hour)))
    return tuple(found)
