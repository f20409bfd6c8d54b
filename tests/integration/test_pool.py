"""Transactions of the pool, where the database goes away in their middle."""

from __future__ import annotations

from contextlib import suppress

import psycopg
import pytest

from fieldwatch_cloud.db.pool import Database, connection
from fieldwatch_cloud.errors import DatabaseUnavailableError


def test_a_connection_lost_in_the_middle_is_never_taken_for_a_commit(database_url: str) -> None:
    """Also where the block has swallowed the error: psycopg itself would leave without a word."""
    with Database(database_url) as db:
        with db.transaction() as conn:
            conn.execute("CREATE TABLE kept (n integer)")
        with pytest.raises(DatabaseUnavailableError):
            _lose(db, database_url)
        with db.transaction() as conn:
            assert conn.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def _lose(db: Database, database_url: str) -> None:
    with db.transaction() as conn:
        conn.execute("INSERT INTO kept VALUES (1)")
        with connection(database_url) as other:
            other.execute("SELECT pg_terminate_backend(%s)", (conn.info.backend_pid,))
        with suppress(psycopg.Error):
            conn.execute("SELECT 1")
