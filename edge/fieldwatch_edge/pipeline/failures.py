"""Frames that could not be worked on: passed over, and told. Many in a row are no fault of the frames."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from fieldwatch_edge.errors import EdgeError

if TYPE_CHECKING:
    from fieldwatch_edge.capture import SourceStatus
    from fieldwatch_edge.domain import Frame

log = structlog.get_logger(__name__)

IN_A_ROW = 20
"""One frame may be bad; when so many fail one after the other, it is not the frames."""


@dataclass(slots=True)
class Failures:
    """Of one camera's run."""

    camera: str
    count: int = 0
    in_a_row: int = 0
    last: str = ""

    def note(self, frame: Frame, error: Exception) -> None:
        self.count += 1
        self.in_a_row += 1
        self.last = f"{frame.position}: {error}"
        log.error(
            "pipeline.frame_failed",
            deployment=self.camera,
            position=frame.position,
            failed=self.count,
            error=str(error),
            exc_info=not isinstance(error, EdgeError),  # of ours: a sentence says all
        )

    @property
    def too_many(self) -> bool:
        return self.in_a_row >= IN_A_ROW

    def missing(self, status: SourceStatus) -> str | None:
        """What is missing of a source that has ended; None where nothing is."""
        skipped = status.skipped + self.count
        last = self.last or status.problem
        if not skipped:
            return last
        return f"pictures that could not be taken in: {skipped}, {last or 'which the log names'}"
