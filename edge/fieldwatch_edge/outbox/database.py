"""The outbox's file in SQLite: opened, brought to today's format, written in transactions, and believed.

Two connections to one file. What must outlast a power cut goes through the writer, with `synchronous = FULL`:
after a transaction returns, a power cut takes nothing. The sender's has `synchronous = NORMAL`: all that is
written through it is what was sent when, and losing that costs a message that is sent twice, which the cloud
sees by its id.
"""

from __future__ import annotations

import hashlib
import sqlite3
import threading
from contextlib import contextmanager
from importlib.resources import files
from typing import TYPE_CHECKING, Never

from fieldwatch_edge.errors import CorruptOutboxError, OutboxError
from fieldwatch_edge.outbox.records import checksum

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

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


class Database:
    """The file of one outbox, open. Safe to use from several threads; each transaction raises OutboxError
    where the disk fails, and nothing of what it was to do is then done."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._write_lock, self._send_lock = threading.Lock(), threading.Lock()
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


def _statements(script: str) -> list[str]:
    """A script's statements: `executescript` would commit the transaction that we are in."""
    statements, rest = [], ""
    for line in script.splitlines(keepends=True):
        rest += line
        if sqlite3.complete_statement(rest):
            statements.append(rest)
            rest = ""
    return statements
