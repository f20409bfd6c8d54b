from __future__ import annotations

from datetime import date

import pytest

from fieldwatch_edge.aiming.declination import declination, is_current


@pytest.mark.parametrize(
    ("lon", "lat", "height_m", "on", "degrees"),
    [
        # The test values that NOAA publishes with the model.
        (0, 80, 0, date(2025, 1, 1), 1.28),
        (120, 0, 0, date(2025, 1, 1), -0.16),
        (240, -80, 0, date(2025, 1, 1), 68.78),
        # By pygeomag 1.1.0, a port of NOAA's own program.
        (108.1, 31.2, 0, date(2026, 11, 22), -3.481),
        (107.5, 33.6, 1500, date(2027, 7, 2), -3.676),
        (34.8, -2.3, 1500, date(2026, 6, 1), 0.368),
        (-150, 64, 300, date(2029, 12, 31), 12.900),
    ],
)
def test_magnetic_north_lies_where_the_model_has_it(lon, lat, height_m, on, degrees):
    assert declination(lon, lat, on, height_m) == pytest.approx(degrees, abs=0.006)


def test_the_model_knows_its_time():
    assert is_current(date(2026, 11, 22))
    assert not is_current(date(2030, 1, 1))
