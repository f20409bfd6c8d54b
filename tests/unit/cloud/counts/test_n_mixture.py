"""N-mixture: published cases, and what the verdict notices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from tests.unit.cloud.counts.occupancy_cases import case, same, table

from fieldwatch_cloud.counts.abundance import EXTRA, Model
from fieldwatch_cloud.counts.fitting import derivative, design
from fieldwatch_cloud.counts.methods.n_mixture import NMixture, _Counts, n_mixture
from fieldwatch_cloud.counts.site_visits import visits

if TYPE_CHECKING:
    from fieldwatch_cloud.counts.abundance import Mixture

# Catbirds counted at 50 stops of a breeding bird survey route, 11 visits, a digit each: the data of Royle
# 2004 (Biometrics 60:108-115; Table 4 uses the first ten visits).
CATBIRD = """
00000000000 00000000000 00011000000 10111111000 00000100000 00002012111 00001000110 00000000000
00000100000 00010001100 00000000000 00000010100 00000000000 00000011101 00100000000 00000000000
00000000000 00000000000 00000000000 00000000000 00000000000 00000000000 00000000000 00000000000
00000000000 00000000000 00000000000 00000000000 01011000000 00000000000 00000000000 00000010000
00000010212 00000001001 10001000010 00000000000 00000000000 00000000000 00000000000 00000000000
00020000100 00000001002 00000010000 00000000000 00000000000 00000000000 10000010100 00000000000
00000000000 00000000000
"""
CATBIRD_Y = np.array([list(map(float, row)) for row in CATBIRD.split()])

# unmarked's own tests (test_pcount.R; Fiske & Chandler 2011, J. Stat. Softw. 43(10)).
X = np.array([0, 2, 3, 4, 1.0])
A_Y = np.array([[8, 7], [6, 7], [8, 8], [8, 6], [7, 7.0]])
A_O1 = np.arange(1.0, 11).reshape(5, 2)
B_Y = np.array([[8, 7, 7, 8], [6, 7, 7, 5], [8, 8, 7, 8], [4, 5, 5, 5], [4, 4, 3, 3.0]])
B_O1 = np.linspace(-1, 1, 20).reshape(5, 4)


def test_nmixture_unmarked_test_pcount_with_an_offset() -> None:
    lam = design("lam", (5,), offset=X)
    result = n_mixture(A_Y, lam, design("p", (5, 2), {"o1": A_O1}), largest=30)
    assert result.fit.coefficients == pytest.approx([-0.78814924, 2.62569034, -0.02578801], abs=1e-5)
    assert result.fit.log_likelihood == pytest.approx(-48.4588338778488, rel=1e-9)
    assert "model_few_sites" in {finding.code for finding in result.findings}


def test_nmixture_unmarked_test_pcount_with_a_covariate() -> None:
    lam, p = design("lam", (5,), {"x": X}), design("p", (5, 4), {"o1": B_O1})
    result = n_mixture(B_Y, lam, p, largest=30)
    expected = [1.91984184, -0.02987393, 2.49421875, -0.23350448]
    assert result.fit.coefficients == pytest.approx(expected, abs=3e-5)
    inflated = n_mixture(B_Y, lam, p, largest=30, mixture="zero_inflated")
    assert inflated.lam[0] == pytest.approx(6.8184, rel=1e-3)
    assert inflated.animals == pytest.approx([8.01, 7.01, 8.07, 5.03, 4.01], abs=0.01)


def test_nmixture_unmarked_test_pcount_against_the_file() -> None:
    folder, expected = case("nmixture_unmarked_test_pcount")
    assert table(folder / "A_y.csv") == pytest.approx(A_Y)
    assert table(folder / "B_y.csv") == pytest.approx(B_Y)
    assert table(folder / "B_obs_covs.csv").reshape(5, 4) == pytest.approx(B_O1)
    lam = design("lam", (5,), offset=X)
    first = n_mixture(A_Y, lam, design("p", (5, 2), {"o1": A_O1}), largest=30)
    same(first.fit, expected["A"])
    assert first.fit.log_likelihood == pytest.approx(expected["A"]["logLik"], rel=1e-9)
    lam, p = design("lam", (5,), {"x": X}), design("p", (5, 4), {"o1": B_O1})
    second = n_mixture(B_Y, lam, p, largest=30)
    same(second.fit, expected["B"])
    assert second.fit.log_likelihood == pytest.approx(expected["B"]["logLik"], rel=1e-9)


def test_nmixture_royle2004_catbird() -> None:
    """Table 4 of the paper, but for its standard error of total N: too small by the square root of two."""
    poisson = n_mixture(CATBIRD_Y[:, :10])
    assert np.exp(poisson.fit.coefficients[0]) == pytest.approx(0.63, abs=0.005)
    assert poisson.estimates[1].value == pytest.approx(0.158, abs=5e-4)
    assert -2 * poisson.fit.log_likelihood == pytest.approx(299.81, abs=0.005)
    clumped = n_mixture(CATBIRD_Y[:, :10], mixture="negative_binomial")
    assert np.exp(clumped.fit.coefficients[0]) == pytest.approx(0.84, abs=0.005)
    assert clumped.estimates[1].value == pytest.approx(0.118, abs=5e-4)
    assert -2 * clumped.fit.log_likelihood == pytest.approx(298.66, abs=0.005)


def test_nmixture_royle2004_catbird_against_the_file() -> None:
    folder, expected = case("nmixture_royle2004_catbird")
    y = table(folder / "counts_11cols.csv")
    assert y == pytest.approx(CATBIRD_Y)
    poisson = n_mixture(y[:, :10])
    same(poisson.fit, expected["poisson_10occ_K200"])
    assert poisson.fit.log_likelihood == pytest.approx(expected["poisson_10occ_K200"]["logLik"], rel=1e-9)
    abundance = poisson.estimates[0]
    assert abundance.se is not None
    assert abundance.value * 50 == pytest.approx(expected["N50"], rel=1e-4)
    assert abundance.se * 50 == pytest.approx(expected["N50_se_delta"], rel=1e-3)
    clumped = n_mixture(y[:, :10], mixture="negative_binomial")
    same(clumped.fit, expected["nb_10occ_K400"])
    same(n_mixture(y).fit, expected["poisson_11occ_K200"])


@pytest.mark.parametrize("mixture", ["poisson", "negative_binomial", "zero_inflated"])
def test_scores_are_the_gradient_of_each_sites_likelihood(mixture: Mixture) -> None:
    random = np.random.default_rng(9)
    y = simulate(9, sites=8, occasions=3)
    y[2, 1:] = np.nan
    lam = design("lam", (8,), {"x": random.normal(size=8)})
    p = design("p", (8, 3), {"w": random.normal(size=(8, 3))})
    data = visits(y, lam, p, binary=False)
    model = Model(lam, mixture, _Counts(p, data), data.used)
    theta = np.array([1.0, 0.3, -0.2, 0.4, *([0.5] if EXTRA[mixture] else [])])
    by = model.scores(theta, 60)[0].by
    for i in range(8):
        expected = derivative(lambda t, i=i: model.scores(t, 60)[0].log_likelihood[i], theta)
        assert by[i] == pytest.approx(expected, abs=1e-8)


def simulate(seed: int, sites: int = 80, occasions: int = 5, lam: float = 3.0, p: float = 0.4) -> np.ndarray:
    random = np.random.default_rng(seed)
    animals = random.poisson(lam, sites)
    return random.binomial(animals[:, None], p, (sites, occasions)).astype(float)


def codes(result: NMixture) -> set[str]:
    return {finding.code for finding in result.findings if finding.severity != "note"}


def test_sound_counts_raise_no_alarm_and_k_is_large_enough() -> None:
    y = simulate(5)
    result = n_mixture(y)
    assert codes(result) == set()
    more = n_mixture(y, largest=2 * result.largest)
    assert more.fit.coefficients == pytest.approx(result.fit.coefficients, abs=1e-6)
    y[3, 2:] = np.nan
    assert n_mixture(y).fit.converged


@pytest.mark.parametrize("mixture", ["negative_binomial", "zero_inflated"])
def test_a_mixture_that_the_data_do_not_ask_for_gives_the_poisson_answer(mixture: Mixture) -> None:
    y = np.tile([[1.0, 2, 2], [2, 1, 2], [2, 2, 1], [1, 1, 2], [2, 2, 2]], (10, 1))
    plain, mixed = n_mixture(y), n_mixture(y, mixture=mixture)
    assert mixed.fit.coefficients == pytest.approx(plain.fit.coefficients)
    assert "abundance_mixture_idle" in {finding.code for finding in mixed.findings}


@pytest.mark.parametrize(
    ("broken", "code"),
    [
        ("clumped", "abundance_overdispersed"),
        ("groups", "abundance_counts_scatter"),
        ("leaving", "model_trend"),
        ("no covariance", "abundance_unbounded"),
        ("small K", "abundance_k_small"),
    ],
)
def test_a_broken_assumption_is_told(broken: str, code: str) -> None:
    random = np.random.default_rng(6)
    largest = None
    y = simulate(7)
    if broken == "clumped":
        animals = random.poisson(random.gamma(0.8, 4, 80))
        y = random.binomial(animals[:, None], 0.4, (80, 5)).astype(float)
    elif broken == "groups":
        y = random.binomial(random.poisson(6, 80)[:, None], random.beta(0.8, 1.2, (80, 5))).astype(float)
    elif broken == "leaving":
        y = random.binomial(random.poisson(4, 80)[:, None], np.linspace(0.6, 0.15, 5)).astype(float)
    elif broken == "no covariance":
        y = random.poisson(2, (80, 5)).astype(float)
        y[:, 1] = np.maximum(4 - y[:, 0], 0)
        y[:, 2] = random.permutation(y[:, 2])
    elif broken == "small K":
        largest = int(y.max())
    assert code in codes(n_mixture(y, largest=largest))


def test_wrong_data_are_refused() -> None:
    with pytest.raises(ValueError, match="whole numbers"):
        n_mixture(np.array([[0.5, 2.0], [1, 0]]))
    with pytest.raises(ValueError, match="below the largest count"):
        n_mixture(np.array([[3.0, 2.0], [1, 0]]), largest=2)
