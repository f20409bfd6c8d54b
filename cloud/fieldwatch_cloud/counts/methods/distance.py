"""Camera-trap distance sampling (CTDS): density from distances at snapshot moments.

At moments that are set beforehand (every 2 s, say), every animal in view has a distance. How their number
falls off with distance tells what share was missed:

    D = Σ n_k / (Σ T_k · θ/2π · π w² · P · A)      (Howe et al. 2017, Methods Ecol. Evol. 8:1558, eq. 3)
    P = 2/w² ∫ r g(r) dr,  from the left truncation to w

n_k animals at T_k moments of camera k, θ the angle of view, w the right truncation, g the chance to detect an
animal at r, A the share of the day in which animals can be seen at all. P is over the whole sector, also
within the left truncation, where nothing counts as seen.

Assumptions: cameras at random with regard to animals; an animal at distance 0 (or the left truncation) is
detected surely; distances are of the moment, before the animal reacts to the camera; distances are right.
Animals give many moments each: counts per moment are not independent, so variances are those between cameras.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.stats import chi2

from fieldwatch_cloud.counts.density import (
    PER_KM2,
    Part,
    encounter_rate,
    finding,
    log_normal,
    positive,
    satterthwaite,
)
from fieldwatch_cloud.counts.fitting import derivative, maximise, unfitted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import ArrayLike, NDArray

    from fieldwatch_cloud.counts.estimate import Estimate, Finding, Fit

Key = Literal["best", "half-normal", "hazard-rate"]
Variance = Literal["cameras", "P2"]
LEAST, ENOUGH = 60, 80
"""Distances for a detection function: 60-80 at least (Buckland et al. 2001, section 7.2.2; point transects,
as these are, rather more)."""
LEAST_CAMERAS = 10
"""Buckland et al. 2001, section 7.2.1: 10-20 samplers at least for the variance between them."""
NEAR = 0.7
"""Share of what the curve expects in the nearest band that may be missing before animals seem to avoid it."""
POOR = 0.01
"""Chance of so poor a fit, below which the curve is said not to follow the distances."""
IMPRECISE = 0.5
"""Coefficient of variation above which a density tells little more than an order of magnitude."""
NODES, WEIGHTS = np.polynomial.legendre.leggauss(64)


@dataclass(frozen=True, slots=True)
class DistanceFit:
    """
    Attributes:
        estimates: `density` (1/km2), `detection_probability` (1, over the whole sector),
            `effective_radius` (m), `encounter_rate` (animals per moment).
        fit: of the detection function; coefficients `g(log sigma)` and, hazard-rate, `g(log shape)`.
        key: the function that was taken.
        aic: of each that was fitted.
        distances, detection: (100,) m and g(r), to plot.
        breaks: (b+1,) m, observed, expected: (b,) counts per band.
        cv_parts: coefficient of variation that each part brings.
    """

    estimates: tuple[Estimate, ...]
    findings: tuple[Finding, ...]
    fit: Fit
    key: str
    aic: Mapping[str, float]
    distances: NDArray[np.float64]
    detection: NDArray[np.float64]
    breaks: NDArray[np.float64]
    observed: NDArray[np.float64]
    expected: NDArray[np.float64]
    cv_parts: Mapping[str, float]


def half_normal(r: NDArray[np.float64], theta: NDArray[np.float64]) -> NDArray[np.float64]:
    """g(r) = exp(-r² / 2σ²), theta = (log σ,)."""
    return np.asarray(np.exp(-((r / math.exp(theta[0])) ** 2) / 2))


def hazard_rate(r: NDArray[np.float64], theta: NDArray[np.float64]) -> NDArray[np.float64]:
    """g(r) = 1 - exp(-(r/σ)^-b), theta = (log σ, log b) (Hayes & Buckland 1983)."""
    with np.errstate(divide="ignore", over="ignore"):
        return np.asarray(-np.expm1(-((r / math.exp(theta[0])) ** -math.exp(theta[1]))))


KEYS: dict[str, tuple[Callable[..., NDArray[np.float64]], tuple[str, ...]]] = {
    "half-normal": (half_normal, ("g(log sigma)",)),
    "hazard-rate": (hazard_rate, ("g(log sigma)", "g(log shape)")),
}


def distance_sampling(
    distances: ArrayLike,
    cameras: ArrayLike,
    moments: ArrayLike,
    *,
    angle: float,
    right: float,
    left: float = 0.0,
    breaks: ArrayLike | None = None,
    key: Key = "best",
    activity: Part | None = None,
    variance: Variance = "cameras",
    level: float = 0.95,
) -> DistanceFit:
    """Density from the distances of animals at snapshot moments.

    Args:
        distances: (n,) m, one per animal and moment at which it was seen; in bands, any value within.
        cameras: (n,) int, index into `moments`: at which camera.
        moments: (K,) snapshot moments at each camera: its effort in s / the time between moments in s.
        angle: of the camera's view in rad, full.
        right, left: truncation in m; what lies outside is left out.
        breaks: (b+1,) limits of distance bands in m, from `left` to `right`, where distances were taken in
            bands; None: exact.
        key: `best` takes the least QAIC, AIC with the log-likelihood divided by the overdispersion that the
            fuller model leaves (Howe et al. 2019, Methods Ecol. Evol. 10:38-47: AIC alone overfits, as an
            animal's moments are not independent).
        activity: share of the day in which animals could be seen; None where the effort is only of hours at
            which all are active.
        variance: `cameras`: every camera's joint pull on rate and detection function (linearised jackknife,
            as the bootstrap over cameras that Howe et al. 2017 advise); `P2`: the spread of the
            cameras' rates, each weighing alike (Fewster et al. 2009), and the fit's inverse information as
            if distances were independent, as program Distance has it.

    Raises:
        ValueError: shapes differ, breaks or truncation out of order, no effort, a negative distance.
    """
    effort = np.asarray(moments, float)
    r, at = np.asarray(distances, float), np.asarray(cameras, np.int64)
    if r.ndim != 1 or r.shape != at.shape or not np.isfinite(r).all() or (r < 0).any():
        raise ValueError(f"distances {r.shape}: finite, 0 or more, one camera each {at.shape}")
    if effort.ndim != 1 or (len(at) and (at.min() < 0 or at.max() >= len(effort))):
        raise ValueError(f"a camera beyond the {effort.shape} that have effort")
    if not 0 <= left < right or not 0 < angle <= 2 * math.pi:
        raise ValueError(f"truncation {left} to {right} m, angle {angle} rad: out of order")
    edges = None if breaks is None else positive(np.asarray(breaks, float)[1:], "breaks")
    if edges is not None:
        edges = np.r_[float(np.asarray(breaks, float)[0]), edges]
        if (np.diff(edges) <= 0).any() or edges[0] != left or edges[-1] != right:
            raise ValueError("breaks must rise from the left to the right truncation")
    kept = (r >= left) & (r <= right)
    r, at = r[kept], at[kept]
    counts = np.bincount(at, minlength=len(effort)).astype(float)
    rate = encounter_rate(counts, effort)
    bands = np.linspace(left, right, 11) if edges is None else edges
    observed = np.histogram(r, bands)[0].astype(float)
    if len(r) < 10:
        return _too_few(len(r), rate.value, bands, observed)

    names = [name for name in KEYS if key in ("best", name)]
    fits = {name: _fit(name, r, edges, left, right) for name in names}
    chosen = _least_qaic(fits, observed, bands)
    fit, (g, _) = fits[chosen], KEYS[chosen]
    p = _probability(g, fit.coefficients, left, right)
    value = rate.value / (angle / 2 * right**2 * p) * PER_KM2 / (activity.value if activity else 1.0)

    log_p = derivative(lambda theta: math.log(_probability(g, theta, left, right)), fit.coefficients)
    information = fit.covariance
    cv_rate = rate.se / rate.value if rate.se is not None else math.nan
    limits: list[tuple[float, float | None]]
    if information is None:
        cv_p = math.nan
        cv_sampling, limits = math.nan, []
    elif variance == "P2":
        looked = effort > 0
        cv_rate = (
            float(np.std(counts[looked] / effort[looked], ddof=1)) / math.sqrt(looked.sum()) / rate.value
        )
        cv_p = math.sqrt(float(log_p @ information @ log_p))
        cv_sampling = math.hypot(cv_rate, cv_p)
        limits = [(cv_rate, rate.cameras - 1), (cv_p, len(r) - len(fit.names))]
    else:
        scores = _scores(g, fit.coefficients, r, edges, left, right)
        pull = np.stack([np.bincount(at, each, len(effort)) for each in scores.T], axis=1)
        on_p = pull @ information @ log_p
        on_rate = (counts - rate.value * effort) / len(r)
        scale = rate.cameras / (rate.cameras - 1) if rate.cameras > 1 else math.nan
        cv_p = math.sqrt(scale * float(on_p @ on_p))
        both = on_rate - on_p
        cv_sampling = math.sqrt(scale * float(both @ both))
        limits = [(cv_sampling, rate.cameras - 1)]
    cv = math.hypot(cv_sampling, activity.cv if activity else 0.0)
    if activity:
        limits.append((activity.cv, activity.units and activity.units - 1))
    known = math.isfinite(cv)
    df = satterthwaite(limits) if known else None
    how = f"CTDS (Howe et al. 2017), {chosen}, variance between cameras"
    if variance == "P2":
        how = f"CTDS (Howe et al. 2017), {chosen}, encounter rate P2 (Fewster et al. 2009)"
    # The radius goes with the square root of P.
    radius = right * math.sqrt(p)
    estimates = (
        log_normal("density", value, value * cv if known else None, "1/km2", df=df, level=level, how=how),
        log_normal("detection_probability", p, p * cv_p if known else None, "1", level=level),
        log_normal("effective_radius", radius, radius * cv_p / 2 if known else None, "m", level=level),
        log_normal("encounter_rate", rate.value, rate.se, "1", level=level),
    )
    expected = len(r) * _shares(g, fit.coefficients, bands)
    line = np.linspace(left, right, 100)
    parts = {"encounter_rate": cv_rate, "detection": cv_p, "activity": activity.cv if activity else 0.0}
    band = np.clip(np.searchsorted(bands, r, side="right") - 1, 0, len(bands) - 2)
    by_band = np.zeros((len(effort), len(bands) - 1))
    np.add.at(by_band, (at, band), 1)
    found = _check(counts[effort > 0], by_band[effort > 0], expected / len(r), fit, cv, left)
    if activity is None:
        found = (*found, finding("distance_all_active", "note"))
    return DistanceFit(
        estimates,
        found,
        replace(fit, estimates=estimates, findings=found),
        chosen,
        {name: each.aic for name, each in fits.items()},
        line,
        g(line, fit.coefficients),
        bands,
        observed,
        expected,
        parts,
    )


def _integral(
    g: Callable[..., NDArray[np.float64]], theta: NDArray[np.float64], edges: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(b,) ∫ r g(r) dr over each band, by Gauss-Legendre with 64 nodes."""
    half = np.diff(edges)[:, None] / 2
    r = edges[:-1, None] + half * (NODES + 1)
    return np.asarray((half * WEIGHTS * r * g(r, theta)).sum(axis=1))


def _probability(
    g: Callable[..., NDArray[np.float64]], theta: NDArray[np.float64], left: float, right: float
) -> float:
    return 2 / right**2 * float(_integral(g, theta, np.array([left, right]))[0])


def _shares(
    g: Callable[..., NDArray[np.float64]], theta: NDArray[np.float64], edges: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(b,) chance that a detection falls in each band."""
    mass = _integral(g, theta, edges)
    return np.asarray(mass / mass.sum())


def _log_chances(
    g: Callable[..., NDArray[np.float64]],
    theta: NDArray[np.float64],
    r: NDArray[np.float64],
    edges: NDArray[np.float64] | None,
    left: float,
    right: float,
) -> NDArray[np.float64]:
    """(n,) log-likelihood of each distance: of its band, or of its density r g(r) / ∫ r g(r) dr."""
    if edges is not None:
        band = np.clip(np.searchsorted(edges, r, side="right") - 1, 0, len(edges) - 2)
        return np.asarray(np.log(_shares(g, theta, edges))[band])
    inside = float(_integral(g, theta, np.array([left, right]))[0])
    return np.asarray(np.log(np.maximum(r, 1e-6)) + np.log(g(r, theta)) - math.log(inside))


def _fit(
    name: str, r: NDArray[np.float64], edges: NDArray[np.float64] | None, left: float, right: float
) -> Fit:
    g, names = KEYS[name]
    if edges is None:
        at, weight = r, np.ones(len(r))
    else:
        # All distances of a band weigh alike: one stands for them.
        weight = np.histogram(r, edges)[0].astype(float)
        at = (edges[1:] + edges[:-1]) / 2

    def negative(theta: NDArray[np.float64]) -> float:
        return -float(weight @ _log_chances(g, theta, at, edges, left, right))

    middle = math.log(float(np.sqrt(np.mean(r**2))))
    starts = [[middle - 0.3], [middle + 1]] if len(names) == 1 else [[middle, 1.0], [middle, 2.0]]
    return replace(maximise(negative, starts, names, sites=len(r)))


def _scores(
    g: Callable[..., NDArray[np.float64]],
    theta: NDArray[np.float64],
    r: NDArray[np.float64],
    edges: NDArray[np.float64] | None,
    left: float,
    right: float,
) -> NDArray[np.float64]:
    """(n, k) derivatives of each distance's log-likelihood."""
    columns = []
    for i in range(len(theta)):
        move = np.zeros(len(theta))
        move[i] = 1e-5
        above, below = (_log_chances(g, theta + s * move, r, edges, left, right) for s in (1, -1))
        columns.append((above - below) / 2e-5)
    return np.stack(columns, axis=1)


def _least_qaic(fits: Mapping[str, Fit], observed: NDArray[np.float64], bands: NDArray[np.float64]) -> str:
    """QAIC = -2 log L / c + 2k, c = chi-square over its degrees of freedom of the model with most parameters
    (Howe et al. 2019, eqs 1 and 5), at least 1."""
    fullest = max(fits, key=lambda name: len(fits[name].names))
    fit = fits[fullest]
    expected = observed.sum() * _shares(KEYS[fullest][0], fit.coefficients, bands)
    freedom = max(len(observed) - 1 - len(fit.names), 1)
    c = max(float(((observed - expected) ** 2 / np.maximum(expected, 1e-9)).sum()) / freedom, 1.0)
    return min(fits, key=lambda name: -2 * fits[name].log_likelihood / c + 2 * len(fits[name].names))


def _check(
    counts: NDArray[np.float64],
    by_band: NDArray[np.float64],
    shares: NDArray[np.float64],
    fit: Fit,
    cv: float,
    left: float,
) -> tuple[Finding, ...]:
    """
    Args:
        counts: (K,) distances per camera that has effort.
        by_band: (K, b) the same per band.
        shares: (b,) expected chance of each band.
    """
    n, cameras = int(counts.sum()), len(counts)
    found = []
    if not fit.converged:
        found.append(finding("density_not_converged", "unfit"))
    if n < LEAST:
        found.append(finding("distance_too_few", "unfit", distances=n, least=LEAST))
    elif n < ENOUGH:
        found.append(finding("distance_few", "caution", distances=n, enough=ENOUGH))
    if cameras < LEAST_CAMERAS:
        found.append(finding("distance_few_cameras", "unfit", cameras=cameras, least=LEAST_CAMERAS))
    elif counts.max() > n / 2:
        found.append(finding("distance_one_camera", "caution", percent=round(100 * counts.max() / n)))
    observed, expected = by_band.sum(axis=0), n * shares
    # One animal gives many distances in a row, so the chi-square is divided by the mean design effect of the
    # bands: their variance between cameras over that of independent distances (Rao & Scott 1984).
    residual = by_band - counts[:, None] * shares
    between = (residual**2).sum(axis=0) * cameras / max(cameras - 1, 1)
    effect = np.maximum(between / np.maximum(expected * (1 - shares), 1e-9), 1.0)
    freedom = len(shares) - 1 - len(fit.names)
    statistic = float(((observed - expected) ** 2 / np.maximum(expected, 1e-9)).sum() / effect.mean())
    if freedom > 0 and (chance := float(chi2.sf(statistic, freedom))) < POOR:
        found.append(finding("distance_poor_fit", "caution", chance=round(chance, 4)))
    missing = (expected[0] - observed[0]) / math.sqrt(max(expected[0] * effect[0], 1e-9))
    if missing > 2 and observed[0] < NEAR * expected[0]:
        percent = round(100 * (1 - observed[0] / expected[0]))
        found.append(finding("distance_avoided", "caution", percent=percent, left=left))
    if math.isfinite(cv) and cv > IMPRECISE:
        found.append(finding("density_imprecise", "caution", percent=round(100 * cv)))
    return tuple(found)


def _too_few(n: int, rate: float, bands: NDArray[np.float64], observed: NDArray[np.float64]) -> DistanceFit:
    few = finding("distance_too_few", "unfit", distances=n, least=LEAST)
    said = few if n else finding("density_no_encounters", "unfit")
    density = log_normal("density", math.nan if n else 0.0, None, "1/km2")
    trapped = log_normal("encounter_rate", rate, None, "1")
    nothing = np.array([])
    fit = unfitted(("g(log sigma)",), n, said)
    return DistanceFit(
        (density, trapped), (said,), fit, "none", {}, nothing, nothing, bands, observed, 0 * observed, {}
    )
