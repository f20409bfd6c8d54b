"""OGC API - Features as its clients use it: owslib, GDAL (by pyogrio), a browser, and people who guess."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx2
import jsonschema
import pytest
from owslib.ogcapi.features import Features
from owslib.util import Authentication

from fieldwatch_cloud.db import geography, sensitive

from .api_world import NOON, PASSWORD, SQUARE, World, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient

    from fieldwatch_cloud.db.pool import Database

PANDA, TAKIN = "Ailuropoda melanoleuca", "Budorcas taxicolor"
COLLECTIONS = ["deployments", "observations", "events", "effort", "incidents", "zones"]


@pytest.fixture
def world(database_url: str, db: Database, tmp_path: Path) -> World:
    made = World(database_url, db, tmp_path)
    made.look(made.ridge, 0, 600)
    for n in range(7):
        made.observe(made.ridge, 60 * n, name=(PANDA, TAKIN)[n % 2], count=n + 1)
    made.observe(made.river, 5, name=TAKIN)
    with db.transaction() as conn:
        geography.add_zone(conn, reserve=made.foping, name="West", area=json.dumps(SQUARE))
    return made


@pytest.fixture
def client(world: World) -> Iterator[TestClient]:
    with world.client("researcher") as opened:
        yield opened


def items(client: TestClient, collection: str, **query: Any) -> Any:
    response = client.get(f"/ogc/foping/collections/{collection}/items", params=query)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/geo+json"
    return response.json()


def test_owslib_reads_the_collections(world: World) -> None:
    token = world.token("researcher")
    with running(world) as run:
        api = Features(f"{run.url}/ogc/foping/", auth=Authentication(username="any", password=token))
        assert set(api.feature_collections()) == set(COLLECTIONS)
        assert (
            "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core" in api.conformance()["conformsTo"]
        )
        assert api.api()["openapi"].startswith("3.0")
        found = api.collection_items("observations", limit=3, bbox=[107.5, 33.6, 107.6, 33.7])
        assert found["numberReturned"] == 3
        cql = api.collection_items("observations", filter="count > 5", limit=10)
        assert {one["properties"]["count"] for one in cql["features"]} == {6, 7}
        one = api.collection_item("deployments", str(world.ridge))
        assert one["geometry"] == {"type": "Point", "coordinates": [107.55, 33.62]}
        assert "scientific_name" in api.collection_queryables("observations")["properties"]


GDAL = """
import json, sys, pyogrio
address, token = sys.argv[1:]
options = {"USERPWD": f"any:{token}", "PAGE_SIZE": "3"}
every = pyogrio.read_dataframe(address, layer="observations", **options)
near = pyogrio.read_dataframe(address, layer="observations", bbox=(107.7, 33.7, 107.9, 33.9), **options)
print(json.dumps({
    "rows": len(every), "near": len(near), "species": sorted(set(every["scientific_name"])),
    "first": [every.geometry.iloc[0].x, every.geometry.iloc[0].y], "crs": every.crs.to_authority(),
}))
"""


def test_gdal_reads_page_after_page(world: World) -> None:
    """In a process of its own: pyogrio holds Python's lock while it waits for our server, which needs it."""
    token = world.token("researcher")
    with running(world) as run:
        told = subprocess.run(
            [sys.executable, "-c", GDAL, f"OAPIF:{run.url}/ogc/foping", token],
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )
    assert told.returncode == 0, told.stderr
    found = json.loads(told.stdout)
    assert (found["rows"], found["near"], found["species"]) == (8, 1, [PANDA, TAKIN])
    assert found["first"] == [107.55, 33.62]
    assert found["crs"] in (["EPSG", "4326"], ["OGC", "CRS84"])


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_following_next_shows_each_once(client: TestClient, collection: str) -> None:
    at_once = [one["id"] for one in items(client, collection)["features"]]
    seen, page = [], items(client, collection, limit=1)
    while True:
        seen += [one["id"] for one in page["features"]]
        following = [one["href"] for one in page["links"] if one["rel"] == "next"]
        if not following:
            break
        page = client.get(following[0]).json()
    assert seen == at_once
    for id_ in at_once:
        one = client.get(f"/ogc/foping/collections/{collection}/items/{id_}")
        assert one.json()["id"] == id_
    page = items(client, collection, limit=1)
    assert page["numberReturned"] == len(page["features"])
    assert page["timeStamp"].endswith("Z")
    if collection in ("deployments", "incidents", "zones"):
        assert page["numberMatched"] == len(at_once)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"bbox": "107.5,33.6,107.6,33.7"}, 7),
        ({"bbox": "107.5,33.6,0,107.6,33.7,9000"}, 7),
        ({"bbox": "170,-90,108,90"}, 8),  # from 170 east, across the antimeridian, to 108 east
        ({"bbox": "170,-90,-170,90"}, 0),
        ({"datetime": "2026-05-04T12:00:00Z"}, 1),
        ({"datetime": "2026-05-04T12:00:00Z/2026-05-04T13:00:00Z"}, 3),  # the end is included
        ({"datetime": "../2026-05-04T12:30:00Z"}, 2),
        ({"datetime": "2026-05-04T17:00:00+00:00/.."}, 2),
        ({"datetime": "2026-05-04"}, 8),
        ({"datetime": "2026-05-05/.."}, 0),
        ({"filter": "scientific_name = 'Budorcas taxicolor' AND count > 1"}, 3),
        ({"filter": '{"op": ">", "args": [{"property": "count"}, 5]}', "filter-lang": "cql2-json"}, 2),
        ({"scientific_name": PANDA}, 4),
        ({"count": "3"}, 1),
        ({"labelled": "true"}, 0),
        ({"limit": "99999999"}, 8),
    ],
)
def test_items_are_chosen(client: TestClient, query: dict[str, str], found: int) -> None:
    assert items(client, "observations", **query)["numberReturned"] == found


@pytest.mark.parametrize(
    "query",
    [
        {"bbox": "1,2,3"},
        {"bbox": "107,34,108,33"},
        {"bbox": "a,b,c,d"},
        {"bbox": "nan,0,1,1"},
        {"datetime": "yesterday"},
        {"datetime": "2026-05-04T12:00:00"},
        {"datetime": "2026-05-05/2026-05-01"},
        {"limit": "0"},
        {"limit": "-1"},
        {"limit": "²"},
        {"filter": "count >"},
        {"filter": "password_hash = 'x'"},
        {"filter": "(" * 400 + "count = 1"},
        # Each of these once kept the parser for ever, or ended the process.
        {"filter": "deployment = '" + ")" * 60 + "' AND " + "(" * 40},
        {"filter": '"' + ")" * 60 + '" = 1 AND ' + "(" * 40},
        {"filter": "NOT " * 4_000 + "labelled"},
        {"filter": "count = " + "-" * 8_000 + "1"},
        {"filter": "count = " + "1^" * 6_000 + "1"},
        {"filter": "count" + " = count" * 2_000},
        {"filter": "[" * 9_000 + "]" * 9_000, "filter-lang": "cql2-json"},
        {"filter": "count = 1", "filter-lang": "sql"},
        {"filter": "count = 1", "filter-crs": "http://www.opengis.net/def/crs/EPSG/0/3857"},
        {"crs": "http://www.opengis.net/def/crs/EPSG/0/3857"},
        {"after": "nonsense"},
        {"f": "gml"},
        {"colour": "blue"},
    ],
)
def test_what_cannot_be_understood_is_a_problem(client: TestClient, query: dict[str, str]) -> None:
    response = client.get("/ogc/foping/collections/observations/items", params=query)
    assert response.status_code == 400, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["detail"]


@pytest.mark.parametrize(
    "path", ["collections/nests", "collections/nests/items", "collections/zones/items/x"]
)
def test_what_is_not_there_is_a_problem(client: TestClient, path: str) -> None:
    response = client.get(f"/ogc/foping/{path}")
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"


PAGES = ["", "conformance", "api", "collections", "collections/events", "collections/events/items"]


@pytest.mark.parametrize("path", PAGES)
def test_people_get_pages_in_both_languages_without_scripts(client: TestClient, path: str) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
    page = client.get(f"/ogc/foping/{path}", headers=browser)
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert 'lang="zh"' in page.text
    assert "<script" not in page.text
    assert " style=" not in page.text
    assert "script-src 'self'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"
    assert client.get(f"/ogc/foping/{path}").headers["content-type"] != page.headers["content-type"]
    assert client.get(f"/ogc/foping/{path}", params={"f": "html"}).text.startswith("<!doctype html>")
    assert client.get("/ogc/foping/style.css").headers["content-type"].startswith("text/css")


def test_what_people_name_things_is_shown_and_not_run(world: World, client: TestClient) -> None:
    world.observe(world.lick, 1, name="<script>alert(1)</script>")
    page = client.get("/ogc/foping/collections/observations/items", params={"f": "html"})
    assert "&lt;script&gt;" in page.text
    assert "<script" not in page.text


def test_documents_say_what_the_standard_asks(client: TestClient) -> None:
    landing = client.get("/ogc/foping/").json()
    relations = {one["rel"]: one["href"] for one in landing["links"]}
    assert relations.keys() >= {"self", "service-desc", "service-doc", "conformance", "data"}
    for href in relations.values():
        assert client.get(href).status_code == 200
    for collection in client.get(relations["data"]).json()["collections"]:
        assert collection["extent"]["spatial"]["bbox"][0][0] == pytest.approx(107.5)
        (queryables,) = [one["href"] for one in collection["links"] if one["rel"].endswith("queryables")]
        schema = client.get(queryables).json()
        jsonschema.Draft202012Validator.check_schema(schema)
        page = items(client, collection["id"])
        for one in page["features"]:
            assert set(one["properties"]) | {"geometry"} == set(schema["properties"])


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Basic bm9uc2Vuc2U="}, 401),
        ({"Authorization": "Basic ==="}, 401),
        ({"Authorization": "Bearer nonsense"}, 401),
    ],
)
def test_nobody_reads_without_saying_who(world: World, headers: dict[str, str], status: int) -> None:
    with world.client() as stranger:
        for path in ("", "api", "collections/events/items", "style.css"):
            response = stranger.get(f"/ogc/foping/{path}", headers=headers)
            assert response.status_code == status
            assert response.headers["www-authenticate"].startswith("Basic realm=")


def test_a_token_as_password_a_session_and_no_password_of_people(world: World) -> None:
    token = world.token("ranger")

    def basic(password: str) -> dict[str, str]:
        return {"Authorization": "Basic " + base64.b64encode(f"qgis:{password}".encode()).decode()}

    with world.client() as client:
        assert client.get("/ogc/foping/", headers=basic(token)).status_code == 200
        assert client.get("/ogc/foping/", headers=basic(PASSWORD)).status_code == 401
        assert client.get("/ogc/elsewhere/", headers=basic(token)).status_code == 404
        client.post("/api/v1/login", json={"email": "ranger@example.org", "password": PASSWORD})
        assert client.get("/ogc/foping/").status_code == 200


def test_rangers_read_no_place_of_a_sensitive_species(world: World) -> None:
    with world.db.transaction() as conn:
        sensitive.replace(conn, world.foping, {PANDA: 5000})
    with world.client("ranger") as client:
        told = items(client, "observations")["features"]
        assert len(told) == 8
        pandas = [one for one in told if one["properties"]["scientific_name"] == PANDA]
        assert {one["properties"]["deployment_id"] for one in pandas} == {None}
        assert [107.55, 33.62] not in [one["geometry"]["coordinates"] for one in pandas]
        near = items(client, "observations", bbox="107.549,33.619,107.551,33.621")["features"]
        assert {one["properties"]["scientific_name"] for one in near} == {TAKIN}
        assert (
            items(client, "events", deployment_id=str(world.ridge), scientific_name=PANDA)["features"] == []
        )


def test_days_that_nobody_looked_at_have_no_row(client: TestClient) -> None:
    rows = items(client, "effort")["features"]
    assert sum(one["properties"]["hours"] for one in rows) == 10
    assert {one["properties"]["deployment"] for one in rows} == {"ridge"}
    after = (NOON + timedelta(days=3)).isoformat()
    assert items(client, "effort", datetime=f"{after}/..")["features"] == []


def test_the_address_without_its_slash_leads_there(world: World) -> None:
    token = world.token("researcher")
    with running(world) as run:
        headers = {"Authorization": f"Bearer {token}"}
        response = httpx2.get(f"{run.url}/ogc/foping", headers=headers, follow_redirects=True)
        assert response.json()["title"] == "Foping"
