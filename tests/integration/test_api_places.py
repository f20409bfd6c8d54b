"""Reserves, zones, nodes, deployments and their health over HTTP; and what every answer carries."""

import gzip
import json
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from fieldwatch_cloud.api.app import create_app
from fieldwatch_cloud.api.security import MAX_BODY_BYTES
from fieldwatch_cloud.db.pool import Database
from fieldwatch_cloud.operations import CloudOperations

from .api_world import ORIGIN, SQUARE, World


@pytest.fixture
def world(database_url: str, db: Database, tmp_path) -> World:
    return World(database_url, db, tmp_path)


def test_a_reserve_is_created_with_its_boundary(world: World) -> None:
    body = {"slug": "new-1", "name": "New", "name_zh": "新", "timezone": "Asia/Shanghai", "boundary": SQUARE}
    with world.client("admin") as client:
        created = client.post("/api/v1/reserves", json=body)
        assert created.status_code == 201
        assert created.json()["boundary"]["type"] == "MultiPolygon"
        assert created.json()["boundary"]["coordinates"] == [SQUARE["coordinates"]]
        assert client.post("/api/v1/reserves", json=body).status_code == 409
        assert [r["slug"] for r in client.get("/api/v1/reserves").json()] == ["elsewhere", "foping", "new-1"]


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"slug": "Not A Slug"}, "body.slug", "pattern"),
        ({"timezone": "Asia/Xian"}, "body.timezone", "Asia/Shanghai"),
        ({"timezone": "localtime"}, "body.timezone", "Asia/Shanghai"),
        ({"timezone": "Factory"}, "body.timezone", "Asia/Shanghai"),
        ({"name": "  "}, "body.name", "at least 1"),
        ({"nmae": "x"}, "body.nmae", "not permitted"),
        ({"boundary": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}},
         "body.boundary", "crosses"),
    ],
)  # fmt: skip
def test_a_malformed_reserve_is_told_which_field(world: World, change, field: str, says: str) -> None:
    with world.client("admin") as client:
        response = client.post("/api/v1/reserves", json={"slug": "x", "name": "x"} | change)
    assert response.status_code == 422
    (error,) = response.json()["errors"]
    assert error["field"] == field
    assert says in error["message"]


def test_deployments_tell_how_they_fare(world: World) -> None:
    world.beat(online=True)
    seen = world.observe(world.lick, 0)
    with world.client("ranger") as client:
        answer = client.get("/api/v1/reserves/foping/deployments").json()
    by_name = {f["properties"]["location_name"]: f for f in answer["features"]}
    assert set(by_name) == {"ridge", "lick", "river"}
    lick = by_name["lick"]
    assert lick["geometry"] == {"type": "Point", "coordinates": [107.56, 33.63]}
    assert lick["properties"]["heading_deg"] == 90
    assert lick["properties"]["last_observation_at"] == "2026-05-04T12:00:00Z"
    assert lick["properties"]["health"]["status"] == "ok"
    assert by_name["river"]["properties"]["health"]["reasons"] == ["camera_not_reported"]
    assert seen


def test_health_follows_what_was_heard_last(world: World) -> None:
    """A node whose clock once ran years ahead must not look silent for years."""
    world.beat(heard_s_ago=500)
    with world.db.transaction() as conn:
        conn.execute("UPDATE heartbeat SET observed_at = '2040-01-01'")
    with world.client("ranger") as client:

        def status() -> str:
            features = client.get("/api/v1/reserves/foping/deployments").json()["features"]
            return next(f["properties"]["health"]["status"] for f in features if f["id"] == str(world.ridge))

        assert status() == "silent"
        world.beat(heard_s_ago=1)
        assert status() == "ok"


def test_a_camera_is_put_up(world: World) -> None:
    with world.client("technician") as client:
        node = client.post("/api/v1/reserves/foping/nodes", json={"id": "gate-1", "name": "Gate"}).json()
        assert node == {
            "id": "gate-1",
            "name": "Gate",
            "reserve": "foping",
            "mqtt_password": "mqtt-password",
            "enrolment": None,
        }
        again = client.post("/api/v1/reserves/foping/nodes", json={"id": "gate-1", "name": "Gate"})
        assert again.status_code == 409
        body = {
            "node_id": "gate-1",
            "location_name": "Gate",
            "longitude": 107.5,
            "latitude": 33.6,
            "heading_deg": 359.9,
        }
        made = client.post("/api/v1/reserves/foping/deployments", json=body)
        assert made.status_code == 201
        features = client.get("/api/v1/reserves/foping/deployments").json()["features"]
        gate = next(f for f in features if f["id"] == made.json()["id"])
        assert gate["properties"]["health"]["status"] == "never_seen"
        assert gate["properties"]["heading_deg"] == pytest.approx(359.9)
        elsewhere = client.post("/api/v1/reserves/foping/deployments", json=body | {"node_id": "n9"})
        assert elsewhere.status_code == 404
        wrong = client.post("/api/v1/reserves/foping/deployments", json=body | {"heading_deg": 360})
        assert wrong.json()["errors"][0]["field"] == "body.heading_deg"
        past = body | {"ended_at": "2026-01-01T00:00Z"}
        over = client.post("/api/v1/reserves/foping/deployments", json=past)
        assert "ended_at lies before started_at" in over.json()["detail"]
        north = client.post("/api/v1/reserves/foping/deployments", json=body | {"heading_deg": 359.99999999})
        assert north.status_code == 201
        features = client.get("/api/v1/reserves/foping/deployments").json()["features"]
        assert next(f for f in features if f["id"] == north.json()["id"])["properties"]["heading_deg"] == 0


def test_zones(world: World) -> None:
    with world.db.transaction() as conn:
        conn.execute(
            "INSERT INTO zone (id, reserve_id, name, area)"
            " VALUES (gen_random_uuid(), %s, 'north', ST_Multi(ST_GeomFromGeoJSON(%s)))",
            (world.foping, json.dumps(SQUARE)),
        )
    with world.client("ranger") as client:
        (zone,) = client.get("/api/v1/reserves/foping/zones").json()["features"]
    assert zone["properties"]["name"] == "north"
    assert zone["geometry"]["coordinates"] == [SQUARE["coordinates"]]


def test_every_answer_is_guarded(world: World) -> None:
    with world.client() as client:
        for path in ("/", "/api/v1/health", "/api/v1/me", "/api/v1/none"):
            headers = client.get(path).headers
            assert "script-src 'self'" in headers["content-security-policy"]
            assert "unsafe" not in headers["content-security-policy"]
            assert "worker-src 'self' blob:" in headers["content-security-policy"]
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["x-frame-options"] == "DENY"
            if path.startswith("/api"):
                assert headers["cache-control"] == "no-store"


def test_errors_are_problems(world: World) -> None:
    with world.client("ranger") as client:
        for method, path, status in (
            ("GET", "/api/v1/none", 404),
            ("PUT", "/api/v1/me", 405),
            ("GET", "/api/v1/incidents/x", 422),
        ):
            response = client.request(method, path)
            assert response.status_code == status
            assert response.headers["content-type"] == "application/problem+json"
            assert response.json()["status"] == status
        response = client.post(
            "/api/v1/reserves/foping/counts", content=b"{", headers={"Content-Type": "application/json"}
        )
        assert response.status_code == 422
        assert "this is not JSON" in response.json()["detail"]


def test_large_bodies_are_refused_whether_announced_or_not(world: World) -> None:
    big = b" " * (MAX_BODY_BYTES + 1)
    with world.client("ranger") as client:
        for content in (big, iter([big[: len(big) // 2], big[len(big) // 2 :]])):
            response = client.post(
                "/api/v1/reserves/foping/counts",
                content=content,
                headers={"Content-Type": "application/json"},
            )
            assert response.status_code == 413
            assert response.headers["content-type"] == "application/problem+json"


def test_a_failure_of_ours_tells_nothing(world: World) -> None:
    with world.client("ranger") as client:
        with world.db.transaction() as conn:
            conn.execute("ALTER TABLE zone RENAME TO zone_gone")
        response = client.get("/api/v1/reserves/foping/zones")
    assert response.status_code == 500
    assert response.headers["content-type"] == "application/problem+json"
    assert "zone" not in response.json()["detail"]


def test_the_web_app_or_how_to_build_it(world: World) -> None:
    with world.client() as client:
        assert "npm run build" in client.get("/").text
    (world.web / "assets").mkdir(parents=True)
    (world.web / "index.html").write_text("<!doctype html><title>map</title>")
    (world.web / "assets" / "map-1a2b.js").write_text("1")
    with world.client() as client:
        page = client.get("/")
        assert "<title>map" in page.text
        assert page.headers["cache-control"] == "no-cache"
        assert "immutable" in client.get("/assets/map-1a2b.js").headers["cache-control"]
        assert client.get("/assets/none.js").status_code == 404
        assert client.get("/../../secret").status_code == 404


def test_the_web_app_travels_packed_where_the_browser_takes_that(world: World) -> None:
    (world.web / "assets").mkdir(parents=True)
    (world.web / "index.html").write_text("<!doctype html><title>map</title>")
    (world.web / "assets" / "map-1a2b.js").write_text("plain")
    (world.web / "assets" / "map-1a2b.js.gz").write_bytes(gzip.compress(b"packed"))
    with world.client() as client:
        packed = client.get("/assets/map-1a2b.js")
        assert (packed.text, packed.headers["content-encoding"]) == ("packed", "gzip")
        assert packed.headers["content-type"].startswith("text/javascript")
        assert packed.headers["vary"] == "Accept-Encoding"
        assert "immutable" in packed.headers["cache-control"]
        plain = client.get("/assets/map-1a2b.js", headers={"Accept-Encoding": "identity"})
        assert (plain.text, plain.headers.get("content-encoding")) == ("plain", None)
        assert client.get("/../../etc/passwd").status_code == 404


def test_without_the_database_it_says_try_again(world: World) -> None:
    token = world.token("ranger")
    patient = world.settings.database.model_copy(update={"pool_wait_s": 0.3})
    lost = replace(world.settings, database=patient).with_urls("postgresql://127.0.0.1:1/gone", None)
    app = create_app(lost, operations=world.desk, media=world.store, web=world.web)
    with TestClient(app, base_url=ORIGIN) as client:
        for path in ("/api/v1/health", "/api/v1/me"):
            response = client.get(path, headers={"Authorization": f"Bearer {token}"})
            assert response.status_code == 503
            assert response.headers["retry-after"] == "5"
            assert "127.0.0.1" not in response.text
        assert client.get("/").status_code == 200


def test_a_camera_is_taken_down(world: World) -> None:
    path = f"/api/v1/reserves/foping/deployments/{world.ridge}/end"
    with world.client("technician") as client:
        ended = client.post(path, json={"at": "2026-05-05T08:00:00+08:00"})
        assert ended.status_code == 200, ended.text
        assert ended.json() == {"id": str(world.ridge), "ended_at": "2026-05-05T00:00:00Z"}
        assert client.post(path).json()["ended_at"] > "2026-05-05T00:00:00Z"  # corrected: now
        features = client.get("/api/v1/reserves/foping/deployments").json()["features"]
        ridge = next(f["properties"] for f in features if f["id"] == str(world.ridge))
        assert ridge["health"]["status"] == "ended"
        assert client.post(path.replace(str(world.ridge), str(world.abroad))).status_code == 404
        assert client.post(path, json={"at": "2020-01-01T00:00:00Z"}).status_code == 422


def test_a_node_that_the_broker_does_not_know_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real operations, where the broker's files cannot be written."""
    operations = CloudOperations(world.settings, world.store)
    (world.settings.state / "mosquitto.lock").mkdir()
    with world.client("technician") as client:
        monkeypatch.setattr(world.desk, "add_node", operations.add_node)
        response = client.post("/api/v1/reserves/foping/nodes", json={"id": "gate-1", "name": "Gate"})
    assert response.status_code == 500
    assert "fieldwatch cloud node password gate-1" in response.json()["detail"]
