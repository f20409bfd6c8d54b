"""Logs and support bundles that were asked of nodes: who asked, what came. The files lie on disk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg.rows import class_row

from fieldwatch_cloud.db.statements import statements
from fieldwatch_cloud.errors import NotFoundError
from fieldwatch_shared.ids import uuid7

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection

SQL = statements("node_logs")


@dataclass(frozen=True, slots=True)
class NodeLog:
    """One that was asked for. Times are UTC."""

    id: UUID
    node_id: str
    reserve: str
    bundle: bool
    lines: int
    max_bytes: int
    asked_at: datetime
    until: datetime
    """So long the node may upload it."""
    token_sha256: bytes
    state: str
    """asked, here, unheard (the node listens for no commands), expired."""
    received_at: datetime | None
    bytes: int | None
    asked_by: str | None


def add(
    conn: Connection,
    node: str,
    *,
    bundle: bool,
    lines: int,
    max_bytes: int,
    token_sha256: bytes,
    by: UUID | None,
    now: datetime,
    until: datetime,
) -> UUID:
    new = uuid7(now)
    parameters = {
        "id": new,
        "node": node,
        "bundle": bundle,
        "lines": lines,
        "max_bytes": max_bytes,
        "token_sha256": token_sha256,
        "by": by,
        "now": now,
        "until": until,
    }
    conn.execute(SQL["add"], parameters)
    return new


def get(conn: Connection, id_: UUID) -> NodeLog:
    """Raises:
    NotFoundError: nobody asked for such a log, or it was kept long enough.
    """
    with conn.cursor(row_factory=class_row(NodeLog)) as cursor:
        found = cursor.execute(SQL["log"], {"id": id_}).fetchone()
    if found is None:
        raise NotFoundError(f"no such log: {id_}")
    return found


def of_node(conn: Connection, node: str, limit: int = 20) -> list[NodeLog]:
    """Newest first."""
    with conn.cursor(row_factory=class_row(NodeLog)) as cursor:
        return cursor.execute(SQL["of_node"], {"node": node, "limit": limit}).fetchall()


def waiting(conn: Connection, node: str, now: datetime) -> int:
    """How many the node has yet to send."""
    (row,) = conn.execute(SQL["waiting"], {"node": node, "now": now})
    return int(row[0])


def here(conn: Connection, id_: UUID, *, bytes_: int, now: datetime) -> bool:
    """It came; False: it had come before, or too late."""
    return conn.execute(SQL["here"], {"id": id_, "bytes": bytes_, "now": now}).rowcount > 0


def unheard(conn: Connection, id_: UUID) -> None:
    """The broker says that nobody listens for the node's commands."""
    conn.execute(SQL["unheard"], {"id": id_})


def expire(conn: Connection, now: datetime) -> int:
    """Those that did not come in their time."""
    return conn.execute(SQL["expire"], {"now": now}).rowcount


def forget(conn: Connection, before: datetime) -> list[UUID]:
    """Those that were asked for before then are gone; returns which, so that their files go too."""
    return [id_ for (id_,) in conn.execute(SQL["forget"], {"before": before})]
