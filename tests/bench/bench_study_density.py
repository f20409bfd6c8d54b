"""Do the intervals of activity, speed and density hold what they promise, and does the verdict warn?

Simulation studies with fixed seeds. Where the assumptions hold, 95 % intervals must cover the truth in 92 to
98 % of runs; where one is broken on purpose, the verdict must warn in at least 90 %. Encounters, snapshots
and times to events come from animals on simulated paths (`ideal_gas.py`), not from the estimators' formulas.

    python tests/bench/bench_study_density.py [--runs 300] [--broken 60] [--only rem,scr] [--out FILE.md]
"""

from __future__ import annotations

import argparse
import math
import os
import time
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pytest
from tests.bench import ideal_gas

from fieldwatch_cloud.counts.density import Part
from fieldwatch_cloud.counts.methods.activity import activity
from fieldwatch_cloud.counts.methods.capture_recapture import capture_recapture, mask_around
from fieldwatch_cloud.counts.methods.distance import distance_sampling
from fieldwatch_cloud.counts.methods.encounter import random_encounter
from fieldwatch_cloud.counts.methods.overlap import overlap
from fieldwatch_cloud.counts.methods.speed import animal_speed
from fieldwatch_cloud.counts.methods.to_event import (
    crossing_time,
    instantaneous,
    space_to_event,
    time_to_event,
    time_to_event_history,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from fieldwatch_cloud.counts.estimate import Estimate, Finding

RUNS, BROKEN = 300, 60
"""Runs of a study where the assumptions hold, and of one where they are broken."""
CIRCLE = 2 * math.pi
Run = tuple[float, "Estimate", "Iterable[Finding]"]
"""The truth, what was estimated, and what the verdict found."""


@dataclass(frozen=True)
class Study:
    name: str
    simulate: Callable[[np.random.Generator], Run]
    warns: frozenset[str] = frozenset()
    """Codes of which one must be found; none: the assumptions hold."""


@dataclass(frozen=True)
class Outcome:
    name: str
    broken: bool
    runs: int
    covered: float
    bias: float
    cv: float
    warned: float
    """Broken: with the right code. Holding: with any caution, or worse, of a code that a study looks for."""
    seconds: float

    @property
    def good(self) -> bool:
        return self.warned >= 0.9 if self.broken else 0.92 <= self.covered <= 0.98


# Activity: two peaks. Shares of two von Mises; the truth is 1 / (2π max f).


def _pattern(x: NDArray[np.float64]) -> NDArray[np.float64]:
    def bump(mean: float, kappa: float) -> NDArray[np.float64]:
        return np.exp(kappa * np.cos(x - mean)) / (CIRCLE * np.i0(kappa))

    return 0.6 * bump(1.6, 3.0) + 0.4 * bump(4.7, 2.0)


def _times(rng: np.random.Generator, n: int) -> NDArray[np.float64]:
    dawn = rng.random(n) < 0.6
    return np.where(dawn, rng.vonmises(1.6, 3.0, n), rng.vonmises(4.7, 2.0, n)) % CIRCLE


GRID = np.linspace(0, CIRCLE, 20_001)
ACTIVE = 1 / (CIRCLE * float(_pattern(GRID).max()))


def activity_level(rng: np.random.Generator, n: int = 200) -> Run:
    found = activity(_times(rng, n), replicates=300, seed=int(rng.integers(2**31)))
    return ACTIVE, found.estimates[0], found.findings


def activity_rounded(rng: np.random.Generator) -> Run:
    to_half_hours = np.round(_times(rng, 200) / CIRCLE * 48) / 48 * CIRCLE
    found = activity(to_half_hours, replicates=0)
    return ACTIVE, found.estimates[0], found.findings


def _other(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.exp(1.5 * np.cos(x - 3.0)) / (CIRCLE * np.i0(1.5))


OVERLAP = float(np.trapezoid(np.minimum(_pattern(GRID), _other(GRID)), GRID))


def overlap_of_two(rng: np.random.Generator, n: int = 120, m: int = 90) -> Run:
    other = rng.vonmises(3.0, 1.5, m) % CIRCLE
    found = overlap(_times(rng, n), other, replicates=200, seed=int(rng.integers(2**31)))
    return OVERLAP, found.estimates[0], found.findings


# Speed: met in proportion to itself.


def _met(rng: np.random.Generator, n: int, spread: float) -> NDArray[np.float64]:
    # A size-biased log-normal is a log-normal with its mean moved by the variance.
    return rng.lognormal(math.log(0.3) - spread**2 / 2 + spread**2, spread, n)


def speed_log_normal(rng: np.random.Generator, n: int = 100) -> Run:
    found = animal_speed(_met(rng, n, 0.7))
    return 0.3, found.estimates[0], found.findings


def speed_harmonic(rng: np.random.Generator) -> Run:
    found = animal_speed(_met(rng, 100, 0.7), model="harmonic")
    return 0.3, found.estimates[0], found.findings


def speed_gamma(rng: np.random.Generator) -> Run:
    found = animal_speed(rng.gamma(3.0, 0.15, 100))
    return 0.3, found.estimates[0], found.findings


def speed_two_gaits(rng: np.random.Generator) -> Run:
    run = rng.random(200) < 0.5
    y = np.where(run, rng.lognormal(1.0, 0.25, 200), rng.lognormal(-2.0, 0.25, 200))
    found = animal_speed(y)
    return 1 / float(np.mean(1 / y)), found.estimates[0], found.findings


# Animals on paths.

RADIUS, ANGLE, SPEED = 10.0, 0.7, 0.3
KM2 = ideal_gas.SIDE**2 / 1e6
STEP = 120.0


def rem(rng: np.random.Generator, cameras: int = 80, baited: float = 0.0, animals: int = 40) -> Run:
    """Ten days. Animals move for the active share of each; speed and activity are estimated from the same
    passages, radius and angle come with an error."""
    days = 10
    steps = int(days * ACTIVE * 86_400 / STEP)
    paths = ideal_gas.walk(rng, animals, steps, STEP, mean=SPEED)
    seen = ideal_gas.place(rng, cameras, RADIUS, ANGLE)
    seen.radii[: int(baited * cameras)] *= 6
    camera, _, speeds = ideal_gas.entries(paths, seen, 0.75)
    exact = steps * STEP / ACTIVE / 86_400
    level = activity(_times(rng, len(camera)), replicates=100).estimates[1]
    found = random_encounter(
        np.bincount(camera, minlength=cameras),
        np.full(cameras, exact),
        speed=Part.of(animal_speed(speeds).estimates[0]),
        activity=Part.of(level),
        radius=Part(rng.normal(RADIUS, 0.4), 0.4),
        angle=Part(rng.normal(ANGLE, 0.03), 0.03),
    )
    return animals / KM2, found.estimates[0], found.findings


def distance(rng: np.random.Generator, cameras: int = 60, shy: float = 0.0, key: str = "half-normal") -> Run:
    """Ten days of eight hours in which all animals move; a snapshot every 2 s, half-normal chances."""
    animals, right, steps = 40, 15.0, int(10 * 8 * 3600 / STEP)
    paths = ideal_gas.walk(rng, animals, steps, STEP, mean=SPEED)
    seen = ideal_gas.place(rng, cameras, right, ANGLE)
    _, camera, metres, inside = ideal_gas.passages(paths, seen, 2.0)
    # A step's last point is the next one's first.
    inside[:, -1] = False
    chance = np.exp(-(metres**2) / (2 * 5.0**2)) * np.where(metres < 2.5, 1 - shy, 1.0)
    row, point = np.nonzero(inside & (rng.random(inside.shape) < chance))
    found = distance_sampling(
        metres[row, point],
        camera[row],
        np.full(cameras, steps * STEP / 2.0),
        angle=ANGLE,
        right=right,
        breaks=[0, 2.5, 4, 5, 6, 7, 8, 10, 12, 15] if shy else None,
        key=key,  # type: ignore[arg-type]
    )
    return animals / KM2, found.estimates[0], found.findings


def times_to_event(rng: np.random.Generator, cameras: int = 60, gathered: float = 0.0) -> Run:
    """Ten days of eight hours, an occasion of 40 min every hour."""
    animals, steps = 40, int(10 * 8 * 3600 / STEP)
    paths = ideal_gas.walk(rng, animals, steps, STEP, mean=SPEED)
    seen = ideal_gas.place(rng, cameras, RADIUS, ANGLE)
    seen.radii[: int(gathered * cameras)] *= 6
    camera, at, _ = ideal_gas.entries(paths, seen, 0.75)
    area = ANGLE / 2 * RADIUS**2
    history = time_to_event_history(
        at,
        camera,
        [(k, 0, steps * STEP) for k in range(cameras)],
        np.full(cameras, area),
        starts=np.arange(0, steps * STEP, 3600),
        length=2400,
        period=crossing_time(area, RADIUS * (2 + ANGLE), SPEED),
    )
    found = time_to_event(history)
    return animals / KM2, found.estimates[0], found.findings


def _moments(
    rng: np.random.Generator, cameras: int, every: float, count: int, herd: int = 1, stay: float = 0.0
) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """Animals in view at moments: truth, counts (count, cameras), areas. `stay`: share of moments from which
    an animal does not move on until the next."""
    animals = 160
    paths = ideal_gas.walk(rng, animals // herd, count, every, mean=SPEED)
    steps = paths.start.reshape(animals // herd, count, 2)
    if stay:
        last = np.where(rng.random(steps.shape[:2]) < stay, 0, np.arange(count))
        steps = np.take_along_axis(steps, np.maximum.accumulate(last, axis=1)[..., None], axis=1)
    seen = ideal_gas.place(rng, cameras, RADIUS, 2.0)
    counts = np.zeros((count, cameras))
    for k in range(cameras):
        offset = (steps - seen.places[k] + ideal_gas.SIDE / 2) % ideal_gas.SIDE - ideal_gas.SIDE / 2
        bearing = np.arctan2(offset[..., 1], offset[..., 0]) - seen.headings[k]
        aside = np.abs((bearing + math.pi) % CIRCLE - math.pi)
        inside = (np.hypot(offset[..., 0], offset[..., 1]) < RADIUS) & (aside < 1.0)
        counts[:, k] = inside.sum(axis=0) * herd
    return animals / KM2, counts, np.full(cameras, RADIUS**2)


def space(rng: np.random.Generator, stay: float = 0.0) -> Run:
    truth, counts, areas = _moments(rng, 40, 600.0, 400, stay=stay)
    found = space_to_event(np.minimum(counts, 1), areas)
    return truth, found.estimates[0], found.findings


def moment_counts(rng: np.random.Generator, herd: int = 1, stay: float = 0.0) -> Run:
    truth, counts, areas = _moments(rng, 40, 600.0, 400, herd=herd, stay=stay)
    found = instantaneous(counts, areas)
    return truth, found.estimates[0], found.findings


# Capture-recapture: centres at random over a square that is wide enough.


def scr(
    rng: np.random.Generator,
    *,
    g0: float = 0.25,
    spacing: float = 150.0,
    buffer: float = 400.0,
    detector: str = "proximity",
    density: float = 18.0,
) -> Run:
    sigma, side, occasions = 100.0, 7, 5
    traps = np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1).reshape(-1, 2) * spacing
    span = (side - 1) * spacing + 1200
    centres = rng.uniform(-600, span - 600, (rng.poisson(density * span**2 / 1e6), 2))
    squared = ((centres[:, None] - traps) ** 2).sum(axis=-1)
    fall = g0 * np.exp(-squared / (2 * sigma**2))
    captures = rng.poisson(occasions * fall) if detector == "count" else rng.binomial(occasions, fall)
    fit = capture_recapture(
        captures,
        traps,
        mask_around(traps, buffer, 50),
        occasions=occasions,
        detector=detector,  # type: ignore[arg-type]
        shape="hazard-half-normal" if detector == "count" else "half-normal",
    )
    estimates = fit.estimates or (_nothing(),)
    return density, estimates[0], fit.findings


def _nothing() -> Estimate:
    from fieldwatch_cloud.counts.estimate import Estimate

    return Estimate("density", math.nan, None, None, None, "1/km2", "none")


STUDIES = [
    Study("activity level, 200 records", activity_level),
    Study("activity level, 40 records", lambda rng: activity_level(rng, 40), frozenset({"activity_too_few"})),
    Study("activity, times rounded to half hours", activity_rounded, frozenset({"times_rounded"})),
    Study("overlap, 120 and 90 records (Dhat4)", overlap_of_two),
    Study(
        "overlap, 120 and 40 records (Dhat1)",
        lambda rng: overlap_of_two(rng, 120, 40),
        frozenset({"overlap_few"}),
    ),
    Study("speed, best of three, log-normal truth", speed_log_normal),
    Study("speed, best of three, gamma truth", speed_gamma),
    Study("speed, harmonic mean", speed_harmonic),
    Study("speed, two gaits mixed", speed_two_gaits, frozenset({"speed_poor_fit"})),
    Study("REM, animals on paths, 80 cameras", rem),
    Study("REM, 25 cameras", lambda rng: rem(rng, 25), frozenset({"rem_few_cameras"})),
    Study(
        "REM, a quarter of cameras baited",
        lambda rng: rem(rng, baited=0.25),
        frozenset({"encounters_uneven"}),
    ),
    Study("distance sampling, animals on paths", distance),
    Study("distance sampling, choice of key", lambda rng: distance(rng, key="best")),
    Study(
        "distance sampling, animals shy within 2.5 m",
        lambda rng: distance(rng, shy=0.85),
        frozenset({"distance_avoided", "distance_poor_fit"}),
    ),
    Study("time to event, animals on paths", times_to_event),
    Study(
        "time to event, a quarter of cameras where animals gather",
        lambda rng: times_to_event(rng, gathered=0.25),
        frozenset({"events_not_independent"}),
    ),
    Study("space to event, animals on paths", space),
    Study("space to event, animals rest", lambda rng: space(rng, stay=0.6), frozenset({"moments_too_close"})),
    Study("instantaneous sampling, animals on paths", moment_counts),
    Study(
        "instantaneous sampling, herds of 8",
        lambda rng: moment_counts(rng, 8),
        frozenset({"events_not_independent"}),
    ),
    Study(
        "instantaneous sampling, animals rest",
        lambda rng: moment_counts(rng, stay=0.6),
        frozenset({"moments_too_close"}),
    ),
    Study("SCR, proximity detectors", scr),
    Study("SCR, count detectors", lambda rng: scr(rng, detector="count")),
    Study(
        "SCR, rarely detected",
        lambda rng: scr(rng, g0=0.015),
        frozenset({"scr_too_few_recaptures", "scr_no_recaptures", "scr_few_recaptures"}),
    ),
    Study("SCR, traps 3.5 sigma apart", lambda rng: scr(rng, spacing=350.0), frozenset({"scr_traps_apart"})),
    Study("SCR, mask of 1.5 sigma", lambda rng: scr(rng, buffer=150.0), frozenset({"scr_mask_narrow"})),
]
WATCHED = frozenset().union(*(study.warns for study in STUDIES))


def outcome(study: Study, runs: int) -> Outcome:
    began = time.perf_counter()
    hits, values, errors, warned = 0, [], [], 0
    codes = study.warns or WATCHED
    for run in range(runs):
        rng = np.random.default_rng([zlib.crc32(study.name.encode()), run])
        truth, estimate, findings = study.simulate(rng)
        covered = (
            estimate.low is not None and estimate.high is not None and estimate.low <= truth <= estimate.high
        )
        hits += covered
        values.append(estimate.value / truth)
        errors.append(math.nan if estimate.se is None else estimate.se / estimate.value)
        warned += any(each.code in codes and each.severity != "note" for each in findings)
    return Outcome(
        study.name,
        bool(study.warns),
        runs,
        hits / runs,
        float(np.nanmean(values)) - 1,
        float(np.nanmean(errors)) if np.isfinite(errors).any() else math.nan,
        warned / runs,
        time.perf_counter() - began,
    )


def table(outcomes: list[Outcome]) -> str:
    lines = [
        "| study | runs | 95 % interval covers | bias | mean CV | verdict warns |",
        "|---|---|---|---|---|---|",
    ]
    for each in outcomes:
        covers = f"{each.covered:.1%}" if not math.isnan(each.cv) else "–"
        what = f"**{each.warned:.0%}**" if each.broken else f"{each.warned:.0%}"
        mark = covers if each.broken else f"**{covers}**"
        cv = "–" if math.isnan(each.cv) else f"{each.cv:.1%}"
        lines.append(f"| {each.name} | {each.runs} | {mark} | {each.bias:+.1%} | {cv} | {what} |")
    return "\n".join(lines)


@pytest.mark.bench
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.name)
def test_intervals_cover_and_verdicts_warn(study: Study) -> None:
    found = outcome(study, BROKEN if study.warns else RUNS)
    print(f"\n{table([found])}")
    assert found.good


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--broken", type=int, default=BROKEN)
    parser.add_argument("--only", default="", help="beginnings of names, by commas")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    only = tuple(each.strip().lower() for each in args.only.split(",") if each.strip())
    outcomes = []
    for study in STUDIES:
        if only and not study.name.lower().startswith(only):
            continue
        outcomes.append(outcome(study, args.broken if study.warns else args.runs))
        last = outcomes[-1]
        mark = "ok " if last.good else "BAD"
        print(mark, table([last]).splitlines()[-1], f"{last.seconds:.0f} s", flush=True)
    print("\n" + table(outcomes))
    if args.out:
        args.out.write_text(table(outcomes) + "\n")


if __name__ == "__main__":
    main()
