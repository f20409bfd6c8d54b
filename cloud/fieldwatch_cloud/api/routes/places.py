"""Reserves, zones, nodes and deployments."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, HTTPException, Request

from fieldwatch_cloud.api.auth import Admin, AnyMember, FieldStaff, Member, SignedIn
from fieldwatch_cloud.api.models.common import MultiPolygon, Point, problems
from fieldwatch_cloud.api.models.places import (
    Deployment,
    DeploymentEnd,
    DeploymentProperties,
    Deployments,
    EndedDeployment,
    Health,
    IssuedNode,
    NewDeployment,
    NewDeploymentId,
    NewNode,
    NewReserve,
    Reserve,
    Zone,
    ZoneProperties,
    Zones,
)
from fieldwatch_cloud.api.routes.nodes import issue_code
from fieldwatch_cloud.api.services import Db, Wired
from fieldwatch_cloud.db import admin_log, geography, heartbeats, nodes
from fieldwatch_cloud.db import places as known
from fieldwatch_cloud.db.live import read_again
from fieldwatch_cloud.db.pool import Connection
from fieldwatch_cloud.errors import ServiceError
from fieldwatch_cloud.fleet.health import deployment_health
from fieldwatch_shared.messages import utc_now

router = APIRouter(tags=["places"])


@router.get("/reserves", summary="My reserves", responses=problems(401))
def list_reserves(caller: SignedIn, db: Db) -> list[Reserve]:
    """Those of which the account is a member, with their boundaries."""
    mine = None if caller.everywhere else [slug for slug, _ in caller.memberships if slug is not None]
    with db.transaction() as conn:
        return [_reserve(reserve) for reserve in geography.reserves(conn, mine)]


@router.post(
    "/reserves", summary="Create a reserve", status_code=201, responses=problems(401, 403, 409, 413, 422)
)
def create_reserve(body: NewReserve, _: Admin, db: Db) -> Reserve:
    """For admins of every reserve."""
    boundary = body.boundary.model_dump_json() if body.boundary else None
    with db.transaction() as conn:
        geography.add_reserve(
            conn,
            slug=body.slug,
            name=body.name,
            name_zh=body.name_zh,
            timezone=body.timezone,
            boundary=boundary,
        )
        (created,) = geography.reserves(conn, [body.slug])
    return _reserve(created)


@router.get("/reserves/{slug}/zones", summary="The zones of a reserve", responses=problems(401, 404))
def list_zones(member: AnyMember, db: Db) -> Zones:
    with db.transaction() as conn:
        zones = geography.zones(conn, member.reserve_id)
    return Zones(
        features=[
            Zone(
                geometry=MultiPolygon.model_validate_json(zone.area),
                properties=ZoneProperties(id=zone.id, name=zone.name, name_zh=zone.name_zh),
            )
            for zone in zones
        ]
    )


@router.get(
    "/reserves/{slug}/deployments",
    summary="The deployments of a reserve and how they fare",
    responses=problems(401, 404),
)
def list_deployments(member: AnyMember, db: Db) -> Deployments:
    with db.transaction() as conn:
        found = geography.deployments(conn, member.reserve_id, exact=member.exact)
    now = utc_now()
    return Deployments(features=[_deployment(deployment, now) for deployment in found])


@router.post(
    "/reserves/{slug}/deployments",
    summary="Record a deployment",
    status_code=201,
    responses=problems(401, 403, 404, 422),
)
def create_deployment(body: NewDeployment, member: FieldStaff, db: Db) -> NewDeploymentId:
    """For technicians and managers. A camera that is moved or turned is a new deployment: end the old one."""
    with db.transaction() as conn:
        new = geography.add_deployment(
            conn,
            reserve=member.reserve_id,
            lon=body.longitude,
            lat=body.latitude,
            **body.model_dump(exclude={"longitude", "latitude"}),
        )
        _note(conn, member, "deployment.created", new, body.location_name, body.model_dump(mode="json"))
        read_again(conn, member.reserve)
    return NewDeploymentId(id=new)


@router.post(
    "/reserves/{slug}/deployments/{deployment_id}/end",
    summary="End a deployment",
    responses=problems(401, 403, 404, 422),
)
def end_deployment(
    deployment_id: UUID, member: FieldStaff, db: Db, body: DeploymentEnd | None = None
) -> EndedDeployment:
    """For technicians and managers: the camera stands there no longer. What its node sees later is not
    accepted for this deployment and goes to quarantine. Ending it again corrects the time."""
    at = body.at if body else None
    with db.transaction() as conn:
        ended_at = geography.end_deployment(conn, deployment_id, at=at, reserve=member.reserve_id)
        name = known.deployment(conn, deployment_id).location_name
        _note(conn, member, "deployment.ended", deployment_id, name, {"ended_at": ended_at.isoformat()})
        read_again(conn, member.reserve)
    return EndedDeployment(id=deployment_id, ended_at=ended_at)


@router.post(
    "/reserves/{slug}/nodes",
    summary="Register a node",
    status_code=201,
    responses=problems(401, 403, 404, 409, 422),
)
def create_node(body: NewNode, member: FieldStaff, request: Request, services: Wired) -> IssuedNode:
    """For technicians and managers. Answers with the node's MQTT password, or with the one-time code by which
    a box becomes it, this once."""
    if body.log_in == "certificate":
        with services.database.transaction() as conn:
            nodes.add(conn, body.id, reserve_id=member.reserve_id, name=body.name)
            code = issue_code(conn, services, request, body.id, member.caller, body.valid_days)
            _note(conn, member, "node.created", body.id, body.name, {"name": body.name})
        return IssuedNode(id=body.id, name=body.name, reserve=member.reserve, enrolment=code)
    try:
        password = services.operations.add_node(body.id, reserve=member.reserve, name=body.name)
    except ServiceError as error:
        # Said in full: trying again would only find the name taken.
        raise HTTPException(500, str(error)) from error
    with services.database.transaction() as conn:
        _note(conn, member, "node.created", body.id, body.name, {"name": body.name})
    return IssuedNode(id=body.id, name=body.name, reserve=member.reserve, mqtt_password=password)


def _note(
    conn: Connection, member: Member, action: str, subject: object, name: str, after: dict[str, Any]
) -> None:
    admin_log.note(
        conn,
        by=member.caller.account.id,
        reserve_id=member.reserve_id,
        action=action,
        subject=subject,
        name=name,
        after=after,
    )


def _reserve(reserve: geography.Reserve) -> Reserve:
    return Reserve(
        slug=reserve.slug,
        name=reserve.name,
        name_zh=reserve.name_zh,
        timezone=reserve.timezone,
        boundary=MultiPolygon.model_validate(json.loads(reserve.boundary)) if reserve.boundary else None,
    )


def _deployment(deployment: geography.Deployment, now: datetime) -> Deployment:
    health = deployment_health(
        deployment.id,
        started_at=deployment.started_at,
        ended_at=deployment.ended_at,
        online=deployment.online,
        heartbeat=(
            heartbeats.read(deployment.node_id, deployment.heartbeat)
            if deployment.node_id is not None
            else None
        ),
        heard_at=deployment.heard_at,
        now=now,
    )
    return Deployment(
        id=deployment.id,
        geometry=Point(coordinates=(deployment.lon, deployment.lat)),
        properties=DeploymentProperties(
            id=deployment.id,
            node_id=deployment.node_id,
            dataset_id=deployment.dataset_id,
            location_name=deployment.location_name,
            heading_deg=deployment.heading_deg,
            tilt_deg=deployment.tilt_deg,
            field_of_view_deg=deployment.field_of_view_deg,
            height_m=deployment.height_m,
            detection_distance_m=deployment.detection_distance_m,
            started_at=deployment.started_at,
            ended_at=deployment.ended_at,
            health=Health(
                status=health.status,
                reasons=list(health.reasons),
                problem=health.problem,
                last_heartbeat_at=health.last_heartbeat_at,
                last_frame_at=health.last_frame_at,
                online=health.online,
            ),
            last_observation_at=deployment.last_observation_at,
        ),
    )
