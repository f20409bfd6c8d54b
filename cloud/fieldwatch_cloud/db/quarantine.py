"""Messages that could not be accepted: kept as they came, with the reason, for a later replay."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg.types.json import Jsonb

from fieldwatch_cloud.db.statements import statements
from fieldwatch_cloud.errors import NotFoundError
from fieldwatch_shared.ids import uuid7

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection

SQL = statements("quarantine")
LONGEST_TOPIC = 1000
"""Bytes; longer ones, which are never ours, are kept cut."""


@dataclass(frozen=True, slots=True)
class Entry:
    id: UUID
    received_at: datetime
    topic: str
    bytes: int
    reason: str
    replayed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Held:
    """A message in quarantine, whole."""

    id: UUID
    received_at: datetime
    topic: str
    payload: bytes
    properties: Mapping[str, str]
    reason: str
    replayed_at: datetime | None


def add(conn: Connection, topic: str, payload: bytes, properties: Mapping[str, str], reason: str) -> None:
    """Keep the message; one that is here already (a node resends) is kept once, with the newest reason."""
    properties = {_storable(key): _storable(value) for key, value in properties.items()}
    # Two messages may carry the same picture with different records: the properties belong to the identity.
    digest = hashlib.sha256(payload + b"\0" + json.dumps(properties, sort_keys=True).encode())
    stored_topic = _storable(topic)
    # A topic may have 65535 bytes, an entry of its index not even 2704.
    if len(encoded := stored_topic.encode()) > LONGEST_TOPIC:
        stored_topic = encoded[:LONGEST_TOPIC].decode(errors="ignore")
        digest.update(b"\0" + encoded)
    parameters = {
        "id": uuid7(),
        "topic": stored_topic,
        "payload": payload,
        "properties": Jsonb(properties),
        "reason": _storable(reason)[:2000],
        "sha256": digest.hexdigest(),
    }
    conn.execute(SQL["insert"], parameters)


def entries(conn: Connection, *, replayed_too: bool = False, limit: int = 200) -> list[Entry]:
    """What lies here, newest first."""
    return [Entry(*row) for row in conn.execute(SQL["list"], {"all": replayed_too, "limit": limit})]


def waiting(conn: Connection) -> list[UUID]:
    """What was not replayed yet, oldest first."""
    return [id_ for (id_,) in conn.execute(SQL["waiting"])]


def unknown_deployment(id_: UUID) -> str:
    """The reason of what came before its deployment."""
    return f"there is no deployment {id_}"


def refused_of(conn: Connection, node: str, reason: str) -> list[UUID]:
    """What that node sent and was refused for that reason, oldest first, and not replayed yet."""
    return [id_ for (id_,) in conn.execute(SQL["refused_of"], {"node": node, "reason": reason})]


def get(conn: Connection, id_: UUID) -> Held:
    """Raises:
    NotFoundError: no such entry.
    """
    found = conn.execute(SQL["get"], {"id": id_}).fetchone()
    if found is None:
        raise NotFoundError(f"nothing in quarantine has the id {id_}")
    return Held(*found)


def mark_replayed(conn: Connection, id_: UUID) -> None:
    conn.execute(SQL["replayed"], {"id": id_})


def still_refused(conn: Connection, id_: UUID, reason: str) -> None:
    """Note why a replay failed."""
    conn.execute(SQL["still_refused"], {"id": id_, "reason": _storable(reason)[:2000]})


def _storable(text: str) -> str:
    """PostgreSQL's text holds neither NUL nor lone surrogates; here they must not cost us the message."""
    return text.replace("\0", "\N{SYMBOL FOR NULL}").encode(errors="replace").decode()
