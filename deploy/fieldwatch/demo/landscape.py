"""The demo's land, drawn by code: a river with its brooks, a lake, a road, paths, woods, villages and hills.

The ground is made of where water runs: valleys along the river and its brooks, hills between them. So
contours bend upstream where they cross a brook, as they do on a map.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, cast

import contourpy
import numpy as np
import shapely  # type: ignore[import-untyped]
import shapely.affinity  # type: ignore[import-untyped]
from scipy.interpolate import CubicSpline
from scipy.ndimage import gaussian_filter, zoom

from fieldwatch_cloud.basemap import load
from fieldwatch_cloud.basemap.contours import contours
from fieldwatch_cloud.basemap.land import Feature, Kind
from fieldwatch_cloud.incidents.terrain import Ground

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from numpy.typing import NDArray

    from fieldwatch_cloud.db.pool import Connection

    Place = Callable[[float, float], tuple[float, float]]

Line = tuple[tuple[float, float], ...]
HALF_EAST, HALF_NORTH = 11.0, 10.0
"""Kilometres to each side of the middle that are drawn."""
_COARSE_KM = 0.1
_FINER = 2
_SEED = 11

RIVER: Line = (
    (-11, -1.2), (-8.6, -0.3), (-6.6, -0.6), (-5.0, 0.0), (-3.4, -0.1), (-1.7, 0.55), (-0.2, 0.1),
    (1.6, -0.15), (3.2, 0.25), (4.9, -0.1), (6.6, -0.55), (8.4, -0.1), (11, -0.7),
)  # fmt: skip
BROOKS: tuple[tuple[str, str, Line], ...] = (
    ("Larch Brook", "落叶松溪",
     ((-2.9, 6.6), (-2.7, 5.0), (-2.9, 3.6), (-2.2, 2.3), (-1.9, 1.2), (-1.6, 0.52))),
    ("Stone Creek", "石溪", ((4.3, 6.3), (3.7, 4.8), (3.9, 3.4), (3.1, 2.3), (2.6, 1.1), (2.6, 0.12))),
    ("Fern Brook", "蕨溪", ((-7.4, 5.6), (-6.7, 4.0), (-6.9, 2.6), (-6.0, 1.2), (-5.6, -0.25))),
    ("Mill Brook", "磨坊溪", ((8.2, 5.8), (7.5, 4.1), (7.7, 2.4), (6.9, 0.9), (6.7, -0.55))),
    ("Quiet Brook", "静溪",
     ((-4.6, -7.0), (-4.0, -5.4), (-4.5, -3.9), (-3.7, -2.5), (-4.0, -1.2), (-3.6, -0.1))),
    ("Heron Brook", "鹭溪",
     ((2.0, -7.2), (2.6, -5.6), (2.2, -4.2), (3.0, -3.1), (2.9, -2.1), (2.3, -1.2), (1.9, -0.15))),
    ("Clay Brook", "黏土溪", ((7.0, -6.6), (6.6, -5.0), (7.3, -3.4), (6.6, -2.0), (7.0, -0.55))),
)  # fmt: skip
ROAD: Line = (
    (-11, -2.4), (-8.3, -1.6), (-6.2, -1.5), (-4.3, -1.15), (-2.3, -0.75), (-0.4, -0.75), (1.3, -0.75),
    (3.4, -0.6), (5.4, -0.95), (7.4, -1.2), (9.2, -0.9), (11, -1.5),
)  # fmt: skip
PATHS: tuple[tuple[str, str, str, Line], ...] = (
    ("track", "Mast track", "瞭望塔便道", ((-4.3, -1.15), (-3.9, -1.25), (-3.5, -1.05), (-3.4, -0.9))),
    ("track", "Meadow track", "草甸便道",
     ((-2.3, -0.75), (-2.25, 0.2), (-2.6, 1.1), (-3.2, 1.9), (-3.3, 2.7), (-2.1, 3.1))),
    ("path", "Ridge path", "山脊小径",
     ((-2.1, 3.1), (-1.2, 3.5), (-0.3, 4.4), (0.7, 4.0), (1.6, 3.2), (2.2, 2.4), (2.9, 1.9))),
    ("path", "Stone path", "石坡小径", ((2.9, 1.9), (3.4, 1.1), (3.5, 0.35), (3.4, -0.6))),
    ("path", "Lake path", "湖边小径",
     ((1.3, -0.75), (1.5, -1.6), (1.6, -2.8), (1.1, -3.9), (-0.4, -4.5), (-1.3, -4.8))),
)  # fmt: skip
LAKE = (3.3, -2.0, 0.85, 0.5)
"""Middle, half width and half height."""
PLACES: tuple[tuple[str, str, str, float, float], ...] = (
    ("village", "Upper Mist", "上雾村", -8.4, -1.9),
    ("village", "Lower Mist", "下雾村", 8.1, -1.4),
    ("station", "Mist River Station", "雾河管护站", -1.6, -0.95),
    ("peak", "Larch Peak", "落叶松峰", -0.4, 4.5),
    ("peak", "Stone Top", "石顶", 5.3, 3.7),
    ("peak", "Cloud Seat", "云座", -5.0, 4.1),
    ("peak", "South Dome", "南岭", -1.3, -4.9),
)
_PEAKS = ((-0.4, 4.5, 330, 1.7), (5.3, 3.7, 260, 1.5), (-5.0, 4.1, 290, 1.6), (-1.3, -4.9, 210, 1.6))


@dataclass(frozen=True, slots=True)
class Landscape:
    features: dict[Kind, list[Feature]]
    ground: Ground
    """Heights of the drawn land, about 50 m apart where one drawn kilometre is one."""


def draw(place: Place, scale: tuple[float, float] = (1.0, 1.0)) -> Landscape:
    """All of it.

    Args:
        place: degrees (lon, lat) of kilometres east and north of the middle.
        scale: how much larger than here it is to be, east and north.
    """

    def here(geometry: shapely.Geometry) -> shapely.Geometry:
        return shapely.transform(
            geometry,
            lambda at: np.array([place(east * scale[0], north * scale[1]) for east, north in at.tolist()]),
        )

    river = _smooth(RIVER, wander_km=0.07)
    brooks = [(name, name_zh, _smooth(line, wander_km=0.04)) for name, name_zh, line in BROOKS]
    lake = _lake()
    road = _smooth(ROAD, wander_km=0.02)
    heights = _heights([river, *(line for *_, line in brooks)], lake)
    features: dict[Kind, list[Feature]] = {
        "river": [
            Feature(here(river), "Mist River", "雾河", "river"),
            *(Feature(here(line), name, name_zh, "stream") for name, name_zh, line in brooks),
        ],
        "lake": [Feature(here(lake), "Heron Lake", "鹭湖")],
        "road": [Feature(here(road), "Valley Road", "河谷公路", "secondary")],
        "track": [
            Feature(here(_smooth(line, wander_km=0.02)), name, name_zh, klass)
            for klass, name, name_zh, line in PATHS
        ],
        "forest": [Feature(here(wood), klass="forest") for wood in _woods(heights, lake, road, river)],
        "building": [Feature(here(house)) for house in _houses(road)],
        "place": [
            Feature(here(shapely.Point(east, north)), name, name_zh, klass, _ele(heights, klass, east, north))
            for klass, name, name_zh, east, north in PLACES
        ],
    }
    west, north = place(-HALF_EAST * scale[0], HALF_NORTH * scale[1])
    east, south = place(HALF_EAST * scale[0], -HALF_NORTH * scale[1])
    rows, columns = heights.shape
    ground = Ground(
        np.flipud(heights).astype(np.float32), west, north, (east - west) / columns, (north - south) / rows
    )
    features["contour"] = contours(ground, 20.0)
    return Landscape(features, ground)


def keep(conn: Connection, reserve_id: UUID, land: Landscape) -> None:
    """Load it as the reserve's base map; the service builds it."""
    for kind, features in land.features.items():
        load.keep(conn, reserve_id, kind, features, name=kind, source="drawn by code")


def walk(names: Sequence[str], every_km: float = 0.06) -> list[tuple[float, float]]:
    """Kilometres east and north along some of `PATHS`, one after the other: a patrol."""
    lines = {name: line for _, name, _, line in PATHS}
    way: list[tuple[float, float]] = []
    for name in names:
        path = _smooth(lines[name], wander_km=0.02)
        steps = int(path.length / every_km)
        way += [(point.x, point.y) for point in (path.interpolate(n * every_km) for n in range(steps))]
    return way


def _smooth(line: Line, wander_km: float) -> shapely.LineString:
    """Through all its points, wandering a little between them."""
    x, y = np.array(line, dtype=np.float64).T
    along = np.concatenate([[0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
    steps = np.linspace(0, along[-1], max(8, int(along[-1] / 0.04)))
    sx, sy = CubicSpline(along, x)(steps), CubicSpline(along, y)(steps)
    dx, dy = np.gradient(sx), np.gradient(sy)
    length = np.hypot(dx, dy)
    phase = float(x[0] + 3 * y[0])
    aside = wander_km * (np.sin(9 * steps + phase) + 0.6 * np.sin(17 * steps + 2 * phase))
    # Ends stay where they are: brooks meet the river there.
    aside *= np.minimum(1, np.minimum(steps, along[-1] - steps) / 0.4)
    return shapely.LineString(np.column_stack([sx - aside * dy / length, sy + aside * dx / length]))


def _lake() -> shapely.Polygon:
    x, y, wide, high = LAKE
    ring = []
    for step in range(90):
        angle = 2 * math.pi * step / 90
        reach = 1 + 0.12 * math.sin(3 * angle + 1) + 0.07 * math.sin(5 * angle)
        ring.append((x + wide * reach * math.cos(angle), y + high * reach * math.sin(angle)))
    return shapely.Polygon(ring)


def _grid(step: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Middles of cells, (rows, columns) from south to north and west to east."""
    east = np.arange(-HALF_EAST + step / 2, HALF_EAST, step)
    north = np.arange(-HALF_NORTH + step / 2, HALF_NORTH, step)
    x, y = np.meshgrid(east, north)
    return x, y


def _heights(water: Sequence[shapely.LineString], lake: shapely.Polygon) -> NDArray[np.float64]:
    """Metres above the sea, from south to north."""
    x, y = _grid(_COARSE_KM)
    points = shapely.points(x, y)
    main, brooks = water[0], shapely.union_all(water[1:])
    shapely.prepare([main, brooks, lake])
    from_river, from_brook = shapely.distance(points, main), shapely.distance(points, brooks)
    # A brook falls towards the river: its bed lies the higher, the farther it is from there.
    bed = 1150 - 7 * x + 260 * (1 - np.exp(-from_river / 3.0))
    beside = np.minimum(from_brook, from_river)
    slope = 420 * (1 - np.exp(-beside / 1.6))
    rough = _noise(x.shape) * np.clip(beside / 0.8, 0, 1)
    hills = sum(
        high * np.exp(-((x - east) ** 2 + (y - north) ** 2) / wide**2) for east, north, high, wide in _PEAKS
    )
    heights = bed + slope * (0.75 + 0.25 * rough) + 70 * rough + hills
    basin = np.clip(shapely.distance(points, lake) / 0.6, 0, 1)
    level = float(heights[shapely.contains(lake, points)].min())
    heights = level + (heights - level) * basin
    finer: NDArray[np.float64] = zoom(gaussian_filter(heights, 0.8), _FINER, order=3)
    return finer


def _noise(shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Between about -1 and 1, coarse and fine: the same each time."""
    generator = np.random.default_rng(_SEED)
    total = np.zeros(shape)
    for cells, weight in ((18, 1.0), (9, 0.55), (4, 0.3), (2, 0.12)):
        octave = gaussian_filter(generator.standard_normal(shape), cells)
        total += weight * octave / octave.std()
    return np.tanh(total / 1.6)


def _woods(
    heights: NDArray[np.float64], lake: shapely.Polygon, road: shapely.LineString, river: shapely.LineString
) -> list[shapely.Polygon]:
    """On slopes below the tree line, not in the flats, nor in the meadows."""
    rows, columns = heights.shape
    x, y = _grid(_COARSE_KM / _FINER)
    x, y = x[:rows, :columns], y[:rows, :columns]
    above = heights - (1150 - 7 * x)
    rough = _noise(heights.shape)
    wooded = np.clip((above - 130) / 90, -1, 1) + 0.9 * rough
    wooded = np.minimum(wooded, (700 - above) / 60)
    for east, north, reach in ((-2.1, 3.1, 0.8), (2.9, 1.9, 0.6), (1.6, -2.8, 0.9)):
        wooded = np.minimum(wooded, (np.hypot(x - east, (y - north) * 1.3) - reach + 0.5 * rough) * 4)
    generator = contourpy.contour_generator(x, y, wooded, fill_type=contourpy.FillType.OuterOffset)
    filled = generator.filled(0.6, 1e9)
    points, offsets = cast("tuple[list[NDArray[np.float64]], list[NDArray[np.uint32]]]", filled)
    clear = shapely.union_all([lake.buffer(0.08), road.buffer(0.06), river.buffer(0.09)])
    found: list[shapely.Polygon] = []
    for ring, offset in zip(points, offsets, strict=True):
        parts = [ring[a:b] for a, b in pairwise(offset)]
        wood = shapely.make_valid(shapely.Polygon(parts[0], parts[1:])).buffer(0)
        found += [
            shapely.simplify(part, 0.012)
            for part in shapely.get_parts(wood.difference(clear))
            if part.geom_type == "Polygon" and part.area > 0.05
        ]
    return [wood for wood in found if wood.is_valid and not wood.is_empty]


def _houses(road: shapely.LineString) -> list[shapely.Polygon]:
    generator = np.random.default_rng(_SEED)
    found: list[shapely.Polygon] = []
    for klass, _, _, east, north in PLACES:
        how_many = {"village": 34, "station": 5}.get(klass, 0)
        while how_many:
            x, y = generator.normal((east, north), (0.28, 0.14) if klass == "village" else (0.06, 0.04))
            wide, high = generator.uniform(0.008, 0.02, 2)
            house = shapely.affinity.rotate(
                shapely.box(x - wide, y - high, x + wide, y + high), generator.uniform(0, 90)
            )
            if road.distance(house) > 0.02 and all(house.distance(other) > 0.012 for other in found):
                found.append(house)
                how_many -= 1
    return found


def _ele(heights: NDArray[np.float64], klass: str, east: float, north: float) -> float | None:
    if klass != "peak":
        return None
    rows, columns = heights.shape
    row = int((north + HALF_NORTH) / (2 * HALF_NORTH) * rows)
    column = int((east + HALF_EAST) / (2 * HALF_EAST) * columns)
    return float(round(heights[row, column]))
