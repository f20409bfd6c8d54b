"""Blurring: the same for the same, the truth within what is stated, no cell that names its one camera."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from fieldwatch_cloud.sensitive import LEAST_PLACES, Sensitive, blurred, sees_exact

GLOBE = Geod(ellps="WGS84")
lons = st.floats(-180, 180)
lats = st.floats(-90, 90)
blurs = st.floats(100, 100_000)


@given(lons, lats, blurs, st.floats(0, 5000))
def test_the_truth_lies_within_the_stated_uncertainty(
    lon: float, lat: float, blur: float, uncertain: float
) -> None:
    told = blurred(lon, lat, blur, uncertain_m=uncertain)
    _, _, away = GLOBE.inv(lon, lat, told.lon, told.lat)
    assert away + uncertain <= told.uncertainty_m


@given(st.floats(-179, 179), st.floats(-80, 80), st.floats(100, 20_000))
def test_a_cell_is_no_smaller_than_asked_and_not_wastefully_larger(
    lon: float, lat: float, blur: float
) -> None:
    told = blurred(lon, lat, blur)
    assert blur / 2 < told.uncertainty_m < blur * 1.2 + 2


@given(lons, lats, blurs)
def test_what_is_told_is_told_of_the_whole_cell(lon: float, lat: float, blur: float) -> None:
    told = blurred(lon, lat, blur)
    assert blurred(told.lon, told.lat, blur) == told  # The centre lies in its own cell.
    assert blurred(lon, lat, blur) == told


def test_a_cell_with_one_camera_grows_until_it_holds_three() -> None:
    near = (107.551, 33.621)
    alone = (107.55, 33.62)
    assert blurred(*alone, 1000).uncertainty_m < 800
    places = [alone, near, (107.60, 33.66), (107.9, 33.9)]
    told = blurred(*alone, 1000, places=places)
    within = [p for p in places if GLOBE.inv(*p, told.lon, told.lat)[2] <= told.uncertainty_m]
    assert len(within) >= LEAST_PLACES
    assert told.uncertainty_m > 1500


def test_places_that_share_a_cell_are_told_alike() -> None:
    places = [(107.5500, 33.6200), (107.5502, 33.6202), (107.5504, 33.6201)]
    assert len({blurred(*p, 10_000, places=places) for p in places}) == 1


@pytest.mark.parametrize(("lon", "lat", "blur"), [(181, 0, 100), (0, 91, 100), (0, 0, 0), (0, 0, -5)])
def test_nonsense_is_refused(lon: float, lat: float, blur: float) -> None:
    with pytest.raises(ValueError, match=r"not on the globe|is none"):
        blurred(lon, lat, blur)


@pytest.mark.parametrize(
    ("name", "blur"),
    [
        ("Panthera uncia", 20_000),
        ("panthera UNCIA", 20_000),
        ("Panthera uncia uncia", 20_000),  # a subspecies
        ("Panthera", None),  # less than was listed
        ("Moschus berezovskii", 5000),  # a species of a listed genus
        ("Moschusia", None),
        ("Sus scrofa", None),
        (None, None),
    ],
)
def test_which_taxa_are_sensitive(name: str | None, blur: int | None) -> None:
    listed = Sensitive({"Panthera uncia": 20_000, "Moschus": 5000})
    assert listed.blur_m(name) == blur


def test_the_widest_blur_holds() -> None:
    assert Sensitive({"Moschus": 5000, "Moschus berezovskii": 9000}).blur_m("Moschus berezovskii") == 9000


@pytest.mark.parametrize(
    ("roles", "exact"),
    [
        ({"admin"}, True),
        ({"manager"}, True),
        ({"researcher"}, True),
        ({"ranger"}, False),
        ({"technician"}, False),
        ({"ranger", "researcher"}, True),
        (set(), False),
    ],
)
def test_who_sees_exact_places(roles: set[str], exact: bool) -> None:
    assert sees_exact(roles) is exact
