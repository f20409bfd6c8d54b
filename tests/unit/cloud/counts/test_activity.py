from __future__ import annotations

import math

import numpy as np
import pytest
from tests.unit.cloud.counts.occupancy_cases import case, table
from tests.unit.cloud.counts.overlap_times import PIG, TIGER, times

from fieldwatch_cloud.counts.methods.activity import (
    AT_ONCE,
    CIRCLE,
    activity,
    average_anchored,
    concentration,
    density_at,
    moments,
    on_grid,
)


@pytest.mark.parametrize("species", ["ocelot", "paca"])
def test_activity_level_BCI_ocelot_paca(species: str) -> None:  # noqa: N802
    folder, expected = case("activity_level_BCI_ocelot_paca")
    found = activity(table(folder / f"{species}.csv"), replicates=0)
    reference = expected[species]
    assert found.estimates[0].value == pytest.approx(reference["act"], rel=1e-6)
    assert found.concentration == pytest.approx(reference["bw"], rel=1e-5)
    assert found.density.max() == pytest.approx(reference["pdf_max"], rel=1e-6)
    curve = reference["pdf_at_0_64_128_192_256_320_384_448"]
    assert found.density[::64] == pytest.approx(curve, rel=1e-5, abs=1e-9)


@pytest.mark.parametrize(
    ("sample", "level", "bandwidth", "at_30_or_10"),
    [
        (TIGER, 0.315242211748453, 29.90645, [0.02440435, 0.44522913, 0.02179983, 0.50513539]),
        (PIG, 0.311464964598755, 10.42076, [7.877244e-06, 0.04522317, 0.4622752, 0.1216268]),
    ],
)
def test_activity_of_overlaps_simulated_data(
    sample: str, level: float, bandwidth: float, at_30_or_10: list[float]
) -> None:
    """As the packages overlap 0.3.9 (tests, densityFit at a given bandwidth) and activity 1.3.4 have it."""
    x = np.array(times(sample))
    assert concentration(moments(x)) == pytest.approx(bandwidth, rel=2e-5)
    assert activity(x, replicates=0).estimates[0].value == pytest.approx(level, rel=1e-5)
    quarters = np.array([0, 0.5, 1, 1.5]) * math.pi
    given = 30.0 if sample is TIGER else 10.0
    assert density_at(x, quarters, given) == pytest.approx(at_30_or_10, rel=1e-3)


def test_the_fourier_series_is_the_sum_of_kernels() -> None:
    x = np.random.default_rng(4).vonmises(1, 2, 60) % (2 * math.pi)
    for kappa in (0.5, 20.0, 400.0):
        series = on_grid(moments(x), kappa)
        assert series == pytest.approx(density_at(x, np.arange(512) * math.tau / 512, kappa), abs=1e-10)
        assert series.mean() * math.tau == pytest.approx(1)


def test_the_same_pattern_turned_gives_the_same_level() -> None:
    x = np.array(times(TIGER))
    here = activity(x, replicates=50).estimates[0]
    turned = activity(x + 32 * math.tau / 512, replicates=50).estimates[0]
    assert turned.value == pytest.approx(here.value, rel=1e-9)
    assert turned.se == pytest.approx(here.se, rel=1e-9)
    assert here.low is not None
    assert here.high is not None
    assert here.low < here.value < here.high


def test_average_anchoring_puts_every_sunrise_and_sunset_on_their_means() -> None:
    rise = np.array([1.2, 1.4, 1.6, 1.5])
    down = np.array([5.0, 4.8, 4.6, 4.7])
    assert average_anchored(rise, rise, down) == pytest.approx([1.425] * 4, abs=1e-3)
    assert average_anchored(down, rise, down) == pytest.approx([4.775] * 4, abs=1e-3)
    noon = average_anchored((rise + down) / 2, rise, down)
    assert noon == pytest.approx([(1.425 + 4.775) / 2] * 4, abs=1e-3)
    same = average_anchored(np.array([0.3, 2.0, 6.0]), np.full(3, 1.5), np.full(3, 4.7))
    assert same == pytest.approx([0.3, 2.0, 6.0])


def test_where_the_sun_does_not_set_clock_time_is_asked_for() -> None:
    with pytest.raises(ValueError, match="clock time"):
        average_anchored([1.0], [np.nan], [3.0])


@pytest.mark.parametrize("bad", [[1.0], [], [1.0, np.nan], [[1.0, 2.0]]])
def test_times_that_are_none(bad: list[float]) -> None:
    with pytest.raises(ValueError, match="at least two finite"):
        activity(bad)


@pytest.mark.parametrize(("n", "code"), [(30, "activity_too_few"), (80, "activity_few"), (200, None)])
def test_small_samples_are_told(n: int, code: str | None) -> None:
    x = np.random.default_rng(n).vonmises(1, 1, n)
    found = [each.code for each in activity(x, replicates=0).findings]
    assert found == ([code] if code else [])


def test_times_on_the_hour_are_told() -> None:
    x = np.random.default_rng(1).integers(0, 24, 150) * math.tau / 24
    assert "times_rounded" in [each.code for each in activity(x, replicates=0).findings]


def test_moments_of_many_times_are_taken_in_parts() -> None:
    times = np.random.default_rng(5).uniform(0, CIRCLE, 3 * AT_ONCE + 7)
    found = moments(times)
    assert found.n == len(times)
    for k in (0, 1, 7, 320):
        assert found.values[k] == pytest.approx(np.exp(1j * k * times).mean(), abs=1e-9)
