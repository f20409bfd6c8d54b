"""Areas from files: a boundary or zones as GeoJSON, GeoPackage, KML, Shapefile or what else GDAL reads."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas  # type: ignore[import-untyped]
import shapely  # type: ignore[import-untyped]

from fieldwatch_cloud.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path


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
        frame = geopandas.read_file(file)
    except OSError as error:
        raise SettingsError(f"cannot read {file}: {error.strerror or error}") from error
    except Exception as error:  # pyogrio raises its own tree, which is GDAL's and not stable
        raise SettingsError(f"cannot read {file} as a map of areas: {error}") from error
    if not isinstance(frame, geopandas.GeoDataFrame) or frame.empty:
        raise SettingsError(f"{file} holds no areas")
    frame = frame.set_crs("EPSG:4326") if frame.crs is None else frame.to_crs("EPSG:4326")
    # KML writes `Name`, others `NAME`.
    columns = {str(column).lower(): column for column in frame.columns}

    def text(row: int, column: str) -> str | None:
        value = frame[columns[column]].iloc[row] if column in columns else None
        return value if isinstance(value, str) and value.strip() else None

    areas = []
    for row, geometry in enumerate(frame.geometry):
        where = f"{file}, feature {row + 1}"
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
