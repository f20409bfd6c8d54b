"""Live views on record."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg.rows import class_row

from fieldwatch_cloud.db.statements import statements
from fieldwatch_cloud.errors import NotFoundError
from fieldwatch_shared.ids import uuid7

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection

SQL = statements("live_view")


@dataclass(frozen=True, slots=True)
class Session:
    """One live view. Times are UTC."""

    id: UUID
    deployment_id: UUID
    node_id: str
    reserve: str
    state: str
    reason: str | None
    detail: str | None
    asked_at: datetime
    until: datetime
    max_bytes: int
    token_sha256: bytes
    watched_at: datetime | None
    first_segment_at: datetime | None
    last_segment_at: datetime | None
    segments: int
    bytes: int
    node_left_bytes: int | None
    ended_at: datetime | None
    asked_by: str
    """By name: who asked first."""
    stopped_by: str | None
    deployment: str
    """By name."""


def digest(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).digest()


def lock_node(conn: Connection, deployment_id: UUID, now: datetime) -> tuple[bool, bool]:
    """Whether the deployment's node is connected, and whether the deployment is over; one asker at a time.

    Raises:
        NotFoundError: a data set brought this deployment: it has no node.
    """
    found = conn.execute(SQL["lock_node"], {"deployment_id": deployment_id, "now": now}).fetchone()
    if found is None:
        raise NotFoundError("no camera of ours stands there: a data set brought this deployment")
    online, ended = found
    return bool(online), bool(ended)


def places_hidden(conn: Connection, reserve: str) -> bool:
    """Whether the reserve has species whose places not everybody may know."""
    (row,) = conn.execute(SQL["places_hidden"], {"reserve": reserve})
    return bool(row[0])


def get(conn: Connection, id_: UUID, *, lock: bool = False) -> Session:
    """Args:
        lock: hold it until the transaction ends.

    Raises:
        NotFoundError: no such live view.
    """
    if lock:
        conn.execute(SQL["lock"], {"id": id_})
    with conn.cursor(row_factory=class_row(Session)) as cursor:
        found = cursor.execute(SQL["session"], {"id": id_}).fetchone()
    if found is None:
        raise NotFoundError(f"no such live view: {id_}")
    return found


def running_of(conn: Connection, deployment_id: UUID) -> Session | None:
    """The one of that camera that is not over, held until the transaction ends."""
    found = conn.execute(SQL["running_of"], {"deployment_id": deployment_id}).fetchone()
    return get(conn, found[0], lock=True) if found else None


def running(conn: Connection) -> dict[UUID, str]:
    """All that are not over, and their nodes."""
    return dict(conn.execute(SQL["running"]).fetchall())


def recent(conn: Connection, reserve_id: UUID, limit: int) -> list[Session]:
    """Of a reserve, newest first."""
    rows = conn.execute(SQL["recent_of_reserve"], {"reserve_id": reserve_id, "limit": limit})
    return [get(conn, id_) for (id_,) in rows]


def add(
    conn: Connection,
    deployment_id: UUID,
    *,
    state: str,
    reason: str | None,
    now: datetime,
    until: datetime,
    max_bytes: int,
    token: str,
) -> UUID:
    """Begin a live view; with a `reason`, it is over at once."""
    new = uuid7(now)
    conn.execute(
        SQL["add"],
        {
            "id": new,
            "deployment_id": deployment_id,
            "state": state,
            "reason": reason,
            "now": now,
            "until": until,
            "max_bytes": max_bytes,
            "token_sha256": digest(token),
        },
    )
    return new


def ask(
    conn: Connection, id_: UUID, *, account_id: UUID, now: datetime, minutes: int, until: datetime
) -> None:
    """Note who asked."""
    conn.execute(
        SQL["ask"], {"id": id_, "account_id": account_id, "now": now, "minutes": minutes, "until": until}
    )


def prolong(conn: Connection, id_: UUID, *, until: datetime, max_bytes: int, now: datetime) -> None:
    """It may go on until then, with so many bytes; never less than before."""
    conn.execute(SQL["prolong"], {"id": id_, "until": until, "max_bytes": max_bytes, "now": now})


def watched(conn: Connection, id_: UUID, now: datetime) -> None:
    """Somebody looks."""
    conn.execute(SQL["watched"], {"id": id_, "now": now})


def took(
    conn: Connection, id_: UUID, *, bytes_: int, segments: int, now: datetime, node_left: int | None
) -> None:
    """The node has uploaded something; the first piece makes it a stream."""
    conn.execute(
        SQL["took"], {"id": id_, "bytes": bytes_, "segments": segments, "now": now, "left": node_left}
    )


def end(
    conn: Connection,
    id_: UUID,
    *,
    state: str,
    reason: str,
    now: datetime,
    detail: str | None = None,
    by: UUID | None = None,
) -> bool:
    """It is over; False: it was before."""
    parameters = {"id": id_, "state": state, "reason": reason, "now": now, "detail": detail, "by": by}
    return conn.execute(SQL["end"], parameters).rowcount > 0


def used_since(conn: Connection, node: str, since: datetime) -> int:
    """Bytes that live views of this node's cameras took."""
    (row,) = conn.execute(SQL["used_since"], {"node": node, "since": since})
    return int(row[0])


def ended_before(conn: Connection, ids: Collection[UUID], before: datetime) -> set[UUID]:
    """Those that were over by then, or of which nothing is known."""
    rows = conn.execute(SQL["ended_before"], {"ids": list(ids), "before": before})
    return {id_ for (id_,) in rows}
