"""Dynamic occupancy: crossbills, brute force, and what the verdict notices."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from scipy.special import expit
from tests.unit.cloud.counts.occupancy_cases import case, same, table

from fieldwatch_cloud.counts.fitting import derivative, design
from fieldwatch_cloud.counts.methods.dynamic_occupancy import (
    DynamicOccupancy,
    _Parts,
    _scores,
    dynamic_occupancy,
)
from fieldwatch_cloud.counts.site_visits import visits


def test_dynamic_occupancy_crossbill_1999_2001() -> None:
    folder, expected = case("dynamic_occupancy_crossbill_1999_2001")
    y = table(folder / "y_267x9.csv").reshape(267, 3, 3)
    result = dynamic_occupancy(y)
    same(result.fit, expected["fit"])
    assert result.fit.log_likelihood == pytest.approx(expected["fit"]["logLik"], rel=1e-9)
    psi, col, ext, _ = expit(list(expected["fit"]["coef"].values()))
    second = psi * (1 - ext) + (1 - psi) * col
    third = second * (1 - ext) + (1 - second) * col
    assert result.projected == pytest.approx([psi, second, third], abs=1e-5)
    assert (result.projected_low < result.projected).all()


def simulate(
    seed: int,
    sites: int = 120,
    seasons: int = 4,
    occasions: int = 4,
    *,
    col: float = 0.25,
    ext: float = 0.3,
    p: float | np.ndarray = 0.5,
) -> np.ndarray:
    random = np.random.default_rng(seed)
    there = random.random(sites) < 0.5
    y = np.empty((sites, seasons, occasions))
    for t in range(seasons):
        chance = np.broadcast_to(p, (seasons, occasions))[t]
        y[:, t] = there[:, None] & (random.random((sites, occasions)) < chance)
        there = random.random(sites) < np.where(there, 1 - ext, col)
    return y


def test_the_recursion_is_the_sum_over_all_histories_and_its_scores_are_its_gradient() -> None:
    random = np.random.default_rng(8)
    y = simulate(9, sites=6, seasons=3, occasions=3)
    y[0, 1] = np.nan
    y[1, 2, 1:] = np.nan
    parts = _Parts(
        design("psi", (6,), {"x": random.normal(size=6)}),
        design("col", (6, 2), {"t": np.tile([0.0, 1.0], (6, 1))}),
        design("ext", (6, 2)),
        design("p", (6, 3, 3), {"w": random.normal(size=(6, 3, 3))}),
    )
    data = visits(y, parts.psi, parts.p, binary=True, dimensions=3)
    theta = random.normal(size=len(parts.names)) / 2
    at, occupied, _ = _scores(theta, data, parts)
    first, gained, lost, eta = parts.chances(theta)
    p = expit(eta)
    for i in range(6):
        total, last = 0.0, 0.0
        for z in product([0, 1], repeat=3):
            chance = first[i] if z[0] else 1 - first[i]
            for t in range(2):
                up = 1 - lost[i, t] if z[t] else gained[i, t]
                chance *= up if z[t + 1] else 1 - up
            for t, j in product(range(3), range(3)):
                if data.seen[i, t, j]:
                    found = z[t] * p[i, t, j]
                    chance *= found if y[i, t, j] else 1 - found
            total += chance
            last += chance * z[2]
        assert at.log_likelihood[i] == pytest.approx(np.log(total), rel=1e-12)
        assert occupied[i, 2] == pytest.approx(last / total, rel=1e-12)
    for k in range(6):
        by = derivative(lambda t, k=k: _scores(t, data, parts)[0].log_likelihood[k], theta)
        assert at.by[k] == pytest.approx(by, abs=1e-8)


def codes(result: DynamicOccupancy) -> set[str]:
    return {finding.code for finding in result.findings if finding.severity != "note"}


def test_sound_data_raise_no_alarm_and_the_truth_is_enclosed() -> None:
    result = dynamic_occupancy(simulate(12))
    assert codes(result) == set()
    named = {each.name: each for each in result.estimates}
    for name, truth in (("colonisation", 0.25), ("extinction", 0.3), ("detection", 0.5)):
        assert named[name].low < truth < named[name].high  # type: ignore[operator]
    assert result.smoothed.shape == (4,)


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        ("detection changes", "dynamic_detection_changes"),
        ("trend", "model_trend"),
        ("still", "dynamic_few_colonisations"),
        ("nothing", "model_no_detections"),
    ],
)
def test_a_broken_assumption_is_told(broken: str, code: str) -> None:
    y = {
        "detection changes": lambda: simulate(11, p=np.linspace(0.2, 0.7, 4)[:, None]),
        "trend": lambda: simulate(11, p=np.linspace(0.7, 0.2, 4)),
        "still": lambda: simulate(11, col=0.01, ext=0.02),
        "nothing": lambda: np.zeros((50, 3, 3)),
    }[broken]()
    assert code in codes(dynamic_occupancy(y))


def test_one_season_is_refused() -> None:
    with pytest.raises(ValueError, match="2 or more seasons"):
        dynamic_occupancy(np.zeros((10, 1, 4)))
