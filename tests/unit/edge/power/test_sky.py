"""Light on a panel."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest

from fieldwatch_edge.power.sky import clear_sky, on_panel, under_clouds

NOON = datetime.fromisoformat("2026-03-20T12:07:00+00:00").timestamp()
"""The sun stands in the zenith of longitude and latitude 0."""


def test_a_clear_sky_with_the_sun_overhead() -> None:
    assert clear_sky(NOON, 0, 0) == pytest.approx(1098 * np.exp(-0.057), rel=1e-3)


def test_at_night_there_is_none() -> None:
    assert clear_sky(NOON + 12 * 3600, 0, 0) == pytest.approx(0, abs=1e-6)


def test_thick_clouds_leave_a_quarter() -> None:
    assert under_clouds(800, 1) == pytest.approx(200)
    assert under_clouds(800, 0) == 800


def test_a_level_panel_sees_what_the_ground_sees() -> None:
    at = NOON + np.arange(-5, 6) * 3600
    level = clear_sky(at, 10, 35)
    assert on_panel(level, at, 10, 35, tilt_deg=0, azimuth_deg=180) == pytest.approx(level, rel=1e-9)


def test_a_panel_that_faces_the_sun_gets_more_than_the_ground_and_one_that_looks_away_less() -> None:
    noon = datetime.fromisoformat("2026-12-21T11:00:00+00:00").timestamp()
    level = clear_sky(noon, 15, 50)
    towards, away = (
        float(on_panel(level, noon, 15, 50, tilt_deg=60, azimuth_deg=facing)) for facing in (180, 0)
    )
    assert towards > 2 * level
    assert away < 0.3 * level


def test_under_a_dark_sky_it_does_not_matter_where_the_panel_faces() -> None:
    """All light is diffuse; of an even sky a panel at 60° sees three quarters."""
    towards, away = (
        float(on_panel(20, NOON, 15, 50, tilt_deg=60, azimuth_deg=facing)) for facing in (180, 0)
    )
    assert towards == pytest.approx(away, rel=0.06)
    assert away == pytest.approx(15, rel=0.06)
