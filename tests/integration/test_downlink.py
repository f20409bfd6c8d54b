"""Desired states on their way down, through a real broker: to the node they are for, whenever it comes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fieldwatch_cloud.alarms import masks
from fieldwatch_cloud.db import accounts, desired
from fieldwatch_cloud.db import masks as kept_masks
from fieldwatch_cloud.operations import node_access
from fieldwatch_shared.ids import uuid7
from fieldwatch_shared.messages import DesiredState, NodeState
from fieldwatch_shared.topics import Kind, Topic

from .cloud_field import NOON, RESERVE, Field, NodeClient, cloud_settings, eventually, let_in, working

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Database
    from fieldwatch_cloud.services.mosquitto import EmbeddedMosquitto
    from fieldwatch_cloud.settings import CloudSettings

TRIANGLE = [(0.1, 0.5), (0.2, 0.5), (0.2, 0.7)]


@pytest.fixture
def field(db: Database) -> Field:
    return Field.make(db)


@pytest.fixture
def settings(field: Field, mosquitto: EmbeddedMosquitto, database_url: str, tmp_path: Path) -> CloudSettings:
    let_in(mosquitto, database_url)
    return cloud_settings(tmp_path, database_url, mosquitto.url)


@pytest.fixture
def person(field: Field) -> UUID:
    with field.db.transaction() as conn:
        return accounts.add_account(conn, email="t@example.org", name="T", password="correct horse")


def draw(field: Field, person: UUID, node: str = "node-1") -> UUID:
    new = uuid7()
    with field.db.transaction() as conn:
        masks.add(conn, new, field.deployments[node][0], TRIANGLE, "road", account_id=person)
    return new


class Node(NodeClient):
    """Asks for what it is to do, as a real one does when it connects."""

    def __init__(self, broker: EmbeddedMosquitto, node: str = "node-1") -> None:
        super().__init__(broker.port, node)
        assert self.connected.wait(150)
        self.subscribe(self.topic(Kind.DESIRED))

    @property
    def states(self) -> list[DesiredState]:
        return [DesiredState.model_validate_json(body) for body in self.received[self.topic(Kind.DESIRED)]]

    def works_by(self, version: int) -> None:
        state = NodeState(online=True, at=NOON, desired_version=version)
        self.send(Kind.STATE, state.model_dump_json())


def standing(field: Field, node: str = "node-1") -> tuple[Any, ...]:
    """(version, published, reported)."""
    (row,) = field.rows(
        f"SELECT version, published, reported FROM desired_state WHERE node_id = '{node}'"  # noqa: S608
    )
    return row


def test_a_node_that_was_away_gets_it_when_it_comes(
    field: Field, settings: CloudSettings, mosquitto: EmbeddedMosquitto, person: UUID
) -> None:
    with working(settings):
        first, second = draw(field, person), draw(field, person)
        eventually(lambda: standing(field)[1] == 2)
        node = Node(mosquitto)
        eventually(lambda: node.states)
        assert [state.version for state in node.states] == [2], "the newest alone, complete"
        assert [mask.id for mask in node.states[0].cameras[0].masks] == [first, second]
        node.works_by(2)
        eventually(lambda: standing(field) == (2, 2, 2))
        with field.db.transaction() as conn:
            assert [mask.applied for mask in kept_masks.masks(conn, field.deployments["node-1"][0])] == [
                True,
                True,
            ]
        # Connected, it hears of a change as it is made.
        draw(field, person)
        eventually(lambda: [state.version for state in node.states] == [2, 3])
        node.vanish()
        eventually(lambda: field.count("node", "id = 'node-1' AND NOT online"))
        assert standing(field)[2] == 2, "its last will says nothing of versions"
        node.close()


def test_what_was_changed_while_no_worker_ran_is_published_later(
    field: Field, settings: CloudSettings, mosquitto: EmbeddedMosquitto, person: UUID
) -> None:
    draw(field, person)
    assert standing(field) == (1, None, None)
    with working(settings):
        eventually(lambda: standing(field)[1] == 1)
    node = Node(mosquitto)
    eventually(lambda: node.states)
    node.close()


def test_a_broker_that_lost_everything_gets_it_again(
    field: Field,
    settings: CloudSettings,
    mosquitto: EmbeddedMosquitto,
    person: UUID,
    database_url: str,
    state_dir: Path,
) -> None:
    draw(field, person)
    with working(settings):
        eventually(lambda: standing(field)[1] == 1)
        mosquitto.stop()
        (kept,) = state_dir.rglob("mosquitto.db")
        kept.unlink()
        mosquitto.start(lambda: node_access(database_url))
        node = Node(mosquitto)
        eventually(lambda: node.states)
        node.close()


def test_a_stolen_node_reads_its_own_and_no_other(
    field: Field, settings: CloudSettings, mosquitto: EmbeddedMosquitto, person: UUID
) -> None:
    draw(field, person)
    draw(field, person, "node-2")
    with working(settings):
        eventually(lambda: standing(field, "node-2")[1] == 1)
        thief = Node(mosquitto, "node-2")
        for topic in (f"fieldwatch/v1/{RESERVE}/node-1/desired", "fieldwatch/v1/+/+/desired", "#"):
            thief.subscribe(topic)
        # It may not say what others are to do either, nor what it is to do itself.
        forged = DesiredState(version=99).model_dump_json()
        for node in ("node-1", "node-2"):
            thief.send(Kind.STATE, forged, topic=str(Topic(RESERVE, node, Kind.DESIRED)))
        honest = Node(mosquitto)
        eventually(lambda: honest.states and thief.states)
        # What is sent after the forgeries arrives after what would have come of them.
        draw(field, person)
        draw(field, person, "node-2")
        eventually(lambda: honest.states[-1].version == 2 and thief.states[-1].version == 2)
        assert {topic for topic, bodies in thief.received.items() if bodies} == {thief.topic(Kind.DESIRED)}
        for node in (honest, thief):
            assert {state.version for state in node.states} == {1, 2}
            node.close()


def test_one_worker_publishes_and_another_does_not(
    field: Field, settings: CloudSettings, mosquitto: EmbeddedMosquitto, person: UUID
) -> None:
    """An older word must not come last."""
    draw(field, person)
    with working(settings, slot=1):
        node = Node(mosquitto)
        with working(settings, slot=0):
            eventually(lambda: standing(field)[1] == 1)
            eventually(lambda: node.states)
        assert len(node.states) == 1
        node.close()


def test_what_a_node_reports_goes_to_itself_alone(field: Field, person: UUID) -> None:
    draw(field, person)
    draw(field, person, "node-2")
    with field.db.transaction() as conn:
        desired.reported(conn, "node-1", 1)
    assert (standing(field)[2], standing(field, "node-2")[2]) == (1, None)
