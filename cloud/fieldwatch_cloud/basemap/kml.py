"""KML as GeoJSON: its placemarks, with their names and data.

Read by hand: GDAL takes a KML that speaks of other formats for one of those, and these name other files and
addresses to be read in turn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

from fieldwatch_cloud.errors import DataFileError

if TYPE_CHECKING:
    from collections.abc import Iterator

_MULTI = {"Point": "MultiPoint", "LineString": "MultiLineString", "Polygon": "MultiPolygon"}


def read(content: bytes, filename: str) -> dict[str, Any] | None:
    """A FeatureCollection; None: it is XML, but no KML. The caller has made sure that it has no DOCTYPE.

    Raises:
        DataFileError: it cannot be read; says why.
    """
    try:
        root = ET.fromstring(content.removeprefix(b"\xef\xbb\xbf").lstrip())  # noqa: S314  No DOCTYPE.
        if _local(root) != "kml":
            return None
        features = [_feature(one) for one in root.iter() if _local(one) == "Placemark"]
    except (ET.ParseError, LookupError, ValueError, RecursionError) as error:
        raise DataFileError(f"cannot read {filename} as KML: {error}") from error
    return {"type": "FeatureCollection", "features": features}


def _feature(placemark: ET.Element) -> dict[str, Any]:
    told: dict[str, str] = {}
    for one in placemark.iter():
        if _local(one) in ("Data", "SimpleData") and (name := one.get("name")):
            told[name] = _text(one, "value") if _local(one) == "Data" else (one.text or "").strip()
    # Its name is its own, whatever its data call so.
    told = {key: value for key, value in told.items() if key.lower() != "name"} | {
        "name": _text(placemark, "name")
    }
    drawn = next((found for one in placemark if (found := _geometry(one)) is not None), None)
    return {"type": "Feature", "properties": told, "geometry": drawn}


def _geometry(one: ET.Element) -> dict[str, Any] | None:
    match _local(one):
        case "Point":
            return {"type": "Point", "coordinates": _coordinates(one)[0]}
        case "LineString" | "LinearRing":
            return {"type": "LineString", "coordinates": _coordinates(one)}
        case "Track":
            written = [(place.text or "").split() for place in one if _local(place) == "coord"]
            return {"type": "LineString", "coordinates": [_numbers(place) for place in written]}
        case "Polygon":
            edges = [edge for which in ("outer", "inner") for edge in _edges(one, f"{which}BoundaryIs")]
            return {"type": "Polygon", "coordinates": edges}
        case "MultiGeometry" | "MultiTrack":
            return _together([found for part in one if (found := _geometry(part)) is not None])
    return None


def _edges(polygon: ET.Element, which: str) -> Iterator[list[list[float]]]:
    for boundary in polygon:
        if _local(boundary) == which:
            yield from (_coordinates(ring) for ring in boundary if _local(ring) == "LinearRing")


def _together(parts: list[dict[str, Any]]) -> dict[str, Any]:
    kinds = {part["type"] for part in parts}
    if len(kinds) == 1 and (multi := _MULTI.get(next(iter(kinds)))):
        return {"type": multi, "coordinates": [part["coordinates"] for part in parts]}
    return {"type": "GeometryCollection", "geometries": parts}


def _coordinates(one: ET.Element) -> list[list[float]]:
    found = [_numbers(place.split(",")) for place in _text(one, "coordinates").split()]
    if not found:
        raise ValueError(f"a {_local(one)} without coordinates")
    return found


def _numbers(place: list[str]) -> list[float]:
    """Longitude and latitude; heights are left out."""
    return [float(place[0]), float(place[1])]


def _text(one: ET.Element, name: str) -> str:
    return next(((child.text or "").strip() for child in one if _local(child) == name), "")


def _local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
