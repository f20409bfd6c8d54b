"""What the link does with the outbox: take what goes next, and have it forgotten on the cloud's receipt.

What is sent, when, and again, is decided here alone.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING
from uuid import UUID

from fieldwatch_edge.outbox.database import Database
from fieldwatch_edge.outbox.forming import message_of, within
from fieldwatch_edge.outbox.records import BATCHED, Entry, Large, Message, Priority
from fieldwatch_shared.ids import uuid7
from fieldwatch_shared.topics import Kind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

RETRY_FIRST_S, RETRY_LONGEST_S = 60.0, 3600.0
"""A message without a receipt is sent again after a minute, then after twice as long, up to an hour. The rule
for a lost connection (`resend_all`) is what delivers; this is for what nobody foresaw."""

BEGIN = (-1, -1)
"""Before the first place, of priority and row, in the order of sending."""
UNBOUNDED = 2**62
ANY_SIZE = dict.fromkeys(Priority, UNBOUNDED)
"""Everything may go."""

# Picked by the index alone: to read past a picture for its size would take long.
_NEXT = """
SELECT id, kind, body, attachment, message_id, checksum FROM record WHERE seq = (
    SELECT seq FROM record INDEXED BY record_to_send
    WHERE camera IS NULL AND retry_at IS NULL AND priority = ? AND bytes <= ? ORDER BY seq LIMIT 1
)
"""
_HELD = """
SELECT count(*) FROM record INDEXED BY record_to_send
WHERE camera IS NULL AND retry_at IS NULL AND priority = ? AND bytes > ?
"""
_ANY = """
SELECT 1 FROM record INDEXED BY record_to_send
WHERE camera IS NULL AND retry_at IS NULL AND priority = ? AND bytes <= ? LIMIT 1
"""
_LARGE = """
SELECT seq, id, body, length(attachment) FROM record WHERE kind = 'media' AND seq IN (
    SELECT seq FROM record INDEXED BY record_to_send
    WHERE camera IS NULL AND retry_at IS NULL AND priority = ? AND bytes > ? ORDER BY seq LIMIT ?
) ORDER BY seq
"""
_SENT = """
UPDATE record SET attempts = attempts + 1, retry_at = ? + min(? * (1 << min(attempts, 10)), ?)
WHERE message_id = ?
"""
_PAGE = """
SELECT id, kind, priority, body, attachment, message_id, seq, checksum FROM record
WHERE camera IS NULL AND (priority, seq) > (?, ?) ORDER BY priority, seq LIMIT 64
"""
_NEXT_BATCH = """
SELECT id, body, checksum FROM record
WHERE camera IS NULL AND retry_at IS NULL AND message_id IS NULL AND priority = ? AND bytes <= ? AND kind = ?
ORDER BY seq LIMIT ?
"""


class Sending(Database):
    """The outbox as the link knows it: all of it goes through the sender."""

    def take(self, now: float, batch: int, most: Mapping[Priority, int] = ANY_SIZE) -> Message | None:
        """The next message to publish, now counted as sent; None where nothing waits that may go.

        Args:
            now: monotonic clock, seconds.
            batch: observations in one message at most.
            most: by priority, the largest record or batch that may go now, bytes; what is not named stays.
        """
        with self._transaction(self._sender, self._send_lock) as connection:
            for priority, largest in sorted(most.items()):
                row = connection.execute(_NEXT, (priority, largest)).fetchone()
                if row is not None:
                    break
            else:
                return None
            id_, kind, body, attachment, message_id, said = row
            self._believe(kind, [(id_, body, said)])
            self._believe_picture(id_, body, attachment)
            bodies = [body]
            if kind in BATCHED:
                message_id, bodies = self._form(connection, Kind(kind), message_id, batch, largest)
            connection.execute(_SENT, (now, RETRY_FIRST_S, RETRY_LONGEST_S, message_id))
        return message_of(Kind(kind), message_id, bodies, attachment)

    def any_to_send(self, most: Mapping[Priority, int]) -> bool:
        """Whether `take` would find something."""
        with self._translated(), self._send_lock:
            return any(
                self._sender.execute(_ANY, (priority, largest)).fetchone() is not None
                for priority, largest in most.items()
            )

    def held_back(self, most: Mapping[Priority, int]) -> int:
        """How many records are to be sent that `take` would leave."""
        with self._translated(), self._send_lock:
            counts = (self._sender.execute(_HELD, (p, most.get(p, -1))).fetchone()[0] for p in Priority)
            return sum(counts)

    def large(self, largest: Mapping[Priority, int], passing: Collection[UUID] = ()) -> Large | None:
        """The next picture that is larger than what `take` is ever asked for, by priority; None: none is.

        Args:
            passing: pictures that are passed over.
        """
        with self._translated(), self._send_lock:
            for priority, most in sorted(largest.items()):
                for seq, id_, body, size in self._sender.execute(
                    _LARGE, (priority, most, len(passing) + 1)
                ).fetchall():
                    if UUID(id_) not in passing:
                        return Large(UUID(id_), body, priority, size, seq)
        return None

    def part(self, large: Large, offset: int, size: int) -> bytes:
        """So much of a large picture; empty where it is gone: given up, or carried to the cloud meanwhile."""
        with self._translated(), self._send_lock:
            try:
                with self._sender.blobopen("record", "attachment", large.seq, readonly=True) as blob:
                    blob.seek(offset)
                    return blob.read(size)
            except sqlite3.OperationalError as error:
                if getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_ERROR:  # no such rowid
                    return b""
                raise

    def carry(self, batch: int) -> Iterator[Message]:
        """Every message that waits for its receipt, in the order of sending; none counts as sent by that.

        What is sent later, or was before, is the same message: it arrives once, whichever way it takes first.

        Args:
            batch: observations in one message at most.
        """
        carried: set[str] = set()
        for entry in self:
            message_id, bodies = entry.message_id, [entry.body]
            if message_id in carried:
                continue
            if entry.kind in BATCHED:
                with self._transaction(self._sender, self._send_lock) as connection:
                    # Read anew: an earlier message of this very round may have taken it along.
                    row = connection.execute(
                        "SELECT message_id FROM record WHERE id = ?", (entry.id,)
                    ).fetchone()
                    if row is None or row[0] in carried:
                        continue
                    message_id, bodies = self._form(connection, entry.kind, row[0], batch)
            assert message_id is not None  # noqa: S101  what travels alone has one from the start
            carried.add(message_id)
            yield message_of(entry.kind, message_id, bodies, entry.attachment)

    def forget(self, message_ids: Iterable[UUID]) -> int:
        """Delete what these messages carried: the cloud has it. Returns how many records went."""
        with self._transaction(self._sender, self._send_lock) as connection:
            gone = connection.executemany(
                "DELETE FROM record WHERE message_id = ?", [(str(id_),) for id_ in message_ids]
            )
        return gone.rowcount

    def resend_all(self) -> None:
        """Count nothing as sent: after a lost connection, nobody knows what the broker still has."""
        with self._transaction(self._sender, self._send_lock) as connection:
            connection.execute("UPDATE record SET retry_at = NULL, attempts = 0 WHERE retry_at IS NOT NULL")

    def resend(self, message_id: UUID) -> None:
        """Count this message as not sent: the broker refused it."""
        with self._transaction(self._sender, self._send_lock) as connection:
            connection.execute("UPDATE record SET retry_at = NULL WHERE message_id = ?", (str(message_id),))

    def resend_overdue(self, now: float) -> int:
        """Count as not sent what has waited too long for its receipt; returns how many records."""
        with self._transaction(self._sender, self._send_lock) as connection:
            return connection.execute(
                "UPDATE record SET retry_at = NULL WHERE retry_at <= ?", (now,)
            ).rowcount

    def next_overdue(self) -> float | None:
        """When `resend_overdue` will next find something (monotonic clock); None where nothing is sent."""
        with self._translated(), self._send_lock:
            found = self._sender.execute(
                "SELECT min(retry_at) FROM record WHERE retry_at IS NOT NULL"
            ).fetchone()[0]
        return None if found is None else float(found)

    def __iter__(self) -> Iterator[Entry]:
        """All records that wait, in the order in which they will be sent. Read page by page: gigabytes of
        pictures may wait, and the node may go on meanwhile."""
        return (entry for _, entry in self._behind(BEGIN))

    def _behind(self, last: tuple[int, int]) -> Iterator[tuple[tuple[int, int], Entry]]:
        """Records that wait behind a place in the order of sending, each with its own place there."""
        while True:
            with self._translated(), self._send_lock:
                rows = self._sender.execute(_PAGE, last).fetchall()
            if not rows:
                return
            for id_, kind, priority, body, attachment, message_id, seq, said in rows:
                self._believe(kind, [(id_, body, said)])
                self._believe_picture(id_, body, attachment)
                last = (priority, seq)
                yield last, Entry(id_, Kind(kind), Priority(priority), body, attachment, message_id)

    def _form(
        self,
        connection: sqlite3.Connection,
        kind: Kind,
        message_id: str | None,
        batch: int,
        largest: int = UNBOUNDED,
    ) -> tuple[str, list[str]]:
        """The message of the oldest records of a kind: as it was formed before, or a new one.

        One that was formed and is larger than what may go now is formed anew: its records are known by their
        ids, whatever message they come in.
        """
        if message_id is not None:
            rows = connection.execute(
                "SELECT id, body, checksum FROM record WHERE message_id = ? ORDER BY seq", (message_id,)
            ).fetchall()
            self._believe(kind, rows)
            if len(within(rows, largest)) == len(rows):
                return message_id, [row[1] for row in rows]
            connection.execute("UPDATE record SET message_id = NULL WHERE message_id = ?", (message_id,))
        message_id = str(uuid7())
        rows = connection.execute(_NEXT_BATCH, (Priority.OBSERVATION, largest, kind, batch)).fetchall()
        rows = within(rows, largest)
        self._believe(kind, rows)
        connection.executemany(
            "UPDATE record SET message_id = ? WHERE id = ?", [(message_id, row[0]) for row in rows]
        )
        return message_id, [row[1] for row in rows]
