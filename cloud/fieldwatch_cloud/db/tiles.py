"""Vector tiles by ST_AsMVT, and what they are made of.

Bounds of a tile are west, south, east, north in web mercator (EPSG:3857), metres.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row

from fieldwatch_cloud.db.hotspots import NEAR_M
from fieldwatch_cloud.db.statements import statements
from fieldwatch_cloud.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection

SQL = statements("tiles")
Bounds = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Camera:
    """Degrees WGS 84, and what its health is judged by."""

    id: UUID
    node_id: str | None
    lon: float
    lat: float
    started_at: datetime
    ended_at: datetime | None
    online: bool


@dataclass(frozen=True, slots=True)
class Stood:
    id: UUID
    lon: float
    lat: float
    in_span: bool
    """By its dates."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Of cameras; metres in web mercator."""

    x: float
    y: float
    count: int
    status: str
    by_status: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Cell:
    """Of `ST_HexagonGrid` or `ST_SquareGrid`, with what was counted in it."""

    column: int
    row: int
    status: str
    deployments: int
    camera_days: float
    events: int | None
    rate: float | None
    low: float | None
    high: float | None


def timezone(conn: Connection, reserve_id: UUID) -> str:
    """Raises:
    NotFoundError: no such reserve.
    """
    row = conn.execute(SQL["timezone"], {"reserve_id": reserve_id}).fetchone()
    if row is None:
        raise NotFoundError("no such reserve")
    return str(row[0])


def cameras(conn: Connection, reserve_id: UUID) -> list[Camera]:
    with conn.cursor(row_factory=class_row(Camera)) as cursor:
        return cursor.execute(SQL["cameras"], {"reserve_id": reserve_id}, binary=True).fetchall()


def heard(conn: Connection, reserve_id: UUID) -> dict[str, datetime]:
    """Of each node of the reserve that ever sent a heartbeat, when the newest came."""
    return dict(conn.execute(SQL["heard"], {"reserve_id": reserve_id}, binary=True).fetchall())


def bodies(conn: Connection, nodes: Sequence[str]) -> dict[str, tuple[datetime, Any]]:
    """The newest heartbeats of nodes, and when they came."""
    if not nodes:
        return {}
    found = conn.execute(SQL["bodies"], {"nodes": list(nodes)})
    return {node: (at, body) for node, at, body in found}


def stood(conn: Connection, reserve_id: UUID, since: datetime, until: datetime) -> list[Stood]:
    """All deployments of a reserve, and which of them stood within [since, until)."""
    named = {"reserve_id": reserve_id, "since": since, "until": until}
    with conn.cursor(row_factory=class_row(Stood)) as cursor:
        return cursor.execute(SQL["stood"], named, binary=True).fetchall()


def cameras_tile(conn: Connection, bounds: Bounds, ids: Sequence[UUID], statuses: Sequence[str]) -> bytes:
    """
    Args:
        statuses: of each of `ids`.
    """
    return _tile(conn, "cameras_tile", bounds, {"ids": list(ids), "statuses": list(statuses)})


def clusters_tile(conn: Connection, bounds: Bounds, clusters: Sequence[Cluster]) -> bytes:
    named: dict[str, Any] = {
        "x": [one.x for one in clusters],
        "y": [one.y for one in clusters],
        "counts": [one.count for one in clusters],
        "statuses": [one.status for one in clusters],
    }
    for status in ("ok", "attention", "silent", "never_seen", "ended"):
        named[status] = [one.by_status[status] for one in clusters]
    return _tile(conn, "clusters_tile", bounds, named)


def density_tile(conn: Connection, bounds: Bounds, kind: str, size_m: float, cells: Sequence[Cell]) -> bytes:
    """
    Args:
        kind: `hexagon` or `square`.
        size_m: the side of a cell, as PostGIS' grids take it.
    """
    named: dict[str, Any] = {"kind": kind, "size": size_m}
    for name in Cell.__slots__:
        named[f"{name}s"] = [getattr(one, name) for one in cells]
    return _tile(conn, "density_tile", bounds, named)


def hotspots_tile(
    conn: Connection,
    bounds: Bounds,
    reserve_id: UUID,
    since: datetime | None,
    until: datetime | None,
) -> bytes:
    """Those in the reserve and near it, observed within [since, until)."""
    named = {"reserve_id": reserve_id, "since": since, "until": until, "within_m": NEAR_M}
    return _tile(conn, "hotspots_tile", bounds, named)


def tracks_tile(
    conn: Connection,
    bounds: Bounds,
    reserve_id: UUID,
    since: datetime | None,
    until: datetime | None,
) -> bytes:
    """Patrol tracks that meet [since, until); one without times by when it was uploaded."""
    named = {"reserve_id": reserve_id, "since": since, "until": until}
    return _tile(conn, "tracks_tile", bounds, named)


def _tile(conn: Connection, statement: str, bounds: Bounds, named: Mapping[str, Any]) -> bytes:
    west, south, east, north = bounds
    edges = {"west": west, "south": south, "east": east, "north": north}
    row = conn.execute(SQL[statement], {**edges, **named}, binary=True).fetchone()
    return bytes(row[0]) if row is not None and row[0] is not None else b""
