"""One PMTiles file of a reserve's land: vector tiles of all zooms, each content once, gzipped.

Read in ranges over HTTP (https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md), so a map without
internet needs this one file. It is written beside and then renamed: whoever reads the old one reads on.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from fieldwatch_cloud.basemap import mercator
from fieldwatch_cloud.db import basemap
from fieldwatch_cloud.errors import CloudError, DatabaseUnavailableError, DataFileError, QueryTimeoutError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection, Database

FOLDER = "basemap"
"""In the folder of pictures."""
FINEST_ZOOM = 14
MOST_TILES = 20_000
"""A reserve of 300 km to each side: its finest zoom is 14 still. A larger one's is less."""
MARGIN_M = 15_000.0
"""Around the reserve: what lies there is seen when it is looked at as a whole."""
_LAYERS: dict[str, dict[str, str]] = {
    "landcover": {"class": "String", "name": "String", "name_zh": "String"},
    "water": {"class": "String"},
    "contour": {"ele": "Number", "index": "Boolean"},
    "waterway": {"class": "String", "name": "String", "name_zh": "String"},
    "road": {"class": "String", "name": "String", "name_zh": "String"},
    "building": {"class": "String", "name": "String", "name_zh": "String"},
    "place": {"class": "String", "name": "String", "name_zh": "String", "ele": "Number", "rank": "Number"},
}


@dataclass(frozen=True, slots=True)
class Outcome:
    version: str | None
    """None: nothing is loaded, and so there is no file."""
    tiles: int
    bytes: int
    max_zoom: int


def path(media_dir: Path, reserve_id: UUID, version: str) -> Path:
    return media_dir / FOLDER / f"{reserve_id}-{version}.pmtiles"


def build(
    database: Database,
    reserve_id: UUID,
    media_dir: Path,
    *,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Outcome:
    """Write the file of all that is loaded now, and note it.

    Args:
        progress: called with how many tiles are done, of how many.

    Raises:
        NotFoundError: the reserve has neither a boundary nor a camera.
        DataFileError: the file cannot be written.
    """
    with database.transaction() as conn:
        state = basemap.built(conn, reserve_id)
        if state is None or not basemap.layers(conn, reserve_id):
            if state is not None:
                _note(conn, reserve_id, state.wanted, None)
            return Outcome(None, 0, 0, 0)
        bounds = basemap.extent(conn, reserve_id, MARGIN_M)
    zoom = mercator.finest_zoom(bounds, FINEST_ZOOM, MOST_TILES)
    folder = media_dir / FOLDER
    temporary = folder / f".{reserve_id}-{secrets.token_hex(4)}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            tiles = _write(database, reserve_id, temporary, bounds, zoom, progress)
            version = hashlib.sha256(temporary.read_bytes()).hexdigest()[:24]
            size = temporary.stat().st_size
            temporary.replace(path(media_dir, reserve_id, version))
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise DataFileError(f"the base map cannot be written: {error.strerror or error}") from error
    with database.transaction() as conn:
        _note(conn, reserve_id, state.wanted, (version, size, bounds, zoom))
    for old in folder.glob(f"{reserve_id}-*.pmtiles"):
        if old != path(media_dir, reserve_id, version):
            old.unlink(missing_ok=True)
    return Outcome(version, tiles, size, zoom)


def build_due(database: Database, media_dir: Path) -> int:
    """Build what has changed since it was built; returns for how many reserves.

    One that cannot be built is told on its page, and stands in no other's way.

    Raises:
        DatabaseUnavailableError: nothing can be built now.
    """
    with database.transaction() as conn:
        wanted = basemap.due(conn)
    for reserve_id, _ in wanted:
        with database.transaction() as conn:
            state = basemap.built(conn, reserve_id)
        try:
            build(database, reserve_id, media_dir)
        except DatabaseUnavailableError as error:
            if not isinstance(error, QueryTimeoutError):
                raise
            _failed(database, reserve_id, state, "to draw it takes the database too long")
        except CloudError as error:
            _failed(database, reserve_id, state, str(error))
    return len(wanted)


def _failed(database: Database, reserve_id: UUID, state: basemap.Built | None, why: str) -> None:
    with database.transaction() as conn:
        basemap.note_failed(conn, reserve_id, state.wanted if state else 0, why)


def _note(
    conn: Connection, reserve_id: UUID, change: int, made: tuple[str, int, basemap.Bounds, int] | None
) -> None:
    version, size, bounds, zoom = made or (None, None, None, None)
    basemap.note_built(conn, reserve_id, change, version=version, bytes_=size, bounds=bounds, max_zoom=zoom)


def _write(
    database: Database,
    reserve_id: UUID,
    file: Path,
    bounds: basemap.Bounds,
    finest: int,
    progress: Callable[[int, int], None],
) -> int:
    wanted = {zoom: mercator.tiles_within(bounds, zoom) for zoom in range(finest + 1)}
    total = sum(map(len, wanted.values()))
    done = written = 0
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        writer = Writer(out)  # type: ignore[no-untyped-call]
        for zoom, tiles in wanted.items():
            pixel = mercator.pixel_m(zoom)
            with database.transaction() as conn, basemap.drawn_at(conn, reserve_id, zoom, pixel):
                # In the order of the file's directory: what is near lies near.
                for id_, one in sorted((zxy_to_tileid(one.z, one.x, one.y), one) for one in tiles):
                    content = basemap.tile(conn, one.bounds)
                    # The whole world is one tile and says at least that there is a map.
                    if content or zoom == 0:
                        writer.write_tile(  # type: ignore[no-untyped-call]
                            id_, gzip.compress(content, 9, mtime=0)
                        )
                        written += 1
                    done += 1
                    progress(done, total)
        header, metadata = _described(bounds, finest)
        writer.finalize(header, metadata)  # type: ignore[no-untyped-call]
        out.flush()
        os.fsync(out.fileno())
    return written


def _described(bounds: basemap.Bounds, finest: int) -> tuple[dict[str, Any], dict[str, Any]]:
    west, south, east, north = (round(degrees * 1e7) for degrees in bounds)
    header = {
        "tile_type": TileType.MVT,
        "tile_compression": Compression.GZIP,
        "min_lon_e7": west,
        "min_lat_e7": south,
        "max_lon_e7": east,
        "max_lat_e7": north,
        "center_lon_e7": (west + east) // 2,
        "center_lat_e7": (south + north) // 2,
        "center_zoom": min(finest, 10),
    }
    metadata = {
        "name": "Fieldwatch base map",
        "format": "pbf",
        "type": "baselayer",
        "vector_layers": [
            {"id": name, "fields": fields, "minzoom": 0, "maxzoom": finest}
            for name, fields in _LAYERS.items()
        ],
    }
    return header, metadata
