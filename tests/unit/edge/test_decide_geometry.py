from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldwatch_edge.decide.geometry import aim, direction, fraction_box, pose_of, same_view, share_of_smaller
from fieldwatch_edge.settings import Camera
from fieldwatch_shared.messages import Box, Pose


@pytest.mark.parametrize(
    ("x", "heading", "view", "bearing"),
    [
        (0.5, 90, 60, 90.0),  # the optical axis
        (1.0, 90, 60, 120.0),  # the right edge: half the field of view
        (0.0, 90, 60, 60.0),
        (0.75, 90, 90, 90 + math.degrees(math.atan(0.5))),  # not 22.5: a pinhole is not linear
        (0.0, 10, 60, 340.0),  # through north
        (1.0, 350, 60, 20.0),
        (0.25, 0, 360, 270.0),  # a panorama is linear
    ],
)
def test_bearing(x: float, heading: float, view: float, bearing: float) -> None:
    got, elevation = direction(x, 0.5, heading_deg=heading, tilt_deg=0, field_of_view_deg=view, aspect=16 / 9)
    assert got == pytest.approx(bearing)
    assert elevation == pytest.approx(0)


def test_elevation_follows_height_in_the_picture_and_tilt() -> None:
    def look(y: float, tilt: float) -> float:
        return direction(0.5, y, heading_deg=0, tilt_deg=tilt, field_of_view_deg=90, aspect=2)[1]

    assert look(0.0, 0) == pytest.approx(math.degrees(math.atan(0.5)))
    assert look(0.5, -10) == pytest.approx(-10)
    assert look(1.0, -10) == pytest.approx(-10 - math.degrees(math.atan(0.5)))


def test_a_tilted_camera_sees_wider_bearings_than_a_level_one() -> None:
    level, tilted = (
        direction(1.0, 0.5, heading_deg=0, tilt_deg=tilt, field_of_view_deg=60, aspect=1.5)[0]
        for tilt in (0, -30)
    )
    # atan(tan 30 / cos 30), from the rotated ray
    assert level == pytest.approx(30)
    assert tilted == pytest.approx(
        math.degrees(math.atan(math.tan(math.radians(30)) / math.cos(math.radians(30))))
    )


def test_boxes_become_fractions_within_the_picture() -> None:
    box = fraction_box(np.array([-5, 10, 50, 300], np.float32), 100, 200)
    assert box == Box(x=0, y=0.05, width=0.5, height=0.95)


fractions = st.floats(0, 0.5)
boxes = st.builds(Box, x=fractions, y=fractions, width=st.floats(0.01, 0.5), height=st.floats(0.01, 0.5))


@given(boxes, boxes)
def test_share_is_symmetric_and_a_share(a: Box, b: Box) -> None:
    assert share_of_smaller(a, b) == share_of_smaller(b, a)
    assert 0 <= share_of_smaller(a, b) <= 1 + 1e-9


@given(boxes)
def test_a_grown_box_contains_its_beginning(box: Box) -> None:
    grown = Box(x=box.x / 2, y=box.y / 2, width=box.x / 2 + box.width, height=min(box.y / 2 + box.height, 1))
    assert share_of_smaller(box, grown) == pytest.approx(1)


def camera(**known: float) -> Camera:
    exact = {"heading_sd_deg": 0, "tilt_sd_deg": 0, "field_of_view_sd_deg": 0}
    return Camera.model_validate(
        {
            "deployment_id": "0198c0de-0000-7000-8000-000000000001",
            "source": {"kind": "v4l2"},
            "fire": {},
            "heading_deg": 90,
            "field_of_view_deg": 60,
            **exact,
            **known,
        }
    )


def aimed(box: Box, **known: float) -> tuple[float, float, float, float]:
    of = camera(**known)
    pose = pose_of(of)
    assert pose is not None
    found = aim(box, pose, of, 16 / 9)
    return found.bearing_deg, found.bearing_sd_deg, found.elevation_deg, found.elevation_sd_deg


SPOT = Box(x=0.5, y=0.5, width=0, height=0)
EDGE = Box(x=1, y=0.5, width=0, height=0)


@pytest.mark.parametrize(
    ("box", "known", "bearing_sd", "elevation_sd"),
    [
        pytest.param(SPOT, {}, 0, 0, id="a point of an exact camera"),
        pytest.param(SPOT, {"heading_sd_deg": 2}, 2, 0, id="the heading"),
        pytest.param(SPOT, {"tilt_sd_deg": 1.5}, 0, 1.5, id="the tilt"),
        pytest.param(SPOT, {"field_of_view_sd_deg": 2}, 0, 0, id="on the axis the lens does not matter"),
        pytest.param(EDGE, {"field_of_view_sd_deg": 2}, 1, 0, id="at the edge, half of its error"),
        # A fifth of the width about the axis: atan(0.1 * 2 * tan 30) to each side.
        pytest.param(Box(x=0.4, y=0.5, width=0.2, height=0), {}, 6.59, 0, id="half of its width"),
        # From the axis up to a quarter of the height: a tenth of atan(0.25 * 9/16 * 2 * tan 30).
        pytest.param(Box(x=0.5, y=0.25, width=0, height=0.25), {}, 0, 0.92, id="a tenth of its height"),
    ],
)
def test_each_error_counts_for_itself(
    box: Box, known: dict[str, float], bearing_sd: float, elevation_sd: float
) -> None:
    _, got_bearing_sd, _, got_elevation_sd = aimed(box, **known)
    assert got_bearing_sd == pytest.approx(bearing_sd, abs=0.01)
    assert got_elevation_sd == pytest.approx(elevation_sd, abs=0.01)


def test_errors_add_in_quadrature() -> None:
    wide = Box(x=0.4, y=0.25, width=0.2, height=0.25)
    _, bearing_sd, _, elevation_sd = aimed(wide, heading_sd_deg=2, tilt_sd_deg=1)
    assert bearing_sd == pytest.approx(math.hypot(6.59, 2), abs=0.01)
    assert elevation_sd == pytest.approx(math.hypot(0.92, 1), abs=0.01)


@given(
    st.floats(0, 0.9),
    st.floats(0, 0.9),
    st.floats(0, 359.9),
    st.floats(-60, 60),
    st.sampled_from([10, 62, 169.9, 170.5, 359.8, 360]),
)
def test_an_aim_fits_the_wire_whatever_the_camera(
    x: float, y: float, heading: float, tilt: float, view: float
) -> None:
    of = camera(heading_deg=heading, tilt_deg=tilt, field_of_view_deg=view, field_of_view_sd_deg=1)
    pose = pose_of(of)
    assert pose is not None
    found = aim(Box(x=x, y=y, width=0.1, height=0.1), pose, of, 4 / 3)
    assert 0 <= found.bearing_deg < 360
    assert 0 <= found.bearing_sd_deg <= 360
    assert -90 <= found.elevation_deg <= 90
    assert 0 <= found.elevation_sd_deg <= 180


def test_without_heading_or_view_there_is_no_pose() -> None:
    assert pose_of(camera().model_copy(update={"heading_deg": None})) is None
    assert pose_of(camera().model_copy(update={"field_of_view_deg": None})) is None


@pytest.mark.parametrize(
    ("heading", "tilt", "view", "same"),
    [(0.2, 0, 30, True), (359.8, 0, 30, True), (0.5, 0, 30, False), (0, 0.5, 30, False), (0, 0, 31, False)],
)
def test_views_are_the_same_within_what_an_encoder_can_tell(
    heading: float, tilt: float, view: float, same: bool
) -> None:
    one = Pose(heading_deg=0, tilt_deg=0, field_of_view_deg=30)
    assert same_view(one, Pose(heading_deg=heading, tilt_deg=tilt, field_of_view_deg=view)) is same
    assert not same_view(one, None)
    assert same_view(None, None)
