"""Exports, read back by the programs that people read them with: cited, corrected, blurred by role."""

from __future__ import annotations

import io
import json
import re
import sqlite3
import zipfile
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import pytest

from fieldwatch_cloud.db import geography, sensitive
from fieldwatch_cloud.db.columns import COLUMNS
from fieldwatch_shared.ids import uuid7

from .api_world import NOON, SQUARE, World

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.testclient import TestClient

    from fieldwatch_cloud.db.pool import Database

PANDA, TAKIN = "Ailuropoda melanoleuca", "Budorcas taxicolor"
SPAN = {"from": (NOON - timedelta(days=1)).isoformat(), "to": (NOON + timedelta(days=2)).isoformat()}
OURS = ["csv", "geojson", "gpkg", "parquet", "earthranger", "coco"]


@pytest.fixture
def world(database_url: str, db: Database, tmp_path: Path) -> World:
    made = World(database_url, db, tmp_path)
    made.look(made.ridge, 0, 600)
    made.look(made.river, 0, 300)
    for n in range(4):
        made.observe(made.ridge, 60 * n, name=(PANDA, TAKIN)[n % 2], count=n + 1)
    made.observe(made.river, 5, name=None, kind="human")
    with db.transaction() as conn:
        geography.add_zone(conn, reserve=made.foping, name="West", area=json.dumps(SQUARE))
    return made


def export(client: TestClient, format_: str, body: dict[str, Any] | None = None, **query: Any) -> Any:
    address = f"/api/v1/reserves/foping/exports/{format_}"
    if body is None:
        return client.get(address, params=SPAN | query)
    return client.post(address, json=SPAN | body)


@pytest.mark.parametrize("format_", OURS)
def test_every_format_says_whence_it_is(world: World, format_: str, tmp_path: Path) -> None:
    asked = datetime.now(UTC)
    with world.client("researcher") as client:
        response = export(client, format_, taxon=PANDA)
    assert response.status_code == 200, response.text
    assert int(response.headers["content-length"]) == len(response.content)
    assert response.headers["link"] == '<https://creativecommons.org/licenses/by/4.0/>; rel="license"'
    named = response.headers["content-disposition"]
    days = {f"{at:%Y%m%d}" for at in (asked, datetime.now(UTC))}  # midnight may lie between
    assert any(f'attachment; filename="foping-{day}' in named for day in days), named
    said = citation_in(format_, response.content, tmp_path)
    for part in ("Foping", "fieldwatch 0", "CC-BY-4.0", "2026-05-03", "Accessed 20"):
        assert part in said["citation"], part
    assert json.loads(said["query"])["taxa"] == [PANDA]
    assert said["licence_url"].startswith("https://creativecommons.org/")


def citation_in(format_: str, content: bytes, folder: Path) -> dict[str, str]:
    if format_ == "csv":
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            told: dict[str, str] = json.loads(packed.read("citation.json"))
            assert told["citation"] in packed.read("CITATION.txt").decode()
            return told
    if format_ == "parquet":
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            metadata = pq.read_schema(io.BytesIO(packed.read("events.parquet"))).metadata
            return json.loads(metadata[b"citation"])
    if format_ == "gpkg":
        path = folder / "a.gpkg"  # GDAL warns of one in memory, which has no name.
        path.write_bytes(content)
        layer = pyogrio.read_dataframe(path, layer="citation")
        assert pyogrio.read_info(path, layer="events")["layer_metadata"]["licence"] == "CC-BY-4.0"
        return dict(zip(layer["name"], layer["value"], strict=True))
    document = json.loads(content)
    return document["info"] if format_ == "coco" else document["citation"]


def test_a_citation_is_told_before_the_file_is_made(world: World, tmp_path: Path) -> None:
    body = {"taxa": [PANDA], "area": SQUARE}
    with world.client("ranger") as client:
        told = client.post("/api/v1/reserves/foping/citation", json=SPAN | body).json()
        content = export(client, "geojson", body).content
    inside = citation_in("geojson", content, tmp_path)["citation"]
    before, after = (re.sub(r"Accessed \S+", "Accessed", text) for text in (told["text"], inside))
    assert before == after
    assert told["licence"] == "CC-BY-4.0"


def test_csv_holds_who_looked_and_what_was_seen(world: World) -> None:
    with (
        world.client("researcher") as client,
        zipfile.ZipFile(io.BytesIO(export(client, "csv").content)) as packed,
    ):
        tables = {name: pd.read_csv(packed.open(f"{name}.csv")) for name in COLUMNS}
    assert {name: len(table) for name, table in tables.items()} == {
        "deployments": 3, "observations": 5, "events": 5, "effort": 4, "incidents": 0, "zones": 1,
    }  # fmt: skip
    seen = tables["observations"]
    first = seen[(seen.deployment == "ridge") & (seen["count"] == 1)].iloc[0]
    assert pd.Timestamp(first.observed_at) == NOON
    assert first.observed_at.endswith("+0000")
    assert (first.longitude, first.latitude) == (107.55, 33.62)
    assert tables["effort"].groupby("deployment")["hours"].sum().to_dict() == {"ridge": 10.0, "river": 5.0}


def test_geopackage_opens_as_layers_in_a_gis(world: World, tmp_path: Path) -> None:
    with world.client("researcher") as client:
        path = tmp_path / "a.gpkg"
        path.write_bytes(export(client, "gpkg").content)
    layers = dict(pyogrio.list_layers(path))
    assert layers == {
        "deployments": "Point", "observations": "Point", "events": "Point", "effort": "Point",
        "incidents": "Unknown", "zones": "MultiPolygon", "citation": None,
    }  # fmt: skip
    seen = gpd.read_file(path, layer="observations")
    assert seen.crs.to_epsg() == 4326
    assert sorted(seen["count"]) == [1, 1, 2, 3, 4]
    assert seen["observed_at"].min() == NOON
    with sqlite3.connect(path) as raw:
        assert raw.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_geoparquet_is_read_by_geopandas(world: World) -> None:
    with (
        world.client("researcher") as client,
        zipfile.ZipFile(io.BytesIO(export(client, "parquet").content)) as packed,
    ):
        frames = {name: gpd.read_parquet(io.BytesIO(packed.read(f"{name}.parquet"))) for name in COLUMNS}
    seen = frames["observations"]
    assert seen.crs.to_authority() == ("OGC", "CRS84")
    assert str(seen.dtypes["observed_at"]) in ("datetime64[us, UTC]", "datetime64[ms, UTC]")
    assert seen.geometry.iloc[0].geom_type == "Point"
    assert list(frames["incidents"].columns) == ["id", *COLUMNS["incidents"], "geometry"]


def test_geojson_keeps_cameras_that_saw_nothing(world: World) -> None:
    with world.client("researcher") as client:
        document = export(client, "geojson").json()
    assert len(document["features"]) == 5
    assert {one["properties"]["deployment"] for one in document["deployments"]["features"]} == {
        "ridge",
        "lick",
        "river",
    }
    assert len(gpd.GeoDataFrame.from_features(document)) == 5


def test_earthranger_events_have_a_place_and_a_time(world: World) -> None:
    with world.client("researcher") as client:
        document = export(client, "earthranger").json()
    assert len(document["observations"]) == 3
    event = next(e for e in document["events"] if e["event_details"]["count"] == 4)
    assert event["event_type"] == "fieldwatch_wildlife"
    assert event["time"] == (NOON + timedelta(hours=3)).isoformat()
    assert event["location"] == {"latitude": 33.62, "longitude": 107.55}


def picture(world: World, deployment: Any, seconds: float, *, name: str | None = TAKIN) -> Any:
    at = NOON + timedelta(seconds=seconds)
    media = uuid7(at)
    with world.db.transaction() as conn:
        conn.execute(
            "INSERT INTO media (id, deployment_id, observed_at, mime, sha256, bytes, width, height,"
            " clock_quality) VALUES (%s, %s, %s, 'image/jpeg', 'x', 9, 1000, 500, 'ntp')",
            (media, deployment, at),
        )
        if name is not None:
            observed = world.observe(deployment, seconds / 60, name=name)
            with world.db.transaction() as other:
                other.execute("UPDATE observation SET media_id = %s WHERE id = %s", (media, observed))
    return media


def test_coco_has_sequences_boxes_in_pixels_and_places(world: World) -> None:
    pictures = [picture(world, world.ridge, s) for s in (0, 20, 300)]
    empty = picture(world, world.lick, 0, name=None)
    with world.client("researcher") as client:
        document = export(client, "coco").json()
    images = {image["id"]: image for image in document["images"]}
    assert set(images) == {str(one) for one in (*pictures, empty)}
    assert [(images[str(p)]["seq_num_frames"], images[str(p)]["frame_num"]) for p in pictures] == [
        (2, 0),
        (2, 1),
        (1, 0),
    ]
    places = {place["id"]: place for place in document["locations"]}
    assert places[images[str(empty)]["location"]]["name"] == "lick"
    names = {category["id"]: category["name"] for category in document["categories"]}
    assert names[0] == "empty"
    assert len(document["annotations"]) == 3  # Of the picture that nobody looked at, nothing is said.
    assert {names[a["category_id"]] for a in document["annotations"]} == {TAKIN}
    assert document["annotations"][0]["bbox"] == [100, 100, 300, 200]


@pytest.mark.parametrize("format_", OURS)
def test_nobody_who_need_not_know_learns_where(world: World, format_: str, tmp_path: Path) -> None:
    picture(world, world.ridge, 0, name=PANDA)
    with world.db.transaction() as conn:
        sensitive.replace(conn, world.foping, {PANDA: 5000})
    with world.client("ranger") as client:
        response = export(client, format_)
    assert response.status_code == 200
    if format_ == "coco":
        assert response.json()["images"] == []
        return
    if format_ == "earthranger":
        pandas = [e for e in response.json()["events"] if e["event_details"]["scientific_name"] == PANDA]
        assert all(e["event_details"]["camera"] is None for e in pandas)
        places = {tuple(e["location"].values()) for e in pandas}
    else:
        table = observations_in(format_, response.content, tmp_path)
        of_pandas = table[table.scientific_name == PANDA]
        assert of_pandas.deployment.isna().all()
        assert of_pandas.media_id.isna().all()
        places = set(zip(of_pandas.geometry.y, of_pandas.geometry.x, strict=True))
    assert len(places) == 1
    assert (33.62, 107.55) not in places


def observations_in(format_: str, content: bytes, folder: Path) -> gpd.GeoDataFrame:
    if format_ == "gpkg":
        path = folder / "a.gpkg"
        path.write_bytes(content)
        return gpd.read_file(path, layer="observations")
    if format_ == "geojson":
        return gpd.GeoDataFrame.from_features(json.loads(content))
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        if format_ == "parquet":
            return gpd.read_parquet(io.BytesIO(packed.read("observations.parquet")))
        flat = pd.read_csv(packed.open("observations.csv"))
        return gpd.GeoDataFrame(flat, geometry=gpd.points_from_xy(flat.longitude, flat.latitude))


def test_a_drawn_area_and_a_zone_choose_the_same(world: World) -> None:
    with world.db.transaction() as conn:
        (zone,) = geography.zones(conn, world.foping)
    with world.client("researcher") as client:
        drawn = export(client, "geojson", {"area": SQUARE}).json()
        of_zone = export(client, "geojson", zone=str(zone.id)).json()
        assert export(client, "geojson", zone=str(uuid7())).status_code == 404
    assert drawn["features"] == of_zone["features"]
    assert len(drawn["features"]) == 4


def test_a_reserve_says_its_licence_and_whose_the_records_are(world: World) -> None:
    with world.db.transaction() as conn:
        geography.set_licence(conn, "foping", "CC0-1.0", "Foping Nature Reserve Bureau")
    with world.client("researcher") as client:
        response = export(client, "geojson")
    assert "publicdomain/zero" in response.headers["link"]
    assert response.json()["citation"]["citation"].startswith("Foping Nature Reserve Bureau (")


@pytest.mark.parametrize(
    ("format_", "query", "status"),
    [
        ("shapefile", {}, 422),
        ("csv", {"from": "2026-05-04T12:00:00Z", "to": "2026-05-04T12:00:00Z"}, 422),
        ("csv", {"deployment": "ridge"}, 422),
    ],
)
def test_what_cannot_be_is_refused(world: World, format_: str, query: dict[str, str], status: int) -> None:
    with world.client("researcher") as client:
        response = export(client, format_, **query)
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("format_", ["geojson", "camtrap-dp"])
@pytest.mark.parametrize(
    "span",
    [
        {"to": "9999-12-31T23:59:59Z"},
        {"from": "0001-01-01T00:00:00Z"},
        {"from": "9999-12-31T00:00:00Z", "to": "9999-12-31T23:59:59Z"},
    ],
)
def test_the_ends_of_the_calendar_are_times_as_any_other(
    world: World, format_: str, span: dict[str, str]
) -> None:
    with world.db.transaction() as conn:
        sensitive.replace(conn, world.foping, {PANDA: 5000})
    with world.client("ranger") as client:
        answer = client.get(f"/api/v1/reserves/foping/exports/{format_}", params=span)
    assert answer.status_code == 200, answer.text
