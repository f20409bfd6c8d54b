import json
from pathlib import Path
from typing import Any

import geopandas
import pytest
from shapely.geometry import LineString, MultiPolygon, Polygon, box, shape

from fieldwatch_cloud.areas import read_areas
from fieldwatch_cloud.errors import SettingsError

SQUARE = box(103.0, 28.0, 103.1, 28.1)
BOW_TIE = Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])


def write(path: Path, geometries: list[Any], crs: str = "EPSG:4326", **columns: list[Any]) -> Path:
    frame = geopandas.GeoDataFrame(columns, geometry=geometries, crs="EPSG:4326").to_crs(crs)
    frame.to_file(path)
    return path


@pytest.mark.parametrize(
    ("file", "crs"),
    [
        ("a.geojson", "EPSG:4326"),
        ("a.gpkg", "EPSG:32648"),  # a surveyor's UTM: must come back in degrees
        ("a.shp", "EPSG:4326"),
    ],
)
def test_areas_come_in_degrees_with_their_names(tmp_path: Path, file: str, crs: str) -> None:
    path = write(tmp_path / file, [SQUARE, MultiPolygon([SQUARE])], crs, name=["山脊", None])
    first, second = read_areas(path)
    assert (first.name, second.name) == ("山脊", None)
    for area in (first, second):
        assert shape(json.loads(area.geometry)).symmetric_difference(SQUARE).area < 1e-9


def test_a_bare_geojson_geometry_is_an_area(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(SQUARE.__geo_interface__))
    (area,) = read_areas(path)
    assert shape(json.loads(area.geometry)).equals(SQUARE)


@pytest.mark.parametrize(
    ("geometry", "reason"),
    [
        (LineString([(0, 0), (1, 1)]), "feature 2: a LineString"),
        (BOW_TIE, "feature 2: Self-intersection"),
        (box(500_000, 0, 500_100, 100), "not on the globe"),  # metres that claim to be degrees
    ],
)
def test_what_is_no_area_is_named_with_its_row(tmp_path: Path, geometry: Any, reason: str) -> None:
    features = [
        {"type": "Feature", "properties": {}, "geometry": g.__geo_interface__} for g in (SQUARE, geometry)
    ]
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    with pytest.raises(SettingsError, match=reason):
        read_areas(path)


@pytest.mark.parametrize("content", [None, b"", b"not a map", b'{"type":"FeatureCollection","features":[]}'])
def test_a_file_without_areas_is_refused_by_name(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "zones.geojson"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SettingsError, match=r"zones\.geojson"):
        read_areas(path)
