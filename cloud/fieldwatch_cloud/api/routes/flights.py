"""Flights: where drones flew, what they saw, and how many animals that makes."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from fieldwatch_cloud import flights as found
from fieldwatch_cloud.api.auth import AnyMember, SignedIn, visible
from fieldwatch_cloud.api.models.common import Instant, Point, problems
from fieldwatch_cloud.api.models.flights import (
    FlightAnswer,
    FlightLine,
    FlightPoint,
    FlightPointProperties,
    FlightPoints,
    Flights,
    FlightSummary,
    FlightTaxon,
)
from fieldwatch_cloud.api.services import Db
from fieldwatch_cloud.db import flights
from fieldwatch_cloud.errors import NotFoundError
from fieldwatch_cloud.sensitive import sees_exact

router = APIRouter(tags=["flights"])
ASSUMPTIONS = [
    "Whoever is on the ground in a picture is seen in it: trees, burrows and the night hide animals.",
    "Animals are counted only in pictures that share no ground, so that nobody is counted twice.",
    "Between two of these pictures nobody walks from one into the other.",
    "The ground is flat, and as far below the drone as it wrote.",
    "It holds for the ground that was flown over, not for the reserve.",
    "Where none was seen, the upper limit is that of animals that live alone.",
]


@router.get("/reserves/{slug}/flights", summary="Where drones flew", responses=problems(401, 404))
def list_flights(member: AnyMember, db: Db) -> Flights:
    """Newest first. A flight is a deployment that moves: it counts as no camera, and has no camera-days."""
    with db.transaction() as conn:
        return Flights(
            items=[
                FlightSummary.model_validate(_summary(one))
                for one in flights.of_reserve(conn, member.reserve_id)
            ]
        )


@router.get(
    "/reserves/{slug}/flights/animals",
    summary="Where flights saw animals",
    responses=problems(401, 404, 422),
)
def list_flight_animals(
    member: AnyMember,
    db: Db,
    from_: Annotated[Instant | None, Query(alias="from", description="Seen at or after.")] = None,
    to: Annotated[Instant | None, Query(description="Seen before.")] = None,
) -> FlightPoints:
    """Each animal at its own place on flat ground, or at the camera's where the aim is not known. Without
    pictures that people have reviewed, and for those who may not see sensitive species, without these."""
    with db.transaction() as conn:
        points = flights.points(conn, member.reserve_id, from_, to, exact=member.exact)
    return FlightPoints(
        features=[
            FlightPoint(
                geometry=Point(coordinates=(one.lon, one.lat)),
                properties=FlightPointProperties.model_validate(one, from_attributes=True),
            )
            for one in points
        ]
    )


@router.get(
    "/deployments/{deployment_id}/flight", summary="What a flight found", responses=problems(401, 404)
)
def get_flight(deployment_id: UUID, caller: SignedIn, db: Db) -> FlightAnswer:
    """Pictures, the ground in them, and animals per km² of it, from pictures that do not overlap."""
    with db.transaction() as conn:
        place = visible(conn, deployment_id, caller)
        told = found.findings(conn, deployment_id, exact=sees_exact(caller.roles_in(place.reserve)))
    if told is None:
        raise NotFoundError(f"deployment {deployment_id} is no flight: it stands still")
    return FlightAnswer.model_validate(
        {
            **_summary(told.flight),
            "with_footprint": told.with_footprint,
            "footprint_km2": told.footprint_km2,
            "footprint": told.footprint,
            "apart": told.apart,
            "apart_km2": told.apart_km2,
            "apart_pictures": told.apart_pictures,
            "not_observed": told.not_observed,
            "animals": [FlightTaxon.model_validate(one, from_attributes=True) for one in told.animals],
            "assumptions": ASSUMPTIONS,
        }
    )


def _summary(one: flights.Flight) -> dict[str, object]:
    line = one.line
    return {
        "id": one.id,
        "name": one.name,
        "node_id": one.node_id,
        "pictures": one.pictures,
        "started_at": one.started_at,
        "ended_at": one.ended_at,
        "track": FlightLine(coordinates=line) if len(line) > 1 else None,
        "bounds": one.bounds,
    }
