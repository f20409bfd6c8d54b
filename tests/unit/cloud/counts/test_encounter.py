from __future__ import annotations

import csv
import math

import numpy as np
import pytest
from tests.unit.cloud.counts.occupancy_cases import case

from fieldwatch_cloud.counts.density import Part
from fieldwatch_cloud.counts.methods.encounter import encounter_density, random_encounter

# Rowcliffe, camtrapDensity 0.1.15, README: radius m, angle degrees, speed km/h, level, rate per day.
README = {
    "radius": (4.65524, 0.35422329),
    "angle": (44.9831275, 9.42829597),
    "active_speed": (1.3414083, 0.60283473),
    "activity_level": (0.2451959, 0.08110215),
    "trap_rate": (0.4124492, 0.0818482),
}


def _density(parts: dict[str, tuple[float, float]]):
    def part(name: str, by: float = 1.0) -> Part:
        value, se = parts[name]
        return Part(value * by, se * by)

    return encounter_density(
        part("trap_rate"),
        speed=part("active_speed", 1 / 3.6),
        activity=part("activity_level"),
        radius=part("radius"),
        angle=part("angle", math.pi / 180),
    )


def test_rem_readme_parameter_table() -> None:
    folder, expected = case("rem_readme_parameter_table")
    with (folder / "parameters_and_expected.csv").open() as file:
        rows = {row["parameter"]: row for row in csv.DictReader(file)}
    found = _density({name: (float(rows[name]["estimate"]), float(rows[name]["se"])) for name in README})
    density, reference = found.estimates[0], expected["density"]
    assert density.value == pytest.approx(reference["estimate"], rel=1e-6)
    assert density.se == pytest.approx(reference["se"], rel=1e-6)
    assert density.low == pytest.approx(reference["lcl95"], rel=1e-5)
    assert density.high == pytest.approx(reference["ucl95"], rel=1e-5)


def test_rem_readme_parameter_table_as_printed() -> None:
    found = _density(README)
    density, day_range, _ = found.estimates
    assert (density.value, density.se) == pytest.approx((12.6605171, 7.5966322), rel=1e-6)
    assert (density.low, density.high) == pytest.approx((4.27003937, 37.5379897), rel=1e-5)
    assert (day_range.value, day_range.se) == pytest.approx((7.8937874, 4.40477269), rel=1e-6)
    assert "rem_day_range_rules" in {each.code for each in found.findings}


def test_the_trap_rate_of_the_readme() -> None:
    """The rate there is 14/15 (radii kept) of 15 animals in 33.94 days, 0.4124492 a day."""
    exact = Part(1.0, 0.0)
    found = random_encounter(
        [3, 2, 10],
        [10.045173611, 4.546331019, 19.352071759],
        speed=exact,
        activity=exact,
        radius=exact,
        angle=exact,
    )
    assert found.estimates[2].value * 14 / 15 == pytest.approx(0.4124492, rel=1e-6)
    assert {each.code for each in found.findings} >= {"rem_too_few", "parts_without_error"}


def test_few_cameras_make_the_interval_wider() -> None:
    rng = np.random.default_rng(2)
    part = Part(0.5, 0.01)
    few, many = (
        random_encounter(
            rng.poisson(4, k), np.full(k, 30), speed=part, activity=part, radius=part, angle=part
        )
        for k in (20, 80)
    )
    assert few.cv_parts["encounter_rate"] > many.cv_parts["encounter_rate"]
    assert "rem_few_cameras" in {each.code for each in few.findings}
    assert "rem_few_cameras" not in {each.code for each in many.findings}


def test_no_encounters_is_no_density_but_an_unfit_zero() -> None:
    part = Part(0.5, 0.01)
    found = random_encounter([0, 0], [5, 5], speed=part, activity=part, radius=part, angle=part)
    assert (found.estimates[0].value, found.estimates[0].high) == (0, None)
    assert [each.code for each in found.findings] == ["density_no_encounters"]


def test_one_camera_has_no_density() -> None:
    part = Part(0.5, 0.01)
    found = random_encounter([8], [5], speed=part, activity=part, radius=part, angle=part)
    assert "rem_too_few" in [each.code for each in found.findings]
    assert found.estimates[0].se is None


@pytest.mark.parametrize(
    ("encounters", "days"), [([1], [0]), ([], []), ([0], [0]), ([-1], [2]), ([1, 2], [2]), ([np.nan], [2])]
)
def test_effort_that_is_none(encounters: list[float], days: list[float]) -> None:
    part = Part(0.5, 0.01)
    with pytest.raises(ValueError, match="effort"):
        random_encounter(encounters, days, speed=part, activity=part, radius=part, angle=part)


def test_degrees_for_radians_are_refused() -> None:
    part = Part(0.5, 0.01)
    with pytest.raises(ValueError, match="radians"):
        random_encounter([4, 5], [9, 9], speed=part, activity=part, radius=part, angle=Part(42, 1))
    with pytest.raises(ValueError, match="positive"):
        Part(0.0, 0.1)
