"""The connection to the broker: MQTT 5, a persistent session, acknowledgement by hand after the commit."""

from __future__ import annotations

import hashlib
import socket
import ssl
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as paho
import structlog
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from fieldwatch_cloud.errors import BrokerError, SettingsError
from fieldwatch_cloud.ingest.inbox import Token
from fieldwatch_cloud.ingest.parse import Incoming
from fieldwatch_shared import packing
from fieldwatch_shared.messages import SCHEMA_VERSION, Receipt
from fieldwatch_shared.topics import Kind, Topic, every

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path
    from uuid import UUID

log = structlog.get_logger(__name__)

KEEPALIVE_S = 30


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    port: int
    username: str | None
    password: str | None
    tls: bool

    @classmethod
    def parse(cls, url: str, slot: str) -> Address:
        """Read `mqtt[s]://user:password@host:port`. `{slot}` in the user's name becomes `slot`, the name of
        this connection: for brokers that take a client's id from its user.

        Raises:
            SettingsError: it is no such address.
        """
        parts = urlsplit(url)
        if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname:
            raise SettingsError("FIELDWATCH_MQTT_URL is not mqtt://user:password@host:port (or mqtts://...)")
        tls = parts.scheme == "mqtts"
        username = unquote(parts.username).replace("{slot}", slot) if parts.username else None
        password = unquote(parts.password) if parts.password else None
        return cls(parts.hostname, parts.port or (8883 if tls else 1883), username, password, tls)


def group(address: Address) -> str:
    """The name under which ingest workers share what comes: a secret of those who have the cloud's password.

    mosquitto 2.0 does not ask its access list who subscribes, only who may read: a stolen node that joined
    the group would read nothing, but of every message that the broker chose to give to it, nobody would.
    """
    if address.password is None:
        return "ingest"  # Whoever can reach such a broker may do what he likes.
    return hashlib.sha256(f"fieldwatch ingest {address.password}".encode()).hexdigest()[:32]


class Subscriber:
    """One MQTT client. Its callbacks are called from the network thread and must not raise."""

    def __init__(
        self,
        address: Address,
        *,
        client_id: str,
        shared: Sequence[Kind],
        plain: Sequence[Kind],
        on_message: Callable[[Incoming, Token], None],
        on_disconnect: Callable[[], None],
        receive_maximum: int,
        session_expiry_s: int,
        ca_file: Path | None = None,
    ) -> None:
        self._address = address
        self._topics = [f"$share/{group(address)}/{every(kind)}" for kind in shared]
        self._formerly = [f"$share/ingest/{every(kind)}" for kind in shared]
        self._topics += [every(kind) for kind in plain]
        self._on_message = on_message
        self._on_disconnect = on_disconnect
        self.subscribed = threading.Event()
        """Set once messages can come."""
        self._connection = 0
        self._lock = threading.Lock()
        self._connect_properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        self._connect_properties.ReceiveMaximum = receive_maximum
        self._connect_properties.SessionExpiryInterval = session_expiry_s
        client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=MQTTProtocolVersion.MQTTv5,
            manual_ack=True,
        )
        client.username = address.username
        client.password = address.password
        if address.tls:
            client.tls_set_context(ssl.create_default_context(cafile=ca_file))
        client.max_inflight_messages = 1000
        client.reconnect_delay_set(min_delay=1, max_delay=15)
        client.on_socket_open = _send_at_once
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_subscribe = self._subscribed
        client.on_message = self._received
        self._client = client

    def start(self) -> None:
        """Connect in the background, and again whenever the connection is lost."""
        self._client.connect_async(
            self._address.host,
            self._address.port,
            keepalive=KEEPALIVE_S,
            clean_start=False,
            properties=self._connect_properties,
        )
        self._client.loop_start()

    def stop(self) -> None:
        """Say goodbye; what the broker still holds waits for the next start."""
        self._client.disconnect()
        self._client.loop_stop()

    def acknowledge(self, tokens: Iterable[Token]) -> None:
        """Tell the broker that these are safe. Those of an earlier connection are left out: the broker sends
        them again by itself, and their numbers may mean other messages by now."""
        with self._lock:
            for token in tokens:
                if token.connection == self._connection:
                    self._client.ack(token.mid, token.qos)

    def send_receipt(self, reserve: str, node: str, ids: Sequence[UUID]) -> None:
        """Tell the node that it may forget these messages, and how it may pack those to come."""
        properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
        properties.ContentType = "application/json"
        properties.UserProperty = [
            ("schema-version", SCHEMA_VERSION),
            (packing.ACCEPTS, packing.ENCODING),
        ]
        payload = Receipt(message_ids=list(ids)).model_dump_json()
        topic = str(Topic(reserve, node, Kind.RECEIPT))
        sent = self._client.publish(topic, payload, qos=1, properties=properties)
        if sent.rc not in (paho.MQTT_ERR_SUCCESS, paho.MQTT_ERR_NO_CONN):
            raise BrokerError(f"receipt to {topic} cannot be sent: {paho.error_string(sent.rc)}")

    def _connected(
        self,
        client: paho.Client,
        _data: Any,
        flags: paho.ConnectFlags,
        reason: Any,
        _props: Properties | None,
    ) -> None:
        if reason.is_failure:
            log.error("broker.refused", reason=str(reason), host=self._address.host, port=self._address.port)
            return
        log.info("broker.connected", session_kept=flags.session_present)
        # Also where the session was kept: asking again is harmless, and a kept one may be older than a topic.
        client.subscribe([(topic, SubscribeOptions(qos=1)) for topic in self._topics])
        if self._formerly and self._formerly[0] not in self._topics:
            client.unsubscribe(self._formerly)  # A kept session of an earlier version holds them.

    def _subscribed(
        self, _client: paho.Client, _data: Any, _mid: int, reasons: list[Any], _props: Properties | None
    ) -> None:
        refused = [topic for topic, reason in zip(self._topics, reasons, strict=True) if reason.is_failure]
        if refused:
            log.error("broker.subscription_refused", topics=refused)
        else:
            self.subscribed.set()

    def _disconnected(
        self, _client: paho.Client, _data: Any, _flags: Any, reason: Any, _props: Properties | None
    ) -> None:
        with self._lock:
            self._connection += 1
        self._on_disconnect()
        log.info("broker.disconnected", reason=str(reason))

    def _received(self, _client: paho.Client, _data: Any, message: paho.MQTTMessage) -> None:
        properties = dict(getattr(message.properties, "UserProperty", ()))
        token = Token(self._connection, message.mid, message.qos)
        self._on_message(Incoming(message.topic, bytes(message.payload), properties), token)


def _send_at_once(_client: paho.Client, _data: Any, sock: Any) -> None:
    """Without this a receipt, which follows an acknowledgement, waits 40 ms for the broker's delayed ACK
    (Nagle's algorithm, RFC 896): measured, it made the whole way ten times as long."""
    if isinstance(sock, socket.socket):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
