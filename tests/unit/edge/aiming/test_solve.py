from __future__ import annotations

import math
import random
from datetime import UTC, datetime

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fieldwatch_edge.aiming.landmarks import Place, sun, towards
from fieldwatch_edge.aiming.level import level
from fieldwatch_edge.aiming.solve import AimingError, Known, Sight, solve

ASPECT = 16 / 9


def seen_by_hand(
    bearing: float, elevation: float, *, heading: float, tilt: float, view: float, roll: float = 0.0
) -> tuple[float, float]:
    """Where a pinhole camera shows that direction: by rotation matrices, which the product does not use.
    World: east, north, up. Camera: right, up, forward."""
    b, e = math.radians(bearing - heading), math.radians(elevation)
    right, forward, up = math.cos(e) * math.sin(b), math.cos(e) * math.cos(b), math.sin(e)
    t = math.radians(tilt)
    forward, up = (
        math.cos(t) * forward + math.sin(t) * up,
        -math.sin(t) * forward + math.cos(t) * up,
    )
    r = math.radians(roll)  # clockwise, from behind: the picture turns the other way
    right, up = math.cos(r) * right - math.sin(r) * up, math.sin(r) * right + math.cos(r) * up
    assert forward > 0
    focal = 0.5 / math.tan(math.radians(view) / 2)
    return 0.5 + focal * right / forward, 0.5 - focal * up / forward * ASPECT


poses = st.fixed_dictionaries(
    {
        "heading": st.floats(0, 359.99),
        "tilt": st.floats(-25, 25),
        "view": st.floats(10, 120),
    }
)


@settings(deadline=None, max_examples=25)
@given(poses, st.lists(st.floats(-0.45, 0.45), min_size=2, max_size=5, unique_by=lambda each: round(each, 1)))
def test_landmarks_give_back_the_camera_that_saw_them(pose, beside):
    assume(max(beside) - min(beside) > 0.2)
    sights = []
    for n, share in enumerate(beside):
        bearing = (pose["heading"] + share * pose["view"]) % 360
        x, y = seen_by_hand(bearing, 0.3 * n - pose["tilt"] / 50, **pose)
        assume(0 <= x <= 1)
        sights.append(Sight(str(n), x, y, Known(bearing, 0.05), Known(0.3 * n - pose["tilt"] / 50, 0.05)))
    found = solve(sights, aspect=ASPECT)
    assert abs((found.heading.value - pose["heading"] + 180) % 360 - 180) < 1e-3
    assert found.tilt.value == pytest.approx(pose["tilt"], abs=1e-3)
    assert found.field_of_view.value == pytest.approx(pose["view"], abs=1e-3)
    assert not any(each.strange for each in found.residuals)


@settings(deadline=None, max_examples=25)
@given(poses, st.floats(-12, 12))
def test_a_horizon_line_tells_tilt_and_roll(pose, roll):
    assume(abs(pose["tilt"]) < pose["view"] / 4)
    away = pose["view"] / 3
    ends = tuple(seen_by_hand(pose["heading"] + side * away, 0.0, **pose, roll=roll) for side in (-1, 1))
    found = level(ends, field_of_view_deg=pose["view"], aspect=ASPECT)
    assert found.tilt_deg == pytest.approx(pose["tilt"], abs=1e-6)
    assert found.roll_deg == pytest.approx(roll, abs=1e-6)


def test_deviations_are_those_that_shaky_fingers_make():
    """Many technicians tap the same three landmarks: their headings scatter as the solution says."""
    pose = {"heading": 211.0, "tilt": -3.0, "view": 62.0}
    shaky = random.Random(7)
    headings, views, said = [], [], None
    for _ in range(150):
        sights = []
        for bearing in (188.0, 206.0, 235.0):
            x, y = seen_by_hand(bearing, 0.0, **pose)
            x, y = x + shaky.gauss(0, 0.004), y + shaky.gauss(0, 0.004 * ASPECT)
            sights.append(Sight(str(bearing), x, y, Known(bearing + shaky.gauss(0, 0.2), 0.2)))
        said = solve(sights, aspect=ASPECT, tilt=Known(-3.0, 0.5))
        headings.append(said.heading.value - 211.0)
        views.append(said.field_of_view.value - 62.0)
    spread = math.sqrt(sum(each**2 for each in headings) / len(headings))
    view_spread = math.sqrt(sum(each**2 for each in views) / len(views))
    exact = [Sight(str(b), *seen_by_hand(b, 0.0, **pose), Known(b, 0.2)) for b in (188.0, 206.0, 235.0)]
    told = solve(exact, aspect=ASPECT, tilt=Known(-3.0, 0.5))
    assert spread == pytest.approx(told.heading.sd, rel=0.2)
    assert view_spread == pytest.approx(told.field_of_view.sd, rel=0.2)


def test_a_compass_and_a_data_sheet_alone_are_taken_as_they_are():
    found = solve([], aspect=ASPECT, heading=Known(359.0, 3.0), field_of_view=Known(90.0, 2.0))
    assert (found.heading, found.field_of_view) == (Known(359.0, 3.0), Known(90.0, 2.0))
    assert found.tilt == Known(0.0, 10.0)
    assert found.misfit is None


def test_a_compass_beside_iron_is_outvoted_by_landmarks_and_seen_to_be_off():
    pose = {"heading": 100.0, "tilt": 0.0, "view": 70.0}
    sights = [Sight(str(b), *seen_by_hand(b, 0.0, **pose), Known(b, 0.1)) for b in (75.0, 100.0, 128.0)]
    found = solve(sights, aspect=ASPECT, heading=Known(130.0, 3.0))
    assert found.heading.value == pytest.approx(100.0, abs=0.2)
    assert found.misfit is not None
    assert found.misfit > 3


def test_two_landmarks_of_which_one_is_another_are_told_by_the_data_sheet():
    pose = {"heading": 0.0, "tilt": 0.0, "view": 60.0}
    sights = [
        Sight(n, *seen_by_hand(b, 0.0, **pose), Known(b, 0.1)) for n, b in (("peak", -20.0), ("mast", 0.0))
    ]
    wrong = Sight("church", *seen_by_hand(22.0, 0.0, **pose), Known(31.0, 0.1))
    found = solve([*sights, wrong], aspect=ASPECT, field_of_view=Known(60.0, 1.0))
    assert any(each.strange for each in found.residuals)
    assert found.heading.sd > 1  # and nobody is told that it is well known


@pytest.mark.parametrize(
    ("sights", "known", "code"),
    [
        ([], {}, "no_heading"),
        ([], {"heading": Known(10, 2)}, "no_field_of_view"),
        ([Sight("a", 0.5, 0.5, Known(10, 1))], {}, "no_field_of_view"),
        ([Sight("a", 0.50, 0.5, Known(10, 1)), Sight("b", 0.52, 0.5, Known(11, 1))], {}, "too_close"),
    ],
)
def test_too_little_is_said_in_words(sights, known, code):
    with pytest.raises(AimingError) as caught:
        solve(sights, aspect=ASPECT, **known)
    assert caught.value.code == code


def test_directions_between_places_are_those_of_the_ellipsoid():
    """Against PROJ's geodesics (pyproj.Geod on WGS 84), and by hand for the elevation."""
    pyproj = pytest.importorskip("pyproj")
    geod = pyproj.Geod(ellps="WGS84")
    dice = random.Random(1)
    for _ in range(60):
        lon, lat = dice.uniform(-180, 180), dice.uniform(-80, 80)
        azimuth, distance = dice.uniform(0, 360), dice.uniform(50, 40_000)
        there_lon, there_lat, _ = geod.fwd(lon, lat, azimuth, distance)
        seen = towards(Place(lon, lat), Place(there_lon, there_lat))
        assert abs((seen.bearing_deg - azimuth + 180) % 360 - 180) < 1e-3
        assert seen.elevation_deg is None
        assert seen.distance_m == pytest.approx(distance, rel=1e-5)
    # 100 m higher, 10 km away: 0.573° less half the curvature (0.045°) plus refraction (0.006°).
    up = towards(Place(0, 0, 0.0), Place(0.0898315, 0, 100.0))
    assert up.elevation_deg == pytest.approx(0.573 - 0.045 + 0.0058, abs=0.001)


def test_a_landmark_where_one_stands_has_no_direction():
    with pytest.raises(ValueError, match="where the camera stands"):
        towards(Place(108.1, 31.2), Place(108.1, 31.2))


def test_the_sun_is_where_the_almanac_has_it_and_lifted_by_the_air():
    """NREL's SPA paper, 2003-10-17 12:30:30 -7:00 at 39.742476 N, 105.1786 W: azimuth
    194.34024°, topocentric elevation with refraction 39.8884° (90 - 50.11162)."""
    seen = sun(Place(-105.1786, 39.742476), datetime(2003, 10, 17, 19, 30, 30, tzinfo=UTC), 2.0)
    assert seen.bearing_deg == pytest.approx(194.34024, abs=0.02)
    assert seen.elevation_deg == pytest.approx(90 - 50.11162, abs=0.02)
    low = sun(Place(0, 0), datetime(2026, 3, 20, 18, 7, tzinfo=UTC), 60.0)
    assert low.elevation_sd_deg == pytest.approx(0.25, abs=0.06)  # a minute of time: a quarter of a degree
