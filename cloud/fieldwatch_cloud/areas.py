"""Areas from files: a boundary or zones as GeoJSON, GeoPackage, KML, Shapefile or what else GDAL reads."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import shapely  # type: ignore[import-untyped]

from fieldwatch_cloud.basemap.vector_files import MAX_UNPACKED_BYTES, frames, stored, text_column
from fieldwatch_cloud.errors import DataFileError, SettingsError

__all__ = ["MAX_UNPACKED_BYTES", "MAX_UPLOADED", "Area", "read_areas", "read_upload"]
MAX_UPLOADED = 1000
"""Areas of one file."""


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

    Raises:
        DataFileError: it is none of the four, or one of them that cannot be read; says why.
    """
    with tempfile.TemporaryDirectory(prefix="fieldwatch-areas-") as folder:
        try:
            areas = _areas(stored(content, Path(folder), filename), filename)
        except SettingsError as error:
            raise DataFileError(str(error)) from error
    if len(areas) > MAX_UPLOADED:
        raise DataFileError(f"{filename} holds {len(areas)} areas; at most {MAX_UPLOADED} are read")
    return areas


def _areas(file: Path | str, called: str) -> list[Area]:
    found = frames(file, called, "as a map of areas")
    if not found:
        raise SettingsError(f"{called} holds no areas")
    frame = found[0] if len(found) == 1 else pd.concat(found, ignore_index=True)
    name, name_zh = text_column(frame, "name"), text_column(frame, "name_zh")
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
        areas.append(Area(name(row), name_zh(row), outline))
    return areas
