"""Lines of sight over ground whose shape is known."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
import pytest
import rasterio
import shapely

from fieldwatch_cloud.incidents.domain import Sighting
from fieldwatch_cloud.incidents.locate import ellipse_axes, sector
from fieldwatch_cloud.incidents.plane import ELLIPSOID, Plane
from fieldwatch_cloud.incidents.terrain import (
    EARTH_M,
    REFRACTION,
    Ground,
    TerrainError,
    cut,
    foot,
    prepare,
    read,
    visible,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
CAMERA = (107.5, 33.6)
PLANE = Plane(*CAMERA)
CELL = 1 / 3600


def ground(height: Callable[[NDArray[np.float64], NDArray[np.float64]], NDArray[np.float64]]) -> Ground:
    """About 24 km to each side of CAMERA; `height` of metres east and north."""
    n = 1600
    offsets = (np.arange(n) - n / 2 + 0.5) * CELL
    east = offsets[None, :] * 111_320 * math.cos(math.radians(CAMERA[1]))
    north = -offsets[:, None] * 110_920
    heights = np.broadcast_to(height(east + 0 * north, north + 0 * east), (n, n)).astype(np.float32)
    return Ground(heights, CAMERA[0] - n / 2 * CELL, CAMERA[1] + n / 2 * CELL, CELL, CELL)


def looks(
    bearing: float, elevation: float | None = None, sd: float = 0.1, *, height_m: float = 50
) -> Sighting:
    return Sighting(
        UUID(int=1), *CAMERA, NOON, bearing, 0.5, elevation, None if elevation is None else sd, height_m
    )


def elevation_of(distance_m: float, above_camera_m: float) -> float:
    drop = (1 - REFRACTION) * distance_m**2 / (2 * EARTH_M)
    return math.degrees(math.atan2(above_camera_m - drop, distance_m))


def test_a_ray_meets_a_slope_where_geometry_says() -> None:
    """A bowl around the camera; the fire is 8 km away, 640 m up."""
    bowl = ground(lambda east, north: 1e-5 * (east**2 + north**2))
    found = foot(bowl, looks(60, elevation_of(8000, 640 - 50)))
    assert found is not None
    lon, lat, _ = ELLIPSOID.fwd(*CAMERA, 60, 8000)
    assert np.hypot(*Plane(found.lon, found.lat).metres(lon, lat)[0]) < 60
    assert found.freedom == 0


def test_earth_and_air_bend_what_is_far() -> None:
    """At 20 km the ground lies 27 m lower than on a flat earth."""
    assert elevation_of(20_000, 0) == pytest.approx(-math.degrees(27.3 / 20_000), rel=0.01)


def test_a_ray_into_the_sky_or_along_a_plain_makes_no_point() -> None:
    plain = ground(lambda east, north: 0 * east * north)
    assert foot(plain, looks(60, 2.0)) is None
    assert foot(plain, looks(60, elevation_of(9000, -50))) is None  # It grazes: a tenth of a degree is km.
    assert foot(plain, looks(60)) is None


def test_the_true_place_lies_in_the_ellipse_of_one_camera() -> None:
    """Hills, and fires where the camera sees the ground; both angles and the model of the ground are off."""
    rng = np.random.default_rng(20260504)
    hills = ground(
        lambda east, north: 8e-6 * (east**2 + north**2) + 90 * np.sin(east / 1900) * np.cos(north / 2300)
    )
    fixes = inside = 0
    for _ in range(250):
        bearing, distance = rng.uniform(0, 360), rng.uniform(2000, 14_000)
        lon, lat, _ = ELLIPSOID.fwd(*CAMERA, bearing, distance)
        at_camera, at_fire = (
            float(hills.at(np.array([x]), np.array([y]))[0]) for x, y in (CAMERA, (lon, lat))
        )
        elevation = elevation_of(distance, at_fire - at_camera - 50)
        # Only what the camera sees: nothing before it stands higher.
        exact = foot(hills, looks(bearing, elevation + 0.001, sd=0.0))
        if exact is None or np.hypot(*Plane(exact.lon, exact.lat).metres(lon, lat)[0]) > 150:
            continue
        seen = looks((bearing + rng.normal(0, 0.5)) % 360, elevation + rng.normal(0, 0.15), sd=0.15)
        found = foot(hills, seen)
        if found is None:
            continue
        fixes += 1
        major, minor, orientation = ellipse_axes(found.covariance)
        east, north = Plane(found.lon, found.lat).metres(lon, lat)[0]
        angle = math.radians(orientation)
        along, across = (
            east * math.sin(angle) + north * math.cos(angle),
            east * math.cos(angle) - north * math.sin(angle),
        )
        inside += (along / major) ** 2 + (across / minor) ** 2 <= 1
    print(f"{fixes} points of one camera, {inside / fixes:.3f} inside")
    assert fixes > 60
    assert inside / fixes >= 0.9


def test_what_a_ridge_hides_is_cut_from_the_sector() -> None:
    """A wall of 600 m, 5 km to the east: behind it even smoke of 100 m is hidden."""
    wall = ground(lambda east, north: np.where((east > 5000) & (east < 5200), 600.0, 0.0) + 0 * north)
    sighting = looks(90)
    whole = sector(sighting, PLANE, half_deg=1.0)
    left = cut(wall, whole, PLANE, [sighting])
    assert left.contains(shapely.Point(4000, 0))
    assert not left.contains(shapely.Point(9000, 0))
    assert left.area < 0.1 * whole.area
    assert visible(wall, looks(270), 1.0, PLANE) is None


def test_low_ground_behind_a_low_ridge_stays_smoke_rises() -> None:
    ridge = ground(lambda east, north: np.where((east > 5000) & (east < 5200), 40.0, 0.0) + 0 * north)
    assert visible(ridge, looks(90), 1.0, PLANE) is None


def test_where_the_ground_is_unknown_nothing_is_cut() -> None:
    unknown = ground(lambda east, north: np.where(east > 3000, np.nan, 0.0) + 0 * north)
    assert visible(unknown, looks(90), 1.0, PLANE) is None
    nowhere = ground(lambda east, north: np.nan * east * north)
    assert visible(nowhere, looks(90), 1.0, PLANE) is None
    assert foot(nowhere, looks(90, -1.0)) is None


def write(
    file: Path,
    heights: NDArray[np.float32],
    *,
    crs: str | None,
    west: float,
    north: float,
    cell: float,
    bands: int = 1,
) -> Path:
    with rasterio.open(
        file,
        "w",
        driver="GTiff",
        width=heights.shape[1],
        height=heights.shape[0],
        count=bands,
        dtype="float32",
        crs=crs,
        transform=rasterio.Affine(cell, 0, west, 0, -cell, north),
    ) as out:
        for band in range(1, bands + 1):
            out.write(heights, band)
    return file


BOUNDS = (107.4, 33.5, 107.6, 33.7)
SLOPE = np.tile(np.linspace(100, 900, 400, dtype=np.float32), (400, 1))


def test_a_file_in_degrees(tmp_path: Path) -> None:
    file = write(tmp_path / "dem.tif", SLOPE, crs="EPSG:4326", west=107.3, north=33.8, cell=0.001)
    found = read(prepare(file, BOUNDS))
    assert found.at(np.array([107.5]), np.array([33.6]))[0] == pytest.approx(500, abs=3)
    assert np.isnan(found.at(np.array([107.39]), np.array([33.6]))[0])


def test_a_file_in_metres_is_reprojected(tmp_path: Path) -> None:
    """UTM zone 49 north: 107.5° is about 639 km west of its middle at 111°, at easting 175 km."""
    from pyproj import Transformer

    east, north = Transformer.from_crs("EPSG:4326", "EPSG:32649", always_xy=True).transform(107.5, 33.6)
    file = write(
        tmp_path / "utm.tif", SLOPE, crs="EPSG:32649", west=east - 20_000, north=north + 20_000, cell=100
    )
    found = read(prepare(file, BOUNDS))
    assert found.at(np.array([107.5]), np.array([33.6]))[0] == pytest.approx(500, abs=5)


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ({"crs": None}, "coordinate system"),
        ({"bands": 2}, "2 bands"),
        ({"west": 10.0}, "cameras stand elsewhere"),
        ({"heights": SLOPE * 100}, "metres above the sea"),
    ],
    ids=["no system", "a picture", "another place", "centimetres"],
)
def test_files_that_do_not_serve(tmp_path: Path, what: dict[str, object], message: str) -> None:
    values = {"heights": SLOPE, "crs": "EPSG:4326", "west": 107.3, "north": 33.8, "cell": 0.001} | what
    with pytest.raises(TerrainError, match=message):
        prepare(write(tmp_path / "dem.tif", **values), BOUNDS)  # type: ignore[arg-type]


def test_a_file_that_is_no_grid(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no heights")
    with pytest.raises(TerrainError, match="cannot be read"):
        prepare(tmp_path / "notes.txt", BOUNDS)
