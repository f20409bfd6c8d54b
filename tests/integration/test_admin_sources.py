"""The page of data sources: nodes, hotspots, weather, quarantine and its replay."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from fieldwatch_cloud.db import quarantine
from fieldwatch_cloud.jobs.leader import all_jobs, run_job

from .admin_world import browsers
from .api_world import World

if TYPE_CHECKING:
    from pathlib import Path

    from fieldwatch_cloud.db.pool import Database


@pytest.fixture
def world(database_url: str, db: Database, tmp_path: Path) -> World:
    return World(database_url, db, tmp_path)


def test_nodes_tell_when_they_were_heard_and_what_waits(world: World) -> None:
    world.beat(outbox_records=12, outbox_bytes=3400, software="0.6.1")
    with world.db.transaction() as conn:
        conn.execute(
            "INSERT INTO node (id, reserve_id, name, mqtt_password_hash)"
            " SELECT 'n2', id, 'never', 'x' FROM reserve WHERE slug = 'foping'"
        )
    with browsers(world, "technician") as (technician,):
        heard, never = technician.get("/reserves/foping/data-sources")["nodes"]
        assert (heard["software"], heard["outbox_records"], heard["outbox_bytes"]) == ("0.6.1", 12, 3400)
        assert (heard["online"], heard["silent"]) == (True, False)
        assert heard["cameras"] == ["lick", "ridge", "river"]
        assert (never["heard_at"], never["silent"], never["cameras"]) == (None, True, [])
        world.beat(heard_s_ago=200)  # promised the next within 60 s
        with world.db.transaction() as conn:
            conn.execute("DELETE FROM heartbeat WHERE received_at > now() - interval '100 s'")
        assert technician.get("/reserves/foping/data-sources")["nodes"][0]["silent"] is True


def test_hotspots_tell_of_key_fetch_and_failure(world: World) -> None:
    with browsers(world, "manager") as (manager,):
        found = manager.get("/reserves/foping/data-sources")["hotspots"]
        assert (found["key_set"], found["fetched_at"], found["failure"]) == (False, None, None)
        assert found["located"] is True  # by its cameras
    firms = world.settings.firms.model_copy(
        update={"map_key": SecretStr("secret-key"), "url": "http://127.0.0.1:9", "timeout_s": 60}
    )
    world.settings = replace(world.settings, firms=firms)
    (job,) = (one for one in all_jobs(world.settings) if one.name == "hotspots")
    from fieldwatch_cloud.alarms import firms_feed

    patient = replace(job, task=lambda db, now: firms_feed.fetch(db, firms, now, waits_s=()).new)
    run_job(world.db, patient)
    with browsers(world, "researcher") as (researcher,):
        researcher.refused(403, "GET", "/reserves/foping/data-sources")
    with browsers(world, "technician") as (technician,):
        found = technician.get("/reserves/foping/data-sources")["hotspots"]
        assert found["key_set"] is True
        assert "cannot be reached" in found["failure"]
        assert "secret-key" not in str(found)


def test_quarantine_is_the_reserves_own_and_tried_again_as_a_whole(world: World) -> None:
    with world.db.transaction() as conn:
        for node, reserve in (("n1", "foping"), ("n1", "foping"), ("n9", "elsewhere")):
            topic = f"fieldwatch/v1/{reserve}/{node}/observations"
            body = f"{node} {datetime.now(UTC)}".encode()
            quarantine.add(conn, topic, body, {}, "no such deployment")
    with browsers(world, "manager") as (manager,):
        held = manager.get("/reserves/foping/data-sources")["quarantine"]
        assert held["waiting"] == 2
        assert {one["reason"] for one in held["newest"]} == {"no such deployment"}
        assert all("/foping/" in one["topic"] for one in held["newest"])
        first, second = (one["id"] for one in reversed(held["newest"]))
        world.desk.replayed.append(type(world.foping)(second))  # refused once more
        answer = manager.done("POST", "/reserves/foping/quarantine/replay", {})
        assert answer["accepted"] == 1
        assert answer["refused"] == [{"id": second, "reason": "still no such deployment"}]
        assert str(world.desk.replayed[-1]) == first
        manager.refused(404, "POST", "/reserves/elsewhere/quarantine/replay", {})
        log = manager.get("/reserves/foping/admin-log")["items"]
        assert (log[0]["action"], log[0]["after"]) == ("quarantine.replayed", {"accepted": 1, "refused": 1})
