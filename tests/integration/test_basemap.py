"""The base map: files in, one PMTiles file out, read in ranges; by HTTP and by the command line."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from typing import TYPE_CHECKING, Any

import geopandas
import numpy as np
import pytest
import rasterio
import shapely
from pmtiles.reader import MmapSource, Reader, all_tiles
from tests.integration.api_world import World
from tests.integration.map_world import RIDGE, URL, around, decoded
from typer.testing import CliRunner

from fieldwatch.demo import landscape
from fieldwatch_cloud import cli
from fieldwatch_cloud.basemap import build
from fieldwatch_cloud.basemap.mercator import TileId
from fieldwatch_cloud.db import basemap, geography
from fieldwatch_cloud.jobs import leader

if TYPE_CHECKING:
    from pathlib import Path

    from fieldwatch_cloud.db.pool import Database

BASEMAP = f"{URL}/basemap"
RIVER = {"type": "LineString", "coordinates": [[107.50, 33.60], [107.55, 33.62], [107.60, 33.63]]}
SPRING = {"type": "Point", "coordinates": [107.55, 33.62]}
BOUNDARY = {
    "type": "Polygon",
    "coordinates": [[[107.5, 33.5], [107.7, 33.5], [107.7, 33.7], [107.5, 33.7], [107.5, 33.5]]],
}


@pytest.fixture
def world(database_url: str, db: Database, tmp_path: Path) -> World:
    return World(database_url, db, tmp_path)


def _collection(*features: tuple[dict[str, Any], dict[str, Any]]) -> bytes:
    return json.dumps(
        {
            "type": "FeatureCollection",
            "features": [
                {"type": "Feature", "properties": properties, "geometry": geometry}
                for geometry, properties in features
            ],
        }
    ).encode()


RIVERS = _collection(
    (RIVER, {"name": "Jinshui", "name_zh": "金水河", "waterway": "river"}),
    # A point is no river, and this one flows elsewhere.
    (SPRING, {"name": "spring"}),
    ({"type": "LineString", "coordinates": [[100, 30], [101, 30]]}, {"name": "Yangtze"}),
)


def _put(client: Any, kind: str, content: bytes, filename: str = "rivers.geojson") -> Any:
    return client.put(f"{BASEMAP}/{kind}", params={"filename": filename}, content=content)


def _build(world: World) -> int:
    """As the job does."""
    return build.build_due(world.db, world.settings.media_dir)


def _file(world: World) -> Path:
    (file,) = (world.settings.media_dir / build.FOLDER).glob("*.pmtiles")
    return file


def _tiles(file: Path) -> dict[tuple[int, int, int], bytes]:
    with file.open("rb") as opened:
        return {zxy: gzip.decompress(content) for zxy, content in all_tiles(MmapSource(opened))}


def test_a_river_becomes_a_map(world: World) -> None:
    with world.client("manager") as client:
        assert client.get(BASEMAP).json() | {"layers": None} == {
            "layers": None,
            "url": None,
            "bounds": None,
            "max_zoom": None,
            "bytes": None,
            "version": None,
            "built_at": None,
            "building": False,
            "problem": None,
        }
        loaded = _put(client, "river", RIVERS)
        assert loaded.json() == {"kind": "river", "features": 1, "left_out": 2}
        shown = client.get(BASEMAP).json()
        assert (shown["building"], shown["url"]) == (True, None)
        assert [(one["kind"], one["name"], one["source"]) for one in shown["layers"]] == [
            ("river", "rivers.geojson", "rivers.geojson")
        ]
        assert client.get(f"{BASEMAP}.pmtiles").status_code == 404

        assert _build(world) == 1
        assert _build(world) == 0
        shown = client.get(BASEMAP).json()
        assert (shown["building"], shown["max_zoom"]) == (False, 14)
        west, south, east, north = shown["bounds"]
        # The cameras, and 15 km around them.
        assert west < 107.45 < 107.95 < east
        assert south < 33.55 < 33.85 < north

        whole = client.get(shown["url"])
        assert whole.status_code == 200
        assert whole.content == _file(world).read_bytes()
        assert len(whole.content) == shown["bytes"]

    tiles = _tiles(_file(world))
    tile = around(RIDGE, 13)
    found = decoded(tiles[tile.z, tile.x, tile.y], tile)
    (row,) = found["waterway"].to_dict("records")
    assert (row["name"], row["name_zh"], row["class"]) == ("Jinshui", "金水河", "river")
    lonlat = geopandas.GeoSeries([row["geometry"]], crs="EPSG:3857").to_crs("EPSG:4326").iloc[0]
    assert shapely.geometry.shape(RIVER).buffer(0.0005).contains(lonlat)
    # From afar it is no pixel wide: not there.
    assert tiles[0, 0, 0] == b""


def test_the_file_describes_itself(world: World) -> None:
    with world.client("manager") as client:
        _put(client, "river", RIVERS)
        _build(world)
        shown = client.get(BASEMAP).json()
    with _file(world).open("rb") as opened:
        reader = Reader(MmapSource(opened))
        header, metadata = reader.header(), reader.metadata()
    assert (header["min_zoom"], header["max_zoom"], header["clustered"]) == (0, 14, True)
    assert header["min_lon_e7"] / 1e7 == pytest.approx(shown["bounds"][0], abs=1e-6)
    assert [one["id"] for one in metadata["vector_layers"]] == [
        "landcover",
        "water",
        "contour",
        "waterway",
        "road",
        "building",
        "place",
    ]
    # Each content is kept once; a tile without anything is not there, but for the whole world.
    assert header["tile_contents_count"] <= header["tile_entries_count"] <= header["addressed_tiles_count"]
    assert sum(content == b"" for content in _tiles(_file(world)).values()) == 1


def test_ranges_and_revalidation(world: World) -> None:
    with world.client("ranger") as client:
        manager = {"Authorization": f"Bearer {world.token('manager')}"}
        client.put(f"{BASEMAP}/river", content=RIVERS, headers=manager).raise_for_status()
        _build(world)
        whole = _file(world).read_bytes()
        part = client.get(f"{BASEMAP}.pmtiles", headers={"Range": "bytes=0-126"})
        assert (part.status_code, part.content) == (206, whole[:127])
        assert part.headers["content-range"] == f"bytes 0-126/{len(whole)}"
        assert part.headers["content-type"] == "application/vnd.pmtiles"
        etag = part.headers["etag"]
        assert client.get(f"{BASEMAP}.pmtiles", headers={"If-None-Match": etag}).status_code == 304
        last = client.get(f"{BASEMAP}.pmtiles", headers={"Range": "bytes=-9"})
        assert (last.status_code, last.content) == (206, whole[-9:])
        for wrong in (f"bytes={len(whole)}-", "bytes=9-3", "bytes=-", "lines=1-2", "bytes=0-1,4-5"):
            beyond = client.get(f"{BASEMAP}.pmtiles", headers={"Range": wrong})
            assert (beyond.status_code, beyond.json()["status"]) == (416, 416)
            assert beyond.headers["content-range"] == f"bytes */{len(whole)}"

        client.put(f"{BASEMAP}/lake", content=_collection((BOUNDARY, {})), headers=manager).raise_for_status()
        _build(world)
        # A part of the new file must not be glued to the old one.
        other = client.get(f"{BASEMAP}.pmtiles", headers={"Range": "bytes=0-126", "If-Range": etag})
        assert (other.status_code, other.content) == (200, _file(world).read_bytes())
        assert other.headers["etag"] != etag


def test_the_same_land_is_the_same_file(world: World) -> None:
    with world.client("manager") as client:
        _put(client, "river", RIVERS)
        _build(world)
        before = client.get(BASEMAP).json()["version"]
        _put(client, "river", RIVERS)
        _build(world)
        assert client.get(BASEMAP).json()["version"] == before


def test_layers_come_in_many_formats_and_go(world: World, tmp_path: Path) -> None:
    frame = geopandas.GeoDataFrame(
        {"NAME": ["G108"], "fclass": ["primary"]},
        geometry=[shapely.LineString([(107.5, 33.62), (107.6, 33.63)])],
        crs="EPSG:4326",
    )
    shape = tmp_path / "roads"
    shape.mkdir()
    frame.to_crs("EPSG:32648").to_file(shape / "roads.shp")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for part in shape.iterdir():
            archive.write(part, part.name)
    frame.to_file(tmp_path / "tracks.gpkg", driver="GPKG")
    peak = {"type": "Point", "coordinates": [107.56, 33.63]}
    with world.client("manager") as client:
        assert _put(client, "road", packed.getvalue(), "roads.zip").json()["features"] == 1
        tracks = (tmp_path / "tracks.gpkg").read_bytes()
        assert _put(client, "track", tracks, "tracks.gpkg").json()["features"] == 1
        places = _collection((peak, {"name": "Dome", "name:zh": "圆顶", "class": "peak", "ele": 2904}))
        assert _put(client, "place", places).json()["features"] == 1
        village = {
            "type": "Polygon",
            "coordinates": [[[107.5, 33.6], [107.51, 33.6], [107.51, 33.61], [107.5, 33.6]]],
        }
        assert _put(client, "building", _collection((village, {}))).json()["features"] == 1
        # Where a village is drawn as an area, its name stands within it.
        assert (
            _put(
                client,
                "place",
                _collection(
                    (peak, {"name": "Dome", "ele": 2904, "class": "peak"}), (village, {"name": "Upper"})
                ),
            ).json()["features"]
            == 2
        )
        _build(world)
        tile = around((107.56, 33.63), 13)
        found = decoded(_tiles(_file(world))[tile.z, tile.x, tile.y], tile)
        assert sorted(found["road"]["class"]) == ["primary", "primary"]
        dome = found["place"].set_index("name").loc["Dome"]
        assert (dome["class"], dome.ele) == ("peak", 2904)

        assert client.delete(f"{BASEMAP}/road").status_code == 204
        assert client.delete(f"{BASEMAP}/road").status_code == 404
        for kind in ("track", "place", "building"):
            assert client.delete(f"{BASEMAP}/{kind}").status_code == 204
        _build(world)
        shown = client.get(BASEMAP).json()
        assert (shown["layers"], shown["url"], shown["building"]) == ([], None, False)
        assert client.get(f"{BASEMAP}.pmtiles").status_code == 404


def test_loading_is_for_managers_and_reading_for_members(world: World) -> None:
    for who, reads, loads in (
        (None, 401, 401),
        ("stranger", 404, 404),
        ("ranger", 200, 403),
        ("manager", 200, 200),
    ):
        with world.client(who) as client:
            assert client.get(BASEMAP).status_code == reads
            assert _put(client, "river", RIVERS).status_code == loads
            wanted = client.post(f"{BASEMAP}/contours", json={})
            assert wanted.status_code == (404 if loads == 200 else loads)
            assert client.delete(f"{BASEMAP}/lake").status_code == (404 if loads == 200 else loads)


@pytest.mark.parametrize(
    ("kind", "content", "says"),
    [
        ("river", b"", "no GeoJSON"),
        ("river", b"<VRTDataset/>", "no GeoJSON"),  # GDAL would read what it names
        ("river", b'{"type": "FeatureCollection", "features": []}', "holds no river"),
        (
            "river",
            _collection(({"type": "Point", "coordinates": [107.55, 33.62]}, {})),
            "features are: point",
        ),
        (
            "lake",
            _collection(({"type": "LineString", "coordinates": [[1, 2], [3, 4]]}, {})),
            "wanted is an area",
        ),
        ("river", b'{"type": "Feature', "cannot read"),
        ("ocean", RIVERS, "kind"),
    ],
)
def test_what_cannot_be_drawn_is_said(world: World, kind: str, content: bytes, says: str) -> None:
    with world.client("manager") as client:
        answer = _put(client, kind, content)
        assert answer.status_code == 422, answer.text
        assert says in answer.json()["detail"]
        # What was there stays.
        assert client.get(BASEMAP).json()["layers"] == []


def test_broken_shapes_are_mended_and_cut_to_the_reserve(world: World) -> None:
    bow = {
        "type": "Polygon",
        "coordinates": [[[107.4, 33.5], [107.6, 33.7], [107.6, 33.5], [107.4, 33.7], [107.4, 33.5]]],
    }
    wide = {
        "type": "Polygon",
        "coordinates": [[[90, 20], [120, 20], [120, 50], [90, 50], [90, 20]]],
    }
    with world.client("manager") as client:
        assert _put(client, "lake", _collection((bow, {}), (wide, {}))).json()["features"] == 2
    with world.db.transaction() as conn:
        for valid, west, east in conn.execute(
            "SELECT ST_IsValid(geom), ST_XMin(geom), ST_XMax(geom) FROM basemap_feature"
        ):
            assert valid
            assert 107 < west < east < 108.5


def _bowl(folder: Path) -> Path:
    """Around (107.5, 33.6), 30 m to a cell: some 840 m up at its rim."""
    cell = 1 / 3600
    offsets = (np.arange(400) - 199.5) * cell
    heights = 20 + 1e-5 * ((offsets[None, :] * 92_800) ** 2 + (offsets[:, None] * 110_900) ** 2)
    file = folder / "bowl.tif"
    with rasterio.open(
        file,
        "w",
        driver="GTiff",
        width=400,
        height=400,
        count=1,
        dtype="float32",
        crs="EPSG:4326",
        transform=rasterio.Affine(cell, 0, 107.5 - 200 * cell, 0, -cell, 33.6 + 200 * cell),
    ) as out:
        out.write(heights.astype(np.float32), 1)
    return file


def test_contours_come_from_the_loaded_model(world: World, tmp_path: Path) -> None:
    runner = CliRunner()
    state = ["--state", str(world.settings.state), "--reserve", "foping"]
    env = {"FIELDWATCH_DATABASE_URL": world.settings.database_url}
    loaded = runner.invoke(cli.app, ["terrain", "load", str(_bowl(tmp_path)), *state], env=env)
    assert loaded.exit_code == 0, loaded.output
    with world.client("manager") as client:
        drawn = client.post(f"{BASEMAP}/contours", json={"interval_m": 50})
        assert drawn.status_code == 200, drawn.text
        assert drawn.json()["features"] > 5
        too_fine = client.post(f"{BASEMAP}/contours", json={"interval_m": 1})
        assert "larger interval" in too_fine.json()["detail"]
        _build(world)
    with world.db.transaction() as conn:
        heights = dict(
            conn.execute("SELECT ele, bool_or(class = 'index') FROM basemap_feature GROUP BY ele").fetchall()
        )
    assert all(height % 50 == 0 for height in heights)
    assert {height for height, index in heights.items() if index} == {h for h in heights if h % 250 == 0}
    tile = around((107.5, 33.6), 12)
    found = decoded(_tiles(_file(world))[tile.z, tile.x, tile.y], tile)["contour"]
    assert set(found["ele"]) <= set(heights)
    assert set(found["index"].astype(bool)) == {True, False}
    # A bowl: the higher a line, the farther from the middle.
    middle = around((107.5, 33.6), 20).bounds[:2]
    found["far"] = found.distance(shapely.Point(middle))
    west = found[found.geometry.bounds["maxx"] < middle[0]]
    assert west.sort_values("far")["ele"].is_monotonic_increasing


def test_the_command_line(world: World, tmp_path: Path) -> None:
    runner = CliRunner()
    state = ["--state", str(world.settings.state), "--reserve", "foping"]
    env = {"FIELDWATCH_DATABASE_URL": world.settings.database_url}

    def call(*arguments: str) -> Any:
        return runner.invoke(cli.app, ["basemap", *arguments, *state], env=env)

    assert call("show").exit_code == 3
    assert call("build").exit_code == 3
    file = tmp_path / "rivers.geojson"
    file.write_bytes(RIVERS)
    added = call("add", str(file), "--kind", "river")
    assert added.exit_code == 0, added.output
    assert "1 of river; 2 left out" in added.output
    assert "something has changed" in call("show").output
    built = call("build")
    assert built.exit_code == 0, built.output
    assert "to zoom 14" in built.output
    shown = call("show").output
    assert "river" in shown
    assert "built" in shown
    missing = call("contours")
    assert missing.exit_code != 0
    assert "no elevation model" in missing.output
    assert call("remove", "lake").exit_code != 0
    removed = runner.invoke(cli.app, ["basemap", "remove", "river", *state], env=env)
    assert removed.exit_code == 0, removed.output


def test_a_failure_is_told_and_not_repeated(world: World) -> None:
    with world.client("manager") as client:
        _put(client, "river", RIVERS)
        # A file stands where the folder should be.
        world.settings.media_dir.mkdir(parents=True, exist_ok=True)
        (world.settings.media_dir / build.FOLDER).write_text("in the way")
        assert _build(world) == 1
        shown = client.get(BASEMAP).json()
        assert (shown["building"], shown["url"]) == (False, None)
        assert "cannot be written" in shown["problem"]
        assert _build(world) == 0
        (world.settings.media_dir / build.FOLDER).unlink()
        _put(client, "river", RIVERS)
        assert _build(world) == 1
        shown = client.get(BASEMAP).json()
        assert (shown["problem"], shown["building"]) == (None, False)
        assert shown["url"] is not None


def test_a_reserve_that_cannot_be_drawn_stands_in_no_others_way(world: World) -> None:
    with world.client("manager") as client:
        _put(client, "river", RIVERS)
        with world.db.transaction() as conn:
            nowhere = geography.add_reserve(conn, slug="a-nowhere", name="Nowhere")
            conn.execute(
                "INSERT INTO basemap_layer (reserve_id, kind, name, source, features)"
                " VALUES (%s, 'river', 'x', 'x', 0)",
                (nowhere,),
            )
            conn.execute("INSERT INTO basemap (reserve_id) VALUES (%s)", (nowhere,))
        assert _build(world) == 2
        assert client.get(BASEMAP).json()["url"] is not None
        assert _build(world) == 0
    with world.db.transaction() as conn:
        state = basemap.built(conn, nowhere)
    assert state is not None
    assert "neither a boundary nor a camera" in (state.reason or "")


def test_the_job_builds_what_is_due(world: World) -> None:
    with world.client("manager") as client:
        _put(client, "river", RIVERS)
        (job,) = (one for one in leader.all_jobs(world.settings) if one.name == "basemaps")
        leader.run_job(world.db, job)
        assert client.get(BASEMAP).json()["url"] == f"{BASEMAP}.pmtiles"


def test_the_demos_land_is_drawn(world: World) -> None:
    """A handful of tiles of it hold all that a map page styles."""

    def place(east: float, north: float) -> tuple[float, float]:
        return 107.60 + east / 92.0, 33.65 + north / 110.9

    with world.db.transaction() as conn:
        reserve = geography.reserve_id(conn, "foping")
        land = landscape.draw(place)
        landscape.keep(conn, reserve, land)
        conn.execute("UPDATE deployment SET location = ST_Point(107.6, 33.65, 4326)")
    assert _build(world) == 1
    layers: set[str] = set()
    classes: set[str] = set()
    for (z, x, y), content in _tiles(_file(world)).items():
        if z == 13 and content:
            for name, frame in decoded(content, TileId(z, x, y)).items():
                layers.add(name)
                if "class" in frame:
                    classes |= set(frame["class"].dropna())
        assert len(content) < 200_000
    assert layers == {"landcover", "water", "contour", "waterway", "road", "building", "place"}
    assert {"river", "stream", "secondary", "track", "path", "village", "station", "peak", "water"} <= classes
    names = [one for features in land.features.values() for one in features if one.name]
    assert all(one.name_zh for one in names)
