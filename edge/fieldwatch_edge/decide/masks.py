"""Ignore masks: parts of a picture in which fire and smoke mean nothing."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fieldwatch_shared.messages import Box

Outline = NDArray[np.float64]
"""(n, 2): corners x, y as fractions of the picture, from its top left; the last is joined to the first."""

_GRID = 16
"""Points per side of a box at which it is asked whether it lies in a mask: to within some percent."""
_FOOT = 0.99
"""How far down the box its foot is taken: a mask drawn to the picture's edge ends at its very bottom."""


def masked(box: Box, masks: Sequence[Outline]) -> bool:
    """Whether `box` is to be ignored: its foot, or more than half of it, lies in the masks.

    The foot (bottom centre) is where the fire stands. So a chimney's mask also takes the plume that towers
    out of it, while smoke of a fire elsewhere that drifts behind the mask still counts. The larger share is
    for glare and roads, whose boxes lie in the mask with their foot just below it. It also means that a mask
    over the whole sky would swallow a plume that is mostly sky: leave the lower sky free.
    """
    if not masks:
        return False
    foot = np.array([[box.x + box.width / 2, box.y + _FOOT * box.height]])
    if _inside(foot, masks).any():
        return True
    steps = (np.arange(_GRID) + 0.5) / _GRID
    xs, ys = np.meshgrid(box.x + box.width * steps, box.y + box.height * steps)
    return bool(_inside(np.column_stack([xs.ravel(), ys.ravel()]), masks).mean() > 0.5)


def _inside(points: NDArray[np.float64], masks: Sequence[Outline]) -> NDArray[np.bool_]:
    """Which of `points`, (n, 2), lie in any of the masks: (n,)."""
    found = np.zeros(len(points), np.bool_)
    for mask in masks:
        found |= _within(points, mask)
    return found


def _within(points: NDArray[np.float64], polygon: Outline) -> NDArray[np.bool_]:
    """The even-odd rule: a ray from the point to the right crosses the outline an odd number of times.

    W. R. Franklin, PNPOLY; any polygon, one that crosses itself too.
    """
    x, y = points[:, 0], points[:, 1]
    odd = np.zeros(len(points), np.bool_)
    for (x1, y1), (x2, y2) in pairwise([*polygon, polygon[0]]):
        if y1 == y2:
            continue
        crosses = ((y1 > y) != (y2 > y)) & (x < (x2 - x1) * (y - y1) / (y2 - y1) + x1)
        odd ^= crosses
    return odd
