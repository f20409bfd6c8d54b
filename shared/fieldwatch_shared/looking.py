"""Where a camera looks: from a point in a picture to a direction, and from there to flat ground.

What a flight's node tells of an animal's place and what the cloud tells of a picture's footprint come from
the same formulas. Fractions of the picture have their origin at its top left corner; bearings are degrees
clockwise from true north, elevations degrees upwards from the horizon.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

PINHOLE_LIMIT_DEG = 170.0
"""Wider pictures are not made by one plain lens; they are taken as panoramas."""
FLATTEST_SEEN_DEG = -15.0
"""Ground seen flatter than this is left out: there half a degree moves it by a seventh of its distance."""
EQUATOR_M, FLATTENING = 6_378_137.0, 1 / 298.257223563
"""WGS 84."""


def direction(
    x: float, y: float, *, heading_deg: float, tilt_deg: float, field_of_view_deg: float, aspect: float
) -> tuple[float, float]:
    """Bearing (degrees from true north, 0 <= b < 360) and elevation (degrees above the horizon) of a point.

    The pinhole camera (Hartley and Zisserman, Multiple View Geometry, 2nd ed. 2004, section 6.1): a point at
    the fraction x of the width looks along ((x - 0.5) w, (0.5 - y) h, f) with f = (w / 2) / tan(fov / 2);
    turned up by the tilt, then round by the heading. Without tilt the bearing is
    heading + atan((x - 0.5) * 2 * tan(fov / 2)). Lens distortion is not corrected. Pictures wider than 170
    degrees are read as equirectangular panoramas: equal angles per pixel, tilt added.

    Args:
        x, y: fractions of width and height, from the top left corner.
        heading_deg, tilt_deg: of the optical axis; looking straight down, the heading is the picture's top.
        field_of_view_deg: horizontal.
        aspect: width over height of the picture.
    """
    if field_of_view_deg > PINHOLE_LIMIT_DEG:
        bearing = heading_deg + (x - 0.5) * field_of_view_deg
        elevation = tilt_deg + (0.5 - y) * field_of_view_deg / aspect
        return bearing % 360, min(max(elevation, -90.0), 90.0)
    focal = 0.5 / math.tan(math.radians(field_of_view_deg) / 2)
    right, up = x - 0.5, (0.5 - y) / aspect
    tilt = math.radians(tilt_deg)
    forward_level = focal * math.cos(tilt) - up * math.sin(tilt)
    up_level = focal * math.sin(tilt) + up * math.cos(tilt)
    bearing = heading_deg + math.degrees(math.atan2(right, forward_level))
    elevation = math.degrees(math.atan2(up_level, math.hypot(right, forward_level)))
    return bearing % 360, elevation


@dataclass(frozen=True, slots=True)
class View:
    """A camera above flat ground, and how it looks at it."""

    lon: float
    lat: float
    height_m: float
    heading_deg: float
    tilt_deg: float
    field_of_view_deg: float
    aspect: float
    """Width over height of its picture."""

    def ground(self, x: float, y: float) -> tuple[float, float, float] | None:
        """(longitude, latitude, metres along the ground from below the camera) of what is seen at a point.

        On flat, level ground `height_m` below the camera: distance = height / tan(depression).

        Returns:
            None where it looks flatter than 15 degrees below the horizon, or not down at all.
        """
        bearing, elevation = direction(
            x,
            y,
            heading_deg=self.heading_deg,
            tilt_deg=self.tilt_deg,
            field_of_view_deg=self.field_of_view_deg,
            aspect=self.aspect,
        )
        if elevation > FLATTEST_SEEN_DEG or self.height_m <= 0:
            return None
        distance = self.height_m / math.tan(math.radians(-elevation))
        return *moved(self.lon, self.lat, bearing, distance), distance

    def footprint(self) -> list[tuple[float, float]] | None:
        """The ground in the picture: its four corners, (longitude, latitude), clockwise from the top left.

        Returns:
            None where not all of the picture is ground that can be placed.
        """
        if self.field_of_view_deg > PINHOLE_LIMIT_DEG:
            return None
        corners = [self.ground(x, y) for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))]
        seen = [(corner[0], corner[1]) for corner in corners if corner is not None]
        return seen if len(seen) == 4 else None


def moved(lon: float, lat: float, bearing_deg: float, metres: float) -> tuple[float, float]:
    """The place `metres` away along a bearing: (longitude, latitude), by the ellipsoid's two radii of
    curvature there (Snyder 1987, Map Projections, equations 4-18 and 4-20). To a millimetre over 1 km outside
    the polar circles."""
    squared = FLATTENING * (2 - FLATTENING)
    root = 1 - squared * math.sin(math.radians(lat)) ** 2
    meridian, across = EQUATOR_M * (1 - squared) / root**1.5, EQUATOR_M / math.sqrt(root)
    north = metres * math.cos(math.radians(bearing_deg))
    east = metres * math.sin(math.radians(bearing_deg))
    reached = lon + math.degrees(east / (across * math.cos(math.radians(lat))))
    return (reached + 180) % 360 - 180, lat + math.degrees(north / meridian)
