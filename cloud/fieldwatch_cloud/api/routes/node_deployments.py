"""A node that was aimed tells where its camera stands and looks."""

from uuid import UUID

import structlog
from fastapi import APIRouter

from fieldwatch_cloud.api.auth_node import NodeCaller, OfNode
from fieldwatch_cloud.api.models.common import problems
from fieldwatch_cloud.api.models.node_deployments import NodeDeployment, TakenDeployment
from fieldwatch_cloud.api.services import Services, Wired
from fieldwatch_cloud.db import admin_log, geography, nodes, quarantine
from fieldwatch_cloud.db.live import read_again
from fieldwatch_cloud.db.pool import Connection
from fieldwatch_cloud.errors import AlreadyExistsError, BusyError, CloudError

router = APIRouter(tags=["nodes"])
log = structlog.get_logger(__name__)
MOST_PER_DAY = 50
"""A technician aims each camera a few times. A stolen node could fill the map and the record."""
FIELDS = {"heading_deg", "tilt_deg", "field_of_view_deg", "height_m", "detection_distance_m"}


@router.post(
    "/node/deployments",
    summary="Tell where a camera stands and looks",
    responses=problems(401, 409, 422, 429),
)
def create_node_deployment(body: NodeDeployment, caller: NodeCaller, services: Wired) -> TakenDeployment:
    """For nodes, at the end of `fieldwatch edge aim`. A camera that was moved or turned is a new deployment,
    and the one that it `replaces` ends at that moment: what is counted there, is counted of one view.

    What the node sent of it before this came is in quarantine, and is taken in now."""
    with services.database.transaction() as conn:
        created, ended = _take(conn, body, caller)
    return TakenDeployment(
        id=body.id,
        name=body.name,
        lon=body.lon,
        lat=body.lat,
        started_at=body.started_at,
        created=created,
        ended=ended,
        replayed=_replay(services, caller.node, body.id),
    )


def _take(conn: Connection, body: NodeDeployment, caller: OfNode) -> tuple[bool, UUID | None]:
    """(whether it is new, the former one where this ended it)."""
    node = caller.node
    known = nodes.known(conn, [body.id]).get(body.id)
    if known is not None:
        if known.node != node:
            raise AlreadyExistsError("another node has a deployment of this id")
        return False, None
    if admin_log.aimed_lately(conn, caller.reserve_id, node) >= MOST_PER_DAY:
        raise BusyError(f"{node} has told of {MOST_PER_DAY} deployments within a day: later")
    geography.add_deployment(
        conn,
        reserve=caller.reserve_id,
        node_id=node,
        id_=body.id,
        location_name=body.name,
        lon=body.lon,
        lat=body.lat,
        heading_deg=body.heading_deg,
        tilt_deg=body.tilt_deg,
        field_of_view_deg=body.field_of_view_deg,
        height_m=body.height_m,
        detection_distance_m=body.detection_distance_m,
        started_at=body.started_at,
    )
    ended = None
    if body.replaces is not None and geography.succeed(conn, body.replaces, node_id=node, at=body.started_at):
        ended = body.replaces
    admin_log.note(
        conn,
        by=None,
        reserve_id=caller.reserve_id,
        action="deployment.aimed",
        subject=body.id,
        name=body.name,
        after={
            "node_id": node,
            "longitude": body.lon,
            "latitude": body.lat,
            "replaces": str(ended) if ended else None,
            **body.model_dump(include=FIELDS),
        },
    )
    read_again(conn, caller.reserve)
    return True, ended


def _replay(services: Services, node: str, deployment_id: UUID) -> int:
    """Take in what came too early. What is refused once more stays in quarantine, with its reason."""
    with services.database.transaction() as conn:
        early = quarantine.refused_of(conn, node, quarantine.unknown_deployment(deployment_id))
    taken = 0
    for id_ in early:
        try:
            services.operations.replay(id_)
        except CloudError as error:
            log.warning("node_deployments.still_refused", quarantine=str(id_), reason=str(error))
        else:
            taken += 1
    return taken
