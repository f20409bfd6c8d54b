"""The budget on disk: what is given up when it is used up, in which order, and how that is counted.

Pictures that show no fire go first, the oldest before all others; then the pictures of fires; records last,
and suspicions last of these (`GIVEN_UP_FIRST`). What was given up is itself reported.

A disk that is smaller than the budget, or that others fill, is not waited for until it is full: SQLite then
cannot even delete, which it writes down before it does it. While little of the disk is left, old pictures
that show no fire make room within the file for what comes; nothing else is given up for that.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import structlog

from fieldwatch_edge.outbox.records import GIVEN_UP_FIRST, Priority

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from fieldwatch_shared.topics import Kind

log = structlog.get_logger(__name__)

RESERVE_BYTES, RESERVE_SHARE = 16 * 1024**2, 1 / 8
"""Less than that left of a disk, or of a small one less than that share, is little. SQLite's write-ahead log
takes up to half of it."""
_AT_ONCE = {Priority.OBSERVATION: 16, Priority.HEARTBEAT: 16}
"""Of records that are small, so many go at once. Of all others one: the next may stay."""
_GIVE_UP = """
DELETE FROM record WHERE seq IN (SELECT seq FROM record WHERE priority = ? ORDER BY seq LIMIT ?)
RETURNING kind
"""
_GIVEN_UP = """
INSERT INTO given_up (kind, records) VALUES (?, 1) ON CONFLICT (kind) DO UPDATE SET records = records + 1
"""
_LOST = """
INSERT INTO given_up (kind, records) VALUES (?, ?)
ON CONFLICT (kind) DO UPDATE SET records = records + excluded.records
"""


def keep(connection: sqlite3.Connection, max_bytes: int, short_bytes: int) -> None:
    """Give up records until the store is within its budget, within the caller's transaction.

    Args:
        short_bytes: of the disk, as of `short_of_disk`.
    """
    _give_up(connection, Priority.PICTURE, lambda: _free_bytes(connection) >= short_bytes)
    for priority in GIVEN_UP_FIRST:
        _give_up(connection, priority, lambda: used_bytes(connection) <= max_bytes)


def short_of_disk(folder: Path) -> int:
    """Bytes that the store must have free within its file, since few are left on the disk of `folder`."""
    disk = os.statvfs(folder)
    reserve = min(RESERVE_BYTES, int(disk.f_blocks * disk.f_frsize * RESERVE_SHARE))
    return max(0, reserve - disk.f_bavail * disk.f_frsize)


def _give_up(connection: sqlite3.Connection, priority: Priority, enough: Callable[[], bool]) -> None:
    """The oldest of that priority, until it is `enough` or none is left."""
    records = 0
    while not enough():
        gone = connection.execute(_GIVE_UP, (priority, _AT_ONCE.get(priority, 1))).fetchall()
        if not gone:
            break
        connection.executemany(_GIVEN_UP, gone)
        records += len(gone)
    if records:
        log.warning("outbox.given_up", records=records, priority=priority.name.lower())


def used_bytes(connection: sqlite3.Connection) -> int:
    """Of the file, what holds something: what was deleted is written over before the file grows."""
    return _pragma(connection, "page_count") * _pragma(connection, "page_size") - _free_bytes(connection)


def _free_bytes(connection: sqlite3.Connection) -> int:
    """Of the file, what holds nothing."""
    return _pragma(connection, "freelist_count") * _pragma(connection, "page_size")


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    return int(connection.execute(f"PRAGMA {name}").fetchone()[0])


def count_lost(connection: sqlite3.Connection, counts: Mapping[Kind, int]) -> None:
    """Count these as given up, within the caller's transaction."""
    connection.executemany(_LOST, list(counts.items()))
