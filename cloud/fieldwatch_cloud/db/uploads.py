"""Large media that nodes bring in parts: how far each has come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.types.json import Jsonb

from fieldwatch_cloud.db.statements import statements
from fieldwatch_shared.messages import Media

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection

SQL = statements("uploads")


@dataclass(frozen=True, slots=True)
class Upload:
    """One of them. Times are UTC."""

    media_id: UUID
    node: str
    record: Media
    length: int
    received: int
    """Bytes that are safe on disk."""
    expires_at: datetime
    finished_at: datetime | None

    @property
    def whole(self) -> bool:
        return self.received == self.length


@dataclass(frozen=True, slots=True)
class Open:
    """What is begun and not finished."""

    of_node: int
    bytes: int
    bytes_of_node: int


def begin(
    conn: Connection, node: str, record: Media, length: int, *, now: datetime, expires_at: datetime
) -> None:
    """Note an upload that is announced; one that is there already stays as it is."""
    parameters: dict[str, Any] = {
        "media_id": record.id,
        "node": node,
        "record": Jsonb(record.model_dump(mode="json")),
        "length": length,
        "now": now,
        "expires_at": expires_at,
    }
    conn.execute(SQL["begin"], parameters)


def get(conn: Connection, node: str, media_id: UUID) -> Upload | None:
    """That upload of that node."""
    row = conn.execute(SQL["get"], {"media_id": media_id, "node": node}).fetchone()
    if row is None:
        return None
    id_, of_node, record, *rest = row
    return Upload(id_, of_node, Media.model_validate(record), *rest)


def open_now(conn: Connection, node: str) -> Open:
    """What is open, of that node and of all. No other can be begun until the transaction ends."""
    conn.execute(SQL["one_at_a_time"])
    row = conn.execute(SQL["open_bytes"], {"node": node}).fetchone()
    assert row is not None  # noqa: S101  An aggregate gives a row.
    count, all_, of_node = row
    return Open(count, all_, of_node)


def received(conn: Connection, media_id: UUID, bytes_: int, *, expires_at: datetime) -> None:
    """So many bytes are safe."""
    conn.execute(SQL["received"], {"media_id": media_id, "received": bytes_, "expires_at": expires_at})


def finished(conn: Connection, media_id: UUID, now: datetime) -> None:
    """It was taken in as a picture."""
    conn.execute(SQL["finished"], {"media_id": media_id, "now": now})


def forget(conn: Connection, media_id: UUID) -> None:
    conn.execute(SQL["forget"], {"media_id": media_id})


def forget_expired(conn: Connection, now: datetime) -> list[UUID]:
    """Which have expired; they are forgotten."""
    return [id_ for (id_,) in conn.execute(SQL["forget_expired"], {"now": now})]


def open_ids(conn: Connection) -> set[UUID]:
    """All that have begun and not finished."""
    return {id_ for (id_,) in conn.execute(SQL["open"])}


def is_here(conn: Connection, node: str, record: Media) -> bool:
    """Whether the node's picture is in the database, whichever way it came."""
    parameters = {"media_id": record.id, "sha256": record.sha256, "node": node}
    row = conn.execute(SQL["picture"], parameters).fetchone()
    return row is not None and bool(row[0])
