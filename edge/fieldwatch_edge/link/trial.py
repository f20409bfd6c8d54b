"""One message to the cloud and its receipt back, for `fieldwatch edge doctor`."""

from __future__ import annotations

import time
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from paho.mqtt.reasoncodes import ReasonCode
from pydantic import ValidationError

from fieldwatch_edge.link.client import address, credentials, new_client, publish_properties
from fieldwatch_shared.messages import Heartbeat, Receipt
from fieldwatch_shared.topics import Kind, Topic

if TYPE_CHECKING:
    import paho.mqtt.client as mqtt

    from fieldwatch_edge.settings import Broker, NodeIdentity

_NO_MATCHING_SUBSCRIBERS = 0x10


@dataclass(slots=True)
class Trial:
    """How far one message came. A step that was not reached is None."""

    unreachable: str | None = None
    """Why there is no connection to the broker."""
    shut_out: bool = False
    """The broker ended the connection before it said anything: it does not take our certificate."""
    login: str | None = None
    """The broker's answer to user name and password; "" where it let us in."""
    published: str | None = None
    """The broker's answer to the message; "" where it took it."""
    subscribed: str | None = None
    """The broker's answer to the subscription to receipts; "" where it allowed it."""
    nobody_listens: bool = False
    receipt_s: float | None = None
    """Seconds from the message to the cloud's receipt."""


def try_out(node: NodeIdentity, broker: Broker, message: Heartbeat, timeout_s: float = 10.0) -> Trial:
    """Connect beside the node, which may be running, send `message` and wait for its receipt.

    Raises:
        ConfigError: the broker's settings are wrong, or a file that they name cannot be read.
    """
    trial = Trial()
    host, port = address(broker)
    client = new_client(broker, f"{node.id}-doctor", credentials(node, broker))
    events: SimpleQueue[tuple[str, Any]] = SimpleQueue()
    client.on_connect = lambda _client, _data, _flags, reason, _properties: events.put(("login", reason))
    client.on_subscribe = lambda _client, _data, _mid, reasons, _properties: events.put(
        ("subscribed", reasons[0])
    )
    client.on_publish = lambda _client, _data, _mid, reason, _properties: events.put(("published", reason))
    client.on_disconnect = lambda _client, _data, _flags, reason, _properties: events.put(("ended", reason))
    client.on_message = lambda _client, _data, received: events.put(("receipt", received.payload))
    try:
        client.connect(host, port, clean_start=True)
    except (OSError, ValueError) as error:
        trial.unreachable = str(error)
        return trial
    client.loop_start()
    try:
        _converse(client, node, message, events, trial, time.monotonic() + timeout_s)
    finally:
        client.disconnect()
        client.loop_stop()
    return trial


def _converse(
    client: mqtt.Client,
    node: NodeIdentity,
    message: Heartbeat,
    events: SimpleQueue[tuple[str, Any]],
    trial: Trial,
    end: float,
) -> None:
    sent_at = 0.0
    while trial.receipt_s is None and not trial.nobody_listens:
        try:
            what, answer = events.get(timeout=max(end - time.monotonic(), 0.01))
        except Empty:
            return
        if what == "ended":
            trial.shut_out = trial.login is None
            return
        if what == "receipt":
            if _names(answer, message):
                trial.receipt_s = time.monotonic() - sent_at
            continue
        refusal = str(answer) if isinstance(answer, ReasonCode) and answer.is_failure else ""
        setattr(trial, what, refusal)
        if refusal:
            return
        if what == "login":
            client.subscribe(str(Topic(node.reserve, node.id, Kind.RECEIPT)), qos=1)
        elif what == "subscribed":
            sent_at = time.monotonic()
            client.publish(
                str(Topic(node.reserve, node.id, Kind.HEARTBEAT)),
                message.model_dump_json(),
                qos=1,
                properties=publish_properties("application/json"),
            )
        elif answer.value == _NO_MATCHING_SUBSCRIBERS:
            trial.nobody_listens = True


def _names(payload: bytes, message: Heartbeat) -> bool:
    """Whether this is the receipt of `message`, not one of the node that runs beside us."""
    try:
        return message.message_id in Receipt.model_validate_json(payload).message_ids
    except ValidationError:
        return False
