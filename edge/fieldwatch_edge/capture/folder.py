"""Pictures in a folder: an archive to go through, or a folder that a camera goes on filling."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import structlog

from fieldwatch_edge import vision
from fieldwatch_edge.capture.listing import Listing
from fieldwatch_edge.capture.pace import Pace
from fieldwatch_edge.capture.poses import name_pose
from fieldwatch_edge.capture.source import Source, SourceStatus
from fieldwatch_edge.capture.times import capture_time
from fieldwatch_edge.domain import Frame
from fieldwatch_edge.errors import PictureError, SourceError
from fieldwatch_shared.messages import Clock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from fieldwatch_edge import settings

log = structlog.get_logger(__name__)

_POLL_S = 0.5
_PATIENCE_S = 30.0
"""A new picture that cannot be read may still be on its way: an upload can stall, but not for ever."""
_TELL_EVERY_S = 60.0


class Entry(NamedTuple):
    """One picture; entries sort in the order in which they are shown."""

    at: datetime
    name: str
    """Its path relative to the folder, with slashes: the frame's position."""
    number: int
    """Its place in the row, for times by interval."""
    arrived_ns: int = 0
    """When the file was last changed, moved or linked, by the file system's own clock (st_ctime)."""


@dataclass(slots=True)
class Arrival:
    """A new file, which may still be written to."""

    number: int
    size: int
    changed: float
    """When its size was last seen to change (monotonic seconds)."""
    seen: float
    """When it was first seen (monotonic seconds)."""
    arrived_ns: int = 0
    entry: Entry | None = None
    """Once it is complete, as far as one can see."""
    complete_at: float = 0
    """Monotonic seconds."""


class FolderSource(Source):
    """Pictures by capture time, then name; with `follow`, new ones as they arrive, for ever."""

    replayable: ClassVar[bool] = True

    def __init__(
        self,
        config: settings.FolderSource,
        resume_after: str | None = None,
        last_at: datetime | None = None,
        arrived_until: int | None = None,
    ) -> None:
        """`resume_after`, `last_at`: position and capture time of the last frame that need not be shown;
        `arrived_until`: the source's, then. A picture that arrived later is shown all the same.

        Raises:
            SourceError: there is no such folder or, unless it is followed, no picture with a time in it.
        """
        self._config = config
        self._clock = Clock(quality=config.times.clock)
        self._closed = threading.Event()
        self._status = SourceStatus()
        self._listing = Listing(config.path)
        self._count = 0
        self._arrivals: dict[str, Arrival] = {}
        if not config.path.is_dir():
            raise SourceError(f"{config.path} is not a folder")
        self._newest_ns = 0
        """The latest arrival of which we know."""
        self._late: tuple[datetime, int] | None = None
        """While pictures that came late are made up for: those up to this time, which arrived after that."""
        self._disturbed = 0.0
        """When a picture older than one that was held became complete (monotonic seconds)."""
        self._out_of_order, self._told_at = 0, -math.inf
        self._entries = self._first_entries(resume_after, last_at, arrived_until)

    @property
    def status(self) -> SourceStatus:
        return self._status

    @property
    def listed_times(self) -> list[datetime]:
        """The capture times, in order, of what was there at the start and is not shown yet."""
        return [entry.at for entry in self._entries]

    @property
    def arrived_until(self) -> int | None:
        if self._late is not None:
            return self._late[1]
        return min([self._newest_ns, *(a.arrived_ns - 1 for a in self._arrivals.values())])

    def again(self, position: str, at: datetime) -> Frame | None:
        try:
            entry = self._entry(position, 0)
            # Times by interval need the picture's place in the row, which nobody knows here.
            if self._config.times.kind != "interval" and entry.at != at:
                return None  # of another card with the same names
            return self._frame(entry._replace(at=at))
        except PictureError:
            return None

    def close(self) -> None:
        self._closed.set()

    def frames(self, idle_s: float = 1.0) -> Iterator[Frame | None]:
        pace = Pace(self._config.replay_speed, self._closed)
        for frame in self._read_ahead():
            yield from pace.until(frame.at, idle_s)
            if self._closed.is_set():
                return
            yield self._shown(frame)
        self._late = None
        if self._config.follow:
            yield from self._follow(idle_s)

    def _shown(self, frame: Frame) -> Frame:
        last_at = self._status.last_frame_at
        if last_at is not None and frame.at < last_at:
            self._tell_out_of_order(frame, last_at)
        if self._late is not None and frame.at > self._late[0]:
            self._late = None
        self._status = replace(self._status, last_frame_at=frame.at, problem=None)
        return frame

    # What is there at the start

    def _first_entries(
        self, resume_after: str | None, last_at: datetime | None, arrived_until: int | None
    ) -> deque[Entry]:
        entries, first_fault = [], ""
        for name in self._listing.new_names():
            number, self._count = self._count, self._count + 1
            try:
                entries.append(self._entry(name, number))
            except PictureError as error:
                first_fault = first_fault or f"; the first, {name}: {error}"
                self._fault(name, number, error)
        if not entries and not self._config.follow:
            raise SourceError(f"{self._config.path} has no picture with a time{first_fault}")
        entries.sort()
        self._newest_ns = max((entry.arrived_ns for entry in entries), default=arrived_until or 0)
        if resume_after is None:
            return deque(entries)
        if last_at is None:
            return deque(self._after(entries, resume_after))
        return deque(self._behind(entries, (last_at, resume_after), arrived_until))

    def _after(self, entries: list[Entry], position: str) -> list[Entry]:
        for index, entry in enumerate(entries):
            if entry.name == position:
                return entries[index + 1 :]
        # Shown twice is harmless, since records made from the same pictures carry the same ids.
        log.warning("folder.resume_point_gone", position=position)
        return entries

    def _behind(
        self, entries: list[Entry], last: tuple[datetime, str], arrived_until: int | None
    ) -> list[Entry]:
        """What was taken after the `last` one shown, or arrived when we did not look any more."""
        late = 0
        kept = []
        for entry in entries:
            if (entry.at, entry.name) > last:
                kept.append(entry)
            elif arrived_until is not None and entry.arrived_ns > arrived_until:
                kept.append(entry)
                late += 1
        if late and arrived_until is not None:
            self._late = (last[0], arrived_until)
        log.info("folder.resumed", left=len(kept), late=late, done=len(entries) - len(kept))
        return kept

    def _read_ahead(self) -> Iterator[Frame]:
        """The frames of the first entries, each decoded while the caller still works on its predecessor."""
        with ThreadPoolExecutor(1, thread_name_prefix="decode") as pool:
            ahead: deque[tuple[Entry, Future[Frame]]] = deque()
            while self._entries or ahead:
                while self._entries and len(ahead) < 2:
                    entry = self._entries.popleft()
                    ahead.append((entry, pool.submit(self._frame, entry)))
                entry, reading = ahead.popleft()
                try:
                    frame = reading.result()
                except PictureError as error:
                    self._fault(entry.name, entry.number, error)
                else:
                    yield frame

    # What arrives later

    def _follow(self, idle_s: float) -> Iterator[Frame | None]:
        quiet_since = time.monotonic()
        while not self._closed.wait(min(_POLL_S, idle_s)):
            for entry in self._due():
                try:
                    frame = self._frame(entry)
                except PictureError as error:
                    self._fault(entry.name, entry.number, error)
                    continue
                del self._arrivals[entry.name]
                yield self._shown(frame)
                if self._closed.is_set():
                    return
                quiet_since = time.monotonic()
            if time.monotonic() - quiet_since >= idle_s:
                yield None
                quiet_since = time.monotonic()

    def _due(self) -> list[Entry]:
        """Complete pictures that have been held for long enough, and all older ones, oldest first.

        A picture is held while an older one may still come: one that is not complete, or the next of an
        uploader that sends the newest first. But not for ever, since it may show a fire.
        """
        self._look()
        now, hold_s = time.monotonic(), self._config.reorder_s
        held = sorted((a.entry, a) for a in self._arrivals.values() if a.entry is not None)
        incomplete_since = min((a.seen for a in self._arrivals.values() if a.entry is None), default=math.inf)
        disturbed = now - self._disturbed < hold_s
        due = [
            entry
            for entry, a in held
            if now - a.complete_at >= (5 * hold_s if disturbed or incomplete_since <= a.changed else hold_s)
        ]
        return [entry for entry, _ in held if entry <= due[-1]] if due else []

    def _look(self) -> None:
        """Find new pictures, and those whose size has held since the last look: they are complete."""
        now = time.monotonic()
        try:
            names = self._listing.new_names()
        except OSError as error:  # such as a share that is gone for a while
            self._status = replace(self._status, problem=f"{self._config.path}: {error.strerror}")
            return
        for name in names:
            self._arrivals[name] = Arrival(self._count, -1, now, now)
            self._count += 1
        newest_held = max((a.entry for a in self._arrivals.values() if a.entry is not None), default=None)
        for name, arrival in list(self._arrivals.items()):
            try:
                stat = (self._config.path / name).stat()
            except OSError:  # a temporary file, renamed by now
                del self._arrivals[name]
                continue
            arrival.arrived_ns = stat.st_ctime_ns
            self._newest_ns = max(self._newest_ns, stat.st_ctime_ns)
            if stat.st_size != arrival.size:
                arrival.size, arrival.changed, arrival.entry = stat.st_size, now, None
            elif arrival.entry is None:
                try:
                    arrival.entry, arrival.complete_at = self._entry(name, arrival.number), now
                except PictureError as error:
                    self._fault(name, arrival.number, error)
                    continue
                if newest_held is not None and arrival.entry < newest_held:
                    self._disturbed = now

    def _tell_out_of_order(self, frame: Frame, last_at: datetime) -> None:
        """Such a picture begins a sequence of its own: tracks and effort around it fall apart."""
        self._out_of_order += 1
        if time.monotonic() - self._told_at < _TELL_EVERY_S:
            return
        log.warning(
            "folder.out_of_order",
            position=frame.position,
            late_s=(last_at - frame.at).total_seconds(),
            pictures=self._out_of_order,
        )
        self._out_of_order, self._told_at = 0, time.monotonic()

    # One picture

    def _entry(self, name: str, number: int) -> Entry:
        path = self._config.path / name
        try:
            arrived_ns = path.stat().st_ctime_ns
        except OSError as error:
            raise PictureError(f"cannot be read: {error.strerror}") from error
        return Entry(capture_time(path, number, self._config.times), name, number, arrived_ns)

    def _frame(self, entry: Entry) -> Frame:
        """Raises PictureError where the picture cannot be read."""
        try:
            data = (self._config.path / entry.name).read_bytes()
        except OSError as error:
            raise PictureError(f"cannot be read: {error.strerror}") from error
        encoded = data if data.startswith(b"\xff\xd8") else None
        pose = None if self._config.poses is None else name_pose(entry.name, self._config.poses)
        return Frame(vision.decode(data), entry.at, self._clock, entry.name, encoded, pose)

    def _fault(self, name: str, number: int, error: PictureError) -> None:
        """Wait for a picture that may still be on its way; report any other and pass over it."""
        if self._config.follow and self._may_be_on_its_way(name, number):
            return
        self._arrivals.pop(name, None)
        skipped = self._status.skipped + 1
        self._status = replace(self._status, skipped=skipped, problem=f"{name}: {error}"[:500])
        log.warning("folder.picture_skipped", position=name, reason=str(error), skipped=skipped)

    def _may_be_on_its_way(self, name: str, number: int) -> bool:
        now = time.monotonic()
        if name in self._arrivals:
            return now - self._arrivals[name].changed < _PATIENCE_S
        try:
            stat = (self._config.path / name).stat()
        except OSError:
            return False
        if time.time() - stat.st_mtime >= _PATIENCE_S:
            return False
        self._arrivals[name] = Arrival(number, -1, now, now, stat.st_ctime_ns)
        return True
