"""Whether pieces of evidence agree: in time, in direction, in place. Pure; `fuse` decides by it.

Everything is judged by capture time. What one station sees is compared by direction, what several see by the
place that follows from it.
"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime, timedelta
from functools import reduce
from typing import TYPE_CHECKING

import shapely  # type: ignore[import-untyped]
from scipy.special import chdtrc

from fieldwatch_cloud.incidents.domain import Evidence, Sighting, Spot
from fieldwatch_cloud.incidents.locate import (
    RANGE_M,
    by_station,
    ellipse,
    ellipse_axes,
    fit,
    same_station,
    sector,
    solve,
)
from fieldwatch_cloud.incidents.plane import ELLIPSOID, Plane

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

TIME_WINDOW = timedelta(minutes=30)
REPORT_WINDOW = timedelta(hours=2)
"""A place that a person gave stays one for longer than a direction."""
HOTSPOT_WINDOW = timedelta(hours=6)
"""About the time between two passes of the VIIRS satellites."""
MIN_HALF_ANGLE_DEG = 2.0
MAX_HALF_ANGLE_DEG = 30.0
MIN_APART_DEG = 8.0
"""Smoke leans and grows: bearings of one fire from one camera differ by less than this, or by what their
uncertainties explain."""
AT_ONCE_APART_DEG, LEAN_DEG_PER_MIN = 4.0, 1.0
"""In one picture of one camera it has not leant or grown yet: two plumes beside each other are two."""
DRIFT_DEG_PER_MIN = 0.5
"""How fast wind moves the bearing of one smoke at most: what differs by more shows two fires."""
FIRE_SIZE_M = 400.0
"""A fire is no point: pixel, foot of the smoke and a ranger's finger on the map may lie so far apart."""
_WIDER = math.sqrt(13.82 / 5.99)
"""From the 95 % ellipse to that of 99.9 %: what belongs to a fire must not miss it by bad luck."""
_BY_CHANCE, _HARDLY = 0.05, 0.01


def window(evidence: Evidence) -> timedelta:
    """How far in time from other evidence it may be part of the same fire."""
    if isinstance(evidence, Sighting):
        return TIME_WINDOW
    return HOTSPOT_WINDOW if evidence.method == "hotspot" else REPORT_WINDOW


def newest(evidence: Sequence[Evidence]) -> tuple[list[Sighting], list[Spot]]:
    """What the present place follows from: of each camera and person the newest, of satellites the pixels of
    the newest pass as one."""
    ordered = sorted(evidence, key=lambda e: e.observed_at, reverse=True)
    bearings: dict[UUID, Sighting] = {}
    reports: dict[UUID, Spot] = {}
    pixels: list[Spot] = []
    for e in ordered:
        if isinstance(e, Sighting):
            if e.bearing_deg is not None:
                bearings.setdefault(e.source, e)
        elif e.method == "report":
            reports.setdefault(e.source, e)
        elif not pixels or pixels[0].observed_at - e.observed_at <= timedelta(minutes=10):
            pixels.append(e)
    spots = list(reports.values())
    if pixels:
        spots.append(_one_fire_of(pixels))
    return by_station(bearings.values()), spots


def own_sightings(new: Sighting, evidence: Iterable[Evidence]) -> list[Sighting]:
    """What the same station saw around that time, or else nearest to it."""
    own = [
        e
        for e in evidence
        if isinstance(e, Sighting)
        and (
            e.source == new.source
            if new.bearing_deg is None or e.bearing_deg is None
            else e.source == new.source or same_station(e, new)
        )
    ]
    own.sort(key=lambda s: abs(s.observed_at - new.observed_at))
    return [s for s in own if abs(s.observed_at - new.observed_at) <= TIME_WINDOW] or own[:1]


def same_direction(a: Sighting, b: Sighting) -> bool:
    """Whether one station may mean one fire by both."""
    return degrees_apart(a, b) <= _explained_deg(a, b)


def two_fires(one: Iterable[Evidence], other: Iterable[Evidence]) -> bool:
    """Whether a station saw both in directions that no wind explains."""
    others = [e for e in other if isinstance(e, Sighting) and e.bearing_deg is not None]
    return any(
        degrees_apart(a, b)
        > _explained_deg(a, b) + DRIFT_DEG_PER_MIN * abs(a.observed_at - b.observed_at) / timedelta(minutes=1)
        for a in one
        if isinstance(a, Sighting) and a.bearing_deg is not None
        for b in others
        if a.source == b.source or same_station(a, b)
    )


def misfit(new: Evidence, others: Sequence[Evidence]) -> float | None:
    """How what `new` says of the place fits where the others place their fire.

    0: it bears out a place that is known without it. 1: it makes one, as any line does that crosses another.
    Above 1: it lies off by more than chance would have it, the farther the more. None: it does not meet that
    region, or is farther off than chance and the size of a fire explain.
    """
    if isinstance(new, Sighting) and new.bearing_deg is None:
        return None
    plane = Plane(new.lon, new.lat)
    theirs = region_of(others, new.observed_at, plane)
    if theirs is None or not shapely.intersects(_extent(new, plane), theirs):
        return None
    added, freedom = _added(new, others)
    if freedom == 0:
        return 1.0
    by_chance = float(chdtrc(freedom, added))
    return None if by_chance < _HARDLY else 0.0 if by_chance >= _BY_CHANCE else 1.0 + added


def region_of(evidence: Iterable[Evidence], at: datetime, plane: Plane) -> shapely.Geometry | None:
    """Where the evidence places its fire at that time, in the plane; None: it says nothing.

    One fire lies in the sectors of all cameras: to meet just one is what any fire along that line does.
    """
    bearings, spots = _nearest(evidence, at)
    if not bearings and not spots:
        return None
    found = solve(bearings, spots) if len(bearings) + len(spots) > 1 else None
    if found is not None:
        major, minor, orientation = ellipse_axes(found.covariance)
        ((east, north),) = plane.metres(found.lon, found.lat)
        shape = ellipse(_WIDER * major, _WIDER * minor, orientation, (float(east), float(north)))
        return shape.buffer(FIRE_SIZE_M)
    everything: list[Evidence] = [*bearings, *spots]
    shapes = [_extent(e, plane) for e in everything]
    common = reduce(shapely.intersection, shapes)
    return shapely.union_all(shapes) if common.is_empty else common


def degrees_apart(a: Sighting, b: Sighting) -> float:
    """Between two bearings of one station, 0 to 180."""
    if a.bearing_deg is None or b.bearing_deg is None:
        return 0.0  # Nothing tells them apart.
    return abs((a.bearing_deg - b.bearing_deg + 180) % 360 - 180)


def _explained_deg(a: Sighting, b: Sighting) -> float:
    room = MIN_APART_DEG
    if a.source == b.source and a.kind == b.kind:
        minutes = abs(a.observed_at - b.observed_at) / timedelta(minutes=1)
        room = min(room, AT_ONCE_APART_DEG + LEAN_DEG_PER_MIN * minutes)
    return max(room, 2 * math.hypot(a.sd_deg, b.sd_deg))


def _added(new: Evidence, others: Sequence[Evidence]) -> tuple[float, int]:
    """By how much χ² grows when all is fitted with `new`, and with how many degrees of freedom; (0, 0): it
    crosses something, so that it cannot be off. All is as uncertain as it is about a fire that has a size."""
    bearings, spots = _nearest((new, *others), new.observed_at)
    if len(bearings) + 2 * len(spots) <= 2:
        return 0.0, 0
    rough = fit(bearings, spots)
    if rough is None:
        return 0.0, 0
    at = (rough.lon, rough.lat)
    sd = FIRE_SIZE_M / 2
    away = [max(ELLIPSOID.inv(b.lon, b.lat, *at)[2], 1000.0) for b in bearings]
    bearings = [
        replace(b, bearing_sd_deg=math.hypot(b.sd_deg, math.degrees(sd / metres)))
        for b, metres in zip(bearings, away, strict=True)
    ]
    spots = [
        replace(s, sd_east_m=math.hypot(s.sd_east_m, sd), sd_north_m=math.hypot(s.sd_north_m, sd))
        for s in spots
    ]
    found = fit(bearings, spots, at)
    if found is None:
        return 0.0, 0
    # `new` is nearest in time to itself, and so the first.
    rest = (bearings[1:], spots) if isinstance(new, Sighting) else (bearings, spots[1:])
    before = fit(*rest, at) if len(rest[0]) + 2 * len(rest[1]) > 2 else None
    known = 0.0 if before is None else before.chi2
    return max(0.0, found.chi2 - known), min(found.freedom, 1 if isinstance(new, Sighting) else 2)


def _extent(evidence: Evidence, plane: Plane) -> shapely.Polygon:
    """What one piece of evidence says of the place, in the plane: a view sector of two standard deviations to
    each side, or an ellipse and the size of a fire."""
    if isinstance(evidence, Sighting):
        half = min(max(2 * evidence.sd_deg, MIN_HALF_ANGLE_DEG), MAX_HALF_ANGLE_DEG)
        return sector(evidence, plane, half_deg=half, range_m=RANGE_M)
    ((east, north),) = plane.metres(evidence.lon, evidence.lat)
    reach = math.sqrt(5.99)
    shape = ellipse(reach * evidence.sd_east_m, reach * evidence.sd_north_m, 90, (float(east), float(north)))
    return shape.buffer(FIRE_SIZE_M)


def _nearest(evidence: Iterable[Evidence], at: datetime) -> tuple[list[Sighting], list[Spot]]:
    """Of each station, and of each source of places, what is nearest to that time."""
    ordered = sorted(evidence, key=lambda e: abs(e.observed_at - at))
    bearings: list[Sighting] = []
    spots: dict[tuple[str, UUID | None], Spot] = {}
    for e in ordered:
        if isinstance(e, Spot):
            # The pixels of one pass are one large fire, not many sightings of a point.
            spots.setdefault((e.method, None if e.method == "hotspot" else e.source), e)
        elif e.bearing_deg is not None and not any(same_station(e, b) for b in bearings):
            bearings.append(e)
    return bearings, list(spots.values())


def _one_fire_of(pixels: Sequence[Spot]) -> Spot:
    """The middle of a pass's pixels, as uncertain as a pixel and as wide as their scatter."""
    first = pixels[0]
    if len(pixels) == 1:
        return first
    plane = Plane(first.lon, first.lat)
    metres = plane.metres([p.lon for p in pixels], [p.lat for p in pixels])
    ((lon, lat),) = plane.degrees(metres.mean(axis=0)[None])
    east, north = metres.std(axis=0)
    return replace(
        first,
        lon=float(lon),
        lat=float(lat),
        sd_east_m=math.hypot(first.sd_east_m, float(east)),
        sd_north_m=math.hypot(first.sd_north_m, float(north)),
    )
