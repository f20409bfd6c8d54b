"""The companion that sends the end of the log, or a bundle, when the cloud asks for it.

To the cloud that this node was enrolled at and nowhere else, whatever the command's address says; with the
token of that one upload, which is of no use for anything else.
"""

from __future__ import annotations

import queue
import threading
from collections import deque
from typing import TYPE_CHECKING, Any

import structlog
from pydantic import ValidationError

from fieldwatch_edge.errors import EdgeError, OutboxError, UnreachableError
from fieldwatch_edge.support.bundle import bundle
from fieldwatch_edge.support.clean import cleaned
from fieldwatch_edge.support.log import tail
from fieldwatch_shared.messages import Command, SendLog

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from fieldwatch_edge.outbox import Outbox
    from fieldwatch_edge.settings import NodeSettings
    from fieldwatch_shared.messages import Heartbeat

log = structlog.get_logger(__name__)

TRIES, FIRST_WAIT_S, LONGEST_WAIT_S = 8, 2.0, 120.0


class Support:
    name = "support"

    def __init__(
        self,
        settings: NodeSettings,
        outbox: Outbox,
        findings: Callable[[Callable[[], bool]], list[dict[str, Any]]],
    ) -> None:
        """`findings`: of `fieldwatch edge doctor`; given what says that the node stops."""
        self._settings, self._outbox, self._findings = settings, outbox, findings
        self._asked: queue.SimpleQueue[SendLog | None] = queue.SimpleQueue()
        self._known: deque[UUID] = deque(maxlen=100)
        self._stopping = threading.Event()
        self._heartbeat: str | None = None

    def command(self, payload: bytes) -> None:
        """A command that asks for the log is taken; the others are not ours."""
        try:
            wanted = Command.model_validate_json(payload).command
        except ValidationError:
            return
        if isinstance(wanted, SendLog) and wanted.id not in self._known:
            self._known.append(wanted.id)
            self._asked.put(wanted)

    def run(self) -> None:
        while not self._stopping.is_set():
            wanted = self._asked.get()
            if wanted is None:
                return
            try:
                self._serve(wanted)
            except EdgeError as error:
                log.error("support.not_sent", id=str(wanted.id), error=str(error))  # noqa: TRY400

    def stop(self) -> None:
        self._stopping.set()
        self._asked.put(None)

    def report(self) -> dict[str, Any]:
        return {}

    def reported(self, heartbeat: Heartbeat) -> None:
        """Kept for a bundle."""
        self._heartbeat = heartbeat.model_dump_json(exclude={"effort"})

    def _serve(self, wanted: SendLog) -> None:
        if wanted.bundle:
            findings = self._findings(self._stopping.is_set)
            content = bundle(
                self._settings,
                findings=findings,
                outbox=self._outbox,
                heartbeat=self._heartbeat,
                max_bytes=wanted.max_bytes,
                lines=wanted.lines,
            )
        else:
            # Cleaned, a line may have become longer.
            text = tail(self._settings.node.state_dir, wanted.lines, wanted.max_bytes // 2)
            content = cleaned(text).encode()
        if len(content) > wanted.max_bytes:
            raise EdgeError(f"a bundle has {len(content)} bytes, and {wanted.max_bytes} are taken")
        self._send(wanted, content)

    def _send(self, wanted: SendLog, content: bytes) -> None:
        # Not at the top: it brings the HTTP client, and logs are asked for seldom.
        from fieldwatch_edge.identity import one_time

        cloud = self._settings.cloud
        if cloud is None:
            raise EdgeError("this node was not enrolled: it sends its log to nobody")
        wait_s = FIRST_WAIT_S
        for last in (*[False] * (TRIES - 1), True):
            while self._fires_wait() and not self._stopping.wait(0.5):
                pass
            if self._stopping.is_set():
                return
            try:
                one_time.put(cloud, wanted.upload_url, wanted.token, content, self._may_go_on)
            except UnreachableError:
                if last:
                    raise
                self._stopping.wait(wait_s)
                wait_s = min(2 * wait_s, LONGEST_WAIT_S)
            else:
                log.info("support.sent", id=str(wanted.id), bundle=wanted.bundle, bytes=len(content))
                return

    def _fires_wait(self) -> bool:
        try:
            return self._outbox.fires_wait
        except OutboxError:  # a damaged one may hold a fire too; but what ails it should be heard of
            return False

    def _may_go_on(self) -> bool:
        return not self._stopping.is_set() and not self._fires_wait()
