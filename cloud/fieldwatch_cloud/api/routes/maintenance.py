"""What needs a visit, in which order, and visits that were made."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, HTTPException, Query

from fieldwatch_cloud import maintenance
from fieldwatch_cloud.api.auth import STAFF, FieldStaff, SignedIn, check_role, visible
from fieldwatch_cloud.api.models.common import problems
from fieldwatch_cloud.api.models.maintenance import (
    CardCollection,
    Maintenance,
    MaintenanceItem,
    MaintenanceStop,
    NewVisit,
    Visit,
)
from fieldwatch_cloud.api.services import Db
from fieldwatch_cloud.db import geography
from fieldwatch_cloud.db import maintenance as rows
from fieldwatch_cloud.fleet.maintenance import tour
from fieldwatch_shared.messages import utc_now

router = APIRouter(tags=["fleet"])


@router.get(
    "/reserves/{slug}/maintenance", summary="What needs a visit", responses=problems(401, 403, 404, 422)
)
def get_maintenance(
    member: FieldStaff,
    db: Db,
    lon: Annotated[float | None, Query(ge=-180, le=180, description="Where the tour begins.")] = None,
    lat: Annotated[float | None, Query(ge=-90, le=90)] = None,
) -> Maintenance:
    """For technicians and managers: the reason and since when, by rules on the heartbeats of months, and the
    order of the tour. Without a start it begins at the most urgent place."""
    if (lon is None) != (lat is None):
        raise HTTPException(422, "a start needs both lon and lat")
    with db.transaction() as conn:
        items = maintenance.items(conn, member.reserve_id, utc_now())
        visits = rows.visits(conn, member.reserve_id)
    stops = tour(items, (lon, lat) if lon is not None and lat is not None else None)
    number = {id(item): n for n, item in enumerate(items)}
    return Maintenance(
        items=[
            MaintenanceItem(
                reason=item.reason,
                urgency=item.urgency,
                since=item.since,
                node=item.node_id,
                deployment_id=item.camera.id,
                place=item.camera.name,
                of_camera=item.of_camera,
                figures=dict(item.figures),
            )
            for item in items
        ],
        tour=[
            MaintenanceStop(
                deployment_id=stop.camera.id,
                place=stop.camera.name,
                lon=stop.camera.lon,
                lat=stop.camera.lat,
                leg_km=round(stop.leg_km, 3),
                items=[number[id(item)] for item in stop.items],
            )
            for stop in stops
        ],
        km=round(sum(stop.leg_km for stop in stops), 3),
        visits=[
            Visit(
                id=one.id,
                node=one.node_id,
                deployment_id=one.deployment_id,
                place=one.place,
                done_at=one.done_at,
                by=one.by,
                note=one.note,
                reasons=one.reasons,
            )
            for one in visits
        ],
    )


@router.post(
    "/reserves/{slug}/visits",
    summary="Note a visit",
    status_code=204,
    responses=problems(401, 403, 404, 422),
)
def add_visit(body: NewVisit, member: FieldStaff, db: Db) -> None:
    """For technicians and managers: what was said of the place before then is settled. Sent again, it is
    noted once."""
    if body.done_at > utc_now():
        raise HTTPException(422, "a visit that has not been made yet cannot be noted")
    with db.transaction() as conn:
        place = geography.place(conn, body.deployment_id)
        if place.reserve != member.reserve:
            raise HTTPException(404, f"no such deployment in this reserve: {body.deployment_id}")
        rows.add_visit(
            conn,
            member.reserve_id,
            body.id,
            node=place.node_id if body.whole_node else None,
            deployment_id=body.deployment_id,
            done_at=body.done_at,
            by=member.caller.account.id,
            note=body.note or None,
            reasons=body.reasons,
        )


@router.put(
    "/deployments/{deployment_id}/card-collection",
    summary="How often a camera's card is fetched",
    status_code=204,
    responses=problems(401, 403, 404, 422),
)
def put_card_collection(deployment_id: UUID, body: CardCollection, caller: SignedIn, db: Db) -> None:
    """For technicians and managers: then the plan says when it is due."""
    with db.transaction() as conn:
        place = visible(conn, deployment_id, caller)
        check_role(caller.roles_in(place.reserve), STAFF)
        rows.set_card(conn, deployment_id, body.every_days)
