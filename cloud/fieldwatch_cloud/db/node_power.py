"""What nodes live on, hour by hour: added up as heartbeats come, each once, at its own time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from psycopg.rows import class_row

from fieldwatch_cloud.db.statements import statements

if TYPE_CHECKING:
    from fieldwatch_cloud.db.pool import Connection
    from fieldwatch_shared.messages import Heartbeat

SQL = statements("node_power")
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_AHEAD = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Hour:
    """Means over the reports of one hour; None: none of them said it."""

    at: datetime
    charge: float | None
    charge_least: float | None
    battery_v: float | None
    solar_w: float | None
    load_w: float | None
    used_wh: float | None
    saved_wh: float | None
    level: str | None
    measured: bool


@dataclass(frozen=True, slots=True)
class Sum:
    """Of a stretch of time. Wh and g CO2e; None: nobody knows."""

    used_wh: float | None
    saved_wh: float | None
    used_g: float | None
    saved_g: float | None
    since: datetime | None
    """Of the first hour that counts."""


@dataclass(frozen=True, slots=True)
class Day:
    """Of the reserve's time zone."""

    day: str
    used_wh: float | None
    saved_wh: float | None
    charge_least: float | None


def add(conn: Connection, node: str, heartbeat: Heartbeat, now: datetime) -> None:
    """Add what a new heartbeat says of power. Call it once for each: a heartbeat that was there already has
    been added.

    Args:
        now: an hour that cannot be, of a clock that was wrong, counts as this one: its energy was used.
    """
    power = heartbeat.power
    if power is None:
        return
    at = heartbeat.observed_at if _EARLIEST <= heartbeat.observed_at <= now + _AHEAD else now
    known = power.used_wh is not None
    factor = power.co2e_g_per_kwh if known else None
    used, saved = power.used_wh or 0.0, (power.saved_wh or 0.0) if known else 0.0
    parameters = {
        "node": node,
        "at": at,
        "measured": int(power.measured),
        "charge": power.charge,
        "battery_v": power.battery_v,
        "solar_w": power.solar_w,
        "load_w": power.load_w,
        "used_wh": used,
        "used_n": int(known),
        "saved_wh": saved,
        "used_g": used / 1000 * (factor or 0.0),
        "saved_g": saved / 1000 * (factor or 0.0),
        "factor_n": int(factor is not None),
        "level": power.level,
    }
    conn.execute(SQL["add"], parameters)


def hours(conn: Connection, node: str, since: datetime) -> list[Hour]:
    """From `since` on, by time; hours without a report are missing."""
    with conn.cursor(row_factory=class_row(Hour)) as cursor:
        return cursor.execute(SQL["hours"], {"node": node, "since": since}).fetchall()


def days(conn: Connection, node: str, since: datetime, timezone: str) -> list[Day]:
    """By day of that time zone (IANA name)."""
    with conn.cursor(row_factory=class_row(Day)) as cursor:
        return cursor.execute(SQL["days"], {"node": node, "since": since, "timezone": timezone}).fetchall()


def total(conn: Connection, node: str, since: datetime | None = None) -> Sum:
    """All that the node ever told, or from the hour of `since` on."""
    with conn.cursor(row_factory=class_row(Sum)) as cursor:
        found = cursor.execute(SQL["total"], {"node": node, "since": since}).fetchone()
    assert found is not None  # noqa: S101  an aggregate has always a row
    return found
