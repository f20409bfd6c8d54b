"""The ground around a reserve's cameras, where somebody has loaded it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fieldwatch_cloud.db.statements import statements

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection

SQL = statements("terrain")


@dataclass(frozen=True, slots=True)
class Loaded:
    file: str
    loaded_at: datetime
    bytes: int


def around(conn: Connection, reserve_id: UUID) -> tuple[float, float, float, float] | None:
    """West, south, east, north of what a reserve's cameras could see, in degrees; None: it has no camera and
    no boundary."""
    found = conn.execute(SQL["around"], {"reserve_id": reserve_id}).fetchone()
    return (found[0], found[1], found[2], found[3]) if found else None


def save(conn: Connection, reserve_id: UUID, file: str, content: bytes) -> None:
    """In place of what was there."""
    conn.execute(SQL["save"], {"reserve_id": reserve_id, "file": file, "content": content})


def loaded(conn: Connection, reserve: str) -> Loaded | None:
    found = conn.execute(SQL["loaded"], {"reserve": reserve}).fetchone()
    return Loaded(*found) if found else None


def content(conn: Connection, reserve: str) -> bytes | None:
    found = conn.execute(SQL["content"], {"reserve": reserve}, binary=True).fetchone()
    return bytes(found[0]) if found else None


def content_of(conn: Connection, reserve_id: UUID) -> bytes | None:
    found = conn.execute(SQL["content_of"], {"reserve_id": reserve_id}, binary=True).fetchone()
    return bytes(found[0]) if found else None


def forget(conn: Connection, reserve_id: UUID) -> bool:
    """False: there was none."""
    return conn.execute(SQL["forget"], {"reserve_id": reserve_id}).rowcount == 1
