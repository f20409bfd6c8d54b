"""What counts as a visit, and what as one view."""

import numpy as np
import pytest
from tests.unit.cloud.estimates.a_survey import DAY, SINCE, survey

from fieldwatch_cloud.db.survey import Spans
from fieldwatch_cloud.estimates import occupancy
from fieldwatch_cloud.estimates.occupancy import OccupancyOptions, history
from fieldwatch_cloud.estimates.survey import views_of


def test_the_rest_of_a_week_is_no_visit_of_a_week() -> None:
    one = survey(15, [(0, 0, 15), (1, 0, 15)], [(0, 3.0, 10, 1), (0, 14.5, 10, 1)])
    options = OccupancyOptions()
    past = history(one, one.edges(options.occasion_days), options)
    # 7 days, 7 days, and a day that says little of who was not found in it.
    assert past.events.shape == (2, 3)
    np.testing.assert_array_equal(past.detected[0], [1, 0, np.nan])
    np.testing.assert_array_equal(past.detected[1], [0, 0, np.nan])
    assert [finding.code for finding in past.findings] == ["detections_without_effort"]


def test_half_a_week_is_one() -> None:
    one = survey(10.5, [(0, 0, 10.5)], [])
    options = OccupancyOptions()
    np.testing.assert_array_equal(history(one, one.edges(7), options).detected, [[0, 0]])


def test_where_effort_is_part_of_the_model_a_short_visit_is_as_good() -> None:
    one = survey(
        15, [(at, 0, 15) for at in range(30)], [(at, 14.1 + at / 50, 10, 1) for at in range(0, 30, 2)]
    )
    found = occupancy.occupancy_from_counts(one, OccupancyOptions())
    assert found.detections == 15


def test_herds_of_thousands_are_refused_before_they_are_summed_over() -> None:
    one = survey(21, [(at, 0, 21) for at in range(5)], [(at, 8.0, 10, 3000) for at in range(5)])
    with pytest.raises(ValueError, match="up to 3,000"):
        occupancy.abundance_from_counts(one, occupancy.NMixtureOptions())


def _spans(*rows: tuple[int, float, float]) -> Spans:
    at = np.array([row[0] for row in rows])
    start, end = (SINCE + np.array([row[n] for row in rows]) * DAY for n in (1, 2))
    return Spans(at, start, end)


def test_two_cameras_at_one_place_at_a_time_are_two_views() -> None:
    spans = _spans((0, 0, 5), (0, 6, 10), (1, 4, 12), (2, 10, 20), (3, 0, 1))
    # 2 came in place of 0, while 1 looked on; 3 stands elsewhere, 4 never looked.
    views = views_of(np.array([0, 0, 0, 1, 0]), spans)
    assert views[2] == views[0]
    assert len({int(views[at]) for at in (0, 1, 3, 4)}) == 4


def test_sites_without_a_covariate_are_told_of() -> None:
    generator = np.random.default_rng(6)
    rows = [(at, float(day), 10.0, 1) for at in range(30) for day in generator.uniform(0, 42, 2)]
    one = survey(42, [(at, 0, 42) for at in range(40)], rows)
    known = {str(place.deployments[0]): float(at) for at, place in enumerate(one.sites[:35])}
    options = OccupancyOptions.model_validate({"psi": ["water"], "site_covariates": {"water": known}})
    found = occupancy.single_season(one, options)
    (told,) = (finding for finding in found.findings if finding.code == "sites_left_out")
    assert told.figures == {"sites": 5}
    nowhere = OccupancyOptions.model_validate({"psi": ["water"], "site_covariates": {"water": {}}})
    with pytest.raises(ValueError, match="known nowhere"):
        occupancy.single_season(one, nowhere)
