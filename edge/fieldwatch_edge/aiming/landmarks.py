"""In which direction something lies whose place is known, or the sun. Degrees and metres, WGS 84."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fieldwatch_shared import sun as almanac

if TYPE_CHECKING:
    from datetime import datetime

SEMI_MAJOR_M, FLATTENING = 6_378_137.0, 1 / 298.257223563
"""Of the ellipsoid of WGS 84."""
EARTH_RADIUS_M = 6_371_000.0
REFRACTION = 0.13
"""Of light near the ground, as a share of the earth's curvature (Gauss): 0 to 0.2 by day."""
SUN_SD_DEG = 0.05
"""Of the formulas, refraction, and half a minute of any clock near noon being more than all: see `sun`."""


@dataclass(frozen=True, slots=True)
class Place:
    lon: float
    lat: float
    height_m: float | None = None
    """Above the ellipsoid or the sea: the same for all, so that it does not matter which."""
    sd_m: float = 5.0
    """Standard deviation in each direction of the plane."""


@dataclass(frozen=True, slots=True)
class Direction:
    bearing_deg: float
    """From true north, clockwise."""
    bearing_sd_deg: float
    elevation_deg: float | None
    """As it is seen, refraction included; None where a height is not known."""
    elevation_sd_deg: float
    distance_m: float | None
    """None of the sun."""


def towards(here: Place, there: Place) -> Direction:
    """The direction in which `there` is seen from `here`: of the straight line between the two, through
    earth-centred coordinates, which is what a camera sees (a geodesic's azimuth differs by less than 0.001°
    within 50 km).

    Raises:
        ValueError: both are one place.
    """
    height = (here.height_m or 0.0, there.height_m or 0.0)
    x, y, z = (b - a for a, b in zip(_cartesian(here, height[0]), _cartesian(there, height[1]), strict=True))
    lon, lat = math.radians(here.lon), math.radians(here.lat)
    east = -math.sin(lon) * x + math.cos(lon) * y
    north = -math.sin(lat) * (math.cos(lon) * x + math.sin(lon) * y) + math.cos(lat) * z
    up = math.cos(lat) * (math.cos(lon) * x + math.sin(lon) * y) + math.sin(lat) * z
    level = math.hypot(east, north)
    if level < 1:
        raise ValueError("the landmark lies where the camera stands")
    sd_m = math.hypot(here.sd_m, there.sd_m)
    known = here.height_m is not None and there.height_m is not None
    bent = math.degrees(REFRACTION * level / (2 * EARTH_RADIUS_M))
    return Direction(
        bearing_deg=math.degrees(math.atan2(east, north)) % 360,
        bearing_sd_deg=min(math.degrees(math.atan(sd_m / level)), 180.0),
        elevation_deg=math.degrees(math.atan2(up, level)) + bent if known else None,
        # Heights of maps are no better than this, and the air bends light by more or less.
        elevation_sd_deg=math.hypot(math.degrees(math.atan(10.0 / level)), 0.5 * bent),
        distance_m=math.hypot(level, up),
    )


def sun(here: Place, at: datetime, clock_sd_s: float) -> Direction:
    """Where the sun's centre is seen at that moment (aware).

    Args:
        clock_sd_s: how well the time is known: the sun moves up to a degree of bearing in two minutes, and
            much faster where it stands high.
    """
    seconds = at.timestamp()
    bearing, height = _sun(here, seconds)
    later, higher = _sun(here, seconds + 60)
    speed = abs((later - bearing + 180) % 360 - 180) / 60
    return Direction(
        bearing_deg=bearing,
        bearing_sd_deg=math.hypot(SUN_SD_DEG, speed * clock_sd_s),
        elevation_deg=height,
        elevation_sd_deg=math.hypot(SUN_SD_DEG, abs(higher - height) / 60 * clock_sd_s),
        distance_m=None,
    )


def _sun(here: Place, seconds: float) -> tuple[float, float]:
    bearing = float(almanac.azimuth(seconds, here.lon, here.lat))
    height = float(almanac.elevation(seconds, here.lon, here.lat))
    if height > -1.0:
        # Sæmundsson 1986, Sky and Telescope 72, 70: of the true height, to 0.1'.
        height += 1.02 / math.tan(math.radians(height + 10.3 / (height + 5.11))) / 60
    return bearing, height


def _cartesian(place: Place, height_m: float) -> tuple[float, float, float]:
    """Metres from the earth's centre."""
    lon, lat = math.radians(place.lon), math.radians(place.lat)
    squared = FLATTENING * (2 - FLATTENING)
    across = SEMI_MAJOR_M / math.sqrt(1 - squared * math.sin(lat) ** 2)
    return (
        (across + height_m) * math.cos(lat) * math.cos(lon),
        (across + height_m) * math.cos(lat) * math.sin(lon),
        (across * (1 - squared) + height_m) * math.sin(lat),
    )
