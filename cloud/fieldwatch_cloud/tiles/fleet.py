"""Where a reserve's cameras stand and how they fare, held in memory for some seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fieldwatch_cloud.basemap.mercator import project
from fieldwatch_cloud.db import heartbeats, tiles
from fieldwatch_cloud.fleet.health import HealthStatus, deployment_health

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from numpy.typing import NDArray

    from fieldwatch_cloud.basemap.mercator import TileId
    from fieldwatch_cloud.db.pool import Connection
    from fieldwatch_shared.messages import Heartbeat

STATUSES = tuple(status.value for status in HealthStatus)
CLUSTERED_BELOW_ZOOM = 8
MOST_IN_TILE = 500
CLUSTERS_ACROSS = 12
"""Cells that a tile is divided into, to each side: circles of some 40 pixels do not overlap."""
WORST_FIRST = ("silent", "attention", "never_seen", "ok", "ended")


@dataclass(frozen=True, slots=True)
class Beat:
    """A node's newest heartbeat, once it was read: reading thousands takes longer than judging them."""

    heard_at: datetime
    heartbeat: Heartbeat | None


@dataclass(frozen=True, slots=True)
class Fleet:
    """(cameras,) each."""

    ids: list[UUID]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    """Metres in web mercator."""
    status: NDArray[np.int64]
    """Places in `STATUSES`."""
    beats: Mapping[str, Beat]

    @property
    def bytes(self) -> int:
        return 4096 + 400 * len(self.ids) + 2000 * len(self.beats)

    def within(self, tile: TileId) -> NDArray[np.int64]:
        """Which of them stand in the tile: each in one tile of a zoom, those on an edge too."""
        west, south, east, north = tile.bounds
        return np.flatnonzero((self.x >= west) & (self.x < east) & (self.y > south) & (self.y <= north))


@dataclass(frozen=True, slots=True)
class Cluster:
    x: float
    y: float
    count: int
    by_status: dict[str, int]

    @property
    def status(self) -> str:
        """The one that asks for somebody most."""
        return next(status for status in WORST_FIRST if self.by_status[status])


def read(conn: Connection, reserve_id: UUID, now: datetime, known: Mapping[str, Beat]) -> Fleet:
    """All deployments of a reserve, judged now.

    Args:
        known: heartbeats that were read before; only newer ones are read again.
    """
    heard = tiles.heard(conn, reserve_id)
    beats = {node: known[node] for node, at in heard.items() if node in known and known[node].heard_at == at}
    bodies = tiles.bodies(conn, [node for node in heard if node not in beats])
    beats |= {node: Beat(at, heartbeats.read(node, body)) for node, (at, body) in bodies.items()}
    cameras = tiles.cameras(conn, reserve_id)
    status = []
    for camera in cameras:
        beat = beats.get(camera.node_id) if camera.node_id is not None else None
        judged = deployment_health(
            camera.id,
            started_at=camera.started_at,
            ended_at=camera.ended_at,
            online=camera.online,
            heartbeat=beat.heartbeat if beat else None,
            heard_at=beat.heard_at if beat else None,
            now=now,
        )
        status.append(STATUSES.index(judged.status))
    x, y = project(np.array([one.lon for one in cameras]), np.array([one.lat for one in cameras]))
    return Fleet([one.id for one in cameras], x, y, np.array(status, dtype=np.int64), beats)


def clusters(fleet: Fleet, here: NDArray[np.int64], tile: TileId) -> list[Cluster]:
    """The cameras `here`, gathered by parts of the tile; none is in two."""
    west, south, east, _ = tile.bounds
    side = (east - west) / CLUSTERS_ACROSS
    columns = ((fleet.x[here] - west) // side).astype(int)
    rows = ((fleet.y[here] - south) // side).astype(int)
    part = columns * (CLUSTERS_ACROSS + 1) + rows
    found = []
    for number in np.unique(part).tolist():
        inside = here[part == number]
        counted = np.bincount(fleet.status[inside], minlength=len(STATUSES)).tolist()
        found.append(
            Cluster(
                float(fleet.x[inside].mean()),
                float(fleet.y[inside].mean()),
                len(inside),
                dict(zip(STATUSES, counted, strict=True)),
            )
        )
    return found
