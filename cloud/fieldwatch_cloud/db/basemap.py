"""The base map: features by kind as they were loaded, tiles of them, and which file was built last."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg.rows import class_row

from fieldwatch_cloud.db.statements import statements
from fieldwatch_cloud.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection

SQL = statements("basemap")
Bounds = tuple[float, float, float, float]
Row = tuple[str, "str | None", "str | None", "str | None", "float | None"]
"""Geometry as WKB in hex (WGS 84, longitude first), name, name_zh, class, height in metres."""


@dataclass(frozen=True, slots=True)
class Layer:
    kind: str
    name: str
    source: str
    features: int
    loaded_at: datetime


@dataclass(frozen=True, slots=True)
class Built:
    wanted: int
    built: int
    failed: int | None
    reason: str | None
    version: str | None
    bytes: int | None
    bounds: list[float] | None
    """West, south, east, north in degrees."""
    max_zoom: int | None
    built_at: datetime | None

    @property
    def due(self) -> bool:
        """Something has changed since, and it has not failed to be built."""
        return self.wanted not in (self.built, self.failed)


def extent(conn: Connection, reserve_id: UUID, margin_m: float) -> Bounds:
    """West, south, east, north in degrees of the reserve's boundary and cameras, with a margin.

    Raises:
        NotFoundError: it has neither.
    """
    found = conn.execute(SQL["extent"], {"reserve_id": reserve_id, "margin_m": margin_m}).fetchone()
    if found is None:
        raise NotFoundError("the reserve has neither a boundary nor a camera: nobody knows where it lies")
    return (found[0], found[1], found[2], found[3])


def layers(conn: Connection, reserve_id: UUID) -> list[Layer]:
    with conn.cursor(row_factory=class_row(Layer)) as cursor:
        return cursor.execute(SQL["layers"], {"reserve_id": reserve_id}).fetchall()


def replace(
    conn: Connection, reserve_id: UUID, kind: str, *, name: str, source: str, rows: Iterable[Row]
) -> int:
    """Features of a kind in place of those that were there; returns how many."""
    conn.execute(SQL["forget"], {"reserve_id": reserve_id, "kind": kind})
    named = {"reserve_id": reserve_id, "kind": kind, "name": name, "source": source}
    conn.execute(SQL["add_layer"], named)
    stored = 0
    with conn.cursor().copy(SQL["copy"]) as copy:
        for row in rows:
            copy.write_row((reserve_id, kind, *row))
            stored += 1
    conn.execute(SQL["counted"], {**named, "features": stored})
    conn.execute(SQL["changed"], named)
    return stored


def forget(conn: Connection, reserve_id: UUID, kind: str) -> bool:
    """False: there was none of this kind."""
    named = {"reserve_id": reserve_id, "kind": kind}
    if conn.execute(SQL["forget"], named).rowcount == 0:
        return False
    conn.execute(SQL["changed"], named)
    return True


def built(conn: Connection, reserve_id: UUID) -> Built | None:
    """None: nothing was ever loaded."""
    with conn.cursor(row_factory=class_row(Built)) as cursor:
        return cursor.execute(SQL["built"], {"reserve_id": reserve_id}).fetchone()


def due(conn: Connection) -> list[tuple[UUID, str]]:
    """(id, slug) of the reserves whose file must be built anew."""
    return [(id_, slug) for id_, slug in conn.execute(SQL["due"])]


def note_built(
    conn: Connection,
    reserve_id: UUID,
    change: int,
    *,
    version: str | None,
    bytes_: int | None,
    bounds: Bounds | None,
    max_zoom: int | None,
) -> None:
    """The file `version` (None: there is none) holds all up to `change`."""
    named = {
        "reserve_id": reserve_id,
        "change": change,
        "version": version,
        "bytes": bytes_,
        "bounds": None if bounds is None else list(bounds),
        "max_zoom": max_zoom,
    }
    conn.execute(SQL["note_built"], named)


def note_failed(conn: Connection, reserve_id: UUID, change: int, reason: str) -> None:
    conn.execute(SQL["note_failed"], {"reserve_id": reserve_id, "change": change, "reason": reason[:500]})


@contextmanager
def drawn_at(conn: Connection, reserve_id: UUID, zoom: int, pixel_m: float) -> Iterator[None]:
    """The reserve's features made ready for the tiles of one zoom, for `tile`.

    Args:
        pixel_m: metres of the projection that a pixel is wide.
    """
    named = {"reserve_id": reserve_id, "zoom": zoom, "pixel": pixel_m}
    for name in ("draw", "index", "look"):
        conn.execute(SQL[name], named if name == "draw" else None, prepare=False)
    try:
        yield
    finally:
        conn.execute(SQL["erase"])


def tile(conn: Connection, bounds: Bounds) -> bytes:
    """One tile with all layers; empty: nothing is there.

    Args:
        bounds: west, south, east, north in metres of web mercator.
    """
    west, south, east, north = bounds
    named = {"west": west, "south": south, "east": east, "north": north}
    row = conn.execute(SQL["tile"], named, binary=True).fetchone()
    return bytes(row[0]) if row is not None and row[0] is not None else b""
