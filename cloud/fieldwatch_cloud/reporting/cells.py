"""Where animals were met: the hexagons of a report's map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely  # type: ignore[import-untyped]
from pyproj import Geod

from fieldwatch_cloud.errors import QuestionError
from fieldwatch_cloud.estimates import tables
from fieldwatch_cloud.reporting.facts import Cell
from fieldwatch_cloud.reporting.intervals import interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fieldwatch_cloud.db.pool import Database
    from fieldwatch_cloud.estimates.ground import Question

LEAST_ACROSS, MOST_ACROSS = 5, 26
"""So many hexagons lie side by side in a reserve: to be read on paper at arm's length."""
CELLS_PER_CAMERA = 3
COARSEST, FINEST = 3, 9
_GEOD = Geod(ellps="WGS84")


def hexagons(
    db: Database, question: Question, boundary: str | None, places: Sequence[tuple[float, float]]
) -> tuple[Cell, ...]:
    """Those that hold a camera which stood there; rates of all animals together.

    Args:
        boundary: of the reserve, GeoJSON.
        places: (lon, lat) of the cameras that stood there in the question's span.
    """
    if not places:
        return ()
    standing = np.array(places)
    for resolution in range(_resolution(boundary, places), COARSEST - 1, -1):
        try:
            with db.transaction() as conn:
                found = tables.gridded(conn, question, kind="h3", size=resolution)
        except QuestionError:
            continue  # Too many cells: coarser.
        return tuple(
            Cell(
                outline=shapely.to_geojson(one.cell.geometry),
                deployments=one.deployments,
                camera_days=one.looked.camera_days,
                rate=interval(one.looked.species[0].rate) if one.looked.species else None,
            )
            for one in found.cells
            # Where a camera stood years ago says nothing about these days.
            if one.looked.species
            or shapely.contains_xy(one.cell.geometry, standing[:, 0], standing[:, 1]).any()
        )
    return ()


def _resolution(boundary: str | None, places: Sequence[tuple[float, float]]) -> int:
    """Of H3: its hexagons are 1.4 edges wide, and their edges shrink by √7 from each to the next."""
    west, south, east, north = shapely.bounds(
        shapely.from_geojson(boundary) if boundary else shapely.MultiPoint(places)
    )
    across_m = max(
        abs(_GEOD.inv(west, (south + north) / 2, east, (south + north) / 2)[2]),
        abs(_GEOD.inv(west, south, west, north)[2]),
        1000.0,
    )
    # Few cameras get few cells: the rate of one is no map.
    across = min(max((CELLS_PER_CAMERA * len(places)) ** 0.5, LEAST_ACROSS), MOST_ACROSS)
    edge_m = 1_281_256.0  # Resolution 0 (h3geo.org, "Average edge length").
    for resolution in range(FINEST):
        # The next would be finer by √7: the nearer of the two.
        if resolution >= COARSEST and across_m / (edge_m * 1.73) >= across / 7**0.25:
            return resolution
        edge_m /= 7**0.5
    return FINEST
