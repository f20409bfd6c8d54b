"""Time to event, space to event, instantaneous sampling: densities of animals that are not told apart.

How much must be searched until an animal comes? With N animals at random over an area, what is searched until
the first is exponential, with the density as its rate (Moeller, Lukacs & Horne 2018, Ecosphere 9:e02331):

    D = events / Σ exposure         exposure: area searched until the event, or in vain

- time to event: a camera watches its view; an animal crosses it in one `period`, so that every period brings
  a new view's worth of animals: exposure = area · time / period. It needs the animals' speed.
- space to event: all cameras at one moment, one after the other in random order, until one holds an animal.
  Time plays no part, so it needs no speed, but many moments.
- instantaneous: counts at moments, over the areas in view.

Assumptions: animals at random with regard to cameras; every animal in view is detected, so the areas must be
measured (or scaled by a detection probability); occasions are far enough apart to be independent; the
population is closed. Variances are between cameras (time, instantaneous) or moments (space), with a t
quantile: animals that linger or come in groups make those of the exponential too small.

Where this differs from the R package spaceNtime 1.1.2: it pairs the censoring times of wrong cameras where
areas differ; here each history keeps its own. Its space to event draws one random order of cameras per
moment, and so gives another answer each time; here the mean over all orders is taken, in closed form.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fieldwatch_cloud.counts.density import PER_KM2, Density, finding, log_normal

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from fieldwatch_cloud.counts.estimate import Estimate, Finding

LEAST, ENOUGH = 10, 30
"""Events: with fewer, an interval from them spans a factor of 4 (below 10) or 2 (below 30): exact Poisson
limits (Garwood 1936)."""
LEAST_CAMERAS = 10
UNEVEN = 2.5
"""Variance between cameras or moments over that of independent events: 1 where the assumptions hold."""
STAYS = 0.1
"""Share of animals in view that is still there at the next moment, above which moments are too close."""
IMPRECISE = 0.5
"""Coefficient of variation above which a density tells little more than an order of magnitude."""
LONG = 0.5
"""Share of occasions that end with an event, beyond which the density is better got from shorter ones."""


@dataclass(frozen=True, slots=True)
class History:
    """What was searched until an animal came, or in vain: one row per occasion and camera.

    Attributes:
        exposure: (n,) m² (times sampling periods) until the event or, without one, to the end.
        event: (n,) bool.
        unit: (n,) int, the camera (or moment) that it belongs to: variance is between these.
    """

    exposure: NDArray[np.float64]
    event: NDArray[np.bool_]
    unit: NDArray[np.int64]


def crossing_time(area: ArrayLike, perimeter: ArrayLike, speed: float) -> NDArray[np.float64]:
    """(K,) s that an animal at `speed` m/s needs to cross a convex view: mean chord π A / P, over the speed
    (Crofton; Kingman 1965, J. Appl. Prob. 2:162-168). With it, entries come at the rate D · A per period,
    whatever the view's shape: the sampling period of Moeller et al. 2018, made exact.

    Args:
        area: (K,) m².
        perimeter: (K,) m; of a sector: r (2 + θ).
        speed: mean over all hours that are analysed, rests included (day range / 86,400 s for whole days).
    """
    if not speed > 0:
        raise ValueError(f"a speed above 0 is needed, got {speed}")
    return np.asarray(math.pi * np.asarray(area, float) / (np.asarray(perimeter, float) * speed))


def time_to_event_history(
    entered: ArrayLike,
    cameras: ArrayLike,
    looked: ArrayLike,
    areas: ArrayLike,
    *,
    starts: ArrayLike,
    length: float,
    period: ArrayLike,
) -> History:
    """Cut detections into occasions, and take the first of each occasion and camera.

    Args:
        entered: (n,) s, when an animal came into view, on one clock for all; an animal that is in view when
            an occasion starts is no event of it.
        cameras: (n,) int, at which camera.
        looked: (m, 3) spans in which a camera looked: (camera, start s, end s). An occasion counts only
            where one span covers it whole.
        areas: (m,) m² of the view in each span.
        starts: (o,) s at which occasions start; `length`: s of each.
        period: s, or (m,) per span: the time that an animal needs to cross the view (`crossing_time`).

    Raises:
        ValueError: shapes that differ, or a period or length that is not above 0.
    """
    at, who = np.asarray(entered, float), np.asarray(cameras, np.int64)
    spans = np.asarray(looked, float).reshape(-1, 3)
    area = np.asarray(areas, float)
    per = np.broadcast_to(np.asarray(period, float), area.shape)
    if at.shape != who.shape or area.shape != (len(spans),):
        raise ValueError(f"one camera an entry ({at.shape}, {who.shape}), one area a span ({area.shape})")
    if not (per > 0).all() or not length > 0 or not (area > 0).all():
        raise ValueError("areas, sampling periods and the length of occasions must be above 0")
    order = np.lexsort((at, who))
    at, who = at[order], who[order]
    begins = np.sort(np.asarray(starts, float))
    exposure, event, unit = [], [], []
    for (camera, since, until), searched, crossing in zip(spans, area, per, strict=True):
        whole = begins[(begins >= since) & (begins + length <= until)]
        here = at[who == int(camera)]
        first = np.searchsorted(here, whole)
        after = np.r_[here, np.inf][first] - whole
        exposure.append(np.minimum(after, length) / crossing * searched)
        event.append(after < length)
        unit.append(np.full(whole.shape, int(camera)))
    if not exposure:
        return History(np.array([]), np.array([], bool), np.array([], np.int64))
    return History(np.concatenate(exposure), np.concatenate(event), np.concatenate(unit))


def time_to_event(history: History, *, level: float = 0.95) -> Density:
    """Density from times to the first event of each occasion: the censored exponential's maximum likelihood.

    Returns:
        estimates `density`, and `density_model_based` with the exponential's own standard error D/√events
        (Moeller et al. 2018, eq. 4), too small where animals linger or cameras differ.

    Raises:
        ValueError: nothing was searched.
    """
    return _to_event("time to event", history, level)


def space_to_event(seen: ArrayLike, areas: ArrayLike, *, level: float = 0.95) -> Density:
    """Density from which cameras hold an animal at moments that were set beforehand.

    Of a moment with m cameras that hold an animal, the expected area up to the first over all orders is

        Σ (empty cameras' areas) / (m + 1) + mean (holding cameras' areas)

    as an empty camera comes before all m with the chance 1 / (m + 1); of a moment with none, all that looked.

    Args:
        seen: (o, K) 1 where the camera held an animal at that moment, 0 where not, NaN where it did not look.
        areas: (K,) or (o, K) m² of each view.

    Raises:
        ValueError: shapes that differ, or nobody looked.
    """
    held, area = _matrix(seen, areas)
    looking, holding = ~np.isnan(held), np.nan_to_num(held) > 0
    empty, full = np.where(looking & ~holding, area, 0.0), np.where(holding, area, 0.0)
    m = holding.sum(axis=1)
    exposure = _to_first(empty.sum(axis=1), full.sum(axis=1), m)
    used = looking.any(axis=1)
    history = History(exposure[used], m[used] > 0, np.flatnonzero(used))
    # Without each camera in turn: what a camera more or less would have changed.
    m_less = m[:, None] - holding
    less = _to_first(empty.sum(axis=1)[:, None] - empty, full.sum(axis=1)[:, None] - full, m_less)
    less, events = less[:, looking.any(axis=0)], (m_less > 0)[:, looking.any(axis=0)]
    k = less.shape[1]
    searched = less.sum(axis=0)
    spread = None
    if k > 1 and (searched > 0).all():
        d = events.sum(axis=0) / searched
        spread = math.sqrt((k - 1) / k * float(((d - d.mean()) ** 2).sum()))
    answer = _to_event("space to event", history, level, jackknife=None if spread is None else (spread, k))
    return Density(answer.estimates, answer.findings + _check_moments(held), answer.cv_parts)


def _to_first(
    empty: NDArray[np.float64], full: NDArray[np.float64], m: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Expected area up to the first camera that holds an animal, over all orders of cameras."""
    return np.asarray(empty / (m + 1) + full / np.maximum(m, 1))


def space_to_event_history(history: History, *, level: float = 0.95) -> Density:
    """The same from areas already summed up to the first event of each moment, in one order of cameras."""
    return _to_event("space to event", history, level)


def instantaneous(
    counts: ArrayLike, areas: ArrayLike, *, pooled: bool = True, level: float = 0.95
) -> Density:
    """Density from counts at moments that were set beforehand.

    Args:
        counts: (o, K) animals in view at that moment, NaN where the camera did not look.
        areas: (K,) or (o, K) m² of each view.
        pooled: animals over areas, each m² weighing alike; False: the mean of the views' densities (Moeller
            et al. 2018, eq. 8), which lets a small view weigh as much as a large one.

    Returns:
        estimates `density`, and `density_between_cameras` with the standard error between cameras alone
        (ratio estimator: Fewster et al. 2009), which a few cameras that agree by luck make too small.

    Raises:
        ValueError: shapes that differ, or nobody looked.
    """
    count, area = _matrix(counts, areas)
    looking = ~np.isnan(count)
    searched = np.where(looking, area, 0.0)
    n, total = np.nansum(count, axis=0), searched.sum(axis=0)
    used = total > 0
    n, total = n[used], total[used]
    if not len(n):
        raise ValueError("no camera looked: without effort there is no density")
    d = float(n.sum() / total.sum())
    value = d if pooled else float(np.mean(count[looking] / area[looking]))
    residual = n - d * total
    cameras = len(n)
    raw = math.sqrt(cameras / (cameras - 1) * residual @ residual) / total.sum() if cameras > 1 else None
    # Never less than counts of pure chance have: few cameras may agree by luck.
    se = None if raw is None or not d else max(raw, d / math.sqrt(n.sum()))
    how = "instantaneous sampling (Moeller et al. 2018), variance between cameras"
    freedom = max(cameras - 1, 1)
    density = _density("density", value, se, freedom, level, how)
    between = _density("density_between_cameras", value, raw, freedom, level, how)
    found = _check(int(n.sum()), cameras, "cameras")
    # Beside a Poisson's: groups, or animals that stay from one moment to the next.
    spread = (raw / d) ** 2 * float(n.sum()) if raw is not None and d > 0 else 1.0
    found += _check_spread(spread, se, value) + _check_moments(count)
    return Density((density, between), found, {"counts": _cv(density)})


def _to_event(
    name: str, history: History, level: float, jackknife: tuple[float, int] | None = None
) -> Density:
    """
    Args:
        jackknife: standard error over cameras, and their number, where these are not the history's units.
    """
    exposure, event = history.exposure, history.event
    total = float(exposure.sum())
    if not total > 0:
        raise ValueError("nothing was searched: without effort there is no density")
    events = int(event.sum())
    d = events / total
    units, row = np.unique(history.unit, return_inverse=True)
    residual = np.bincount(row, event, len(units)) - d * np.bincount(row, exposure, len(units))
    k = len(units)
    model_based = d / math.sqrt(events) if events else None
    # The sandwich of the exponential's score, summed by unit; never less than events of pure chance have.
    spreads = [(math.sqrt(k / (k - 1) * float(residual @ residual)) / total, k)] if k > 1 else []
    spreads += [jackknife] if jackknife else []
    largest, cameras = max(spreads, default=(0.0, k))
    se = max(largest, model_based) if spreads and model_based is not None else None
    between = "moments" if name.startswith("space") else "cameras"
    how = f"{name} (Moeller et al. 2018), variance between {'moments, cameras' if jackknife else between}"
    estimates = (
        _density("density", d, se, cameras - 1, level, how),
        _density("density_model_based", d, model_based, None, level, f"{name} (Moeller et al. 2018)"),
    )
    found = _check(events, k, between)
    found += _check_spread((largest / d) ** 2 * events if d > 0 else 1.0, se, d)
    if event.mean() > LONG:
        found += (finding("events_saturate", "caution", percent=round(100 * float(event.mean()))),)
    return Density(estimates, found, {"events": _cv(estimates[0])})


def _density(
    name: str, per_m2: float, se: float | None, df: float | None, level: float, how: str
) -> Estimate:
    scaled = None if se is None else se * PER_KM2
    return log_normal(name, per_m2 * PER_KM2, scaled, "1/km2", df=df, level=level, how=how)


def _matrix(values: ArrayLike, areas: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    table, area = np.asarray(values, float), np.asarray(areas, float)
    if table.ndim != 2 or area.shape not in (table.shape, table.shape[1:]):
        raise ValueError(f"moments by cameras {table.shape}, areas {area.shape}: shapes differ")
    area = np.broadcast_to(area, table.shape)
    looking = ~np.isnan(table)
    if not looking.any():
        raise ValueError("no camera looked: without effort there is no density")
    if (table[looking] < 0).any() or not (area[looking] > 0).all():
        raise ValueError("counts must be 0 or more, and areas above 0")
    return table, area


def _cv(density: Estimate) -> float:
    return math.nan if density.se is None or not density.value else density.se / density.value


def _check(events: int, units: int, between: str) -> tuple[Finding, ...]:
    if not events:
        return (finding("density_no_encounters", "unfit"),)
    found = []
    if events < LEAST:
        found.append(finding("events_too_few", "unfit", events=events, least=LEAST))
    elif events < ENOUGH:
        found.append(finding("events_few", "caution", events=events, enough=ENOUGH))
    if between == "cameras" and units < LEAST_CAMERAS:
        found.append(finding("event_few_cameras", "caution", cameras=units, least=LEAST_CAMERAS))
    found.append(finding("views_measured", "note"))
    return tuple(found)


def _check_spread(spread: float, se: float | None, value: float) -> tuple[Finding, ...]:
    found = []
    if spread > UNEVEN:
        found.append(finding("events_not_independent", "caution", times=round(spread, 1)))
    if se is not None and value > 0 and se / value > IMPRECISE:
        found.append(finding("density_imprecise", "caution", percent=round(100 * se / value)))
    return tuple(found)


def _check_moments(table: NDArray[np.float64]) -> tuple[Finding, ...]:
    """Whether animals stay from one moment to the next: of the (moment, camera) pairs with an animal, the
    share that has one at the next moment too, beside what cameras' own rates bring by chance."""
    held = table > 0
    pairs = held[:-1] & ~np.isnan(table[1:])
    if pairs.sum() < LEAST:
        return ()
    share = float((pairs & held[1:]).sum() / pairs.sum())
    looked = np.maximum((~np.isnan(table)).sum(axis=0), 1)
    chance = float((pairs.sum(axis=0) * held.sum(axis=0) / looked).sum() / pairs.sum())
    if share - chance > STAYS:
        return (finding("moments_too_close", "caution", percent=round(100 * share)),)
    return ()
