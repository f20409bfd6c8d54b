"""A mosquitto that a test may kill, and a subscriber that gives receipts as the cloud's ingest does."""

from __future__ import annotations

import shutil
import socket
import subprocess
import threading
import time
from typing import TYPE_CHECKING, Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from pydantic import ValidationError

from fieldwatch_shared import packing
from fieldwatch_shared.messages import (
    Heartbeat,
    Media,
    NodeState,
    Observation,
    ObservationBatch,
    Receipt,
    Suspicion,
    SuspicionMessage,
)
from fieldwatch_shared.topics import Kind, Topic, every

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from uuid import UUID


def free_port() -> int:
    """A port of 127.0.0.1 that stays free until this process ends: bound, so that the system gives it to
    nobody else, and a server that sets SO_REUSEADDR, as all of ours do, may listen there."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", 0))
    port = int(sock.getsockname()[1])
    sock.detach()
    return port


def eventually(holds: Callable[[], bool], timeout_s: float = 150, what: str = "the condition") -> None:
    end = time.monotonic() + timeout_s
    while not holds():
        assert time.monotonic() < end, f"{what} did not come true within {timeout_s} s"
        time.sleep(0.02)


class Mosquitto:
    """mosquitto with persistence, as in the field: what it had acknowledged since its last save (30 min by
    default) is lost when it is killed."""

    def __init__(self, folder: Path, extra: str = "", *, allow_anonymous: bool = True) -> None:
        binary = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
        assert binary is not None, "mosquitto is not installed: apt-get install mosquitto"
        self.port = free_port()
        self._command = [binary, "-c", str(folder / "mosquitto.conf")]
        self._log = (folder / "mosquitto.log").open("w")
        (folder / "mosquitto.conf").write_text(
            f"listener {self.port} 127.0.0.1\nuser root\nmax_queued_messages 100000000\n"
            f"allow_anonymous {str(allow_anonymous).lower()}\n"
            f"persistence true\npersistence_location {folder}/\n{extra}\n"
        )
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=self._log, stderr=self._log)
        eventually(self._answers, what="a listening mosquitto")

    def kill(self) -> None:
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self._process = None

    def close(self) -> None:
        if self._process is not None:
            self.kill()
        self._log.close()

    def _answers(self) -> bool:
        with socket.socket() as sock:
            return sock.connect_ex(("127.0.0.1", self.port)) == 0


class Cloud:
    """Keeps what comes, by id, and gives receipts as soon as it has kept a message."""

    def __init__(self, port: int, *, receipts: bool = True, password: str | None = None) -> None:
        self.observations: dict[UUID, Observation] = {}
        self.suspicions: dict[UUID, Suspicion] = {}
        self.heartbeats: dict[UUID, Heartbeat] = {}
        self.media: dict[UUID, tuple[Media, bytes]] = {}
        self.states: list[NodeState] = []
        self.order: list[Kind] = []
        self.messages = 0
        self.unreadable: list[bytes] = []
        self.conflicts: list[str] = []
        """Records that came again under the same id with another content."""
        self.receipts = receipts
        self.unpacks = False
        """Whether it knows packed messages, and says so."""
        self.packed = 0
        """Messages that came packed."""
        self._subscribed = threading.Event()
        client = mqtt.Client(CallbackAPIVersion.VERSION2, "cloud", protocol=mqtt.MQTTv5, manual_ack=True)
        client.username_pw_set("cloud", password)
        client.reconnect_delay_set(1, 1)
        client.on_connect, client.on_message = self._on_connect, self._on_message
        client.on_subscribe = lambda *_: self._subscribed.set()
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = 3600
        client.connect_async("127.0.0.1", port, clean_start=False, properties=properties)
        client.loop_start()
        self._client = client

    def ready(self) -> None:
        assert self._subscribed.wait(150), "the test's subscriber did not connect"

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def _on_connect(self, client: mqtt.Client, *_: Any) -> None:
        client.subscribe([(every(kind), 1) for kind in Kind if kind.goes_up])

    def _on_message(self, client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        topic = Topic.parse(message.topic)
        properties = dict(getattr(message.properties, "UserProperty", []))
        if topic.kind is Kind.STATE:
            self.states.append(NodeState.model_validate_json(message.payload))
            client.ack(message.mid, message.qos)
            return
        assert properties["schema-version"] == "1.0"
        self.messages += 1
        self.order.append(topic.kind)
        payload = message.payload
        if self.unpacks and packing.PROPERTY in properties:
            self.packed += 1
            payload = packing.unpack(payload, properties[packing.PROPERTY], largest=2**20)
        try:
            message_id = self._keep(topic.kind, payload, properties)
        except (
            ValidationError
        ):  # an older cloud: it keeps it in quarantine, and finds no id to give a receipt to
            self.unreadable.append(message.payload)
            client.ack(message.mid, message.qos)
            return
        if self.receipts:
            receipt = Receipt(message_ids=[message_id])
            said = Properties(PacketTypes.PUBLISH)
            if self.unpacks:
                said.UserProperty = (packing.ACCEPTS, packing.ENCODING)
            topic_back = str(Topic(topic.reserve, topic.node, Kind.RECEIPT))
            client.publish(topic_back, receipt.model_dump_json(), qos=1, properties=said)
        client.ack(message.mid, message.qos)

    def _keep(self, kind: Kind, payload: bytes, properties: dict[str, str]) -> UUID:
        if kind is Kind.OBSERVATIONS:
            batch = ObservationBatch.model_validate_json(payload)
            for observation in batch.observations:
                self._once(self.observations, observation.id, observation)
            return batch.message_id
        if kind is Kind.SUSPICIONS:
            message = SuspicionMessage.model_validate_json(payload)
            self._once(self.suspicions, message.suspicion.id, message.suspicion)
            return message.message_id
        if kind is Kind.MEDIA:
            media = Media.model_validate_json(properties["media"])
            self._once(self.media, media.id, (media, payload))
            return media.message_id
        heartbeat = Heartbeat.model_validate_json(payload)
        self._once(self.heartbeats, heartbeat.id, heartbeat)
        return heartbeat.message_id

    def _once(self, kept: dict[UUID, Any], id_: UUID, record: Any) -> None:
        if kept.setdefault(id_, record) != record:
            self.conflicts.append(f"{kept[id_]} != {record}")
