"""Lines of equal height out of a grid of heights."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

import contourpy
import numpy as np
import shapely  # type: ignore[import-untyped]
from scipy.ndimage import gaussian_filter

from fieldwatch_cloud.basemap.land import Feature
from fieldwatch_cloud.errors import DataFileError

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_CELLS = 3_000_000
"""Of finer grids every second, third, ... cell is taken, as the mean of those around it."""
MOST_LEVELS = 400
INDEX_EVERY = 5
"""Every fifth line is drawn stronger, and written on."""
_NICE_M = (5, 10, 20, 25, 50, 100, 200, 250, 500)
_WANTED_LEVELS = 40
_SMOOTHED_CELLS = 1.0
_SHORTEST_CELLS = 8


def nice_interval_m(heights: NDArray[np.floating]) -> int:
    """Metres between lines that draw some forty levels of these heights."""
    relief = float(np.nanpercentile(heights, 99.5) - np.nanpercentile(heights, 0.5))
    return next((step for step in _NICE_M if relief / step <= _WANTED_LEVELS), _NICE_M[-1])


class Heights(Protocol):
    """A grid in longitude and latitude, from north to south and west to east; NaN where nothing is known."""

    @property
    def heights(self) -> NDArray[np.float32]:
        """Metres, (rows, columns)."""

    @property
    def west(self) -> float:
        """Longitude and"""

    @property
    def north(self) -> float:
        """latitude of the first cell's outer corner."""

    @property
    def cell_lon(self) -> float: ...

    @property
    def cell_lat(self) -> float:
        """Degrees."""


def contours(ground: Heights, interval_m: float | None = None) -> list[Feature]:
    """Lines in degrees WGS 84, each with its height, every fifth of class `index`.

    Args:
        interval_m: absent: `nice_interval_m`.

    Raises:
        DataFileError: the ground is flat, or so many levels are asked for that lines would hide the land.
    """
    heights, west, north = ground.heights, ground.west, ground.north
    cell_lon, cell_lat = ground.cell_lon, ground.cell_lat
    step = max(1, math.ceil(math.sqrt(heights.size / MOST_CELLS)))
    grid = _coarser(heights, step)
    rows, columns = grid.shape
    if min(rows, columns) < 3 or not np.isfinite(grid).any():
        raise DataFileError("there are too few heights for contours")
    interval = interval_m or nice_interval_m(grid)
    lowest, highest = float(np.nanmin(grid)), float(np.nanmax(grid))
    levels = np.arange(math.ceil(lowest / interval), math.floor(highest / interval) + 1) * interval
    if not len(levels):
        raise DataFileError(
            f"the ground lies between {lowest:.0f} and {highest:.0f} m: no line at {interval:g} m"
        )
    if len(levels) > MOST_LEVELS:
        raise DataFileError(f"{len(levels)} levels are more than {MOST_LEVELS}: take a larger interval")
    lons = west + (np.arange(columns) + 0.5) * cell_lon * step
    lats = north - (np.arange(rows) + 0.5) * cell_lat * step
    generator = contourpy.contour_generator(lons, lats, np.ma.masked_invalid(_smooth(grid)))
    finest = min(cell_lon, cell_lat) * step
    found = []
    for level in levels.tolist():
        klass = "index" if round(level / interval) % INDEX_EVERY == 0 else None
        for line in generator.lines(level):
            drawn = shapely.simplify(shapely.LineString(line), finest / 8)
            if drawn.length >= _SHORTEST_CELLS * finest:
                found.append(Feature(drawn, klass=klass, ele=level))
    return found


def _coarser(heights: NDArray[np.float32], step: int) -> NDArray[np.float64]:
    grid = heights.astype(np.float64)
    if step == 1:
        return grid
    rows, columns = (size // step * step for size in grid.shape)
    blocks = grid[:rows, :columns].reshape(rows // step, step, columns // step, step)
    known = np.isfinite(blocks).sum(axis=(1, 3))
    total = np.nansum(blocks, axis=(1, 3))
    return np.where(known > 0, total / np.maximum(known, 1), np.nan)


def _smooth(grid: NDArray[np.float64]) -> NDArray[np.float64]:
    """A satellite's noise makes lines tremble; what is not known stays so."""
    known = np.isfinite(grid)
    weights = gaussian_filter(known.astype(np.float64), _SMOOTHED_CELLS)
    smoothed = gaussian_filter(np.where(known, grid, 0.0), _SMOOTHED_CELLS) / np.maximum(weights, 1e-9)
    return np.where(known, smoothed, np.nan)
