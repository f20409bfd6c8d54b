"""Simulation study of rates, corrected counts, trends, species and roosts: do intervals cover, does the
verdict warn?

- sound: the assumptions hold. The 95 % interval must cover the truth in 92 to 98 % of the runs; how often
  the verdict warns all the same is counted.
- broken: one assumption is broken on purpose. The verdict must warn, with a finding of its kind, in 90 % of
  the runs; what the interval then covers shows why.

Run r of a world has the seed (r, number of the world).

    OMP_NUM_THREADS=1 python -m tests.bench.bench_study_counts [--runs 400] [--only trend]
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fieldwatch_cloud.counts import verdict
from fieldwatch_cloud.counts.methods.accumulation import accumulation
from fieldwatch_cloud.counts.methods.growth import growth
from fieldwatch_cloud.counts.methods.misidentification import corrected_counts
from fieldwatch_cloud.counts.methods.misidentification_joint import Table
from fieldwatch_cloud.counts.methods.rate import rate, rate_ratio
from fieldwatch_cloud.counts.methods.roost import Detection, nights, passage
from fieldwatch_cloud.counts.methods.trend import trim

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.random import Generator
    from numpy.typing import NDArray

    from fieldwatch_cloud.counts.estimate import Estimate, Finding

    Bounds = tuple[float | None, float | None, float]
    """low, high, truth"""
    Study = Callable[[Generator], tuple[Sequence[Bounds], Sequence[Finding]]]

LOWEST, HIGHEST, WARNED = 0.92, 0.98, 0.90
GROWTH = 0.05


@dataclass(frozen=True)
class World:
    name: str
    study: Study
    told: tuple[str, ...] = ()
    """Of a broken world, the codes of which one must be among the findings."""


@dataclass(frozen=True)
class Result:
    world: World
    runs: int
    covered: float
    warned: float
    """Broken: with a finding of its kind. Sound: with any caution."""

    @property
    def good(self) -> bool:
        return self.warned >= WARNED if self.world.told else LOWEST <= self.covered <= HIGHEST


def bounds(estimates: Sequence[Estimate], *truth: float) -> list[Bounds]:
    return [(each.low, each.high, true) for each, true in zip(estimates, truth, strict=True)]


def cameras(random: Generator, number: int, mean: float, shape: float | None) -> tuple[NDArray, NDArray]:
    """(events, camera-days) at cameras with effort of about 30 days; `shape`: of gamma differences."""
    days = random.uniform(20, 40, number)
    among = random.gamma(shape, 1 / shape, number) if shape else 1.0
    return random.poisson(mean / 30 * days * among), days


def rates(number: int, mean: float, shape: float | None) -> Study:
    def study(random: Generator) -> tuple[list[Bounds], Sequence[Finding]]:
        answer = rate(*cameras(random, number, mean, shape))
        return bounds(answer.estimates, mean / 30 * 100), answer.findings

    return study


def ratios(number: int, mean: float, shape: float | None, *, paired: bool = False) -> Study:
    def study(random: Generator) -> tuple[list[Bounds], Sequence[Finding]]:
        a, days_a = cameras(random, number, 2 * mean, shape)
        b, days_b = cameras(random, number, mean, shape)
        if paired:
            among = random.gamma(shape or 1, 1 / (shape or 1), number)
            a, b = (random.poisson(m / 30 * d * among) for m, d in ((2 * mean, days_a), (mean, days_b)))
        answer = rate_ratio(a, days_a, b, days_b, paired=paired)
        return bounds(answer.estimates, 2.0), answer.findings

    return study


SHARES = np.array([[0.85, 0.05, 0.02, 0.08], [0.08, 0.72, 0.05, 0.15], [0.03, 0.12, 0.75, 0.10]])
TRUTH = np.array([4.0, 60.0, 20.0])


def corrections(
    labelled: int, samples: int, shape: float | None = None, shares: NDArray = SHARES, *, naive: bool = False
) -> Study:
    def study(random: Generator) -> tuple[list[Bounds], Sequence[Finding]]:
        said = np.array([random.multinomial(labelled, row) for row in shares], dtype=float)
        among = random.gamma(shape, 1 / shape, (samples, 1)) if shape else np.ones((samples, 1))
        field = random.poisson(among * (TRUTH @ shares[:, :3]))
        table = Table(("rare", "common", "other"), said[:, :3], said[:, 3], np.zeros(3), 0.0)
        answer = corrected_counts(field, table)
        if naive:
            error = 1.96 * np.sqrt(field.mean(axis=0) / samples)
            mean = field.mean(axis=0)
            return list(zip(mean - error, mean + error, TRUTH, strict=True)), answer.findings
        return bounds(answer.estimates, *TRUTH), answer.findings

    return study


def trends(scatter: float, *, robust: bool = True, squared: bool = False) -> Study:
    """25 sites, 8 years, three of ten visits missing; `scatter`: variance over mean, or (squared) gamma's."""

    def study(random: Generator) -> tuple[list[Bounds], Sequence[Finding]]:
        mean = random.lognormal(1.5, 0.8, 25)[:, None] * np.exp(GROWTH * np.arange(8))
        shape = 1 / scatter if squared else mean / max(scatter - 1, 1e-9)
        counts = random.poisson(random.gamma(shape, mean / shape) if scatter > 1 or squared else mean).astype(
            float
        )
        counts[random.random(counts.shape) < 0.3] = np.nan
        fit = trim(counts, 2, overdispersion=robust, serial_correlation=robust)
        return bounds(fit.estimates, np.exp(GROWTH)), fit.findings

    return study


def growths(scatter: float | None, family: str) -> Study:
    def study(random: Generator) -> tuple[list[Bounds], Sequence[Finding]]:
        years, days = np.arange(12.0), random.uniform(300, 900, 12)
        mean = 0.1 * days * np.exp(GROWTH * years)
        counts = random.poisson(mean * (random.gamma(scatter, 1 / scatter, 12) if scatter else 1.0))
        fit = growth(counts, days, years, family)  # type: ignore[arg-type]
        return bounds(fit.estimates, np.exp(GROWTH)), fit.findings

    return study


def communities(species: int, samples: int, chance: float | None, what: str) -> Study:
    def study(random: Generator) -> tuple[list[Bounds], Sequence[Finding]]:
        p = np.full(species, chance) if chance else random.beta(0.3, 12, species)
        answer = accumulation(random.random((species, samples)) < p[:, None])
        if what == "chao2":
            return bounds(answer.estimates[1:2], species), answer.findings
        half = samples // 2
        expected = float((1 - (1 - p) ** half).sum())
        return [(answer.low[half - 1], answer.high[half - 1], expected)], answer.findings

    return study


def roosts(present: int, recall: float, there: int, frames: int = 1, window: int = 1) -> Study:
    def study(random: Generator) -> tuple[list[Bounds], Sequence[Finding]]:
        detection = Detection(max(1, random.binomial(there, recall)), there)
        seen = random.binomial(present, recall, frames)
        answer = nights(seen, np.zeros(frames, dtype=int), 1, detection=detection, window=window)
        return bounds(answer.estimates, present), answer.findings

    return study


def passages(arrivals: int, departures: int, recall: float, there: int) -> Study:
    def study(random: Generator) -> tuple[list[Bounds], Sequence[Finding]]:
        detection = Detection(random.binomial(there, recall), there)
        seen = random.binomial([arrivals, departures], recall)
        answer = passage(int(seen[0]), int(seen[1]), detection=detection)
        return bounds(answer.estimates, arrivals - departures), answer.findings

    return study


def efforts(days: Callable[[Generator], NDArray]) -> Study:
    return lambda random: ([], verdict.of_effort(days(random), asked_days=60))


BLURRED = np.array([[0.45, 0.42, 0.05, 0.08], [0.42, 0.43, 0.05, 0.10], [0.03, 0.12, 0.75, 0.10]])
WORLDS = (
    World("rate: 40 cameras alike", rates(40, 3, None)),
    World("rate: 20 cameras alike, few events", rates(20, 1, None)),
    World("rate: 40 cameras, differences gamma(1)", rates(40, 3, 1.0)),
    World("rate: 40 cameras, differences gamma(3)", rates(40, 3, 3.0)),
    World("ratio: two areas of 30 cameras alike", ratios(30, 2, None)),
    World("ratio: two areas, differences gamma(1)", ratios(30, 2, 1.0)),
    World("ratio: 30 cameras in two periods, lasting gamma(1)", ratios(30, 2, 1.0, paired=True)),
    World("corrected: 300 labelled a class", corrections(300, 20)),
    World("corrected: 60 labelled a class", corrections(60, 20)),
    World("corrected: field counts gamma(2)", corrections(300, 40, 2.0)),
    World("trend: Poisson", trends(1.0)),
    World("trend: variance three times the mean", trends(3.0)),
    World("growth: Poisson, 12 years", growths(None, "quasi-poisson")),
    World("growth: gamma(5), quasi-Poisson", growths(5.0, "quasi-poisson")),
    World("growth: gamma(5), negative binomial", growths(5.0, "negative-binomial")),
    World("chao2: 60 species alike", communities(60, 40, 0.06, "chao2")),
    World("rarefaction: 60 species alike", communities(60, 40, 0.06, "rarefaction")),
    World("roost: 300 birds, recall 80 %", roosts(300, 0.8, 200)),
    World("roost: 40 birds, recall 60 %", roosts(40, 0.6, 150)),
    World("passage: 400 in, 100 out", passages(400, 100, 0.8, 300)),
    World("effort: 45 cameras, 24 to 40 days", efforts(lambda r: r.uniform(24, 40, 45))),
    World("rate: differences gamma(0.5)", rates(40, 3, 0.5), ("overdispersed",)),
    World("ratio: differences gamma(0.5)", ratios(30, 3, 0.5), ("overdispersed",)),
    World("rate: a rare animal", rates(20, 0.4, None), ("few_events",)),
    World("effort: cameras that fail early", efforts(lambda r: r.exponential(25, 45)), ("uneven_effort",)),
    World("effort: twelve cameras", efforts(lambda r: r.uniform(24, 40, 12)), ("few_sites",)),
    World(
        "effort: a third silent",
        efforts(lambda r: r.uniform(24, 40, 60) * (np.arange(60) % 3 > 0)),
        ("silent_sites",),
    ),
    World("corrected: naive counts instead", corrections(300, 20, naive=True), ("naive_off",)),
    World("corrected: 30 labelled a class", corrections(30, 20), ("few_labelled",)),
    World("corrected: two classes look alike", corrections(300, 20, None, BLURRED), ("confused_classes",)),
    World("corrected: field counts gamma(1)", corrections(300, 20, 1.0), ("overdispersed",)),
    World("trend: Poisson errors, variance four times", trends(4.0, robust=False), ("trend_too_certain",)),
    World("trend: gamma(1), Poisson errors", trends(1.0, robust=False, squared=True), ("trend_too_certain",)),
    World("trend: gamma(1), estimating equations", trends(1.0, squared=True), ("variance_grows",)),
    World("chao2: many rare species", communities(60, 20, None, "chao2"), ("incomplete", "mostly_uniques")),
    World("roost: largest of 300 frames", roosts(300, 0.8, 500, 300), ("noisy_maximum",)),
    World("roost: 40 labelled birds", roosts(300, 0.8, 40), ("recall_uncertain",)),
    World("passage: 400 in, 380 out", passages(400, 380, 0.8, 300), ("mostly_turnover",)),
)


def judge(world: World, runs: int) -> Result:
    covered, judged, warned = 0, 0, 0
    for run in range(runs):
        limits, findings = world.study(np.random.default_rng([run, WORLDS.index(world)]))
        for low, high, truth in limits:
            judged += 1
            covered += low is not None and high is not None and low <= truth <= high
        codes = {each.code for each in findings}
        grave = any(each.severity != "note" for each in findings)
        warned += bool(codes & set(world.told)) if world.told else grave
    return Result(world, runs, covered / judged if judged else float("nan"), warned / runs)


def show(result: Result, seconds: float) -> None:
    kind = "broken" if result.world.told else "sound"
    no_interval = np.isnan(result.covered)
    mark = "" if result.good or (no_interval and kind == "sound") else "  <<<"
    covers = "    –" if no_interval else f"{result.covered:5.1%}"
    print(
        f"{kind:6}  {result.world.name:52} covers {covers}   warns {result.warned:6.1%}   "
        f"{seconds:5.1f} s{mark}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=400)
    parser.add_argument("--only", default="", help="worlds whose name holds this")
    options = parser.parse_args()
    for world in WORLDS:
        if options.only in world.name:
            started = time.perf_counter()
            result = judge(world, options.runs)
            show(result, time.perf_counter() - started)


@pytest.mark.bench
@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_study(world: World) -> None:
    result = judge(world, 300)
    show(result, 0.0)
    assert result.good or (not world.told and np.isnan(result.covered))


if __name__ == "__main__":
    main()
