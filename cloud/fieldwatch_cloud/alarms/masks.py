"""Ignore masks: drawn by a person, kept, and told to the node, in one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from fieldwatch_cloud.db import actions, desired, geography, incidents, masks
from fieldwatch_cloud.errors import AlreadyExistsError, NotAllowedNowError, NotFoundError, RowRefusedError
from fieldwatch_cloud.incidents.masks import RECURRING, suggest
from fieldwatch_shared.messages import utc_now

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection
    from fieldwatch_cloud.incidents.masks import Polygon

log = structlog.get_logger(__name__)
MOST_PER_CAMERA = 100
"""As many as the wire contract's DesiredCamera holds."""


def add(
    conn: Connection,
    mask_id: UUID,
    deployment_id: UUID,
    polygon: Sequence[tuple[float, float]],
    reason: str,
    *,
    account_id: UUID,
    incident_id: UUID | None = None,
) -> None:
    """Have a camera ignore a part of its picture; the same once more changes nothing.

    Args:
        polygon: as `incidents.masks.checked` gives it.
        incident_id: the false alarm that it grew from; its record will say so.

    Raises:
        NotFoundError: no such deployment, or no such incident in its reserve.
        AlreadyExistsError: the id is that of another mask, or of one that was removed.
        NotAllowedNowError: a data set brought the deployment: no camera hangs there.
        RowRefusedError: the camera has as many masks as it can.
    """
    place = geography.place(conn, deployment_id)
    if incident_id is not None and actions.reserve_of(conn, incident_id) != place.reserve:
        raise NotFoundError(f"no such incident: {incident_id}")
    if place.node_id is None:
        raise NotAllowedNowError("this deployment came with a data set: it has no camera that could ignore")
    masks.lock_node(conn, place.node_id)
    known = masks.known(conn, mask_id)
    if known is not None:
        same = (known.deployment_id, known.reason, [tuple(point) for point in known.polygon])
        if known.removed or same != (deployment_id, reason, list(polygon)):
            raise AlreadyExistsError(f"the id {mask_id} is that of another mask, or of one that was removed")
        return
    if len(masks.masks(conn, deployment_id)) >= MOST_PER_CAMERA:
        raise RowRefusedError(
            f"this camera has {MOST_PER_CAMERA} masks already: remove one, or draw a larger one"
        )
    masks.add(conn, mask_id, place, polygon, reason, account_id=account_id, incident_id=incident_id)
    if incident_id is not None:
        details = {"mask_id": str(mask_id), "deployment_id": str(deployment_id)}
        incidents.log(conn, incident_id, "mask", details, account_id=account_id, done_at=utc_now())
        incidents.bump(conn, incident_id)
    version = desired.renew(conn, place.node_id)
    log.info("mask.added", mask_id=str(mask_id), deployment_id=str(deployment_id), version=version)


def remove(conn: Connection, mask_id: UUID, *, account_id: UUID) -> None:
    """Have the camera look there again; once more changes nothing.

    Raises:
        NotFoundError: no such mask.
    """
    known = masks.known(conn, mask_id)
    if known is None:
        raise NotFoundError(f"no such mask: {mask_id}")
    masks.lock_node(conn, known.node_id)
    if masks.remove(conn, mask_id, account_id=account_id):
        version = desired.renew(conn, known.node_id)
        log.info("mask.removed", mask_id=str(mask_id), version=version)


def suggestion(conn: Connection, incident_id: UUID) -> tuple[UUID, Polygon, str, int] | None:
    """A mask that would keep a camera from raising this false alarm again.

    Returns:
        deployment, polygon, reason, and how many false alarms it covers; None: it does not recur at one place
        of a picture, or for a reason that will not stay there.
    """
    reason = actions.reason(conn, incident_id)
    if reason not in RECURRING:
        return None
    raised = actions.false_alarms(conn, incident_id, reason)
    for own in (alarm for alarm in raised if alarm.own):
        others = [
            (a.box[0], a.box[1], a.box[2], a.box[3])
            for a in raised
            if a.deployment_id == own.deployment_id and a is not own
        ]
        held = [mask.polygon for mask in masks.masks(conn, own.deployment_id)]
        x, y, width, height = own.box
        found = suggest((x, y, width, height), others, held)
        if found is not None:
            return own.deployment_id, found[0], reason, found[1]
    return None
