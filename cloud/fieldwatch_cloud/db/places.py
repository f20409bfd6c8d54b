"""Changing what a reserve is made of: its names and boundary, zones, what is known of a camera."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from psycopg.rows import class_row

from fieldwatch_cloud.db.geography import Reserve
from fieldwatch_cloud.db.pool import translated
from fieldwatch_cloud.db.statements import statements
from fieldwatch_cloud.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection

SQL = statements("places")
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Zone:
    id: UUID
    reserve: str
    reserve_id: UUID
    name: str
    name_zh: str | None
    area: str
    """GeoJSON MultiPolygon."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """What may be corrected of one; see `geography.Deployment` for the units."""

    id: UUID
    reserve: str
    reserve_id: UUID
    node_id: str | None
    location_name: str
    heading_deg: float | None
    tilt_deg: float | None
    field_of_view_deg: float | None
    height_m: float | None
    detection_distance_m: float | None


@dataclass(frozen=True, slots=True)
class Overlap:
    zone: UUID
    with_id: UUID
    with_name: str
    with_name_zh: str | None
    km2: float


@dataclass(frozen=True, slots=True)
class ShiftAhead:
    account: str
    starts_at: datetime
    repeats: str


def reserve(conn: Connection, id_: UUID) -> Reserve:
    """The reserve, held until the transaction ends."""
    return _one(conn, Reserve, "reserve", id_)


def set_reserve(conn: Connection, id_: UUID, *, name: str, name_zh: str | None, timezone: str) -> None:
    """Args:
    timezone: IANA name. Records are instants and stay; days, nights and shifts are told by it from now on.
    """
    conn.execute(SQL["set_reserve"], {"id": id_, "name": name, "name_zh": name_zh, "timezone": timezone})


def set_boundary(conn: Connection, id_: UUID, boundary: str | None) -> None:
    """Args:
        boundary: GeoJSON Polygon or MultiPolygon, longitude first; None: there is none.

    Raises:
        RowRefusedError: it is no valid polygon.
    """
    with translated():
        conn.execute(SQL["set_boundary"], {"id": id_, "boundary": boundary})


def size_km2(conn: Connection, area: str | None) -> float | None:
    """Of a GeoJSON polygon, on the ellipsoid."""
    if area is None:
        return None
    row = conn.execute(SQL["size"], {"area": area}).fetchone()
    assert row is not None  # noqa: S101  A SELECT without FROM gives its row.
    return round(float(row[0]), 3)


def zone(conn: Connection, id_: UUID) -> Zone:
    """The zone, held until the transaction ends.

    Raises:
        NotFoundError: no such zone.
    """
    return _one(conn, Zone, "zone", id_)


def set_zone(conn: Connection, id_: UUID, *, name: str, name_zh: str | None, area: str) -> None:
    """Raises:
    RowRefusedError: the area is no valid polygon.
    """
    with translated():
        conn.execute(SQL["set_zone"], {"id": id_, "name": name, "name_zh": name_zh, "area": area})


def shifts_ahead(conn: Connection, zone_id: UUID) -> list[ShiftAhead]:
    """Who is still to be on duty there."""
    return [ShiftAhead(*row) for row in conn.execute(SQL["shifts_ahead"], {"id": zone_id})]


def delete_zone(conn: Connection, id_: UUID) -> None:
    """With its shifts that are over. Incidents that lay in it keep their place."""
    conn.execute(SQL["delete_zone"], {"id": id_})


def overlaps(conn: Connection, reserve_id: UUID, ids: Collection[UUID] | None = None) -> list[Overlap]:
    """Where zones (all, or these) lie on others by more than a hundredth of the smaller one."""
    values = {"reserve_id": reserve_id, "ids": None if ids is None else list(ids)}
    return [Overlap(*row) for row in conn.execute(SQL["overlaps"], values)]


def deployment(conn: Connection, id_: UUID) -> Deployment:
    """The deployment, held until the transaction ends.

    Raises:
        NotFoundError: no such deployment.
    """
    return _one(conn, Deployment, "deployment", id_)


def set_deployment(conn: Connection, id_: UUID, values: dict[str, Any]) -> None:
    """Correct what is known of a camera.

    Args:
        values: all six fields of `Deployment` that may be corrected.

    Raises:
        RowRefusedError: a number is out of its range.
    """
    heading = values["heading_deg"]
    with translated():
        conn.execute(
            SQL["set_deployment"],
            # Kept in single precision, where 359.99999 would become 360, which is north and written 0.
            {**values, "id": id_, "heading_deg": None if heading is None else round(heading, 3) % 360},
        )


def node_reserve(conn: Connection, node: str) -> tuple[str, UUID, str]:
    """(slug of its reserve, the reserve's id, its own name).

    Raises:
        NotFoundError: no such node.
    """
    row = conn.execute(SQL["node_reserve"], {"id": node}).fetchone()
    if row is None:
        raise NotFoundError(f"no such node: {node!r}")
    return row[0], row[1], row[2]


def _one(conn: Connection, kind: type[Row], statement: str, id_: UUID) -> Row:
    with conn.cursor(row_factory=class_row(kind)) as cursor:
        found = cursor.execute(SQL[statement], {"id": id_}).fetchone()
    if found is None:
        raise NotFoundError(f"no such {statement}: {id_}")
    return found
