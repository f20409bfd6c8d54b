"""Two workers with the same cameras or reserves in opposite orders: one waits for the other, no deadlock.

A third transaction holds what the first worker needs first, until both workers wait: the order in which they
would lock is then no matter of luck.
"""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from fieldwatch_cloud.db import geography, nodes
from fieldwatch_cloud.db.pool import connection
from fieldwatch_cloud.errors import DatabaseUnavailableError
from fieldwatch_cloud.ingest.intake import Intake
from fieldwatch_cloud.ingest.parse import Incoming, Message, parse
from fieldwatch_cloud.media.store import DiskStore
from fieldwatch_shared.ids import uuid7
from fieldwatch_shared.topics import Kind, Topic

from .cloud_field import NOON, RESERVE, Field, eventually

if TYPE_CHECKING:
    from pathlib import Path

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
    failures: list[Exception] = []

    def accept(batch: list[Message]) -> None:
        with connection(url) as conn:
            try:
                Intake(conn, DiskStore(folder)).accept(batch)
            except DatabaseUnavailableError as error:
                failures.append(error)

    def waiting() -> int:
        ((found,),) = field.rows("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
        return int(found)

    threads = [threading.Thread(target=accept, args=(batch,)) for batch in batches]
    with connection(url, autocommit=False) as holder:
        holder.execute(*hold)  # type: ignore[arg-type]
        for number, thread in enumerate(threads, start=1):
            thread.start()
            eventually(lambda number=number: waiting() == number)
        holder.commit()
    for thread in threads:
        thread.join(30)
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
