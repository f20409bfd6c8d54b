"""Rates, their exact interval, and what is said about them."""

import numpy as np
import pytest
from scipy.stats import poisson

from fieldwatch_cloud.counts.answer import assumptions, findings, species
from fieldwatch_cloud.counts.methods.rate import rate
from fieldwatch_cloud.counts.rates import rate_per_100_camera_days
from fieldwatch_cloud.counts.tally import Tally

BOAR = Tally("Sus scrofa", "animal", observations=5, individuals=4, events=3, max_count=2, events_at={0: 3})


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
    answered = species([BOAR], ["Sus scrofa", "Ursus thibetanus", "Ursus thibetanus"], np.array([10.0]))
    assert answered is not None
    assert [(one.tally.scientific_name, one.tally.events) for one in answered] == [
        ("Sus scrofa", 3),
        ("Ursus thibetanus", 0),
    ]


def test_without_effort_there_is_no_species_at_all() -> None:
    assert species([BOAR], None, np.zeros(1)) is None


def test_cameras_that_looked_in_vain_are_zeros_and_those_that_did_not_look_are_nothing() -> None:
    """Alone the exact interval would hold; beside nine that saw none, one camera of ten makes the rate."""
    days = np.array([30.0] * 10 + [0.0] * 5)
    boar = Tally("Sus scrofa", "animal", events=23, events_at={3: 18, 12: 5})
    (answered,) = species([boar], None, days) or []
    alone = rate_per_100_camera_days(18, 300)
    assert alone is not None
    assert answered.rate == rate([0, 0, 0, 18, 0, 0, 0, 0, 0, 0], days[:10]).estimates[0]
    assert answered.rate.value == alone.estimate
    assert answered.rate.low is not None
    assert answered.rate.high is not None
    assert answered.rate.low < alone.low < alone.high < answered.rate.high
    assert {one.code for one in answered.findings} == {"few_events", "overdispersed"}
    assert boar.deployments == 2


def test_findings_on_the_rates_of_many_taxa_make_one_sentence_each() -> None:
    hogs = [Tally("Sus scrofa", "animal", events=n, events_at={0: n}) for n in (2, 3)]
    people = Tally(None, "human", events=1, events_at={2: 1})
    answered = species([*hogs, people], ["Ursus thibetanus"], np.full(3, 10.0))
    assert answered is not None
    few, *_ = [one for one in findings(answered) if one.code == "few_events"]
    assert (few.figures["taxon"], few.figures["others"]) == ("Sus scrofa", 2)
    (none,) = [one for one in findings(answered) if one.code == "no_events"]
    assert none.figures["taxon"] == "Ursus thibetanus"


def test_assumptions_name_the_interval_the_threshold_and_missing_effort() -> None:
    found = assumptions(interval_min=45, min_confidence=0.6, without_effort=7, observed=True)
    assert [each.code for each in found] == [
        "events", "max_n", "effort", "rate_interval", "detection", "edges", "min_confidence",
        "without_effort_counted",
    ]  # fmt: skip
    said = " ".join(each.text for each in found)
    assert "45 min" in said
    assert "0.6" in said
    assert "7 observations" in said
    assert "Poisson" in said
