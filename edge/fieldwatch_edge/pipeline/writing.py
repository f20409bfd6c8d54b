"""Writing to an outbox whose disk may refuse: nothing may be skipped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from fieldwatch_edge.errors import OutboxError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from fieldwatch_edge.health import CameraMonitor

log = structlog.get_logger(__name__)

LONGEST_S = 60.0


class Writer:
    """Tries until it is done."""

    def __init__(self, camera: str, monitor: CameraMonitor, stop: threading.Event) -> None:
        """`monitor` is told of the problem."""
        self._camera, self._monitor, self._stop = camera, monitor, stop

    def __call__(self, write: Callable[[], object]) -> None:
        """
        Raises:
            OutboxError: the disk refuses, and we are to stop.
        """
        wait_s = 1.0
        while True:
            self._monitor.moved()
            try:
                write()
            except OutboxError as error:
                self._monitor.problem = str(error)
                said = {"deployment": self._camera, "error": str(error), "wait_s": wait_s}
                log.error("pipeline.outbox_unusable", **said)  # noqa: TRY400  # a sentence, not a trace
                if self._stop.wait(wait_s):
                    raise
                wait_s = min(2 * wait_s, LONGEST_S)
            else:
                return
