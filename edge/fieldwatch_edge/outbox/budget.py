"""The budget on disk: what is given up when it is used up, in which order, and how that is counted.

Pictures that show no fire go first, the oldest before all others; then the pictures of fires; records last,
and suspicions last of these (`GIVEN_UP_FIRST`). What was given up is itself reported.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from fieldwatch_edge.outbox.records import GIVEN_UP_FIRST

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from fieldwatch_shared.topics import Kind

log = structlog.get_logger(__name__)

_GIVE_UP = """
DELETE FROM record WHERE seq IN (SELECT seq FROM record WHERE priority = ? ORDER BY seq LIMIT 16)
RETURNING kind
"""
_GIVEN_UP = """
INSERT INTO given_up (kind, records) VALUES (?, 1) ON CONFLICT (kind) DO UPDATE SET records = records + 1
"""
_LOST = """
INSERT INTO given_up (kind, records) VALUES (?, ?)
ON CONFLICT (kind) DO UPDATE SET records = records + excluded.records
"""


def keep(connection: sqlite3.Connection, max_bytes: int) -> None:
    """Give up records until the store is within its budget, within the caller's transaction."""
    for priority in GIVEN_UP_FIRST:
        while used_bytes(connection) > max_bytes:
            gone = connection.execute(_GIVE_UP, (priority,)).fetchall()
            if not gone:
                break
            connection.executemany(_GIVEN_UP, gone)
            log.warning("outbox.given_up", records=len(gone), priority=priority.name.lower())


def used_bytes(connection: sqlite3.Connection) -> int:
    """Of the file, what holds something: what was deleted is written over before the file grows."""
    pages, free, size = (
        int(connection.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * size


def count_lost(connection: sqlite3.Connection, counts: Mapping[Kind, int]) -> None:
    """Count these as given up, within the caller's transaction."""
    connection.executemany(_LOST, list(counts.items()))
