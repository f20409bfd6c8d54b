"""Hexagons and squares that cover the world, and which place lies in which.

They are PostGIS' own (`ST_Hexagon`, `ST_Square`: origin at longitude and latitude 0, web mercator), so that
a cell's outline is drawn where its members were found, and is the same in every tile that it meets.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from fieldwatch_cloud.basemap.mercator import pixel_m

if TYPE_CHECKING:
    from numpy.typing import NDArray

Kind = Literal["hexagon", "square"]
_SIDE_PIXELS: dict[Kind, float] = {"hexagon": 22.0, "square": 36.0}
"""About the same area: large enough to be seen and touched, small enough to show a shape."""
_ZOOMS = (4, 13)
"""Closer, cells stay as they are: each camera its own cell tells nothing that the camera does not."""


@dataclass(frozen=True, slots=True)
class Lattice:
    kind: Kind
    size_m: float
    """Side of a cell, in metres of the projection."""

    @classmethod
    def at_zoom(cls, kind: Kind, z: int) -> Lattice:
        return cls(kind, _SIDE_PIXELS[kind] * pixel_m(min(max(z, _ZOOMS[0]), _ZOOMS[1])))

    @property
    def reach_m(self) -> float:
        """No corner lies farther from its cell's middle."""
        return self.size_m * (1.0 if self.kind == "hexagon" else math.sqrt(0.5))

    def cell_of(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.int64]:
        """(places, 2): column and row of the cell of each place."""
        if self.kind == "square":
            return np.column_stack([np.floor(x / self.size_m), np.floor(y / self.size_m)]).astype(np.int64)
        # The nearest middle: that of this column or the next.
        left = np.floor(x / (1.5 * self.size_m)).astype(np.int64)
        candidates = []
        for column in (left, left + 1):
            high = self.size_m * math.sqrt(3)
            row = np.round(y / high - (column % 2) / 2).astype(np.int64)
            candidates.append(np.column_stack([column, row]))
        far = [np.hypot(x - mx, y - my) for mx, my in map(self.middle, candidates)]
        return np.where((far[0] <= far[1])[:, None], candidates[0], candidates[1])

    def middle(self, cells: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """x and y of the middle of each of `cells` (n, 2)."""
        column, row = cells[:, 0].astype(np.float64), cells[:, 1].astype(np.float64)
        if self.kind == "square":
            return (column + 0.5) * self.size_m, (row + 0.5) * self.size_m
        high = self.size_m * math.sqrt(3)
        return 1.5 * self.size_m * column, high * (row + (column % 2) / 2)
