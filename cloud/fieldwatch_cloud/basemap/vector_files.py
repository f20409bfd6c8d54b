"""Vector files from outside, read by GDAL: stored where it finds them, and in WGS 84.

GDAL tells a format by content as well as by name, and some of its formats name other files and addresses to
be read in turn (VRT, GDALG, GML's schemas, a GeoJSON's linked coordinate system, a GeoPackage's virtual
tables). What somebody uploads must reach none of them: so it is read with the driver named, or in a form that
no other driver takes for its own, and without such references.
"""

from __future__ import annotations

import io
import json
import sqlite3
import zipfile
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas

from fieldwatch_cloud.basemap import kml
from fieldwatch_cloud.errors import DataFileError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_UNPACKED_BYTES = 100 * 1024**2
_SHAPEFILE = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_SHP_BEGINS = b"\x00\x00\x27\x0a"
_GEOJSON = "GeoJSON:"
"""Before a path: this driver, and no other."""


def stored(content: bytes, folder: Path, filename: str, *, most_unpacked: int = MAX_UNPACKED_BYTES) -> str:
    """Where an uploaded file (GeoJSON, GeoPackage, KML, zipped Shapefile) now lies in `folder`, as GDAL is
    to be told.

    Raises:
        DataFileError: it is none of the four, names what lies elsewhere, or cannot be unpacked.
    """
    text = content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if content.startswith(b"SQLite format 3\0"):
        return _geopackage(content, folder, filename)
    if content.startswith(b"PK\x03\x04"):
        return _shapefile(content, folder, filename, most_unpacked)
    if text == b"{":
        return _geojson(_read_json(content, filename), folder)
    if text == b"<" and b"<!DOCTYPE" not in content and (read := kml.read(content, filename)) is not None:
        return _geojson(read, folder)
    raise DataFileError(f"{filename} is no GeoJSON, GeoPackage, KML or zipped Shapefile")


def frames(file: Path | str, called: str, what: str) -> list[Any]:
    """The GeoDataFrames of a file's layers, those without rows left out.

    A file in another coordinate system is transformed; one that names none is taken as WGS 84.

    Args:
        file: a trusted one, or what `stored` gave.
        what: for the message: "as a map of areas".

    Raises:
        SettingsError: it cannot be read.
    """
    try:
        layers = geopandas.list_layers(file)
        # Tables without geometry may lie beside them.
        found = [
            geopandas.read_file(file, layer=name)
            for name, kind in zip(layers["name"], layers["geometry_type"], strict=True)
            if isinstance(kind, str)  # of one without geometry pandas says that it is NaN
        ]
        return [
            frame.set_crs("EPSG:4326") if frame.crs is None else frame.to_crs("EPSG:4326")
            for frame in found
            if len(frame)
        ]
    except Exception as error:  # pyogrio raises its own tree, which is GDAL's and not stable
        reason = str(error).replace(str(file), called).replace(str(file).removeprefix(_GEOJSON), called)
        raise SettingsError(f"cannot read {called} {what}: {reason}") from error


def text_column(frame: Any, *names: str) -> Callable[[int], str | None]:
    """Of a row by its number, the text in the first of the columns `names` that holds any; None: none does.
    KML writes `Name`, others `NAME`."""
    columns = {str(column).lower(): column for column in frame.columns}
    found = [frame[columns[name]].tolist() for name in names if name in columns]

    def text(row: int) -> str | None:
        for values in found:
            value = values[row]
            if isinstance(value, str) and value.strip():
                return value.strip()
        return None

    return text


def _read_json(content: bytes, filename: str) -> Any:
    def checked(one: dict[str, Any]) -> dict[str, Any]:
        # A linked one (`link`, `url`) would be fetched; a collection, a feature and a geometry may name one.
        if isinstance(crs := one.get("crs"), dict) and crs.get("type") != "name":
            raise DataFileError(f"{filename}: a coordinate system that is not named but linked is not read")
        return one

    try:
        return json.loads(content.decode("utf-8-sig", "replace"), object_hook=checked)
    except (ValueError, RecursionError) as error:
        raise DataFileError(f"cannot read {filename} as GeoJSON: {error}") from error


def _geojson(document: Any, folder: Path) -> str:
    """Written anew: of what stood there twice, one was looked at."""
    path = folder / "area.geojson"
    path.write_text(json.dumps(document), encoding="ascii")
    return f"{_GEOJSON}{path}"


def _geopackage(content: bytes, folder: Path, filename: str) -> str:
    path = folder / "area.gpkg"
    path.write_bytes(content)
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True)) as database:
            kept = database.execute("SELECT type, name, coalesce(sql, '') FROM sqlite_master").fetchall()
    except sqlite3.Error as error:
        raise DataFileError(f"cannot read {filename} as a GeoPackage: {error}") from error
    for kind, name, sql in kept:
        # Its own are spatial indexes; others (VirtualOGR, ...) read whatever they name, and views read them.
        words = " ".join(sql.lower().split())
        if kind == "view" or ("virtual table" in words and " using rtree" not in words):
            raise DataFileError(f"{filename}: {name!r} is no table of its own: export the layer alone")
    return str(path)


def _shapefile(content: bytes, folder: Path, filename: str, most_unpacked: int) -> str:
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
            if sum(entry.file_size for entry in parts.values()) > most_unpacked:
                raise DataFileError(f"{filename} unpacks to more than {most_unpacked} bytes")
            for suffix, entry in parts.items():
                (folder / f"area{suffix}").write_bytes(packed.read(entry))
            with (folder / "area.shp").open("rb") as file:
                if file.read(4) != _SHP_BEGINS:
                    raise DataFileError(f"{filename} is no zipped Shapefile: its .shp is something else")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise DataFileError(f"{filename} cannot be unpacked: {error}") from error
    return str(folder / "area.shp")
