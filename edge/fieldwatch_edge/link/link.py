"""The link to the broker: publishes what the outbox holds, and has it forgotten when the cloud says so.

MQTT 5, QoS 1, a persistent session, a retained state and a last will. The rules:

- What is sent, when, and again, is the outbox's decision alone. paho keeps messages of its own across
  reconnects and publishes them by itself, so each connection gets a new client, and what the old one still
  held goes with it.
- The broker's acknowledgement only makes room for the next message. Only the cloud's receipt deletes.
- What the cloud wants of the node (its desired state) is taken over whenever it comes, and the retained state
  then says by which version the node works.
- One place in flight is kept free for a fire, and few bytes are ever ahead of it, so that it does not wait
  behind pictures on a slow line.
"""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

import paho.mqtt.client as mqtt
import structlog
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from pydantic import ValidationError

from fieldwatch_edge.errors import EdgeError, OutboxError
from fieldwatch_edge.identity import Identity
from fieldwatch_edge.link.client import address, credentials, encryption, new_client, publish_properties
from fieldwatch_shared.messages import NodeState, Receipt, utc_now
from fieldwatch_shared.topics import Kind, Topic

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from uuid import UUID

    from paho.mqtt.reasoncodes import ReasonCode

    from fieldwatch_edge.desired import Desired
    from fieldwatch_edge.outbox import Message, Outbox
    from fieldwatch_edge.settings import Broker, NodeIdentity, OutboxSettings

log = structlog.get_logger(__name__)

KEEPALIVE_S = 30
CONNACK_S = 20.0
SESSION_EXPIRY_S = 7 * 24 * 3600
"""How long the broker keeps receipts for a node that is away."""
BACKOFF_FIRST_S, BACKOFF_LONGEST_S = 1.0, 60.0
REFUSED_LONGEST_S = 16.0
BYTES_AHEAD_OF_A_FIRE = 512 * 1024
"""So much may be handed to the network without an acknowledgement before all but fires wait: 256 KiB pictures
on a line of 1 Mbit/s would else hold up a fire for a minute."""
BYTES_AHEAD_OF_RECEIPTS = 64 * 1024**2
"""So much is sent on one connection before all but fires wait for the cloud's receipts: where the cloud is
down and the line comes and goes, the whole backlog would else be sent again and again."""
LOOK_AT_CERTIFICATE_S = 60.0
_NO_MATCHING_SUBSCRIBERS = 0x10
_SESSION_TAKEN_OVER = 0x8E


@dataclass(frozen=True, slots=True)
class _Event:
    client: mqtt.Client | None = None


@dataclass(frozen=True, slots=True)
class _Wake(_Event):
    """There is something new in the outbox, or the link is to stop."""


@dataclass(frozen=True, slots=True)
class _Connected(_Event):
    reason: ReasonCode | None = None
    receive_maximum: int = 65535


@dataclass(frozen=True, slots=True)
class _Disconnected(_Event):
    reason: ReasonCode | None = None


@dataclass(frozen=True, slots=True)
class _Acknowledged(_Event):
    mid: int = 0
    reason: ReasonCode | None = None


@dataclass(frozen=True, slots=True)
class _Received(_Event):
    topic: str = ""
    payload: bytes = b""
    beside: Mapping[str, str] = field(default_factory=dict)
    """The message's user properties."""


@dataclass(slots=True)
class _Session:
    """One connection, from CONNACK to its end."""

    client: mqtt.Client
    limit: int
    in_flight: dict[int, tuple[UUID, int]] = field(default_factory=dict)
    """By paho's message number: our message and its bytes."""
    held_until: float = 0.0
    """Monotonic time before which nothing is sent: nobody would take it."""
    refusals: int = 0
    unreceipted: dict[UUID, int] = field(default_factory=dict)
    """Messages sent on this connection of which the cloud has not said that it has them, and their bytes."""
    bytes_unreceipted: int = 0

    def sent(self, message: Message) -> None:
        self.settle(message.id)
        self.unreceipted[message.id] = len(message.payload)
        self.bytes_unreceipted += len(message.payload)

    def settle(self, message_id: UUID) -> None:
        """No receipt of this message is waited for any more."""
        self.bytes_unreceipted -= self.unreceipted.pop(message_id, 0)

    def settle_all(self) -> None:
        self.unreceipted.clear()
        self.bytes_unreceipted = 0

    @property
    def waits_for_receipts(self) -> bool:
        return self.bytes_unreceipted >= BYTES_AHEAD_OF_RECEIPTS

    @property
    def bytes_in_flight(self) -> int:
        return sum(size for _, size in self.in_flight.values())


class Link:
    """Runs in a thread of its own; all of its state belongs to that thread."""

    def __init__(
        self,
        node: NodeIdentity,
        broker: Broker,
        settings: OutboxSettings,
        outbox: Outbox,
        on_receipt: Callable[[], None] = lambda: None,
        desired: Desired | None = None,
        on_command: Callable[[bytes], None] | None = None,
    ) -> None:
        """`on_receipt` is called, from the link's thread, after records were deleted; `on_command` with each
        command, JSON: it must return at once, since fires wait for it.

        Raises:
            ConfigError: the broker's password or CA file cannot be read, or its address is wrong.
        """
        self._node, self._broker, self._settings, self._outbox = node, broker, settings, outbox
        self._on_receipt, self._desired, self._on_command = on_receipt, desired, on_command
        self._events: SimpleQueue[_Event] = SimpleQueue()
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._backoff_s = BACKOFF_FIRST_S
        self._receipts = str(Topic(node.reserve, node.id, Kind.RECEIPT))
        self._wanted = str(Topic(node.reserve, node.id, Kind.DESIRED))
        self._commands = str(Topic(node.reserve, node.id, Kind.COMMAND))
        self._credentials = credentials(node, broker)
        self._identity = Identity.of(node.id, broker)
        address(broker)
        encryption(broker)
        outbox.listen(self._wake)

    def stop(self) -> None:
        """Have `run` say goodbye to the broker and return."""
        self._stopping.set()
        self._wake()

    def run(self) -> None:
        """Connect, and reconnect for ever, until `stop`, whatever happens: a node whose link has ended would
        go on watching, and nobody would ever hear of a fire."""
        while not self._stopping.is_set():
            backoff_s = self._backoff_s
            try:
                self._connect_once()
            except EdgeError as error:  # such as a CA file that was replaced by a wrong one
                log.error("link.failed", error=str(error))  # noqa: TRY400  # a sentence, not a trace
            except Exception:
                # It may have come after the broker's welcome, which made the next wait the shortest again.
                self._backoff_s = backoff_s
                log.exception("link.crashed")
            if self._stopping.is_set():
                return
            # Without chance, all nodes of a reserve would come back in the same instant after an outage.
            wait_s = self._backoff_s * random.uniform(0.5, 1.5)  # noqa: S311  # not cryptography
            self._backoff_s = min(2 * self._backoff_s, BACKOFF_LONGEST_S)
            log.info("link.retrying", wait_s=round(wait_s, 1))
            self._stopping.wait(wait_s)

    def _connect_once(self) -> None:
        """One connection: returns when it is over."""
        shown = self._certificate()
        client = self._client()
        host, port = address(self._broker)
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = SESSION_EXPIRY_S
        try:
            client.connect(host, port, KEEPALIVE_S, clean_start=False, properties=properties)
        except (OSError, ValueError) as error:  # ValueError: a host name that cannot be one
            log.warning("link.unreachable", host=host, port=port, error=str(error))
            return
        client.loop_start()
        try:
            self._serve(client, shown)
        except OutboxError as error:
            log.error("link.outbox_unusable", error=str(error))  # noqa: TRY400  # a sentence, not a trace
        finally:
            client.disconnect()
            client.loop_stop()

    def _serve(self, client: mqtt.Client, shown: Path | None) -> None:
        """`shown`: the certificate by which this connection was made."""
        session: _Session | None = None
        look_at = time.monotonic() + LOOK_AT_CERTIFICATE_S
        while True:
            try:
                event = self._events.get(timeout=self._patience(session))
            except Empty:
                if session is None:
                    log.warning("link.no_answer", waited_s=CONNACK_S)
                    return
                event = _Wake()
            if event.client not in (client, None):
                continue  # an echo of an earlier connection
            match event:
                case _Connected():
                    session = self._welcome(event)
                    if session is None:
                        return
                case _Disconnected(reason=reason):
                    self._say_goodbye(reason)
                    return
                case _Acknowledged() if session is not None:
                    self._acknowledged(session, event)
                case _Received(topic=topic, payload=payload, beside=beside) if topic == self._wanted:
                    self._desires(client, payload, beside)
                case _Received(topic=topic, payload=payload) if topic == self._commands:
                    self._commanded(payload)
                case _Received(payload=payload):
                    self._received(session, payload)
            if self._stopping.is_set():
                if session is not None:
                    self._leave(session)
                return
            if time.monotonic() >= look_at:
                look_at += LOOK_AT_CERTIFICATE_S
                if self._certificate() != shown:
                    log.info("link.certificate_renewed")
                    return  # and come back with the new one; our session waits at the broker
            if session is not None:
                self._pump(session)

    def _certificate(self) -> Path | None:
        return None if self._identity is None else self._identity.paths()[0]

    def _patience(self, session: _Session | None) -> float:
        """Seconds until something is to be done though nothing happens."""
        if session is None:
            return CONNACK_S
        now = time.monotonic()
        if session.held_until > now:
            return session.held_until - now
        try:
            due = self._outbox.next_overdue()
        except OutboxError:
            return 5.0
        return 60.0 if due is None else min(max(due - now, 0.05), 60.0)

    def _welcome(self, event: _Connected) -> _Session | None:
        reason, client = event.reason, event.client
        if client is None or reason is None or reason.is_failure:
            log.error("link.refused", reason=str(reason), username=self._credentials[0])
            return None
        self._backoff_s = BACKOFF_FIRST_S
        client.subscribe([(topic, 1) for topic in (self._receipts, self._wanted, self._commands)])
        self._say_state(client, online=True)
        log.info("link.connected", host=address(self._broker)[0])
        self._outbox.resend_all()
        return _Session(client, min(self._settings.in_flight, event.receive_maximum))

    def _pump(self, session: _Session) -> None:
        """Send as much as may be sent now."""
        self._woken.clear()
        now = time.monotonic()
        try:
            overdue = self._outbox.resend_overdue(now)
            if overdue:
                log.warning("link.no_receipt", records=overdue)
            # What is sent again is counted again; where nothing is overdue ever, it was given up meanwhile.
            if overdue or (session.waits_for_receipts and self._outbox.next_overdue() is None):
                session.settle_all()
            while now >= session.held_until and len(session.in_flight) < session.limit:
                one_left = len(session.in_flight) >= max(session.limit - 1, 1)
                ahead = session.bytes_in_flight >= BYTES_AHEAD_OF_A_FIRE or session.waits_for_receipts
                urgent_only = one_left or ahead
                message = self._outbox.take(now, self._settings.batch, urgent_only=urgent_only)
                if message is None:
                    return
                if not self._publish(session, message):
                    self._outbox.resend(message.id)
                    return
        except OutboxError as error:
            log.error("link.outbox_unusable", error=str(error))  # noqa: TRY400  # a sentence, not a trace
            session.held_until = now + 5

    def _publish(self, session: _Session, message: Message) -> bool:
        info = session.client.publish(
            str(Topic(self._node.reserve, self._node.id, message.kind)),
            message.payload,
            qos=1,
            properties=publish_properties(message.content_type, media=message.media),
        )
        if info.rc != mqtt.MQTT_ERR_SUCCESS:
            return False
        session.in_flight[info.mid] = (message.id, len(message.payload))
        session.sent(message)
        log.debug("link.sent", message_id=str(message.id), kind=message.kind, bytes=len(message.payload))
        return True

    def _acknowledged(self, session: _Session, event: _Acknowledged) -> None:
        message_id, _ = session.in_flight.pop(event.mid, (None, 0))
        if message_id is None or event.reason is None:
            return  # our own state, not a message of the outbox
        nobody = event.reason.value == _NO_MATCHING_SUBSCRIBERS
        if not nobody and not event.reason.is_failure:
            session.refusals = 0
            return
        # The broker dropped it: no permission, its quota is used up, or (after it was killed, or when all is
        # new) the cloud has not subscribed yet. All that is in flight comes back: one refusal, one wait.
        now = time.monotonic()
        if now >= session.held_until:
            wait_s = min(2.0**session.refusals, REFUSED_LONGEST_S)
            session.refusals += 1
            session.held_until = now + wait_s
            log.warning("link.message_refused", reason=str(event.reason), wait_s=wait_s)
        session.settle(message_id)
        try:
            self._outbox.resend(message_id)
        except OutboxError as error:
            log.error("link.outbox_unusable", error=str(error))  # noqa: TRY400

    def _received(self, session: _Session | None, payload: bytes) -> None:
        try:
            receipt = Receipt.model_validate_json(payload)
            if session is not None:
                for message_id in receipt.message_ids:
                    session.settle(message_id)
            gone = self._outbox.forget(receipt.message_ids)
        except ValidationError as error:
            log.warning("link.receipt_unreadable", error=str(error))
        except OutboxError as error:
            # It stays in the outbox and is sent again: the cloud will know it, and give another receipt.
            log.error("link.outbox_unusable", error=str(error))  # noqa: TRY400
        else:
            log.debug("link.receipt", messages=len(receipt.message_ids), records=gone)
            self._on_receipt()

    def _leave(self, session: _Session) -> None:
        """Say that we go: a clean DISCONNECT suppresses the last will."""
        info = self._say_state(session.client, online=False)
        try:
            info.wait_for_publish(timeout=3)
        except (RuntimeError, ValueError):
            log.debug("link.goodbye_not_sent")  # the connection went first: the will says it

    def _desires(self, client: mqtt.Client, payload: bytes, beside: Mapping[str, str]) -> None:
        if self._desired is not None and self._desired.offer(payload, beside):
            self._say_state(client, online=True)

    def _commanded(self, payload: bytes) -> None:
        if self._on_command is None:
            return
        try:
            self._on_command(payload)
        except Exception:  # whatever a command does wrong, the link goes on
            log.exception("link.command_failed")

    def _say_state(self, client: mqtt.Client, *, online: bool) -> mqtt.MQTTMessageInfo:
        version = None if self._desired is None else self._desired.version
        return client.publish(
            str(Topic(self._node.reserve, self._node.id, Kind.STATE)),
            NodeState(online=online, at=utc_now(), desired_version=version).model_dump_json(),
            qos=1,
            retain=True,
            properties=publish_properties("application/json"),
        )

    def _say_goodbye(self, reason: ReasonCode | None) -> None:
        if reason is not None and reason.value == _SESSION_TAKEN_OVER:
            log.error("link.another_node_has_our_id", node=self._node.id)
        else:
            log.warning("link.lost", reason=str(reason))

    def _wake(self) -> None:
        # One wake-up in the queue is enough, however fast the pipelines write.
        if self._stopping.is_set() or not self._woken.is_set():
            self._woken.set()
            self._events.put(_Wake())

    def _client(self) -> mqtt.Client:
        client = new_client(self._broker, self._node.id, self._credentials)
        # Ours is the only limit; paho would queue beyond its own and publish from there by itself.
        client.max_inflight_messages_set(0)
        client.will_set(
            str(Topic(self._node.reserve, self._node.id, Kind.STATE)),
            NodeState(online=False, at=utc_now()).model_dump_json(),
            qos=1,
            retain=True,
        )
        events = self._events

        # paho calls these while it holds its locks: they only pass on what happened.
        def on_connect(
            client: mqtt.Client, _data: Any, _flags: Any, reason: ReasonCode, properties: Properties | None
        ) -> None:
            maximum = getattr(properties, "ReceiveMaximum", 65535)
            events.put(_Connected(client, reason, maximum))

        def on_disconnect(
            client: mqtt.Client, _data: Any, _flags: Any, reason: ReasonCode, _properties: Any
        ) -> None:
            events.put(_Disconnected(client, reason))

        def on_publish(
            client: mqtt.Client, _data: Any, mid: int, reason: ReasonCode, _properties: Any
        ) -> None:
            events.put(_Acknowledged(client, mid, reason))

        def on_message(client: mqtt.Client, _data: Any, message: mqtt.MQTTMessage) -> None:
            beside = dict(getattr(message.properties, "UserProperty", ()))
            events.put(_Received(client, message.topic, bytes(message.payload), beside))

        def on_subscribe(
            _client: mqtt.Client, _data: Any, _mid: int, reasons: list[ReasonCode], _properties: Any
        ) -> None:
            topics = (self._receipts, self._wanted, self._commands)
            for topic, reason in zip(topics, reasons, strict=False):
                if reason.is_failure:  # of what goes down beside receipts: by a broker that knows none yet
                    log.error("link.not_subscribed", topic=topic, reason=str(reason))

        client.on_connect, client.on_disconnect = on_connect, on_disconnect
        client.on_publish, client.on_message, client.on_subscribe = on_publish, on_message, on_subscribe
        return client
