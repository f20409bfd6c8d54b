"""Patrol tracks over HTTP: three formats in, a list and a tile layer out, and who may delete them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
import shapely
from tests.integration.api_world import World
from tests.integration.map_world import RIDGE, URL, around, get, metres, tile_url

if TYPE_CHECKING:
    from pathlib import Path

    from fieldwatch_cloud.db.pool import Database

TRACKS = f"{URL}/tracks"
GPX = """<?xml version="1.0" encoding="UTF-8"?>
<gpx version="1.1" creator="handset" xmlns="http://www.topografix.com/GPX/1/1">
  <wpt lat="33.62" lon="107.55"><name>a snare</name></wpt>
  <trk><name>Morning 晨巡</name>
    <trkseg>
      <trkpt lat="33.620" lon="107.550"><ele>1500</ele><time>2026-05-04T00:10:00Z</time></trkpt>
      <trkpt lat="33.625" lon="107.555"><time>2026-05-04T00:30:00Z</time></trkpt>
      <trkpt lat="33.630" lon="107.560"></trkpt>
    </trkseg>
    <trkseg>
      <trkpt lat="33.640" lon="107.570"><time>2026-05-04T02:00:00Z</time></trkpt>
      <trkpt lat="33.641" lon="107.571"><time>2026-05-04T02:10:00Z</time></trkpt>
    </trkseg>
    <trkseg><trkpt lat="33.6" lon="107.5"></trkpt></trkseg>
  </trk>
  <rte><rtept lat="33.61" lon="107.54"/><rtept lat="33.62" lon="107.55"/></rte>
</gpx>"""
KML = """<kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2"><Document>
  <Placemark><name>Ridge</name><LineString><coordinates>
    107.55,33.62,1400 107.56,33.63,1410</coordinates></LineString></Placemark>
  <Placemark><name>By phone</name><gx:Track>
    <when>2026-05-04T00:10:00+08:00</when><when>2026-05-04T00:20:00+08:00</when>
    <gx:coord>107.55 33.62 1400</gx:coord><gx:coord>107.56 33.63 1400</gx:coord></gx:Track></Placemark>
  <Placemark><name>Hut</name><Point><coordinates>107.55,33.62</coordinates></Point></Placemark>
</Document></kml>"""
LINE = [[107.55, 33.62], [107.56, 33.63], [107.57, 33.63]]


@pytest.fixture
def world(database_url: str, db: Database, tmp_path: Path) -> World:
    return World(database_url, db, tmp_path)


def _upload(client: Any, content: str | bytes, filename: str = "x.gpx", **query: str) -> Any:
    return client.post(TRACKS, params={"filename": filename, **query}, content=content)


def test_gpx_keeps_the_times_of_its_points(world: World) -> None:
    with world.client("ranger") as client:
        answer = _upload(client, GPX, "../monday.gpx")
        assert answer.status_code == 201, answer.text
        body = answer.json()
        assert body["known"] == 0
        by_name = {one["name"]: one for one in body["items"]}
        walked, route = by_name["Morning 晨巡"], by_name["monday"]
        assert (walked["started_at"], walked["ended_at"]) == ("2026-05-04T00:10:00Z", "2026-05-04T02:10:00Z")
        # Two segments; the third has one point, and is no line.
        assert (walked["points"], walked["kind"], walked["mine"], walked["file"]) == (
            5,
            "patrol",
            True,
            "monday.gpx",
        )
        # The gap between segments is no way that anybody walked.
        assert walked["length_m"] == pytest.approx(1451 + 145, abs=15)
        assert walked["bounds"] == pytest.approx([107.55, 33.62, 107.571, 33.641])
        assert (route["started_at"], route["points"]) == (None, 2)
        with world.db.transaction() as conn:
            (times,) = conn.execute(
                "SELECT times FROM patrol_track WHERE name LIKE 'Morning%%'"
            ).fetchone() or (None,)
        assert [at and at.minute for at in times] == [10, 30, None, 0, 10]
        again = _upload(client, GPX).json()
        assert (again["items"], again["known"]) == ([], 2)


def test_kml_and_geojson(world: World) -> None:
    features = [
        {
            "type": "Feature",
            "properties": {"name": "Togeojson", "coordTimes": ["2026-05-04T00:10:00Z", None, 1777860000000]},
            "geometry": {"type": "LineString", "coordinates": LINE},
        },
        {
            "type": "Feature",
            "properties": None,
            "geometry": {"type": "MultiLineString", "coordinates": [LINE[:2], LINE[1:]]},
        },
        {"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": LINE[0]}},
    ]
    with world.client("ranger") as client:
        kml = {one["name"]: one for one in _upload(client, KML, "x.kml").json()["items"]}
        assert kml["Ridge"]["started_at"] is None
        assert kml["By phone"]["started_at"] == "2026-05-03T16:10:00Z"
        document = json.dumps({"type": "FeatureCollection", "features": features})
        geojson = _upload(client, document, "survey.geojson", kind="survey").json()["items"]
        assert sorted((one["name"], one["points"], one["kind"]) for one in geojson) == [
            ("Togeojson", 3, "survey"),
            ("survey", 4, "survey"),
        ]
        timed = next(one for one in geojson if one["name"] == "Togeojson")
        assert timed["ended_at"] == "2026-05-04T02:00:00Z"
        bare = _upload(client, json.dumps({"type": "LineString", "coordinates": LINE[::-1]}), "b.json")
        assert bare.json()["items"][0]["name"] == "b"


def test_the_list_and_the_layer_by_time(world: World) -> None:
    with world.client("ranger") as client:
        _upload(client, GPX)
        listed = client.get(TRACKS).json()["items"]
        assert len(listed) == 2
        # The one without times counts by when it was uploaded, which is not in that May.
        may = client.get(TRACKS, params={"from": "2026-05-04T00:00:00Z", "to": "2026-05-05T00:00:00Z"})
        assert [one["name"] for one in may.json()["items"]] == ["Morning 晨巡"]
        tile = around(RIDGE, 11)
        span = {"from_": "2026-05-04T01:00:00Z", "to": "2026-05-04T01:30:00Z"}
        found = get(client, "tracks", tile, **span)
        (row,) = found.to_dict("records")
        assert (row["name"], row["kind"]) == ("Morning 晨巡", "patrol")
        assert row["id"] == may.json()["items"][0]["id"]
        assert str(row["started_at"]).replace(" ", "T").startswith("2026-05-04T00:10:00")
        assert row["geometry"].distance(shapely.Point(metres(*RIDGE))) < 20
        assert (
            client.get(
                tile_url("tracks", tile, from_="2026-05-05T00:00:00Z", to="2026-05-06T00:00:00Z")
            ).status_code
            == 204
        )


def test_a_new_track_is_drawn_at_once(world: World) -> None:
    tile = around(RIDGE, 11)
    with world.client("ranger") as client:
        assert client.get(tile_url("tracks", tile)).status_code == 204
        (added,) = _upload(client, json.dumps({"type": "LineString", "coordinates": LINE}), "b.json").json()[
            "items"
        ]
        for _ in range(400):  # The news comes on a connection of its own.
            if client.get(tile_url("tracks", tile)).status_code == 200:
                break
        else:
            raise AssertionError("the tile never changed")
        assert client.delete(f"/api/v1/tracks/{added['id']}").status_code == 204
        for _ in range(400):
            if client.get(tile_url("tracks", tile)).status_code == 204:
                break
        else:
            raise AssertionError("the tile never changed back")


def test_whoever_uploaded_it_and_managers_may_delete(world: World) -> None:
    with world.client("ranger") as client:
        mine, other = (one["id"] for one in _upload(client, GPX).json()["items"])

        def delete(who: str, track: str) -> int:
            headers = {"Authorization": f"Bearer {world.token(who)}"}
            return int(client.delete(f"/api/v1/tracks/{track}", headers=headers).status_code)

        assert delete("technician", mine) == 403
        assert delete("stranger", mine) == 404
        assert client.delete(f"/api/v1/tracks/{mine}").status_code == 204
        assert delete("manager", other) == 204
        assert client.delete(f"/api/v1/tracks/{uuid4()}").status_code == 404
        assert client.get(TRACKS).json()["items"] == []


def test_tracks_are_for_members(world: World) -> None:
    for who, status in ((None, 401), ("stranger", 404)):
        with world.client(who) as client:
            assert client.get(TRACKS).status_code == status
            assert _upload(client, GPX).status_code == status


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\xff\xfe<\x00g\x00", "UTF-8"),
        (b"", "cannot be read"),
        (b"<gpx><trk>", "cannot be read"),
        (b"<svg/>", "svg"),
        (b"<gpx><wpt lat='1' lon='2'/></gpx>", "no line"),
        (b"<gpx><rte><rtept lat='91' lon='2'/><rtept lat='1' lon='2'/></rte></gpx>", "globe"),
        (b"<gpx><rte><rtept lat='nan' lon='2'/><rtept lat='1' lon='2'/></rte></gpx>", "globe"),
        (b"<gpx><rte><rtept lon='2'/><rtept lat='1' lon='2'/></rte></gpx>", "cannot be read"),
        # Entities that grow to gigabytes, or name a file of the server.
        (b'<!DOCTYPE gpx [<!ENTITY a "x">]><gpx>&a;</gpx>', "entities"),
        (b'{"type": "LineString", "coordinates": [[1], [2]]}', "cannot be read"),
        (b'{"type": "LineString", "coordinates": "x"}', "cannot be read"),
        (b'{"type": "FeatureCollection"}', "cannot be read"),
        (b"[" * 100_000, "cannot be read"),
        (b'{"a":' * 50_000, "cannot be read"),
    ],
)  # fmt: skip
def test_what_is_no_track_is_said(world: World, content: bytes, says: str) -> None:
    with world.client("ranger") as client:
        answer = _upload(client, content)
        assert answer.status_code == 422, answer.text
        assert says in answer.json()["detail"]
        assert client.get(TRACKS).json()["items"] == []
