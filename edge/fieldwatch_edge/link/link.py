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
- What may go is the kind of line's and its budget's to say (`dispatch`); a fire goes whatever it costs. Where
  the line is not held open, we call, at once for a fire, and hang up when all is said.
"""

from __future__ import annotations

import contextlib
import random
import socket
import ssl
import threading
import time
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

import paho.mqtt.client as mqtt
import structlog
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions
from pydantic import ValidationError

from fieldwatch_edge.errors import EdgeError, OutboxError
from fieldwatch_edge.identity import Identity
from fieldwatch_edge.link.budget import UNBOUNDED
from fieldwatch_edge.link.client import (
    address,
    credentials,
    encryption,
    new_client,
    publish_properties,
    send_at_once,
)
from fieldwatch_edge.link.dispatch import LARGEST_MEDIA, Dispatch, cost
from fieldwatch_edge.link.ledger import LEDGER_FILE, Ledger
from fieldwatch_edge.link.meter import CLOSING_BYTES, FAILED_BYTES, FAILED_HANDSHAKE_BYTES, Meter
from fieldwatch_edge.link.session import Ahead, Session
from fieldwatch_edge.settings import LinkSettings
from fieldwatch_shared import packing
from fieldwatch_shared.messages import NodeState, Receipt, utc_now
from fieldwatch_shared.topics import Kind, Topic

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from paho.mqtt.reasoncodes import ReasonCode

    from fieldwatch_edge.desired import Desired
    from fieldwatch_edge.identity.seal import Seal
    from fieldwatch_edge.outbox import Message, Outbox
    from fieldwatch_edge.settings import Broker, NodeIdentity, OutboxSettings

log = structlog.get_logger(__name__)

SESSION_EXPIRY_S = 7 * 24 * 3600
"""How long the broker keeps receipts for a node that is away."""
BACKOFF_FIRST_S, BACKOFF_LONGEST_S = 1.0, 60.0
"""The longest is that of a fire; without one, a line on which connecting costs money has one of its own."""
STEADY_S = 60.0
"""A connection that has lasted so long was a good one, though the cloud had nothing to say."""
BACKOFF_WITH_FIRE_S = 3.0
"""Nodes that all have a fire to tell are few, and it is what they are there for."""
REFUSED_LONGEST_S = 16.0
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
    largest_packet: int = UNBOUNDED


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
        *,
        line: LinkSettings | None = None,
        ledger: Ledger | None = None,
        in_parts: bool = False,
        seal: Seal | None = None,
        recheck_s: float = 60.0,
        time_unknown: Callable[[], bool] = lambda: False,
    ) -> None:
        """`on_receipt` is called, from the link's thread, after records were deleted; `on_command` with each
        command, JSON: it must return at once, since fires wait for it.

        Args:
            line: what it is and may cost; default: without a bound.
            ledger: what it has cost; the caller closes it.
            in_parts: large media go to the cloud another way.
            seal: what commands must bear; None: none need.
            recheck_s: what a budget holds back is looked at again so often.
            time_unknown: as of `Dispatch`.

        Raises:
            ConfigError: the broker's password or CA file cannot be read, or its address is wrong.
        """
        self._node, self._broker, self._settings, self._outbox = node, broker, settings, outbox
        self._on_receipt, self._desired, self._on_command = on_receipt, desired, on_command
        self._seal = seal
        line = line or LinkSettings()
        self._line, self._recheck_s = line.line, recheck_s
        self._ledger = ledger or Ledger(node.state_dir / LEDGER_FILE, line)
        self._dispatch = Dispatch(line, self._ledger, in_parts=in_parts, time_unknown=time_unknown)
        self._meter: Meter | None = None
        """Of the open connection."""
        self._packs = False
        """Whether the cloud has said that it can unpack."""
        self._lost = True
        """Whether the last connection ended otherwise than by us: what was sent over it may be lost."""
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
            try:
                self._wait_for_a_call()
                done = not self._stopping.is_set() and self._connect_once()
            except EdgeError as error:  # such as a CA file that was replaced by a wrong one
                done = False
                log.error("link.failed", error=str(error))  # noqa: TRY400  # a sentence, not a trace
            except Exception:
                done = False
                log.exception("link.crashed")
            self._lost = not done
            if not (done or self._stopping.is_set()):
                self._back_off()

    def _wait_for_a_call(self) -> None:
        """Until there is a reason to connect; on lines that are held open, there always is."""
        while not self._stopping.is_set():
            now = time.monotonic()
            self._woken.clear()
            self._outbox.resend_overdue(now)
            wait_s = self._dispatch.call_in(now, self._outbox)
            if wait_s <= 0:
                return
            self._wait(min(wait_s, self._recheck_s))

    def _back_off(self) -> None:
        """Wait, longer each time, before connecting again."""
        # Without chance, all nodes of a reserve would come back in the same instant after an outage.
        chance = random.uniform(0.5, 1.5)  # noqa: S311  # not cryptography
        began = time.monotonic()
        log.info("link.retrying", wait_s=round(self._backoff_s * chance, 1))
        while not self._stopping.is_set():
            self._woken.clear()
            longest_s = BACKOFF_WITH_FIRE_S if self._fire_waits() else self._line.backoff_longest_s
            wait_s = began + min(self._backoff_s, longest_s) * chance - time.monotonic()
            if wait_s <= 0:
                break
            self._wait(wait_s)
        self._backoff_s = min(2 * self._backoff_s, max(BACKOFF_LONGEST_S, self._line.backoff_longest_s))

    def _fire_waits(self) -> bool:
        try:
            return self._outbox.fire_to_send(LARGEST_MEDIA)
        except OutboxError:
            return True

    def _wait(self, timeout_s: float) -> None:
        """Until something happens, at most so long."""
        with contextlib.suppress(Empty):
            self._events.get(timeout=timeout_s)

    def _connect_once(self) -> bool:
        """One connection: returns when it is over, and whether we ended it, all being said."""
        shown = self._certificate()
        client = self._client()
        host, port = address(self._broker)
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = SESSION_EXPIRY_S
        try:
            client.connect(host, port, self._line.keepalive_s, clean_start=False, properties=properties)
        except (OSError, ValueError) as error:  # ValueError: a host name that cannot be one
            failed = FAILED_HANDSHAKE_BYTES if isinstance(error, ssl.SSLError) else FAILED_BYTES
            self._ledger.count(failed)
            log.warning("link.unreachable", host=host, port=port, error=str(error))
            return False
        client.loop_start()
        try:
            return self._serve(client, shown)
        except OutboxError as error:
            log.error("link.outbox_unusable", error=str(error))  # noqa: TRY400  # a sentence, not a trace
            return False
        finally:
            client.disconnect()
            client.loop_stop()
            self._ledger.pledge("link", 0)

    def _serve(self, client: mqtt.Client, shown: Path | None) -> bool:
        """`shown`: the certificate by which this connection was made. Returns as `_connect_once`."""
        session: Session | None = None
        look_at = time.monotonic() + LOOK_AT_CERTIFICATE_S
        while True:
            try:
                event = self._events.get(timeout=self._patience(session))
            except Empty:
                if session is None:
                    log.warning("link.no_answer", waited_s=self._line.answer_s)
                    return False
                event = _Wake()
            self._count()
            if event.client not in (client, None):
                continue  # an echo of an earlier connection
            match event:
                case _Connected():
                    session = self._welcome(event)
                    if session is None:
                        return False
                case _Disconnected(reason=reason):
                    self._say_goodbye(reason)
                    if session is not None and time.monotonic() - session.began > STEADY_S:
                        self._backoff_s = BACKOFF_FIRST_S
                    return False
                case _Acknowledged() if session is not None:
                    self._acknowledged(session, event)
                case _Received(topic=topic, payload=payload, beside=beside) if topic == self._wanted:
                    self._desires(client, payload, beside)
                case _Received(topic=topic, payload=payload, beside=beside) if topic == self._commands:
                    self._commanded(payload, beside)
                case _Received(payload=payload, beside=beside):
                    self._packs = beside.get(packing.ACCEPTS) == packing.ENCODING
                    self._received(session, payload)
            if self._stopping.is_set():
                if session is not None:
                    self._leave(session)
                return True
            if time.monotonic() >= look_at:
                look_at += LOOK_AT_CERTIFICATE_S
                if self._certificate() != shown:
                    log.info("link.certificate_renewed")
                    self._backoff_s = BACKOFF_FIRST_S
                    return False  # and come back with the new one; our session waits at the broker
            if session is not None:
                if self._fire_stalls(session):
                    log.warning("link.fire_stalls", after_s=self._line.fire_answer_s)
                    self._backoff_s = BACKOFF_FIRST_S
                    return False
                self._pump(session)
                if self._all_is_said(session):
                    refused = session.held_until > time.monotonic()
                    log.info("link.hung_up", unreceipted=len(session.unreceipted), refused=refused)
                    self._dispatch.called(time.monotonic())
                    return not refused

    def _certificate(self) -> Path | None:
        return None if self._identity is None else self._identity.paths()[0]

    def _patience(self, session: Session | None) -> float:
        """Seconds until something is to be done though nothing happens."""
        if session is None:
            return self._line.answer_s
        now = time.monotonic()
        if session.held_until > now:
            return session.held_until - now
        try:
            due = self._outbox.next_overdue()
        except OutboxError:
            return 5.0
        soonest = min(self._recheck_s, self._dispatch.gathered_in(now) or self._recheck_s)
        fire = session.fire_since()
        if fire is not None:
            soonest = min(soonest, max(fire + self._line.fire_answer_s - now, 0.05))
        if not self._dispatch.holds:
            soonest = min(soonest, max(session.heard + self._line.answer_s - now, 0.05))
        return soonest if due is None else min(max(due - now, 0.05), soonest)

    def _fire_stalls(self, session: Session) -> bool:
        """Whether the broker owes an answer for a fire too long. After an outage the kernel sends again ever
        more seldom, minutes apart at last; a new connection gets through as soon as the line is back."""
        since = session.fire_since()
        return since is not None and time.monotonic() > since + self._line.fire_answer_s

    def _count(self) -> None:
        if self._meter is not None:
            self._ledger.count(self._meter.read())

    def _all_is_said(self, session: Session) -> bool:
        """Whether to hang up: the line is not held open, and nothing is under way. The cloud's receipts are
        waited for, but not for ever: the broker has what they are for."""
        if self._dispatch.holds or session.in_flight:
            return False
        now = time.monotonic()
        waited = now - session.heard > self._line.answer_s
        return not session.unreceipted or waited or session.held_until > now

    def _welcome(self, event: _Connected) -> Session | None:
        reason, client = event.reason, event.client
        if client is None or reason is None or reason.is_failure:
            log.error("link.refused", reason=str(reason), username=self._credentials[0])
            return None
        # What is retained comes with each subscription: where each byte costs, with a new one alone.
        retained = SubscribeOptions.RETAIN_SEND_ON_SUBSCRIBE
        if not self._line.stays:
            retained = SubscribeOptions.RETAIN_SEND_IF_NEW_SUB
        options = SubscribeOptions(qos=1, retainHandling=retained)
        client.subscribe([(topic, options) for topic in (self._receipts, self._wanted, self._commands)])
        self._say_state(client, online=True)
        log.info("link.connected", host=address(self._broker)[0])
        if self._lost:
            self._outbox.resend_all()
        now = time.monotonic()
        limit = min(self._settings.in_flight, event.receive_maximum)
        ahead = Ahead(self._line.ahead_bytes)
        return Session(client, limit, event.largest_packet, began=now, ahead=ahead, heard=now)

    def _pump(self, session: Session) -> None:
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
                most = session.narrowed(self._dispatch.most(now, session.largest_packet))
                message = self._outbox.take(now, self._settings.batch, most)
                if message is None:
                    return
                if not self._publish(session, message):
                    self._outbox.resend(message.id)
                    return
                self._dispatch.sent(message, self._settings.batch, now)
        except OutboxError as error:
            log.error("link.outbox_unusable", error=str(error))  # noqa: TRY400  # a sentence, not a trace
            session.held_until = now + 5

    def _publish(self, session: Session, message: Message) -> bool:
        packed = packing.pack(message.payload) if self._packs and message.media is None else None
        payload = message.payload if packed is None else packed
        info = session.client.publish(
            str(Topic(self._node.reserve, self._node.id, message.kind)),
            payload,
            qos=1,
            properties=publish_properties(
                message.content_type, media=message.media, packed=packed is not None
            ),
        )
        if info.rc != mqtt.MQTT_ERR_SUCCESS:
            return False
        session.sent(info.mid, message, len(payload))
        self._pledge(session)
        log.debug("link.sent", message_id=str(message.id), kind=message.kind, bytes=len(payload))
        return True

    def _pledge(self, session: Session) -> None:
        """What is on its way counts before the kernel has counted it."""
        self._ledger.pledge("link", sum(cost(each.size) for each in session.in_flight.values()))

    def _acknowledged(self, session: Session, event: _Acknowledged) -> None:
        message = session.acknowledged(event.mid)
        if message is None or event.reason is None:
            return  # our own state, not a message of the outbox
        self._pledge(session)
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
        session.settle(message.id)
        try:
            self._outbox.resend(message.id)
        except OutboxError as error:
            log.error("link.outbox_unusable", error=str(error))  # noqa: TRY400

    def _received(self, session: Session | None, payload: bytes) -> None:
        try:
            receipt = Receipt.model_validate_json(payload)
            if session is not None:
                session.heard = time.monotonic()
                for message_id in receipt.message_ids:
                    session.settle(message_id)
            gone = self._outbox.forget(receipt.message_ids)
        except ValidationError as error:
            log.warning("link.receipt_unreadable", error=str(error))
        except OutboxError as error:
            # It stays in the outbox and is sent again: the cloud will know it, and give another receipt.
            log.error("link.outbox_unusable", error=str(error))  # noqa: TRY400
        else:
            self._backoff_s = BACKOFF_FIRST_S
            log.debug("link.receipt", messages=len(receipt.message_ids), records=gone)
            self._on_receipt()

    def _leave(self, session: Session) -> None:
        """Say that we go: a clean DISCONNECT suppresses the last will."""
        info = self._say_state(session.client, online=False)
        try:
            info.wait_for_publish(timeout=3)
        except (RuntimeError, ValueError):
            log.debug("link.goodbye_not_sent")  # the connection went first: the will says it

    def _desires(self, client: mqtt.Client, payload: bytes, beside: Mapping[str, str]) -> None:
        if self._desired is not None and self._desired.offer(payload, beside):
            self._say_state(client, online=True)

    def _commanded(self, payload: bytes, beside: Mapping[str, str]) -> None:
        if self._on_command is None:
            return
        flaw = None if self._seal is None else self._seal.flaw(payload, beside)
        if flaw is not None:
            log.error("link.command_refused", reason=flaw)
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
            largest = getattr(properties, "MaximumPacketSize", UNBOUNDED)
            events.put(_Connected(client, reason, maximum, largest))

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

        def on_socket_open(client: mqtt.Client, data: Any, sock: Any) -> None:
            send_at_once(client, data, sock)
            # Else the kernel goes on for a quarter of an hour with a connection that an outage has ended.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(self._line.answer_s * 1000))
            self._meter = Meter(sock)

        def on_socket_close(*_: Any) -> None:
            self._count()
            self._meter = None
            self._ledger.count(CLOSING_BYTES)

        client.on_socket_open, client.on_socket_close = on_socket_open, on_socket_close
        client.on_connect, client.on_disconnect = on_connect, on_disconnect
        client.on_publish, client.on_message, client.on_subscribe = on_publish, on_message, on_subscribe
        return client
