"""What drones write about where they were, and what is made of it."""

from __future__ import annotations

import math
from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from tests.unit.edge.flights.drone import dji, exif, take

from fieldwatch_edge.errors import PictureError
from fieldwatch_edge.flights.ground import animal_at
from fieldwatch_edge.flights.places import PLACE_SD_M, place_of
from fieldwatch_shared.looking import View, moved
from fieldwatch_shared.messages import Box, Place

if TYPE_CHECKING:
    from pathlib import Path

AT = datetime(2026, 6, 1, 7, 30)  # noqa: DTZ001  # as a drone's clock says it
PARROT = b"""<x:xmpmeta><rdf:Description drone-parrot:CameraYawDegree="-90.5">
<drone-parrot:CameraPitchDegree>-60</drone-parrot:CameraPitchDegree>
<Camera:AboveGroundAltitude>41.25</Camera:AboveGroundAltitude></rdf:Description></x:xmpmeta>"""


def _place(
    folder: Path, xmp: bytes | None = None, size: tuple[int, int] = (400, 300), **tags: object
) -> Place:
    lon, lat = tags.pop("lon", 107.55), tags.pop("lat", 33.62)
    take(folder / "a.jpg", Image.new("RGB", size), exif(lon, lat, AT, **tags), xmp)  # type: ignore[arg-type]
    return place_of(folder / "a.jpg")


@pytest.mark.parametrize(
    ("lon", "lat"), [(107.5512345, 33.6298765), (-70.12, -33.45), (-0.5, 51.5), (18.4, -33.9)]
)
def test_all_four_quarters_of_the_earth(tmp_path: Path, lon: float, lat: float) -> None:
    place = _place(tmp_path, lon=lon, lat=lat)
    assert (place.lon, place.lat) == (pytest.approx(lon, abs=1e-7), pytest.approx(lat, abs=1e-7))
    assert (place.altitude_m, place.sd_m) == (812.5, PLACE_SD_M)
    assert (place.height_m, place.heading_deg, place.tilt_deg) == (None, None, None)


def test_below_the_sea(tmp_path: Path) -> None:
    assert _place(tmp_path, altitude=-31.5).altitude_m == -31.5


def test_dji_says_height_and_aim(tmp_path: Path) -> None:
    place = _place(tmp_path, dji(60.25, -170.5, -90.1))
    assert (place.height_m, place.heading_deg, place.tilt_deg) == (60.25, 189.5, -90.0)
    # 24 mm compares by the diagonal: 84.1 degrees, as such drones' makers write; of 4:3, 71.6 across.
    assert place.field_of_view_deg == pytest.approx(71.59, abs=0.01)
    assert place.aspect == pytest.approx(4 / 3, abs=1e-5)


def test_parrot_writes_elements_and_the_ground(tmp_path: Path) -> None:
    place = _place(tmp_path, PARROT)
    assert (place.height_m, place.heading_deg, place.tilt_deg) == (41.25, 269.5, -60)


def test_a_picture_on_its_side_is_turned_as_it_is_looked_at(tmp_path: Path) -> None:
    assert _place(tmp_path, orientation=6).aspect == pytest.approx(3 / 4)


def test_without_a_lens_there_is_no_field_of_view(tmp_path: Path) -> None:
    assert _place(tmp_path, focal_35mm=None).field_of_view_deg is None


@pytest.mark.parametrize(("lon", "lat"), [(None, None), (0.0, 0.0)])
def test_no_place_is_not_guessed(tmp_path: Path, lon: float | None, lat: float | None) -> None:
    with pytest.raises(PictureError, match="GPS"):
        _place(tmp_path, dji(60, 0, -90), lon=lon, lat=lat)


def test_what_is_no_picture(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8 half")
    with pytest.raises(PictureError, match="cannot be read"):
        place_of(tmp_path / "a.jpg")


def _camera(**more: float) -> Place:
    return Place.model_validate(
        {
            "lon": 107.55, "lat": 33.62, "sd_m": 5, "height_m": 60, "heading_deg": 0, "tilt_deg": -90,
            "field_of_view_deg": 90, "aspect": 4 / 3, **more,
        }
    )  # fmt: skip


def _metres(lon: float, lat: float) -> tuple[float, float]:
    """East and north of the camera, on a sphere with the ellipsoid's radii at 33.62 degrees north."""
    return (lon - 107.55) * 92_777, (lat - 33.62) * 110_926


@pytest.mark.parametrize(
    ("more", "x", "y", "east", "north"),
    [
        ({}, 0.5, 0.5, 0, 0),  # straight below
        ({}, 1.0, 0.5, 60, 0),  # 45 degrees to the right of a picture whose top is north
        ({}, 0.5, 0.0, 0, 45),  # its top: three quarters of that
        ({"heading_deg": 90.0}, 0.5, 0.0, 45, 0),  # turned: its top is east
        ({"tilt_deg": -45.0}, 0.5, 0.5, 0, 60),  # forward at 45 degrees: as far as it is high
        ({"tilt_deg": -45.0, "heading_deg": 270.0}, 0.5, 0.5, -60, 0),
        ({"tilt_deg": -30.0}, 0.5, 0.5, 0, 60 * math.sqrt(3)),
    ],
)
def test_where_an_animal_stands_by_hand(
    more: dict[str, float], x: float, y: float, east: float, north: float
) -> None:
    found = animal_at(Box(x=x, y=y, width=0, height=0), _camera(**more))
    assert _metres(found.lon, found.lat) == pytest.approx((east, north), abs=0.05)


def test_how_well_it_is_known() -> None:
    below = animal_at(Box(x=0.5, y=0.5, width=0, height=0), _camera())
    # 5 m of the receiver; 2 degrees from 60 m, along and across: 2.09 m each.
    assert below.sd_m == pytest.approx(math.hypot(5, 2.094, 2.094), abs=0.01)
    far = animal_at(Box(x=0.5, y=0.5, width=0, height=0), _camera(tilt_deg=-30))
    assert far.sd_m > 2 * below.sd_m
    flat = animal_at(Box(x=0.5, y=0.5, width=0, height=0), _camera(tilt_deg=-10))
    assert (flat.lon, flat.lat, flat.sd_m) == (107.55, 33.62, pytest.approx(math.hypot(5, 120), abs=0.01))


@settings(max_examples=60, deadline=None)
@given(
    st.floats(-179, 179), st.floats(-70, 70), st.floats(0, 359), st.floats(-90, -60), st.floats(10, 300),
    st.floats(0.05, 0.95), st.floats(0.05, 0.95),
)  # fmt: skip
def test_what_is_in_the_picture_stands_within_its_footprint(
    lon: float, lat: float, heading: float, tilt: float, height: float, x: float, y: float
) -> None:
    view = View(lon, lat, height, heading, tilt, 50, 1.5)
    corners, seen = view.footprint(), view.ground(x, y)
    assert corners is not None
    assert seen is not None

    def plane(at: tuple[float, ...]) -> complex:
        return complex(((at[0] - lon + 180) % 360 - 180) * math.cos(math.radians(lat)), at[1] - lat)

    here, around = plane(seen), [plane(corner) for corner in corners]
    sides = [
        ((b - a).conjugate() * (here - a)).imag for a, b in zip(around, [*around[1:], around[0]], strict=True)
    ]
    assert all(side < 0 for side in sides)  # right of each side: clockwise, and inside


@given(st.floats(-180, 180), st.floats(-80, 80), st.floats(0, 360), st.floats(0, 2000))
def test_there_and_back(lon: float, lat: float, bearing: float, metres: float) -> None:
    there = moved(lon, lat, bearing, metres)
    back = moved(*there, (bearing + 180) % 360, metres)
    assert abs((back[0] - lon + 180) % 360 - 180) * math.cos(math.radians(lat)) < 3e-5
    assert back[1] == pytest.approx(lat, abs=1e-5)
