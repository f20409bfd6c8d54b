"""Vector files from outside, read by GDAL: stored where it finds them, and in WGS 84."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas

from fieldwatch_cloud.errors import DataFileError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_UNPACKED_BYTES = 100 * 1024**2
_SHAPEFILE = (".shp", ".shx", ".dbf", ".prj", ".cpg")
_KML = re.compile(rb"^\s*(<\?xml[^>]*\?>)?\s*(<!--.*?-->\s*)*<([a-zA-Z_][\w.-]*:)?kml[\s>]", re.DOTALL)


def stored(content: bytes, folder: Path, filename: str, *, most_unpacked: int = MAX_UNPACKED_BYTES) -> Path:
    """Where an uploaded file now lies in `folder`: GeoJSON, GeoPackage, KML or a zipped Shapefile.

    Only these four, told by their content: GDAL reads a hundred more, and some of those name other files and
    addresses to be read in turn.

    Raises:
        DataFileError: it is none of the four, or cannot be unpacked.
    """
    if content.startswith(b"SQLite format 3\0"):
        kind = "gpkg"
    elif content.startswith(b"PK\x03\x04"):
        return _shapefile(content, folder, filename, most_unpacked)
    elif content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{":
        kind = "geojson"
    elif _KML.match(content.removeprefix(b"\xef\xbb\xbf")) and b"<!DOCTYPE" not in content:
        kind = "kml"
    else:
        raise DataFileError(f"{filename} is no GeoJSON, GeoPackage, KML or zipped Shapefile")
    path = folder / f"area.{kind}"
    path.write_bytes(content)
    return path


def frames(file: Path, called: str, what: str) -> list[Any]:
    """The GeoDataFrames of a file's layers, those without rows left out.

    A file in another coordinate system is transformed; one that names none is taken as WGS 84.

    Args:
        what: for the message: "as a map of areas".

    Raises:
        SettingsError: it cannot be read.
    """
    try:
        layers = geopandas.list_layers(file)
        # A KML's folders are layers; tables without geometry may lie beside them.
        found = [
            geopandas.read_file(file, layer=name)
            for name, kind in zip(layers["name"], layers["geometry_type"], strict=True)
            if kind is not None
        ]
        return [
            frame.set_crs("EPSG:4326") if frame.crs is None else frame.to_crs("EPSG:4326")
            for frame in found
            if len(frame)
        ]
    except Exception as error:  # pyogrio raises its own tree, which is GDAL's and not stable
        reason = str(error).replace(str(file), called)
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


def _shapefile(content: bytes, folder: Path, filename: str, most_unpacked: int) -> Path:
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
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise DataFileError(f"{filename} cannot be unpacked: {error}") from error
    return folder / "area.shp"
