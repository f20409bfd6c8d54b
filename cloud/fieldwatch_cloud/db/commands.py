"""Commands on their way to nodes: kept until the broker has them, or nobody wants them any more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from fieldwatch_cloud.db.statements import statements
from fieldwatch_shared.ids import uuid7

if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection
    from fieldwatch_shared.messages import Command

SQL = statements("commands")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A command that the broker does not have yet, and what it is about: a live view or a log."""

    id: UUID
    node: str
    reserve: str
    session_id: UUID | None
    log_id: UUID | None
    body: dict[str, Any]
    expires_at: datetime


def send(
    conn: Connection,
    node: str,
    body: Command,
    *,
    now: datetime,
    lasts: timedelta,
    session_id: UUID | None = None,
    log_id: UUID | None = None,
) -> None:
    """Have a node told something once the transaction commits; never after it has lasted so long.

    Id and times are given to it here, to go down under our signature: a node does nothing twice.
    """
    new, expires_at = uuid7(now), now + lasts
    stamped = body.model_copy(update={"id": new, "issued_at": now, "expires_at": expires_at})
    parameters = {
        "id": new,
        "node": node,
        "session_id": session_id,
        "log_id": log_id,
        "body": Jsonb(stamped.model_dump(mode="json")),
        "expires_at": expires_at,
    }
    conn.execute(SQL["add"], parameters)
    conn.execute(SQL["notify"], {"node": node})


def waiting(conn: Connection, now: datetime) -> list[Outgoing]:
    """Those that the broker does not have yet, oldest first; what has expired is gone."""
    conn.execute(SQL["expired"], {"now": now})
    with conn.cursor(row_factory=class_row(Outgoing)) as cursor:
        return cursor.execute(SQL["waiting"]).fetchall()


def gone(conn: Connection, id_: UUID) -> None:
    """The broker has it, or will not take it."""
    conn.execute(SQL["gone"], {"id": id_})
