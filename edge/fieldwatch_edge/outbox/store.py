"""The outbox's store in SQLite.

A record is committed to disk before anybody hears of it, and deleted only when the cloud's receipt names its
message. Read on: the file and its transactions (`database`); what pipelines keep in it (`keeping`), and what
is given up when it is full (`budget`); what the link takes out of it (`sending`), as messages (`forming`).
"""

from __future__ import annotations

import sqlite3
from contextlib import closing

from fieldwatch_edge.errors import CorruptOutboxError
from fieldwatch_edge.outbox.budget import used_bytes
from fieldwatch_edge.outbox.keeping import Keeping
from fieldwatch_edge.outbox.records import Priority, Statistics
from fieldwatch_edge.outbox.sending import ANY_SIZE, Sending
from fieldwatch_shared.topics import Kind


class Outbox(Keeping, Sending):
    """All of it, and what health and people ask. Safe to use from several threads. Each method raises
    OutboxError where the disk fails; nothing of what it was to do is then done."""

    def check(self) -> None:
        """Read everything, by a connection of its own, as long as that takes.

        Raises:
            CorruptOutboxError: something in it is damaged.
        """
        with self._translated(), closing(sqlite3.connect(self._path, timeout=30)) as connection:
            (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        if found != "ok":
            self.corrupt = True
            raise CorruptOutboxError(f"the outbox {self._path} is damaged: {found}")

    @property
    def newest(self) -> int:
        """Number of the row that was written last, whether or not it still waits; 0: none ever was."""
        with self._translated(), self._send_lock:
            row = self._sender.execute("SELECT seq FROM sqlite_sequence WHERE name = 'record'").fetchone()
        return int(row[0]) if row is not None else 0

    @property
    def fires_wait(self) -> bool:
        """Whether the cloud has not yet said that it has every suspicion, and the picture of each."""
        with self._translated(), self._send_lock:
            row = self._sender.execute(
                "SELECT 1 FROM record WHERE camera IS NULL AND priority <= ? LIMIT 1",
                (Priority.SUSPICION_PICTURE,),
            ).fetchone()
        return row is not None

    def fire_to_send(self, largest_picture: int) -> bool:
        """Whether a suspicion, or the picture of one up to so many bytes, is yet to be sent."""
        most = {Priority.SUSPICION: ANY_SIZE[Priority.SUSPICION], Priority.SUSPICION_PICTURE: largest_picture}
        return self.any_to_send(most)

    @property
    def empty(self) -> bool:
        """Nothing waits for a receipt."""
        with self._translated(), self._send_lock:
            row = self._sender.execute("SELECT 1 FROM record WHERE camera IS NULL LIMIT 1").fetchone()
        return row is None

    def statistics(self) -> Statistics:
        with self._translated(), self._send_lock:
            rows = self._sender.execute(
                "SELECT kind, count(*) FROM record WHERE camera IS NULL GROUP BY kind"
            ).fetchall()
            open_tracks = self._sender.execute(
                "SELECT count(*) FROM record WHERE camera IS NOT NULL"
            ).fetchone()[0]
            given_up = self._sender.execute("SELECT kind, records FROM given_up").fetchall()
            used = used_bytes(self._sender)
        return Statistics(
            {Kind(kind): count for kind, count in rows},
            open_tracks,
            used,
            {Kind(kind): count for kind, count in given_up},
        )
