"""The sun over a place: its height and direction, its own time of day, sunrise and sunset, hours of daylight.

Jean Meeus, Astronomical Algorithms (2nd ed. 1998), chapters 22, 25 (low accuracy, 0.01°) and 28, as in
NOAA's solar calculator. Against almanacs, sunrise and sunset hold to a minute; where the sun grazes the
horizon, near the poles, to a few. Terrestrial and universal time are taken as one: 70 s move the sun by
0.001°.

Instants are seconds since 1970 (UTC); longitudes and latitudes are degrees, WGS 84. All arrays broadcast.
Alone in this package it needs numpy, which both sides have where they ask for the sun.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

DAY_S = 86_400.0
J2000 = 946_728_000.0
"""2000-01-01 12:00 UTC."""
HORIZON = -0.833
"""Degrees of the sun's centre when its upper edge touches a level horizon: 34' of refraction and 16' of half
a diameter (Meeus, chapter 15)."""


def _declination_and_equation_of_time(at: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """Radians, and true minus mean solar time in hours."""
    t = (at - J2000) / DAY_S / 36_525
    mean_longitude = np.radians((280.46646 + t * (36_000.76983 + t * 0.0003032)) % 360)  # (25.2)
    anomaly = np.radians(357.52911 + t * (35_999.05029 - t * 0.0001537))  # (25.3)
    eccentricity = 0.016708634 - t * (0.000042037 + t * 0.0000001267)  # (25.4)
    centre = (
        np.sin(anomaly) * (1.914602 - t * (0.004817 + t * 0.000014))
        + np.sin(2 * anomaly) * (0.019993 - t * 0.000101)
        + np.sin(3 * anomaly) * 0.000289
    )
    node = np.radians(125.04 - 1934.136 * t)
    apparent = mean_longitude + np.radians(centre - 0.00569 - 0.00478 * np.sin(node))
    mean_obliquity = 23 + (26 + (21.448 - t * (46.815 + t * (0.00059 - t * 0.001813))) / 60) / 60  # (22.2)
    obliquity = np.radians(mean_obliquity + 0.00256 * np.cos(node))
    declination = np.arcsin(np.sin(obliquity) * np.sin(apparent))  # (25.7)
    y = np.tan(obliquity / 2) ** 2
    equation = (  # (28.3), W. M. Smart 1956, in radians
        y * np.sin(2 * mean_longitude)
        - 2 * eccentricity * np.sin(anomaly)
        + 4 * eccentricity * y * np.sin(anomaly) * np.cos(2 * mean_longitude)
        - y**2 / 2 * np.sin(4 * mean_longitude)
        - 5 / 4 * eccentricity**2 * np.sin(2 * anomaly)
    )
    return declination, equation * 12 / np.pi


def solar_hours(at: ArrayLike, lon: ArrayLike) -> NDArray[np.float64]:
    """True solar time in hours, 0 to 24: at 12 the sun stands highest. By it, animals of different months
    and places can be laid over each other."""
    instants, east = np.asarray(at, dtype=np.float64), np.asarray(lon, dtype=np.float64)
    _, equation = _declination_and_equation_of_time(instants)
    hours: NDArray[np.float64] = (instants / 3600 + east / 15 + equation) % 24
    return hours


def elevation(at: ArrayLike, lon: ArrayLike, lat: ArrayLike) -> NDArray[np.float64]:
    """Degrees of the sun's centre above the horizon, without refraction (Meeus, 13.6)."""
    instants, north = np.asarray(at, dtype=np.float64), np.radians(np.asarray(lat, dtype=np.float64))
    declination, _ = _declination_and_equation_of_time(instants)
    hour_angle = np.radians(15 * (solar_hours(instants, lon) - 12))
    sine = np.sin(north) * np.sin(declination) + np.cos(north) * np.cos(declination) * np.cos(hour_angle)
    height: NDArray[np.float64] = np.degrees(np.arcsin(np.clip(sine, -1, 1)))
    return height


def azimuth(at: ArrayLike, lon: ArrayLike, lat: ArrayLike) -> NDArray[np.float64]:
    """Degrees of the sun's direction, clockwise from true north (Meeus, 13.5, counted from north)."""
    instants, north = np.asarray(at, dtype=np.float64), np.radians(np.asarray(lat, dtype=np.float64))
    declination, _ = _declination_and_equation_of_time(instants)
    hour_angle = np.radians(15 * (solar_hours(instants, lon) - 12))
    west = np.arctan2(
        np.sin(hour_angle), np.cos(hour_angle) * np.sin(north) - np.tan(declination) * np.cos(north)
    )
    direction: NDArray[np.float64] = (np.degrees(west) + 180) % 360
    return direction


def daylight(day: ArrayLike, lon: ArrayLike, lat: ArrayLike) -> tuple[NDArray[np.float64], ...]:
    """Sunrise and sunset of solar days.

    Args:
        day: days since 1970-01-01: the solar day whose noon lies nearest to noon of that date in the mean
            time of the place.

    Returns:
        (sunrise, sunset) as instants. Where the sun does not set, 12 hours before and after its noon; where
        it does not rise, its noon twice.
    """
    days, east, north = (np.asarray(each, dtype=np.float64) for each in (day, lon, lat))
    mean_noon = days * DAY_S + (12 - east / 15) * 3600
    _, equation = _declination_and_equation_of_time(mean_noon)
    noon = mean_noon - equation * 3600
    latitude, horizon = np.radians(north), np.sin(np.radians(HORIZON))
    found = []
    for side in (-1, 1):
        at = noon + side * 6 * 3600
        for _ in range(4):  # The sun's declination is that of the event, not of noon: 20 s at 60° in March.
            declination, equation = _declination_and_equation_of_time(at)
            cosine = (horizon - np.sin(latitude) * np.sin(declination)) / np.maximum(
                np.cos(latitude) * np.cos(declination), 1e-12
            )
            hour_angle = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
            at = mean_noon - equation * 3600 + side * hour_angle * 240
        found.append(at)
    return found[0], found[1]


def daylight_seconds(start: ArrayLike, end: ArrayLike, lon: float, lat: float) -> NDArray[np.float64]:
    """Of each span, the seconds with the sun above the horizon.

    Args:
        start, end: (n,) instants, `end` not before `start`.
    """
    starts, ends = np.asarray(start, dtype=np.float64), np.asarray(end, dtype=np.float64)
    if starts.size == 0:
        return np.zeros(starts.shape)
    # A solar day is a civil one moved by at most 12 h and the equation of time.
    days = np.arange(np.floor(starts.min() / DAY_S) - 1, np.floor(ends.max() / DAY_S) + 2)
    sunrise, sunset = daylight(days, lon, lat)
    # Daylight up to an instant grows by a second a second between sunrise and sunset, and else stands still.
    sunset = np.maximum(sunset, sunrise)
    sunrise[1:] = np.maximum(sunrise[1:], sunset[:-1])
    knots = np.stack([sunrise, sunset], axis=1).ravel()
    up_to = np.concatenate([[0.0], np.cumsum(np.maximum(sunset - sunrise, 0))])
    heights = np.stack([up_to[:-1], up_to[1:]], axis=1).ravel()
    spent: NDArray[np.float64] = np.interp(ends, knots, heights) - np.interp(starts, knots, heights)
    return spent
