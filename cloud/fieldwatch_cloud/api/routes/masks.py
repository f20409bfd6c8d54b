"""Ignore masks: drawn over a camera's picture, and sent down to its node."""

from uuid import UUID

from fastapi import APIRouter

from fieldwatch_cloud.alarms import masks as drawn
from fieldwatch_cloud.api.auth import STAFF, SignedIn, check_role, visible
from fieldwatch_cloud.api.models.common import problems
from fieldwatch_cloud.api.models.masks import Mask, Masks, NewMask
from fieldwatch_cloud.api.services import Db
from fieldwatch_cloud.db import desired, masks
from fieldwatch_cloud.errors import NotFoundError

router = APIRouter(tags=["masks"])


@router.get(
    "/deployments/{deployment_id}/masks",
    summary="What a camera is to ignore",
    responses=problems(401, 404),
)
def list_masks(deployment_id: UUID, caller: SignedIn, db: Db) -> Masks:
    with db.transaction() as conn:
        place = visible(conn, deployment_id, caller)
        standing = desired.of_node(conn, place.node_id) if place.node_id is not None else None
        return Masks(
            items=[_mask(row) for row in masks.masks(conn, deployment_id)],
            media_id=masks.newest_picture(conn, deployment_id),
            desired_version=standing.version if standing else None,
            reported_version=standing.reported if standing else None,
            reported_at=standing.reported_at if standing else None,
        )


@router.post(
    "/deployments/{deployment_id}/masks",
    summary="Have a camera ignore a part of its picture",
    status_code=201,
    responses=problems(401, 403, 404, 409, 422),
)
def create_mask(deployment_id: UUID, body: NewMask, caller: SignedIn, db: Db) -> Mask:
    """For technicians and managers. Its node hears of it as soon as it is connected; see `applied`. The same
    once more is answered once more."""
    with db.transaction() as conn:
        place = visible(conn, deployment_id, caller)
        check_role(caller.roles_in(place.reserve), STAFF)
        drawn.add(
            conn,
            body.id,
            deployment_id,
            body.polygon,
            body.reason,
            account_id=caller.account.id,
            incident_id=body.incident_id,
        )
        (created,) = (row for row in masks.masks(conn, deployment_id) if row.id == body.id)
    return _mask(created)


@router.delete(
    "/masks/{mask_id}",
    summary="Have the camera look there again",
    status_code=204,
    responses=problems(401, 403, 404),
)
def delete_mask(mask_id: UUID, caller: SignedIn, db: Db) -> None:
    """For technicians and managers. Once more changes nothing."""
    with db.transaction() as conn:
        known = masks.known(conn, mask_id)
        if known is None or not (roles := caller.roles_in(known.reserve)):
            raise NotFoundError(f"no such mask: {mask_id}")
        check_role(roles, STAFF)
        drawn.remove(conn, mask_id, account_id=caller.account.id)


def _mask(row: masks.Mask) -> Mask:
    return Mask(
        id=row.id,
        deployment_id=row.deployment_id,
        polygon=row.polygon,
        reason=row.reason,
        incident_id=row.incident_id,
        created_by=row.created_by,
        created_at=row.created_at,
        applied=row.applied,
    )
