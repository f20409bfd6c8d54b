"""Where a reserve's data come from, and when each was last heard of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg.rows import class_row

from fieldwatch_cloud.db.statements import statements

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection

SQL = statements("sources")


@dataclass(frozen=True, slots=True)
class Node:
    id: str
    name: str
    online: bool
    created_at: datetime
    heard_at: datetime | None
    software: str | None
    outbox_records: int | None
    """What waits on it to be sent, as of its newest heartbeat."""
    outbox_bytes: int | None
    next_within_s: float | None
    """When it promised the next heartbeat."""
    cameras: list[str]


@dataclass(frozen=True, slots=True)
class Station:
    name: str
    last_observed_at: datetime | None
    source: str | None
    rows: int


@dataclass(frozen=True, slots=True)
class Job:
    finished_at: datetime | None
    """When the newest run that came to its end began."""
    failed_at: datetime | None
    failure: str | None


@dataclass(frozen=True, slots=True)
class Held:
    """A message in quarantine."""

    id: UUID
    received_at: datetime
    topic: str
    reason: str
    bytes: int


def nodes(conn: Connection, reserve_id: UUID) -> list[Node]:
    with conn.cursor(row_factory=class_row(Node)) as cursor:
        return cursor.execute(SQL["nodes"], {"reserve_id": reserve_id}).fetchall()


def hotspots(conn: Connection, reserve_id: UUID) -> tuple[datetime | None, int]:
    """(When the newest was seen, how many within 30 days.)"""
    row = conn.execute(SQL["hotspots"], {"reserve_id": reserve_id}).fetchone()
    return (row[0], row[1]) if row else (None, 0)


def job(conn: Connection, name: str) -> Job:
    row = conn.execute(SQL["job"], {"name": name}).fetchone()
    return Job(*row) if row else Job(None, None, None)


def note_failure(conn: Connection, name: str, at: datetime, reason: str) -> None:
    conn.execute(SQL["note_failure"], {"name": name, "at": at, "reason": reason[:1000]})


def forget_failure(conn: Connection, name: str) -> None:
    conn.execute(SQL["forget_failure"], {"name": name})


def stations(conn: Connection, reserve_id: UUID) -> list[Station]:
    with conn.cursor(row_factory=class_row(Station)) as cursor:
        return cursor.execute(SQL["stations"], {"reserve_id": reserve_id}).fetchall()


def quarantined(conn: Connection, slug: str) -> tuple[int, datetime | None]:
    """(How many messages of the reserve's nodes wait in quarantine, when the newest came.)"""
    row = conn.execute(SQL["quarantined"], {"slug": slug}).fetchone()
    return (row[0], row[1]) if row else (0, None)


def quarantine(conn: Connection, slug: str, limit: int) -> list[Held]:
    """Newest first."""
    return [Held(*row) for row in conn.execute(SQL["quarantine"], {"slug": slug, "limit": limit})]


def waiting(conn: Connection, slug: str, limit: int) -> list[UUID]:
    """Oldest first."""
    return [id_ for (id_,) in conn.execute(SQL["waiting"], {"slug": slug, "limit": limit})]
