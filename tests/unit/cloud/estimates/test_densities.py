"""What densities are told with."""

import pytest
from tests.unit.cloud.estimates.a_survey import survey

from fieldwatch_cloud.estimates import density
from fieldwatch_cloud.estimates.outcome import Outcome

OPTIONS = density.EncounterOptions.model_validate(
    {
        "speed_m_s": {"value": 0.5, "se": 0.05, "n": 40},
        "activity": {"value": 0.4, "se": 0.02},
        "radius_m": {"value": 10, "se": 0.5},
        "angle_deg": {"value": 42, "se": 2},
    }
)


def encounters(pictures: int) -> Outcome:
    """20 cameras, six passages at each, so many pictures of each passage."""
    rows = [
        (at, 3.0 + 5 * passage + at / 24 + picture * 5 / 86_400, 0.0, 1)
        for at in range(20)
        for passage in range(6)
        for picture in range(pictures)
    ]
    return density.encounters(survey(40, [(at, 0, 40) for at in range(20)], rows), OPTIONS)


def test_pictures_of_one_passage_are_told_of() -> None:
    alone, burst = encounters(1), encounters(3)
    values = [next(one.value for one in each.estimates if one.name == "density") for each in (alone, burst)]
    assert values[1] == pytest.approx(3 * values[0])
    codes = [{finding.code for finding in each.findings} for each in (alone, burst)]
    assert "records_in_bursts" not in codes[0]
    assert "records_in_bursts" in codes[1]


def test_nothing_seen_is_no_matter_of_activity() -> None:
    options = OPTIONS.model_copy(update={"activity": None})
    with pytest.raises(ValueError, match="nothing of it was seen"):
        density.encounters(survey(40, [(0, 0, 40)], []), options)


def test_activity_of_cameras_that_look_by_night_is_told_of() -> None:
    nights = [(at, day, day + 0.4) for at in range(20) for day in range(40)]
    rows = [(at, 3.1 + 5 * passage + at / 100, 10.0, 1) for at in range(20) for passage in range(6)]
    options = OPTIONS.model_copy(update={"activity": None})
    found = density.encounters(survey(40, nights, rows), options)
    assert "hours_uneven" in {finding.code for finding in found.findings}
