"""The horizon in a picture: how far a camera is tilted and rolled, and where the horizon may lie."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fieldwatch_edge import vision

if TYPE_CHECKING:
    from fieldwatch_edge.domain import Image

TAP_SD = 0.004
"""Of a point that is set with a finger, as a share of the picture's width."""
SEEN_WIDTH = 96
"""Pixels at which the horizon is looked for: what is finer is trees."""
LEAST_EXPLAINED = 0.5
"""Share of the picture's variance that sky and ground must explain between them."""

Point = tuple[float, float]
"""x, y as fractions of width and height, from the top left corner."""


@dataclass(frozen=True, slots=True)
class Level:
    tilt_deg: float
    """Of the optical axis, upwards."""
    tilt_sd_deg: float
    roll_deg: float
    """Clockwise as seen from behind the camera: so far it must be turned back, counter-clockwise."""
    roll_sd_deg: float


@dataclass(frozen=True, slots=True)
class Horizon:
    left: Point
    right: Point
    explained: float
    """0 to 1: how well the picture falls into sky and ground there."""


def dip_deg(height_m: float) -> float:
    """How far an open horizon (plain, water) lies below the level: 1.76' a root metre, with refraction."""
    return 1.76 / 60 * math.sqrt(max(height_m, 0.0))


def level(
    line: tuple[Point, Point],
    *,
    field_of_view_deg: float,
    aspect: float,
    dip: float = 0.0,
    sd_deg: float = 0.3,
) -> Level:
    """Tilt and roll of a pinhole camera that sees the horizon along `line`.

    The plane of the horizon cuts the picture in a straight line: its slope is the roll, its distance from the
    centre is f tan(tilt).

    Args:
        aspect: width over height.
        dip: degrees of what was taken for the horizon, below the level.
        sd_deg: how well that is known: 0.3 of a plain, more of distant hills.

    Raises:
        ValueError: both ends are one point.
    """
    (x1, y1), (x2, y2) = sorted(line)
    across, up = x2 - x1, (y1 - y2) / aspect
    length = math.hypot(across, up)
    if length < 0.02:
        raise ValueError("the ends of the horizon lie too close together")
    slope = math.atan2(up, across)
    right, height = (x1 + x2) / 2 - 0.5, (0.5 - (y1 + y2) / 2) / aspect
    above = -math.sin(slope) * right + math.cos(slope) * height
    focal = 0.5 / math.tan(math.radians(field_of_view_deg) / 2)
    finger = math.degrees(TAP_SD / math.sqrt(2) / focal)
    slope_sd = math.degrees(TAP_SD * math.sqrt(2) / length)
    return Level(
        tilt_deg=-math.degrees(math.atan(above / focal)) - dip,
        tilt_sd_deg=math.hypot(finger, sd_deg),
        roll_deg=math.degrees(slope),
        roll_sd_deg=math.hypot(slope_sd, sd_deg if sd_deg > 0.5 else 0.0),
    )


def centred(line: tuple[Point, Point], aspect: float) -> Point:
    """The point above or below the picture's centre at which the horizon would cross it without roll."""
    (x1, y1), (x2, y2) = sorted(line)
    slope = math.atan2((y1 - y2) / aspect, x2 - x1)
    right, height = (x1 + x2) / 2 - 0.5, (0.5 - (y1 + y2) / 2) / aspect
    return 0.5, 0.5 - (-math.sin(slope) * right + math.cos(slope) * height) * aspect


def find_horizon(image: Image) -> Horizon | None:
    """The straight line that best parts a picture, (h, w, 3), into two of even colour; None where none does
    well. A proposal: a technician moves it.

    Ettinger, Nechyba, Ifju and Waszak 2002, "Vision-guided flight stability and control for micro air
    vehicles": least variance within sky and ground, over all slopes and heights.
    """
    small = vision.small(image, SEEN_WIDTH).astype(np.float64)
    height, width = small.shape[:2]
    total = float(((small - small.mean((0, 1))) ** 2).sum())
    if height < 8 or width < 16 or total < 3 * 25 * height * width:  # a deviation of 5 grey levels
        return None
    # Sums of each column's pixels above each row: what lies above a line is then a sum over columns.
    above = np.concatenate([np.zeros((1, width, 3)), small.cumsum(axis=0)])
    columns = np.arange(width)
    rows = np.arange(height // 8, height - height // 8 + 1)
    best, found = 0.0, (0, 0.0)
    for degrees in np.arange(-20, 20.5, 1.0):
        fall = math.tan(math.radians(degrees)) * (columns - (width - 1) / 2)
        cut = np.clip(np.round(rows[:, None] + fall), 0, height).astype(int)
        sky, counted = above[cut, columns].sum(axis=1), cut.sum(axis=1)
        ground, rest = above[-1].sum(axis=0) - sky, height * width - counted
        between = (sky**2).sum(axis=1) / np.maximum(counted, 1) + (ground**2).sum(axis=1) / np.maximum(
            rest, 1
        )
        row = int(between.argmax())
        if between[row] > best:
            best, found = float(between[row]), (int(rows[row]), float(degrees))
    explained = (best - float((above[-1].sum(axis=0) ** 2).sum()) / (height * width)) / total
    if explained < LEAST_EXPLAINED:
        return None
    run = math.tan(math.radians(found[1])) * width / 2
    return Horizon((0.0, (found[0] - run) / height), (1.0, (found[0] + run) / height), explained)
