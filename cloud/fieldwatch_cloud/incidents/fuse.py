"""Which incident a new suspicion belongs to.

By capture time, never by arrival: a node that was cut off for two hours delivers old pictures, and they
belong to the fire of two hours ago. Two things make a sighting part of a known fire:

- the same camera sees it in about the same direction. Clearly another direction is another fire, even in
  the same picture and even if another camera's line of sight would fit;
- another camera's view sector (bearing give or take its uncertainty, `RANGE_M` long) meets the region in
  which the cameras that already see the fire place it.

A sighting without a bearing (a camera whose heading nobody measured) says nothing about where: it joins only
what its own camera saw. Two alerts for one fire cost a glance; one alert for two fires costs a forest.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from functools import reduce
from typing import TYPE_CHECKING

import shapely  # type: ignore[import-untyped]
from pyproj import Geod

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.incidents.domain import Sighting

TIME_WINDOW = timedelta(minutes=30)
RANGE_M = 20_000.0
"""Farther than a camera's picture shows young smoke."""
MIN_HALF_ANGLE_DEG = 2.0
MAX_HALF_ANGLE_DEG = 30.0
MIN_APART_DEG = 8.0
"""Smoke leans and grows: bearings of one fire from one camera differ by less than this, or by what their
uncertainties explain."""
_ELLIPSOID = Geod(ellps="WGS84")
_ARC_STEP_DEG = 2.0


@dataclass(frozen=True, slots=True)
class Candidate:
    """An incident that the sighting might belong to, with its sightings so far (at least one)."""

    incident_id: UUID
    sightings: tuple[Sighting, ...]


def choose_incident(new: Sighting, candidates: Iterable[Candidate]) -> UUID | None:
    """The incident that `new` belongs to, or None: it opens another.

    Where several fit, the one that the same camera saw nearest to this bearing wins, then the one with the
    sighting nearest in time. An incident's span says nothing: one suspicion from a clock that was wrong by
    years would stretch it over every fire in between.

    Args:
        candidates: incidents of the same reserve; those out of the time window are left aside here.
    """
    fits = [
        ((rank, apart), c.incident_id)
        for c in candidates
        if (apart := min(abs(new.observed_at - s.observed_at) for s in c.sightings)) <= TIME_WINDOW
        and (rank := _rank(new, c)) is not None
    ]
    return min(fits, key=lambda fit: fit[0])[1] if fits else None


def lateness(observed_at: datetime, received_at: datetime) -> timedelta:
    """How long after the picture its news arrived; never negative, a node's clock may run ahead."""
    return max(received_at - observed_at, timedelta())


def _rank(new: Sighting, candidate: Candidate) -> float | None:
    """Degrees apart for the same camera, 360 for another camera whose sector fits, None: not this fire."""
    own = [s for s in candidate.sightings if s.source == new.source]
    if own:
        apart = min(_degrees_apart(new, s) for s in own)
        return apart if any(_same_direction(new, s) for s in own) else None
    return 360.0 if _sectors_meet(new, candidate.sightings) else None


def _degrees_apart(a: Sighting, b: Sighting) -> float:
    if a.bearing_deg is None or b.bearing_deg is None:
        return 0.0  # Nothing tells them apart.
    return abs((a.bearing_deg - b.bearing_deg + 180) % 360 - 180)


def _same_direction(a: Sighting, b: Sighting) -> bool:
    return _degrees_apart(a, b) <= max(MIN_APART_DEG, 2 * math.hypot(a.sd_deg, b.sd_deg))


def _sectors_meet(new: Sighting, others: Iterable[Sighting]) -> bool:
    """Whether the sector of `new` meets the region common to the sectors of the other cameras."""
    by_camera: dict[UUID, list[shapely.Polygon]] = defaultdict(list)
    for sighting in others:
        if sighting.bearing_deg is not None:
            by_camera[sighting.source].append(sector(sighting, new.lon, new.lat))
    if new.bearing_deg is None or not by_camera:
        return False
    regions = [shapely.union_all(sectors) for sectors in by_camera.values()]
    # One fire lies in all of them; to meet just one sector is what any fire along that line does.
    common = reduce(shapely.intersection, regions)
    return shapely.intersects(sector(new, new.lon, new.lat), common)  # type: ignore[no-any-return]


def sector(sighting: Sighting, origin_lon: float, origin_lat: float) -> shapely.Polygon:
    """The view sector of a sighting with a bearing: `RANGE_M` long, two standard deviations to each side.

    Returns:
        a polygon in metres east and north of the origin (azimuthal equidistant on the WGS 84 ellipsoid), so
        that neither the antimeridian nor high latitudes need care.
    """
    assert sighting.bearing_deg is not None  # noqa: S101  Callers have checked.
    half = min(max(2 * sighting.sd_deg, MIN_HALF_ANGLE_DEG), MAX_HALF_ANGLE_DEG)
    steps = max(2, math.ceil(2 * half / _ARC_STEP_DEG))
    azimuths = [sighting.bearing_deg - half + 2 * half * i / steps for i in range(steps + 1)]
    n = len(azimuths)
    lons, lats, _ = _ELLIPSOID.fwd([sighting.lon] * n, [sighting.lat] * n, azimuths, [RANGE_M] * n)
    lons, lats = [sighting.lon, *lons], [sighting.lat, *lats]
    toward, _, metres = _ELLIPSOID.inv([origin_lon] * (n + 1), [origin_lat] * (n + 1), lons, lats)
    angles = [math.radians(azimuth) for azimuth in toward]
    return shapely.Polygon([(m * math.sin(a), m * math.cos(a)) for a, m in zip(angles, metres, strict=True)])
