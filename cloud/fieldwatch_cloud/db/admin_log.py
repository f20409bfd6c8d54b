"""The record of administration: who changed what, as it was and as it is. Only ever added to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from fieldwatch_cloud.db.statements import statements

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection

SQL = statements("admin_log")


@dataclass(frozen=True, slots=True)
class Entry:
    id: int
    at: datetime
    by: str | None
    """Name of the account; None: a job, or somebody by a link."""
    action: str
    subject: str
    name: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


def note(
    conn: Connection,
    *,
    by: UUID | None,
    reserve_id: UUID | None,
    action: str,
    subject: object,
    name: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Write down one change, in the transaction that makes it.

    Args:
        reserve_id: whose managers read it; None: only admins of every reserve do.
        action: `<what>.<done>`: account.created, zone.changed.
        subject: id of what was changed; `name`: what people call it.
        before, after: JSON-ready. Of two, only what differs is kept, and where nothing does, nothing is
            written. Never a secret.
    """
    if before is not None and after is not None:
        differs = {key for key in {*before, *after} if before.get(key) != after.get(key)}
        if not differs:
            return
        before = {key: before.get(key) for key in sorted(differs)}
        after = {key: after.get(key) for key in sorted(differs)}
    conn.execute(
        SQL["note"],
        {
            "account_id": by,
            "reserve_id": reserve_id,
            "action": action,
            "subject": str(subject),
            "name": name,
            "before": Jsonb(dict(before)) if before is not None else None,
            "after": Jsonb(dict(after)) if after is not None else None,
        },
    )


def entries(
    conn: Connection,
    reserve_id: UUID | None,
    *,
    limit: int,
    before_id: int | None = None,
    subject: str | None = None,
) -> list[Entry]:
    """Newest first; those of one subject where it is named.

    Args:
        reserve_id: None: of no reserve.
        before_id: only what was written before that entry.
    """
    values = {"reserve_id": reserve_id, "limit": limit, "before_id": before_id, "subject": subject}
    with conn.cursor(row_factory=class_row(Entry)) as cursor:
        return cursor.execute(SQL["entries"], values).fetchall()


def aimed_lately(conn: Connection, reserve_id: UUID, node: str) -> int:
    """How many deployments the node has told of within a day."""
    (row,) = conn.execute(SQL["aimed_lately"], {"reserve_id": reserve_id, "node": node})
    return int(row[0])
