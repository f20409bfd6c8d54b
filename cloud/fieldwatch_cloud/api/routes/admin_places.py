"""What a reserve is made of, changed in the browser: names, time zone, boundary, zones, cameras, nodes."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter, HTTPException

from fieldwatch_cloud.api.auth import STAFF, Caller, Manager, SignedIn, check_role, visible
from fieldwatch_cloud.api.models.admin import (
    CorrectedDeployment,
    DeploymentChange,
    NewZone,
    NewZones,
    NodePassword,
    Overlap,
    ReserveChange,
    SavedZones,
)
from fieldwatch_cloud.api.models.common import MultiPolygon, problems
from fieldwatch_cloud.api.models.people import Role
from fieldwatch_cloud.api.models.places import Reserve, Zone, ZoneProperties
from fieldwatch_cloud.api.services import Db, Wired
from fieldwatch_cloud.db import admin_log, geography, places
from fieldwatch_cloud.db.live import read_again
from fieldwatch_cloud.db.pool import Connection
from fieldwatch_cloud.errors import NotAllowedNowError, NotFoundError, ServiceError

router = APIRouter(tags=["administration"])
FIELDS = (
    "location_name",
    "heading_deg",
    "tilt_deg",
    "field_of_view_deg",
    "height_m",
    "detection_distance_m",
)


@router.patch("/reserves/{slug}", summary="Change a reserve", responses=problems(401, 403, 404, 413, 422))
def change_reserve(body: ReserveChange, member: Manager, db: Db) -> Reserve:
    """For managers: names, time zone, boundary. Records are instants and stay as they are; after the time
    zone has changed, days, nights, shifts and quiet hours are told by the new clocks, in the past as well."""
    given = body.model_dump(exclude_unset=True, exclude={"boundary"})
    with db.transaction() as conn:
        was = places.reserve(conn, member.reserve_id)
        values: dict[str, Any] = {
            "name": given.get("name") or was.name,
            "name_zh": (given["name_zh"] or None) if "name_zh" in given else was.name_zh,
            "timezone": given.get("timezone") or was.timezone,
        }
        places.set_reserve(conn, member.reserve_id, **values)
        before: dict[str, object] = {key: getattr(was, key) for key in values}
        after: dict[str, object] = dict(values)
        if body.boundary is not None:
            boundary = body.boundary.model_dump_json()
            places.set_boundary(conn, member.reserve_id, boundary)
            before["boundary_km2"] = places.size_km2(conn, was.boundary)
            after["boundary_km2"] = places.size_km2(conn, boundary)
        admin_log.note(
            conn,
            by=member.caller.account.id,
            reserve_id=member.reserve_id,
            action="reserve.changed",
            subject=member.reserve,
            name=was.name,
            before=before,
            after=after,
        )
        read_again(conn, member.reserve)
        (changed,) = geography.reserves(conn, [member.reserve])
    return Reserve(
        slug=changed.slug,
        name=changed.name,
        name_zh=changed.name_zh,
        timezone=changed.timezone,
        boundary=MultiPolygon.model_validate_json(changed.boundary) if changed.boundary else None,
    )


@router.post(
    "/reserves/{slug}/zones",
    summary="Add zones",
    status_code=201,
    responses=problems(401, 403, 404, 413, 422),
)
def create_zones(body: NewZones, member: Manager, db: Db) -> SavedZones:
    """For managers: one that was drawn, or all of a file (`POST /areas`) at once. Answers also where they lie
    on other zones, which is allowed."""
    with db.transaction() as conn:
        ids = []
        for zone in body.zones:
            area = zone.area.model_dump_json()
            id_ = geography.add_zone(
                conn, reserve=member.reserve_id, name=zone.name, name_zh=zone.name_zh or None, area=area
            )
            ids.append(id_)
            after = {"name": zone.name, "name_zh": zone.name_zh or None, "km2": places.size_km2(conn, area)}
            _note(conn, member.caller, member.reserve_id, "zone.created", id_, zone.name, None, after)
        read_again(conn, member.reserve)
        return _saved(conn, member.reserve_id, ids)


@router.put("/zones/{zone_id}", summary="Change a zone", responses=problems(401, 403, 404, 413, 422))
def replace_zone(zone_id: UUID, body: NewZone, caller: SignedIn, db: Db) -> SavedZones:
    """For managers: names and shape. Its shifts stay. Incidents keep the zone that they lay in."""
    with db.transaction() as conn:
        was = _zone(conn, zone_id, caller)
        area = body.area.model_dump_json()
        places.set_zone(conn, zone_id, name=body.name, name_zh=body.name_zh or None, area=area)
        before = {"name": was.name, "name_zh": was.name_zh, "km2": places.size_km2(conn, was.area)}
        after = {"name": body.name, "name_zh": body.name_zh or None, "km2": places.size_km2(conn, area)}
        _note(conn, caller, was.reserve_id, "zone.changed", zone_id, was.name, before, after)
        read_again(conn, was.reserve)
        return _saved(conn, was.reserve_id, [zone_id])


@router.delete(
    "/zones/{zone_id}",
    summary="Delete a zone",
    status_code=204,
    responses=problems(401, 403, 404, 409),
)
def delete_zone(zone_id: UUID, caller: SignedIn, db: Db) -> None:
    """For managers. Not while somebody is on duty there, now or later: the answer (409) says who, and the
    roster is where to change that. Incidents that lay in it keep their place."""
    with db.transaction() as conn:
        was = _zone(conn, zone_id, caller)
        ahead = places.shifts_ahead(conn, zone_id)
        if ahead:
            names = ", ".join(sorted({shift.account for shift in ahead}))
            raise NotAllowedNowError(
                f"{len(ahead)} shift{'s' if len(ahead) > 1 else ''} of this zone lie ahead ({names}): "
                "take them out of the roster first"
            )
        before = {"name": was.name, "name_zh": was.name_zh, "km2": places.size_km2(conn, was.area)}
        places.delete_zone(conn, zone_id)
        _note(conn, caller, was.reserve_id, "zone.deleted", zone_id, was.name, before, None)
        read_again(conn, was.reserve)


@router.get(
    "/reserves/{slug}/zone-overlaps", summary="Where zones lie on each other", responses=problems(401, 404)
)
def list_overlaps(member: Manager, db: Db) -> list[Overlap]:
    """By more than a hundredth of the smaller one. For managers."""
    with db.transaction() as conn:
        return [_overlap(one) for one in places.overlaps(conn, member.reserve_id)]


@router.patch(
    "/deployments/{deployment_id}",
    summary="Correct what is known of a camera",
    responses=problems(401, 403, 404, 422),
)
def change_deployment(
    deployment_id: UUID, body: DeploymentChange, caller: SignedIn, db: Db
) -> CorrectedDeployment:
    """For technicians and managers: what was written down wrongly. A camera that was moved or turned is a new
    deployment. Estimates are told by the new figures from now on; bearings of fires that its node has sent
    already stay, and the node goes on by its own `node.toml`."""
    with db.transaction() as conn:
        place = visible(conn, deployment_id, caller)
        check_role(caller.roles_in(place.reserve), STAFF)
        was = places.deployment(conn, deployment_id)
        if was.node_id is None:
            raise HTTPException(
                422, "this deployment came with a data set of others: correct it there, and import it again"
            )
        before = {field: getattr(was, field) for field in FIELDS}
        given = body.model_dump(exclude_unset=True)
        if given.get("location_name", "") is None:
            raise HTTPException(422, "location_name: a camera needs a name")
        after = before | given
        places.set_deployment(conn, deployment_id, after)
        changed = places.deployment(conn, deployment_id)
        after = {field: getattr(changed, field) for field in FIELDS}
        _note(
            conn,
            caller,
            was.reserve_id,
            "deployment.changed",
            deployment_id,
            was.location_name,
            before,
            after,
        )
        read_again(conn, place.reserve)
    return CorrectedDeployment.model_validate({"id": deployment_id, **after})


@router.post(
    "/nodes/{node_id}/password",
    summary="Give a node a new password",
    status_code=201,
    responses=problems(401, 403, 404),
)
def renew_node_password(node_id: str, caller: SignedIn, services: Wired) -> NodePassword:
    """For technicians and managers: its MQTT password, shown this once. The old one ends at once."""
    with services.database.transaction() as conn:
        slug, reserve_id, name = places.node_reserve(conn, node_id)
        if not (held := caller.roles_in(slug)):
            raise NotFoundError(f"no such node: {node_id!r}")
        check_role(held, STAFF)
        _note(conn, caller, reserve_id, "node.password", node_id, name, None, {})
    try:
        password = services.operations.renew_password(node_id)
    except ServiceError as error:
        raise HTTPException(500, str(error)) from error
    return NodePassword(id=node_id, mqtt_password=password)


def _zone(conn: Connection, zone_id: UUID, caller: Caller) -> places.Zone:
    """Raises:
    NotFoundError: no such zone in a reserve of the caller's.
    HTTPException: 403, the caller does not manage it.
    """
    zone = places.zone(conn, zone_id)
    if not (held := caller.roles_in(zone.reserve)):
        raise NotFoundError(f"no such zone: {zone_id}")
    check_role(held, (Role.MANAGER,))
    return zone


def _saved(conn: Connection, reserve_id: UUID, ids: list[UUID]) -> SavedZones:
    wanted = set(ids)
    return SavedZones(
        zones=[
            Zone(
                geometry=MultiPolygon.model_validate_json(zone.area),
                properties=ZoneProperties(id=zone.id, name=zone.name, name_zh=zone.name_zh),
            )
            for zone in geography.zones(conn, reserve_id)
            if zone.id in wanted
        ],
        overlaps=[_overlap(one) for one in places.overlaps(conn, reserve_id, ids)],
    )


def _overlap(one: places.Overlap) -> Overlap:
    return Overlap(
        zone=one.zone,
        with_id=one.with_id,
        with_name=one.with_name,
        with_name_zh=one.with_name_zh,
        km2=one.km2,
    )


def _note(
    conn: Connection,
    caller: Caller,
    reserve_id: UUID,
    action: str,
    subject: object,
    name: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
) -> None:
    admin_log.note(
        conn,
        by=caller.account.id,
        reserve_id=reserve_id,
        action=action,
        subject=subject,
        name=name,
        before=before,
        after=after,
    )
