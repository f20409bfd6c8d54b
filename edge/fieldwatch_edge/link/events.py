"""What happens to a connection, as events in one queue.

paho calls back from a thread of its own, while it holds its locks: its callbacks only pass on what happened.
All that follows from it happens in the link's thread, which takes the events out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import structlog

from fieldwatch_edge.link.budget import UNBOUNDED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import paho.mqtt.client as mqtt
    from paho.mqtt.properties import Properties
    from paho.mqtt.reasoncodes import ReasonCode

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Event:
    client: mqtt.Client | None = None
    """Whose connection it is; None: of none."""


@dataclass(frozen=True, slots=True)
class Wake(Event):
    """There is something new in the outbox, or the link is to stop."""


@dataclass(frozen=True, slots=True)
class Connected(Event):
    reason: ReasonCode | None = None
    receive_maximum: int = 65535
    largest_packet: int = UNBOUNDED


@dataclass(frozen=True, slots=True)
class Disconnected(Event):
    reason: ReasonCode | None = None


@dataclass(frozen=True, slots=True)
class Acknowledged(Event):
    mid: int = 0
    """paho's number of the message."""
    reason: ReasonCode | None = None


@dataclass(frozen=True, slots=True)
class Received(Event):
    topic: str = ""
    payload: bytes = b""
    beside: Mapping[str, str] = field(default_factory=dict)
    """The message's user properties."""


def report(client: mqtt.Client, put: Callable[[Event], None], topics: Sequence[str]) -> None:
    """Have `client` put what happens to its connection.

    Args:
        topics: those that it will subscribe to, in that order.
    """

    def on_connect(
        client: mqtt.Client, _data: Any, _flags: Any, reason: ReasonCode, properties: Properties | None
    ) -> None:
        maximum = getattr(properties, "ReceiveMaximum", 65535)
        largest = getattr(properties, "MaximumPacketSize", UNBOUNDED)
        put(Connected(client, reason, maximum, largest))

    def on_disconnect(
        client: mqtt.Client, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any
    ) -> None:
        put(Disconnected(client, reason))

    def on_publish(client: mqtt.Client, _data: Any, mid: int, reason: ReasonCode, _properties: Any) -> None:
        put(Acknowledged(client, mid, reason))

    def on_message(client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
        beside = dict(getattr(message.properties, "UserProperty", ()))
        put(Received(client, message.topic, bytes(message.payload), beside))

    def on_subscribe(
        _client: mqtt.Client, _data: Any, _mid: int, reasons: list[ReasonCode], _properties: Any
    ) -> None:
        for topic, reason in zip(topics, reasons, strict=False):
            if reason.is_failure:  # of what goes down beside receipts: by a broker that knows none yet
                log.error("link.not_subscribed", topic=topic, reason=str(reason))

    client.on_connect, client.on_disconnect = on_connect, on_disconnect
    client.on_publish, client.on_message, client.on_subscribe = on_publish, on_message, on_subscribe
