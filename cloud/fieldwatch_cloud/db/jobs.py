"""Who leads, and when each job last ran to its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fieldwatch_cloud.db.statements import statements

if TYPE_CHECKING:
    from datetime import datetime

    from fieldwatch_cloud.db.pool import Connection

SQL = statements("jobs")


def try_lead(conn: Connection) -> bool:
    """Become the leader, for as long as this connection lasts; False if another is."""
    (found,) = conn.execute(SQL["try_lead"])
    return bool(found[0])


def still_connected(conn: Connection) -> None:
    """Raises psycopg's OperationalError if the connection, and with it the lead, is lost."""
    conn.execute(SQL["alive"])


def last_finished(conn: Connection, name: str) -> datetime | None:
    """When the last run that came to its end began."""
    found = conn.execute(SQL["last_finished"], {"name": name}).fetchone()
    return found[0] if found else None


def note_finished(conn: Connection, name: str, started_at: datetime) -> None:
    conn.execute(SQL["finished"], {"name": name, "at": started_at})


def delete_ended_sessions(conn: Connection) -> int:
    return conn.execute(SQL["delete_ended_sessions"]).rowcount
