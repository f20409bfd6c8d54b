"""Places from directions. The truth is known by the geodesic; coverage by simulation with a fixed seed."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldwatch_cloud.incidents.domain import Fix, Hotspot, Place, Report, Sighting, Spot, evidence_of_report
from fieldwatch_cloud.incidents.locate import RANGE_M, fit, locate
from fieldwatch_cloud.incidents.plane import ELLIPSOID, Plane

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
FIRE = (107.60, 33.65)


def sees(
    number: int,
    frm: float,
    away_m: float = 8000,
    *,
    fire: tuple[float, float] = FIRE,
    off: float = 0,
    sd: float = 0.5,
) -> Sighting:
    """Camera `number`, `away_m` metres from the fire in direction `frm`, sees it `off` degrees wrong."""
    lon, lat, _ = ELLIPSOID.fwd(*fire, frm, away_m)
    bearing, _, _ = ELLIPSOID.inv(lon, lat, *fire)
    return Sighting(UUID(int=number), lon, lat, NOON, (bearing + off) % 360, sd)


def spot(
    east: float = 0, north: float = 0, sd: float = 100, *, fire: tuple[float, float] = FIRE, number: int = 90
) -> Spot:
    lon, lat = Plane(*fire).degrees(np.array([[east, north]]))[0]
    return Spot(UUID(int=number), lon, lat, NOON, sd, sd, "hotspot")


def fixed(place: Place | None) -> Fix:
    assert place is not None
    assert place.fix is not None
    return place.fix


def metres_off(fix: Fix, truth: tuple[float, float] = FIRE) -> float:
    return float(np.hypot(*Plane(fix.lon, fix.lat).metres(*truth)[0]))


def in_ellipse(fix: Fix, truth: tuple[float, float]) -> bool:
    east, north = Plane(fix.lon, fix.lat).metres(*truth)[0]
    angle = math.radians(fix.orientation_deg)
    along = east * math.sin(angle) + north * math.cos(angle)
    across = east * math.cos(angle) - north * math.sin(angle)
    return bool((along / fix.semi_major_m) ** 2 + (across / fix.semi_minor_m) ** 2 <= 1)


@pytest.mark.parametrize(
    ("cameras", "sds", "place"),
    [
        (2, [0.5], FIRE),
        (3, [0.5], FIRE),
        (5, [0.5], FIRE),
        (3, [0.3, 0.5, 2.0], FIRE),
        (2, [0.5, 3.0], FIRE),
        (2, [0.5], (179.97, 70.0)),
        (3, [0.5], (25.0, -82.0)),
    ],
    ids=["two", "three", "five", "three of mixed quality", "two of mixed quality", "Wrangel", "near a pole"],
)
def test_the_true_place_lies_in_the_ellipse_in_95_of_100(
    cameras: int, sds: list[float], place: tuple[float, float]
) -> None:
    """1,000 fires, each seen from 2 to 15 km by cameras in any direction.

    Layouts whose bearings make no point are counted apart: there the region holds the truth as often.
    """
    rng = np.random.default_rng(20260504)
    fixes = inside = regions = held = 0
    for _ in range(1000):
        seen = [
            sees(
                number,
                rng.uniform(0, 360),
                math.sqrt(rng.uniform(2000**2, 15_000**2)),
                fire=place,
                sd=sds[number % len(sds)],
                off=rng.normal(0, sds[number % len(sds)]),
            )
            for number in range(cameras)
        ]
        found = locate(seen)
        assert found is not None
        if found.fix is None:
            regions += 1
            held += bool(found.region.buffer(1e-9).contains(shapely.Point(*place)))
        else:
            fixes += 1
            inside += in_ellipse(found.fix, place)
    print(
        f"{cameras} cameras {sds}: {fixes} points, {inside / fixes:.3f} inside; {held} of {regions} regions"
    )
    assert fixes > 700
    assert 0.93 <= inside / fixes <= 0.97
    assert (inside + held) / 1000 >= 0.93


def test_exact_bearings_meet_at_the_fire() -> None:
    assert metres_off(fixed(locate([sees(1, 0), sees(2, 70, 12_000), sees(3, 200, 3000)]))) < 0.1


def test_an_ellipse_of_two_bearings_at_right_angles() -> None:
    """8 km and 4 km away at 0.5°: standard deviations of 69.8 m and 34.9 m, across each line of sight."""
    fix = fixed(locate([sees(1, 180, 8000), sees(2, 270, 4000)]))
    assert fix.semi_major_m == pytest.approx(8000 * math.radians(0.5) * math.sqrt(5.9915), rel=0.002)
    assert fix.semi_minor_m == pytest.approx(4000 * math.radians(0.5) * math.sqrt(5.9915), rel=0.002)
    # The farther camera stands south of it: its error lies east and west.
    assert fix.orientation_deg == pytest.approx(90, abs=0.5)


def test_the_region_is_the_ellipse() -> None:
    found = locate([sees(1, 180, 8000), sees(2, 270, 4000)])
    fix = fixed(found)
    assert found is not None
    area = shapely.Polygon(Plane(fix.lon, fix.lat).metres(*zip(*found.region.exterior.coords, strict=True)))
    assert area.area == pytest.approx(math.pi * fix.semi_major_m * fix.semi_minor_m, rel=0.005)
    assert found.geojson["type"] == "Polygon"


NO_POINT = {
    "one camera": [sees(1, 0)],
    "two cameras on one mast": [sees(1, 0), replace(sees(1, 0, off=1), source=UUID(int=2))],
    "almost in line with the fire": [sees(1, 0, 5000), sees(2, 2, 12_000)],
    "opposite each other": [sees(1, 0), sees(2, 180.5)],
    "lines that part": [sees(1, 0, off=30), sees(2, 20, off=-30)],
    "lines that meet behind a camera": [sees(1, 90, off=180), sees(2, 120)],
    "lines that meet out of range": [sees(1, 0, 26_000), sees(2, 90, 8000)],
    "three that agree on nothing": [sees(1, 0), sees(2, 120, off=25), sees(3, 240, off=25)],
}


@pytest.mark.parametrize("seen", NO_POINT.values(), ids=NO_POINT.keys())
def test_no_false_point(seen: list[Sighting]) -> None:
    found = locate(seen)
    assert found is not None
    assert found.fix is None
    assert found.region.area > 0
    assert found.region.is_valid


def test_one_camera_gives_its_sector() -> None:
    found = locate([sees(1, 0, sd=2.0)])
    assert found is not None
    camera = sees(1, 0)
    area = shapely.Polygon(
        Plane(camera.lon, camera.lat).metres(*zip(*found.region.exterior.coords, strict=True))
    ).area
    assert area == pytest.approx(math.pi * RANGE_M**2 * 2 * 1.96 * 2 / 360, rel=0.002)


def test_without_a_bearing_nothing_follows() -> None:
    assert locate([replace(sees(1, 0), bearing_deg=None)]) is None


def test_a_hotspot_and_one_bearing_make_a_point() -> None:
    alone = fixed(locate([], [spot(80, 40)]))
    both = fixed(locate([sees(1, 180, 6000)], [spot(80, 40)]))
    assert (alone.method, both.method) == ("hotspot", "hotspot")
    # The bearing from the south says where it is from east to west, the pixel where from north to south.
    assert both.semi_minor_m < alone.semi_minor_m / 1.5
    assert metres_off(both) < metres_off(alone)


def test_bearings_that_make_a_point_stay_the_method_beside_a_hotspot() -> None:
    assert fixed(locate([sees(1, 180), sees(2, 90)], [spot(80, 40)])).method == "bearings"


def test_a_pixel_s_ellipse_goes_through_its_corners() -> None:
    pixel = Hotspot(UUID(int=1), "VIIRS_SNPP_NRT", "N", "VIIRS", NOON, *FIRE, 0.4, 0.4, "nominal")
    fix = fixed(locate([], [Spot.of_hotspot(pixel)]))
    assert fix.semi_major_m == pytest.approx(200 * math.sqrt(2), rel=0.001)


def test_people_s_reports() -> None:
    there = Report(UUID(int=1), UUID(int=2), NOON, "smoke", *FIRE)
    fix = fixed(locate([], [evidence_of_report(there)]))  # type: ignore[list-item]
    assert (fix.method, fix.lon, fix.lat) == ("report", *FIRE)
    lon, lat, _ = ELLIPSOID.fwd(*FIRE, 90, 2000)
    seen = Report(
        UUID(int=1), UUID(int=2), NOON, "smoke", standpoint_lon=lon, standpoint_lat=lat, bearing_deg=270
    )
    both = fixed(locate([sees(1, 180), evidence_of_report(seen)]))  # type: ignore[list-item]
    assert both.method == "bearings"
    with pytest.raises(ValueError, match="a place, or a standpoint"):
        evidence_of_report(Report(UUID(int=1), UUID(int=2), NOON, "smoke"))


def test_bearings_that_contradict_a_little_widen_the_ellipse() -> None:
    agree = [sees(1, 0), sees(2, 120), sees(3, 240)]
    a_little = [sees(1, 0), sees(2, 120), sees(3, 240, off=3)]
    assert fixed(locate(a_little)).semi_major_m > 1.5 * fixed(locate(agree)).semi_major_m


def test_across_the_antimeridian_the_region_is_cut() -> None:
    fire = (179.999, 65.0)
    found = locate([sees(1, 0, fire=fire), sees(2, 90, fire=fire)])
    assert metres_off(fixed(found), fire) < 0.1
    assert found is not None
    west, _, east, _ = found.region.bounds
    assert (found.region.geom_type, west, east) == ("MultiPolygon", -180, 180)
    area = sum(abs(ELLIPSOID.geometry_area_perimeter(part)[0]) for part in found.region.geoms)
    assert area == pytest.approx(math.pi * fixed(found).semi_major_m * fixed(found).semi_minor_m, rel=0.01)


@settings(max_examples=60, deadline=None)
@given(
    lon=st.floats(-180, 180),
    lat=st.floats(-85, 85),
    first=st.floats(0, 360),
    turn=st.floats(30, 150),
    away=st.tuples(st.floats(4000, 15_000), st.floats(4000, 15_000)),
)
def test_anywhere_on_earth(
    lon: float, lat: float, first: float, turn: float, away: tuple[float, float]
) -> None:
    found = locate(
        [sees(1, first, away[0], fire=(lon, lat)), sees(2, first + turn, away[1], fire=(lon, lat))]
    )
    fix = fixed(found)
    assert metres_off(fix, (lon, lat)) < 1
    assert fix.semi_major_m >= fix.semi_minor_m > 0
    assert 0 <= fix.orientation_deg < 180
    assert -180 <= fix.lon <= 180
    assert found is not None
    assert found.region.is_valid


@pytest.mark.timeout(60)
def test_what_is_no_number_makes_no_place_and_no_endless_search():
    at = datetime(2026, 5, 4, tzinfo=UTC)
    one = Sighting(UUID(int=1), 107.6, 33.6, at, 0.0, 1.0)
    nowhere = Spot(UUID(int=2), math.nan, 33.65, at, 100.0, 100.0, "report")
    assert fit([one], [nowhere]) is None
