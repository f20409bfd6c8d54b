"""Boxes and directions. Pixel boxes are x1, y1, x2, y2 from the top left corner, y down."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fieldwatch_shared.looking import direction as direction
from fieldwatch_shared.messages import Box, Pose

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fieldwatch_edge.settings import Camera

FOOT_SD = 0.1
"""Standard deviation of a box's lower edge, as a share of its height: 0.06 over the 239 boxes of
fire@2026.11.22 that lie on labelled smoke of masts, 0.15 over the 12 of them at masts that it was not trained
on."""
SAME_VIEW = 0.01
"""Poses that differ by less than this share of the field of view are one view: encoders are no more exact."""


def fraction_box(box: NDArray[np.float32], width: int, height: int) -> Box:
    """A pixel box, (4,), as fractions of a picture of `width` x `height` pixels, clipped to it."""
    x1, x2 = (min(max(float(x) / width, 0.0), 1.0) for x in (box[0], box[2]))
    y1, y2 = (min(max(float(y) / height, 0.0), 1.0) for y in (box[1], box[3]))
    return Box(x=round(x1, 5), y=round(y1, 5), width=round(x2 - x1, 5), height=round(y2 - y1, 5))


def share_of_smaller(a: Box, b: Box) -> float:
    """Area of the intersection over the area of the smaller box, 0 to 1.

    Against IoU, it does not punish growth: a young plume within the grown one scores 1.
    """
    width = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    height = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    smaller = min(a.width * a.height, b.width * b.height)
    if width <= 0 or height <= 0 or smaller <= 0:
        return 0.0
    return width * height / smaller


@dataclass(frozen=True, slots=True)
class Aim:
    """Where a fire is seen: degrees, each with its standard deviation."""

    bearing_deg: float
    bearing_sd_deg: float
    elevation_deg: float
    elevation_sd_deg: float


def pose_of(camera: Camera) -> Pose | None:
    """How a fixed camera is aimed; None where its settings do not say it."""
    if camera.heading_deg is None or camera.field_of_view_deg is None:
        return None
    return Pose(
        heading_deg=camera.heading_deg, tilt_deg=camera.tilt_deg, field_of_view_deg=camera.field_of_view_deg
    )


def same_view(a: Pose | None, b: Pose | None) -> bool:
    """Whether two poses show the same; None is the fixed one."""
    if a is None or b is None:
        return a is b
    most = SAME_VIEW * min(a.field_of_view_deg, b.field_of_view_deg)
    turned = abs((a.heading_deg - b.heading_deg + 180) % 360 - 180)
    return (
        turned <= most
        and abs(a.tilt_deg - b.tilt_deg) <= most
        and abs(a.field_of_view_deg - b.field_of_view_deg) <= most
    )


def aim(box: Box, pose: Pose, camera: Camera, aspect: float) -> Aim:
    """Bearing and elevation of the foot of a plume (bottom centre of its box), where the fire is.

    The fire may stand under any part of the box: half its angular width counts as one standard deviation of
    the bearing; of the elevation, `FOOT_SD` of its angular height. Each is taken in quadrature with how well
    heading or tilt is known, and with what an error of the field of view does to it, which grows from nothing
    on the optical axis to the picture's edge. A foot hidden behind a ridge lies lower than it is seen; that
    is not part of the deviation.

    Args:
        aspect: width over height of the picture.
    """

    def look(x: float, y: float, view: float = pose.field_of_view_deg) -> tuple[float, float]:
        return direction(
            x,
            y,
            heading_deg=pose.heading_deg,
            tilt_deg=pose.tilt_deg,
            field_of_view_deg=view,
            aspect=aspect,
        )

    x, foot = box.x + box.width / 2, box.y + box.height
    bearing, elevation = look(x, foot)
    half_width = ((look(box.x + box.width, foot)[0] - look(box.x, foot)[0]) % 360) / 2
    height = abs(look(x, box.y)[1] - elevation)
    wider = look(x, foot, min(pose.field_of_view_deg + camera.field_of_view_sd_deg, 360.0))
    lens_across = (wider[0] - bearing + 180) % 360 - 180
    lens_up = wider[1] - elevation
    return Aim(
        # Rounding may reach 360, which is 0.
        bearing_deg=round(bearing, 2) % 360,
        bearing_sd_deg=round(math.hypot(half_width, camera.heading_sd_deg, lens_across), 2),
        elevation_deg=round(elevation, 2),
        elevation_sd_deg=round(math.hypot(FOOT_SD * height, camera.tilt_sd_deg, lens_up), 2),
    )
