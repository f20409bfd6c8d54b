"""What comes down the line: the cloud's receipts, what it wants of the node, and commands."""

from __future__ import annotations

import time
from enum import Enum
from typing import TYPE_CHECKING

import structlog
from pydantic import ValidationError

from fieldwatch_edge.errors import OutboxError
from fieldwatch_shared import packing
from fieldwatch_shared.messages import Receipt
from fieldwatch_shared.topics import Kind, Topic

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fieldwatch_edge.desired import Desired
    from fieldwatch_edge.identity.seal import Seal
    from fieldwatch_edge.link.events import Received
    from fieldwatch_edge.link.session import Session
    from fieldwatch_edge.outbox import Outbox
    from fieldwatch_edge.settings import NodeIdentity

log = structlog.get_logger(__name__)


class Heard(Enum):
    """What the link has to act upon."""

    RECEIPT = "the cloud has something for good"
    DESIRED = "the node works by another version from now on"


class Downlink:
    """Takes in what was received, on whichever connection: paho has acknowledged it by then, and the broker
    will not say it again."""

    def __init__(
        self,
        node: NodeIdentity,
        outbox: Outbox,
        on_receipt: Callable[[], None],
        desired: Desired | None,
        on_command: Callable[[bytes], None] | None,
        seal: Seal | None,
    ) -> None:
        """As of `Link`."""
        self._outbox, self._on_receipt = outbox, on_receipt
        self._desired, self._on_command, self._seal = desired, on_command, seal
        self._receipts = str(Topic(node.reserve, node.id, Kind.RECEIPT))
        self._wanted = str(Topic(node.reserve, node.id, Kind.DESIRED))
        self._commands = str(Topic(node.reserve, node.id, Kind.COMMAND))
        self.cloud_unpacks = False
        """Whether the cloud has said that it can unpack."""

    @property
    def topics(self) -> tuple[str, str, str]:
        return self._receipts, self._wanted, self._commands

    @property
    def desired_version(self) -> int | None:
        """By which version the node works; None: by none of the cloud's."""
        return None if self._desired is None else self._desired.version

    def take_in(self, event: Received, session: Session | None) -> Heard | None:
        """`session`: the open one; None: none is."""
        if event.topic == self._wanted:
            taken = self._desired is not None and self._desired.offer(event.payload, event.beside)
            return Heard.DESIRED if taken else None
        if event.topic == self._commands:
            self._commanded(event.payload, event.beside)
            return None
        self.cloud_unpacks = event.beside.get(packing.ACCEPTS) == packing.ENCODING
        return Heard.RECEIPT if self._receipted(session, event.payload) else None

    def _receipted(self, session: Session | None, payload: bytes) -> bool:
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
            log.debug("link.receipt", messages=len(receipt.message_ids), records=gone)
            self._on_receipt()
            return True
        return False

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
