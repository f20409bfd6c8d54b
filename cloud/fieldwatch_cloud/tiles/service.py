"""The tiles of one API process: asked, kept, and forgotten when news comes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from fieldwatch_cloud.db import tiles
from fieldwatch_cloud.tiles import density as densities
from fieldwatch_cloud.tiles import fleet as fleets
from fieldwatch_cloud.tiles.cells import Lattice
from fieldwatch_cloud.tiles.kept import Kept, Versions
from fieldwatch_shared.messages import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.basemap.mercator import TileId
    from fieldwatch_cloud.db.pool import Database
    from fieldwatch_cloud.sensitive import Sensitive
    from fieldwatch_cloud.tiles.cells import Kind

LayerName = Literal["cameras", "density", "hotspots", "tracks"]
LAYERS: tuple[LayerName, ...] = get_args(LayerName)
TOUCHED_BY: dict[str, tuple[LayerName, ...]] = {
    "observation": ("density",),
    "media": (),
    "deployment": ("cameras",),
    "incident": ("hotspots",),
    "map": ("tracks",),
}
"""Which layers an event of the live stream changes; any other: all of them."""
LEAST_S = {"density": 10.0, "cameras": 1.0}
WITHIN_S: dict[str, float] = {"cameras": 15.0, "density": 60.0, "hotspots": 60.0, "tracks": 300.0}
"""So long a tile is believed without news: health is a matter of time, and not all that counts rest on is
told (labels, corrected clocks, effort)."""


@dataclass(frozen=True, slots=True)
class Tile:
    content: bytes
    """Mapbox Vector Tile; empty: nothing is there."""
    etag: str
    """Of the content alone, so it is the same in every process."""


@dataclass(frozen=True, slots=True)
class Asker:
    """What an answer may depend on of whoever asks."""

    reserve: str
    reserve_id: UUID
    exact: bool
    """Whether they may see where sensitive species are."""


class Tiles:
    """
    Args:
        most_bytes: of tiles; what they are made of may take as much again.
    """

    def __init__(self, database: Database, most_bytes: int) -> None:
        self._database = database
        self._tiles: Kept[Tile] = Kept(most_bytes, lambda tile: len(tile.content) + 500)
        self._fields: Kept[densities.Field] = Kept(most_bytes // 2, lambda one: one.bytes)
        self._fleets: Kept[fleets.Fleet] = Kept(most_bytes // 2, lambda one: one.bytes)
        self._beats: dict[UUID, fleets.Fleet] = {}
        self._versions = Versions(LEAST_S)

    def heard(self, reserve: str | None, event: str) -> None:
        """News of the live stream; no reserve: some may have been missed."""
        if reserve is None:
            self._versions.heard_nothing_for_a_while()
        else:
            self._versions.heard(reserve, TOUCHED_BY.get(event, LAYERS))

    def cameras(self, asker: Asker, tile: TileId) -> Tile:
        version = self._versions.of(asker.reserve, "cameras")

        def make() -> bytes:
            now = self._fleet(asker, version)
            here = now.within(tile)
            if tile.z < fleets.CLUSTERED_BELOW_ZOOM or len(here) > fleets.MOST_IN_TILE:
                found = [
                    tiles.Cluster(one.x, one.y, one.count, one.status, one.by_status)
                    for one in fleets.clusters(now, here, tile)
                ]
                with self._database.transaction() as conn:
                    return tiles.clusters_tile(conn, tile.bounds, found) if found else b""
            with self._database.transaction() as conn:
                return (
                    tiles.cameras_tile(
                        conn,
                        tile.bounds,
                        [now.ids[n] for n in here.tolist()],
                        [fleets.STATUSES[n] for n in now.status[here].tolist()],
                    )
                    if len(here)
                    else b""
                )

        return self._kept("cameras", (asker.reserve_id, version, tile), make)

    def density(
        self, asker: Asker, tile: TileId, question: densities.Question, kind: Kind, hidden: Sensitive
    ) -> Tile:
        version = self._versions.of(asker.reserve, "density")
        asked = (question, tuple(sorted(hidden.species.items())), version)

        def make() -> bytes:
            field = self._fields.get_or_make(
                asked, WITHIN_S["density"], lambda: self._field(question, hidden)
            )
            lattice = Lattice.at_zoom(kind, tile.z)
            west, south, east, north = tile.bounds
            margin = (east - west) * densities.MARGIN_UNITS / 4096
            cells = field.gridded(lattice).within(
                west - margin, south - margin, east + margin, north + margin
            )
            if not cells:
                return b""
            with self._database.transaction() as conn:
                return tiles.density_tile(
                    conn,
                    tile.bounds,
                    kind,
                    lattice.size_m,
                    [
                        tiles.Cell(
                            column,
                            row,
                            one.status,
                            one.deployments,
                            one.camera_days,
                            one.events,
                            one.rate,
                            one.low,
                            one.high,
                        )
                        for column, row, one in cells
                    ],
                )

        return self._kept("density", (asked, kind, tile), make)

    def hotspots(self, asker: Asker, tile: TileId, since: datetime | None, until: datetime | None) -> Tile:
        version = self._versions.of(asker.reserve, "hotspots")

        def make() -> bytes:
            with self._database.transaction() as conn:
                return tiles.hotspots_tile(conn, tile.bounds, asker.reserve_id, since, until)

        return self._kept("hotspots", (asker.reserve_id, since, until, version, tile), make)

    def tracks(self, asker: Asker, tile: TileId, since: datetime | None, until: datetime | None) -> Tile:
        version = self._versions.of(asker.reserve, "tracks")

        def make() -> bytes:
            with self._database.transaction() as conn:
                return tiles.tracks_tile(conn, tile.bounds, asker.reserve_id, since, until)

        return self._kept("tracks", (asker.reserve_id, since, until, version, tile), make)

    def _kept(self, layer: LayerName, key: Hashable, make: Callable[[], bytes]) -> Tile:
        return self._tiles.get_or_make((layer, key), WITHIN_S[layer], lambda: _tile(make()))

    def _field(self, question: densities.Question, hidden: Sensitive) -> densities.Field:
        with self._database.transaction() as conn:
            return densities.read(conn, question, hidden)

    def _fleet(self, asker: Asker, version: Hashable) -> fleets.Fleet:
        def make() -> fleets.Fleet:
            before = self._beats.get(asker.reserve_id)
            with self._database.transaction() as conn:
                now = fleets.read(conn, asker.reserve_id, utc_now(), before.beats if before else {})
            self._beats[asker.reserve_id] = now
            return now

        return self._fleets.get_or_make((asker.reserve_id, version), WITHIN_S["cameras"], make)


def _tile(content: bytes) -> Tile:
    return Tile(content, f'"{hashlib.blake2b(content, digest_size=12).hexdigest()}"')
