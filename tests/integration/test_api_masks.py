"""Ignore masks over HTTP, and what they make of a node's desired state."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import httpx2
import psycopg
import pytest

from fieldwatch_cloud.db import desired
from fieldwatch_shared.ids import uuid7
from fieldwatch_shared.messages import DesiredState

from .api_world import running
from .fire_world import FireWorld

if TYPE_CHECKING:
    from pathlib import Path

    from fieldwatch_cloud.db.pool import Database

CHIMNEY = [[0.1, 0.5], [0.2, 0.5], [0.2, 0.7]]


@pytest.fixture
def world(database_url: str, db: Database, tmp_path: Path) -> FireWorld:
    return FireWorld(database_url, db, tmp_path)


def mask(**fields: Any) -> dict[str, Any]:
    return {"id": str(uuid7()), "polygon": CHIMNEY, "reason": "chimney"} | fields


def wanted(world: FireWorld, node: str = "n1") -> DesiredState:
    (row,) = world.rows("SELECT version, body FROM desired_state WHERE node_id = %s", node)
    state = DesiredState.model_validate(row[1])
    assert state.version == row[0]
    return state


def test_a_mask_is_drawn_sent_applied_and_removed(world: FireWorld) -> None:
    shown = world.picture(world.ridge, 5)
    world.picture(world.ridge, 1)
    where = f"/deployments/{world.ridge}/masks"
    with world.people("technician") as (technician,):
        empty = technician.get(where).json()
        assert empty == {
            "items": [],
            "media_id": str(shown),
            "desired_version": None,
            "reported_version": None,
            "reported_at": None,
        }
        new = mask(reason="烟囱")
        created = technician.post(where, new)
        assert created.status_code == 201, created.text
        assert created.json() | {"created_at": ""} == new | {
            "deployment_id": str(world.ridge),
            "incident_id": None,
            "created_by": "Technician",
            "created_at": "",
            "applied": False,
        }
        other = mask()
        technician.post(f"/deployments/{world.lick}/masks", other)
        state = wanted(world)
        assert state.version == 2
        assert {
            camera.deployment_id: [str(held.id) for held in camera.masks] for camera in state.cameras
        } == {world.ridge: [new["id"]], world.lick: [other["id"]]}
        assert [list(point) for point in state.cameras[0].masks[0].polygon] == CHIMNEY

        with world.db.transaction() as conn:
            desired.reported(conn, "n1", 1)
        listed = technician.get(where).json()
        assert [item["applied"] for item in listed["items"]] == [True]
        assert (listed["desired_version"], listed["reported_version"]) == (2, 1)
        assert technician.get(f"/deployments/{world.lick}/masks").json()["items"][0]["applied"] is False

        for _ in range(2):
            assert technician.delete(f"/masks/{new['id']}").status_code == 204
        assert technician.get(where).json()["items"] == []
        assert wanted(world).version == 3, "removed once"
        assert [camera.deployment_id for camera in wanted(world).cameras] == [world.lick]
    who = world.rows("SELECT a.name FROM ignore_mask m JOIN account a ON a.id = m.removed_by")
    assert who == [("Technician",)], "a mask that was removed stays on record"


def test_drawn_again_it_is_there_once(world: FireWorld) -> None:
    where, new = f"/deployments/{world.ridge}/masks", mask()
    with world.people("manager") as (manager,):
        first = manager.post(where, new)
        assert manager.post(where, new).json() == first.json()
        assert wanted(world).version == 1
        other = new | {"polygon": [[0.5, 0.5], [0.6, 0.5], [0.6, 0.6]]}
        assert manager.post(where, other).status_code == 409
        assert manager.post(f"/deployments/{world.lick}/masks", new).status_code == 409
        manager.delete(f"/masks/{new['id']}")
        assert manager.post(where, new).status_code == 409, "what was removed does not come back by itself"


ROLES = {"admin": 201, "manager": 201, "technician": 201, "ranger": 403, "researcher": 403, "stranger": 404}


@pytest.mark.parametrize(("who", "status"), ROLES.items())
def test_technicians_and_managers_draw(world: FireWorld, who: str, status: int) -> None:
    where = f"/deployments/{world.ridge}/masks"
    with world.people(who) as (person,):
        assert person.post(where, mask()).status_code == status
        assert person.get(where).status_code == (404 if status == 404 else 200)
        there = uuid7()
        world.run(
            "INSERT INTO ignore_mask (id, deployment_id, polygon, reason, version, created_by)"
            " SELECT %s, %s, '[[0,0],[1,0],[1,1]]', 'x', 1, id FROM account",
            there,
            world.ridge,
        )
        assert person.delete(f"/masks/{there}").status_code == (204 if status == 201 else status)


WRONG = {
    "two points": {"polygon": CHIMNEY[:2]},
    "outside of the picture": {"polygon": [[0, 0], [1.5, 0], [1, 1]]},
    "crossing itself": {"polygon": [[0, 0], [1, 1], [1, 0], [0, 1]]},
    "three numbers": {"polygon": [[0, 0, 0], [1, 0, 0], [1, 1, 0]]},
    "too many points": {"polygon": [[n / 1000, 0.5 + (n % 2) / 10] for n in range(201)]},
    "no reason": {"reason": " "},
    "no id": {"id": "mask"},
    "more than is known": {"colour": "red"},
}


@pytest.mark.parametrize("fields", WRONG.values(), ids=WRONG)
def test_what_is_no_mask_is_refused(world: FireWorld, fields: dict[str, Any]) -> None:
    with world.people("manager") as (manager,):
        response = manager.post(f"/deployments/{world.ridge}/masks", mask(**fields))
        assert response.status_code == 422, response.text
        assert response.json()["errors"][0]["field"].startswith("body.")
    assert world.rows("SELECT count(*) FROM desired_state") == [(0,)]


def test_what_it_refers_to_must_exist(world: FireWorld) -> None:
    with world.people("manager") as (manager,):
        assert manager.post(f"/deployments/{uuid4()}/masks", mask()).status_code == 404
        assert manager.get(f"/deployments/{uuid4()}/masks").status_code == 404
        assert manager.delete(f"/masks/{uuid4()}").status_code == 404
        unknown = mask(incident_id=str(uuid4()))
        assert manager.post(f"/deployments/{world.ridge}/masks", unknown).status_code == 404


def test_a_camera_holds_only_so_many(world: FireWorld) -> None:
    with world.people("manager") as (manager,):
        world.run(
            "INSERT INTO ignore_mask (id, deployment_id, polygon, reason, version, created_by)"
            " SELECT gen_random_uuid(), %s, '[[0,0],[1,0],[1,1]]', 'x', 1, id"
            " FROM account, generate_series(1, 100)",
            world.ridge,
        )
        refused = manager.post(f"/deployments/{world.ridge}/masks", mask())
        assert refused.status_code == 422
        assert "100 masks already" in refused.json()["detail"]


def test_an_ended_deployments_masks_go_down_no_more(world: FireWorld) -> None:
    with world.people("manager") as (manager,):
        manager.post(f"/deployments/{world.ridge}/masks", mask())
        world.run("UPDATE deployment SET ended_at = now() WHERE id = %s", world.ridge)
        manager.post(f"/deployments/{world.lick}/masks", mask())
    assert [camera.deployment_id for camera in wanted(world).cameras] == [world.lick]


def test_drawn_at_once_by_many_none_is_lost(world: FireWorld) -> None:
    token = world.token("manager")
    with running(world) as run:

        def draw(deployment: object) -> int:
            response = httpx2.post(
                f"{run.url}/api/v1/deployments/{deployment}/masks",
                json=mask(),
                headers={"Authorization": f"Bearer {token}"},
                timeout=60,
            )
            return response.status_code

        with ThreadPoolExecutor(10) as pool:
            assert set(pool.map(draw, [world.ridge, world.lick] * 10)) == {201}
    state = wanted(world)
    assert state.version == 20
    assert sum(len(camera.masks) for camera in state.cameras) == 20


def test_a_change_is_notified_when_it_commits(world: FireWorld, database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as conn, world.people("manager") as (manager,):
        conn.execute("LISTEN fieldwatch_desired")
        manager.post(f"/deployments/{world.ridge}/masks", mask())
        heard = [notice.payload for notice in conn.notifies(timeout=60, stop_after=1)]
    assert heard == ["n1"]


def test_a_node_that_is_ahead_of_a_restored_database_gets_a_higher_version(world: FireWorld) -> None:
    with world.people("manager") as (manager,):
        manager.post(f"/deployments/{world.ridge}/masks", mask())
    with world.db.transaction() as conn:
        desired.reported(conn, "n1", 7)
    state = wanted(world)
    assert state.version == 8
    assert len(state.cameras[0].masks) == 1
    with world.db.transaction() as conn:
        desired.reported(conn, "n1", 2**62)
        standing = desired.of_node(conn, "n1")
    assert standing is not None
    assert (standing.version, standing.reported) == (8, 7), "no node has come that far"
