"""Large media, one after the other: behind every fire, within the budget of the line and of the battery."""

from __future__ import annotations

import random
import threading
import time
from typing import TYPE_CHECKING, Any

import structlog

from fieldwatch_edge.errors import EdgeError, OutboxError, RefusedError, UnreachableError
from fieldwatch_edge.identity import Identity
from fieldwatch_edge.link.dispatch import LANES, LARGEST_MEDIA, MEDIA, cost
from fieldwatch_edge.uploads.tus import FireFirstError, Upload, is_gone

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from fieldwatch_edge.identity.session import CloudSession
    from fieldwatch_edge.link.dispatch import Dispatch
    from fieldwatch_edge.link.ledger import Ledger
    from fieldwatch_edge.outbox import Outbox
    from fieldwatch_edge.outbox.records import Large
    from fieldwatch_edge.settings import NodeSettings

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 30.0
AGAIN_FIRST_S, AGAIN_LONGEST_S = 5.0, 600.0
REFUSED_S = 24 * 3600.0
"""What the cloud refused is offered again after a day: its settings may have changed."""


def goes_in_parts(settings: NodeSettings) -> bool:
    """Whether large media go in parts: the node is enrolled at a cloud, and pictures may go over its line."""
    return (
        settings.cloud is not None
        and settings.link.takes_media
        and Identity.of(settings.node.id, settings.broker) is not None
    )


class Uploads:
    """A companion (fieldwatch_edge.companions)."""

    name = "uploads"

    def __init__(
        self,
        settings: NodeSettings,
        outbox: Outbox,
        ledger: Ledger,
        dispatch: Dispatch,
        may_spend: Callable[[], str | None] = lambda: None,
    ) -> None:
        """`may_spend`: why there is no power for it, in words; None: there is."""
        self._settings, self._outbox, self._ledger = settings, outbox, ledger
        self._dispatch, self._may_spend = dispatch, may_spend
        self._part_bytes = settings.link.line.part_bytes
        self._news = threading.Event()
        self._stopping = threading.Event()
        self._refused: dict[UUID, float] = {}
        """When (monotonic) what the cloud refused may be offered again."""
        outbox.listen(self._news.set)

    def run(self) -> None:
        session: CloudSession | None = None
        again_s = AGAIN_FIRST_S
        try:
            while not self._stopping.is_set():
                self._news.clear()
                try:
                    large = self._next()
                    if large is None or self._not_now(large, min(large.bytes, self._part_bytes)):
                        self._news.wait(LOOK_EVERY_S)
                        continue
                    session = session or self._session()
                    if self._upload(session, large):
                        again_s = AGAIN_FIRST_S
                        continue
                except UnreachableError as error:
                    wait_s = error.retry_after_s or again_s * random.uniform(0.5, 1.5)  # noqa: S311
                    log.info("upload.waits", reason=str(error), wait_s=round(wait_s, 1))
                    self._stopping.wait(wait_s)
                    again_s = min(2 * again_s, AGAIN_LONGEST_S)
                    continue
                except OutboxError as error:
                    log.error("upload.outbox_unusable", error=str(error))  # noqa: TRY400  # a sentence
                except EdgeError as error:
                    log.error("upload.failed", error=str(error))  # noqa: TRY400  # a sentence
                self._stopping.wait(AGAIN_FIRST_S)
        finally:
            if session is not None:
                session.close()

    def stop(self) -> None:
        self._stopping.set()
        self._news.set()

    def report(self) -> dict[str, Any]:
        return {}

    def _session(self) -> CloudSession:
        # The HTTP client takes memory that a node without large pictures has a better use for.
        from fieldwatch_edge.identity.session import CloudSession

        # `spent` knows of neither TLS nor TCP.
        return CloudSession.of(self._settings, spent=lambda size: self._ledger.count(cost(size)))

    def _next(self) -> Large | None:
        now = time.monotonic()
        self._refused = {id_: at for id_, at in self._refused.items() if at > now}
        largest = {priority: self._dispatch.largest_media(priority) for priority in MEDIA}
        return self._outbox.large(largest, self._refused)

    def _not_now(self, large: Large, size: int) -> bool:
        """Whether something forbids to send so many bytes of it now."""
        return (
            self._stopping.is_set()
            or self._fire()
            or self._may_spend() is not None
            or self._ledger.room(LANES[large.priority]) < cost(size)
        )

    def _fire(self) -> bool:
        """Whether a fire that goes over the link is yet to be sent."""
        return self._outbox.fire_to_send(LARGEST_MEDIA)

    def _upload(self, session: CloudSession, large: Large) -> bool:
        """Send parts as long as they may be sent; whether the cloud has it all.

        Raises:
            UnreachableError: later.
        """
        try:
            upload = Upload.begin(session, large)
            while upload.receipt is None:
                part = self._outbox.part(large, upload.offset, self._part_bytes)
                if not part and upload.offset < large.bytes:
                    return True  # given up meanwhile, or carried
                if self._not_now(large, len(part)):
                    return False
                self._ledger.pledge(self.name, cost(len(part)))
                try:
                    upload.send(part, self._fire)
                except FireFirstError:
                    log.info("upload.fire_first", media=str(large.id), offset=upload.offset)
                    return False
                finally:
                    self._ledger.pledge(self.name, 0)
        except RefusedError as error:
            if is_gone(error):
                return False  # it expired: from the beginning
            self._refused[large.id] = time.monotonic() + REFUSED_S
            log.error("upload.refused", media=str(large.id), reason=str(error))  # noqa: TRY400  # a sentence
            return True
        self._outbox.forget([upload.receipt])
        log.info("upload.done", media=str(large.id), bytes=large.bytes)
        return True
