"""What leaves a reserve as a package for other tools: deployments, records, pictures and effort, by the
corrected clock and with people's labels in place of the model's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row

from fieldwatch_cloud.db.statements import statements

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection

SQL = statements("packages")


@dataclass(frozen=True, slots=True)
class Deployment:
    """Degrees WGS 84; metres."""

    id: UUID
    location_name: str
    lon: float
    lat: float
    heading_deg: float | None
    tilt_deg: float | None
    height_m: float | None
    detection_distance_m: float | None
    node_id: str
    started_at: datetime
    ended_at: datetime | None
    offset_s: float
    """Added to each of its times."""


@dataclass(frozen=True, slots=True)
class Record:
    """What was seen, as it counts."""

    id: UUID | None
    """None: a person's word about `media_id`."""
    observed_at: datetime
    ended_at: datetime
    observation_type: str
    scientific_name: str | None
    count: int
    box: list[float] | None
    media_id: UUID | None
    confidence: float
    by: str
    """A model, or a person's name."""
    at: datetime | None
    """When that person said so."""
    person: bool
    sensitive: bool


@dataclass(frozen=True, slots=True)
class Medium:
    id: UUID
    taken_at: datetime
    mime: str


def snapshot(conn: Connection) -> None:
    """To be called first in a transaction: whatever arrives meanwhile, all that is read fits together."""
    conn.execute(SQL["snapshot"])


def deployments(
    conn: Connection,
    reserve_id: UUID,
    *,
    since: datetime,
    until: datetime,
    area: str | None = None,
    zone: UUID | None = None,
    only: Collection[UUID] = (),
) -> list[Deployment]:
    """Of the reserve's own cameras, those that stand there (GeoJSON area, zone, ids) between these times."""
    parameters = {
        "reserve_id": reserve_id,
        "since": since,
        "until": until,
        "area": area,
        "zone": zone,
        "deployments": list(only) or None,
    }
    with conn.cursor(row_factory=class_row(Deployment)) as cursor:
        return cursor.execute(SQL["deployments"], parameters, prepare=False).fetchall()


def records(conn: Connection, deployment: UUID, **asked: Any) -> Iterator[Record]:
    """In the order of time, one by one.

    Args:
        asked: `since`, `until`, `reserve_id`, `min_confidence`, `taxa` (None: all).
    """
    with conn.cursor(row_factory=class_row(Record)) as cursor:
        yield from cursor.stream(SQL["records"], asked | {"deployment": deployment})


def media(conn: Connection, deployment: UUID, **asked: Any) -> Iterator[Medium]:
    """In the order of time, one by one.

    Args:
        asked: `ids`, or `all` between `since` and `until`; `offset_s` of the deployment; `reserve_id`;
            `exact`, without which none is given that shows a sensitive species.
    """
    with conn.cursor(row_factory=class_row(Medium)) as cursor:
        yield from cursor.stream(SQL["media"], asked | {"deployment": deployment})


def effort(
    conn: Connection, deployment: UUID, since: datetime, until: datetime
) -> list[tuple[datetime, datetime]]:
    """When it really looked: disjoint spans in order; those that meet at midnight are one."""
    parameters = {"deployment": deployment, "since": since, "until": until}
    spans: list[tuple[datetime, datetime]] = []
    for start, end in conn.execute(SQL["effort"], parameters):
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans


def extent(conn: Connection, reserve_id: UUID) -> tuple[float, float, float, float] | None:
    """West, south, east, north of the reserve's boundary; None: it has none."""
    return conn.execute(SQL["extent"], {"reserve_id": reserve_id}).fetchone()
