"""Nights and periods in which nobody looked for long enough are gaps."""

import numpy as np
import pytest
from tests.unit.cloud.estimates.a_survey import DAY, SINCE, site, survey

from fieldwatch_cloud.estimates import counts
from fieldwatch_cloud.estimates.counts import ActivityOptions, RoostOptions, TrendOptions
from fieldwatch_cloud.estimates.outcome import Outcome


def nightly(found: Outcome) -> list[float]:
    (curve,) = (each for each in found.curves if each.name == "roost_by_night")
    return curve.y.tolist()


def test_a_roost_that_was_looked_at_for_minutes_was_not_empty() -> None:
    # From noon to noon: a whole night without animals, five minutes, one with seven, five minutes with three.
    looked = [(0, 0.5, 1.5), (0, 1.6, 1.604), (0, 2.5, 3.5), (0, 3.6, 3.604)]
    found = counts.roost(survey(4.5, looked, [(0, 2.9, 60, 7), (0, 3.602, 60, 3)]), RoostOptions())
    np.testing.assert_array_equal(nightly(found), [np.nan, 0, np.nan, 7, 3])
    assert found.occasions == 3
    assert "nights_missing" in [finding.code for finding in found.findings]


def test_an_afternoon_is_no_night() -> None:
    # The camera looks from noon to six; asked for are the hours from six to six.
    looked = [(0, day + 0.5, day + 0.75) for day in range(4)]
    found = counts.roost(survey(4, looked, []), RoostOptions(from_h=18, to_h=6))
    assert np.isnan(nightly(found)).all()
    assert [finding.code for finding in found.findings] == ["not_observed"]


def test_hours_on_both_sides_of_noon() -> None:
    looked = [(0, day + 0.25, day + 0.75) for day in range(4)]
    found = counts.roost(survey(4, looked, []), RoostOptions(from_h=6, to_h=18))
    # The first and the last half of a day are half of what was asked for, and no more.
    np.testing.assert_array_equal(nightly(found), [np.nan, 0, 0, 0, np.nan])


def test_who_sat_there_already_is_counted() -> None:
    # Nine came before six and stayed; one came later.
    rows = [(0, 0.7, 7200, 9), (0, 0.9, 60, 1)]
    found = counts.roost(survey(2, [(0, 0, 2)], rows), RoostOptions(from_h=18, to_h=6))
    assert nightly(found)[1] == 9


def test_a_trend_has_no_index_where_nobody_looked() -> None:
    generator = np.random.default_rng(3)
    years = [(0, 365), (365, 730), (1095, 1460), (1460, 1825)]
    looked = [(at, first, last) for at in range(6) for first, last in years]
    rows = [
        (at, first + float(day), 10.0, 1)
        for at in range(6)
        for first, _ in years
        for day in np.sort(generator.uniform(0, 365, 20))
    ]
    one = survey(1825, looked, rows)
    wide, narrow = (
        counts.trend(one, TrendOptions(by="year", model="line", level=level)) for level in (0.95, 0.5)
    )
    curves = [{curve.name: curve for curve in each.curves} for each in (wide, narrow)]
    for name in ("trend_index", "rate_by_period"):
        far = [curve[name].high - curve[name].low for curve in curves]  # type: ignore[operator]
        known = ~np.isnan(curves[0][name].y)
        known[0] &= far[0][0] > 0  # The index of the first period is 1, for certain.
        assert (far[1][known] < far[0][known]).all()
    blind = curves[0]["rate_by_period"].y
    np.testing.assert_array_equal(np.isnan(curves[0]["trend_index"].y), np.isnan(blind))


def test_without_sunrise_the_day_cannot_be_hung_between_sunrise_and_sunset() -> None:
    # SINCE lies in October; 75 days later is the polar night.
    far_north = (site(0, lon=20.0, lat=78.0),)
    one = survey(90, [(0, 0, 90)], [(0, 75 + at / 50, 10, 1) for at in range(30)], sites=far_north)
    with pytest.raises(ValueError, match="does not rise"):
        counts.activity(one, counts.SmoothedActivityOptions(clock="anchored", replicates=0))
    assert counts.activity(one, counts.SmoothedActivityOptions(replicates=0)).detections == 30
    assert ActivityOptions().clock == "sun"
    assert SINCE % DAY == 0
