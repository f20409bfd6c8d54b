"""Effort by day over HTTP, and areas out of files."""

import json
from datetime import timedelta

import pytest

from fieldwatch_cloud.api.security import MAX_AREAS_BYTES
from fieldwatch_cloud.db.pool import Database

from .api_world import NOON, SQUARE, World


@pytest.fixture
def world(database_url: str, db: Database, tmp_path) -> World:
    return World(database_url, db, tmp_path)


def test_hours_by_local_day_and_by_the_sun(world: World) -> None:
    # NOON is 20:00 in Foping's Asia/Shanghai: from there 36 hours, told in two pieces.
    world.look(world.ridge, 0, 12 * 60)
    world.look(world.ridge, 11 * 60, 36 * 60)
    span = {"from": (NOON - timedelta(days=2)).isoformat(), "to": (NOON + timedelta(days=3)).isoformat()}
    with world.client("ranger") as client:
        answer = client.get("/api/v1/reserves/foping/effort", params=span).json()
        only = client.get(
            "/api/v1/reserves/foping/effort", params=span | {"deployment": str(world.lick)}
        ).json()
    assert answer["timezone"] == "Asia/Shanghai"
    rows = {row["location_name"]: row["days"] for row in answer["deployments"]}
    assert rows["lick"] == rows["river"] == []
    assert [day["day"] for day in rows["ridge"]] == ["2026-05-04", "2026-05-05", "2026-05-06"]
    assert [day["hours"] for day in rows["ridge"]] == pytest.approx([4, 24, 8])
    first, second, third = rows["ridge"]
    # Sunrise at 5:54 and sunset at 19:36 there and then; the first evening is dark, the last morning begins.
    assert first["day_hours"] == pytest.approx(0)
    assert second["day_hours"] == pytest.approx(13.7, abs=0.1)
    assert third["day_hours"] == pytest.approx(8 - 5.9, abs=0.1)
    assert all(d["day_hours"] + d["night_hours"] == pytest.approx(d["hours"]) for d in rows["ridge"])
    assert [row["location_name"] for row in only["deployments"]] == ["lick"]


def test_a_span_too_long_or_the_wrong_way_round_is_refused(world: World) -> None:
    with world.client("ranger") as client:
        long = client.get(
            "/api/v1/reserves/foping/effort", params={"from": "0001-01-02T00:00Z", "to": "9999-01-01T00:00Z"}
        )
        back = client.get(
            "/api/v1/reserves/foping/effort", params={"from": "2026-01-02T00:00Z", "to": "2026-01-01T00:00Z"}
        )
    assert (long.status_code, back.status_code) == (422, 422)
    assert "shorter span" in long.json()["detail"]
    assert "after from" in back.json()["detail"]


def test_effort_of_another_reserve_does_not_exist(world: World) -> None:
    span = {"from": "2026-01-01T00:00Z", "to": "2026-01-02T00:00Z"}
    with world.client("stranger") as client:
        assert client.get("/api/v1/reserves/foping/effort", params=span).status_code == 404
    with world.client() as client:
        assert client.get("/api/v1/reserves/foping/effort", params=span).status_code == 401


def test_areas_out_of_a_file(world: World) -> None:
    feature = {"type": "Feature", "properties": {"name": "plot"}, "geometry": SQUARE}
    body = json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()
    with world.client("ranger") as client:
        answer = client.post("/api/v1/areas", params={"filename": "plots.geojson"}, content=body)
        refused = client.post("/api/v1/areas", params={"filename": "notes.txt"}, content=b"two plots")
        large = client.post("/api/v1/areas", params={"filename": "a"}, content=b" " * (MAX_AREAS_BYTES + 1))
    assert answer.json() == {"areas": [{"name": "plot", "name_zh": None, "geometry": SQUARE}]}
    assert refused.status_code == 422
    assert "notes.txt is no GeoJSON" in refused.json()["detail"]
    assert large.status_code == 413
    with world.client() as client:
        assert client.post("/api/v1/areas", params={"filename": "a"}, content=body).status_code == 401
