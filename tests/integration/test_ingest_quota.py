"""What one node may bring in a day: beyond it nothing is kept, nobody else waits, and people are told."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fieldwatch_cloud.db import nodes
from fieldwatch_cloud.db.pool import connection
from fieldwatch_cloud.ingest.intake import Intake, Item, Refused
from fieldwatch_cloud.ingest.parse import Incoming, Message, parse
from fieldwatch_cloud.ingest.quota import OBSERVATION_BYTES, Limit, Limits, Share
from fieldwatch_cloud.media.store import DiskStore
from fieldwatch_cloud.overview.build import read_state
from fieldwatch_cloud.settings import IngestSettings
from fieldwatch_shared.ids import uuid7
from fieldwatch_shared.messages import Receipt, utc_now
from fieldwatch_shared.topics import Kind, Topic

from .cloud_field import RESERVE, Field, NodeClient, cloud_settings, eventually, let_in, working

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from uuid import UUID

    from pydantic import BaseModel

    from fieldwatch_cloud.db.pool import Database
    from fieldwatch_cloud.overview.needs import Need
    from fieldwatch_cloud.services.mosquitto import EmbeddedMosquitto


@pytest.fixture(autouse=True)
def one_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the test runs over midnight."""
    noon = utc_now().replace(hour=12)
    monkeypatch.setattr("fieldwatch_cloud.ingest.intake.utc_now", lambda: noon)


NO_BOUND: Limits = {share: Limit() for share in Share}


@pytest.fixture
def field(db: Database) -> Field:
    return Field.make(db)


def message(content: BaseModel, kind: Kind, node: str) -> Message:
    incoming = Incoming(str(Topic(RESERVE, node, kind)), content.model_dump_json().encode(), {})
    return parse(incoming, utc_now(), largest_picture=1)


def picture(field: Field, content: bytes, node: str) -> Message:
    record = field.media(content, node=node).model_dump_json()
    incoming = Incoming(str(Topic(RESERVE, node, Kind.MEDIA)), content, {"media": record})
    return parse(incoming, utc_now(), largest_picture=10_000)


def seen(field: Field, n: int, node: str) -> Message:
    return message(field.batch(field.observation(n, node=node)), Kind.OBSERVATIONS, node)


@pytest.fixture
def store(tmp_path: Path) -> DiskStore:
    return DiskStore(tmp_path)


class Door:
    """An intake with limits of one's own."""

    def __init__(self, url: str, store: DiskStore, **limits: Limit) -> None:
        self._url, self._store = url, store
        self._limits = NO_BOUND | {Share(share): limit for share, limit in limits.items()}

    def refuses(self, *items: Item) -> list[int]:
        """Which of them, by their place."""
        with connection(self._url) as conn:
            over = Intake(conn, self._store, self._limits).accept(items)
        return sorted(items.index(item) for item in over)


def needs(field: Field) -> list[Need]:
    with field.db.transaction() as conn:
        return [
            need
            for need in read_state(conn, nodes.reserve_of(conn, "node-1"), utc_now()).needs
            if need.code == "node_over_quota"
        ]


def test_records_beyond_a_days_share_are_not_kept_and_the_next_day_they_are(
    field: Field, database_url: str, store: DiskStore
) -> None:
    sizes = [len(seen(field, n, "node-1").incoming.payload) for n in range(4)]
    two = 2 * max(*sizes, OBSERVATION_BYTES)
    door = Door(database_url, store, records=Limit(bytes=two))
    mine, others = [seen(field, n, "node-1") for n in range(4)], [seen(field, n, "node-2") for n in range(2)]
    assert door.refuses(*mine, *others) == [2, 3]
    assert field.count("observation") == 4
    assert door.refuses(mine[3]) == [0], "in another batch, too"
    assert door.refuses(message(field.suspicion(1), Kind.SUSPICIONS, "node-1")) == [], (
        "fires are another share"
    )
    (need,) = needs(field)
    assert (need.n, need.href) == (1, "#fleet/nodes/node-1")
    field.rows("UPDATE node_intake SET day = day - 2 RETURNING 1")
    assert door.refuses(*mine[2:]) == []
    assert field.count("observation") == 6
    assert needs(field) == [], "what was two days ago is over"


def test_a_few_packed_bytes_count_as_the_rows_that_they_make(
    field: Field, database_url: str, store: DiskStore
) -> None:
    many = [field.observation(n) for n in range(20)]
    packed = message(field.batch(*many), Kind.OBSERVATIONS, "node-1")
    packed = replace(packed, incoming=replace(packed.incoming, payload=b"packed"))
    assert Door(database_url, store, records=Limit(bytes=19 * OBSERVATION_BYTES)).refuses(packed) == [0]
    assert Door(database_url, store, records=Limit(bytes=20 * OBSERVATION_BYTES)).refuses(packed) == []


def test_pictures_beyond_it_are_not_on_the_disk_either(
    field: Field, database_url: str, store: DiskStore, tmp_path: Path
) -> None:
    door = Door(database_url, store, pictures=Limit(bytes=1500))
    first, second, other = b"a" * 1000, b"b" * 1000, b"c" * 1000
    pictures = [
        picture(field, content, node)
        for content, node in ((first, "node-1"), (second, "node-1"), (other, "node-2"))
    ]
    assert door.refuses(*pictures) == [1]
    assert field.count("media") == 2
    kept = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert second not in kept
    assert len(kept) == 2


def test_a_broken_message_more_than_may_be_held_is_counted_and_told_but_not_held(
    field: Field, database_url: str, store: DiskStore
) -> None:
    def broken(n: int, node: str) -> Refused:
        topic = str(Topic(RESERVE, node, Kind.OBSERVATIONS))
        return Refused(Incoming(topic, b"{" * 100 + str(n).encode(), {}), "not JSON")

    door = Door(database_url, store, quarantine=Limit(messages=3))
    assert door.refuses(*(broken(n, "node-1") for n in range(50))) == list(range(3, 50))
    assert door.refuses(broken(1, "node-2"), broken(99, "node-1")) == [1]
    assert field.count("quarantine") == 4
    assert field.rows("SELECT node_id, messages, refused FROM node_intake ORDER BY node_id") == [
        ("node-1", 3, 48),
        ("node-2", 1, 0),
    ]
    by_bytes = Door(database_url, store, quarantine=Limit(bytes=1000))
    assert by_bytes.refuses(broken(7, "node-2"), *(broken(n, "node-2") for n in range(100, 120)))[0] > 1


def test_over_the_broker_only_what_is_kept_is_receipted_and_others_go_on(
    field: Field, mosquitto: EmbeddedMosquitto, database_url: str, tmp_path: Path
) -> None:
    """A worker as it runs: the node that floods it with rubbish still gets its fire through."""
    let_in(mosquitto, database_url)
    settings = cloud_settings(tmp_path, database_url, mosquitto.url)
    settings = replace(settings, ingest=IngestSettings(node_refused_messages=2))
    rubbish = [uuid7() for _ in range(5)]
    with node(mosquitto, "node-1") as one, node(mosquitto, "node-2") as two, working(settings):
        for id_ in rubbish:
            one.send(Kind.OBSERVATIONS, json.dumps({"message_id": str(id_), "observations": "?"}))
        good = one.observe(field.observation(1))
        fire = field.suspicion(1)
        one.send(Kind.SUSPICIONS, fire.model_dump_json())
        theirs = two.observe(field.observation(2, node="node-2"))
        eventually(lambda: {good.message_id, fire.message_id} <= receipted(one))
        eventually(lambda: theirs.message_id in receipted(two))
        assert set(rubbish) & receipted(one) == set(rubbish[:2])
    assert field.count("quarantine") == 2
    assert [need.n for need in needs(field)] == [1]


@contextmanager
def node(broker: EmbeddedMosquitto, id_: str) -> Iterator[NodeClient]:
    """A client of the broker that listens for its receipts."""
    client = NodeClient(broker.port, id_)
    assert client.connected.wait(60)
    client.subscribe(client.topic(Kind.RECEIPT))
    yield client
    client.close()


def receipted(client: NodeClient) -> set[UUID]:
    bodies = client.received[client.topic(Kind.RECEIPT)]
    return {id_ for body in bodies for id_ in Receipt.model_validate_json(body).message_ids}
