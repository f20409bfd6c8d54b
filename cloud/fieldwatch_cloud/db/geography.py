"""Reserves, zones and deployments: where things are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from psycopg.rows import class_row

from fieldwatch_cloud.db.pool import translated
from fieldwatch_cloud.db.statements import statements
from fieldwatch_cloud.errors import NotFoundError
from fieldwatch_shared.ids import uuid7

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from fieldwatch_cloud.db.pool import Connection

SQL = statements("geography")


@dataclass(frozen=True, slots=True)
class Reserve:
    slug: str
    name: str
    name_zh: str | None
    timezone: str
    boundary: str | None
    """GeoJSON MultiPolygon."""


@dataclass(frozen=True, slots=True)
class Zone:
    id: UUID
    name: str
    name_zh: str | None
    area: str
    """GeoJSON MultiPolygon."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """A deployment with what its health is judged by. Degrees WGS 84; metres; bearings from true north."""

    id: UUID
    node_id: str | None
    """None: a data set brought it (`dataset_id`), and it is over."""
    location_name: str
    lon: float
    lat: float
    heading_deg: float | None
    tilt_deg: float | None
    field_of_view_deg: float | None
    height_m: float | None
    detection_distance_m: float | None
    started_at: datetime
    ended_at: datetime | None
    dataset_id: UUID | None
    online: bool
    heartbeat: dict[str, Any] | None
    """The node's newest heartbeat as it came."""
    heard_at: datetime | None
    last_observation_at: datetime | None


@dataclass(frozen=True, slots=True)
class Place:
    """To whom a deployment belongs."""

    id: UUID
    reserve: str
    timezone: str
    node_id: str | None


def reserve_id(conn: Connection, slug: str) -> UUID:
    """Raises:
    NotFoundError: no such reserve.
    """
    row = conn.execute(SQL["reserve_id"], {"slug": slug}).fetchone()
    if row is None:
        raise NotFoundError(f"no such reserve: {slug!r}")
    return UUID(str(row[0]))


def reserves(conn: Connection, slugs: Collection[str] | None) -> list[Reserve]:
    """Those of `slugs`, or all of them (None), by slug."""
    with conn.cursor(row_factory=class_row(Reserve)) as cursor:
        parameters = {"slugs": None if slugs is None else list(slugs)}
        return cursor.execute(SQL["reserves"], parameters).fetchall()


def add_reserve(
    conn: Connection,
    *,
    slug: str,
    name: str,
    name_zh: str | None = None,
    timezone: str = "UTC",
    boundary: str | None = None,
) -> UUID:
    """Create a reserve.

    Args:
        boundary: GeoJSON geometry, Polygon or MultiPolygon, longitude before latitude.

    Raises:
        AlreadyExistsError: the slug is taken.
        RowRefusedError: the slug is no DNS label, or the boundary no valid polygon.
    """
    new = uuid7()
    conn.execute(
        SQL["add_reserve"],
        {
            "id": new,
            "slug": slug,
            "name": name,
            "name_zh": name_zh,
            "timezone": timezone,
            "boundary": boundary,
        },
    )
    return new


def zones(conn: Connection, of_reserve: UUID) -> list[Zone]:
    with conn.cursor(row_factory=class_row(Zone)) as cursor:
        return cursor.execute(SQL["zones"], {"reserve_id": of_reserve}).fetchall()


def add_zone(conn: Connection, *, reserve: UUID, name: str, name_zh: str | None = None, area: str) -> UUID:
    """Create a zone of a reserve.

    Args:
        area: GeoJSON geometry, Polygon or MultiPolygon, longitude before latitude.

    Raises:
        RowRefusedError: the area is no valid polygon, or there is no such reserve.
    """
    new = uuid7()
    conn.execute(
        SQL["add_zone"], {"id": new, "reserve_id": reserve, "name": name, "name_zh": name_zh, "area": area}
    )
    return new


def deployments(conn: Connection, of_reserve: UUID, *, exact: bool = True) -> list[Deployment]:
    """All cameras of a reserve, by name; flights are none.

    Args:
        exact: False: `last_observation_at` keeps silent about sensitive species.
    """
    with conn.cursor(row_factory=class_row(Deployment)) as cursor:
        return cursor.execute(SQL["deployments"], {"reserve_id": of_reserve, "exact": exact}).fetchall()


def add_deployment(
    conn: Connection,
    *,
    reserve: UUID,
    node_id: str,
    location_name: str,
    lon: float,
    lat: float,
    heading_deg: float | None = None,
    tilt_deg: float | None = None,
    field_of_view_deg: float | None = None,
    height_m: float | None = None,
    detection_distance_m: float | None = None,
    started_at: datetime | None = None,
    ended_at: datetime | None = None,
    id_: UUID | None = None,
    moves: bool = False,
) -> UUID:
    """Record that a node's camera stands somewhere, from `started_at` (default: now) on.

    Args:
        id_: made where the camera was aimed; default: made here.
        lon, lat: degrees, WGS 84.
        heading_deg: clockwise from true north.
        moves: a flight: it has no place, only its pictures have, and it counts as no camera; `lon` and `lat`
            are where it set out.

    Raises:
        NotFoundError: the node does not belong to this reserve.
        RowRefusedError: a number is out of its range.
    """
    if conn.execute(SQL["node_in_reserve"], {"node_id": node_id, "reserve_id": reserve}).fetchone() is None:
        raise NotFoundError(f"no such node in this reserve: {node_id!r}")
    if heading_deg is not None:
        # Kept in single precision, where 359.99999 would become 360, which is north and written 0.
        heading_deg = round(heading_deg, 3) % 360
    new = id_ or uuid7()
    conn.execute(
        SQL["add_deployment"],
        {
            "id": new,
            "reserve_id": reserve,
            "node_id": node_id,
            "location_name": location_name,
            "lon": lon,
            "lat": lat,
            "heading_deg": heading_deg,
            "tilt_deg": tilt_deg,
            "field_of_view_deg": field_of_view_deg,
            "height_m": height_m,
            "detection_distance_m": detection_distance_m,
            "started_at": started_at,
            "ended_at": ended_at,
            "moves": moves,
        },
    )
    return new


def zone_area(conn: Connection, reserve_id: UUID, zone: UUID) -> str:
    """GeoJSON of a zone.

    Raises:
        NotFoundError: the reserve has no such zone.
    """
    row = conn.execute(SQL["zone_area"], {"reserve_id": reserve_id, "zone": zone}).fetchone()
    if row is None:
        raise NotFoundError(f"no such zone in this reserve: {zone}")
    return str(row[0])


def licence(conn: Connection, reserve_id: UUID) -> tuple[str, str | None]:
    """(SPDX id, whose the records are where not the reserve's) of a reserve's records."""
    row = conn.execute(SQL["licence"], {"reserve_id": reserve_id}).fetchone()
    if row is None:
        raise NotFoundError("no such reserve")
    return row[0], row[1]


def set_licence(conn: Connection, slug: str, licence: str, rights_holder: str | None) -> None:
    """Raises:
    NotFoundError: no such reserve.
    RowRefusedError: no licence that we know.
    """
    values = {"slug": slug, "licence": licence, "rights_holder": rights_holder}
    with translated():
        if conn.execute(SQL["set_licence"], values).fetchone() is None:
            raise NotFoundError(f"no such reserve: {slug!r}")


def place(conn: Connection, deployment_id: UUID) -> Place:
    """Raises:
    NotFoundError: no such deployment.
    """
    with conn.cursor(row_factory=class_row(Place)) as cursor:
        found = cursor.execute(SQL["place"], {"id": deployment_id}).fetchone()
    if found is None:
        raise NotFoundError(f"no such deployment: {deployment_id}")
    return found


def end_deployment(
    conn: Connection, id_: UUID, *, at: datetime | None = None, reserve: UUID | None = None
) -> datetime:
    """The camera no longer stands there, from `at` (default: now) on; once more corrects the time.

    What its node saw there later is kept in quarantine (see `ingest.intake`), what is stored already stays.

    Args:
        reserve: where given, only a deployment of this reserve.

    Returns:
        when it ended.

    Raises:
        NotFoundError: no such deployment (in that reserve), or one that a data set brought: it is over.
        RowRefusedError: `at` lies before its start.
    """
    parameters = {"id": id_, "at": at, "reserve_id": reserve}
    with translated():
        found = conn.execute(SQL["end_deployment"], parameters).fetchone()
    if found is None:
        raise NotFoundError(f"no such deployment: {id_}")
    ended_at: datetime = found[0]
    return ended_at


def succeed(conn: Connection, former: UUID, *, node_id: str, at: datetime) -> bool:
    """The camera of `former` was moved or turned at that time: what it looked at until then is over.

    Returns:
        whether that is news. False also where the node has no such deployment.
    """
    parameters = {"id": former, "node_id": node_id, "at": at}
    return conn.execute(SQL["succeed"], parameters).fetchone() is not None
