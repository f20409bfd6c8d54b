import contextlib
import io
import json
import socket
import sqlite3
import threading
import zipfile
from pathlib import Path
from typing import Any

import geopandas
import pandas as pd
import pyogrio
import pytest
from shapely.geometry import LineString, MultiPolygon, Polygon, box, shape

from fieldwatch_cloud.areas import MAX_UNPACKED_BYTES, read_areas, read_upload
from fieldwatch_cloud.errors import DataFileError, SettingsError

SQUARE = box(103.0, 28.0, 103.1, 28.1)
BOW_TIE = Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])


def write(path: Path, geometries: list[Any], crs: str = "EPSG:4326", **columns: list[Any]) -> Path:
    frame = geopandas.GeoDataFrame(columns, geometry=geometries, crs="EPSG:4326").to_crs(crs)
    frame.to_file(path, driver="KML" if path.suffix == ".kml" else None)
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


def packed(folder: Path, keep: tuple[str, ...] = (".shp", ".shx", ".dbf", ".prj", ".cpg")) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for file in folder.iterdir():
            if file.suffix in keep:
                archive.write(file, f"plots/{file.name}")
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["geojson", "gpkg", "kml", "shp"])
def test_an_uploaded_file_gives_its_areas(tmp_path: Path, kind: str) -> None:
    crs = "EPSG:4326" if kind in ("geojson", "kml") else "EPSG:32648"
    path = write(tmp_path / f"a.{kind}", [SQUARE, MultiPolygon([SQUARE])], crs, name=["山脊", "b"])
    content = packed(tmp_path) if kind == "shp" else path.read_bytes()
    first, second = read_upload(f"plots.{kind}", content)
    assert (first.name, second.name) == ("山脊", "b")
    assert shape(json.loads(first.geometry)).symmetric_difference(SQUARE).area < 1e-9


def test_every_folder_of_a_kml_is_read() -> None:
    ring = " ".join(f"{x},{y}" for x, y in SQUARE.exterior.coords)
    placemark = (
        "<Folder><name>{0}</name><Placemark><name>{0}</name><Polygon><outerBoundaryIs><LinearRing>"
        f"<coordinates>{ring}</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark></Folder>"
    )
    kml = (
        '<?xml version="1.0"?>\n<!-- ours -->\n<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
        + placemark.format("one")
        + placemark.format("two")
        + "</Document></kml>"
    )
    assert [area.name for area in read_upload("a.kml", kml.encode())] == ["one", "two"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no GeoJSON"),
        (b"lon,lat\n1,2\n", "no GeoJSON"),
        # GDAL would read what this names.
        (b'<OGRVRTDataSource><OGRVRTLayer name="passwd"/></OGRVRTDataSource>', "no GeoJSON"),
        (b'<!DOCTYPE kml [<!ENTITY a SYSTEM "file:///etc/passwd">]><kml>&a;</kml>', "no GeoJSON"),
        (b"<kml>", "cannot read plots"),
        (b"{}", "cannot read plots|no areas"),
        (b"PK\x03\x04 broken", "cannot be unpacked"),
        (b"SQLite format 3\0 broken", "cannot read plots"),
        (b'{"type": "Point", "coordinates": [1, 2]}', "a Point where a Polygon"),
    ],
)
def test_what_else_is_uploaded_is_refused_with_its_reason(content: bytes, reason: str) -> None:
    with pytest.raises(DataFileError, match=reason) as refused:
        read_upload("plots", content)
    assert "fieldwatch-areas" not in str(refused.value)


def test_a_shapefile_without_its_parts_names_them(tmp_path: Path) -> None:
    write(tmp_path / "a.shp", [SQUARE])
    with pytest.raises(DataFileError, match=r"no \.dbf, \.shx"):
        read_upload("a.zip", packed(tmp_path, (".shp",)))


def test_a_zip_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "a.shp", [SQUARE])
    buffer = io.BytesIO(packed(tmp_path, (".shp", ".shx")))
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.dbf", b"\0" * (MAX_UNPACKED_BYTES + 1))
    with pytest.raises(DataFileError, match="unpacks to more"):
        read_upload("a.zip", buffer.getvalue())


def square(name: str) -> dict[str, Any]:
    return {"type": "Feature", "properties": {"name": name}, "geometry": SQUARE.__geo_interface__}


@pytest.mark.parametrize("kind", ["vrt behind a kml", "vrt behind a geojson", "gdalg", "vrt as a shapefile"])
def test_an_upload_reads_no_other_file_of_the_server(tmp_path: Path, kind: str) -> None:
    """GDAL tells formats by content too: what says it is KML or JSON may be one that names other files."""
    secret = tmp_path / "secret.geojson"
    secret.write_text(json.dumps({"type": "FeatureCollection", "features": [square("secret")]}))
    vrt = (
        f'<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>{secret}</SrcDataSource>'
        "</OGRVRTLayer></OGRVRTDataSource>"
    ).encode()
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        for suffix, part in ((".shp", vrt), (".shx", b""), (".dbf", b"")):
            archive.writestr(f"a{suffix}", part)
    content = {
        "vrt behind a kml": b"<kml></kml>" + vrt,
        "vrt behind a geojson": b'{"type":"x"}' + vrt,
        "gdalg": json.dumps(
            {
                "type": "gdal_streamed_alg",
                "command_line": f"gdal vector pipeline ! read {secret} ! edit --crs=EPSG:4326",
            }
        ).encode(),
        "vrt as a shapefile": zipped.getvalue(),
    }[kind]
    with pytest.raises(DataFileError):
        read_upload("plots", content)


@pytest.mark.parametrize("where", ["collection", "geometry"])
@pytest.mark.parametrize("twice", [False, True])
def test_an_upload_makes_the_server_ask_no_address(where: str, twice: bool) -> None:
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        port = server.getsockname()[1]

        def listen() -> None:
            with contextlib.suppress(OSError), server.accept()[0] as connection:
                asked.append(connection.recv(100))

        listening = threading.Thread(target=listen)
        listening.start()
        crs = f'"crs":{{"type":"link","properties":{{"href":"http://127.0.0.1:{port}/crs","type":"proj4"}}}},'
        if twice:
            crs += '"crs":{"type":"name","properties":{"name":"EPSG:4326"}},'
        geometry = json.dumps(SQUARE.__geo_interface__)[1:]
        whole, own = (crs, "") if where == "collection" else ("", crs)
        content = (
            f'{{"type":"FeatureCollection",{whole}"features":'
            f'[{{"type":"Feature","properties":{{}},"geometry":{{{own}{geometry}}}]}}'
        )
        with contextlib.suppress(DataFileError):
            read_upload("plots.geojson", content.encode())
        listening.join()
    assert asked == []


def test_a_geopackage_whose_tables_lie_elsewhere_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "a.gpkg", [SQUARE], name=["a"])
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA writable_schema = ON")
        database.execute(
            "INSERT INTO sqlite_master (type, name, tbl_name, rootpage, sql) VALUES "
            "('table', 'elsewhere', 'elsewhere', 0, "
            "'CREATE VIRTUAL TABLE elsewhere USING VirtualOGR(''/etc/passwd'')')"
        )
        database.commit()
    with pytest.raises(DataFileError, match="elsewhere"):
        read_upload("a.gpkg", path.read_bytes())


def test_a_table_without_places_may_lie_beside_the_layer(tmp_path: Path) -> None:
    """QGIS keeps styles in one."""
    path = write(tmp_path / "a.gpkg", [SQUARE], name=["a"])
    pyogrio.write_dataframe(pd.DataFrame({"style": ["red"]}), path, layer="layer_styles", append=True)
    assert [area.name for area in read_upload("a.gpkg", path.read_bytes())] == ["a"]


@pytest.mark.parametrize("content", [b"<!---->" * 100_000 + b"x", b" " * 3_000_000 + b"x"])
def test_what_begins_like_a_kml_and_is_none_is_told_at_once(content: bytes) -> None:
    """A pattern that tries every way to part it would hold the whole server."""
    with pytest.raises(DataFileError):
        read_upload("plots.kml", content)


def test_a_kml_with_holes_parts_and_data_is_read_as_it_was_drawn() -> None:
    def ring(shape_: Polygon) -> str:
        places = " ".join(f"{x},{y},120" for x, y in shape_.exterior.coords)
        return f"<LinearRing><coordinates>{places}</coordinates></LinearRing>"

    hole, other = box(103.02, 28.02, 103.04, 28.04), box(104.0, 28.0, 104.1, 28.1)
    kml = (
        '<k:kml xmlns:k="http://www.opengis.net/kml/2.2"><Placemark><name>Ridge &lt;1&gt;</name>'
        '<ExtendedData><Data name="name_zh"><value>山脊</value></Data></ExtendedData><MultiGeometry>'
        f"<Polygon><outerBoundaryIs>{ring(SQUARE)}</outerBoundaryIs><innerBoundaryIs>{ring(hole)}"
        f"</innerBoundaryIs></Polygon><Polygon><outerBoundaryIs>{ring(other)}</outerBoundaryIs></Polygon>"
        "</MultiGeometry></Placemark></k:kml>"
    )
    (area,) = read_upload("a.kml", kml.encode())
    assert (area.name, area.name_zh) == ("Ridge <1>", "山脊")
    assert shape(json.loads(area.geometry)).equals(MultiPolygon([SQUARE - hole, other]))
