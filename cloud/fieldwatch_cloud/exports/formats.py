"""The formats that a reserve's records leave in, by name."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, BinaryIO, Literal, Protocol

if TYPE_CHECKING:
    from fieldwatch_cloud.db.pool import Database
    from fieldwatch_cloud.exports.citation import Citation
    from fieldwatch_cloud.exports.order import Order

FormatName = Literal["camtrap-dp", "darwin-core", "csv", "geojson", "gpkg", "parquet", "earthranger", "coco"]


class Writer(Protocol):
    def __call__(self, database: Database, order: Order, citation: Citation, file: BinaryIO) -> None:
        """Write the whole export into `file`, which is open for reading and writing, seekable, and empty.

        Memory stays bounded whatever the order: rows are read in pages and written as they come.
        """


@dataclass(frozen=True, slots=True)
class Format:
    media_type: str
    suffix: str
    _module: str
    _function: str = "write"

    def writer(self) -> Writer:
        """Loaded when it is used: geopandas and pyarrow take a second and 150 MB."""
        writer: Writer = getattr(import_module(f"fieldwatch_cloud.exports.{self._module}"), self._function)
        return writer


FORMATS: dict[FormatName, Format] = {
    "camtrap-dp": Format("application/zip", ".camtrap-dp.zip", "camtrap_dp"),
    "darwin-core": Format("application/zip", ".darwin-core.zip", "darwin_core"),
    "csv": Format("application/zip", ".csv.zip", "tables", "write_csv"),
    "geojson": Format("application/geo+json", ".geojson", "tables", "write_geojson"),
    "gpkg": Format("application/geopackage+sqlite3", ".gpkg", "tables", "write_geopackage"),
    "parquet": Format("application/zip", ".parquet.zip", "tables", "write_parquet"),
    "earthranger": Format("application/json", ".earthranger.json", "earthranger"),
    "coco": Format("application/json", ".coco.json", "coco_camera_traps"),
}
