"""What satellites saw: the CSV files of NASA's Fire Information for Resource Management System (FIRMS).

VIIRS (375 m: bright_ti4, bright_ti5, confidence in letters or words) and MODIS (1 km: brightness, bright_t31,
confidence in percent), as the area API, the 24 h and 7 d files and the archive have them. Attributes:
https://www.earthdata.nasa.gov/data/tools/firms/active-fire-data-attributes-modis-viirs
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal
from uuid import UUID, uuid5

from fieldwatch_cloud.incidents.domain import Hotspot
from fieldwatch_cloud.incidents.table import Rejected, Row, number, optional_number, rows

if TYPE_CHECKING:
    from collections.abc import Mapping

NEEDED = ("latitude", "longitude", "acq_date", "acq_time", "satellite", "confidence")
_NAMESPACE = UUID("5b6a3c1e-4a52-5c0f-9d5e-0f2d6c0c7f11")
_DATE = re.compile(r"([0-9]{4})[-/]([0-9]{1,2})[-/]([0-9]{1,2})")
_TIME = re.compile(r"(?:([0-9]{1,2}):)?([0-9]{1,4})")
AHEAD = timedelta(hours=1)
"""Clocks differ; what a satellite saw later than that is a row gone wrong."""

Instrument = Literal["VIIRS", "MODIS"]
Confidence = Literal["low", "nominal", "high"]
_SATELLITES: Mapping[str, tuple[str, Instrument]] = {
    **dict.fromkeys(("N", "NPP", "SNPP", "SUOMI NPP", "SUOMI-NPP"), ("Suomi NPP", "VIIRS")),
    **dict.fromkeys(("1", "N20", "J1", "NOAA20", "NOAA-20"), ("NOAA-20", "VIIRS")),
    **dict.fromkeys(("2", "N21", "J2", "NOAA21", "NOAA-21"), ("NOAA-21", "VIIRS")),
    **dict.fromkeys(("T", "TERRA"), ("Terra", "MODIS")),
    **dict.fromkeys(("A", "AQUA"), ("Aqua", "MODIS")),
}
_PRODUCTS = {
    "Suomi NPP": "VIIRS_SNPP",
    "NOAA-20": "VIIRS_NOAA20",
    "NOAA-21": "VIIRS_NOAA21",
    "Terra": "MODIS",
    "Aqua": "MODIS",
}
_WORDS: Mapping[str, Confidence] = {
    **dict.fromkeys(("l", "low"), "low"),
    **dict.fromkeys(("n", "nominal"), "nominal"),
    **dict.fromkeys(("h", "high"), "high"),
}
_WIDEST_KM: Mapping[Instrument, tuple[float, float]] = {"VIIRS": (0.8, 0.8), "MODIS": (4.8, 2.0)}
"""Pixels at the edge of the swath, scan and track: assumed of a row that does not tell."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file holds."""

    hotspots: list[Hotspot] = field(default_factory=list)
    """Each once, in the order of the file."""
    rejected: list[Rejected] = field(default_factory=list)


def read(content: bytes, now: datetime, source: str | None = None) -> Reading:
    """Read a FIRMS file.

    Args:
        now: rows from later than an hour after it are rejected.
        source: FIRMS' name of the product; None: from satellite and version of each row.

    Raises:
        TableError: it is no FIRMS file: another table, an error message, a web page.
    """
    reading = Reading()
    seen: set[UUID] = set()
    for row in rows(content, NEEDED):
        if isinstance(row, Rejected):
            reading.rejected.append(row)
            continue
        try:
            hotspot = _hotspot(row, source)
        except ValueError as error:
            reading.rejected.append(row.rejected(str(error)))
            continue
        if hotspot.observed_at > now + AHEAD:
            reading.rejected.append(
                row.rejected(f"{hotspot.observed_at:%Y-%m-%d %H:%M} UTC lies in the future")
            )
        elif hotspot.id not in seen:
            seen.add(hotspot.id)
            reading.hotspots.append(hotspot)
    return reading


def confidence_class(percent: float) -> Confidence:
    """MODIS' percent as a class: low under 30, nominal under 80, high from there, as L. Giglio's MODIS
    Collection 6 Active Fire Product User's Guide (2015) has them."""
    return "low" if percent < 30 else "nominal" if percent < 80 else "high"


def identity(satellite: str, observed_at: datetime, lon: float, lat: float) -> UUID:
    """The id of a detection: the same pixel of the same overpass is the same hotspot, whichever processing
    (URT, RT, NRT) delivers it. Ten metres do not matter."""
    # Adding zero makes 0 of -0.
    place = f"{round(lon, 4) + 0.0:.4f} {round(lat, 4) + 0.0:.4f}"
    return uuid5(_NAMESPACE, f"{satellite} {observed_at:%Y-%m-%dT%H:%M} {place}")


def reach_m(hotspot: Hotspot) -> float:
    """How far from the pixel's centre the fire may be: half of the pixel's diagonal, in metres."""
    return 500 * math.hypot(hotspot.scan_km, hotspot.track_km)


def _hotspot(row: Row, source: str | None) -> Hotspot:
    cells = row.cells
    lat, lon = number(row, "latitude", -90, 90), number(row, "longitude", -180, 180)
    satellite, instrument = _satellite(cells)
    observed_at = _observed_at(cells["acq_date"], cells["acq_time"])
    confidence, percent = _confidence(row)
    widest = _WIDEST_KM[instrument]
    daynight = cells.get("daynight", "").upper()
    return Hotspot(
        id=identity(satellite, observed_at, lon, lat),
        source=source or _product(satellite, cells.get("version", "")),
        satellite=satellite,
        instrument=instrument,
        observed_at=observed_at,
        lon=lon,
        lat=lat,
        scan_km=_size(row, "scan", widest[0]),
        track_km=_size(row, "track", widest[1]),
        confidence=confidence,
        confidence_percent=percent,
        brightness_k=optional_number(row, "bright_ti4" if instrument == "VIIRS" else "brightness"),
        frp_mw=optional_number(row, "frp"),
        daynight="D" if daynight == "D" else "N" if daynight == "N" else None,
        raw=cells,
    )


def _satellite(cells: Mapping[str, str]) -> tuple[str, Instrument]:
    named = cells["satellite"]
    found = _SATELLITES.get(named.upper())
    if found is None:
        raise ValueError(f"satellite {named!r} is none that carries VIIRS or MODIS")
    said = cells.get("instrument", "").upper()
    if said and said != found[1]:
        raise ValueError(f"instrument {said!r} does not fly on satellite {named!r}")
    return found


def _observed_at(day: str, clock: str) -> datetime:
    """The time of the overpass, UTC. FIRMS leaves out leading zeros: "3" is 00:03, "45" is 00:45."""
    date_, time_ = _DATE.fullmatch(day), _TIME.fullmatch(clock)
    if date_ is None:
        raise ValueError(f"acq_date {day!r} is not a day such as 2026-05-04")
    if time_ is None:
        raise ValueError(f"acq_time {clock!r} is not a time such as 45, 1230 or 12:30")
    hour, minute = divmod(int(time_[2]), 100) if time_[1] is None else (int(time_[1]), int(time_[2]))
    try:
        return datetime(int(date_[1]), int(date_[2]), int(date_[3]), hour, minute, tzinfo=UTC)
    except ValueError as error:
        raise ValueError(f"acq_date {day}, acq_time {clock}: {error}") from error


def _confidence(row: Row) -> tuple[Confidence, int | None]:
    word = _WORDS.get(row.cells["confidence"].lower())
    if word is not None:
        return word, None
    try:
        percent = number(row, "confidence", 0, 100)
    except ValueError as error:
        raise ValueError(f"{error} (l, n, h, low, nominal, high or percent)") from error
    return confidence_class(percent), round(percent)


def _size(row: Row, column: str, otherwise: float) -> float:
    return number(row, column, 0.01, 20) if row.cells.get(column) else otherwise


def _product(satellite: str, version: str) -> str:
    """From the version: "2.0NRT", "2.0URT", "6.1RT" are near real time; "2.0", "61.03" are standard."""
    return f"{_PRODUCTS[satellite]}_{'NRT' if version.upper().endswith('RT') else 'SP'}"
