"""A reserve's ground: loaded by the command line, and what ingest makes of it."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest
import rasterio
import shapely
from pyproj import Geod
from typer.testing import CliRunner

from fieldwatch_cloud import cli
from fieldwatch_cloud.alarms import evidence
from fieldwatch_cloud.db import geography
from fieldwatch_cloud.db.live import News
from fieldwatch_cloud.incidents.terrain import EARTH_M, REFRACTION
from fieldwatch_shared.ids import uuid7

from .cloud_field import NOON, RESERVE, Field

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fieldwatch_cloud.db.pool import Database

GEOD = Geod(ellps="WGS84")
CAMERA = (107.5, 33.6)
CELL = 1 / 1200


def valley(folder: Path) -> Path:
    """A bowl around CAMERA, 640 m up 8 km away; in the east a wall of 900 m, 4 km away."""
    n = 640
    offsets = (np.arange(n) - n / 2 + 0.5) * CELL
    east = np.broadcast_to(offsets[None, :] * 111_320 * math.cos(math.radians(CAMERA[1])), (n, n))
    north = np.broadcast_to(-offsets[:, None] * 110_920, (n, n))
    heights = 1e-5 * (east**2 + north**2) + np.where((east > 4000) & (east < 4300), 900.0, 0.0)
    file = folder / "valley.tif"
    with rasterio.open(
        file,
        "w",
        driver="GTiff",
        width=n,
        height=n,
        count=1,
        dtype="float32",
        crs="EPSG:4326",
        transform=rasterio.Affine(CELL, 0, CAMERA[0] - n / 2 * CELL, 0, -CELL, CAMERA[1] + n / 2 * CELL),
    ) as out:
        out.write(heights.astype(np.float32), 1)
    return file


@pytest.fixture
def field(db: Database) -> Field:
    field = Field.make(db)
    with db.transaction() as conn:
        field.deployments["node-1"][0] = geography.add_deployment(
            conn,
            reserve=geography.reserve_id(conn, RESERVE),
            node_id="node-1",
            location_name="mast",
            lon=CAMERA[0],
            lat=CAMERA[1],
            height_m=50,
            started_at=NOON - timedelta(days=1),
        )
    return field


@pytest.fixture
def run(database_url: str, tmp_path: Path) -> Callable[..., str]:
    environment = {"FIELDWATCH_STATE": str(tmp_path / "state"), "FIELDWATCH_DATABASE_URL": database_url}

    def run(*arguments: str, code: int = 0) -> str:
        done = CliRunner().invoke(cli.app, ["terrain", *arguments, "--reserve", RESERVE], env=environment)
        assert done.exit_code == code, done.output
        return done.output

    return run


def sees(field: Field, bearing: float, elevation: float | None) -> None:
    message = field.suspicion(
        id=uuid7(),
        bearing_deg=bearing,
        bearing_sd_deg=0.5,
        elevation_deg=elevation,
        elevation_sd_deg=None if elevation is None else 0.1,
    )
    with field.db.transaction() as conn:
        evidence.lock_reserves(conn, {RESERVE})
        evidence.record_suspicion(conn, RESERVE, message.suspicion, News())


def test_one_camera_places_a_fire_on_the_ground_that_it_sees(
    field: Field, run: Callable[..., str], tmp_path: Path
) -> None:
    assert "no terrain is loaded" in run("show", code=3)
    assert "no terrain is loaded" in run("forget", code=1)
    run("load", str(valley(tmp_path)))
    shown = run("show")
    assert "valley.tif" in shown
    assert "covers   96% of what lies around the cameras" in shown
    drop = (1 - REFRACTION) * 8000**2 / (2 * EARTH_M)
    sees(field, 300, math.degrees(math.atan2(640 - 50 - drop, 8000)))
    ((lon, lat, method, major, minor),) = field.rows(
        "SELECT ST_X(location), ST_Y(location), location_method, semi_major_m, semi_minor_m FROM incident"
    )
    assert method == "terrain"
    assert GEOD.inv(lon, lat, *GEOD.fwd(*CAMERA, 300, 8000)[:2])[2] < 100
    assert 100 < minor < major < 1000


def test_what_a_ridge_hides_is_no_part_of_the_region(
    field: Field, run: Callable[..., str], tmp_path: Path
) -> None:
    run("load", str(valley(tmp_path)))
    sees(field, 90, None)
    ((wkb,),) = field.rows("SELECT ST_AsBinary(region) FROM incident")
    region = shapely.from_wkb(wkb)
    near, behind = (shapely.Point(*GEOD.fwd(*CAMERA, 90, metres)[:2]) for metres in (3000, 8000))
    assert region.contains(near)
    assert not region.intersects(behind)
    # Forgotten at once, also by a process that had read it.
    run("forget")
    sees(field, 90.1, None)
    ((wkb,),) = field.rows("SELECT ST_AsBinary(region) FROM incident")
    assert shapely.from_wkb(wkb).intersects(behind)


def test_a_file_that_does_not_serve_is_refused_with_what_to_do(
    field: Field, run: Callable[..., str], tmp_path: Path
) -> None:
    (tmp_path / "notes.tif").write_text("no heights")
    assert "cannot be read" in run("load", str(tmp_path / "notes.tif"), code=1)
    assert field.count("terrain") == 0
