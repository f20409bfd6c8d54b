"""What would take all memory is refused before it does, and gaps stay gaps."""

import numpy as np
import pytest
from tests.unit.cloud.estimates.a_survey import SINCE, survey

from fieldwatch_cloud.estimates import counts, density, occupancy

THOUSANDS_OF_YEARS = 3_000_000.0
SPEED = {"speed_m_s": {"value": 0.5, "se": 0.05}, "activity": {"value": 0.4, "se": 0.02}}


def test_moments_and_occasions_without_end() -> None:
    one = survey(THOUSANDS_OF_YEARS, [(0, 0, 10)], [(0, 1.0, 10, 1)])
    with pytest.raises(ValueError, match="make every_s longer"):
        density.instantaneous(one, density.MomentOptions(every_s=1))
    often = density.TimeToEventOptions.model_validate({**SPEED, "every_h": 1e-6, "length_h": 1e-6})
    with pytest.raises(ValueError, match="make every_h longer"):
        density.time_to_event(survey(300, [(0, 0, 10)], [(0, 1.0, 10, 1)]), often)


def test_hours_are_those_of_the_effort() -> None:
    rows = [(0, 1 + at / 7, 10.0, 1) for at in range(60)]
    found = counts.activity(
        survey(THOUSANDS_OF_YEARS, [(0, 0, 10)], rows), counts.SmoothedActivityOptions(replicates=0)
    )
    assert "hours_uneven" not in [finding.code for finding in found.findings]
    # Looked at by night only, the pattern is the camera's.
    by_night = survey(30, [(0, day, day + 0.4) for day in range(30)], rows)
    dark = counts.activity(by_night, counts.SmoothedActivityOptions(replicates=0))
    assert "hours_uneven" in [finding.code for finding in dark.findings]


def test_a_season_without_a_visit_is_a_gap() -> None:
    # SINCE is in October 2024: looked at until December, and again in March.
    generator = np.random.default_rng(4)
    looked = [(at, first, last) for at in range(30) for first, last in ((0, 80), (150, 178))]
    rows = [
        (at, float(day), 10.0, 1)
        for at in range(20)
        for day in [*generator.uniform(0, 80, 8), *generator.uniform(150, 178, 3)]
    ]
    found = occupancy.dynamic(survey(178, looked, rows), occupancy.DynamicOptions(season="month"))
    by = {curve.name: curve.y for curve in found.curves}
    gaps = np.isnan(by["occupancy_by_season"])
    np.testing.assert_array_equal(gaps, np.isnan(by["occupancy_of_these_sites"]))
    assert gaps.any()
    assert not gaps.all()
    named = {estimate.name for estimate in found.estimates}
    for number, gap in enumerate(gaps, start=1):
        assert (f"occupancy_season_{number}" in named) != gap
    (told,) = (finding for finding in found.findings if finding.code == "periods_not_observed")
    assert told.figures == {"blind": int(gaps.sum()), "periods": len(gaps)}
    assert SINCE == 1_728_000_000
