"""Boxes and directions. Pixel boxes are x1, y1, x2, y2 from the top left corner, y down."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from fieldwatch_shared.messages import Box

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PINHOLE_LIMIT_DEG = 170.0
"""Wider pictures are not made by one plain lens; they are taken as panoramas."""


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
        heading_deg, tilt_deg: of the optical axis.
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
