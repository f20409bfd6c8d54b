"""What each node brought in a day (UTC), by share: counted against what it may bring (`ingest.quota`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg.rows import class_row

from fieldwatch_cloud.db.statements import statements

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date, datetime
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection

SQL = statements("node_intake")
PICTURES = "pictures"
"""The share that MQTT and uploads have in common."""


@dataclass(frozen=True, slots=True)
class Brought:
    messages: int = 0
    bytes: int = 0
    refused: int = 0
    """Messages beyond what the node may bring."""


@dataclass(frozen=True, slots=True)
class Over:
    """A node that brought more than it may."""

    node: str
    name: str
    shares: list[str]
    """Of what: see `ingest.quota.Share`."""
    since: datetime


def of_day(conn: Connection, nodes: Collection[str], day: date) -> dict[tuple[str, str], Brought]:
    """By node and share; what is missing brought nothing yet."""
    found = conn.execute(SQL["of_day"], {"nodes": list(nodes), "day": day})
    return {(node, share): Brought(*rest) for node, share, *rest in found}


def add(conn: Connection, brought: Mapping[tuple[str, str], Brought], now: datetime) -> None:
    """Add to the day's sums, by node and share: all of one transaction in one call, as its last word."""
    if not brought:
        return
    parameters = {
        "day": now.date(),
        "now": now,
        "nodes": [node for node, _ in brought],
        "shares": [share for _, share in brought],
        "messages": [one.messages for one in brought.values()],
        "bytes": [one.bytes for one in brought.values()],
        "refused": [one.refused for one in brought.values()],
    }
    conn.execute(SQL["add"], parameters)


def over(conn: Connection, reserve_id: UUID, since: date) -> list[Over]:
    """The reserve's nodes of which something was refused on that day or later, the first one first."""
    with conn.cursor(row_factory=class_row(Over)) as cursor:
        return cursor.execute(SQL["over"], {"reserve_id": reserve_id, "since": since}).fetchall()


def forget(conn: Connection, before: date) -> int:
    """Days that nobody asks about any more; returns how many rows went."""
    return conn.execute(SQL["forget"], {"before": before}).rowcount
