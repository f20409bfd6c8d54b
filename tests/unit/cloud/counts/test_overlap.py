from __future__ import annotations

import math

import numpy as np
import pytest
from tests.unit.cloud.counts.occupancy_cases import case, table
from tests.unit.cloud.counts.overlap_times import PIG, TIGER, times

from fieldwatch_cloud.counts.methods import overlap as module
from fieldwatch_cloud.counts.methods.overlap import coefficients, overlap

KNOWN = {"overlap_dhat1": 0.290861370347838, "overlap_dhat4": 0.269200785000647, "overlap_dhat5": 0.2275}


def test_activity_overlap_simulated() -> None:
    folder, expected = case("activity_overlap_simulated")
    found = coefficients(table(folder / "tigerObs.csv"), table(folder / "pigObs.csv"))
    for name, value in expected["overlapEst"].items():
        assert found[f"overlap_{name.lower()}"] == pytest.approx(value, rel=1e-5)


def test_activity_overlap_simulated_from_the_table() -> None:
    found = overlap(times(TIGER), times(PIG), replicates=200)
    by_name = {each.name: each for each in found.estimates}
    for name, value in KNOWN.items():
        assert by_name[name].value == pytest.approx(value, rel=1e-4)
    recommended = by_name["overlap"]
    assert recommended.value == by_name["overlap_dhat4"].value
    # 0.2910917 is the overlap of the densities that the samples were drawn from (overlap's data set).
    assert recommended.low is not None
    assert recommended.high is not None
    assert recommended.low < 0.2910917 < recommended.high
    assert not found.findings


def test_other_smoothness(monkeypatch: pytest.MonkeyPatch) -> None:
    """Literal in overlap's tests: adjust 1.2, 1.5, 1 gives 0.31507, 0.28849, 0.2375."""
    monkeypatch.setattr(module, "ADJUST", dict(zip(KNOWN, (1.2, 1.5, 1.0), strict=True)))
    found = coefficients(np.array(times(TIGER)), np.array(times(PIG)))
    assert list(found.values()) == pytest.approx([0.31507, 0.28849, 0.2375], rel=1e-4)


def test_alike_and_apart() -> None:
    rng = np.random.default_rng(2)
    day, night = rng.vonmises(math.pi, 20, 200), rng.vonmises(0, 20, 200)
    apart = {each.name: each.value for each in overlap(day, night, replicates=0).estimates}
    alike = {each.name: each.value for each in overlap(day, day, replicates=0).estimates}
    assert apart["overlap"] < 0.02
    assert alike["overlap"] == pytest.approx(1)


@pytest.mark.parametrize(
    ("n", "code", "best"),
    [(15, "overlap_too_few", "Dhat1"), (40, "overlap_few", "Dhat1"), (60, None, "Dhat4")],
)
def test_the_smaller_sample_decides(n: int, code: str | None, best: str) -> None:
    rng = np.random.default_rng(3)
    found = overlap(rng.vonmises(0, 1, n), rng.vonmises(1, 1, 300), replicates=0)
    assert [each.code for each in found.findings] == ([code] if code else [])
    assert found.estimates[0].method.startswith(best)
