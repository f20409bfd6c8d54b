"""Rates, their exact interval, and what is said about them."""

import pytest
from scipy.stats import poisson

from fieldwatch_cloud.counts.answer import assumptions, species
from fieldwatch_cloud.counts.rates import rate_per_100_camera_days
from fieldwatch_cloud.counts.tally import Tally


@pytest.mark.parametrize(
    ("events", "low", "high"),
    [
        # Exact 95 % limits of a Poisson mean as tabulated since Garwood (1936).
        (0, 0.0, 3.6889),
        (1, 0.0253, 5.5716),
        (5, 1.6235, 11.6683),
        (10, 4.7954, 18.3904),
        (50, 37.1110, 65.9188),
    ],
)
def test_garwood_limits(events: int, low: float, high: float) -> None:
    rate = rate_per_100_camera_days(events, 100)
    assert rate is not None
    assert (rate.estimate, rate.low, rate.high) == (
        events,
        pytest.approx(low, abs=5e-5),
        pytest.approx(high, abs=5e-5),
    )


@pytest.mark.parametrize(("events", "level"), [(3, 0.95), (40, 0.8)])
def test_the_limits_are_what_exact_means(events: int, level: float) -> None:
    """At the lower limit so many events or more are just improbable enough, at the upper so many or fewer."""
    rate = rate_per_100_camera_days(events, 100, level)
    assert rate is not None
    assert poisson.sf(events - 1, rate.low) == pytest.approx((1 - level) / 2)
    assert poisson.cdf(events, rate.high) == pytest.approx((1 - level) / 2)


def test_a_rate_scales_with_effort() -> None:
    rate = rate_per_100_camera_days(4, 50)
    assert rate is not None
    assert rate.estimate == 8


def test_without_effort_nothing_is_known() -> None:
    assert rate_per_100_camera_days(0, 0) is None


@pytest.mark.parametrize(
    ("events", "days", "level"), [(-1, 1, 0.95), (1, -1, 0.95), (1, 1, 1.0), (1, 1, 0.0)]
)
def test_impossible_numbers_are_refused(events: int, days: float, level: float) -> None:
    with pytest.raises(ValueError, match="out of range"):
        rate_per_100_camera_days(events, days, level)


def test_a_taxon_asked_for_and_not_seen_is_answered_once() -> None:
    seen = Tally("Sus scrofa", "animal", observations=5, individuals=4, events=3, max_count=2, deployments=1)
    answered = species([seen], ["Sus scrofa", "Ursus thibetanus", "Ursus thibetanus"], 10)
    assert answered is not None
    assert [(one.tally.scientific_name, one.tally.events) for one in answered] == [
        ("Sus scrofa", 3),
        ("Ursus thibetanus", 0),
    ]


def test_without_effort_there_is_no_species_at_all() -> None:
    assert (
        species(
            [
                Tally(
                    "Sus scrofa",
                    "animal",
                    observations=5,
                    individuals=4,
                    events=3,
                    max_count=2,
                    deployments=1,
                )
            ],
            None,
            0,
        )
        is None
    )


def test_assumptions_name_the_interval_the_threshold_and_missing_effort() -> None:
    found = assumptions(interval_min=45, min_confidence=0.6, without_effort=7, observed=True)
    assert [each.code for each in found] == [
        "events", "max_n", "effort", "poisson", "detection", "edges", "min_confidence",
        "without_effort_counted",
    ]  # fmt: skip
    said = " ".join(each.text for each in found)
    assert "45 min" in said
    assert "0.6" in said
    assert "7 observations" in said
    assert "Poisson" in said
