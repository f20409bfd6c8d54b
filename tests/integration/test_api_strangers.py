"""Whoever is no member of a reserve finds nothing of it: every route is asked, with ids that exist."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from tests.camtrap_packages import zipped

from fieldwatch_cloud.camtrap.source import ZipSource
from fieldwatch_cloud.db import fleet, node_logs, rollouts
from fieldwatch_cloud.exports.datasets import import_package
from fieldwatch_shared.ids import uuid7
from fieldwatch_shared.messages import utc_now

from .api_world import NOON, SQUARE
from .fire_world import FireWorld, act
from .labels_world import drawn
from .test_api_auth import OPEN, routes

if TYPE_CHECKING:
    from pathlib import Path

    from fieldwatch_cloud.db.pool import Database

RULE = {"name": "Leopard", "area": SQUARE}
MASK = {"id": str(uuid4()), "polygon": [[0.1, 0.5], [0.2, 0.5], [0.2, 0.7]], "reason": "chimney"}
SHIFT = {"starts_at": "2026-05-04T08:00:00Z", "ends_at": "2026-05-04T16:00:00Z"}
ZONE = {"name": "West", "area": SQUARE}
GPX = """<gpx version="1.1" creator="x" xmlns="http://www.topografix.com/GPX/1/1"><trk><trkseg>
<trkpt lat="33.61" lon="107.86"/><trkpt lat="33.62" lon="107.87"/></trkseg></trk></gpx>"""
HOOK = {"name": "province", "url": "https://fire.example.org/in"}
BODIES: dict[str, Any] = {
    "POST /incidents/{incident_id}/actions": act("acknowledge"),
    "POST /deployments/{deployment_id}/masks": MASK | {"id": str(uuid4())},
    "POST /deployments/{deployment_id}/clock-corrections": {"id": str(uuid4()), "offset_s": 60},
    "PUT /deployments/{deployment_id}/fire-gate": {"least": {"low": 0.5}},
    "PUT /alert-rules/{rule_id}": RULE,
    "PUT /zones/{zone_id}": ZONE,
    "PUT /nodes/{node}/settings": {"settings": {}},
    "POST /rollouts/{rollout_id}/cancel": {"take_back": True},
    "PUT /deployments/{deployment_id}/card-collection": {"every_days": 30},
    "PUT /media/{media_id}/labels": {"based_on": 0, "labels": []},
}
"""What is read before it is known whose the thing is must be right, or the answer is 422."""
OWN = {"/api/v1/tokens/{token_id}"}
OF_NODES = re.compile(r"/api/v1/node/")
"""With a node's session alone: an account's token is none."""
OF_ACCOUNTS = re.compile(r"/api/v1/accounts/")
"""With a session alone; whoever asks with one: test_admin_people."""
EVERYWHERE = {"/api/v1/quarantine/{quarantine_id}/replay"}
"""Of no reserve; for admins alone."""


@pytest.fixture
def world(database_url: str, db: Database, tmp_path: Path) -> FireWorld:
    return FireWorld(database_url, db, tmp_path)


def test_a_stranger_finds_nothing(world: FireWorld) -> None:
    media = world.picture(world.ridge)
    fire = world.fire(media=media)
    with world.people("manager", "ranger", "stranger", "nobody") as (manager, ranger, *others):
        account = ranger.get("/me").json()["id"]
        picture = uuid7()
        at = {"taken_at": NOON.isoformat()}
        assert ranger.put(f"/incidents/{fire}/pictures/{picture}", drawn(1), params=at).status_code == 200
        assert ranger.get(f"/incidents/{fire}/cap.xml").status_code == 200
        phone = {"channel": "sms", "name": "phone", "address": {"phone": "+8613800138000"}, "language": "zh"}

        def made(path: str, body: Any, by: Any = manager) -> str:
            answer = by.post(path, body)
            assert answer.status_code == 201, answer.text
            return str(answer.json()["id"])

        imported = import_package(
            world.db,
            world.store,
            ZipSource(zipped()),
            reserve_id=world.foping,
            account_id=None,
            now=datetime.now(UTC),
        )
        week = {"kind": "weekly", "ending": "2026-05-10", "languages": ["en"]}
        report = manager.post("/reserves/foping/reports", week).json()["items"][0]["id"]
        track = ranger.upload("/reserves/foping/tracks", GPX, params={"filename": "walk.gpx"})
        zones = manager.post("/reserves/foping/zones", {"zones": [ZONE]}).json()["zones"]
        ids = {
            "slug": ["foping"],
            "incident_id": [str(fire)],
            "picture_id": [str(picture)],
            "number": ["1"],
            "media_id": [str(media)],
            "deployment_id": [str(world.ridge)],
            "device_id": [made("/devices", phone, ranger), made("/reserves/foping/webhooks", HOOK)],
            "shift_id": [made("/reserves/foping/shifts", SHIFT | {"account_id": account})],
            "rule_id": [made("/reserves/foping/alert-rules", RULE)],
            "drill_id": [made("/reserves/foping/drills", {"deployment_id": str(world.ridge)})],
            "mask_id": [made(f"/deployments/{world.ridge}/masks", MASK)],
            "zone_id": [zones[0]["properties"]["id"]],
            "node_id": ["n1"],
            "node": ["n1"],
            **fleet_of(world),
            "dataset_id": [str(imported.id)],
            "format": ["camtrap-dp"],
            "collection": ["deployments"],
            "live_view_id": [manager.post(f"/deployments/{world.ridge}/live", {}).json()["id"]],
            "segment": ["init.mp4"],
            "item": [str(world.ridge)],
            "kind": ["river"],
            "layer": ["cameras", "density", "hotspots", "tracks"],
            **{place: ["0"] for place in "zxy"},
            "track_id": [track.json()["items"][0]["id"]],
            "report_id": [report],
            "form": ["html", "pdf"],
            "name": ["Cervidae"],
        }
        before = ranger.sees(fire), manager.get("/reserves/foping/devices").json()
        asked = 0
        for method, path in sorted(routes(ranger.app)):
            names = re.findall(r"\{(\w+)\}", path)
            if (
                not names
                or (method, path) in OPEN
                or path in OWN | EVERYWHERE
                or OF_ACCOUNTS.match(path)
                or OF_NODES.match(path)
            ):
                continue
            for which in range(max(len(ids[name]) for name in names)):
                address = path.removeprefix("/api/v1")
                for name in names:
                    address = address.replace(f"{{{name}}}", ids[name][which % len(ids[name])])
                body = BODIES.get(f"{method} {path.removeprefix('/api/v1')}", {})
                for other in others:
                    if path.endswith("/pictures/{picture_id}") and method == "PUT":
                        answer = other.put(address, drawn(1), params=at)
                    else:
                        answer = other.request(method, address, body)
                    assert answer.status_code == 404, (method, path, other.name, answer.text)
                    asked += 1
        assert asked > 100
        assert (ranger.sees(fire), manager.get("/reserves/foping/devices").json()) == before


def fleet_of(world: FireWorld) -> dict[str, list[str]]:
    """A group, a roll-out and a log of a node."""
    now, group = utc_now(), uuid7()
    with world.db.transaction() as conn:
        fleet.set_group(conn, world.foping, group, name="North", rank=0, members=["n1"])
        artifact = rollouts.add_artifact(
            conn,
            world.foping,
            sha256="0" * 64,
            kind="model",
            name="wildlife",
            version="1",
            bytes_=1,
            signer=None,
            by=None,
        )
        rollout = rollouts.add(conn, world.foping, artifact, [["n1"]], rules={}, by=None, now=now)
        log = node_logs.add(
            conn,
            "n1",
            bundle=False,
            lines=1,
            max_bytes=1,
            token_sha256=b"",
            by=None,
            now=now,
            until=now + timedelta(minutes=1),
        )
    return {"group_id": [str(group)], "rollout_id": [str(rollout)], "log_id": [str(log)]}
