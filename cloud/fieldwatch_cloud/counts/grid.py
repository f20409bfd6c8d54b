"""Grids over an area: H3's hexagons, or squares of equal area; and which camera stands in which cell.

The squares lie in a Lambert azimuthal equal-area projection around the whole degree nearest to the area's
middle: areas close to each other share one grid, and the same area gives the same cells every time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import h3  # type: ignore[import-untyped]
import numpy as np
import shapely  # type: ignore[import-untyped]
from pyproj import Geod, Transformer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shapely.geometry.base import BaseGeometry  # type: ignore[import-untyped]

MAX_CELLS = 20_000
_GEOD = Geod(ellps="WGS84")


@dataclass(frozen=True, slots=True)
class Cell:
    id: str
    """H3 index, or `column:row` of the square."""
    geometry: BaseGeometry
    """Polygon, or MultiPolygon where it is cut by the antimeridian; WGS 84, (lon, lat)."""


@dataclass(frozen=True, slots=True)
class Grid:
    cells: list[Cell]
    at: list[str]
    """For each place that was given, the id of its cell."""


def h3_grid(area: BaseGeometry, resolution: int, places: Sequence[tuple[float, float]]) -> Grid:
    """H3 cells that meet `area`, and those of `places` (lon, lat) in it.

    Raises:
        ValueError: more than `MAX_CELLS`; says which resolution would do.
    """
    km2 = abs(_GEOD.geometry_area_perimeter(shapely.orient_polygons(area))[0]) / 1e6
    border_km = _GEOD.geometry_length(area.boundary) / 1e3
    about = {at: _about(km2, border_km, at) for at in range(resolution + 1)}
    coarser = max((at for at, cells in about.items() if cells <= MAX_CELLS), default=0)
    instead = f"take resolution {min(coarser, max(resolution - 1, 0))} or a smaller area"
    if about[resolution] > 1.5 * MAX_CELLS:
        raise ValueError(_too_many(about[resolution], instead))
    ids: set[str] = set()
    for part in shapely.get_parts(area):
        ids |= set(h3.h3shape_to_cells_experimental(h3.geo_to_h3shape(part), resolution, contain="overlap"))
    at = [h3.latlng_to_cell(lat, lon, resolution) for lon, lat in places]
    # A camera on the very border may stand in a cell that only grazes it: edges there are straight on the
    # globe, and in the area straight in degrees.
    ids |= set(at)
    if len(ids) > MAX_CELLS:
        raise ValueError(_too_many(len(ids), instead))
    return Grid([Cell(id_, _h3_outline(id_)) for id_ in sorted(ids)], at)


def square_grid(area: BaseGeometry, size_m: float, places: Sequence[tuple[float, float]]) -> Grid:
    """Squares of `size_m` that meet `area`, and those of `places` (lon, lat) in it.

    Raises:
        ValueError: more than `MAX_CELLS`; says which size would do.
    """
    middle = shapely.centroid(shapely.box(*area.bounds))
    there = _plane(round(middle.x), round(middle.y))
    flat = shapely.transform(
        # A border of many degrees is straight in degrees, not in the plane: corners in between keep it so.
        shapely.segmentize(area, 0.05),
        lambda lonlat: np.column_stack(there.transform(lonlat[:, 0], lonlat[:, 1])),
    )
    west, south, east, north = (math.floor(bound / size_m) for bound in flat.bounds)
    in_bounds = (east - west + 1) * (north - south + 1)
    about = flat.area / size_m**2 + flat.length / size_m
    if about > 1.5 * MAX_CELLS or in_bounds > 50 * MAX_CELLS:
        larger = size_m * math.sqrt(max(about, in_bounds / 50) / MAX_CELLS)
        raise ValueError(_too_many(about, f"take squares of at least {_round_up(larger)} m"))
    columns, rows = (
        axis.ravel() for axis in np.meshgrid(np.arange(west, east + 1), np.arange(south, north + 1))
    )
    boxes = shapely.box(columns * size_m, rows * size_m, (columns + 1) * size_m, (rows + 1) * size_m)
    shapely.prepare(flat)
    meets = shapely.intersects(flat, boxes)
    keys = set(zip(columns[meets].tolist(), rows[meets].tolist(), strict=True))
    eastings, northings = there.transform([p[0] for p in places], [p[1] for p in places])
    stands = [
        (math.floor(x / size_m), math.floor(y / size_m)) for x, y in zip(eastings, northings, strict=True)
    ]
    keys |= set(stands)
    if len(keys) > MAX_CELLS:
        larger = size_m * math.sqrt(len(keys) / MAX_CELLS)
        raise ValueError(_too_many(len(keys), f"take squares of at least {_round_up(larger)} m"))
    return Grid(
        [Cell(f"{column}:{row}", _square(column, row, size_m, there)) for column, row in sorted(keys)],
        [f"{column}:{row}" for column, row in stands],
    )


@lru_cache(maxsize=64)
def _plane(lon: int, lat: int) -> Transformer:
    return Transformer.from_crs(
        "EPSG:4326", f"+proj=laea +lon_0={lon} +lat_0={lat} +datum=WGS84 +units=m", always_xy=True
    )


def _square(column: int, row: int, size_m: float, plane: Transformer) -> BaseGeometry:
    corners = [(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)]
    lon, lat = plane.transform(
        [(column + x) * size_m for x, _ in corners],
        [(row + y) * size_m for _, y in corners],
        direction="INVERSE",
    )
    return shapely.Polygon(list(zip(lon, lat, strict=True)))


def _h3_outline(id_: str) -> BaseGeometry:
    ring = [(lon, lat) for lat, lon in h3.cell_to_boundary(id_)]
    if max(lon for lon, _ in ring) - min(lon for lon, _ in ring) < 180:
        return shapely.Polygon(ring)
    # Over the antimeridian, RFC 7946 (3.1.9) asks for two halves.
    whole = shapely.Polygon([(lon % 360, lat) for lon, lat in ring])
    east = shapely.intersection(whole, shapely.box(0, -90, 180, 90))
    west = shapely.transform(
        shapely.intersection(whole, shapely.box(180, -90, 360, 90)), lambda lonlat: lonlat - [360, 0]
    )
    return shapely.MultiPolygon([east, west])


def _about(km2: float, border_km: float, resolution: int) -> float:
    """Cells inside, and those on the border by its length in their edges."""
    inside = km2 / h3.average_hexagon_area(resolution, unit="km^2")
    return float(inside + border_km / h3.average_hexagon_edge_length(resolution, unit="km"))


def _too_many(cells: float, instead: str) -> str:
    return f"about {cells:,.0f} cells are more than the {MAX_CELLS:,} that are answered: {instead}"


def _round_up(size_m: float) -> int:
    step = 10 ** max(0, math.floor(math.log10(size_m)) - 1)
    return int(math.ceil(size_m / step) * step)
