"""Whose a kept picture is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg.rows import class_row

from fieldwatch_cloud.db.statements import statements
from fieldwatch_cloud.errors import NotFoundError

if TYPE_CHECKING:
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection

SQL = statements("pictures")


@dataclass(frozen=True, slots=True)
class Picture:
    id: UUID
    reserve: str
    mime: str
    sha256: str


def picture(conn: Connection, media_id: UUID) -> Picture:
    """Raises:
    NotFoundError: no such picture.
    """
    with conn.cursor(row_factory=class_row(Picture)) as cursor:
        found = cursor.execute(SQL["picture"], {"id": media_id}).fetchone()
    if found is None:
        raise NotFoundError(f"no such picture: {media_id}")
    return found
