"""What pipelines do with the outbox: keep records, open tracks, and where each camera goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fieldwatch_edge.outbox import budget
from fieldwatch_edge.outbox.database import Database
from fieldwatch_edge.outbox.records import Checkpoint, Entry, Priority, checksum, with_clock_error
from fieldwatch_shared.topics import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime
    from pathlib import Path

_READY = """
INSERT INTO record (id, kind, priority, body, attachment, bytes, message_id, checksum, camera)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL)
ON CONFLICT (id) DO UPDATE SET
    body = CASE WHEN message_id IS NULL THEN excluded.body ELSE body END,
    bytes = CASE WHEN message_id IS NULL THEN excluded.bytes ELSE bytes END,
    checksum = CASE WHEN message_id IS NULL THEN excluded.checksum ELSE checksum END,
    priority = min(priority, excluded.priority),
    camera = NULL
"""
_OPEN = """
INSERT INTO record (id, kind, priority, body, bytes, checksum, camera) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET body = excluded.body, bytes = excluded.bytes, checksum = excluded.checksum
WHERE camera IS NOT NULL
"""
_CHECKPOINT = """
INSERT INTO checkpoint (camera, position, state, checksum) VALUES (?, ?, ?, ?)
ON CONFLICT (camera) DO UPDATE
SET position = excluded.position, state = excluded.state, checksum = excluded.checksum
"""
_BODIES = "SELECT seq, id, kind, body FROM record WHERE seq > ? ORDER BY seq LIMIT 500"
# What a disk has changed is left as it is: a new checksum would say that it is as written. Asked here, and
# not with the body: the checksum lies behind the picture.
_REWRITE = """
UPDATE record SET body = ?, bytes = bytes + ?, checksum = ?
WHERE seq = ? AND body = ? AND ifnull(checksum = ?, TRUE)
"""


class Keeping(Database):
    """The outbox as pipelines know it: all of it goes through the writer, and is safe when a call returns."""

    def __init__(self, path: Path, max_bytes: int) -> None:
        """Open the outbox at `path`, or make it.

        Args:
            max_bytes: budget of the file; beyond it, `GIVEN_UP_FIRST` says what goes.
        """
        super().__init__(path)
        self._max_bytes = max_bytes
        self._listeners: list[Callable[[], None]] = []

    def listen(self, callback: Callable[[], None]) -> None:
        """Have `callback` called, from the writing thread, whenever there is something new to send."""
        self._listeners.append(callback)

    def write(
        self,
        camera: str = "",
        *,
        ready: Iterable[Entry] = (),
        open_tracks: Iterable[Entry] = (),
        checkpoint: Checkpoint | None = None,
    ) -> None:
        """Keep all of this, in one transaction.

        A record whose id still waits is replaced, unless it was put into a message already. One that is gone
        may come again: the cloud knows its id.

        Args:
            camera: whose checkpoint and open tracks these are: its deployment.
            ready: to be sent.
            open_tracks: as they would be if their tracks ended now; sent only after `release`, unless a ready
                one of the same id comes first.
        """
        ready = list(ready)
        with self._transaction(self._writer, self._write_lock) as connection:
            connection.executemany(
                _READY,
                [
                    (e.id, e.kind, e.priority, e.body, e.attachment, e.size, e.message_id, e.checksum)
                    for e in ready
                ],
            )
            connection.executemany(
                _OPEN, [(e.id, e.kind, e.priority, e.body, e.size, e.checksum, camera) for e in open_tracks]
            )
            if checkpoint is not None:
                said = checkpoint.checksum(camera)
                connection.execute(_CHECKPOINT, (camera, checkpoint.position, checkpoint.state, said))
            budget.keep(connection, self._max_bytes, budget.short_of_disk(self._path.parent))
        if ready:
            self._tell()

    def release(self, camera: str) -> int:
        """Make the camera's open tracks ready: their run ended without them. Returns how many there were."""
        with self._transaction(self._writer, self._write_lock) as connection:
            released = connection.execute("UPDATE record SET camera = NULL WHERE camera = ?", (camera,))
        if released.rowcount:
            self._tell()
        return released.rowcount

    def clock_was_wrong(
        self, covers: Callable[[datetime], bool], offset_s: float, live: frozenset[str], after: int = 0
    ) -> int:
        """Add to what waits the error of the clock that dated it; returns to how many records.

        Args:
            covers: whether a time, by that clock, is of the wrong era.
            offset_s: clock minus UTC, s.
            live: deployments whose times are this clock's; heartbeats' are always.
            after: only to what was written after this row, as `newest` was.
        """
        last, corrected = after, 0
        while True:
            with self._translated(), self._write_lock:
                rows = self._writer.execute(_BODIES, (last,)).fetchall()
            if not rows:
                return corrected
            last = rows[-1][0]
            changed = [
                (
                    body,
                    len(body.encode()) - len(old.encode()),
                    checksum(id_, kind, body),
                    seq,
                    old,
                    checksum(id_, kind, old),
                )
                for seq, id_, kind, old in rows
                if (body := with_clock_error(Kind(kind), old, covers, offset_s, live)) is not None
            ]
            if changed:
                with self._transaction(self._writer, self._write_lock) as connection:
                    corrected += connection.executemany(_REWRITE, changed).rowcount

    def open_state(self) -> list[tuple[str, list[Entry], Checkpoint | None]]:
        """By camera, its open tracks and its checkpoint."""
        with self._translated(), self._write_lock:
            places = self._writer.execute("SELECT camera, position, state FROM checkpoint").fetchall()
            tracks = self._writer.execute(
                "SELECT camera, id, kind, priority, body FROM record WHERE camera IS NOT NULL ORDER BY seq"
            ).fetchall()
        known = {camera: Checkpoint(position, state) for camera, position, state in places}
        return [
            (
                camera,
                [Entry(id_, Kind(k), Priority(p), text) for own, id_, k, p, text in tracks if own == camera],
                known.get(camera),
            )
            for camera in {*known, *(row[0] for row in tracks)}
        ]

    def given_up(self, counts: Mapping[Kind, int]) -> None:
        """Count these as given up: they were lost with a damaged store."""
        with self._transaction(self._writer, self._write_lock) as connection:
            budget.count_lost(connection, counts)

    def checkpoint(self, camera: str) -> Checkpoint | None:
        with self._translated(), self._write_lock:
            row = self._writer.execute(
                "SELECT position, state, checksum FROM checkpoint WHERE camera = ?", (camera,)
            ).fetchone()
        if row is None:
            return None
        position, state, said = row
        found = Checkpoint(position, state)
        if said is not None and said != found.checksum(camera):
            # A position that a changed bit has moved would pass over all that lies between.
            self._disbelieve(f"where camera {camera} stands")
        return found

    def _tell(self) -> None:
        for callback in self._listeners:
            callback()
