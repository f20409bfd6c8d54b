"""Patrol tracks: where people walked."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg.rows import class_row

from fieldwatch_cloud.db.statements import statements
from fieldwatch_cloud.errors import NotFoundError
from fieldwatch_shared.ids import uuid7

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection

SQL = statements("tracks")
MOST_LISTED = 500
Place = tuple[float, float, "datetime | None"]
"""Longitude, latitude in degrees; when, where that is known."""


@dataclass(frozen=True, slots=True)
class Track:
    id: UUID
    name: str
    kind: str
    file: str
    account_id: UUID | None
    account_name: str | None
    uploaded_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    length_m: float
    points: int
    bounds: list[float]
    """West, south, east, north in degrees."""


@dataclass(frozen=True, slots=True)
class Owner:
    reserve: str
    account_id: UUID | None


def add(
    conn: Connection,
    reserve_id: UUID,
    *,
    account_id: UUID | None,
    file: str,
    name: str,
    kind: str,
    parts: Sequence[Sequence[Place]],
) -> UUID | None:
    """Keep a track; None: the reserve has the same one already.

    Args:
        kind: `patrol`, `survey` or `route`.
        parts: of two places or more each.
    """
    places = [place for part in parts for place in part]
    times = [at for *_, at in places]
    known = [at for at in times if at is not None]
    line = json.dumps(
        {"type": "MultiLineString", "coordinates": [[[lon, lat] for lon, lat, _ in part] for part in parts]}
    )
    new = uuid7()
    content = line + "".join(at.isoformat() if at else "-" for at in times)
    added = conn.execute(
        SQL["add"],
        {
            "id": new,
            "reserve_id": reserve_id,
            "account_id": account_id,
            "file": file,
            "name": name,
            "kind": kind,
            "line": line,
            "times": times if known else None,
            "started_at": min(known, default=None),
            "ended_at": max(known, default=None),
            "sha256": hashlib.sha256(content.encode()).hexdigest(),
        },
    )
    return new if added.rowcount else None


def of_reserve(
    conn: Connection,
    reserve_id: UUID,
    since: datetime | None = None,
    until: datetime | None = None,
    *,
    ids: Sequence[UUID] | None = None,
) -> list[Track]:
    """Those that meet [since, until), newest first, `MOST_LISTED` at most. A track without times counts by
    when it was uploaded.

    Args:
        ids: only these.
    """
    named = {
        "reserve_id": reserve_id,
        "since": since,
        "until": until,
        "ids": None if ids is None else list(ids),
        "limit": MOST_LISTED,
    }
    with conn.cursor(row_factory=class_row(Track)) as cursor:
        return cursor.execute(SQL["list"], named).fetchall()


def owner(conn: Connection, id_: UUID) -> Owner:
    """Raises:
    NotFoundError: no such track.
    """
    with conn.cursor(row_factory=class_row(Owner)) as cursor:
        found = cursor.execute(SQL["owner"], {"id": id_}).fetchone()
    if found is None:
        raise NotFoundError(f"no such track: {id_}")
    return found


def delete(conn: Connection, id_: UUID) -> None:
    conn.execute(SQL["delete"], {"id": id_})
