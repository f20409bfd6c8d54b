"""The link to the broker: publishes what the outbox holds, and has it forgotten when the cloud says so.

When to connect, and what one connection is, from its beginning to its end. The rules:

- What is sent, when, and again, is the outbox's decision alone (`uplink`).
- Only the cloud's receipt deletes. What the cloud wants of the node (its desired state) is taken over when it
  comes, and the retained state then says by which version the node works (`downlink`).
- One place in flight is kept free for a fire, and few bytes are ever ahead of it, so that it does not wait
  behind pictures on a slow line (`session`).
- What may go is the kind of line's and its budget's to say (`dispatch`); a fire goes whatever it costs. Where
  the line is not held open, we call, at once for a fire, and hang up when all is said.
- After a lost connection nobody knows what the broker still has: nothing counts as sent, before anything else
  is decided. A fire that was cut off on its way is one that waits.
"""

from __future__ import annotations

import random
import threading
import time
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING

import structlog

from fieldwatch_edge.errors import EdgeError, OutboxError
from fieldwatch_edge.link.backoff import Backoff
from fieldwatch_edge.link.connecting import Connector
from fieldwatch_edge.link.dispatch import LARGEST_MEDIA, Dispatch
from fieldwatch_edge.link.downlink import Downlink, Heard
from fieldwatch_edge.link.events import Acknowledged, Connected, Disconnected, Event, Received, Wake
from fieldwatch_edge.link.ledger import LEDGER_FILE, Ledger
from fieldwatch_edge.link.session import Ahead, Session
from fieldwatch_edge.link.uplink import UNUSABLE_S, Uplink
from fieldwatch_edge.settings import LinkSettings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import paho.mqtt.client as mqtt
    from paho.mqtt.reasoncodes import ReasonCode

    from fieldwatch_edge.desired import Desired
    from fieldwatch_edge.identity.seal import Seal
    from fieldwatch_edge.outbox import Outbox
    from fieldwatch_edge.settings import Broker, NodeIdentity, OutboxSettings

log = structlog.get_logger(__name__)

STEADY_S = 60.0
"""A connection that has lasted so long was a good one, though the cloud had nothing to say."""
LOOK_AT_CERTIFICATE_S = 60.0
_SESSION_TAKEN_OVER = 0x8E


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
        line = line or LinkSettings()
        ledger = ledger or Ledger(node.state_dir / LEDGER_FILE, line)
        self._node, self._settings, self._outbox = node, settings, outbox
        self._line, self._recheck_s = line.line, recheck_s
        self._lost = True
        """Whether what was sent may be lost, and still counts as sent: the last connection, perhaps that of a
        process before this one, ended otherwise than by us."""
        self._events: SimpleQueue[Event] = SimpleQueue()
        self._woken, self._stopping = threading.Event(), threading.Event()
        self._backoff = Backoff(self._line.backoff_longest_s)
        self._dispatch = Dispatch(line, ledger, in_parts=in_parts, time_unknown=time_unknown)
        self._downlink = Downlink(node, outbox, on_receipt, desired, on_command, seal)
        self._uplink = Uplink(node, outbox, self._dispatch, ledger, settings.batch)
        topics = self._downlink.topics
        self._connector = Connector(node, broker, self._line, ledger, topics, self._events.put)
        outbox.listen(self._wake)

    def stop(self) -> None:
        """Have `run` say goodbye to the broker and return."""
        self._stopping.set()
        self._wake()

    def run(self) -> None:
        """Connect, and reconnect for ever, until `stop`, whatever happens: a node whose link has ended would
        go on watching, and nobody would ever hear of a fire."""
        done = True
        while not self._stopping.is_set():
            try:
                if not done:
                    self._back_off()
                done = False
                self._wait_for_a_call()
                done = not self._stopping.is_set() and self._connect_once()
            except EdgeError as error:  # such as a CA file that was replaced by a wrong one
                log.error("link.failed", error=str(error))  # noqa: TRY400  # a sentence, not a trace
            except Exception:
                log.exception("link.crashed")
            self._lost = not done

    # Between two connections

    def _wait_for_a_call(self) -> None:
        """Until there is a reason to connect; on lines that are held open, there always is."""
        self._take_back()
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
        chance = random.uniform(0.5, 1.5)  # noqa: S311  # not cryptography
        began = time.monotonic()
        log.info("link.retrying", wait_s=round(self._backoff.next_s * chance, 1))
        while not self._stopping.is_set():
            self._woken.clear()
            wait_s = began + self._backoff.wait_s(chance, fire=self._fire_waits()) - time.monotonic()
            if wait_s <= 0:
                break
            self._wait(wait_s)
        self._backoff.failed()

    def _fire_waits(self) -> bool:
        try:
            self._take_back()
            return self._outbox.fire_to_send(LARGEST_MEDIA)
        except OutboxError:
            return True
        except Exception:  # without a wait, a fault of ours that stays would never let go of the processor
            log.exception("link.crashed")
            return True

    def _take_back(self) -> None:
        """Count nothing as sent that a lost connection may have lost."""
        if self._lost:
            self._outbox.resend_all()
            self._lost = False

    def _wait(self, timeout_s: float) -> None:
        """Until something happens, at most so long."""
        try:
            event = self._events.get(timeout=timeout_s)
        except Empty:
            return
        if isinstance(event, Received):  # by the last connection, when we no longer listened to it
            self._hear(event, None)

    # One connection

    def _connect_once(self) -> bool:
        """One connection: returns when it is over, and whether we ended it, all being said."""
        shown = self._connector.certificate()
        client = self._connector.connect()
        if client is None:
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
            self._uplink.over()

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
                event = Wake()
            self._connector.count()
            match event:
                case Received():
                    self._hear(event, session)
                case Event(client=other) if other not in (client, None):
                    continue  # an echo of an earlier connection
                case Connected():
                    session = self._welcome(event)
                    if session is None:
                        return False
                case Disconnected(reason=reason):
                    self._say_goodbye(reason)
                    if session is not None and time.monotonic() - session.began > STEADY_S:
                        self._backoff.worked()
                    return False
                case Acknowledged() if session is not None:
                    self._uplink.acknowledged(session, event)
            if self._stopping.is_set():
                if session is not None:
                    self._leave(session)
                return True
            if time.monotonic() >= look_at:
                look_at += LOOK_AT_CERTIFICATE_S
                if self._connector.certificate() != shown:
                    log.info("link.certificate_renewed")
                    self._backoff.worked()
                    return False  # and come back with the new one; our session waits at the broker
            if session is None:
                continue
            if session.fire_stalls(time.monotonic(), self._line.fire_answer_s):
                log.warning("link.fire_stalls", after_s=self._line.fire_answer_s)
                self._backoff.worked()
                return False
            self._woken.clear()
            self._uplink.pump(session, packs=self._downlink.cloud_unpacks)
            if self._all_is_said(session):
                refused = session.held_until > time.monotonic()
                log.info("link.hung_up", unreceipted=len(session.unreceipted), refused=refused)
                self._dispatch.called(time.monotonic())
                return not refused

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
            return UNUSABLE_S
        soonest = min(self._recheck_s, self._dispatch.gathered_in(now) or self._recheck_s)
        fire = session.fire_since()
        if fire is not None:
            soonest = min(soonest, max(fire + self._line.fire_answer_s - now, 0.05))
        if not self._dispatch.holds:
            soonest = min(soonest, max(session.heard + self._line.answer_s - now, 0.05))
        return soonest if due is None else min(max(due - now, 0.05), soonest)

    def _all_is_said(self, session: Session) -> bool:
        """Whether to hang up: the line is not held open, nothing is under way, and all that came is heard."""
        over = session.is_over(time.monotonic(), self._line.answer_s)
        return over and not self._dispatch.holds and self._events.empty()

    def _welcome(self, event: Connected) -> Session | None:
        reason, client = event.reason, event.client
        if client is None or reason is None or reason.is_failure:
            log.error("link.refused", reason=str(reason), username=self._connector.username)
            return None
        self._connector.subscribe(client)
        self._say_state(client, online=True)
        log.info("link.connected", host=self._connector.host)
        now = time.monotonic()
        limit = min(self._settings.in_flight, event.receive_maximum)
        ahead = Ahead(self._line.ahead_bytes)
        return Session(client, limit, event.largest_packet, began=now, ahead=ahead, heard=now)

    def _hear(self, event: Received, session: Session | None) -> None:
        heard = self._downlink.take_in(event, session)
        if heard is Heard.RECEIPT:
            self._backoff.worked()
        elif heard is Heard.DESIRED and session is not None:
            self._say_state(session.client, online=True)

    def _leave(self, session: Session) -> None:
        """Say that we go: a clean DISCONNECT suppresses the last will."""
        info = self._say_state(session.client, online=False)
        try:
            info.wait_for_publish(timeout=3)
        except (RuntimeError, ValueError):
            log.debug("link.goodbye_not_sent")  # the connection went first: the will says it

    def _say_state(self, client: mqtt.Client, *, online: bool) -> mqtt.MQTTMessageInfo:
        version = self._downlink.desired_version
        return self._connector.say_state(client, online=online, desired_version=version)

    def _say_goodbye(self, reason: ReasonCode | None) -> None:
        if reason is not None and reason.value == _SESSION_TAKEN_OVER:
            log.error("link.another_node_has_our_id", node=self._node.id)
        else:
            log.warning("link.lost", reason=str(reason))

    def _wake(self) -> None:
        # One wake-up in the queue is enough, however fast the pipelines write.
        if self._stopping.is_set() or not self._woken.is_set():
            self._woken.set()
            self._events.put(Wake())
