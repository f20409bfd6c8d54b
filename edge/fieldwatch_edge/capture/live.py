"""Cameras: a network stream (RTSP) or a V4L2 device.

A thread keeps reading and keeps only the newest frame: whoever is slower than the camera sees fewer
frames, never older ones. A camera that is gone is tried again, at growing intervals, for ever.

A driver may also never answer again, as that of a dead USB device does. No thread can be ended from outside:
the one that hangs is left to itself, and another one opens the camera anew; where that hangs too, only a new
process helps (`StuckError`).
"""

from __future__ import annotations

import os
import random
import secrets
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import urlsplit

import structlog

from fieldwatch_edge.capture.clock import system_clock
from fieldwatch_edge.capture.source import Source, SourceStatus
from fieldwatch_edge.domain import Frame
from fieldwatch_edge.errors import StuckError
from fieldwatch_edge.vision import Capture
from fieldwatch_shared.messages import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fieldwatch_edge import settings
    from fieldwatch_edge.domain import Onlooker

log = structlog.get_logger(__name__)

_TIMEOUT_S = 10.0
_FIRST_RETRY_S, _LAST_RETRY_S = 0.5, 60.0
_STUCK_S = 60.0
"""Longer than any time-out of a driver that works."""
_MOST_LEFT = 2
"""Threads that hang, of one camera."""
_AGAIN_S = 1800.0
"""A process that began less than so long ago is not given up for a camera that hangs: others see with it."""
_began = time.monotonic()


class LiveSource(Source):
    """The newest frame of a camera, at most each `every_s` seconds."""

    replayable: ClassVar[bool] = False

    def __init__(
        self,
        name: str,
        connect: Callable[[], Capture | None],
        why_not: Callable[[], str],
        every_s: float,
    ) -> None:
        """`name` goes into logs and heartbeats, so without a password. `connect` opens the camera or gives
        None; `why_not` then says why, as far as can be told."""
        self._name = name
        self._connect = connect
        self._why_not = why_not
        self._every_s = every_s
        self._run = secrets.token_hex(6)
        self._count = 0
        self._closed = threading.Event()
        self._status = SourceStatus(problem=f"{name} has given no frame yet")
        self._has_news = threading.Condition()
        self._newest: Frame | None = None
        self._last_taken = float("-inf")
        self._reader: threading.Thread | None = None
        self._onlooker: Onlooker | None = None
        self._moved_at = time.monotonic()
        self._left = 0

    @classmethod
    def rtsp(cls, config: settings.RtspSource) -> LiveSource:
        name = address_of(config.url)
        return cls(
            name,
            connect=lambda: Capture.stream(config.url, _TIMEOUT_S),
            why_not=lambda: f"{name} does not answer, or refuses the name, password or path of its url",
            every_s=config.every_s,
        )

    @classmethod
    def v4l2(cls, config: settings.V4l2Source) -> LiveSource:
        return cls(
            config.device,
            connect=lambda: Capture.device(config.device, config.width, config.height),
            why_not=lambda: why_no_device(config.device),
            every_s=config.every_s,
        )

    @property
    def status(self) -> SourceStatus:
        return self._status

    def show_to(self, onlooker: Onlooker) -> None:
        self._onlooker = onlooker

    def close(self) -> None:
        self._closed.set()
        with self._has_news:
            self._has_news.notify_all()
        if self._reader is not None and self._reader is not threading.current_thread():
            # A read from a silent camera ends by its own timeout; so long the thread, a daemon, may stay.
            self._reader.join(timeout=2)

    def frames(self, idle_s: float = 1.0) -> Iterator[Frame | None]:
        if self._reader is None:
            self._read_anew()
        while not self._closed.is_set():
            with self._has_news:
                self._has_news.wait_for(lambda: self._newest or self._closed.is_set(), timeout=idle_s)
                frame, self._newest = self._newest, None
                if frame is not None:
                    self._last_taken = time.monotonic()
            if not self._closed.is_set():
                yield frame
                self._leave_what_hangs()

    def _read_anew(self) -> None:
        self._moved_at = time.monotonic()
        self._reader = threading.Thread(
            target=self._read_for_ever, args=(self._left,), name=f"read {self._name}", daemon=True
        )
        self._reader.start()

    def _leave_what_hangs(self) -> None:
        still_s = time.monotonic() - self._moved_at
        if still_s < _STUCK_S:
            return
        problem = f"{self._name} hangs: its driver has not answered for {still_s:.0f} s"
        self._status = replace(self._status, problem=problem)
        if self._left < _MOST_LEFT:
            self._left += 1
            log.error("camera.hangs", camera=self._name, left=self._left)
            self._read_anew()
        elif time.monotonic() - _began > _AGAIN_S:
            raise StuckError(problem)

    # In the reader's thread

    def _goes_on(self, number: int) -> bool:
        """Whether the reader `number` is still wanted; said whenever it moves."""
        if number != self._left:
            return False
        self._moved_at = time.monotonic()
        return not self._closed.is_set()

    def _read_for_ever(self, number: int) -> None:
        failures = 0
        while self._goes_on(number):
            before = self._count
            self._read_until_it_drops(number)
            if number != self._left:
                return
            failures = 0 if self._count > before else failures + 1
            # Jitter: cameras that one power cut took away must not all come back in one moment.
            delay = min(_FIRST_RETRY_S * 2 ** min(failures, 10), _LAST_RETRY_S)
            delay *= random.uniform(0.5, 1)  # noqa: S311 - nothing secret
            if not self._closed.is_set():
                retry_s, reason = round(delay, 1), self._status.problem
                log.warning("camera.lost", camera=self._name, reason=reason, retry_s=retry_s)
            # In steps: waiting is no hanging.
            until = time.monotonic() + delay
            while self._goes_on(number) and time.monotonic() < until:
                self._closed.wait(min(1.0, until - time.monotonic()))

    def _read_until_it_drops(self, number: int) -> None:
        capture = self._connect()
        if capture is None:
            self._status = replace(self._status, problem=self._why_not())
            return
        try:
            while self._goes_on(number):
                if not capture.grab():
                    if number != self._left:
                        return
                    self._status = replace(self._status, problem=f"{self._name} stopped sending pictures")
                    return
                self._take(capture)
        finally:
            capture.close()

    def _take(self, capture: Capture) -> None:
        """Keep the grabbed frame if one is due; converting the others would be wasted."""
        due = time.monotonic() - self._last_taken >= self._every_s
        onlooker = self._onlooker if self._onlooker is not None and self._onlooker.due() else None
        if not due and onlooker is None:
            return
        at = utc_now()
        image = capture.retrieve()
        if image is None:
            return
        if onlooker is not None:
            onlooker.put(image)
            if not due:
                return
        if self._status.problem:
            log.info("camera.found", camera=self._name)
        self._count += 1
        frame = Frame(image, at, system_clock(), f"{self._run}#{self._count}")
        self._status = replace(self._status, last_frame_at=at, problem=None)
        with self._has_news:
            # Meanwhile the one before may have been taken; then this one comes too soon after it.
            if time.monotonic() - self._last_taken >= self._every_s:
                self._newest = frame
                self._has_news.notify()


def address_of(url: str) -> str:
    """Scheme, host and port of a camera's URL: user, path and query often hold its password."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "the camera"
    return f"{parts.scheme}://{parts.hostname or ''}{port}"


def why_no_device(device: str) -> str:
    """Why a V4L2 device cannot be opened, and what to do."""
    path = Path(device)
    if not path.exists():
        there = ", ".join(map(str, sorted(Path("/dev").glob("video*")))) or "none"
        return f"there is no camera {device} (plugged in? cameras now: {there})"
    if not os.access(path, os.R_OK | os.W_OK):
        return f"{device} may not be opened: add this user to the group `video`"
    return f"{device} is no camera, or another program uses it"
