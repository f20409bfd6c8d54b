"""What dies in the middle of a backlog: ingest, broker, PostgreSQL. Nothing is lost, nothing doubled."""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING

import pytest
import structlog

from fieldwatch_cloud.db.migrate import migrate
from fieldwatch_cloud.db.pool import Database
from fieldwatch_cloud.operations import node_access
from fieldwatch_cloud.services.mosquitto import EmbeddedMosquitto
from fieldwatch_cloud.services.postgres import EmbeddedPostgres
from fieldwatch_shared.topics import Kind

from .cloud_field import Field, IngestProcess, NodeClient, cloud_settings, eventually, let_in, working

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from uuid import UUID

    from fieldwatch_cloud.settings import CloudSettings
    from fieldwatch_shared.messages import ObservationBatch

# Five processes, each of which loads the whole service; and thousands of records, some of them twice.
pytestmark = pytest.mark.timeout(900)

MESSAGES, PER_MESSAGE = 400, 20


@pytest.fixture
def field(db: Database) -> Field:
    return Field.make(db)


@pytest.fixture
def settings(field: Field, database_url: str, mosquitto: EmbeddedMosquitto, state_dir: Path) -> CloudSettings:
    let_in(mosquitto, database_url)
    return cloud_settings(state_dir, database_url, mosquitto.url)


class Sender:
    """As the real node does: sends again, from time to time, what has no receipt yet."""

    def __init__(
        self, field: Field, port: int, messages: int = MESSAGES, *, at_first: int = MESSAGES
    ) -> None:
        self._may_send = at_first
        self._client = NodeClient(port)
        self._batches: dict[UUID, ObservationBatch] = {}
        for m in range(messages):
            first = m * PER_MESSAGE
            batch = field.batch(*(field.observation(n) for n in range(first, first + PER_MESSAGE)))
            self._batches[batch.message_id] = batch
        self._stopping = threading.Event()
        self._look_again = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Sender:
        assert self._client.connected.wait(60)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._look_again.set()
        self._thread.join()
        self._client.close()

    def send_the_rest(self) -> None:
        self._may_send = len(self._batches)
        self._look_again.set()

    @property
    def waiting(self) -> int:
        return len(self._batches.keys() - self._client.receipts)

    def receipted_from(self, first: int) -> set[UUID]:
        """Of the messages from that one on."""
        return set(list(self._batches)[first:]) & self._client.receipts

    def _run(self) -> None:
        while not self._stopping.is_set():
            for message_id, batch in list(self._batches.items())[: self._may_send]:
                if message_id not in self._client.receipts and not self._stopping.is_set():
                    self._client.send(Kind.OBSERVATIONS, batch.model_dump_json())
            self._look_again.wait(15)
            self._look_again.clear()


def _each_once(field: Field, messages: int = MESSAGES) -> None:
    wanted = {field.observation(n).id for n in range(messages * PER_MESSAGE)}
    found = [id_ for (id_,) in field.rows("SELECT id FROM observation")]
    assert len(found) == len(wanted)
    assert set(found) == wanted
    assert field.count("quarantine") == 0


def test_killed_four_times(field: Field, settings: CloudSettings, mosquitto: EmbeddedMosquitto) -> None:
    process = IngestProcess(settings)
    try:
        with Sender(field, mosquitto.port) as sender:
            for quarter in range(1, 5):
                target = MESSAGES * PER_MESSAGE * quarter // 5
                eventually(lambda target=target: field.count("observation") >= target, within_s=150)
                process.kill()
                process = IngestProcess(settings)
            eventually(lambda: not sender.waiting, within_s=150)
    finally:
        process.stop()
    _each_once(field)


def test_two_workers_share_the_work(
    field: Field, settings: CloudSettings, mosquitto: EmbeddedMosquitto
) -> None:
    with (
        structlog.testing.capture_logs() as logs,
        working(settings, 0),
        working(settings, 1),
        Sender(field, mosquitto.port) as sender,
    ):
        eventually(lambda: not sender.waiting, within_s=200)
    shares = Counter[str]()
    for entry in logs:
        if entry["event"] == "ingest.committed":
            shares[entry["lane"]] += entry["messages"]
    assert shares.keys() == {"ingest_0", "ingest_1"}
    assert min(shares.values()) > MESSAGES / 10, "one did nearly all"
    _each_once(field)


def test_broker_killed_and_started_again(
    field: Field, settings: CloudSettings, database_url: str, state_dir: Path, mosquitto: EmbeddedMosquitto
) -> None:
    with working(settings), Sender(field, mosquitto.port) as sender:
        eventually(lambda: field.count("observation") > 1000)
        mosquitto.process.kill()
        again = EmbeddedMosquitto(state_dir)
        again.start(lambda: node_access(database_url))
        try:
            assert again.port == mosquitto.port
            eventually(lambda: not sender.waiting, within_s=200)
        finally:
            again.stop()
    _each_once(field)


@pytest.fixture
def own_postgres(short_dir: Path) -> Iterator[EmbeddedPostgres]:
    """A cluster that may be killed, with the settings of production."""
    server = EmbeddedPostgres(short_dir / "own")
    server.start()
    yield server
    server.stop()


@pytest.mark.parametrize("how", ["restarted", "killed"])
def test_database_lost_in_the_middle(
    own_postgres: EmbeddedPostgres, state_dir: Path, mosquitto: EmbeddedMosquitto, how: str
) -> None:
    migrate(own_postgres.url)
    messages = 200
    with Database(own_postgres.url, wait_s=150) as db:
        with db.transaction() as conn:
            conn.execute("TRUNCATE account, reserve, node, deployment, observation CASCADE")
        field = Field.make(db)
        let_in(mosquitto, own_postgres.url)
        settings = cloud_settings(state_dir, own_postgres.url, mosquitto.url)
        with (
            structlog.testing.capture_logs() as logs,
            working(settings),
            Sender(field, mosquitto.port, messages, at_first=messages // 2) as sender,
        ):

            def attempts() -> int:
                return sum(e["event"] == "ingest.waiting" and e["lane"] == "ingest_0" for e in logs)

            eventually(lambda: field.count("observation") > 500)
            if how == "killed":
                own_postgres.process.kill()
            own_postgres.stop()
            sender.send_the_rest()
            eventually(lambda: attempts() >= 5)
            # Of the first half some were committed before; of what was sent since, nothing can be.
            assert not sender.receipted_from(messages // 2), "receipts without a database"
            own_postgres.start()
            eventually(lambda: not sender.waiting, within_s=200)
        _each_once(field, messages)
