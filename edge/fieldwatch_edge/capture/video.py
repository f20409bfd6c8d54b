"""Frames of a video file."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

import structlog

from fieldwatch_edge.capture.pace import Pace
from fieldwatch_edge.capture.source import Source, SourceStatus
from fieldwatch_edge.capture.times import mtime, possible
from fieldwatch_edge.domain import Frame
from fieldwatch_edge.errors import SourceError
from fieldwatch_edge.vision import Capture
from fieldwatch_shared.messages import Clock

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fieldwatch_edge import settings

log = structlog.get_logger(__name__)

_SAME_TIME = timedelta(milliseconds=1)
"""The same frame of the same recording has the same time; another recording under its name began elsewhen."""


class VideoSource(Source):
    """Every n-th frame of a video, its time counted from the first frame by the video's frame rate."""

    replayable: ClassVar[bool] = True

    def __init__(
        self,
        config: settings.VideoSource,
        resume_after: str | None = None,
        last_at: datetime | None = None,
    ) -> None:
        """`resume_after`, `last_at`: position (`clip.mp4#120`) and capture time of the last frame that
        need not be shown again.

        Raises:
            SourceError: there is no such file, it is no video, or its frame rate is unknown.
        """
        self._config = config
        self._clock = Clock(quality=config.clock)
        self._closed = threading.Event()
        self._status = SourceStatus()
        if not config.path.is_file():
            raise SourceError(f"there is no video {config.path}")
        self._start = possible((config.start or mtime(config.path)).astimezone(UTC))
        probe = Capture.video(config.path)
        self._rate, self._frame_count = probe.frames_per_second, probe.frame_count
        probe.close()
        if not self._rate > 0:
            raise SourceError(f"{config.path} does not state its frame rate, so its frames have no times")
        self._step = max(1, round(config.every_s * self._rate))
        self._first = self._index_after(resume_after, last_at)

    @property
    def status(self) -> SourceStatus:
        return self._status

    def close(self) -> None:
        self._closed.set()

    def frames(self, idle_s: float = 1.0) -> Iterator[Frame | None]:
        pace = Pace(self._config.replay_speed, self._closed)
        capture, index = self._open_at(self._first)
        try:
            while not self._closed.is_set() and capture.grab():
                if index >= self._first and index % self._step == 0:
                    image = capture.retrieve()
                    if image is None:
                        self._skip(index)
                    else:
                        at = self._time(index)
                        yield from pace.until(at, idle_s)
                        if self._closed.is_set():
                            return
                        self._status = replace(self._status, last_frame_at=at, problem=None)
                        yield Frame(image, at, self._clock, f"{self._config.path.name}#{index}")
                index += 1
            # What containers state may be a few frames off.
            if not self._closed.is_set() and index < 0.95 * self._frame_count:
                problem = f"{self._config.path} ends after frame {index} of {self._frame_count}"
                self._status = replace(self._status, problem=problem)
                log.warning("video.ended_early", frames=index, stated=self._frame_count)
        finally:
            capture.close()

    def again(self, position: str, at: datetime) -> Frame | None:
        name, _, number = position.rpartition("#")
        if name != self._config.path.name or not number.isdecimal():
            return None
        index = int(number)
        if abs(at - self._time(index)) > _SAME_TIME:
            return None  # of another recording under the same name
        capture, next_index = self._open_at(index)
        try:
            while capture.grab():
                if next_index == index:
                    image = capture.retrieve()
                    return None if image is None else Frame(image, at, self._clock, position)
                next_index += 1
        finally:
            capture.close()
        return None

    def _index_after(self, position: str | None, last_at: datetime | None) -> int:
        if position is None:
            return 0
        name, _, index = position.rpartition("#")
        if name != self._config.path.name or not index.isdecimal():
            # Shown twice is harmless, since records made from the same frames carry the same ids.
            log.warning("video.resume_point_unknown", position=position)
            return 0
        at = self._time(int(index))
        if last_at is not None and abs(at - last_at) > _SAME_TIME:
            log.warning("video.another_recording", position=position, last_at=last_at.isoformat())
            return 0
        return int(index) + 1

    def _time(self, index: int) -> datetime:
        return self._start + timedelta(seconds=index / self._rate)

    def _open_at(self, index: int) -> tuple[Capture, int]:
        """The video before frame `index` or earlier, and the index of the frame that comes next."""
        capture = Capture.video(self._config.path)
        if index == 0:
            return capture, 0
        reached = capture.seek(index)
        if reached <= index:
            return capture, reached
        # A seek that overshot would give frames other times, and so other ids, than the first run.
        capture.close()
        return Capture.video(self._config.path), 0

    def _skip(self, index: int) -> None:
        self._status = replace(
            self._status, skipped=self._status.skipped + 1, problem=f"frame {index} cannot be decoded"
        )
        log.warning("video.frame_skipped", index=index)
