"""The ground of each reserve, read once per process and again when another is loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fieldwatch_cloud.db import terrain as stored
from fieldwatch_cloud.incidents import agreement
from fieldwatch_cloud.incidents.domain import Evidence, Place, Sighting
from fieldwatch_cloud.incidents.locate import place as placed
from fieldwatch_cloud.incidents.plane import Plane

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from fieldwatch_cloud.db.pool import Connection
    from fieldwatch_cloud.incidents.terrain import Ground

_read: dict[str, tuple[datetime, Ground]] = {}
"""By reserve. Whoever holds a reserve's lock writes its entry; a lost race reads a file twice."""


def of_reserve(conn: Connection, reserve: str) -> Ground | None:
    """The ground around a reserve's cameras; None: nobody has loaded it."""
    loaded = stored.loaded(conn, reserve)
    if loaded is None:
        _read.pop(reserve, None)
        return None
    # Only here: GDAL is large, and most reserves have no ground loaded.
    from fieldwatch_cloud.incidents import terrain

    known = _read.get(reserve)
    if known is None or known[0] != loaded.loaded_at:
        content = stored.content(conn, reserve)
        if content is None:
            return None
        known = _read[reserve] = (loaded.loaded_at, terrain.read(content))
    return known[1]


def refine(conn: Connection, reserve: str, place: Place | None, evidence: Sequence[Evidence]) -> Place | None:
    """A place without a point, seen over the ground: where the one camera's line of sight meets it, or at
    least without what the cameras cannot see. Without a loaded ground, as it was."""
    if place is None or place.fix is not None:
        return place
    bearings = [b for b in agreement.newest(evidence)[0] if not b.person]
    ground = of_reserve(conn, reserve) if bearings else None
    if ground is None:
        return place
    from fieldwatch_cloud.incidents import terrain

    met = (
        terrain.foot(ground, bearings[0]) if len(bearings) == 1 and _all_see(evidence, bearings[0]) else None
    )
    if met is not None:
        return placed(met, "terrain")
    plane = Plane(bearings[0].lon, bearings[0].lat)
    region = plane.metres_of(place.region)
    return Place(plane.geography(terrain.cut(ground, region, plane, bearings)))


def _all_see(evidence: Sequence[Evidence], one: Sighting) -> bool:
    """Whether the one station is all there is."""
    return all(isinstance(e, Sighting) and (e.lon, e.lat) == (one.lon, one.lat) for e in evidence)
