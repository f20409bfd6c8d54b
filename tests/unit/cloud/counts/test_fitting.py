"""The optimiser and its intervals, against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, logit
from scipy.stats import norm

from fieldwatch_cloud.counts.fitting import (
    delta,
    derivative,
    design,
    hessian,
    maximise,
    profile,
    split,
    wald,
)

HITS, TRIALS = 17, 40


def coin(theta: np.ndarray) -> tuple[float, np.ndarray]:
    p = expit(theta)
    value = -(HITS * np.log(p) + (TRIALS - HITS) * np.log1p(-p)).sum()
    return float(value), -(HITS - TRIALS * p)


@pytest.mark.parametrize("gradient", [True, False])
def test_a_binomial_share_has_its_closed_form(gradient: bool) -> None:
    negative = coin if gradient else lambda theta: coin(theta)[0]
    fit = maximise(negative, [0.0], ["p(Int)"], sites=TRIALS, gradient=gradient)
    share = HITS / TRIALS
    assert fit.converged
    assert fit.coefficients[0] == pytest.approx(logit(share), abs=1e-8)
    assert fit.standard_errors == pytest.approx([(TRIALS * share * (1 - share)) ** -0.5], rel=1e-6)
    estimate = delta(fit, lambda theta: float(expit(theta[0])), name="p", link="logit")
    assert estimate.value == pytest.approx(share)
    assert estimate.se == pytest.approx((share * (1 - share) / TRIALS) ** 0.5, rel=1e-6)
    wide = norm.isf(0.025) * (TRIALS * share * (1 - share)) ** -0.5
    assert (estimate.low, estimate.high) == pytest.approx(
        (expit(logit(share) - wide), expit(logit(share) + wide)), rel=1e-6
    )


def test_the_better_of_two_maxima_is_found_from_several_starts() -> None:
    def two(theta: np.ndarray) -> float:
        return float(-np.log(0.3 * norm.pdf(theta[0], -4) + 0.7 * norm.pdf(theta[0], 4)))

    fit = maximise(two, [[-5.0], [5.0]], ["x"], sites=1)
    assert fit.coefficients[0] == pytest.approx(4, abs=1e-3)


def test_a_flat_direction_has_no_covariance() -> None:
    def ridge(theta: np.ndarray) -> tuple[float, np.ndarray]:
        both = theta.sum() - 1
        return float(both**2), 2 * both * np.ones(2)

    fit = maximise(ridge, [0.0, 0.0], ["a", "b"], sites=1, gradient=True)
    assert fit.covariance is None
    assert not fit.converged
    assert delta(fit, lambda theta: float(theta[0]), name="a").low is None


def test_a_coefficient_at_the_far_end_of_its_link_leaves_the_others_their_errors() -> None:
    def two(theta: np.ndarray) -> tuple[float, np.ndarray]:
        value, by = coin(theta[:1])
        return value + 5 * float(np.log1p(np.exp(-theta[1]))), np.append(by, -5 * expit(-theta[1]))

    fit = maximise(two, [0.0, 2.0], ["p(Int)", "q(Int)"], sites=TRIALS, gradient=True)
    alone = maximise(coin, [0.0], ["p(Int)"], sites=TRIALS, gradient=True)
    assert fit.standard_errors is not None
    assert alone.standard_errors is not None
    assert fit.standard_errors[0] == pytest.approx(alone.standard_errors[0], rel=1e-6)
    assert fit.standard_errors[1] > 1e3


def test_differences_reach_many_digits() -> None:
    at = np.array([0.3, -1.2])

    def function(x: np.ndarray) -> float:
        return float(np.exp(x[0]) * np.sin(x[1]))

    e, s, c = np.exp(0.3), np.sin(-1.2), np.cos(-1.2)
    assert derivative(function, at) == pytest.approx([e * s, e * c], rel=1e-9)
    assert hessian(function, at) == pytest.approx(np.array([[e * s, e * c], [e * c, -e * s]]), rel=1e-7)


def test_a_profile_is_where_the_deviance_reaches_the_quantile_and_open_at_the_edge() -> None:
    fit = maximise(coin, [0.0], ["p(Int)"], sites=TRIALS, gradient=True)
    low, high = profile(coin, fit, 0)
    for end in (low, high):
        assert 2 * (coin(np.array([end]))[0] + fit.log_likelihood) == pytest.approx(3.8415, abs=0.01)

    def always(theta: np.ndarray) -> tuple[float, np.ndarray]:
        return float(10 * np.log1p(np.exp(-theta)).sum()), -10 * expit(-theta)

    edge = maximise(always, [0.0], ["p(Int)"], sites=10, gradient=True)
    low, high = profile(always, edge, 0)
    assert expit(low) == pytest.approx(np.exp(-3.8415 / 20), rel=2e-3)
    assert high == np.inf


def test_designs_name_broadcast_standardise_and_know_what_is_missing() -> None:
    site = np.array([1.0, 2.0, 6.0])
    visit = np.array([[0.0, 1.0], [np.nan, 3.0], [4.0, 5.0]])
    x = design("p", (3, 2), {"site": site, "visit": visit}, standardise=True)
    assert x.names == ("p(Int)", "p(site)", "p(visit)")
    assert np.nanmean(x.matrix[..., 2]) == pytest.approx(0, abs=1e-12)
    assert np.nanstd(x.matrix[..., 2], ddof=1) == pytest.approx(1)
    assert x.complete.tolist() == [[True, True], [False, True], [True, True]]
    slope = np.arange(6.0).reshape(3, 2)
    assert x.pull(slope) == pytest.approx(x.pull_sites(slope).sum(axis=0))
    psi = design("psi", (3,))
    first, second = split(np.arange(4.0), psi, x)
    assert (first.tolist(), second.tolist()) == ([0.0], [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match="shape"):
        design("p", (3, 2), {"site": site[:2]})
    with pytest.raises(ValueError, match="same everywhere"):
        design("psi", (3,), {"flat": np.ones(3)})


def test_wald_stays_on_its_scale() -> None:
    low, high = wald(0.9, 0.3, "logit")
    assert low is not None
    assert high is not None
    assert 0 < low < 0.9 < high < 1
    assert wald(2.0, 0.5)[1] == pytest.approx(2 + 1.959964 * 0.5)
    assert wald(1.0, 0.1, "logit") == (None, None)
    assert wald(1.0, 50.0, "log")[1] is None
    assert wald(2.0, None) == (None, None)
