"""Count occupancy: the reference case, effort in fractions, and what the verdict notices."""

from __future__ import annotations

import numpy as np
import pytest
from tests.unit.cloud.counts.occupancy_cases import case, same, table

from fieldwatch_cloud.counts.methods.count_occupancy import CountOccupancy, count_occupancy


def test_occuCOP_counts_poisson() -> None:  # noqa: N802 - the case's name
    """log L differs by the reference's own constant: it takes each site's total."""
    folder, expected = case("occuCOP_counts_poisson")
    y = table(folder / "y.csv")
    same(count_occupancy(y, np.ones_like(y)).fit, expected["fit"])


def simulate(
    seed: int, sites: int = 80, occasions: int = 5, psi: float = 0.5, rate: float = 0.15
) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    effort = random.uniform(0.3, 7.0, (sites, occasions))
    there = (random.random(sites) < psi)[:, None]
    return random.poisson(there * rate * effort).astype(float), effort


def codes(result: CountOccupancy) -> set[str]:
    return {finding.code for finding in result.findings if finding.severity != "note"}


def test_effort_is_taken_as_it_is_and_its_unit_only_scales_the_rate() -> None:
    y, effort = simulate(1)
    days = count_occupancy(y, effort)
    assert codes(days) == set()
    hours = count_occupancy(y, effort * 24)
    assert hours.estimates[0].value == pytest.approx(days.estimates[0].value, abs=1e-7)
    assert hours.estimates[1].value * 24 == pytest.approx(days.estimates[1].value, rel=1e-6)
    floored = count_occupancy(np.where(effort >= 1, y, np.nan), np.floor(effort))
    assert floored.estimates[1].value > days.estimates[1].value * 1.05
    for estimate, truth in zip(days.estimates, (0.5, 0.15), strict=True):
        assert estimate.low is not None
        assert estimate.high is not None
        assert estimate.low < truth < estimate.high


def test_a_visit_without_effort_says_nothing() -> None:
    y, effort = simulate(2)
    whole = count_occupancy(y, effort)
    padded = count_occupancy(np.column_stack([y, np.zeros(80)]), np.column_stack([effort, np.zeros(80)]))
    assert padded.fit.coefficients == pytest.approx(whole.fit.coefficients, abs=1e-8)
    with pytest.raises(ValueError, match="no effort"):
        count_occupancy(np.ones((3, 2)), np.zeros((3, 2)))


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        ("differ", "count_sites_differ"),
        ("bursts", "count_bursts"),
        ("leaving", "model_trend"),
        ("rare", "count_low_encounter"),
        ("nothing", "model_no_detections"),
    ],
)
def test_a_broken_assumption_is_told(broken: str, code: str) -> None:
    random = np.random.default_rng(3)
    y, effort = simulate(4)
    there = (random.random(80) < 0.6)[:, None]
    if broken == "differ":
        y = random.poisson(there * random.gamma(0.7, 0.6, (80, 1)) * effort).astype(float)
    elif broken == "bursts":
        y = random.poisson(there * random.gamma(0.4, 0.6, (80, 5)) * effort).astype(float)
    elif broken == "leaving":
        y = random.poisson(there * np.linspace(0.5, 0.05, 5) * effort).astype(float)
    elif broken == "rare":
        y = random.poisson(there * 0.03 * effort).astype(float)
    elif broken == "nothing":
        y = np.zeros_like(y)
    assert code in codes(count_occupancy(y, effort))
