"""Cameras at work: drops prepared pictures, each at its moment and with that moment as its capture time, into
the folders that the nodes watch. The footage begins anew when it ends, so animals keep coming.
"""

from __future__ import annotations

import heapq
import json
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from fieldwatch.demo.footage import TRUTH, file_name, with_capture_time

if TYPE_CHECKING:
    from pathlib import Path

log = structlog.get_logger(__name__)

_KEPT_S = 120.0
"""A picture lies this long: nodes take it within a second, and a demo must not fill a disk."""


@dataclass(slots=True)
class Reel:
    """The footage of one camera, and where it goes."""

    rendered: Path
    """A folder of `footage.render`."""
    card: Path
    """The folder that a node watches."""
    loop_from_s: float = 0.0
    frames: list[str] = field(init=False)
    every_s: float = field(init=False)
    lying: deque[Path] = field(init=False, default_factory=deque)

    def __post_init__(self) -> None:
        truth = json.loads((self.rendered / TRUTH).read_text())
        self.frames = [frame["file"] for frame in truth["frames"]]
        self.every_s = truth["every_s"]

    def frame(self, number: int) -> Path:
        """The file that is frame `number` of footage without end."""
        if number >= len(self.frames):
            first = round(self.loop_from_s / self.every_s)
            number = first + (number - first) % (len(self.frames) - first)
        return self.rendered / self.frames[number]

    def drop(self, number: int, at: datetime) -> None:
        picture = self.card / file_name(at)
        # Under a name that no node looks at until it is whole.
        unfinished = picture.with_name(f".{picture.name}.part")
        unfinished.write_bytes(with_capture_time(self.frame(number).read_bytes(), at))
        unfinished.rename(picture)
        self.lying.append(picture)
        while len(self.lying) * self.every_s > _KEPT_S:
            self.lying.popleft().unlink(missing_ok=True)


class Feed(threading.Thread):
    """Runs all reels until `stop`."""

    def __init__(self, reels: list[Reel], started_at: datetime) -> None:
        """Frames whose moment (from `started_at`, aware) has passed are dropped at once, in order."""
        super().__init__(name="feed", daemon=True)
        self._reels = reels
        self._started_at = started_at
        self._stopping = threading.Event()
        self.failure: OSError | None = None

    def stop(self) -> None:
        self._stopping.set()
        if self.is_alive():
            self.join()

    def run(self) -> None:
        for reel in self._reels:
            reel.card.mkdir(parents=True, exist_ok=True)
            for left_over in reel.card.iterdir():
                left_over.unlink()
        # A little apart, as cameras are: else all nodes would work in the same instant, and then rest.
        queue = [(0.13 * index, index, 0) for index in range(len(self._reels))]
        begun = time.monotonic() - (datetime.now(UTC) - self._started_at).total_seconds()
        while not self._stopping.wait(max(0.0, begun + queue[0][0] - time.monotonic())):
            due_s, index, number = queue[0]
            reel = self._reels[index]
            try:
                reel.drop(number, self._started_at + timedelta(seconds=due_s))
            except OSError as error:  # the disk is full: the demo must say so, not stand still
                log.error("feed.failed", error=str(error))  # noqa: TRY400 - a sentence, not a trace
                self.failure = error
                return
            heapq.heapreplace(queue, (due_s + reel.every_s, index, number + 1))
