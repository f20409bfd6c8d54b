"""Features as GeoDataFrames and GeoJSON: times with their UTC offset, WGS 84, longitude first."""

from __future__ import annotations

import io
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, TextIO

import geopandas as gpd
import pandas as pd
import shapely  # type: ignore[import-untyped]

from fieldwatch_cloud.db import features, geography
from fieldwatch_cloud.db.columns import COLUMNS
from fieldwatch_cloud.db.features import Selection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fieldwatch_cloud.db.columns import Kind, Name
    from fieldwatch_cloud.db.features import Row
    from fieldwatch_cloud.db.pool import Connection
    from fieldwatch_cloud.exports.order import Order

CRS = "EPSG:4326"
ROWS = 20_000
"""Of one collection in memory at a time, whatever the order: some tens of MB."""
STATEMENT_S = 300
TABLES: tuple[Name, ...] = ("deployments", "observations", "events", "effort", "incidents", "zones")
_TYPES: dict[Kind, str] = {
    "string": "string",
    "uuid": "string",
    "number": "float64",
    "integer": "Int64",
    "boolean": "boolean",
}


@contextmanager
def text_into(file: BinaryIO) -> Iterator[TextIO]:
    """A binary file as UTF-8 text; afterwards the file is open still."""
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    try:
        yield text
    finally:
        text.flush()
        text.detach()


def selection(conn: Connection, order: Order) -> Selection:
    """What `order` asks for, as `db.features` reads it.

    Raises:
        NotFoundError: the reserve has no such zone.
    """
    area = order.area
    if order.zone is not None:
        zone = geography.zone_area(conn, order.reserve_id, order.zone)
        both = shapely.from_geojson(zone)
        area = shapely.to_geojson(shapely.intersection(both, shapely.from_geojson(area))) if area else zone
    return Selection(
        reserve_id=order.reserve_id,
        exact=order.exact,
        since=order.since,
        until=order.until,
        area=area,
        deployments=order.deployments or None,
        taxa=order.taxa or None,
        min_confidence=order.min_confidence,
    )


def frames(conn: Connection, name: Name, wanted: Selection) -> Iterator[gpd.GeoDataFrame]:
    """A collection, `ROWS` at a time; at least one frame, which may be empty but has all columns."""
    none_yet = True
    for rows in features.pages(conn, name, wanted, size=ROWS):
        none_yet = False
        yield frame(name, rows)
    if none_yet:
        yield frame(name, [])


def frame(name: Name, rows: list[Row]) -> gpd.GeoDataFrame:
    """Rows as a frame whose types do not depend on what is in them."""
    columns: dict[str, Any] = {"id": pd.Series([row["id"] for row in rows], dtype="string")}
    for column, kind in COLUMNS[name].items():
        values = [row[column] for row in rows]
        if kind == "instant":
            columns[column] = pd.Series(pd.DatetimeIndex(values, dtype="datetime64[us, UTC]"))
        elif kind == "date":
            columns[column] = pd.Series([str(value) for value in values], dtype="string")
        else:
            told = [None if value is None else str(value) for value in values] if kind == "uuid" else values
            columns[column] = pd.Series(told, dtype=_TYPES[kind])
    geometry = shapely.from_wkb([row["wkb"] for row in rows]) if rows else []
    return gpd.GeoDataFrame(columns, geometry=geometry, crs=CRS)


def feature(name: Name, row: Row) -> dict[str, Any]:
    """A row as a GeoJSON feature (RFC 7946)."""
    return {
        "type": "Feature",
        "id": row["id"],
        "geometry": None if row["wkb"] is None else geometry(row["wkb"]),
        "properties": {column: plain(row[column]) for column in COLUMNS[name]},
    }


def geometry(wkb: bytes) -> dict[str, Any]:
    """GeoJSON geometry to 7 decimals (a centimetre)."""
    exact = shapely.from_wkb(bytes(wkb))
    if exact.geom_type == "Point":
        return {"type": "Point", "coordinates": [round(exact.x, 7), round(exact.y, 7)]}
    # Rounding may fold a polygon over itself; what PostGIS checked goes out as it is.
    found: dict[str, Any] = json.loads(shapely.to_geojson(exact))
    return found


def plain(value: Any) -> Any:
    """As JSON has it: instants in ISO 8601 with their offset, ids as text."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
