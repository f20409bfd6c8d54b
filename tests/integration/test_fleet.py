"""Desired and reported settings, groups, artifacts, logs and visits, over the real API and PostGIS."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from tests.integration.fleet_world import NODES, FleetWorld, model_zip, wheel

from fieldwatch_cloud.db import commands
from fieldwatch_shared.messages import LinkReport, PowerReport

if TYPE_CHECKING:
    from pathlib import Path

    from fieldwatch_cloud.db.pool import Database

FLEET = "/api/v1/reserves/foping/fleet"


@pytest.fixture
def world(database_url: str, db: Database, tmp_path: Path) -> FleetWorld:
    return FleetWorld(database_url, db, tmp_path)


def node_of(answer: dict[str, Any], node: str) -> dict[str, Any]:
    (found,) = (one for one in answer["nodes"] if one["id"] == node)
    return dict(found)


def test_a_later_layer_wins_and_drift_is_told_until_the_node_follows(world: FleetWorld) -> None:
    group = uuid4()
    first, second = NODES[:2]
    with world.client("manager") as client:

        def put(path: str, settings: dict[str, Any]) -> list[str]:
            response = client.put(path, json={"settings": settings})
            assert response.status_code == 200, response.text
            return list(response.json()["told"])

        client.put(f"{FLEET}/groups/{group}", json={"name": "North", "nodes": [first]}).raise_for_status()
        assert set(NODES) < set(put(f"{FLEET}/settings", {"heartbeat_s": 300.0, "link": {"media": False}}))
        assert put(f"{FLEET}/groups/{group}/settings", {"heartbeat_s": 600.0}) == [first]
        every = {"cameras": {"*": {"fire": {"every_s": 10.0}}}}
        assert put(f"/api/v1/nodes/{first}/settings", every) == [first]

        camera = str(world.cameras[first])
        wanted = {
            "heartbeat_s": 600.0,
            "link": {"media": False},
            "cameras": {camera: {"fire": {"every_s": 10.0}}},
        }
        assert world.desired(first)["settings"] == wanted
        assert world.desired(second)["settings"] == {"heartbeat_s": 300.0, "link": {"media": False}}

        own = {
            "heartbeat_s": 60.0,
            "link": {"media": False},
            "cameras": {camera: {"fire": {"every_s": 10.0}}},
        }
        world.hear(first, settings=own)
        world.hear(second, fleet_report=False)
        world.hear(NODES[2], settings={"heartbeat_s": 300.0, "link": {"media": False}})
        told = client.get(FLEET).json()
        shown = node_of(told, first)
        assert shown["standing"] == "drift"
        (drift,) = shown["drift"]
        assert (drift["path"], drift["wanted"], drift["found"]) == ("heartbeat_s", 600.0, 60.0)
        assert node_of(told, second)["standing"] == "unknown"
        assert node_of(told, NODES[5])["standing"] == "unknown"

        # Who is silent since something else is wanted does not do it.
        assert node_of(told, NODES[2])["standing"] == "in_order"
        put(f"/api/v1/nodes/{NODES[2]}/settings", {"heartbeat_s": 900.0})
        assert node_of(client.get(FLEET).json(), NODES[2])["standing"] == "drift"

        world.later(hours=1)
        world.hear(first, settings=own)
        assert node_of(client.get(FLEET).json(), first)["drift"][0]["since"] == drift["since"]
        world.hear(first, settings=own | {"heartbeat_s": 600.0})
        assert node_of(client.get(FLEET).json(), first)["standing"] == "in_order"

        client.delete(f"{FLEET}/groups/{group}").raise_for_status()
        assert world.desired(first)["settings"]["heartbeat_s"] == 300.0
        log = client.get("/api/v1/reserves/foping/admin-log").json()
        assert {one["action"] for one in log["items"]} >= {"node_settings.changed", "node_group.deleted"}


def test_a_camera_that_watches_for_no_fire_is_not_told_how(world: FleetWorld) -> None:
    node = NODES[0]
    camera = str(world.cameras[node])
    with world.client("manager") as client:
        body = {"settings": {"cameras": {"*": {"fire": {"every_s": 10.0}, "max_gap_s": 90.0}}}}
        client.put(f"{FLEET}/settings", json=body).raise_for_status()
        assert world.desired(node)["settings"]["cameras"][camera]["fire"] == {"every_s": 10.0}
        world.hear(node, settings={"cameras": {camera: {"wildlife": {"min_frames": 2}, "max_gap_s": 90.0}}})
        assert world.desired(node)["settings"] == {"cameras": {camera: {"max_gap_s": 90.0}}}


@pytest.mark.parametrize(
    "settings",
    [
        {"broker": {"url": "mqtt://elsewhere"}},
        {"node": {"id": "mast-02"}},
        {"cameras": {"*": {"fire": {"every_s": 9000.0}}}},
        {"cameras": {"*": {"fire": {"detector": {"trusted_keys": ["mine.pub"]}}}}},
        {"heartbeat_s": "often"},
    ],
)
def test_what_may_not_be_changed_from_afar_is_refused(world: FleetWorld, settings: dict[str, Any]) -> None:
    with world.client("manager") as client:
        response = client.put(f"{FLEET}/settings", json={"settings": settings})
        assert response.status_code == 422, response.text
        assert world.desired(NODES[0]) == {}


def test_roles(world: FleetWorld) -> None:
    node = NODES[0]
    with world.client("technician") as client:
        assert client.get(FLEET).status_code == 200
        assert client.put(f"{FLEET}/settings", json={"settings": {}}).status_code == 403
        assert client.put(f"/api/v1/nodes/{node}/settings", json={"settings": {}}).status_code == 200
        assert world.upload(client, model_zip()).status_code == 403
    with world.client("ranger") as client:
        assert client.get(FLEET).status_code == 403
        assert client.get(f"/api/v1/nodes/{node}/logs").status_code == 403
    with world.client("stranger") as client:
        assert client.get(FLEET).status_code == 404
        assert client.put(f"/api/v1/nodes/{node}/settings", json={"settings": {}}).status_code == 404


def test_only_what_is_signed_is_kept(world: FleetWorld) -> None:
    with world.client("manager") as client:
        good = world.upload(client, model_zip())
        assert good.status_code == 201, good.text
        assert (good.json()["name"], good.json()["signer"]) == ("wildlife", "Fieldwatch project")
        assert world.upload(client, model_zip()).json()["sha256"] == good.json()["sha256"]
        for content, why in (
            (model_zip(model_onnx=b"another"), "not the file that model.toml describes"),
            (model_zip(model_sig=b"format = 1"), "damaged"),
            (b"no zip at all", "no zip"),
            (wheel(name="left-pad"), "wheels of fieldwatch alone"),
        ):
            refused = world.upload(client, content)
            assert refused.status_code == 422, refused.text
            assert why in refused.json()["detail"]
        assert world.upload(client, wheel()).status_code == 403
    with world.client("admin") as client:
        assert world.upload(client, wheel()).json()["version"] == "9.9.0"
        together = io.BytesIO()
        with zipfile.ZipFile(together, "w") as packed:
            packed.writestr("fieldwatch-9.9.1-py3-none-any.whl", wheel("9.9.1"))
            packed.writestr("needed-1.0-py3-none-any.whl", wheel("1.0", "needed"))
        assert world.upload(client, together.getvalue()).json()["version"] == "9.9.1"
        again = world.upload(client, wheel() + b" ")
        assert again.status_code == 409, again.text


def test_a_log_is_asked_for_comes_once_and_is_read(world: FleetWorld) -> None:
    node = NODES[0]
    world.settings = world.settings.with_http("127.0.0.1", 8080)
    lines = b'{"event": "camera.lost", "level": "warning"}\nnot json\n'
    with world.client("technician") as client:
        asked = client.post(f"/api/v1/nodes/{node}/logs", json={"lines": 100})
        assert asked.status_code == 201, asked.text
        id_ = asked.json()["id"]
        with world.db.transaction() as conn:
            (sent,) = commands.waiting(conn, world.now)
        body = sent.body["command"]
        assert (sent.node, body["kind"], body["lines"], body["bundle"]) == (node, "send_log", 100, False)
        assert body["token"] not in asked.text
        address = body["upload_url"].removeprefix("http://127.0.0.1:8080")
        assert client.put(address, content=lines, headers={"Authorization": "Bearer x" * 3}).status_code in (
            401,
            404,
        )
        token = {"Authorization": f"Bearer {body['token']}"}
        assert client.put(address, content=b"x" * (body["max_bytes"] + 1), headers=token).status_code == 413
        assert client.put(address, content=lines, headers=token).status_code == 204
        assert client.put(address, content=b"other", headers=token).status_code == 204  # its answer was lost
        assert client.get(f"/api/v1/node-logs/{id_}/lines").json()["lines"] == [
            {"event": "camera.lost", "level": "warning"},
            {"event": "not json"},
        ]
        saved = client.get(f"/api/v1/node-logs/{id_}/file")
        assert saved.content == lines
        assert f"{node}-" in saved.headers["content-disposition"]
        assert [one["state"] for one in client.get(f"/api/v1/nodes/{node}/logs").json()] == ["here"]
        client.post(f"/api/v1/nodes/{node}/logs", json={"bundle": True}).raise_for_status()
        client.post(f"/api/v1/nodes/{node}/logs", json={}).raise_for_status()
        assert client.post(f"/api/v1/nodes/{node}/logs", json={}).status_code == 429


def test_the_maintenance_plan_from_heartbeats_of_weeks_to_a_visit(world: FleetWorld) -> None:
    dirty, silent, well = NODES[:3]
    begun = world.now
    # Two days before the others: a day begins at the reserve's midnight, and the oldest reason comes first.
    world.now = begun - timedelta(days=14)
    world.hear(silent)
    for day in range(12):
        for hour in range(4):
            world.now = begun - timedelta(days=11 - day, hours=hour)
            world.hear(well)
            world.hear(dirty, camera={"blurred": day >= 9}, disk_free_bytes=(30 - 2 * day) * 1024**3)
    world.now = begun
    with world.client("technician") as client:
        found = client.get("/api/v1/reserves/foping/maintenance", params={"lon": 107.4, "lat": 33.6}).json()
        mine = [one for one in found["items"] if one["node"] in (dirty, silent, well)]
        assert [(one["node"], one["reason"], one["urgency"]) for one in mine] == [
            (silent, "silent", "now"),
            (dirty, "disk_filling", "now"),
            (dirty, "lens_dirty", "soon"),
        ]
        legs = [stop["lon"] for stop in found["tour"] if stop["place"].startswith("Mast")]
        assert legs == sorted(legs)
        overview = client.get("/api/v1/reserves/foping/overview").json()
        (need,) = (one for one in overview["needs"] if one["code"] == "visit_due")
        assert (need["n"], need["href"], need["severity"]) == (1, "#fleet/visits", "soon")

        visit = {
            "id": str(uuid4()),
            "deployment_id": str(world.cameras[dirty]),
            "done_at": begun.isoformat(),
            "note": "wiped",
            "reasons": ["lens_dirty"],
        }
        for _ in range(2):
            assert client.post("/api/v1/reserves/foping/visits", json=visit).status_code == 204
        after = client.get("/api/v1/reserves/foping/maintenance").json()
        assert not [one for one in after["items"] if one["node"] == dirty]
        assert [(one["note"], one["by"]) for one in after["visits"]] == [("wiped", "Technician")]


def test_records_that_were_given_up_count_once_however_often_they_are_told(world: FleetWorld) -> None:
    node, begun = NODES[0], world.now
    for hours_ago, told in ((240, 5), (60, 5), (48, 12), (36, 12), (24, 12), (12, 3), (6, 3), (1, 3)):
        world.now = begun - timedelta(hours=hours_ago)
        world.hear(node, given_up=told)  # since its outbox was made; the last one, 18 hours ago
    world.now = begun
    with world.client("technician") as client:
        items = client.get("/api/v1/reserves/foping/maintenance").json()["items"]
    (one,) = (one for one in items if one["node"] == node and one["reason"] == "records_given_up")
    assert one["figures"]["records"] == 7 + 3


def test_cards_are_due(world: FleetWorld) -> None:
    camera = world.cameras[NODES[3]]
    with world.client("technician") as client:
        client.put(
            f"/api/v1/deployments/{camera}/card-collection", json={"every_days": 30}
        ).raise_for_status()
        with world.db.transaction() as conn:
            conn.execute("UPDATE card_camera SET since = now() - interval '31 days'")
        items = client.get("/api/v1/reserves/foping/maintenance").json()["items"]
        assert [one["deployment_id"] for one in items if one["reason"] == "card_due"] == [str(camera)]


def test_what_a_node_reports_is_shown(world: FleetWorld) -> None:
    node = NODES[0]
    world.hear(
        node,
        settings={"heartbeat_s": 60.0},
        power=PowerReport(charge=0.8, battery_v=12.9, solar_w=0.0, load_w=4.0, measured=True),
        link=LinkReport(kind="lte", signal_dbm=-95, sent_today=1000),
    )
    with world.client("manager") as client:
        shown = node_of(client.get(FLEET).json(), node)
    assert (shown["power"]["charge"], shown["link"]["signal_dbm"]) == (0.8, -95)
    assert shown["models"] == {"wildlife": "wildlife@0.1.0"}
    assert shown["cameras"][0]["status"] == "ok"
