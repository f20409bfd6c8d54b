"""Patrol tracks out of files: GPX, KML and GeoJSON, with the times of their points where these are written.

Read by hand, because GDAL hands over lines without times. What is told by content is never an address to be
read in turn.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from fieldwatch_cloud.errors import DataFileError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_TRACKS = 200
MAX_POINTS = 200_000
"""Of one file: a week of one point a second takes several."""
Part = tuple["Fix", ...]


@dataclass(frozen=True, slots=True)
class Fix:
    """Degrees WGS 84."""

    lon: float
    lat: float
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Track:
    name: str | None
    parts: tuple[Part, ...]
    """Each of two points or more; between them nobody knows the way."""

    @property
    def times(self) -> list[datetime]:
        return [fix.at for part in self.parts for fix in part if fix.at is not None]


def read(filename: str, content: bytes) -> list[Track]:
    """The tracks of a file, in its order.

    Raises:
        DataFileError: it is none of the three formats, holds no track, or a place that is not on the globe.
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataFileError(f"{filename} is no text (UTF-8): GPX, KML or GeoJSON is needed") from error
    try:
        found = list(_geojson(json.loads(text)) if text.lstrip()[:1] == "{" else _xml(text))
    except (
        ET.ParseError,
        ValueError,
        TypeError,
        LookupError,
        AttributeError,  # a list where an object is
        ArithmeticError,  # a number that is none any more
        RecursionError,
    ) as error:
        raise DataFileError(f"{filename} cannot be read as GPX, KML or GeoJSON: {error}") from error
    tracks = [Track(_readable(name), parts) for name, lines in found if (parts := _whole(lines))]
    if not tracks:
        raise DataFileError(f"{filename} holds no line of two points or more")
    points = sum(len(part) for track in tracks for part in track.parts)
    if len(tracks) > MAX_TRACKS or points > MAX_POINTS:
        raise DataFileError(
            f"{filename} holds {len(tracks)} tracks with {points} points; at most {MAX_TRACKS} with "
            f"{MAX_POINTS} are read: split the file"
        )
    return tracks


def _readable(name: str | None) -> str | None:
    """Without what no text may hold: JSON can carry zeros, and halves of a letter."""
    return None if name is None else "".join(letter for letter in name if letter.isprintable()) or None


def _whole(lines: Iterable[Iterable[Fix]]) -> tuple[Part, ...]:
    return tuple(part for line in lines if len(part := tuple(line)) > 1)


def _fix(lon: Any, lat: Any, at: datetime | None) -> Fix:
    lon, lat = float(lon), float(lat)
    # Comparisons with NaN are false.
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise ValueError(f"longitude {lon:g}, latitude {lat:g} is not on the globe")
    return Fix(round(lon, 7), round(lat, 7), at)


def _time(text: Any) -> datetime | None:
    """None: nothing that can be read as a time is written; the place still counts."""
    try:
        if isinstance(text, int | float) and not isinstance(text, bool) and math.isfinite(text):
            return datetime.fromtimestamp(text / 1000, UTC)
        if not isinstance(text, str):
            return None
        at = datetime.fromisoformat(text.strip())
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


# XML ----------------------------------------------------------------------------------------------------


def _xml(text: str) -> Iterator[tuple[str | None, list[list[Fix]]]]:
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise ValueError("a document with its own entities is not read")
    root = ET.fromstring(text)  # noqa: S314
    match _local(root):
        case "gpx":
            yield from _gpx(root)
        case "kml":
            yield from _kml(root)
        case other:
            raise ValueError(f"an XML document {other!r}")


def _local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _children(element: ET.Element, *names: str) -> list[ET.Element]:
    return [child for child in element if _local(child) in names]


def _text(element: ET.Element, name: str) -> str | None:
    for child in _children(element, name):
        if child.text and child.text.strip():
            return child.text.strip()
    return None


def _gpx(root: ET.Element) -> Iterator[tuple[str | None, list[list[Fix]]]]:
    for track in _children(root, "trk"):
        yield _text(track, "name"), [_points(part, "trkpt") for part in _children(track, "trkseg")]
    for route in _children(root, "rte"):
        yield _text(route, "name"), [_points(route, "rtept")]


def _points(part: ET.Element, name: str) -> list[Fix]:
    # Times are UTC by the format's definition, also where the Z was forgotten.
    return [_fix(p.get("lon"), p.get("lat"), _time(_text(p, "time"))) for p in _children(part, name)]


def _kml(root: ET.Element) -> Iterator[tuple[str | None, list[list[Fix]]]]:
    for placemark in root.iter():
        if _local(placemark) != "Placemark":
            continue
        lines = []
        for element in placemark.iter():
            if _local(element) == "LineString":
                written = [place.split(",") for place in (_text(element, "coordinates") or "").split()]
                lines.append([_fix(place[0], place[1], None) for place in written])
            elif _local(element) == "Track":
                times = [_time(child.text) for child in _children(element, "when")]
                places = [(child.text or "").split() for child in _children(element, "coord")]
                known = times if len(times) == len(places) else [None] * len(places)
                lines.append([_fix(p[0], p[1], at) for p, at in zip(places, known, strict=True)])
        if lines:
            yield _text(placemark, "name"), lines


# GeoJSON ------------------------------------------------------------------------------------------------


def _geojson(document: dict[str, Any]) -> Iterator[tuple[str | None, list[list[Fix]]]]:
    kind = document.get("type")
    if kind == "FeatureCollection":
        for feature in document["features"]:
            yield from _geojson(feature)
    elif kind == "Feature":
        properties = document.get("properties") or {}
        geometry = document.get("geometry") or {}
        name = properties.get("name")
        times = properties.get("coordTimes") or (properties.get("coordinateProperties") or {}).get("times")
        if lines := _lines(geometry, times):
            yield name if isinstance(name, str) and name.strip() else None, lines
    elif lines := _lines(document, None):
        yield None, lines


def _lines(geometry: dict[str, Any], times: Any) -> list[list[Fix]]:
    """With `coordTimes` as togeojson writes them: nested as the coordinates are."""
    if geometry.get("type") == "LineString":
        lines, times = [geometry["coordinates"]], [times]
    elif geometry.get("type") == "MultiLineString":
        lines = geometry["coordinates"]
    else:
        return []
    if not isinstance(times, list) or len(times) != len(lines):
        times = [None] * len(lines)
    return [
        [
            _fix(place[0], place[1], _time(at))
            for place, at in zip(
                line,
                of_line if isinstance(of_line, list) and len(of_line) == len(line) else [None] * len(line),
                strict=True,
            )
        ]
        for line, of_line in zip(lines, times, strict=True)
    ]
