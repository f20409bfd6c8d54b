"""Ignore masks: the part of a camera's picture in which fire and smoke mean nothing. Pure.

Polygons are [x, y] as fractions of the picture, from its top left.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import shapely  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Sequence

Polygon = list[tuple[float, float]]
Box = tuple[float, float, float, float]
"""x, y, width, height."""
FEWEST_POINTS, MOST_POINTS = 3, 200
SMALLEST_AREA = 1e-5
"""Of the picture: 9 pixels of a picture of 1280 by 720. Less is a slip of the finger."""
RECURRING = frozenset({"chimney", "glare", "vehicle"})
"""Reasons that stay where they are. A cloud or an insect is elsewhere tomorrow, and what is not known is no
reason to stop looking."""
OFTEN_ENOUGH = 3
MARGIN = 0.01
LARGEST_SUGGESTION = 0.25
"""Of the picture: more must be a person's own idea."""


def checked(polygon: Sequence[tuple[float, float]]) -> Polygon:
    """The polygon as it is kept: open (its last point is not its first), without repeated points.

    Raises:
        ValueError: it has too few or too many points, leaves the picture, crosses itself or is too small.
    """
    points: Polygon = []
    for x, y in polygon:
        if not (math.isfinite(x) and math.isfinite(y) and 0 <= x <= 1 and 0 <= y <= 1):
            raise ValueError(f"the point ({x:g}, {y:g}) is not within the picture, 0 to 1 from its top left")
        point = (round(float(x), 5), round(float(y), 5))
        if not points or points[-1] != point:
            points.append(point)
    if len(points) > 1 and points[0] == points[-1]:
        points.pop()
    if not FEWEST_POINTS <= len(points) <= MOST_POINTS:
        raise ValueError(
            f"a mask has {FEWEST_POINTS} to {MOST_POINTS} different points; this has {len(points)}"
        )
    shape = shapely.Polygon(points)
    if not shape.is_valid:
        raise ValueError("the outline crosses or touches itself")
    if shape.area < SMALLEST_AREA:
        raise ValueError("the mask is too small to hold anything")
    return points


def suggest(newest: Box, others: Sequence[Box], masks: Sequence[Polygon]) -> tuple[Polygon, int] | None:
    """A mask over what raised the same false alarm again and again in one camera's picture.

    Args:
        newest: of the false alarm at hand.
        others: of earlier false alarms of this camera for the same reason.
        masks: what this camera ignores already.

    Returns:
        the polygon and how many false alarms it covers; None: they do not recur at one place, it is masked
        already, or it would take too much of the picture.
    """
    here = shapely.box(*_corners(newest, MARGIN))
    same = [newest, *(box for box in others if here.intersects(shapely.box(*_corners(box, 0))))]
    if len(same) < OFTEN_ENOUGH:
        return None
    area = shapely.union_all([shapely.box(*_corners(box, MARGIN)) for box in same]).convex_hull
    ignored = shapely.union_all([shapely.Polygon(mask) for mask in masks])
    if area.area > LARGEST_SUGGESTION or area.difference(ignored).area < 0.1 * area.area:
        return None
    return checked(list(area.exterior.coords)), len(same)


def _corners(box: Box, margin: float) -> tuple[float, float, float, float]:
    x, y, width, height = box
    return (
        max(0.0, x - margin),
        max(0.0, y - margin),
        min(1.0, x + width + margin),
        min(1.0, y + height + margin),
    )
