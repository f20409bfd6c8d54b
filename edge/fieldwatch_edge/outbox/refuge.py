"""While the disk refuses, because it is full, read-only or dying, records are kept in memory.

The node goes on watching, and a fire is sent as always: from a second outbox, of the same kind, in a file
system that lies in memory. It outlasts the process but no power cut, which heartbeats say. It is small, and
gives up what `GIVEN_UP_FIRST` says. It is sent from first; when the disk takes records again, what is left
goes onto it.
"""

from __future__ import annotations

import os
import stat
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import structlog

from fieldwatch_edge.errors import CorruptOutboxError, OutboxError
from fieldwatch_edge.outbox.records import BATCHED, Checkpoint, Entry, Message, Priority, Statistics
from fieldwatch_edge.outbox.renew import open_or_renew
from fieldwatch_edge.outbox.sending import ANY_SIZE, BEGIN
from fieldwatch_edge.outbox.store import Outbox

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_shared.topics import Kind

T = TypeVar("T")
log = structlog.get_logger(__name__)

REST_S = 15.0
"""A disk that refuses is left alone for so long: a dying one takes its time to say no."""
_AT_ONCE = 32


class OutboxWithRefuge(Outbox):
    """An outbox that takes records also while its disk does not."""

    def __init__(self, path: Path, max_bytes: int, memory: Path, memory_bytes: int) -> None:
        """`memory`: where the second outbox is made when it is needed."""
        super().__init__(path, max_bytes)
        self._at, self._memory_bytes = memory, memory_bytes
        self._guard = threading.RLock()
        self._memory: Outbox | None = None
        self._rests_until = 0.0
        self.refusal: str | None = None
        """Why the disk takes nothing; None: it does."""
        self._adopted, self._all_adopted = BEGIN, False
        """How far what waits on the disk was copied into memory."""
        if memory.exists():  # of a process before this one
            self._open_memory()

    @property
    def in_memory(self) -> int:
        """Records that are not safe on disk."""
        return self._there(lambda memory: sum(memory.statistics().records.values()), 0)

    @property
    def unsettled(self) -> bool:
        """Whether anything is in memory, if only where cameras stand."""
        return self._memory is not None

    def settle(self) -> int:
        """Move what is in memory onto the disk; returns how many records.

        Raises:
            OutboxError: the disk still refuses. What is not moved stays in memory.
        """
        with self._guard:
            if self._memory is None:
                self.refusal = None
                return 0
            memory, moved = self._memory, 0
            waiting: list[Entry] = []
            for entry in memory:
                waiting.append(entry)
                if len(waiting) >= _AT_ONCE or entry.attachment is not None:
                    super().write(ready=waiting)
                    moved, waiting = moved + len(waiting), []
            super().write(ready=waiting)
            moved += len(waiting)
            # Not before: a checkpoint says that all up to it is here.
            for camera, tracks, checkpoint in memory.open_state():
                super().write(camera, open_tracks=tracks, checkpoint=checkpoint)
            super().given_up(memory.statistics().given_up)
            self._memory, self.refusal = None, None
            self._adopted, self._all_adopted = BEGIN, False
            memory.close()
            self._remove_memory()
            log.info("outbox.disk_is_back", moved=moved)
            return moved

    def close(self) -> None:
        if self._memory is not None:
            self._memory.close()
        super().close()

    # What pipelines do

    def write(
        self,
        camera: str = "",
        *,
        ready: Iterable[Entry] = (),
        open_tracks: Iterable[Entry] = (),
        checkpoint: Checkpoint | None = None,
    ) -> None:
        ready, open_tracks = list(ready), list(open_tracks)
        # What says where a camera stands stays behind the records that it stands on: they are in memory until
        # they are settled, and a power cut then must find on disk what stands there.
        stands = checkpoint is not None or bool(open_tracks)
        if time.monotonic() >= self._rests_until and not (stands and self._memory is not None):
            try:
                super().write(camera, ready=ready, open_tracks=open_tracks, checkpoint=checkpoint)
            except CorruptOutboxError:
                raise
            except OutboxError as error:
                self._refuse(error)
            else:
                self._adopted, self._all_adopted = BEGIN, False
                return
        with self._guard:
            memory = self._open_memory()
            memory.write(camera, ready=ready, open_tracks=open_tracks, checkpoint=checkpoint)

    def release(self, camera: str) -> int:
        here = self._there(lambda memory: memory.release(camera), 0)
        return here + self._disk(lambda: Outbox.release(self, camera), 0)

    def checkpoint(self, camera: str) -> Checkpoint | None:
        newer = self._there(lambda memory: memory.checkpoint(camera), None)
        return newer or super().checkpoint(camera)

    # What the link does

    def take(self, now: float, batch: int, most: Mapping[Priority, int] = ANY_SIZE) -> Message | None:
        if self._memory is None:
            return self._next(now, batch, most)
        # No fire on the disk waits for what is in memory.
        fires = {priority: most[priority] for priority in most if priority <= Priority.SUSPICION_PICTURE}
        return self._next(now, batch, fires) or self._next(now, batch, most)

    def _next(self, now: float, batch: int, most: Mapping[Priority, int]) -> Message | None:
        message = self._there(lambda memory: memory.take(now, batch, most), None)
        if message is not None:
            return message
        if time.monotonic() < self._rests_until:
            return None
        try:
            return super().take(now, batch, most)
        except CorruptOutboxError:
            raise
        except OutboxError as error:
            self._refuse(error)
            self._adopt()
            return self._there(lambda memory: memory.take(now, batch, most), None)

    def any_to_send(self, most: Mapping[Priority, int]) -> bool:
        if self._there(lambda memory: memory.any_to_send(most), otherwise=False):
            return True
        return not self._all_adopted and super().any_to_send(most)

    def held_back(self, most: Mapping[Priority, int]) -> int:
        here = self._there(lambda memory: memory.held_back(most), 0)
        return here + super().held_back(most)

    def forget(self, message_ids: Iterable[UUID]) -> int:
        ids = list(message_ids)
        here = self._there(lambda memory: memory.forget(ids), 0)
        # Where the disk refuses, it is sent once more when it is back: the cloud will know it.
        return here + self._disk(lambda: Outbox.forget(self, ids), 0)

    def resend_all(self) -> None:
        self._there(lambda memory: memory.resend_all(), None)
        self._disk(lambda: Outbox.resend_all(self), None)

    def resend(self, message_id: UUID) -> None:
        self._there(lambda memory: memory.resend(message_id), None)
        self._disk(lambda: Outbox.resend(self, message_id), None)

    def resend_overdue(self, now: float) -> int:
        here = self._there(lambda memory: memory.resend_overdue(now), 0)
        return here + self._disk(lambda: Outbox.resend_overdue(self, now), 0)

    def next_overdue(self) -> float | None:
        found = [super().next_overdue(), self._there(lambda memory: memory.next_overdue(), None)]
        return min((each for each in found if each is not None), default=None)

    def clock_was_wrong(
        self, covers: Callable[[datetime], bool], offset_s: float, live: frozenset[str], after: int = 0
    ) -> int:
        # All that is in memory is of this boot.
        here = self._there(lambda memory: memory.clock_was_wrong(covers, offset_s, live), 0)
        return here + self._disk(lambda: Outbox.clock_was_wrong(self, covers, offset_s, live, after), 0)

    # What health and people ask

    @property
    def fires_wait(self) -> bool:
        if self._there(lambda memory: memory.fires_wait, otherwise=False):
            return True
        return not self._all_adopted and super().fires_wait

    @property
    def empty(self) -> bool:
        return self._there(lambda memory: memory.empty, otherwise=True) and super().empty

    def statistics(self) -> Statistics:
        here = self._there(lambda memory: memory.statistics(), None)
        disk = super().statistics()
        if here is None:
            return disk
        return Statistics(
            _sum(disk.records, here.records),
            disk.open_tracks + here.open_tracks,
            disk.bytes + here.bytes,
            _sum(disk.given_up, here.given_up),
        )

    # Within

    def _open_memory(self) -> Outbox:
        with self._guard:
            if self._memory is None:
                try:
                    self._memory = Outbox(self._at, self._memory_bytes)
                except CorruptOutboxError:  # a process was killed in the middle of making it
                    self._remove_memory()
                    self._memory = Outbox(self._at, self._memory_bytes)
                self._memory.listen(self._tell)
            return self._memory

    def _remove_memory(self) -> None:
        for suffix in ("", "-wal", "-shm"):
            self._at.with_name(self._at.name + suffix).unlink(missing_ok=True)

    def _there(self, do: Callable[[Outbox], T], otherwise: T) -> T:
        """What the second outbox says; `otherwise` where there is none."""
        memory = self._memory
        if memory is None:
            return otherwise
        try:
            return do(memory)
        except OutboxError:
            if memory is self._memory:
                raise
            return otherwise  # settled meanwhile, by another thread, and closed: all of it is on the disk

    def _disk(self, do: Callable[[], T], otherwise: T) -> T:
        if time.monotonic() < self._rests_until:
            return otherwise
        try:
            return do()
        except CorruptOutboxError:
            raise
        except OutboxError as error:
            self._refuse(error)
            return otherwise

    def _refuse(self, error: OutboxError) -> None:
        self._rests_until = time.monotonic() + REST_S
        if self.refusal is None:
            log.error("outbox.disk_refuses", error=str(error))
        self.refusal = str(error)

    def _adopt(self) -> None:
        """Copy what waits on a disk that can only be read into memory, fires first, to be sent from there;
        each record once, and as much at once as there is room for."""
        with self._guard:
            memory = self._open_memory()
            left = self._memory_bytes // 2 - memory.statistics().bytes
            try:
                for place, entry in self._behind(self._adopted):
                    left -= entry.size
                    # A fire that waits is worth what it displaces.
                    if left < 0 and entry.priority > Priority.SUSPICION:
                        return
                    # A message of which only some records were copied must not have the others forgotten.
                    alone = replace(entry, message_id=None) if entry.kind in BATCHED else entry
                    memory.write(ready=[alone])
                    self._adopted = place
                self._all_adopted = True
            except OutboxError as error:
                log.error("outbox.disk_cannot_be_read", error=str(error))  # noqa: TRY400


def open_outbox(
    path: Path, max_bytes: int, memory: Path | None, memory_bytes: int
) -> tuple[Outbox, str | None]:
    """The outbox at `path`, and a sentence where something was wrong with it.

    Args:
        memory: where records are kept while the disk refuses; None: nowhere. Where not even the store can be
            opened, all is kept there, until the node begins anew.

    Raises:
        OutboxError: it cannot be opened, nor can another one in memory.
    """
    if memory is None or not memory_bytes:
        return open_or_renew(path, max_bytes)
    try:
        return open_or_renew(
            path, max_bytes, lambda at, most: OutboxWithRefuge(at, most, memory, memory_bytes)
        )
    except OutboxError as error:
        log.error("outbox.disk_refuses", error=str(error))  # noqa: TRY400
        return Outbox(memory, memory_bytes), f"{NOT_SAFE}: {error}"[:300]


NOT_SAFE = "the disk takes nothing: what is seen is kept in memory, not safe in a power cut"


def memory_folder(node: str, environment: Mapping[str, str], shared: Path = Path("/dev/shm")) -> Path | None:  # noqa: S108
    """A folder in memory for this node alone: its service's, else one of its own; None: there is none."""
    given = environment.get("RUNTIME_DIRECTORY", "").partition(":")[0]
    folder = Path(given) if given else shared / f"fieldwatch-{os.getuid()}-{node}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        found = folder.lstat()
    except OSError:
        return None
    # Whoever else could have made it there might read what cameras see.
    ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and not found.st_mode & 0o077
    return folder if ours else None


class Settling:
    """The companion that says that the disk refuses, and moves what is in memory onto it when it does not."""

    name = "refuge"

    def __init__(
        self, outbox: Outbox, path: Path, notice: Callable[[str], None], restart: Callable[[], None]
    ) -> None:
        """
        Args:
            path: where the outbox should lie.
            restart: has the node begin anew, with its disk.
        """
        self._outbox, self._path, self._notice, self._restart = outbox, path, notice, restart
        self._stop = threading.Event()
        self._said = False

    def stop(self) -> None:
        self._stop.set()

    def report(self) -> dict[str, Any]:
        return {}

    def run(self) -> None:
        while not self._stop.wait(REST_S):
            self.look()

    def look(self) -> None:
        """Once."""
        outbox = self._outbox
        if not isinstance(outbox, OutboxWithRefuge):
            if outbox.path != self._path and _takes(self._path.parent):
                self._restart()
            return
        if outbox.refusal is not None and not self._said:
            self._said = True
            self._notice(f"{NOT_SAFE} ({outbox.refusal})"[:300])
        if outbox.refusal is None and not outbox.unsettled:
            return
        try:
            moved = outbox.settle()
        except CorruptOutboxError:
            raise
        except OutboxError:
            return
        self._said = False
        self._notice(f"the disk takes records again: {moved} moved onto it from memory")


def _takes(folder: Path) -> bool:
    try:
        probe = folder / ".probe"
        probe.write_bytes(bytes(65536))
        probe.unlink()
    except OSError:
        return False
    return True


def _sum(one: Mapping[Kind, int], other: Mapping[Kind, int]) -> dict[Kind, int]:
    return {kind: one.get(kind, 0) + other.get(kind, 0) for kind in {**one, **other}}
