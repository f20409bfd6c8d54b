"""Weather as stations tell it, and files of it (CSV)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from fieldwatch_cloud.incidents.danger import Weather
from fieldwatch_cloud.incidents.table import Rejected, Row, number, rows

NEEDED = ("station", "observed_at", "temperature_c", "humidity_percent", "wind_kmh", "rain_24h_mm")
AHEAD = timedelta(hours=1)
"""Clocks differ; what was observed later than that is a forecast, or a mistake."""
LIMITS = {
    "temperature_c": (-70.0, 60.0),
    "humidity_percent": (0.0, 100.0),
    "wind_kmh": (0.0, 400.0),
    "rain_24h_mm": (0.0, 2000.0),
}
"""What a station can measure on Earth."""
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Observation:
    """One station at one time; `location` is (lon, lat), WGS 84, or None: somewhere in the reserve."""

    station: str
    observed_at: datetime
    weather: Weather
    location: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file holds."""

    observations: list[Observation] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)


def read(content: bytes, now: datetime) -> Reading:
    """Read a CSV file with the columns `NEEDED` and, where wanted, `longitude` and `latitude`.

    Args:
        now: rows from later than an hour after it are rejected.

    Raises:
        TableError: it is no such table.
    """
    reading = Reading()
    for row in rows(content, NEEDED):
        if isinstance(row, Rejected):
            reading.rejected.append(row)
            continue
        try:
            reading.observations.append(_observation(row, now))
        except ValueError as error:
            reading.rejected.append(row.rejected(str(error)))
    return reading


def _observation(row: Row, now: datetime) -> Observation:
    station = row.cells["station"]
    if not station:
        raise ValueError("station is empty")
    if len(station) > LONGEST_NAME:
        raise ValueError(f"station has more than {LONGEST_NAME} characters")
    given = [bool(row.cells.get(column)) for column in ("longitude", "latitude")]
    if any(given) and not all(given):
        raise ValueError("of longitude and latitude one alone says nothing")
    location = (number(row, "longitude", -180, 180), number(row, "latitude", -90, 90)) if all(given) else None
    values = {column: number(row, column, *LIMITS[column]) for column in LIMITS}
    return Observation(station, _observed_at(row.cells["observed_at"], now), Weather(**values), location)


def _observed_at(text: str, now: datetime) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"observed_at {text!r} is not a time such as 2026-05-04T12:00+08:00") from None
    if at.tzinfo is None:
        raise ValueError(f"observed_at {text} has no time zone: write it as 2026-05-04T12:00+08:00")
    try:
        at = at.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"observed_at {text} lies before the year 1 or after the year 9999 in UTC") from None
    if at > now + AHEAD:
        raise ValueError(f"observed_at {text} lies in the future")
    return at
