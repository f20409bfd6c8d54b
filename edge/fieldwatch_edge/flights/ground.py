"""Where on the ground an animal stood that was seen from the air. Pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from fieldwatch_shared.looking import View
from fieldwatch_shared.messages import Place

if TYPE_CHECKING:
    from fieldwatch_shared.messages import Box

AIM_SD_DEG = 2.0
"""Of a gimbal's angles and compass together."""
HEIGHT_SD = 0.1
"""Of the height above the ground, as a share of it: the land is not flat, barometers drift."""


def animal_at(box: Box, camera: Place) -> Place:
    """Where the animal in that box of the camera's picture stood, on flat, level ground below the camera.

    Its standard deviation is the camera's own, what an aim wrong by `AIM_SD_DEG` moves along and across the
    line of sight (h / sin²(depression) and the slant distance, per radian), and what a height wrong by
    `HEIGHT_SD` does to the distance, in quadrature.

    Returns:
        the camera's own place where its height, aim or lens is not known, or it looks too flat: then with
        nothing of the aim, and as inexact as twice the height, where that is known.
    """
    view = view_of(camera)
    seen = view.ground(box.x + box.width / 2, box.y + box.height / 2) if view is not None else None
    if view is None or seen is None:
        known = camera.height_m if camera.height_m is not None and camera.height_m > 0 else 0.0
        return Place(lon=camera.lon, lat=camera.lat, sd_m=round(math.hypot(camera.sd_m, 2 * known), 2))
    lon, lat, distance = seen
    slant = math.hypot(distance, view.height_m)
    aim = math.radians(AIM_SD_DEG)
    along = slant**2 / view.height_m * aim  # d(h / tan e) / de = h / sin² e
    sd = math.hypot(camera.sd_m, along, slant * aim, HEIGHT_SD * distance)
    return Place(lon=round(lon, 8), lat=round(lat, 8), sd_m=round(min(sd, 100_000), 2))


def view_of(camera: Place) -> View | None:
    """How it looks at the ground, where all of that is known."""
    if (
        camera.height_m is None
        or camera.height_m <= 0
        or camera.heading_deg is None
        or camera.tilt_deg is None
        or camera.field_of_view_deg is None
        or camera.aspect is None
    ):
        return None
    return View(
        camera.lon,
        camera.lat,
        camera.height_m,
        camera.heading_deg,
        camera.tilt_deg,
        camera.field_of_view_deg,
        camera.aspect,
    )
