"""Spatial capture-recapture (SCR): density from animals that are told apart, at detectors of known place.

Every animal has an activity centre; the chance that a detector records it falls off with distance. Centres
are never seen: the likelihood averages over all places where they may lie, the mask.

    log L = -D Σ_x a (1 - P0(x)) + Σ_i log( D Σ_x a P(w_i | x) )   (Borchers & Efford 2008, Biometrics 64:377)

a is a mask cell's area, P(w_i | x) the chance of animal i's records from a centre at x, and P0 that of none:
the number detected is Poisson. Left out is log n!, as in the R package secr; binomial coefficients and the
log w! of counts are in.

Assumptions: marks are neither lost nor misread (check by `misidentified` animals: ghosts with one record);
centres are at random with even density and stay (closed population); detections are independent given the
centre; ranges are round; traps are not further apart than about two sigma.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.special import gammaln

from fieldwatch_cloud.counts.density import PER_KM2, finding
from fieldwatch_cloud.counts.estimate import Estimate
from fieldwatch_cloud.counts.fitting import delta, maximise, unfitted, wald

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from fieldwatch_cloud.counts.estimate import Finding, Fit

Detector = Literal["proximity", "count"]
Shape = Literal["half-normal", "hazard-half-normal"]
RECAPTURES, ENOUGH_RECAPTURES = 10, 20
"""Records of animals at a trap other than their first: about 20 (Efford & Boulanger 2019, Methods Ecol. Evol.
10:1529-1535, and secr's manual), fewer leave sigma to chance."""
LEAST_ANIMALS = 8
WIDEST = 2.0
"""Trap spacing in sigma up to which density is unbiased (Sollmann et al. 2012, PLoS ONE 7:e34575; Sun et al.
2014, PLoS ONE 9:e88025)."""
LEAST_SPAN = 1.0
"""Extent of the traps in home range radii (2.45 sigma): smaller arrays bias sigma (Sollmann et al. 2012)."""
BUFFER = 4.0
"""Sigma around the traps within which centres may lie (secr's manual: 4, least 3)."""
LEAST_BUFFER = 3.0
COARSEST = 0.6
"""Spacing of the mask in sigma beyond which the sum over it is no integral any more (secr: 0.6)."""
SINGLES = 0.7
"""Share of animals with a single record above which misread marks, or passers-by, are likely among them."""
SMALL, TINY = 1e-8, 1e-300


@dataclass(frozen=True, slots=True)
class Mask:
    """Where activity centres may lie: cell centres in metres (east, north) of a plane projection.

    Attributes:
        centres: (M, 2).
        cell: m² of one cell.
    """

    centres: NDArray[np.float64]
    cell: float


def mask_around(traps: ArrayLike, buffer: float, spacing: float) -> Mask:
    """Square cells of `spacing` m whose centres lie within `buffer` m of a trap.

    Args:
        traps: (J, 2) m.

    Raises:
        ValueError: buffer or spacing are not above 0, or the mask would have over 200,000 cells.
    """
    places = np.asarray(traps, float).reshape(-1, 2)
    if not (buffer > 0 and spacing > 0):
        raise ValueError(f"a buffer ({buffer} m) and a spacing ({spacing} m) above 0 are needed")
    low, high = places.min(axis=0) - buffer, places.max(axis=0) + buffer
    across, up = (
        np.arange(a + spacing / 2, b + spacing / 2, spacing) for a, b in zip(low, high, strict=True)
    )
    if len(across) * len(up) > 200_000:
        raise ValueError(f"{len(across)} x {len(up)} mask cells of {spacing:g} m: choose a larger spacing")
    grid = np.stack(np.meshgrid(across, up), axis=-1).reshape(-1, 2)
    near = np.concatenate(
        [_squared(part, places).min(axis=1) <= buffer**2 for part in np.array_split(grid, 20)]
    )
    return Mask(grid[near], spacing**2)


def capture_recapture(
    captures: ArrayLike,
    traps: ArrayLike,
    mask: Mask | None = None,
    *,
    occasions: ArrayLike = 1,
    detector: Detector = "proximity",
    shape: Shape = "half-normal",
    level: float = 0.95,
) -> Fit:
    """Density, detection at the centre, and sigma, by maximum likelihood.

    Half-normal: g(d) = g0 exp(-d²/2σ²), the chance of at least one record on an occasion; hazard half-normal:
    λ(d) = λ0 exp(-d²/2σ²), the expected number of records, and g = 1 - exp(-λ). Counts are Poisson with λ;
    under a half-normal with λ = -log(1 - g), as in secr.

    Args:
        captures: (n, J) how often each animal was detected at each trap: on how many occasions
            (`proximity`) or how many times (`count`). Rows of animals never seen are left out.
        traps: (J, 2) m, (east, north) of a plane projection, in the mask's coordinates.
        mask: None: one is made with a buffer of four sigma, of a first fit.
        occasions: how many, or (J,) on how many each trap worked; of any unit and fractions for `count`.

    Returns:
        Fit with coefficients on the links log (D per km²), logit (g0) or log (λ0), log (sigma in m), and
        estimates `density`, `g0` or `lambda0`, `sigma` (m). Intervals are made on the link scale.

    Raises:
        ValueError: shapes differ, negative or, for `proximity`, more captures than occasions.
    """
    w, places = np.asarray(captures, float), np.asarray(traps, float)
    if w.ndim != 2 or places.shape != (w.shape[1], 2):
        raise ValueError(f"captures {w.shape} by traps {places.shape}: one column a trap, two coordinates")
    k = np.broadcast_to(np.asarray(occasions, float), (len(places),))
    if not np.isfinite(w).all() or (w < 0).any() or (k < 0).any() or w[:, k == 0].any():
        raise ValueError("captures must be 0 or more, and only at traps that worked")
    if detector == "proximity" and (w > k).any():
        raise ValueError("more captures than occasions at a trap: use counts")
    w = w[w.sum(axis=1) > 0]
    names = ("log D", "logit g0" if shape == "half-normal" else "log lambda0", "log sigma")
    places, w, k = places[k > 0], w[:, k > 0], k[k > 0]
    again = int((w > 0).sum() - len(w)) if len(w) else 0
    if len(w) < 2 or again < 1:
        return unfitted(names, len(w), finding("scr_no_recaptures", "unfit", animals=len(w), again=again))

    rough = _rough_sigma(w, places)
    if mask is None:
        first = _fit(w, places, _mask_for(places, rough), k, detector, shape, rough, names)
        sigma = min(math.exp(first.coefficients[2]), 4 * rough)
        mask = _mask_for(places, sigma)
    fit = _fit(w, places, mask, k, detector, shape, rough, names)
    if shape == "half-normal":
        detection = delta(fit, lambda b: 1 / (1 + math.exp(-b[1])), name="g0", link="logit", level=level)
    else:
        detection = _from_log(fit, 1, "lambda0", "1", level)
    density, sigma_m = _from_log(fit, 0, "density", "1/km2", level), _from_log(fit, 2, "sigma", "m", level)
    found = _check(w, places, mask, fit, again)
    return replace(fit, estimates=(density, detection, sigma_m), findings=found)


def log_likelihood(
    theta: ArrayLike,
    captures: NDArray[np.float64],
    traps: NDArray[np.float64],
    mask: Mask,
    occasions: ArrayLike = 1,
    *,
    detector: Detector = "proximity",
    shape: Shape = "half-normal",
) -> float:
    """log L as above, at theta (3,) on the link scale."""
    squared = _squared(mask.centres, traps)
    k = np.broadcast_to(np.asarray(occasions, float), (len(traps),))
    return -_negative(np.asarray(theta, float), captures, squared, mask.cell, k, detector, shape)[0]


def _from_log(fit: Fit, index: int, name: str, unit: str, level: float) -> Estimate:
    """A coefficient back from its logarithm b: exp(b), standard error exp(b) · sqrt(exp(se²) - 1) of a
    log-normal (as secr), interval exp(b ± z se)."""
    value = math.exp(fit.coefficients[index])
    how = "maximum likelihood (Borchers & Efford 2008), Wald on the log scale"
    if fit.covariance is None:
        return Estimate(name, value, None, None, None, unit, how, level)
    error = math.sqrt(fit.covariance[index, index])
    # An error of 10 on the log scale is no error any more: nothing is known.
    se = value * math.sqrt(math.expm1(min(error, 10.0) ** 2))
    low, high = wald(value, value * error, "log", level)
    return Estimate(name, value, se, low, high, unit, how, level)


def _fit(
    w: NDArray[np.float64],
    traps: NDArray[np.float64],
    mask: Mask,
    k: NDArray[np.float64],
    detector: Detector,
    shape: Shape,
    sigma: float,
    names: tuple[str, ...],
) -> Fit:
    squared = _squared(mask.centres, traps)

    def negative(theta: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        return _negative(theta, w, squared, mask.cell, k, detector, shape)

    # Records per animal and occasion at a trap near the centre, if a home range holds two sigma around.
    near = np.maximum((squared < (2 * sigma) ** 2).sum(axis=1), 1).mean()
    chance = min(max(float(w.sum()) / len(w) / max(k.mean(), 1e-9) / near, 0.01), 0.5)
    level = math.log(chance / (1 - chance)) if shape == "half-normal" else math.log(chance)
    covered = float((squared.min(axis=1) < (2 * sigma) ** 2).sum()) * mask.cell / PER_KM2
    start = [math.log(len(w) / max(covered, mask.cell / PER_KM2)), level, math.log(sigma)]
    return maximise(negative, start, names, sites=len(w), gradient=True)


def _negative(
    theta: NDArray[np.float64],
    w: NDArray[np.float64],
    squared: NDArray[np.float64],
    cell: float,
    k: NDArray[np.float64],
    detector: Detector,
    shape: Shape,
) -> tuple[float, NDArray[np.float64]]:
    """-log L and its gradient (3,).

    Every derivative is a factor times that of the logarithm of g (or λ) at a distance: 1 - g0 (or 1) by the
    second coefficient, d²/σ² by the third.
    """
    density, sigma = math.exp(theta[0]) / PER_KM2, math.exp(theta[2])
    spread = squared / sigma**2
    if shape == "half-normal":
        log_g = -spread / 2 - math.log1p(math.exp(-theta[1]))
        g = np.minimum(np.exp(log_g), 1 - 1e-12)
        hazard = -np.log1p(-g)
        by_second = 1 / (1 + math.exp(theta[1]))
        of_hazard = g / (1 - g)
        # Where g is tiny its hazard is g itself: in logarithms there is no underflow far from a trap.
        if detector == "count":
            gain = np.where(g < SMALL, log_g, np.log(np.maximum(hazard, TINY)))
            of_gain = np.where(g < SMALL, 1.0, of_hazard / np.maximum(hazard, TINY))
        else:
            gain, of_gain = log_g + hazard, 1 / (1 - g)
    else:
        log_hazard = theta[1] - spread / 2
        hazard = of_hazard = np.exp(log_hazard)
        by_second = 1.0
        if detector == "count":
            gain, of_gain = log_hazard, np.ones_like(hazard)
        else:
            g = -np.expm1(-hazard)
            gain = np.where(hazard < SMALL, log_hazard, np.log(np.maximum(g, TINY))) + hazard
            of_gain = np.where(hazard < SMALL, 1.0, hazard / np.maximum(g, TINY))
    none = -hazard @ k
    each = gain @ w.T + none[:, None]
    top = each.max(axis=0)
    chances = np.exp(each - top)
    sums = chances.sum(axis=0)
    log_seen = top + np.log(sums) + math.log(density * cell)
    missed = np.exp(none)
    covered = cell * float((1 - missed).sum())
    value = density * covered - float(log_seen.sum()) - _ways(w, k, detector)

    # Of each place, the chance that animal i lives there given its records.
    lives = chances / sums
    push = (lives @ w) * of_gain
    push -= (lives.sum(axis=1) + density * cell * missed)[:, None] * k * of_hazard
    by = np.array([density * covered - len(w), -by_second * push.sum(), -(push * spread).sum()])
    return value, by


def _ways(w: NDArray[np.float64], k: NDArray[np.float64], detector: Detector) -> float:
    """What does not depend on the coefficients: effort and orders of counts, or on which occasions."""
    if detector == "count":
        return float((w * np.log(k)).sum() - gammaln(w + 1).sum())
    return float((gammaln(k + 1) - gammaln(w + 1) - gammaln(k - w + 1)).sum())


def _squared(centres: NDArray[np.float64], traps: NDArray[np.float64]) -> NDArray[np.float64]:
    """(M, J) m² between mask and traps."""
    return np.asarray(((centres[:, None, :] - traps[None, :, :]) ** 2).sum(axis=-1))


def _mask_for(traps: NDArray[np.float64], sigma: float) -> Mask:
    return mask_around(traps, BUFFER * sigma, sigma * COARSEST / 1.2)


def _rough_sigma(w: NDArray[np.float64], traps: NDArray[np.float64]) -> float:
    """m: root mean square distance of records from their animal's mean place, over √2 and for the mean's own
    freedom; of animals at one trap alone, half the traps' spacing."""
    several = (w > 0).sum(axis=1) > 1
    half = _spacing(traps) / 2
    if not several.any():
        return half
    weight = w[several]
    total = weight.sum(axis=1)
    mean = weight @ traps / total[:, None]
    about = float(((weight @ (traps**2).sum(axis=1)) - total * (mean**2).sum(axis=1)).sum())
    return max(math.sqrt(about / (2 * float((total - 1).sum()))), half)


def _spacing(traps: NDArray[np.float64]) -> float:
    """Median distance in m from a trap to its nearest neighbour at another place."""
    apart = _squared(traps, traps)
    apart[apart == 0] = np.inf
    nearest = np.sqrt(apart.min(axis=1))
    return float(np.median(nearest)) if np.isfinite(nearest).all() else 1000.0


def _check(
    w: NDArray[np.float64], traps: NDArray[np.float64], mask: Mask, fit: Fit, again: int
) -> tuple[Finding, ...]:
    """
    Args:
        again: traps at which animals were found beyond their first: what sigma is learnt from.
    """
    found = []
    if not fit.converged:
        found.append(finding("density_not_converged", "unfit"))
    if len(w) < LEAST_ANIMALS:
        found.append(finding("scr_few_animals", "caution", animals=len(w), least=LEAST_ANIMALS))
    if again < RECAPTURES:
        found.append(finding("scr_too_few_recaptures", "unfit", again=again, least=RECAPTURES))
    elif again < ENOUGH_RECAPTURES:
        found.append(finding("scr_few_recaptures", "caution", again=again, enough=ENOUGH_RECAPTURES))
    sigma = math.exp(float(fit.coefficients[2]))
    if (apart := _spacing(traps) / sigma) > WIDEST:
        found.append(finding("scr_traps_apart", "caution", sigmas=round(apart, 1), most=WIDEST))
    span = float(np.hypot(*np.ptp(traps, axis=0)))
    if span < LEAST_SPAN * 2 * 2.45 * sigma:
        found.append(finding("scr_array_small", "caution", metres=round(span), range=round(2 * 2.45 * sigma)))
    # The nearest place outside the mask: its own border cells' distance to a trap.
    edge = math.sqrt(float(_squared(mask.centres, traps).min(axis=1).max())) + math.sqrt(mask.cell) / 2
    if edge < LEAST_BUFFER * sigma:
        found.append(finding("scr_mask_narrow", "caution", sigmas=round(edge / sigma, 1), least=LEAST_BUFFER))
    if math.sqrt(mask.cell) > sigma:
        found.append(finding("scr_mask_coarse", "caution", spacing=round(math.sqrt(mask.cell))))
    singles = float((w.sum(axis=1) == 1).mean())
    if len(w) >= LEAST_ANIMALS and singles > SINGLES:
        found.append(finding("scr_singles", "caution", percent=round(100 * singles)))
    return tuple(found)
