"""Rates over many cameras, and ratios of two: closed forms, and intervals that hold where cameras differ."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, chi2

from fieldwatch_cloud.counts.methods.rate import BETWEEN, MID_P, dispersion, rate, rate_ratio
from fieldwatch_cloud.counts.rates import METHOD, rate_per_100_camera_days


def codes(answer: object) -> set[str]:
    return {finding.code for finding in answer.findings}  # type: ignore[attr-defined]


def test_one_rate_has_garwoods_interval() -> None:
    answer = rate([3, 4, 2, 5, 3], [10, 12, 9, 13, 11])
    estimate, exact = answer.estimates[0], rate_per_100_camera_days(17, 55)
    assert exact is not None
    assert (estimate.value, estimate.low, estimate.high) == (exact.estimate, exact.low, exact.high)
    assert estimate.method == METHOD
    assert estimate.se == pytest.approx(100 * 17**0.5 / 55)
    assert codes(answer) == {"few_events"}


def test_dispersion_is_pearsons_chi_square() -> None:
    x, days = np.array([10, 0, 20]), np.array([10.0, 10.0, 20.0])
    spread = dispersion([10, 0, 20, 0], [10, 10, 20, 0])
    statistic = (2.5**2 + 7.5**2) / 7.5 + 5**2 / 15
    assert spread is not None
    assert spread.ratio == pytest.approx(statistic / 2)
    assert spread.p == pytest.approx(chi2.sf(statistic, 2))
    assert dispersion(x[:1], days[:1]) is None
    assert dispersion([0, 0], [1, 1]) is None


def test_cameras_that_differ_widen_the_interval() -> None:
    answer = rate([60, 0, 2, 1, 0, 40, 3, 0, 1, 5], [10] * 10)
    estimate, exact = answer.estimates[0], rate_per_100_camera_days(112, 100)
    assert exact is not None
    assert estimate.method == BETWEEN
    assert estimate.low is not None
    assert estimate.high is not None
    assert estimate.low < exact.low < exact.high < estimate.high
    assert "overdispersed" in codes(answer)


def test_nobody_looked_is_no_rate_and_nothing_seen_has_an_upper_bound() -> None:
    blind = rate([0, 2], [0, 0])
    assert (blind.estimates, codes(blind)) == ((), {"not_observed"})
    unseen = rate([0, 0, 0], [10, 20, 30])
    assert (unseen.estimates[0].value, codes(unseen)) == (0, {"no_events"})
    assert unseen.estimates[0].high == pytest.approx(100 * chi2.isf(0.025, 2) / 2 / 60)


@pytest.mark.parametrize("events", [[40], [60, 2], [60, 0, 10], [60, 0, 10, 1]])
def test_few_cameras_cannot_tell(events: list[int]) -> None:
    """Nor do they give an interval that says nothing, from nothing to tens of thousands."""
    answer = rate(events, [30] * len(events))
    assert answer.estimates[0].method == METHOD
    assert "dispersion_unknown" in codes(answer)
    assert "dispersion_unknown" in codes(rate_ratio([40, 30], [30, 30], [20, 20, 20], [30, 30, 30]))


@pytest.mark.parametrize(("events", "days"), [([1, 2], [1]), ([-1, 2], [1, 1]), ([[1]], [[1]])])
def test_bad_input(events: list[int], days: list[float]) -> None:
    with pytest.raises(ValueError, match="events"):
        rate(events, days)


def test_ratio_has_mid_p_limits() -> None:
    """At the limits half of what was seen counts as beyond: checked by the binomial itself."""
    answer = rate_ratio([5, 4, 6], [10, 10, 10], [11, 9, 10], [20, 20, 20])
    estimate = answer.estimates[0]
    assert estimate.method == MID_P
    assert estimate.value == pytest.approx((15 / 30) / (30 / 60))
    assert estimate.low is not None
    assert estimate.high is not None
    for limit, tail in ((estimate.low, 0.025), (estimate.high, 0.975)):
        share = limit * 30 / (limit * 30 + 60)
        assert binom.sf(15, 45, share) + binom.pmf(15, 45, share) / 2 == pytest.approx(tail, abs=1e-6)


def test_ratio_at_its_ends() -> None:
    none_in_a = rate_ratio([0] * 3, [10] * 3, [5] * 3, [10] * 3).estimates[0]
    none_in_b = rate_ratio([5] * 3, [10] * 3, [0] * 3, [10] * 3).estimates[0]
    assert (none_in_a.value, none_in_a.low, none_in_a.se) == (0, 0, None)
    assert (none_in_b.value, none_in_b.high) == (np.inf, np.inf)
    assert none_in_a.high == pytest.approx(1 / none_in_b.low)  # type: ignore[operator]
    assert codes(rate_ratio([0] * 3, [10] * 3, [0] * 3, [10] * 3)) == {"no_events_to_compare"}
    assert codes(rate_ratio([1] * 3, [0] * 3, [0] * 3, [10] * 3)) == {"not_observed"}


def test_the_same_cameras_twice_are_compared_with_themselves() -> None:
    """What is lasting of a camera drops out: the paired interval is narrower than that of two areas."""
    lasting, days = np.array([80, 2, 40, 5, 120, 1, 9, 30]), np.full(8, 30.0)
    later = [84, 2, 37, 6, 125, 1, 10, 28]
    paired = rate_ratio(lasting, days, later, days, paired=True).estimates[0]
    apart = rate_ratio(lasting, days, later, days).estimates[0]
    assert paired.value == apart.value
    assert paired.high - paired.low < 0.2 * (apart.high - apart.low)  # type: ignore[operator]
    with pytest.raises(ValueError, match="paired"):
        rate_ratio([1, 2], [1, 1], [1], [1], paired=True)


def test_coverage_where_cameras_differ() -> None:
    """Garwood's interval alone would hold in about half of these; the study is in tests/bench."""
    random, hits, runs = np.random.default_rng(11), 0, 150
    for _ in range(runs):
        days = random.uniform(20, 40, 30)
        events = random.poisson(0.1 * days * random.gamma(0.8, 1 / 0.8, 30))
        estimate = rate(events, days).estimates[0]
        assert estimate.low is not None
        assert estimate.high is not None
        hits += estimate.low <= 10 <= estimate.high
    assert 0.88 <= hits / runs <= 0.99
