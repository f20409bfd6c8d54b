"""Two workers with the same cameras, nodes or reserves in opposite orders, or one and a roll-out that tells
those nodes: one waits for the other, no deadlock.

A third transaction holds what the first worker needs first, until both workers wait: the order in which they
would lock is then no matter of luck.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

import pytest

from fieldwatch_cloud.db import geography, nodes, rollouts
from fieldwatch_cloud.db.pool import connection, translated
from fieldwatch_cloud.errors import DatabaseUnavailableError
from fieldwatch_cloud.ingest.intake import Intake
from fieldwatch_cloud.ingest.parse import Incoming, Message, parse
from fieldwatch_cloud.media.store import DiskStore
from fieldwatch_cloud.rollouts import run
from fieldwatch_cloud.rollouts.rules import Rules
from fieldwatch_shared.ids import uuid7
from fieldwatch_shared.messages import NodeState
from fieldwatch_shared.topics import Kind, Topic

from .cloud_field import NOON, RESERVE, Field, eventually

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from uuid import UUID

    from pydantic import BaseModel

    from fieldwatch_cloud.db.pool import Database


@pytest.fixture
def field(db: Database) -> Field:
    return Field.make(db)


def _message(content: BaseModel, kind: Kind, node: str, reserve: str = RESERVE) -> Message:
    incoming = Incoming(str(Topic(reserve, node, kind)), content.model_dump_json().encode(), {})
    return parse(incoming, datetime.now(UTC), largest_picture=1)


def _accept_while_held(
    field: Field, url: str, folder: Path, hold: tuple[str, tuple[object, ...]], *batches: list[Message]
) -> list[Exception]:
    """Accept the batches, each in a thread of its own, the first one first; returns what went wrong."""

    def accept(batch: list[Message]) -> None:
        with connection(url) as conn:
            Intake(conn, DiskStore(folder)).accept(batch)

    return _at_once_while_held(field, url, hold, *(partial(accept, batch) for batch in batches))


def _at_once_while_held(
    field: Field, url: str, hold: tuple[str, tuple[object, ...]], *works: Callable[[], object]
) -> list[Exception]:
    """The same of whatever."""
    failures: list[Exception] = []

    def do(work: Callable[[], object]) -> None:
        try:
            work()
        except DatabaseUnavailableError as error:
            failures.append(error)

    def waiting() -> int:
        ((found,),) = field.rows(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            " AND datname = current_database() AND backend_type = 'client backend'"
        )
        return int(found)

    threads = [threading.Thread(target=do, args=(work,)) for work in works]
    with connection(url, autocommit=False) as holder:
        holder.execute(*hold)  # type: ignore[arg-type]
        for number, thread in enumerate(threads, start=1):
            thread.start()
            eventually(lambda number=number: waiting() == number)
        holder.commit()
    for thread in threads:
        thread.join(150)
        assert not thread.is_alive()
    return failures


def test_heartbeats_of_the_same_cameras(field: Field, database_url: str, tmp_path: Path) -> None:
    def beat(minute: int, node: str) -> Message:
        return _message(field.heartbeat(minute, node=node), Kind.HEARTBEAT, node)

    with connection(database_url) as conn:
        Intake(conn, DiskStore(tmp_path)).accept([beat(1, "node-1"), beat(1, "node-2")])
    first = min(field.deployments["node-1"][0], field.deployments["node-2"][0])
    one, two = ("node-1", "node-2") if first in field.deployments["node-1"] else ("node-2", "node-1")
    failures = _accept_while_held(
        field,
        database_url,
        tmp_path,
        ("SELECT 1 FROM effort_day WHERE deployment_id = %s FOR UPDATE", (first,)),
        [beat(2, one), beat(2, two)],
        [beat(3, two), beat(3, one)],
    )
    assert failures == []
    assert field.count("heartbeat") == field.count("effort") == 6
    looked = field.rows("SELECT (upper(spans) - lower(spans))::text FROM effort_day")
    assert looked == [("00:03:00",)] * 2


def test_fires_of_the_same_reserves(field: Field, database_url: str, tmp_path: Path) -> None:
    with field.db.transaction() as conn:
        shore = geography.add_reserve(conn, slug="shore", name="Shore")
        nodes.add(conn, "node-3", reserve_id=shore, name="node-3", password_hash="none")
        field.deployments["node-3"] = [
            geography.add_deployment(
                conn, reserve=shore, node_id="node-3", location_name="S", lon=1, lat=1, started_at=NOON
            )
        ]

    def fire(minute: int, node: str, reserve: str) -> Message:
        return _message(field.suspicion(minute, node=node, id=uuid7()), Kind.SUSPICIONS, node, reserve)

    failures = _accept_while_held(
        field,
        database_url,
        tmp_path,
        ("SELECT pg_advisory_xact_lock(hashtextextended('fieldwatch.incidents.' || %s, 0))", (RESERVE,)),
        [fire(1, "node-1", RESERVE), fire(1, "node-3", "shore")],
        [fire(2, "node-3", "shore"), fire(2, "node-1", RESERVE)],
    )
    assert failures == []
    assert field.rows("SELECT count(*) FROM suspicion GROUP BY incident_id") == [(2,), (2,)]


HOLD_NODE_1 = ("SELECT 1 FROM node WHERE id = 'node-1' FOR NO KEY UPDATE", ())


def _came(*of: str) -> list[Message]:
    return [_message(NodeState(online=True, at=NOON, desired_version=0), Kind.STATE, node) for node in of]


def _in_use(field: Field) -> list[tuple[str, bool]]:
    return [
        (str(node), bool(online)) for node, online in field.rows("SELECT id, online FROM node ORDER BY id")
    ]


def test_states_of_the_same_nodes(field: Field, database_url: str, tmp_path: Path) -> None:
    one, two = _came("node-1", "node-2"), _came("node-2", "node-1")
    assert _accept_while_held(field, database_url, tmp_path, HOLD_NODE_1, one, two) == []
    assert _in_use(field) == [("node-1", True), ("node-2", True)]


def _artifact(field: Field) -> tuple[UUID, rollouts.Artifact]:
    with field.db.transaction() as conn:
        reserve = nodes.reserve_of(conn, "node-1")
        made = rollouts.add_artifact(
            conn,
            reserve,
            sha256="ab" * 32,
            kind="model",
            name="wildlife",
            version="9.9.0",
            bytes_=1,
            signer=None,
            by=None,
        )
    return reserve, made


def test_a_rollout_begins_while_its_nodes_report(field: Field, database_url: str, tmp_path: Path) -> None:
    """The roll-out tells node-1, then node-2; the worker has their states, and heartbeats, the other way."""
    reserve, artifact = _artifact(field)
    beats = [_message(field.heartbeat(1, node=node), Kind.HEARTBEAT, node) for node in ("node-2", "node-1")]

    def start() -> None:
        with translated(), field.db.transaction() as conn:
            stages = [["node-1", "node-2"]]
            run.start(conn, reserve, artifact, stages, wanted=Rules(), by=None, now=datetime.now(UTC))

    def report() -> None:
        with connection(database_url) as conn:
            Intake(conn, DiskStore(tmp_path)).accept([*_came("node-2", "node-1"), *beats])

    assert _at_once_while_held(field, database_url, HOLD_NODE_1, start, report) == []
    assert field.rows("SELECT node_id, state FROM rollout_node ORDER BY node_id") == [
        ("node-1", "told"),
        ("node-2", "told"),
    ]
    assert _in_use(field) == [("node-1", True), ("node-2", True)]
    assert field.count("heartbeat") == 2


def test_a_fire_waits_for_no_node(field: Field, database_url: str, tmp_path: Path) -> None:
    """In one batch with the state of a node that somebody holds, it is in the database before that is."""
    fire = _message(field.suspicion(1, node="node-2", id=uuid7()), Kind.SUSPICIONS, "node-2")
    with connection(database_url, autocommit=False) as holder:
        holder.execute(*HOLD_NODE_1)
        with connection(database_url) as conn:
            intake = Intake(conn, DiskStore(tmp_path))
            worker = threading.Thread(target=intake.accept, args=([*_came("node-1"), fire],))
            worker.start()
            eventually(lambda: field.count("suspicion") == 1)
            assert not field.rows("SELECT 1 FROM node WHERE online")
            holder.commit()
            worker.join(150)
            assert not worker.is_alive()
    assert _in_use(field) == [("node-1", True), ("node-2", False)]
