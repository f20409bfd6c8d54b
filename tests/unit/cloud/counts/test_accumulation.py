"""Species accumulation, Chao2 and coverage: closed forms, averages over all orders, and gaps."""

from __future__ import annotations

from itertools import combinations
from math import exp, log, sqrt

import numpy as np
import pytest

from fieldwatch_cloud.counts.methods.accumulation import accumulation

SEEN = np.array(
    [
        [1, 1, 0, 1, 1, 0],
        [0, 1, 1, 0, 0, 0],
        [1, 0, 0, 0, 0, 1],
        [0, 0, 0, 1, 0, 0],
        [0, 0, 0, 0, 1, 0],
        [0, 0, 1, 0, 0, 0],
        [0, 0, 0, 0, 0, 0],
    ]
)
"""Seven species (the last never seen) in six samples: three uniques, two duplicates."""


def test_rarefaction_is_the_mean_over_all_choices_of_samples() -> None:
    found = accumulation(SEEN)
    for n in range(1, 7):
        drawn = [(SEEN[:, list(those)].sum(axis=1) > 0).sum() for those in combinations(range(6), n)]
        assert found.richness[n - 1] == pytest.approx(np.mean(drawn))
    assert found.samples.tolist() == [1, 2, 3, 4, 5, 6]
    assert (found.low <= found.richness).all()
    assert (found.richness <= found.high).all()


def test_chao2_by_hand() -> None:
    """S = 6, Q1 = 3, Q2 = 2, T = 6 (Chao 1987, equations 5 and 8)."""
    chao = accumulation(SEEN).estimates[1]
    a, r = 5 / 6, 3 / 2
    unseen = a * 9 / 4
    variance = 2 * (a * r**2 / 2 + a**2 * r**3 + a**2 * r**4 / 4)
    spread = exp(1.959963985 * sqrt(log(1 + variance / unseen**2)))
    assert chao.value == pytest.approx(6 + unseen)
    assert chao.se == pytest.approx(variance**0.5)
    assert (chao.low, chao.high) == (int(6 + unseen / spread), int(6 + unseen * spread) + 1)


def test_coverage_by_hand() -> None:
    """U = 11 incidences, Q1 = 3, Q2 = 2, T = 6 (Chao et al. 2014, equation 4b)."""
    found = accumulation(SEEN)
    assert found.estimates[2].value == pytest.approx(1 - 3 / 11 * (5 * 3 / (5 * 3 + 2 * 2)))
    assert (np.diff(found.coverage) > 0).all()


def test_where_nobody_looked_is_no_sample() -> None:
    gaps = np.column_stack([SEEN[:, :2], np.full(7, np.nan), SEEN[:, 2:], np.zeros(7)])
    found = accumulation(gaps, effort=[5, 5, 5, 5, 5, 5, 5, 0])
    whole = accumulation(SEEN)
    assert found.estimates == whole.estimates
    np.testing.assert_array_equal(found.richness, whole.richness)
    empty = accumulation(np.column_stack([SEEN, np.zeros(7)]))
    assert empty.richness[0] < whole.richness[0]


def test_all_species_seen_everywhere() -> None:
    found = accumulation(np.ones((5, 40)))
    assert found.richness == pytest.approx(np.full(40, 5.0))
    chao = found.estimates[1]
    assert (chao.value, chao.low) == (5, 5)
    assert chao.high == pytest.approx(5, abs=0.1)
    assert found.estimates[2].value == 1
    assert [f.code for f in found.findings] == ["chao2_least"]


def test_nothing_seen() -> None:
    found = accumulation(np.zeros((3, 30)))
    (seen,) = found.estimates
    assert (seen.name, seen.value, seen.low, seen.high) == ("species_seen", 0.0, None, None)
    assert np.isnan(found.high).all()
    assert [f.code for f in found.findings] == ["chao2_least", "no_species"]


def test_findings() -> None:
    codes = {f.code for f in accumulation(SEEN, effort=[1, 1, 1, 1, 1, 20]).findings}
    assert codes == {"chao2_least", "few_samples", "incomplete", "uneven_samples"}
    assert "mostly_uniques" in {f.code for f in accumulation(np.eye(30)).findings}


def test_bad_input() -> None:
    partly = SEEN.astype(float)
    partly[0, 0] = np.nan
    with pytest.raises(ValueError, match="for all species or for none"):
        accumulation(partly)
    with pytest.raises(ValueError, match="nobody looked"):
        accumulation(SEEN, effort=np.zeros(6))
    with pytest.raises(ValueError, match="must be"):
        accumulation([1, 2, 3])


@pytest.mark.parametrize("samples", [1, 2, 3, 10])
@pytest.mark.parametrize("species", [1, 2, 30])
def test_the_estimate_lies_within_its_interval(samples: int, species: int) -> None:
    chao = accumulation(np.ones((species, samples))).estimates[1]
    assert chao.low is not None
    assert chao.low <= chao.value == species
    # What one sample holds tells nothing of what it lacks.
    assert chao.high is None if samples == 1 else (chao.high or 0) >= chao.value


def test_one_sample_is_no_accumulation() -> None:
    (few,) = (each for each in accumulation(np.ones((2, 1))).findings if each.code == "few_samples")
    assert few.severity == "unfit"
