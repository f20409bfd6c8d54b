"""Satellites' hotspots: stored once each, to the reserve in which they lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from fieldwatch_cloud.db.statements import statements

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection

SQL = statements("hotspots")
NEAR_M = 50_000.0
"""Hotspots outside of a reserve are kept and shown as far as this: a fire of today's wind may arrive."""
AROUND_CAMERAS_M = 10_000.0
"""What belongs to a reserve of which nobody has drawn the boundary."""


@dataclass(frozen=True, slots=True)
class Box:
    """Degrees, WGS 84, around a reserve with `NEAR_M` to every side."""

    reserve: str
    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True, slots=True)
class Belonging:
    """The nearest reserve of a point, and its distance in metres; 0: it lies within."""

    reserve: str
    metres: float
    near: bool
    """The reserve that was asked for, or any if none was, lies within `NEAR_M`."""


@dataclass(frozen=True, slots=True)
class Hotspot:
    """As `incidents.domain.Hotspot`, once it is stored."""

    id: UUID
    source: str
    satellite: str
    instrument: Literal["VIIRS", "MODIS"]
    observed_at: datetime
    received_at: datetime
    lon: float
    lat: float
    scan_km: float
    track_km: float
    confidence: Literal["low", "nominal", "high"]
    confidence_percent: int | None
    brightness_k: float | None
    frp_mw: float | None
    daynight: Literal["D", "N"] | None


@dataclass(frozen=True, slots=True)
class Listed(Hotspot):
    incident_id: UUID | None
    inside: bool
    """In the reserve, not only near it."""


def boxes(conn: Connection) -> list[Box]:
    """Around each reserve that has a boundary or a camera."""
    return [
        Box(slug, max(west, -180.0), max(south, -90.0), min(east, 180.0), min(north, 90.0))
        for slug, west, south, east, north in conn.execute(SQL["boxes"], {"around_m": NEAR_M})
    ]


def belonging(
    conn: Connection, points: Sequence[tuple[float, float]], only: str | None = None
) -> list[Belonging | None]:
    """Of each point (lon, lat) the nearest reserve within `NEAR_M`, or None."""
    found: list[Belonging | None] = [None] * len(points)
    parameters = {
        "lons": [lon for lon, _ in points],
        "lats": [lat for _, lat in points],
        "within_m": NEAR_M,
        "around_cameras_m": AROUND_CAMERAS_M,
        "only": only,
    }
    for n, slug, metres, near in conn.execute(SQL["belonging"], parameters):
        found[n - 1] = Belonging(slug, metres, near)
    return found


def insert(conn: Connection, reserve: str | None, values: Mapping[str, object], *, twin_m: float) -> bool:
    """Store a hotspot; False: it is here already.

    Args:
        reserve: slug of the reserve in which it lies; None: near one, in none.
        values: the fields of `incidents.domain.Hotspot`.
        twin_m: another one of the same overpass so near is the same pixel, delivered twice.
    """
    parameters = {**values, "raw": Jsonb(values["raw"]), "reserve": reserve, "twin_m": twin_m}
    return conn.execute(SQL["insert"], parameters).rowcount == 1


def adopt(conn: Connection, id_: UUID, reserve: str) -> bool:
    """Give a stored hotspot that belonged to no reserve to this one; False: there is no such."""
    return conn.execute(SQL["adopt"], {"id": id_, "reserve": reserve}).rowcount == 1


def of_reserve(
    conn: Connection,
    reserve_id: UUID,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 5000,
) -> list[Listed]:
    """In the reserve and near it, observed within [since, until), newest first."""
    parameters = {
        "reserve_id": reserve_id,
        "since": since,
        "until": until,
        "limit": limit,
        "within_m": NEAR_M,
    }
    with conn.cursor(row_factory=class_row(Listed)) as cursor:
        return cursor.execute(SQL["list"], parameters).fetchall()
