"""Readings of nodes' sensors: kept once each, asked in spans, and made weather of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg.rows import class_row

from fieldwatch_cloud.db.statements import statements

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime, timedelta
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection
    from fieldwatch_shared.messages import Reading

SQL = statements("readings")


@dataclass(frozen=True, slots=True)
class Newest:
    """What one sensor said last of one quantity."""

    node: str
    sensor: str
    quantity: str
    observed_at: datetime
    value: float
    over_s: float | None


@dataclass(frozen=True, slots=True)
class Place:
    """A node that has sensors, and where its newest deployment stands; None: it has none."""

    node: str
    name: str
    lon: float | None
    lat: float | None


@dataclass(frozen=True, slots=True)
class Span:
    """One sensor within one stretch of time."""

    sensor: str
    at: datetime
    """Its beginning."""
    mean: float
    """Of a direction, around the circle; of rain, the sum."""
    least: float
    most: float
    readings: int


@dataclass(frozen=True, slots=True)
class Raw:
    observed_at: datetime
    sensor: str
    quantity: str
    value: float
    over_s: float | None
    clock_quality: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Hour:
    """The weather of one whole hour at a node; °C, %, m/s, mm in the 24 hours before its end."""

    ends_at: datetime
    temperature_c: float
    humidity_percent: float
    wind_speed_ms: float
    rain_24h_mm: float


@dataclass(frozen=True, slots=True)
class Due:
    """A node whose weather is to be worked out from a time on."""

    node: str
    since: datetime
    reserve_id: UUID
    lon: float | None
    lat: float | None


def insert(conn: Connection, node: str, readings: Sequence[Reading]) -> int:
    """Keep those that are not there yet; returns how many were new."""
    parameters = {
        "node": node,
        "ids": [one.id for one in readings],
        "sensors": [one.sensor for one in readings],
        "quantities": [one.quantity.value for one in readings],
        "times": [one.observed_at for one in readings],
        "values": [one.value for one in readings],
        "overs": [one.over_s for one in readings],
        "clocks": [one.clock.quality.value for one in readings],
        "offsets": [one.clock.offset_s for one in readings],
    }
    found = conn.execute(SQL["insert"], parameters).fetchone()
    return 0 if found is None else int(found[0])


def newest(conn: Connection, reserve_id: UUID) -> tuple[list[Place], list[Newest]]:
    """The reserve's nodes that have sensors, and what each said last."""
    with conn.cursor(row_factory=class_row(Newest)) as cursor:
        values = cursor.execute(SQL["newest"], {"reserve_id": reserve_id}).fetchall()
    nodes = sorted({one.node for one in values})
    places = [Place(*row) for row in conn.execute(SQL["places"], {"nodes": nodes})]
    return places, values


def spans(
    conn: Connection, node: str, quantity: str, since: datetime, until: datetime, width: timedelta
) -> list[Span]:
    """Readings within [since, until), in stretches of `width` from `since` on, by sensor and time."""
    parameters = {"node": node, "quantity": quantity, "since": since, "until": until, "width": width}
    with conn.cursor(row_factory=class_row(Span)) as cursor:
        return cursor.execute(SQL["spans"], parameters).fetchall()


def raw(conn: Connection, node: str, since: datetime, until: datetime) -> Iterator[Raw]:
    """Every reading within [since, until), by time; read as it is asked for."""
    with conn.cursor(name="readings", row_factory=class_row(Raw)) as cursor:
        cursor.execute(SQL["raw"], {"node": node, "since": since, "until": until})
        yield from cursor


def take_due(conn: Connection, now: datetime, limit: int) -> list[Due]:
    """The nodes whose weather is due, now counted as done: within a transaction that does it."""
    return [Due(*row) for row in conn.execute(SQL["take_due"], {"limit": limit, "now": now})]


def hours(conn: Connection, node: str, since: datetime, until: datetime) -> list[Hour]:
    """The whole hours that ended after `since` and by `until`, of which all that fire danger asks for is
    known: temperature, humidity and wind from each quarter, rain of nearly all of the 24 hours."""
    parameters = {"node": node, "since": since, "until": until}
    with conn.cursor(row_factory=class_row(Hour)) as cursor:
        return cursor.execute(SQL["hours"], parameters).fetchall()
