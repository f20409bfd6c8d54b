"""What every source of frames offers, whether pictures in a folder or a camera on a mast."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from types import TracebackType

    from fieldwatch_edge.domain import Frame, Onlooker
    from fieldwatch_shared.messages import Pose


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """How a source is doing, for heartbeats."""

    last_frame_at: datetime | None = None
    """Capture time of the newest frame that came; None before the first."""
    problem: str | None = None
    """What is wrong now, in words; None while frames come."""
    skipped: int = 0
    """Pictures given up because they could not be read, since the source was opened."""


class Source(ABC):
    """Frames in the order in which they were captured.

    One thread iterates; `status` and `close` may be called from any other.
    """

    replayable: ClassVar[bool]
    """Whether the same frames, with the same positions and times, can be had again."""

    @abstractmethod
    def frames(self, idle_s: float = 1.0) -> Iterator[Frame | None]:
        """Frames until the source ends or is closed; None whenever `idle_s` passed without one,
        so that the caller can end tracks and write heartbeats while nothing comes.

        Raises:
            SourceError: the source can never give a frame as it is configured. A picture that is
                corrupt, or a stream that drops, is reported in `status` and does not end the run.
        """

    def __iter__(self) -> Iterator[Frame]:
        """`frames` without the idle ticks."""
        return (frame for frame in self.frames() if frame is not None)

    @property
    @abstractmethod
    def status(self) -> SourceStatus: ...

    @property
    def arrived_until(self) -> int | None:
        """For sources to which frames may be added out of order: all that arrived up to this moment (Unix
        time in ns, by the clock of the file system) have been shown, or lie behind the last one shown.
        Read it in the thread that iterates."""
        return None

    def again(self, position: str, at: datetime) -> Frame | None:
        """The frame of this position and capture time once more; None where the source cannot replay, or has
        it no longer. May be called before `frames`."""
        del position, at
        return None

    def suspects(self, pose: Pose | None) -> None:  # noqa: B027  Most cannot turn away.
        """Something is suspected where the camera looks in that pose, and not decided; None: nothing is."""

    def show_to(self, onlooker: Onlooker) -> None:  # noqa: B027  Most have nothing beside their frames.
        """Show it pictures beside those of `frames`, where the source has more of them. Call it before."""

    @abstractmethod
    def close(self) -> None:
        """End the iteration soon and release the device. Twice does no harm."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
