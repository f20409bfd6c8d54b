"""Weather in, fire danger out: the days that new weather touches are computed with it, in one transaction.

A station's day is that of the sun over it, and its noon the sun's: the index asks for the driest hours, and
one time zone may span four hours of them. The day's weather is the observation nearest to noon; a nearer one
that comes later, or a correction, has that day and all after it computed again.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from fieldwatch_cloud.db import weather
from fieldwatch_cloud.errors import DataFileError, RowRefusedError
from fieldwatch_cloud.incidents.danger import Codes, Danger, Weather, course
from fieldwatch_cloud.incidents.table import Rejected, TableError
from fieldwatch_cloud.incidents.weather import read
from fieldwatch_shared.messages import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import date
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection, Database
    from fieldwatch_cloud.incidents.weather import Observation

KNOWN_FOR = timedelta(hours=36)
"""A day's danger is that of the next morning too; after that nobody knows it."""
NOON_WITHIN = timedelta(hours=2)
"""Farther from noon, and the day has no weather. A station that reports every three hours always has some."""

CHUNK = 500
"""Observations in one transaction."""


@dataclass(slots=True)
class Outcome:
    """What became of a file's rows."""

    stored: int = 0
    """New, or other than before."""
    unchanged: int = 0
    rejected: list[Rejected] = field(default_factory=list)


def import_file(
    database: Database,
    reserve_id: UUID,
    content: bytes,
    name: str,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Outcome:
    """Keep what a CSV file holds (`incidents.weather`); the same again changes nothing.

    Args:
        name: of the file, for the record.
        progress: told (observations done, observations in all), now and then.

    Raises:
        DataFileError: it is no such table; nothing was stored.
        RowRefusedError: see `record`.
    """
    try:
        reading = read(content, utc_now())
    except TableError as error:
        raise DataFileError(f"{name} is not a file of weather: {error}") from error
    outcome = Outcome(rejected=reading.rejected)
    # In the order of time no day is computed twice.
    found = sorted(reading.observations, key=lambda one: one.observed_at)
    for start in range(0, len(found), CHUNK):
        part = found[start : start + CHUNK]
        with database.transaction() as conn:
            stored, unchanged = record(conn, reserve_id, part, f"file {name}")
        outcome.stored += stored
        outcome.unchanged += unchanged
        if progress is not None:
            progress(start + len(part), len(found))
    return outcome


def record(
    conn: Connection, reserve_id: UUID, observations: Iterable[Observation], source: str
) -> tuple[int, int]:
    """Keep weather, and compute the days that it touches. The same again changes nothing.

    Args:
        source: who brought it, for the record: an account, a file, a node.

    Returns:
        how many were new or changed, and how many were here already.

    Raises:
        RowRefusedError: a station without a place, in a reserve of which nobody knows where it is.
    """
    by_station: dict[str, list[Observation]] = defaultdict(list)
    for observation in observations:
        by_station[observation.station].append(observation)
    stored = unchanged = 0
    # In one order for all: two that bring several stations must not wait for each other.
    for station, brought in sorted(by_station.items()):
        location = next((one.location for one in reversed(brought) if one.location), None)
        weather.hold_station(conn, reserve_id, station, location)
        place = weather.place(conn, reserve_id, station)
        if place is None:
            raise RowRefusedError(
                f"where is station {station!r}? Give its location, or draw the reserve's boundary first"
            )
        sun = timedelta(hours=place[0] / 15)
        touched: set[date] = set()
        for one in brought:
            values = {"observed_at": one.observed_at, "source": source, **asdict(one.weather)}
            if weather.insert(conn, reserve_id, station, values):
                stored += 1
                touched.add(_day(one.observed_at, sun))
            else:
                unchanged += 1
        if touched:
            _compute(conn, reserve_id, station, min(touched), sun, latitude=place[1])
    return stored, unchanged


def danger_now(
    conn: Connection, reserve: str, at: datetime, near: tuple[float, float] | None = None
) -> Danger | None:
    """The fire danger that was known at `at`, or None: no station reported within `KNOWN_FOR` before.

    Args:
        reserve: its slug.
        near: lon, lat of the fire or the camera; None: the highest danger of the reserve's stations.
    """
    # A node's clock may stand where the calendar begins.
    oldest = max(at, datetime.min.replace(tzinfo=UTC) + KNOWN_FOR) - KNOWN_FOR
    found = weather.danger_now(conn, reserve, at, oldest, near)
    return Danger(*found) if found else None


def _compute(
    conn: Connection, reserve_id: UUID, station: str, first: date, sun: timedelta, latitude: float
) -> None:
    noons = weather.noons(conn, reserve_id, station, first, sun=sun, within=NOON_WITHIN)
    known = weather.day_before(conn, reserve_id, station, first)
    before = (known[0], Codes(*known[1:])) if known else None
    measured = [
        (noon.day, Weather(noon.temperature_c, noon.humidity_percent, noon.wind_kmh, noon.rain_24h_mm))
        for noon in noons
    ]
    days = [
        weather.Day(
            station=station,
            day=day.day,
            observed_at=noon.observed_at,
            started=day.started,
            missed_days=day.missed_days,
            **asdict(day.indices),
        )
        for noon, day in zip(noons, course(measured, latitude, before), strict=True)
    ]
    weather.replace_days(conn, reserve_id, station, first, days)


def _day(at: datetime, sun: timedelta) -> date:
    """The day that the sun has there; at the calendar's ends, its nearest."""
    try:
        return (at + sun).date()
    except OverflowError:
        return at.date()
