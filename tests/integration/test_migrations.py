"""Migrations against a real PostgreSQL: from scratch, again, at the same time, and tampered with."""

from __future__ import annotations

import threading

import pytest

from fieldwatch_cloud.db.migrate import Migration, available, migrate
from fieldwatch_cloud.db.pool import connection
from fieldwatch_cloud.errors import DatabaseError, MigrationError


def test_from_scratch_and_again(empty_database_url: str) -> None:
    assert migrate(empty_database_url) == [migration.name for migration in available()]
    assert migrate(empty_database_url) == []
    with connection(empty_database_url) as conn:
        assert conn.execute(
            "SELECT postgis_version() IS NOT NULL, to_regclass('observation')"
        ).fetchone() == (
            True,
            "observation",
        )


def test_changed_migration_is_refused(empty_database_url: str) -> None:
    migrate(empty_database_url, [Migration(1, "0001_a.sql", b"CREATE TABLE a ()")])
    with pytest.raises(MigrationError, match=r"0001_a\.sql was changed"):
        migrate(empty_database_url, [Migration(1, "0001_a.sql", b"CREATE TABLE a (id int)")])


def test_database_newer_than_the_program_is_refused(empty_database_url: str) -> None:
    one = Migration(1, "0001_a.sql", b"CREATE TABLE a ()")
    migrate(empty_database_url, [one, Migration(2, "0002_b.sql", b"CREATE TABLE b ()")])
    with pytest.raises(MigrationError, match=r"0002_b\.sql, which this version does not know"):
        migrate(empty_database_url, [one])


def test_failed_migration_leaves_nothing(empty_database_url: str) -> None:
    broken = Migration(1, "0001_a.sql", b"CREATE TABLE a (); CREATE TABLE nonsense (x no_such_type);")
    with pytest.raises(DatabaseError, match="no_such_type"):
        migrate(empty_database_url, [broken])
    with connection(empty_database_url) as conn:
        assert conn.execute("SELECT to_regclass('a')").fetchone() == (None,)
    assert migrate(empty_database_url, [Migration(1, "0001_a.sql", b"CREATE TABLE a ()")]) == ["0001_a.sql"]


def test_processes_that_start_together_migrate_once(empty_database_url: str) -> None:
    migrations = [Migration(1, "0001_a.sql", b"SELECT pg_sleep(0.2); CREATE TABLE a ()")]
    applied: list[list[str]] = []
    threads = [
        threading.Thread(target=lambda: applied.append(migrate(empty_database_url, migrations)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(applied) == [[], [], [], ["0001_a.sql"]]
