from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldwatch_edge.decide.geometry import direction, fraction_box, share_of_smaller
from fieldwatch_shared.messages import Box


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
