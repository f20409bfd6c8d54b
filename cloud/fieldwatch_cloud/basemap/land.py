"""What people load to draw the land: which shapes each kind has, and which of a file's belong to it."""

from __future__ import annotations

import math
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import shapely  # type: ignore[import-untyped]

from fieldwatch_cloud.basemap.vector_files import frames, stored, text_column
from fieldwatch_cloud.errors import DataFileError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from shapely.geometry.base import BaseGeometry  # type: ignore[import-untyped]

Kind = Literal["river", "lake", "road", "track", "building", "place", "forest", "contour"]
KINDS: tuple[Kind, ...] = get_args(Kind)
_SHAPES: dict[Kind, frozenset[str]] = {
    "river": frozenset({"line", "area"}),
    "lake": frozenset({"area"}),
    "road": frozenset({"line"}),
    "track": frozenset({"line"}),
    "building": frozenset({"area"}),
    "place": frozenset({"point"}),
    "forest": frozenset({"area"}),
    "contour": frozenset({"line"}),
}
_SHAPE_OF = {
    "Point": "point",
    "MultiPoint": "point",
    "LineString": "line",
    "MultiLineString": "line",
    "Polygon": "area",
    "MultiPolygon": "area",
}
MAX_FEATURES = 300_000
MAX_UNPACKED_BYTES = 400 * 1024**2
_CLASS = ("class", "fclass", "highway", "waterway", "natural", "landuse", "type")
_HEIGHT = ("ele", "elev", "elevation", "height", "contour")
Bounds = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Feature:
    geometry: BaseGeometry
    """WGS 84, (lon, lat); valid."""
    name: str | None = None
    name_zh: str | None = None
    klass: str | None = None
    """Finer than the kind: `primary`, `path`, `village`, `peak`; `index` of every fifth contour."""
    ele: float | None = None
    """Metres above the sea."""


@dataclass(frozen=True, slots=True)
class Read:
    features: list[Feature]
    left_out: int
    """Rows that are of another shape than the kind has, or lie elsewhere."""


def read_upload(kind: Kind, filename: str, content: bytes, bounds: Bounds) -> Read:
    """As `read_file`, of GeoJSON, GeoPackage, KML or a zipped Shapefile from outside.

    Raises:
        DataFileError: it is none of the four, or as `read_file`.
    """
    with tempfile.TemporaryDirectory(prefix="fieldwatch-land-") as folder:
        path = stored(content, Path(folder), filename, most_unpacked=MAX_UNPACKED_BYTES)
        return read_file(kind, path, bounds, called=filename)


def read_file(kind: Kind, file: Path | str, bounds: Bounds, *, called: str | None = None) -> Read:
    """What a file holds of a kind within `bounds` (west, south, east, north in degrees), cut to them.

    Raises:
        DataFileError: it cannot be read, or holds nothing of the kind there; says what it holds instead.
    """
    called = called or Path(file).name
    try:
        found = frames(file, called, "as a map")
    except SettingsError as error:
        raise DataFileError(str(error)) from error
    if sum(len(frame) for frame in found) > MAX_FEATURES:
        raise DataFileError(f"{called} holds more than {MAX_FEATURES} features: cut it to the reserve first")
    features: list[Feature] = []
    rows, shapes = 0, set()
    for frame in found:
        name, name_zh = text_column(frame, "name"), text_column(frame, "name_zh", "name:zh")
        klass = text_column(frame, *_CLASS)
        heights = _heights(frame)
        geometries = np.asarray(frame.geometry.values, dtype=object)
        for row, whole in enumerate(geometries):
            rows += 1
            if whole is None or whole.is_empty:
                continue
            shapes.add(_SHAPE_OF.get(whole.geom_type, whole.geom_type))
            if (geometry := _cut(kind, whole, bounds)) is not None:
                features.append(
                    Feature(geometry, name(row), name_zh(row), klass(row), heights[row] if heights else None)
                )
    if not features:
        wanted = " or ".join(
            "an area" if shape == "area" else f"a {shape}" for shape in sorted(_SHAPES[kind])
        )
        held = ", ".join(sorted(shapes)) or "nothing"
        west, south, east, north = bounds
        raise DataFileError(
            f"{called} holds no {kind} of the reserve: wanted is {wanted} within longitude {west:.2f} to "
            f"{east:.2f}, latitude {south:.2f} to {north:.2f}; the file's {rows} features are: {held}"
        )
    return Read(features, rows - len(features))


def _heights(frame: Any) -> list[float | None]:
    columns = {str(column).lower(): column for column in frame.columns}
    for name in _HEIGHT:
        if name in columns:
            return [_number(value) for value in frame[columns[name]].tolist()]
    return []


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _cut(kind: Kind, whole: BaseGeometry, bounds: Bounds) -> BaseGeometry | None:
    """The part of a shape that is drawn; None: it is of another shape, or lies elsewhere."""
    geometry = shapely.force_2d(whole)
    if kind == "place" and _SHAPE_OF.get(geometry.geom_type) == "area":
        geometry = geometry.representative_point()
    if _SHAPE_OF.get(geometry.geom_type) not in _SHAPES[kind]:
        return None
    west, south, east, north = geometry.bounds
    if not (west <= bounds[2] and east >= bounds[0] and south <= bounds[3] and north >= bounds[1]):
        return None
    inside = west >= bounds[0] and east <= bounds[2] and south >= bounds[1] and north <= bounds[3]
    if not geometry.is_valid:
        # The other method takes minutes for some hundred lines that cross each other.
        geometry = shapely.make_valid(geometry, method="structure", keep_collapsed=False)
    if not inside:
        geometry = shapely.intersection(geometry, shapely.box(*bounds))
    return _only(geometry, _SHAPES[kind])


def _only(geometry: BaseGeometry, shapes: frozenset[str]) -> BaseGeometry | None:
    """What mending or cutting left of the wanted shapes."""
    parts = [part for part in _parts(geometry) if not part.is_empty and _SHAPE_OF[part.geom_type] in shapes]
    if not parts:
        return None
    if len(parts) == 1:
        return parts[0]
    # Of a river that is both, the areas: its lines lie within.
    areas = [part for part in parts if part.geom_type == "Polygon"]
    if areas:
        return shapely.MultiPolygon(areas)
    lines = [part for part in parts if part.geom_type == "LineString"]
    return shapely.MultiLineString(lines) if lines else shapely.MultiPoint(parts)


def _parts(geometry: BaseGeometry) -> Iterable[BaseGeometry]:
    for part in shapely.get_parts(geometry):
        if part.geom_type in ("Point", "LineString", "Polygon"):
            yield part
        elif part.geom_type == "LinearRing":
            yield shapely.LineString(part)
        else:
            yield from _parts(part)
