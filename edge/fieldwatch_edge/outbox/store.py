"""The outbox's store in SQLite.

A record is committed to disk before anybody hears of it, and deleted only when the cloud's receipt names its
message. Pipelines write through one connection with `synchronous = FULL`: after `write` returns, a power cut
takes nothing. The link reads through a second one with `synchronous = NORMAL`: all that it writes is what was
sent when, and losing that costs a message that is sent twice, which the cloud sees by its id.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from contextlib import closing, contextmanager
from importlib.resources import files
from typing import TYPE_CHECKING, Never
from uuid import UUID

import structlog

from fieldwatch_edge.errors import CorruptOutboxError, OutboxError
from fieldwatch_edge.outbox.records import (
    BATCHED,
    GIVEN_UP_FIRST,
    Checkpoint,
    Entry,
    Large,
    Message,
    Priority,
    Statistics,
    checksum,
    with_clock_error,
)
from fieldwatch_shared.ids import uuid7
from fieldwatch_shared.topics import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

log = structlog.get_logger(__name__)

FORMAT = 3
_TO_FORMAT = {
    # Format 1 knew no SUSPICION_CONTEXT; heartbeats and what comes behind them moved down by one.
    2: ("UPDATE record SET priority = priority + 1 WHERE priority >= 2",),
    # No readings and no checksums. The table is not copied for a kind more: gigabytes of pictures may lie in
    # it (the way of https://sqlite.org/lang_altertable.html#otheralter).
    3: (
        "DROP INDEX record_to_send",
        (
            "CREATE INDEX record_to_send ON record (priority, seq, bytes)"
            " WHERE camera IS NULL AND retry_at IS NULL"
        ),
        "ALTER TABLE record ADD COLUMN checksum INTEGER",
        "ALTER TABLE checkpoint ADD COLUMN checksum INTEGER",
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_schema SET sql = replace(sql, '''observations'')', '''observations'', ''readings'')')",
        "PRAGMA writable_schema = RESET",
    ),
}
RETRY_FIRST_S, RETRY_LONGEST_S = 60.0, 3600.0
"""A message without a receipt is sent again after a minute, then after twice as long, up to an hour. The rule
for a lost connection (`resend_all`) is what delivers; this is for what nobody foresaw."""

UNBOUNDED = 2**62
ANY_SIZE = dict.fromkeys(Priority, UNBOUNDED)
"""Everything may go."""
MESSAGE_BYTES = 80
"""What is around the records of a message."""

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
_NEXT_BATCH = """
SELECT id, body, checksum FROM record
WHERE camera IS NULL AND retry_at IS NULL AND message_id IS NULL AND priority = ? AND kind = ?
ORDER BY seq LIMIT ?
"""
_SENT = """
UPDATE record SET attempts = attempts + 1, retry_at = ? + min(? * (1 << min(attempts, 10)), ?)
WHERE message_id = ?
"""
_PAGE = """
SELECT id, kind, priority, body, attachment, message_id, seq, checksum FROM record
WHERE camera IS NULL AND (priority, seq) > (?, ?) ORDER BY priority, seq LIMIT 64
"""
_GIVE_UP = """
DELETE FROM record WHERE seq IN (SELECT seq FROM record WHERE priority = ? ORDER BY seq LIMIT 16)
RETURNING kind
"""
_GIVEN_UP = """
INSERT INTO given_up (kind, records) VALUES (?, 1) ON CONFLICT (kind) DO UPDATE SET records = records + 1
"""
_BODIES = "SELECT seq, id, kind, body FROM record WHERE seq > ? ORDER BY seq LIMIT 500"
_REWRITE = """
UPDATE record SET body = ?, bytes = bytes + ?, checksum = ? WHERE seq = ? AND body = ?
"""
_LOST = """
INSERT INTO given_up (kind, records) VALUES (?, ?)
ON CONFLICT (kind) DO UPDATE SET records = records + excluded.records
"""


class Outbox:
    """Safe to use from several threads. Each method raises OutboxError where the disk fails; nothing of what
    it was to do is then done."""

    def __init__(self, path: Path, max_bytes: int) -> None:
        """Open the outbox at `path`, or make it.

        Args:
            max_bytes: budget of the file; beyond it, `GIVEN_UP_FIRST` says what goes.
        """
        self._path = path
        self._max_bytes = max_bytes
        self._write_lock, self._send_lock = threading.Lock(), threading.Lock()
        self._listeners: list[Callable[[], None]] = []
        self.corrupt = False
        """Whether the file turned out to be damaged. Nothing can be kept in it any more."""
        with self._translated():
            path.parent.mkdir(parents=True, exist_ok=True)
            # Pictures show people too. SQLite gives its other files the mode of this one.
            path.touch(mode=0o600)
            path.chmod(0o600)
            self._writer = self._connect("FULL")
            self._sender = self._connect("NORMAL")

    @property
    def path(self) -> Path:
        return self._path

    def close(self) -> None:
        for lock, connection in ((self._write_lock, self._writer), (self._send_lock, self._sender)):
            with lock:
                connection.close()

    def listen(self, callback: Callable[[], None]) -> None:
        """Have `callback` called, from the writing thread, whenever there is something new to send."""
        self._listeners.append(callback)

    # What pipelines do

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
            self._keep_budget(connection)
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
                (body, len(body.encode()) - len(old.encode()), checksum(id_, kind, body), seq, old)
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
            for kind, records in counts.items():
                connection.execute(_LOST, (kind, records))

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

    def checkpoint(self, camera: str) -> Checkpoint | None:
        with self._translated(), self._write_lock:
            row = self._writer.execute(
                "SELECT position, state FROM checkpoint WHERE camera = ?", (camera,)
            ).fetchone()
        return Checkpoint(*row) if row is not None else None

    # What the link does

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
        return _message(Kind(kind), message_id, bodies, attachment)

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

    # What takes large pictures to the cloud in parts

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
            yield _message(entry.kind, message_id, bodies, entry.attachment)

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

    # What health and people ask

    def __iter__(self) -> Iterator[Entry]:
        """All records that wait, in the order in which they will be sent. Read page by page: gigabytes of
        pictures may wait, and the node may go on meanwhile."""
        return (entry for _, entry in self._behind((-1, -1)))

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
            used = self._used_bytes(self._sender)
        return Statistics(
            {Kind(kind): count for kind, count in rows},
            open_tracks,
            used,
            {Kind(kind): count for kind, count in given_up},
        )

    # Within

    def _connect(self, synchronous: str) -> sqlite3.Connection:
        connection = sqlite3.connect(self._path, timeout=30, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {synchronous}")
        # What is deleted is overwritten, as Debian's SQLite does anyway: of a damaged store, nothing that the
        # cloud has comes back.
        connection.execute("PRAGMA secure_delete = ON")
        # Without a limit the write-ahead log keeps its largest size for ever.
        connection.execute("PRAGMA journal_size_limit = 8388608")
        connection.execute("BEGIN IMMEDIATE")
        found = connection.execute("PRAGMA user_version").fetchone()[0]
        if found == 0:
            for statement in _statements(files(__package__).joinpath("schema.sql").read_text()):
                connection.execute(statement)
        else:
            for format_ in range(found + 1, FORMAT + 1):
                for statement in _TO_FORMAT[format_]:
                    connection.execute(statement)
        if found < FORMAT:
            connection.execute(f"PRAGMA user_version = {FORMAT}")
        connection.execute("COMMIT")
        if found > FORMAT:
            connection.close()
            # To this version as good as damaged: one that was rolled back must watch, and saves what it can
            # read of it (`renew`, `salvage`).
            raise CorruptOutboxError(
                f"{self._path} has format {found}, this version of Fieldwatch knows {FORMAT}: update it"
            )
        return connection

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
            if len(_within(rows, largest)) == len(rows):
                return message_id, [row[1] for row in rows]
            connection.execute("UPDATE record SET message_id = NULL WHERE message_id = ?", (message_id,))
        message_id = str(uuid7())
        rows = connection.execute(_NEXT_BATCH, (Priority.OBSERVATION, kind, batch)).fetchall()
        rows = _within(rows, largest)
        self._believe(kind, rows)
        connection.executemany(
            "UPDATE record SET message_id = ? WHERE id = ?", [(message_id, row[0]) for row in rows]
        )
        return message_id, [row[1] for row in rows]

    def _believe(self, kind: str, rows: Iterable[tuple[str, str, int | None]]) -> None:
        """Of each id, body and checksum: are they what was written? Else SQLite has not seen the damage, and
        nothing tells where it ends."""
        for id_, body, said in rows:
            if said is not None and said != checksum(id_, kind, body):
                self._disbelieve(id_)

    def _believe_picture(self, id_: str, body: str, attachment: bytes | None) -> None:
        if attachment is not None and hashlib.sha256(attachment).hexdigest() not in body:
            self._disbelieve(id_)

    def _disbelieve(self, id_: str) -> Never:
        self.corrupt = True
        raise CorruptOutboxError(f"the outbox {self._path} is damaged: {id_} is not as written")

    def _keep_budget(self, connection: sqlite3.Connection) -> None:
        for priority in GIVEN_UP_FIRST:
            while self._used_bytes(connection) > self._max_bytes:
                gone = connection.execute(_GIVE_UP, (priority,)).fetchall()
                if not gone:
                    break
                connection.executemany(_GIVEN_UP, gone)
                log.warning("outbox.given_up", records=len(gone), priority=priority.name.lower())

    def _used_bytes(self, connection: sqlite3.Connection) -> int:
        pages, free, size = (
            int(connection.execute(f"PRAGMA {name}").fetchone()[0])
            for name in ("page_count", "freelist_count", "page_size")
        )
        return (pages - free) * size

    def _tell(self) -> None:
        for callback in self._listeners:
            callback()

    @contextmanager
    def _transaction(
        self, connection: sqlite3.Connection, lock: threading.Lock
    ) -> Iterator[sqlite3.Connection]:
        with self._translated(), lock:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            finally:
                # SQLite rolls back by itself on a full disk; on all else it is ours to do.
                if connection.in_transaction:
                    connection.execute("ROLLBACK")

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            said = f"the outbox {self._path} cannot be used: {error}"
            # The lowest byte of an extended code is the primary one.
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            # Python's own word, which carries no code, for a text that a changed bit made none.
            no_text = "Could not decode to UTF-8" in str(error)
            if no_text or code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
                said = f"the outbox {self._path} is damaged" if no_text else said
                self.corrupt = True
                raise CorruptOutboxError(said) from error
            raise OutboxError(said) from error


def _within(rows: list[tuple[str, str, int | None]], largest: int) -> list[tuple[str, str, int | None]]:
    """As many of these (id, body, checksum) as fit into a message of so many bytes, and at least one."""
    size = MESSAGE_BYTES
    for number, (_, body, _) in enumerate(rows):
        size += len(body.encode()) + 1
        if number and size > largest:
            return rows[:number]
    return rows


def _message(kind: Kind, message_id: str, bodies: list[str], attachment: bytes | None) -> Message:
    """What is published of records: one, or a batch of those that are many."""
    body = bodies[0]
    if kind is Kind.MEDIA:
        return Message(UUID(message_id), kind, attachment or b"", media=body)
    records = len(bodies)
    if kind in BATCHED:
        body = f'{{"message_id":"{message_id}","{BATCHED[kind]}":[{",".join(bodies)}]}}'
    elif kind is Kind.SUSPICIONS:
        body = f'{{"message_id":"{message_id}","suspicion":{body}}}'
    return Message(UUID(message_id), kind, body.encode(), records=records)


def _statements(script: str) -> list[str]:
    """A script's statements: `executescript` would commit the transaction that we are in."""
    statements, rest = [], ""
    for line in script.splitlines(keepends=True):
        rest += line
        if sqlite3.complete_statement(rest):
            statements.append(rest)
            rest = ""
    return statements
