"""Flights: deployments that move. Each of their pictures has its own place, and so has each animal in it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg.rows import class_row

from fieldwatch_cloud.db.statements import statements
from fieldwatch_shared.messages import Media, Observation, ObservationType

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection
    from fieldwatch_shared.messages import Place

SQL = statements("flights")
MOST_LISTED, MOST_POINTS = 500, 5000


@dataclass(frozen=True, slots=True)
class Placed:
    """A record with a place of its own."""

    id: UUID
    deployment_id: UUID
    kind: str
    """`media` or `blank`: a picture, by where its camera was; `observation`: by where the animal was."""
    place: Place


@dataclass(frozen=True, slots=True)
class Flight:
    id: UUID
    name: str
    node_id: str | None
    since: datetime
    """From when on its deployment is."""
    started_at: datetime | None
    """Of its first picture; None: none has come."""
    ended_at: datetime | None
    pictures: int
    bounds: list[float] | None
    """West, south, east, north in degrees."""
    track: str
    """GeoJSON of the line from picture to picture; empty where there is none."""

    @property
    def line(self) -> list[tuple[float, float]]:
        """(longitude, latitude) of each picture in the order in which they were taken."""
        drawn = json.loads(self.track) if self.track else {"type": "LineString", "coordinates": []}
        points = drawn["coordinates"] if drawn["type"] == "LineString" else [drawn["coordinates"]]
        return [(float(point[0]), float(point[1])) for point in points]


@dataclass(frozen=True, slots=True)
class Picture:
    """Where a picture was taken from. Degrees, metres above the ground; None: not known."""

    id: UUID
    kept: bool
    """False: nothing was seen in it, and `id` is that of the record that says so."""
    at: datetime
    lon: float
    lat: float
    sd_m: float
    height_m: float | None
    heading_deg: float | None
    tilt_deg: float | None
    field_of_view_deg: float | None
    aspect: float | None


@dataclass(frozen=True, slots=True)
class Point:
    """An animal where it stood."""

    id: UUID
    deployment_id: UUID
    lon: float
    lat: float
    sd_m: float
    observed_at: datetime
    scientific_name: str | None
    confidence: float
    media_id: UUID | None


def has_place(record: Observation | Media) -> bool:
    return record.place is not None


def placed(record: Observation | Media) -> Placed:
    """Raises:
    ValueError: it has no place.
    """
    if record.place is None:
        raise ValueError(f"{record.id} has no place of its own")
    if isinstance(record, Media):
        kind = "media"
    else:
        kind = "blank" if record.observation_type is ObservationType.BLANK else "observation"
    return Placed(record.id, record.deployment_id, kind, record.place)


def place_all(conn: Connection, places: Iterable[Placed]) -> None:
    """Keep the places of records that are here. The same ones again change nothing."""
    rows = [
        {"id": one.id, "kind": one.kind, "deployment_id": one.deployment_id, **one.place.model_dump()}
        for one in sorted(places, key=lambda one: one.id)  # one order for all, or parallel inserts deadlock
    ]
    if rows:
        with conn.cursor() as cursor:
            cursor.executemany(SQL["place"], rows)


def of_reserve(conn: Connection, reserve_id: UUID) -> list[Flight]:
    """Newest first, `MOST_LISTED` at most."""
    return _flights(conn, reserve_id=reserve_id)


def flight(conn: Connection, deployment_id: UUID) -> Flight | None:
    """None: there is no such deployment, or it stands still."""
    found = _flights(conn, id_=deployment_id)
    return found[0] if found else None


def _flights(conn: Connection, reserve_id: UUID | None = None, id_: UUID | None = None) -> list[Flight]:
    named = {"reserve_id": reserve_id, "id": id_, "limit": MOST_LISTED}
    with conn.cursor(row_factory=class_row(Flight)) as cursor:
        return cursor.execute(SQL["flights"], named).fetchall()


def pictures(conn: Connection, deployment_id: UUID) -> list[Picture]:
    """All that were looked at, in the order in which they were taken."""
    with conn.cursor(row_factory=class_row(Picture)) as cursor:
        return cursor.execute(SQL["pictures"], {"deployment_id": deployment_id}).fetchall()


def animals(conn: Connection, deployment_id: UUID, *, exact: bool) -> dict[UUID, dict[str, int]]:
    """How many of which were in which picture; `Animalia` where nobody could name them.

    Args:
        exact: False: keep silent about sensitive species.
    """
    found: dict[UUID, dict[str, int]] = {}
    for media_id, name, count in conn.execute(
        SQL["animals"], {"deployment_id": deployment_id, "exact": exact}
    ):
        in_it = found.setdefault(media_id, {})
        in_it[name or "Animalia"] = in_it.get(name or "Animalia", 0) + count
    return found


def points(
    conn: Connection, reserve_id: UUID, since: datetime | None, until: datetime | None, *, exact: bool
) -> list[Point]:
    """Animals of all flights, newest first, `MOST_POINTS` at most; see `animals`."""
    named = {
        "reserve_id": reserve_id,
        "since": since,
        "until": until,
        "exact": exact,
        "limit": MOST_POINTS,
    }
    with conn.cursor(row_factory=class_row(Point)) as cursor:
        return cursor.execute(SQL["points"], named).fetchall()
