"""The sun against published values."""

from datetime import UTC, datetime

import numpy as np
import pytest

from fieldwatch_shared import sun

# Sunrise and sunset in UTC by the US Naval Observatory (aa.usno.navy.mil, sun and moon data for one day).
ANCHORAGE, AUCKLAND, BRASILIA = (-149.866667, 61.216667), (174.8, -36.833333), (-47.85, -15.8)
SINGAPORE, LONGYEARBYEN = (103.833333, 1.283333), (15.633333, 78.216667)
USNO = [
    (ANCHORAGE, "2020-01-05", "19:11", "00:57"),
    (ANCHORAGE, "2020-03-25", "15:43", "04:27"),
    (ANCHORAGE, "2020-06-25", "12:22", "07:42"),
    (ANCHORAGE, "2020-09-15", "15:28", "04:22"),
    (ANCHORAGE, "2020-12-25", "19:15", "00:44"),
    (AUCKLAND, "2020-01-05", "17:09", "07:44"),
    (AUCKLAND, "2020-06-25", "19:34", "05:13"),
    (AUCKLAND, "2020-10-25", "17:22", "06:47"),
    (BRASILIA, "2020-02-15", "09:07", "21:44"),
    (BRASILIA, "2020-07-15", "09:39", "20:56"),
    (SINGAPORE, "2020-04-15", "23:00", "11:09"),
    (SINGAPORE, "2020-11-05", "22:46", "10:50"),
    (LONGYEARBYEN, "2020-03-15", "05:27", "16:49"),
    (LONGYEARBYEN, "2020-09-25", "04:53", "16:42"),
]


def instant(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(("place", "date", "rise", "set_"), USNO)
def test_sunrise_and_sunset_as_in_the_almanac(place, date, rise, set_) -> None:
    # Those of this date in UTC, which may be of another solar day.
    days = instant(date) // 86_400 + np.array([-1, 0, 1])
    for found, wanted in zip(sun.daylight(days, *place), (rise, set_), strict=True):
        assert np.abs(found - instant(f"{date} {wanted}")).min() <= 60


def test_the_suns_height_as_in_the_solar_position_algorithms_example() -> None:
    """Reda & Andreas 2004, NREL/TP-560-34302, appendix 5: 2003-10-17 12:30:30 -7 h, 39.742476 N 105.1786 W:
    39.872046° without refraction; of this date in UTC, sunset 00:20:19 and sunrise 13:12:43."""
    at, lon, lat = instant("2003-10-17 19:30:30"), -105.1786, 39.742476
    assert sun.elevation(at, lon, lat) == pytest.approx(39.872046, abs=0.01)
    sunrise, sunset = sun.daylight(instant("2003-10-16") // 86_400 + np.array([0, 1]), lon, lat)
    assert sunrise[1] == pytest.approx(instant("2003-10-17 13:12:43"), abs=15)
    assert sunset[0] == pytest.approx(instant("2003-10-17 00:20:19"), abs=15)
    # Equation of time 14.641503 min.
    hours = sun.solar_hours(at, lon)
    assert hours == pytest.approx((19 + 30.5 / 60) + lon / 15 + 14.641503 / 60, abs=0.5 / 60)


def test_solar_noon_is_when_the_sun_stands_highest() -> None:
    at = instant("2026-05-04") + np.arange(0, 86_400, 60.0)
    height = sun.elevation(at, 107.55, 33.62)
    assert sun.solar_hours(at, 107.55)[height.argmax()] == pytest.approx(12, abs=0.05)


def test_polar_day_and_night() -> None:
    day, night = instant("2020-06-15"), instant("2020-12-15")
    whole = lambda start: sun.daylight_seconds([start], [start + 86_400], *LONGYEARBYEN)  # noqa: E731
    assert whole(day) == pytest.approx(86_400, abs=30)
    assert whole(night) == pytest.approx(0)


def test_daylight_of_spans_agrees_with_the_suns_height() -> None:
    generator = np.random.default_rng(3)
    start = instant("2026-01-01") + generator.uniform(0, 365 * 86_400, 20)
    end = start + generator.uniform(0, 3 * 86_400, 20)
    found = sun.daylight_seconds(start, end, 107.55, 33.62)
    for one, first, last in zip(found, start, end, strict=True):
        every = np.arange(first, last, 20.0)
        assert one == pytest.approx(20 * (sun.elevation(every, 107.55, 33.62) > sun.HORIZON).sum(), abs=90)
    assert (found <= end - start).all()


def test_no_spans_no_daylight() -> None:
    assert sun.daylight_seconds([], [], 0.0, 0.0).shape == (0,)


def test_height_and_direction_as_in_the_solar_position_algorithm() -> None:
    """The worked example of Reda & Andreas 2004, Solar Energy 76:577-589 (NREL/TP-560-34302, table A5.1)."""
    at = datetime.fromisoformat("2003-10-17T12:30:30-07:00").timestamp()
    assert sun.elevation(at, -105.1786, 39.742476) == pytest.approx(39.872046, abs=0.01)
    assert sun.azimuth(at, -105.1786, 39.742476) == pytest.approx(194.340241, abs=0.01)


def test_the_sun_goes_from_east_over_the_equator_side_to_west() -> None:
    noon = instant("2026-03-20T12:00")
    for lat, middle in ((50.0, 180), (-50.0, 0)):
        morning, high, evening = sun.azimuth(noon + np.array([-5, 0.125, 5]) * 3600, 0, lat)
        assert 45 < morning < 135
        assert abs((high - middle + 180) % 360 - 180) < 2
        assert 225 < evening < 315
