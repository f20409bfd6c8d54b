"""CSV, GeoJSON, GeoPackage, GeoParquet: one table a collection, each with its citation inside.

| format     | citation stands in                                                                        |
|------------|-------------------------------------------------------------------------------------------|
| CSV        | `CITATION.txt` and `citation.json` beside the tables: a comment would break most readers  |
| GeoJSON    | the foreign member `citation` (RFC 7946 §6.1)                                             |
| GeoPackage | the table `citation` that a GIS shows, and `gpkg_metadata` of every layer                 |
| GeoParquet | the file's metadata, key `citation`; `CITATION.txt` in the zip                            |

Rows are read and written 20,000 at a time, however many there are: memory grows by some 150 MB at most,
beside geopandas itself (110 MB for 100,000 observations, and no more for more).
"""

from __future__ import annotations

import io
import json
import shutil
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from fieldwatch_cloud.db import features
from fieldwatch_cloud.exports.frames import STATEMENT_S, TABLES, feature, frames, selection, text_into

if TYPE_CHECKING:
    import geopandas as gpd

    from fieldwatch_cloud.db.columns import Name
    from fieldwatch_cloud.db.features import Selection
    from fieldwatch_cloud.db.pool import Connection, Database
    from fieldwatch_cloud.exports.citation import Citation
    from fieldwatch_cloud.exports.order import Order

_NOTES = """\
deployments   one camera at one place, for one time span
observations  what was seen; people's labels (labelled) stand in place of the model's records
events        independent events: records of one taxon at one deployment less than 30 min apart; max_n is the
              largest number seen at once. Of all confidences.
effort        hours during which a deployment really looked, per local day of the reserve. A day without a row
              was not observed: that is not zero animals.
incidents     fires; zones: areas of responsibility

Times are ISO 8601 with their offset from UTC, corrected for clocks that were found wrong. Places are WGS 84.
Rows without a deployment are of sensitive species: their place is blurred by coordinate_uncertainty_m.
"""


def write_csv(database: Database, order: Order, citation: Citation, file: BinaryIO) -> None:
    """A zip of CSV tables (RFC 4180, UTF-8); points as longitude and latitude, areas as WKT."""
    with _reading(database) as conn, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        wanted = selection(conn, order)
        for name in TABLES:
            with (
                packed.open(f"{name}.csv", "w", force_zip64=True) as raw,
                io.TextIOWrapper(raw, encoding="utf-8", newline="") as text,
            ):
                for number, table in enumerate(frames(conn, name, wanted)):
                    _flat(name, table).to_csv(
                        text, header=number == 0, index=False, date_format="%Y-%m-%dT%H:%M:%S.%f%z"
                    )
        _cite(packed, citation)


def write_geojson(database: Database, order: Order, citation: Citation, file: BinaryIO) -> None:
    """One FeatureCollection of observations, with foreign members `citation` and `deployments`: where
    somebody looked, also where nothing was seen."""
    with _reading(database) as conn, text_into(file) as text:
        wanted = selection(conn, order)
        text.write('{"type": "FeatureCollection",\n"citation": ' + citation.json())
        for member, name in (("deployments", "deployments"), ("features", "observations")):
            opening = '{"type": "FeatureCollection", "features": [' if member == "deployments" else "["
            text.write(f',\n"{member}": {opening}')
            separator = "\n"
            for rows in features.pages(conn, name, wanted):  # type: ignore[arg-type]
                for row in rows:
                    text.write(separator + json.dumps(feature(name, row), ensure_ascii=False))  # type: ignore[arg-type]
                    separator = ",\n"
            text.write("\n]}" if member == "deployments" else "\n]")
        text.write("}\n")


def write_geopackage(database: Database, order: Order, citation: Citation, file: BinaryIO) -> None:
    """A GeoPackage (OGC 12-128r19) with a layer a collection."""
    import pandas as pd
    import pyogrio  # type: ignore[import-untyped]

    told = citation.fields()
    with tempfile.TemporaryDirectory() as folder, _reading(database) as conn:
        path = Path(folder, "export.gpkg")
        wanted = selection(conn, order)
        for name in TABLES:
            for number, table in enumerate(frames(conn, name, wanted)):
                pyogrio.write_dataframe(
                    table,
                    path,
                    layer=name,
                    driver="GPKG",
                    append=number > 0,
                    geometry_type=_GEOMETRY.get(name, "Point"),
                    layer_metadata=told if number == 0 else None,
                )
        lines = pd.DataFrame({"name": list(told), "value": list(told.values())})
        pyogrio.write_dataframe(lines, path, layer="citation", driver="GPKG")
        with path.open("rb") as made:
            shutil.copyfileobj(made, file)


def write_parquet(database: Database, order: Order, citation: Citation, file: BinaryIO) -> None:
    """A zip of GeoParquet 1.1 files, a file a collection."""
    with (
        tempfile.TemporaryDirectory() as folder,
        _reading(database) as conn,
        zipfile.ZipFile(file, "w") as packed,
    ):
        wanted = selection(conn, order)
        for name in TABLES:
            path = Path(folder, f"{name}.parquet")
            _write_parquet(conn, name, wanted, citation, path)
            packed.write(path, path.name)  # Compressed already.
            path.unlink()
        _cite(packed, citation)


_GEOMETRY: dict[Name, str] = {"incidents": "Unknown", "zones": "MultiPolygon"}
_GEO = {
    "version": "1.1.0",
    "primary_column": "geometry",
    # Without a CRS: OGC:CRS84, WGS 84 with longitude first.
    "columns": {"geometry": {"encoding": "WKB", "geometry_types": []}},
}


def _write_parquet(conn: Connection, name: Name, wanted: Selection, citation: Citation, path: Path) -> None:
    import pyarrow as pa  # type: ignore[import-untyped]
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    about = {"geo": json.dumps(_GEO), "citation": citation.json()}
    writer = None
    try:
        for table in frames(conn, name, wanted):
            piece = pa.table(table.to_arrow(index=False, geometry_encoding="WKB"))
            schema = pa.schema([pa.field(f.name, f.type) for f in piece.schema], metadata=about)
            piece = pa.Table.from_arrays(piece.columns, schema=schema)
            writer = writer or pq.ParquetWriter(path, schema, compression="zstd")
            writer.write_table(piece)
    finally:
        if writer is not None:
            writer.close()


def _flat(name: Name, table: gpd.GeoDataFrame) -> Any:
    plain = table.drop(columns="geometry")
    if name in _GEOMETRY:
        return plain.assign(geometry=table.geometry.to_wkt())
    return plain.assign(longitude=table.geometry.x, latitude=table.geometry.y)


def _cite(packed: zipfile.ZipFile, citation: Citation) -> None:
    packed.writestr("CITATION.txt", f"{citation.text}\n\n{_NOTES}")
    packed.writestr("citation.json", citation.json() + "\n")


def _reading(database: Database) -> Any:
    return features.snapshot(database, STATEMENT_S)
