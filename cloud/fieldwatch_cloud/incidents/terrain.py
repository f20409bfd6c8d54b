"""The ground that a camera looks at: where its line of sight meets it, and what it cannot see.

A camera at height z sees a point at distance d and height h under the elevation angle

    tan e = (h - z - (1 - k) d² / 2R) / d

with the earth's radius R, and k = 0.13 for the bending of light by the air (the coefficient of geodetic
surveying since Gauss; e.g. Brunner, 1984). Over 20 km that is 27 m.

Only this module knows rasterio.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import rasterio
import shapely  # type: ignore[import-untyped]
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.io import MemoryFile
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window
from scipy.special import ndtri

from fieldwatch_cloud.incidents.locate import LEAST_SD_DEG, LONGEST_ELLIPSE, RANGE_M, Solution, ellipse_axes
from fieldwatch_cloud.incidents.plane import ELLIPSOID, Plane

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from fieldwatch_cloud.incidents.domain import Sighting

REFRACTION = 0.13
EARTH_M = 6_371_000.0
CAMERA_HEIGHT_M = 5.0
"""Where nobody measured how high it hangs."""
GROUND_SD_M = 4.0
"""Vertical error of SRTM's and Copernicus' 30 m models in hills, about."""
SMOKE_M = 100.0
"""Smoke rises: what lies behind a ridge no deeper than this is not cut from a camera's sector."""
FINEST_M = 10.0
MOST_CELLS = 50_000_000
_NOTHING = -32768.0
_SAMPLES = 256
_AZIMUTH_DEG = 0.25
_KNOT_M = 5000.0


class TerrainError(ValueError):
    """A file is no digital elevation model that serves; says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Ground:
    """Heights in metres, (rows, columns) from north to south and west to east; NaN where nothing is known."""

    heights: NDArray[np.float32]
    west: float
    """Longitude and"""
    north: float
    """latitude of the first cell's outer corner."""
    cell_lon: float
    cell_lat: float

    @property
    def cell_m(self) -> float:
        return self.cell_lat * 111_320

    def at(self, lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.float64]:
        """Heights at places, between the four nearest cells; NaN outside."""
        column = (lon - self.west) / self.cell_lon - 0.5
        row = (self.north - lat) / self.cell_lat - 0.5
        rows, columns = self.heights.shape
        inside = (row >= 0) & (row <= rows - 1) & (column >= 0) & (column <= columns - 1)
        row, column = np.where(inside, row, 0), np.where(inside, column, 0)
        top, left = np.minimum(row.astype(int), rows - 2), np.minimum(column.astype(int), columns - 2)
        down, right = row - top, column - left
        found = (
            self.heights[top, left] * (1 - down) * (1 - right)
            + self.heights[top, left + 1] * (1 - down) * right
            + self.heights[top + 1, left] * down * (1 - right)
            + self.heights[top + 1, left + 1] * down * right
        )
        return np.where(inside, found, np.nan)


# Files ------------------------------------------------------------------------------------------------


def prepare(file: Path, bounds: tuple[float, float, float, float]) -> bytes:
    """Cut what is needed from an elevation model: a GeoTIFF in longitude and latitude.

    Args:
        file: of any format and coordinate system that GDAL reads; metres above the sea in its one band.
        bounds: west, south, east, north in degrees.

    Raises:
        TerrainError: it cannot be read, has no coordinate system, more than one band, or nothing there.
    """
    try:
        with rasterio.open(file) as source:
            if source.crs is None:
                raise TerrainError(
                    f"{file.name} does not say in which coordinate system it is: write that into the file, "
                    "e.g. gdal_translate -a_srs EPSG:4326 IN OUT"
                )
            if source.count != 1:
                raise TerrainError(f"{file.name} has {source.count} bands: an elevation model has one")
            with WarpedVRT(
                source, crs="EPSG:4326", resampling=Resampling.bilinear, nodata=_NOTHING, dtype="float32"
            ) as warped:
                return _cut(file.name, warped, bounds)
    except RasterioError as error:
        raise TerrainError(f"{file.name} cannot be read as a grid of heights: {error}") from error


def _cut(name: str, warped: WarpedVRT, bounds: tuple[float, float, float, float]) -> bytes:
    there = warped.bounds
    west, south = max(bounds[0], there.left), max(bounds[1], there.bottom)
    east, north = min(bounds[2], there.right), min(bounds[3], there.top)
    if west >= east or south >= north:
        raise TerrainError(
            f"{name} covers longitude {there.left:.3f} to {there.right:.3f}, latitude {there.bottom:.3f} to "
            f"{there.top:.3f}: the reserve's cameras stand elsewhere"
        )
    shrink = max(1.0, FINEST_M / 111_320 / warped.res[1])
    cells = (east - west) / warped.res[0] * (north - south) / warped.res[1] / shrink**2
    shrink *= max(1.0, math.sqrt(cells / MOST_CELLS))
    cell_lon, cell_lat = warped.res[0] * shrink, warped.res[1] * shrink
    # A hair less than the last cell's edge is that edge.
    columns, rows = int((east - west) / cell_lon + 1e-6), int((north - south) / cell_lat + 1e-6)
    if min(rows, columns) < 2:
        raise TerrainError(f"{name} is too coarse: fewer than 2 by 2 of its cells lie by the cameras")
    window = Window(
        (west - there.left) / warped.res[0],
        (there.top - north) / warped.res[1],
        columns * shrink,
        rows * shrink,
    )
    heights = warped.read(1, window=window, out_shape=(rows, columns))
    known = heights[heights != _NOTHING]
    if not known.size:
        raise TerrainError(f"{name} holds no heights around the reserve's cameras")
    if known.min() < -500 or known.max() > 9000:
        raise TerrainError(
            f"{name} has heights from {known.min():.0f} to {known.max():.0f}: no metres above the sea"
        )
    with MemoryFile() as memory:
        with memory.open(
            driver="GTiff",
            width=columns,
            height=rows,
            count=1,
            dtype="float32",
            crs="EPSG:4326",
            nodata=_NOTHING,
            transform=rasterio.Affine(cell_lon, 0, west, 0, -cell_lat, north),
            compress="deflate",
            predictor=3,
            tiled=True,
        ) as out:
            out.write(np.round(heights, 1), 1)
        return bytes(memory.read())


def read(content: bytes) -> Ground:
    """What `prepare` wrote."""
    with MemoryFile(content) as memory, memory.open() as source:
        heights = source.read(1)
        heights[heights == _NOTHING] = np.nan
        there = source.transform
        return Ground(heights, there.c, there.f, there.a, -there.e)


# Lines of sight ---------------------------------------------------------------------------------------


def foot(ground: Ground, sighting: Sighting) -> Solution | None:
    """Where the foot of the smoke stands on the ground that a camera sees, by bearing and elevation.

    Smoke that rises from behind a ridge seems to stand on the ridge: nothing in one picture tells.

    The ray is cast as often as the two angles and the ground's height may be otherwise, in equal parts of
    their distributions; the places make the covariance. A ray that grazes a slope or the sky makes no point.

    Returns:
        None: angles are missing, the ground is not known, or the places lie too far apart for a point.
    """
    if sighting.bearing_deg is None or sighting.elevation_deg is None or sighting.elevation_sd_deg is None:
        return None
    distances = _distances(ground)
    first, second, third = _spread()
    bearings = sighting.bearing_deg + first * max(sighting.sd_deg, LEAST_SD_DEG)
    elevations = sighting.elevation_deg + second * max(sighting.elevation_sd_deg, LEAST_SD_DEG)
    angles = _angles(ground, sighting, bearings, distances, lower_m=third * GROUND_SD_M)
    if angles is None:
        return None
    met = angles >= np.tan(np.radians(elevations))[:, None]
    met[:, 0] = False  # The mast's own foot.
    if np.mean(met.any(axis=1)) < 0.99:
        return None
    index = met.argmax(axis=1)
    found = met.any(axis=1)
    plane = Plane(sighting.lon, sighting.lat)
    angle = np.radians(bearings[found])
    places = np.column_stack([np.sin(angle), np.cos(angle)]) * distances[index[found]][:, None]
    middle, covariance = places.mean(axis=0), np.cov(places.T)
    major, _, _ = ellipse_axes(covariance)
    if major > LONGEST_ELLIPSE * float(np.hypot(*middle)):
        return None
    ((lon, lat),) = plane.degrees(middle[None])
    return Solution(float(lon), float(lat), covariance, 0.0, 0)


def visible(ground: Ground, sighting: Sighting, half_deg: float, plane: Plane) -> shapely.Geometry | None:
    """The part of a camera's sector in which it would see smoke, in the plane; None: nothing hides any of it,
    or the ground is not known."""
    if sighting.bearing_deg is None:
        return None
    distances = _distances(ground)
    steps = max(2, math.ceil(2 * half_deg / _AZIMUTH_DEG))
    edges = sighting.bearing_deg + np.linspace(-half_deg, half_deg, steps + 1)
    middles = (edges[:-1] + edges[1:]) / 2
    over = _angles(ground, sighting, middles, distances)
    if over is None:
        return None
    # Unknown ground hides nothing and is not hidden.
    horizon = np.maximum.accumulate(np.nan_to_num(over, nan=-np.inf), axis=1)
    seen = np.isnan(over) | (over + SMOKE_M / distances >= horizon)
    if seen.all():
        return None
    cells: list[shapely.Polygon] = []
    bounds = np.append(distances - (distances[1] - distances[0]) / 2, distances[-1])
    for left, right, row in zip(edges, edges[1:], seen, strict=False):
        changes = np.flatnonzero(np.diff(np.concatenate([[0], row.astype(int), [0]])))
        for near, far in zip(changes[::2], changes[1::2], strict=True):
            azimuths = np.array([left, right, right, left])
            reach = np.array([bounds[near], bounds[near], bounds[far], bounds[far]])
            lons, lats, _ = ELLIPSOID.fwd(
                np.full(4, sighting.lon), np.full(4, sighting.lat), azimuths, np.maximum(reach, 0)
            )
            cells.append(shapely.Polygon(plane.metres(lons, lats)))
    return shapely.union_all(cells)


def cut(
    ground: Ground,
    region: shapely.Geometry,
    plane: Plane,
    sightings: Sequence[Sighting],
) -> shapely.Geometry:
    """A region of the plane without what its cameras cannot see; as it is where nothing would remain."""
    for sighting in sightings:
        # Wider than the region's own sector.
        seen = visible(ground, sighting, min(4 * max(sighting.sd_deg, LEAST_SD_DEG), 180), plane)
        if seen is not None:
            left = region.intersection(seen.buffer(1.0))
            region = region if left.is_empty else left
    return region


def _distances(ground: Ground) -> NDArray[np.float64]:
    step = max(FINEST_M, ground.cell_m)
    return np.arange(step, RANGE_M + step, step)


def _angles(
    ground: Ground,
    sighting: Sighting,
    bearings: NDArray[np.float64],
    distances: NDArray[np.float64],
    lower_m: NDArray[np.float64] | None = None,
) -> NDArray[np.float64] | None:
    """Tangents of the elevation under which the ground is seen, (bearings, distances); None: the camera
    stands where the ground is not known."""
    stands = ground.at(np.array([sighting.lon]), np.array([sighting.lat]))[0]
    if not np.isfinite(stands):
        return None
    camera = stands + (CAMERA_HEIGHT_M if sighting.height_m is None else sighting.height_m)
    lons, lats = _along(sighting, bearings, distances)
    heights = ground.at(lons, lats)
    if lower_m is not None:
        heights = heights + lower_m[:, None]
    drop = (1 - REFRACTION) * distances**2 / (2 * EARTH_M)
    angles: NDArray[np.float64] = (heights - camera - drop) / distances
    return angles


def _along(
    sighting: Sighting, bearings: NDArray[np.float64], distances: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Longitudes and latitudes of the lines of sight, (bearings, distances): geodesics every 5 km, straight
    between, which is off by less than a metre."""
    knots = np.arange(0.0, distances[-1] + _KNOT_M, _KNOT_M)
    n, m = len(bearings), len(knots)
    lons, lats, _ = ELLIPSOID.fwd(
        np.full(n * m, sighting.lon), np.full(n * m, sighting.lat), np.repeat(bearings, m), np.tile(knots, n)
    )
    index = np.minimum((distances / _KNOT_M).astype(int), m - 2)
    part = distances / _KNOT_M - index
    # Without a jump at 180°.
    lons = sighting.lon + (np.asarray(lons) - sighting.lon + 180) % 360 - 180
    lons, lats = lons.reshape(n, m), np.asarray(lats).reshape(n, m)
    return (
        lons[:, index] * (1 - part) + lons[:, index + 1] * part,
        lats[:, index] * (1 - part) + lats[:, index + 1] * part,
    )


def _spread() -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Standard normal triples that fill their distribution evenly (Roberts' R3 sequence), always the same."""
    root = 1.2207440846057596  # Of x⁴ = x + 1.
    steps = np.arange(1, _SAMPLES + 1)[:, None] * (root ** -np.arange(1.0, 4.0))
    normal = ndtri((0.5 + steps) % 1)
    return normal[:, 0], normal[:, 1], normal[:, 2]
