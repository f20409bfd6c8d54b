"""What a node says of itself, now and then: its heartbeats, which also carry the effort of its cameras."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

import structlog

from fieldwatch_edge.capture import system_clock
from fieldwatch_edge.errors import OutboxError
from fieldwatch_edge.health import GivenUpLately, heartbeat
from fieldwatch_edge.outbox import Entry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fieldwatch_edge.companions import Beside
    from fieldwatch_edge.outbox import Outbox
    from fieldwatch_edge.settings import NodeSettings
    from fieldwatch_edge.worker import CameraWorker
    from fieldwatch_shared.messages import CameraHealth

log = structlog.get_logger(__name__)


class Heartbeats:
    """Of one node, since it began."""

    def __init__(self, settings: NodeSettings, notices: Sequence[str] = ()) -> None:
        """`notices`: what is to be said of its beginning, for people."""
        self._settings = settings
        self._started = self.due_at = time.monotonic()
        """`due_at`: when the next one is to be written."""
        self._notices: deque[str] = deque(notices, maxlen=20)
        """What the next one is to say of the node itself."""
        self._given_up = GivenUpLately()

    def notice(self, words: str) -> None:
        """Say something of the node itself in the next one. From any thread."""
        self._notices.append(words)

    def write(
        self,
        outbox: Outbox,
        workers: Sequence[CameraWorker],
        beside: Beside,
        *,
        time_unknown: bool = False,
        final: bool = False,
    ) -> None:
        """Write a heartbeat; the last one is as many as it takes to carry all effort.

        Args:
            time_unknown: effort with an impossible time waits until that is known; health does not.
        """
        self._write(outbox, workers, beside, time_unknown=time_unknown, final=final)
        if not final:
            self.due_at = time.monotonic() + self._settings.heartbeat_s

    def _write(
        self,
        outbox: Outbox,
        workers: Sequence[CameraWorker],
        beside: Beside,
        *,
        time_unknown: bool,
        final: bool,
    ) -> None:
        while True:
            try:
                said = len(self._notices)
                notices = list(self._notices)
                health = [worker.monitor.health() for worker in workers]
                waits = time_unknown and not final
                spans = [span for each in workers for span in each.monitor.pending() if not waits]
                statistics = outbox.statistics()
                record = heartbeat(
                    clock=system_clock(),
                    cameras=[_noticed(each, notices) for each in health],
                    effort=spans,
                    outbox=statistics,
                    state_dir=self._settings.node.state_dir,
                    uptime_s=time.monotonic() - self._started,
                    next_within_s=self._settings.heard_within_s,
                    given_up_lately=self._given_up.of(sum(statistics.given_up.values())),
                )
                report = beside.report()
                notices += report.pop("notices", [])  # their own, which are no camera's problem
                record = record.model_copy(update={"notices": notices[:20], **report})
                outbox.write(ready=[Entry.of(record)])
                beside.reported(record)
            except (OutboxError, OSError) as error:
                # Its effort stays with the monitors, and goes into the next one.
                log.error("node.heartbeat_not_written", error=str(error))  # noqa: TRY400
                return
            except Exception:  # a fault of ours must not end the cameras, which still see fires
                log.exception("node.heartbeat_failed")
                return
            for worker, each in zip(workers, health, strict=True):
                worker.monitor.reported(each, spans)
            for _ in range(min(said, len(self._notices))):
                self._notices.popleft()
            if not final or not any(worker.monitor.pending() for worker in workers):
                return


def _noticed(health: CameraHealth, notices: Sequence[str]) -> CameraHealth:
    """`health` with what is to be said of the node: people look at cameras."""
    said = "; ".join(each for each in (*notices, health.problem) if each)
    return health.model_copy(update={"problem": said[:500] or None})
