"""Weather, the fire danger that follows from it, and the gates that it opens and closes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from fieldwatch_cloud.db.statements import statements
from fieldwatch_cloud.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date, datetime, timedelta
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection

SQL = statements("weather")


@dataclass(frozen=True, slots=True)
class Noon:
    """The weather nearest to noon of a day; °C, %, km/h, mm."""

    day: date
    observed_at: datetime
    temperature_c: float
    humidity_percent: float
    wind_kmh: float
    rain_24h_mm: float


@dataclass(frozen=True, slots=True)
class Day:
    """The indices of a station's day; see `incidents.danger`."""

    station: str
    day: date
    observed_at: datetime
    ffmc: float
    dmc: float
    dc: float
    isi: float
    bui: float
    fwi: float
    dsr: float
    started: bool
    missed_days: int


@dataclass(frozen=True, slots=True)
class Station:
    name: str
    lon: float | None
    lat: float | None
    last_observed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Gate:
    """Of a deployment; all None: it has none."""

    least: dict[str, float] | None
    set_by: str | None
    set_at: datetime | None


@dataclass(frozen=True, slots=True)
class PlacedGate:
    """The gate of a camera that stands there now."""

    deployment_id: UUID
    deployment: str
    least: dict[str, float]
    set_by: str | None
    set_at: datetime
    held: int
    """Incidents that it held back in the time that was asked for."""
    released: int
    """Of those, how many called people after all."""


def hold_station(
    conn: Connection, reserve_id: UUID, station: str, location: tuple[float, float] | None
) -> None:
    """Make the station known, with its place (lon, lat) where one is given, and be alone with it until the
    transaction ends."""
    lon, lat = location or (None, None)
    conn.execute(SQL["station"], {"reserve_id": reserve_id, "station": station, "lon": lon, "lat": lat})


def place(conn: Connection, reserve_id: UUID, station: str) -> tuple[float, float] | None:
    """Longitude and latitude of the station, else of the reserve's middle; None: neither is known."""
    found = conn.execute(SQL["place"], {"reserve_id": reserve_id, "station": station}).fetchone()
    return (found[0], found[1]) if found else None


def insert(conn: Connection, reserve_id: UUID, station: str, values: Mapping[str, object]) -> bool:
    """Store one observation (`observed_at`, the four measurements, `source`); False: it is here already."""
    parameters = {**values, "reserve_id": reserve_id, "station": station}
    return conn.execute(SQL["insert"], parameters).rowcount == 1


def noons(
    conn: Connection, reserve_id: UUID, station: str, first: date, *, sun: timedelta, within: timedelta
) -> list[Noon]:
    """By day, from `first` on.

    Args:
        sun: by how much the sun's clock there is ahead of UTC.
        within: farther from noon than that is not noon.
    """
    parameters = {
        "reserve_id": reserve_id,
        "station": station,
        "first": first,
        "sun": sun,
        "within": within,
    }
    return [Noon(*row) for row in conn.execute(SQL["noons"], parameters)]


def day_before(
    conn: Connection, reserve_id: UUID, station: str, first: date
) -> tuple[date, float, float, float] | None:
    """The last known day before `first`, with its FFMC, DMC and DC."""
    parameters = {"reserve_id": reserve_id, "station": station, "first": first}
    found = conn.execute(SQL["day_before"], parameters).fetchone()
    return (found[0], found[1], found[2], found[3]) if found else None


def replace_days(conn: Connection, reserve_id: UUID, station: str, first: date, days: Iterable[Day]) -> None:
    """The days of the station from `first` on are these."""
    conn.execute(SQL["forget_days"], {"reserve_id": reserve_id, "station": station, "first": first})
    rows = [{name: getattr(day, name) for name in Day.__slots__} | {"reserve_id": reserve_id} for day in days]
    if rows:
        with conn.cursor() as cursor:
            cursor.executemany(SQL["insert_day"], rows)


def danger_now(
    conn: Connection, reserve: str, at: datetime, oldest: datetime, near: tuple[float, float] | None
) -> tuple[str, date, datetime, float, int, bool] | None:
    """The newest day, between `oldest` and `at`, of the station nearest to `near` (lon, lat): station, day,
    time of its weather, FWI, days missed before it, whether it began a season."""
    lon, lat = near or (None, None)
    found = conn.execute(
        SQL["danger_now"], {"reserve": reserve, "at": at, "oldest": oldest, "lon": lon, "lat": lat}
    ).fetchone()
    return (found[0], found[1], found[2], found[3], found[4], found[5]) if found else None


def days(
    conn: Connection,
    reserve_id: UUID,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 5000,
) -> list[Day]:
    """Of all stations, whose weather was observed within [since, until), newest first."""
    parameters = {"reserve_id": reserve_id, "since": since, "until": until, "limit": limit}
    with conn.cursor(row_factory=class_row(Day)) as cursor:
        return cursor.execute(SQL["days"], parameters).fetchall()


def stations(conn: Connection, reserve_id: UUID) -> list[Station]:
    with conn.cursor(row_factory=class_row(Station)) as cursor:
        return cursor.execute(SQL["stations"], {"reserve_id": reserve_id}).fetchall()


def gate(conn: Connection, deployment_id: UUID) -> Gate:
    """Raises:
    NotFoundError: no such deployment.
    """
    found = conn.execute(SQL["gate"], {"deployment_id": deployment_id}).fetchone()
    if found is None:
        raise NotFoundError(f"no such deployment: {deployment_id}")
    return Gate(*found)


def gates(conn: Connection, reserve_id: UUID, *, since: datetime) -> list[PlacedGate]:
    """By the camera's name. A camera that was moved or turned has none: its gate was that of its old place.

    Args:
        since: from when on what they held back is counted.
    """
    with conn.cursor(row_factory=class_row(PlacedGate)) as cursor:
        return cursor.execute(SQL["gates"], {"reserve_id": reserve_id, "since": since}).fetchall()


def set_gate(conn: Connection, deployment_id: UUID, least: Mapping[Any, float], account_id: UUID) -> None:
    parameters = {"deployment_id": deployment_id, "least": Jsonb(dict(least)), "account_id": account_id}
    conn.execute(SQL["set_gate"], parameters)


def remove_gate(conn: Connection, deployment_id: UUID) -> None:
    """None there: nothing happens."""
    conn.execute(SQL["remove_gate"], {"deployment_id": deployment_id})
