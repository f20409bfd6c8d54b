"""What goes up the line: messages of the outbox, fires first, as many at once as may be on their way.

The broker's acknowledgement only makes room for the next message. Only the cloud's receipt deletes
(`downlink`).
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import paho.mqtt.client as mqtt
import structlog

from fieldwatch_edge.errors import OutboxError
from fieldwatch_edge.link.client import publish_properties
from fieldwatch_edge.link.dispatch import cost
from fieldwatch_shared import packing
from fieldwatch_shared.topics import Topic

if TYPE_CHECKING:
    from fieldwatch_edge.link.dispatch import Dispatch
    from fieldwatch_edge.link.events import Acknowledged
    from fieldwatch_edge.link.ledger import Ledger
    from fieldwatch_edge.link.session import Session
    from fieldwatch_edge.outbox import Message, Outbox
    from fieldwatch_edge.settings import NodeIdentity

log = structlog.get_logger(__name__)

REFUSED_LONGEST_S = 16.0
UNUSABLE_S = 5.0
"""An outbox that cannot be read is left alone for so long."""
_NO_MATCHING_SUBSCRIBERS = 0x10


class Uplink:
    """Of one node, over one connection after the other."""

    def __init__(
        self, node: NodeIdentity, outbox: Outbox, dispatch: Dispatch, ledger: Ledger, batch: int
    ) -> None:
        """`batch`: records in one message at most."""
        self._node, self._outbox, self._dispatch = node, outbox, dispatch
        self._ledger, self._batch = ledger, batch

    def pump(self, session: Session, *, packs: bool) -> None:
        """Send as much as may be sent now.

        Args:
            packs: whether the cloud can unpack.
        """
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
                message = self._outbox.take(now, self._batch, most)
                if message is None:
                    return
                if not self._publish(session, message, packs=packs):
                    self._outbox.resend(message.id)
                    return
                self._dispatch.sent(message, self._batch, now)
        except OutboxError as error:
            log.error("link.outbox_unusable", error=str(error))  # noqa: TRY400  # a sentence, not a trace
            session.held_until = now + UNUSABLE_S

    def acknowledged(self, session: Session, event: Acknowledged) -> None:
        """The broker has answered for a message."""
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

    def over(self) -> None:
        """The connection has ended: nothing is on its way."""
        self._ledger.pledge("link", 0)

    def _publish(self, session: Session, message: Message, *, packs: bool) -> bool:
        packed = packing.pack(message.payload) if packs and message.media is None else None
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
