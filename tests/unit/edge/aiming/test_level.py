from __future__ import annotations

import math

import numpy as np
import pytest

from fieldwatch_edge.aiming.level import dip_deg, find_horizon, level

ASPECT = 16 / 9


def landscape(slope_deg: float, at: float, noise: float = 12.0) -> np.ndarray:
    """Sky above, ground below a line that falls to the right by `slope_deg` and crosses the middle at the
    share `at` of the height."""
    height, width = 360, 640
    rows, columns = np.mgrid[:height, :width]
    ground = rows > at * height + math.tan(math.radians(slope_deg)) * (columns - width / 2)
    picture = np.where(ground[..., None], (60, 95, 80), (225, 205, 190))
    grain = np.random.default_rng(3).normal(0, noise, picture.shape)
    return np.clip(picture + grain, 0, 255).astype(np.uint8)


@pytest.mark.parametrize(("slope", "at"), [(0, 0.5), (7, 0.4), (-11, 0.65), (3, 0.25)])
def test_a_horizon_is_proposed_where_it_lies(slope, at):
    found = find_horizon(landscape(slope, at))
    assert found is not None
    assert (found.left[1] + found.right[1]) / 2 == pytest.approx(at, abs=0.02)
    rise = (found.right[1] - found.left[1]) / ASPECT
    assert math.degrees(math.atan(rise)) == pytest.approx(slope, abs=1.0)
    assert level((found.left, found.right), field_of_view_deg=60, aspect=ASPECT).roll_deg == pytest.approx(
        -slope, abs=1.0
    )


def test_where_no_sky_meets_no_ground_nothing_is_proposed():
    grain = np.random.default_rng(5).integers(0, 255, (360, 640, 3)).astype(np.uint8)
    assert find_horizon(grain) is None
    assert find_horizon(np.full((360, 640, 3), 128, np.uint8)) is None


def test_two_ends_in_one_place_are_no_line():
    with pytest.raises(ValueError, match="too close"):
        level(((0.5, 0.5), (0.51, 0.5)), field_of_view_deg=60, aspect=ASPECT)


def test_the_sea_lies_lower_the_higher_one_stands():
    assert dip_deg(0) == 0
    assert dip_deg(100) == pytest.approx(17.6 / 60)
