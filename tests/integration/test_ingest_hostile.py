"""Messages that nobody means well with, or that hit a bug of ours: they stop nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from fieldwatch_cloud.db import quarantine
from fieldwatch_cloud.db.pool import Database, connection, translated
from fieldwatch_cloud.errors import InvalidMessageError, QueryTimeoutError
from fieldwatch_cloud.ingest.replay import replay
from fieldwatch_cloud.media.store import DiskStore
from fieldwatch_shared.ids import uuid7
from fieldwatch_shared.topics import Kind, Topic

from .cloud_field import RESERVE, Field, NodeClient, cloud_settings, eventually, let_in, working

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fieldwatch_cloud.services.mosquitto import EmbeddedMosquitto


@pytest.fixture
def field(db: Database) -> Field:
    return Field.make(db)


@pytest.fixture
def node(
    field: Field, database_url: str, mosquitto: EmbeddedMosquitto, state_dir: Path
) -> Iterator[NodeClient]:
    let_in(mosquitto, database_url)
    with working(cloud_settings(state_dir, database_url, mosquitto.url)):
        client = NodeClient(mosquitto.port)
        yield client
        client.close()


@pytest.mark.parametrize("letter", ["a", "山"])
def test_a_topic_too_long_for_an_index_is_kept_cut(field: Field, letter: str) -> None:
    """PostgreSQL calls that an operational error, and so ingest tried again for ever."""
    # Of bytes that compress badly, or the index would take it after all.
    topic = "".join(chr(ord(letter) + n * n * 31 % 20_000) for n in range(8000))
    for other in (topic, topic + "x", topic):
        with field.db.transaction() as conn:
            quarantine.add(conn, other, b"payload", {}, "no topic of ours")
    with field.db.transaction() as conn:
        kept = quarantine.entries(conn)
    assert len(kept) == 2
    assert all(topic.startswith(entry.topic) and len(entry.topic) > 300 for entry in kept)


def test_a_message_that_not_even_quarantine_holds_stops_nothing_and_stays_with_its_node(
    field: Field, node: NodeClient
) -> None:
    with field.db.transaction() as conn:
        conn.execute("ALTER TABLE quarantine ADD CHECK (length(payload) = 0)")
    lost = node.observe(field.observation(1, deployment_id=uuid7()))
    good = node.observe(field.observation(2))
    eventually(lambda: good.message_id in node.receipts)
    also_good = node.observe(field.observation(3))
    eventually(lambda: also_good.message_id in node.receipts)
    assert lost.message_id not in node.receipts
    assert field.count("observation") == 2


def test_a_statement_that_takes_too_long_says_so(database_url: str) -> None:
    with connection(database_url) as conn:
        conn.execute("SET statement_timeout = '20ms'")
        with pytest.raises(QueryTimeoutError, match="a smaller area or a shorter span"), translated():
            conn.execute("SELECT pg_sleep(2)")


def test_what_we_fail_over_is_refused_by_a_replay_too(
    field: Field, database_url: str, tmp_path: Path
) -> None:
    """A time that overflows in UTC makes the parser raise, not the contract."""
    message = field.batch(field.observation(1)).model_dump(mode="json")
    message["observations"][0]["observed_at"] = "9999-12-31T23:59:59.999999-12:00"
    topic = str(Topic(RESERVE, "node-1", Kind.OBSERVATIONS))
    with field.db.transaction() as conn:
        quarantine.add(conn, topic, json.dumps(message).encode(), {}, "first reason")
        (entry,) = quarantine.entries(conn)
    with pytest.raises(InvalidMessageError, match="OverflowError"):
        replay(database_url, DiskStore(tmp_path), entry.id, largest_picture=1)
    with field.db.transaction() as conn:
        (entry,) = quarantine.entries(conn)
    assert "OverflowError" in entry.reason
