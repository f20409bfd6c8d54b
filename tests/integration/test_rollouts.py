"""Roll-outs over the real database: stages, soak, what stops them, and that all go back."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from tests.integration.fleet_world import NEW as VERSION
from tests.integration.fleet_world import NODES, FleetWorld, model_zip

from fieldwatch_cloud.db.pool import translated
from fieldwatch_cloud.errors import RowRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient

    from fieldwatch_cloud.db.pool import Database

RULES = {"trial_s": 60.0, "soak_s": 3600.0, "answer_s": 7200.0}
NEW = {"wildlife": f"wildlife@{VERSION}"}
OLD = {"wildlife": "wildlife@0.0.9"}


@pytest.fixture
def world(database_url: str, db: Database, tmp_path: Path) -> FleetWorld:
    return FleetWorld(database_url, db, tmp_path)


@pytest.fixture
def client(world: FleetWorld) -> Iterator[TestClient]:
    with world.client("manager") as client:
        yield client


@pytest.fixture
def sha256(world: FleetWorld, client: TestClient) -> str:
    return str(world.upload(client, model_zip()).json()["sha256"])


def begin(world: FleetWorld, client: TestClient, sha256: str, **body: Any) -> UUID:
    world.hear(*NODES, models=OLD)
    asked = {"sha256": sha256, "nodes": list(NODES), "rules": RULES, **body}
    response = client.post("/api/v1/reserves/foping/rollouts", json=asked)
    assert response.status_code == 201, response.text
    return UUID(response.json()["id"])


def states(client: TestClient, id_: UUID) -> dict[str, str]:
    return {one["node"]: one["state"] for one in client.get(f"/api/v1/rollouts/{id_}").json()["nodes"]}


def state(client: TestClient, id_: UUID) -> str:
    return str(client.get(f"/api/v1/rollouts/{id_}").json()["state"])


def test_a_good_one_goes_through_its_stages_and_is_on_record(
    world: FleetWorld, client: TestClient, sha256: str
) -> None:
    plan = client.post(
        "/api/v1/reserves/foping/rollouts/plan", json={"sha256": sha256, "nodes": list(NODES), "rules": RULES}
    )
    assert plan.status_code == 409  # nobody was heard of yet
    id_ = begin(world, client, sha256)
    sizes = []
    for _ in range(3):
        having = world.has(sha256)
        sizes.append(len(having))
        world.hear(*having, models=NEW, said={id_: "applied"})
        world.advance()
        assert len(world.has(sha256)) == len(having), "the next stage waits for the soak time"
        world.later(hours=1)
        world.hear(*NODES, models=OLD)
        world.hear(*having, models=NEW, said={id_: "applied"})
        world.advance()
    assert sizes == [1, 3, 10]
    assert state(client, id_) == "done"
    log = client.get(f"/api/v1/rollouts/{id_}").json()["log"]
    assert [one["what"] for one in log[::-1]][:2] == ["started", "stage"]
    assert log[-1]["by"] == "Manager"
    with world.db.transaction() as conn, pytest.raises(RowRefusedError), translated():
        conn.execute("UPDATE rollout_log SET what = 'nothing'")


@pytest.mark.parametrize("said", ["refused", "rolled_back"])
def test_one_failure_stops_it_and_everybody_goes_back(
    world: FleetWorld, client: TestClient, sha256: str, said: str
) -> None:
    id_ = begin(world, client, sha256)
    (first,) = world.has(sha256)
    world.hear(first, models=OLD, said={id_: said}, reason="wrong hash")
    world.advance()
    assert world.has(sha256) == set()
    assert state(client, id_) == "rolling_back"
    world.later(minutes=1)
    world.hear(first, models=OLD, said={id_: said}, reason="wrong hash")
    world.advance()
    assert state(client, id_) == "rolled_back"
    assert states(client, id_) == {node: "returned" if node == first else "left" for node in NODES}
    assert "wrong hash" in client.get(f"/api/v1/rollouts/{id_}").json()["reason"]


def test_a_later_stage_takes_the_earlier_ones_back_to_what_they_had(
    world: FleetWorld, client: TestClient, sha256: str
) -> None:
    id_ = begin(world, client, sha256, shares=[0.2])
    first = world.has(sha256)
    assert len(first) == 2
    for _ in range(2):
        world.hear(*NODES, models=OLD)
        world.hear(*first, models=NEW, said={id_: "applied"})
        world.advance()
        world.later(hours=1)
    assert world.has(sha256) == set(NODES)
    bad = next(node for node in NODES if node not in first)
    world.hear(bad, models=OLD, said={id_: "rolled_back"}, reason="it saw nothing")
    world.advance()
    assert world.has(sha256) == set()
    world.later(minutes=1)
    world.hear(*NODES, models=OLD)
    world.advance()
    assert state(client, id_) == "rolled_back"


def test_who_sees_nothing_any_more_has_failed(world: FleetWorld, client: TestClient, sha256: str) -> None:
    world.hear(*NODES, models=OLD)
    for node in NODES:
        for day in range(1, 6):
            world.saw(node, 20, world.now - timedelta(days=day) + timedelta(minutes=10))
    id_ = begin(world, client, sha256)
    (first,) = world.has(sha256)
    world.hear(first, models=NEW, said={id_: "applied"})
    world.advance()
    world.saw(first, 0, world.now + timedelta(minutes=10))  # it looks, and sees nothing
    world.later(hours=1)
    world.hear(first, models=NEW, said={id_: "applied"})
    world.advance()
    assert state(client, id_) == "rolling_back"
    assert "saw 0 animals, where 20 are usual" in client.get(f"/api/v1/rollouts/{id_}").json()["reason"]
    assert world.has(sha256) == set()


def test_silence_fails_but_who_was_away_before_waits(
    world: FleetWorld, client: TestClient, sha256: str
) -> None:
    away = NODES[1]
    world.later(days=-1)
    world.hear(*NODES, models=OLD)
    world.later(days=1)
    world.hear(*[node for node in NODES if node != away], models=OLD)
    asked = {"sha256": sha256, "nodes": [NODES[0], away], "rules": RULES, "shares": [1.0]}
    id_ = UUID(client.post("/api/v1/reserves/foping/rollouts", json=asked).json()["id"])
    world.hear(NODES[0], models=NEW, said={id_: "applied"})
    world.advance()
    world.later(hours=1)
    world.hear(NODES[0], models=NEW, said={id_: "applied"})
    world.advance()
    assert states(client, id_) == {NODES[0]: "done", away: "waiting"}
    assert state(client, id_) == "running"
    world.later(days=3)
    world.hear(away, models=OLD)
    world.advance()
    assert states(client, id_)[away] == "told"
    world.later(hours=3)
    world.advance()
    assert state(client, id_) == "rolling_back"
    assert "did not say in time" in client.get(f"/api/v1/rollouts/{id_}").json()["reason"]


def test_two_at_once_are_refused_and_people_pause_and_end_them(
    world: FleetWorld, client: TestClient, sha256: str
) -> None:
    id_ = begin(world, client, sha256)
    again = client.post(
        "/api/v1/reserves/foping/rollouts", json={"sha256": sha256, "nodes": [NODES[9]], "rules": RULES}
    )
    assert again.status_code == 409
    assert NODES[9] in again.json()["detail"]
    (first,) = world.has(sha256)
    client.post(f"/api/v1/rollouts/{id_}/pause").raise_for_status()
    world.hear(first, models=NEW, said={id_: "applied"})
    world.advance()
    world.later(hours=2)
    world.hear(*NODES, models=OLD)
    world.hear(first, models=NEW, said={id_: "applied"})
    world.advance()
    assert world.has(sha256) == {first}, "paused"
    client.post(f"/api/v1/rollouts/{id_}/resume").raise_for_status()
    world.advance()
    assert len(world.has(sha256)) == 3
    ended = client.post(f"/api/v1/rollouts/{id_}/cancel", json={"take_back": False, "reason": "enough"})
    assert ended.json()["state"] == "cancelled"
    assert world.has(sha256) == {first}, "who has it keeps it, who has it not yet does not get it"
    assert client.post(f"/api/v1/rollouts/{id_}/cancel", json={"take_back": True}).status_code == 409
