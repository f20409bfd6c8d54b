"""What a flight found: the ground that its pictures show, and how many animals live on it.

Pictures of a flight overlap on purpose, and an animal that is in three of them is one animal. So animals are
counted in a set of pictures whose footprints share no ground, taken in the order in which they were made; the
others are looked at too, and say where animals were, but count nothing. The set does not depend on what was
seen: to prefer pictures with animals would make more of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import shapely  # type: ignore[import-untyped]

from fieldwatch_cloud.counts.flight_density import LEAST_PICTURES, FlightDensity, flight_density
from fieldwatch_cloud.db import flights
from fieldwatch_cloud.incidents.plane import ELLIPSOID, Plane
from fieldwatch_shared.looking import View

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection

TOUCH_M2 = 1.0
"""Footprints that share less than this do not overlap: rounding would make neighbours of strips do."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Of one taxon, in pictures that do not overlap."""

    scientific_name: str
    seen: int
    """In all pictures, one animal perhaps many times."""
    counted: int
    density: FlightDensity | None
    pictures: list[UUID]
    """Kept ones in which it was counted."""


@dataclass(frozen=True, slots=True)
class Findings:
    flight: flights.Flight
    with_footprint: int
    footprint: dict[str, Any] | None
    """GeoJSON of the ground in at least one picture; None: of no picture is it known."""
    footprint_km2: float | None
    apart: int
    """Pictures that do not overlap."""
    apart_km2: float
    apart_pictures: list[UUID]
    animals: list[Counted]
    not_observed: str | None
    """Why there is no density: `no_pictures`, `no_footprint`, `too_few_pictures`."""


def findings(conn: Connection, deployment_id: UUID, *, exact: bool) -> Findings | None:
    """None: there is no such flight.

    Args:
        exact: False: keep silent about sensitive species.
    """
    flight = flights.flight(conn, deployment_id)
    if flight is None:
        return None
    pictures = flights.pictures(conn, deployment_id)
    return told(flight, pictures, flights.animals(conn, deployment_id, exact=exact))


def told(
    flight: flights.Flight, pictures: Sequence[flights.Picture], animals: dict[UUID, dict[str, int]]
) -> Findings:
    """The findings from all pictures of a flight and the animals in each, by its id."""
    seen_by: dict[UUID, list[tuple[float, float]]] = {}
    for one in pictures:
        corners = _footprint(one)
        if corners is not None:
            seen_by[one.id] = corners
    apart: dict[UUID, float] = {}
    footprint, area = None, None
    if seen_by:
        plane = Plane(pictures[0].lon, pictures[0].lat)
        shapes = {id_: _polygon(plane, corners) for id_, corners in seen_by.items()}
        apart = {id_: _km2(plane, shapes[id_]) for id_ in _apart(shapes)}
        whole = plane.geography(shapely.union_all(list(shapes.values())))
        area = abs(ELLIPSOID.geometry_area_perimeter(whole)[0]) / 1e6
        footprint = dict(shapely.geometry.mapping(shapely.set_precision(whole, 1e-7)))
    why = None
    if not pictures:
        why = "no_pictures"
    elif not seen_by:
        why = "no_footprint"
    elif len(apart) < LEAST_PICTURES:
        why = "too_few_pictures"
    return Findings(
        flight=flight,
        with_footprint=len(seen_by),
        footprint=footprint,
        footprint_km2=area,
        apart=len(apart),
        apart_km2=sum(apart.values()),
        apart_pictures=list(apart),
        animals=[
            _counted(name, apart, animals)
            for name in sorted({n for in_it in animals.values() for n in in_it})
        ],
        not_observed=why,
    )


def _counted(name: str, apart: dict[UUID, float], animals: dict[UUID, dict[str, int]]) -> Counted:
    counts = [animals.get(id_, {}).get(name, 0) for id_ in apart]
    return Counted(
        scientific_name=name,
        seen=sum(in_it.get(name, 0) for in_it in animals.values()),
        counted=sum(counts),
        density=flight_density(counts, list(apart.values())),
        pictures=[id_ for id_, count in zip(apart, counts, strict=True) if count],
    )


def _footprint(one: flights.Picture) -> list[tuple[float, float]] | None:
    if (
        one.height_m is None
        or one.heading_deg is None
        or one.tilt_deg is None
        or one.field_of_view_deg is None
        or one.aspect is None
    ):
        return None
    return View(
        one.lon, one.lat, one.height_m, one.heading_deg, one.tilt_deg, one.field_of_view_deg, one.aspect
    ).footprint()


def _polygon(plane: Plane, corners: Sequence[tuple[float, float]]) -> shapely.Geometry:
    return shapely.Polygon(plane.metres([lon for lon, _ in corners], [lat for _, lat in corners]))


def _apart(shapes: dict[UUID, shapely.Geometry]) -> list[UUID]:
    """In their order, each that overlaps none of those before it that were taken."""
    ids, polygons = list(shapes), list(shapes.values())
    tree = shapely.STRtree(polygons)
    taken: set[int] = set()
    for number, polygon in enumerate(polygons):
        near = [other for other in tree.query(polygon).tolist() if other in taken]
        if all(polygon.intersection(polygons[other]).area < TOUCH_M2 for other in near):
            taken.add(number)
    return [ids[number] for number in sorted(taken)]


def _km2(plane: Plane, shape: shapely.Geometry) -> float:
    return abs(float(ELLIPSOID.geometry_area_perimeter(plane.geography(shape))[0])) / 1e6
