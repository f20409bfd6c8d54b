"""Connecting to the broker: who we are, what is said when we are lost, and what the connection costs.

MQTT 5, QoS 1, a persistent session, a retained state and a last will. paho keeps messages of its own across
reconnects and publishes them by itself, so each connection gets a new client, and what the old one still
held goes with it.
"""

from __future__ import annotations

import socket
import ssl
import threading
from typing import TYPE_CHECKING, Any

import structlog
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from fieldwatch_edge.identity import Identity
from fieldwatch_edge.link.client import (
    address,
    credentials,
    encryption,
    new_client,
    publish_properties,
    send_at_once,
)
from fieldwatch_edge.link.events import report
from fieldwatch_edge.link.meter import CLOSING_BYTES, FAILED_BYTES, FAILED_HANDSHAKE_BYTES, Meter
from fieldwatch_shared.messages import NodeState, utc_now
from fieldwatch_shared.topics import Kind, Topic

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import paho.mqtt.client as mqtt

    from fieldwatch_edge.lines import Line
    from fieldwatch_edge.link.events import Event
    from fieldwatch_edge.link.ledger import Ledger
    from fieldwatch_edge.settings import Broker, NodeIdentity

log = structlog.get_logger(__name__)

SESSION_EXPIRY_S = 7 * 24 * 3600
"""How long the broker keeps receipts for a node that is away."""


class Connector:
    """Makes the connections of one node, one after the other."""

    def __init__(
        self,
        node: NodeIdentity,
        broker: Broker,
        line: Line,
        ledger: Ledger,
        topics: Sequence[str],
        put: Callable[[Event], None],
    ) -> None:
        """
        Args:
            topics: what it subscribes to.
            put: takes what happens.

        Raises:
            ConfigError: the broker's password or CA file cannot be read, or its address is wrong.
        """
        self._node, self._broker, self._line, self._ledger = node, broker, line, ledger
        self._topics, self._put = topics, put
        self._meter: Meter | None = None
        """Of the open connection."""
        self._meter_lock = threading.Lock()
        self._state = str(Topic(node.reserve, node.id, Kind.STATE))
        self._credentials = credentials(node, broker)
        self._identity = Identity.of(node.id, broker)
        self.host, self._port = address(broker)
        encryption(broker)

    @property
    def username(self) -> str | None:
        return self._credentials[0]

    def certificate(self) -> Path | None:
        """What a connection that is made now shows; None: none."""
        return None if self._identity is None else self._identity.paths()[0]

    def connect(self) -> mqtt.Client | None:
        """A connection on which CONNECT was sent: whether the broker takes us is an event; None: it cannot be
        reached.

        Raises:
            ConfigError: the CA file, certificate or key cannot be read.
        """
        client = self._client()
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = SESSION_EXPIRY_S
        try:
            client.connect(
                self.host, self._port, self._line.keepalive_s, clean_start=False, properties=properties
            )
        except (OSError, ValueError) as error:  # ValueError: a host name that cannot be one
            failed = FAILED_HANDSHAKE_BYTES if isinstance(error, ssl.SSLError) else FAILED_BYTES
            self._ledger.count(failed)
            log.warning("link.unreachable", host=self.host, port=self._port, error=str(error))
            return None
        return client

    def subscribe(self, client: mqtt.Client) -> None:
        # What is retained comes with each subscription: where each byte costs, with a new one alone.
        retained = SubscribeOptions.RETAIN_SEND_ON_SUBSCRIBE
        if not self._line.stays:
            retained = SubscribeOptions.RETAIN_SEND_IF_NEW_SUB
        options = SubscribeOptions(qos=1, retainHandling=retained)
        client.subscribe([(topic, options) for topic in self._topics])

    def say_state(
        self, client: mqtt.Client, *, online: bool, desired_version: int | None
    ) -> mqtt.MQTTMessageInfo:
        """`desired_version`: by which the node works."""
        state = NodeState(online=online, at=utc_now(), desired_version=desired_version)
        return client.publish(
            self._state,
            state.model_dump_json(),
            qos=1,
            retain=True,
            properties=publish_properties("application/json"),
        )

    def count(self) -> None:
        """Have the ledger count what the connection has cost since it was asked last."""
        # The connection ends in paho's thread, and its meter with it: each byte is counted once.
        with self._meter_lock:
            if self._meter is not None:
                self._ledger.count(self._meter.read())

    def _client(self) -> mqtt.Client:
        client = new_client(self._broker, self._node.id, self._credentials)
        # Ours is the only limit; paho would queue beyond its own and publish from there by itself.
        client.max_inflight_messages_set(0)
        lost = NodeState(online=False, at=utc_now())
        client.will_set(self._state, lost.model_dump_json(), qos=1, retain=True)

        def on_socket_open(client: mqtt.Client, data: Any, sock: Any) -> None:
            send_at_once(client, data, sock)
            # Else the kernel goes on for a quarter of an hour with a connection that an outage has ended.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(self._line.answer_s * 1000))
            with self._meter_lock:
                self._meter = Meter(sock)

        def on_socket_close(*_: Any) -> None:
            self.count()
            with self._meter_lock:
                self._meter = None
            self._ledger.count(CLOSING_BYTES)

        client.on_socket_open, client.on_socket_close = on_socket_open, on_socket_close
        report(client, self._put, self._topics)
        return client
