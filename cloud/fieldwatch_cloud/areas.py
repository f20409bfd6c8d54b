"""Areas from files: a boundary or zones as GeoJSON, GeoPackage, KML, Shapefile or what else GDAL reads."""

from __future__ import annotations

import io
import json
import re
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import geopandas
import pandas as pd
import shapely  # type: ignore[import-untyped]

from fieldwatch_cloud.errors import DataFileError, SettingsError

MAX_UNPACKED_BYTES = 100 * 1024**2
MAX_UPLOADED = 1000
"""Areas of one file."""
_SHAPEFILE = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_KML = re.compile(rb"^\s*(<\?xml[^>]*\?>)?\s*(<!--.*?-->\s*)*<([a-zA-Z_][\w.-]*:)?kml[\s>]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Area:
    name: str | None
    name_zh: str | None
    geometry: str
    """GeoJSON Polygon or MultiPolygon, WGS 84, longitude first."""


def read_areas(file: Path) -> list[Area]:
    """The polygons of `file`, in its order, with what its columns `name` and `name_zh` say.

    A file in another coordinate system is transformed; one that names none is taken as WGS 84.

    Raises:
        SettingsError: the file cannot be read, or holds something else than valid polygons; says which row.
    """
    try:
        # GDAL's own message for a missing file is about drivers.
        file.open("rb").close()
    except OSError as error:
        raise SettingsError(f"cannot read {file}: {error.strerror or error}") from error
    return _areas(file, str(file))


def read_upload(filename: str, content: bytes) -> list[Area]:
    """As `read_areas`, of a file from outside: GeoJSON, GeoPackage, KML or a zipped Shapefile.

    Only these four, told by their content: GDAL reads a hundred more, and some of those name other files and
    addresses to be read in turn.

    Raises:
        DataFileError: it is none of the four, or one of them that cannot be read; says why.
    """
    with tempfile.TemporaryDirectory(prefix="fieldwatch-areas-") as folder:
        try:
            areas = _areas(_stored(content, Path(folder), filename), filename)
        except SettingsError as error:
            raise DataFileError(str(error)) from error
    if len(areas) > MAX_UPLOADED:
        raise DataFileError(f"{filename} holds {len(areas)} areas; at most {MAX_UPLOADED} are read")
    return areas


def _stored(content: bytes, folder: Path, filename: str) -> Path:
    if content.startswith(b"SQLite format 3\0"):
        kind = "gpkg"
    elif content.startswith(b"PK\x03\x04"):
        return _shapefile(content, folder, filename)
    elif content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{":
        kind = "geojson"
    elif _KML.match(content.removeprefix(b"\xef\xbb\xbf")) and b"<!DOCTYPE" not in content:
        kind = "kml"
    else:
        raise DataFileError(f"{filename} is no GeoJSON, GeoPackage, KML or zipped Shapefile")
    stored = folder / f"area.{kind}"
    stored.write_bytes(content)
    return stored


def _shapefile(content: bytes, folder: Path, filename: str) -> Path:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            parts = {
                Path(entry.filename).suffix.lower(): entry
                for entry in packed.infolist()
                if Path(entry.filename).suffix.lower() in _SHAPEFILE and "__MACOSX" not in entry.filename
            }
            if missing := {".shp", ".shx", ".dbf"} - parts.keys():
                raise DataFileError(f"{filename} is no zipped Shapefile: no {', '.join(sorted(missing))}")
            # What a zip says of its sizes is checked against what comes out of it, by zipfile.
            if sum(entry.file_size for entry in parts.values()) > MAX_UNPACKED_BYTES:
                raise DataFileError(f"{filename} unpacks to more than {MAX_UNPACKED_BYTES} bytes")
            for suffix, entry in parts.items():
                (folder / f"area{suffix}").write_bytes(packed.read(entry))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise DataFileError(f"{filename} cannot be unpacked: {error}") from error
    return folder / "area.shp"


def _areas(file: Path, called: str) -> list[Area]:
    try:
        layers = geopandas.list_layers(file)
        # A KML's folders are layers; tables without geometry may lie beside them.
        frames = [
            geopandas.read_file(file, layer=name)
            for name, kind in zip(layers["name"], layers["geometry_type"], strict=True)
            if kind is not None
        ]
    except Exception as error:  # pyogrio raises its own tree, which is GDAL's and not stable
        reason = str(error).replace(str(file), called)
        raise SettingsError(f"cannot read {called} as a map of areas: {reason}") from error
    if not sum(len(frame) for frame in frames):
        raise SettingsError(f"{called} holds no areas")
    frames = [
        frame.set_crs("EPSG:4326") if frame.crs is None else frame.to_crs("EPSG:4326")
        for frame in frames
        if len(frame)
    ]
    frame = frames[0] if len(frames) == 1 else pd.concat(frames, ignore_index=True)
    # KML writes `Name`, others `NAME`.
    columns = {str(column).lower(): column for column in frame.columns}

    def text(row: int, column: str) -> str | None:
        value = frame[columns[column]].iloc[row] if column in columns else None
        return value if isinstance(value, str) and value.strip() else None

    areas = []
    for row, geometry in enumerate(frame.geometry):
        where = f"{called}, feature {row + 1}"
        if geometry is None or geometry.geom_type not in ("Polygon", "MultiPolygon"):
            kind = "nothing" if geometry is None else f"a {geometry.geom_type}"
            raise SettingsError(f"{where}: {kind} where a Polygon or MultiPolygon is needed")
        if not geometry.is_valid:
            raise SettingsError(f"{where}: {shapely.is_valid_reason(geometry)}")
        west, south, east, north = geometry.bounds
        if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
            raise SettingsError(f"{where}: {west:g} {south:g} to {east:g} {north:g} is not on the globe")
        outline = json.dumps(shapely.geometry.mapping(shapely.force_2d(geometry)))
        areas.append(Area(text(row, "name"), text(row, "name_zh"), outline))
    return areas
