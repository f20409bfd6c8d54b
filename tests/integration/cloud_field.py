"""A reserve with two nodes and their deployments, nodes that speak MQTT, and ingest workers over them."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import paho.mqtt.client as paho
import psycopg
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from fieldwatch_cloud.db import geography, nodes
from fieldwatch_cloud.ingest import worker
from fieldwatch_cloud.media.store import DiskStore
from fieldwatch_cloud.operations import node_access
from fieldwatch_cloud.services.mosquitto_files import hash_password
from fieldwatch_cloud.settings import CloudSettings
from fieldwatch_shared.ids import uuid7, uuid7_from
from fieldwatch_shared.messages import (
    Box,
    CameraHealth,
    Clock,
    EffortSpan,
    Heartbeat,
    Media,
    NodeState,
    Observation,
    ObservationBatch,
    Receipt,
    Suspicion,
    SuspicionMessage,
)
from fieldwatch_shared.topics import Kind, Topic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Database
    from fieldwatch_cloud.services.mosquitto import EmbeddedMosquitto

RESERVE = "ridge"
NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
CLOCK = Clock(quality="ntp", offset_s=0.01)
PASSWORD = "not-a-secret"


def eventually(what: Callable[[], Any], *, within_s: float = 150) -> Any:
    """The first true value of `what()`; fails the test when it takes too long."""
    deadline = time.monotonic() + within_s
    while True:
        found = what()
        if found:
            return found
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


@dataclass
class Field:
    """Two nodes, `node-1` with two deployments and `node-2` with one, in one reserve."""

    db: Database
    deployments: dict[str, list[UUID]] = field(default_factory=dict)

    @classmethod
    def make(cls, db: Database) -> Field:
        made = cls(db)
        with db.transaction() as conn:
            reserve = geography.add_reserve(conn, slug=RESERVE, name="Ridge")
            for node, count in (("node-1", 2), ("node-2", 1)):
                nodes.add(conn, node, reserve_id=reserve, name=node, password_hash=hash_password(PASSWORD))
                made.deployments[node] = [
                    geography.add_deployment(
                        conn,
                        reserve=reserve,
                        node_id=node,
                        location_name=f"{node} {n}",
                        lon=107.5 + 0.01 * n,
                        lat=33.6,
                        heading_deg=0,
                        started_at=NOON - timedelta(days=10),
                    )
                    for n in range(count)
                ]
        return made

    def observation(self, n: int = 0, *, node: str = "node-1", **fields: Any) -> Observation:
        at = NOON + timedelta(seconds=n)
        values: dict[str, Any] = {
            "id": uuid7_from(at, node, str(n)),
            "deployment_id": self.deployments[node][0],
            "observed_at": at,
            "clock": CLOCK,
            "ended_at": at + timedelta(seconds=3),
            "observation_type": "animal",
            "scientific_name": "Panthera pardus",
            "confidence": 0.75,
            "box": Box(x=0.1, y=0.2, width=0.3, height=0.4),
            "model": "wildlife@0.1.0",
        }
        return Observation(**(values | fields))

    def batch(self, *observations: Observation) -> ObservationBatch:
        return ObservationBatch(message_id=uuid7(), observations=list(observations))

    def suspicion(self, minute: float = 0, *, node: str = "node-1", **fields: Any) -> SuspicionMessage:
        at = NOON + timedelta(minutes=minute)
        values: dict[str, Any] = {
            "id": uuid7_from(at, node, "fire"),
            "deployment_id": self.deployments[node][0],
            "observed_at": at,
            "first_seen_at": at - timedelta(minutes=2),
            "clock": CLOCK,
            "kind": "smoke",
            "confidence": 0.5,
            "box": Box(x=0.1, y=0.2, width=0.3, height=0.4),
            "bearing_deg": 12.5,
            "bearing_sd_deg": 2,
            "model": "fire@0.1.0",
        }
        return SuspicionMessage(message_id=uuid7(), suspicion=Suspicion(**(values | fields)))

    def media(self, content: bytes, *, node: str = "node-1", **fields: Any) -> Media:
        values: dict[str, Any] = {
            "id": uuid7(),
            "message_id": uuid7(),
            "deployment_id": self.deployments[node][0],
            "observed_at": NOON,
            "clock": CLOCK,
            "mime": "image/jpeg",
            "sha256": hashlib.sha256(content).hexdigest(),
            "width": 640,
            "height": 480,
        }
        return Media(**(values | fields))

    def heartbeat(self, minute: float = 0, *, node: str = "node-1", **fields: Any) -> Heartbeat:
        at = NOON + timedelta(minutes=minute)
        deployment = self.deployments[node][0]
        values: dict[str, Any] = {
            "message_id": uuid7(),
            "id": uuid7_from(at, node, "heartbeat"),
            "observed_at": at,
            "clock": CLOCK,
            "uptime_s": 60,
            "software": "fieldwatch 0.1.0",
            "cameras": [
                CameraHealth(deployment_id=id_, last_frame_at=at, frames=60) for id_ in self.deployments[node]
            ],
            "effort": [
                EffortSpan(
                    id=uuid7_from(at, node, "effort"),
                    deployment_id=deployment,
                    started_at=at - timedelta(minutes=1),
                    ended_at=at,
                    frames=60,
                )
            ],
            "outbox_records": 0,
            "outbox_bytes": 0,
            "next_within_s": 60,
        }
        return Heartbeat(**(values | fields))

    def count(self, table: str, where: str = "true") -> int:
        with self.db.transaction() as conn:
            (row,) = conn.execute(f"SELECT count(*) FROM {table} WHERE {where}")  # noqa: S608
        return int(row[0])

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.db.transaction() as conn:
            return conn.execute(query).fetchall()  # type: ignore[arg-type]


class NodeClient:
    """A node's side of MQTT, with less care than the real one: it sends, and remembers its receipts."""

    def __init__(
        self, port: int, node: str = "node-1", *, password: str = PASSWORD, client_id: str | None = None
    ) -> None:
        self.node = node
        self.received: dict[str, list[bytes]] = defaultdict(list)
        self.receipts: set[UUID] = set()
        self.receipt_order: list[UUID] = []
        self.refused: Any = None
        self.connections = 0
        self.connected = threading.Event()
        self._client = paho.Client(
            paho.CallbackAPIVersion.VERSION2, client_id=client_id or f"test-{node}", protocol=paho.MQTTv5
        )
        self._client.username_pw_set(node, password)
        self._client.max_inflight_messages = 20
        self._client.reconnect_delay_set(1, 1)
        self._client.on_socket_open = lambda _client, _data, sock: sock.setsockopt(
            socket.IPPROTO_TCP, socket.TCP_NODELAY, 1
        )
        self._client.on_connect = self._connected
        self._client.on_message = self._message
        self._answered: set[int | None] = set()
        self._client.on_subscribe = lambda _client, _data, mid, _reasons, _props: self._answered.add(mid)
        will = NodeState(online=False, at=NOON).model_dump_json()
        self._client.will_set(self.topic(Kind.STATE), will, qos=1, retain=True)
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = 3600
        self._client.connect_async("127.0.0.1", port, clean_start=False, properties=properties)
        self._client.loop_start()

    def topic(self, kind: Kind) -> str:
        return str(Topic(RESERVE, self.node, kind))

    def send(
        self, kind: Kind, payload: bytes | str, *, media: Media | None = None, topic: str | None = None
    ) -> paho.MQTTMessageInfo:
        properties = Properties(PacketTypes.PUBLISH)
        properties.UserProperty = [("schema-version", "1.0")]
        if media is not None:
            properties.UserProperty = ("media", media.model_dump_json())
        return self._client.publish(
            topic or self.topic(kind), payload, qos=1, retain=kind is Kind.STATE, properties=properties
        )

    def observe(self, *observations: Observation) -> ObservationBatch:
        batch = ObservationBatch(message_id=uuid7(), observations=list(observations))
        self.send(Kind.OBSERVATIONS, batch.model_dump_json())
        return batch

    def subscribe(self, topic: str) -> None:
        """Returns once the broker has answered: what is published before is not for us."""
        _, mid = self._client.subscribe(topic, qos=1)
        eventually(lambda: mid in self._answered)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def vanish(self) -> None:
        """Drop the connection without a goodbye: the broker sends the will."""
        self._client.loop_stop()
        sock = self._client.socket()
        assert sock is not None
        sock.close()

    def _connected(self, client: paho.Client, _data: Any, _flags: Any, reason: Any, _props: Any) -> None:
        if reason.is_failure:
            self.refused = reason
            return
        client.subscribe(self.topic(Kind.RECEIPT), qos=1)
        self.connections += 1
        self.connected.set()

    def _message(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        self.received[message.topic].append(bytes(message.payload))
        if message.topic == self.topic(Kind.RECEIPT):
            ids = Receipt.model_validate_json(message.payload).message_ids
            self.receipt_order += ids
            self.receipts |= set(ids)


class Notices:
    """What the live stream would hear, from now on."""

    def __init__(self, url: str) -> None:
        self._conn = psycopg.connect(url, autocommit=True)
        self.heard: list[dict[str, Any]] = []
        self._marks = set[str]()
        self._conn.add_notify_handler(self._take)
        self._conn.execute("LISTEN fieldwatch_live")
        self._conn.execute("LISTEN fieldwatch_mark")

    def of(self, event: str) -> list[Any]:
        """Of all that was committed by now: notices come in the order of the commits, so before our mark."""
        mark = str(uuid7())
        self._conn.execute("SELECT pg_notify('fieldwatch_mark', %s)", (mark,))
        while mark not in self._marks:
            self._conn.execute("SELECT")
        return [notice for notice in self.heard if notice["event"] == event]

    def _take(self, notice: psycopg.Notify) -> None:
        if notice.channel == "fieldwatch_mark":
            self._marks.add(notice.payload)
        else:
            self.heard.append(json.loads(notice.payload))

    def close(self) -> None:
        self._conn.close()


def cloud_settings(state: Path, database_url: str, mqtt_url: str) -> CloudSettings:
    return CloudSettings.load(state).with_urls(database_url, mqtt_url)


@contextmanager
def working(settings: CloudSettings, slot: int = 0) -> Iterator[DiskStore]:
    """An ingest worker in a thread of this process."""
    stopping = threading.Event()
    ready = threading.Event()
    failures: list[BaseException] = []
    store = DiskStore(settings.media_dir)

    def work() -> None:
        try:
            worker.run(settings, store, slot, stopping, ready.set)
        except BaseException as error:  # noqa: BLE001  It is raised again below.
            failures.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        eventually(lambda: ready.is_set() or failures)
        assert not failures
        yield store
    finally:
        stopping.set()
        thread.join(150)
        assert not thread.is_alive()
        assert not failures


class IngestProcess:
    """An ingest worker as a process of its own, to be killed."""

    def __init__(self, settings: CloudSettings, slot: int = 0) -> None:
        environment = {
            **os.environ,
            "FIELDWATCH_STATE": str(settings.state),
            "FIELDWATCH_DATABASE_URL": settings.database_url,
            "FIELDWATCH_MQTT_URL": settings.mqtt_url,
            # Small batches: a kill is to find some messages committed, some acknowledged and some neither.
            "FIELDWATCH_INGEST_BATCH_MESSAGES": "10",
            "FIELDWATCH_INGEST_RECEIVE_MAXIMUM": "30",
        }
        command = "from fieldwatch_cloud.cli import app; app()"
        self._process = subprocess.Popen(
            [sys.executable, "-c", command, "ingest", "--slot", str(slot)],
            env=environment,
            stdout=subprocess.DEVNULL,
        )

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(120)


def let_in(broker: EmbeddedMosquitto, database_url: str) -> None:
    broker.refresh_access(lambda: node_access(database_url))
