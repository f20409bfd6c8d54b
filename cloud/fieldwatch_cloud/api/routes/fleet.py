"""The fleet: what is desired of nodes, what they report, groups, and the files that they may take on."""

from importlib.metadata import version
from typing import Annotated, Any, BinaryIO
from uuid import UUID

from fastapi import APIRouter, Depends

from fieldwatch_cloud.api.auth import STAFF, Caller, FieldStaff, Manager, SignedIn, check_role
from fieldwatch_cloud.api.models.common import problems
from fieldwatch_cloud.api.models.fleet import (
    Fleet,
    FleetArtifact,
    FleetCamera,
    FleetNode,
    NodeGroup,
    NodeGroupBody,
    SettingsLayer,
    ToldNodes,
    drift,
)
from fieldwatch_cloud.api.models.people import Role
from fieldwatch_cloud.api.routes.datasets import spool
from fieldwatch_cloud.api.services import Db, Wired
from fieldwatch_cloud.db import admin_log, fleet, rollouts
from fieldwatch_cloud.db.pool import Connection
from fieldwatch_cloud.deployment_news import health
from fieldwatch_cloud.errors import AlreadyExistsError, NotFoundError
from fieldwatch_cloud.fleet.health import HealthStatus
from fieldwatch_cloud.rollouts import artifacts
from fieldwatch_shared.messages import LinkReport, PowerReport, Slug, utc_now
from fieldwatch_shared.node_settings import SettingsPatch

router = APIRouter(tags=["fleet"])
_FILE = {"schema": {"type": "string", "format": "binary"}}


@router.get("/reserves/{slug}/fleet", summary="The nodes of a reserve", responses=problems(401, 403, 404))
def get_fleet(member: FieldStaff, db: Db) -> Fleet:
    """For technicians and managers: each node as it should be and as it says that it is."""
    now = utc_now()
    with db.transaction() as conn:
        cameras = fleet.cameras(conn, member.reserve_id, now)
        nodes = []
        for node in fleet.nodes(conn, member.reserve_id):
            judged = health(conn, node.id, now)
            own = [
                FleetCamera(
                    id=camera.id,
                    name=camera.name,
                    lon=camera.lon,
                    lat=camera.lat,
                    status=judged[camera.id].status if camera.id in judged else HealthStatus.ENDED,
                    reasons=list(judged[camera.id].reasons) if camera.id in judged else [],
                )
                for camera in cameras
                if camera.node_id == node.id
            ]
            nodes.append(_node(node, own))
        return Fleet(
            settings=fleet.layer(conn, "reserve", member.reserve_id),
            groups=[_group(one) for one in fleet.groups(conn, member.reserve_id)],
            nodes=nodes,
            software=version("fieldwatch"),
        )


@router.get(
    "/fleet/settings-schema", summary="What may be changed of a node from afar", responses=problems(401)
)
def get_settings_schema(_: SignedIn) -> dict[str, Any]:
    """JSON Schema of a layer of settings. Cameras are keyed by their deployment, or `*`."""
    return SettingsPatch.model_json_schema()


@router.put(
    "/reserves/{slug}/fleet/settings",
    summary="Settings of all nodes",
    responses=problems(401, 403, 404, 422),
)
def put_reserve_settings(body: SettingsLayer, member: Manager, db: Db) -> ToldNodes:
    """For managers: replaces the reserve's layer, which groups and nodes go beyond."""
    with db.transaction() as conn:
        return _put(
            conn, member.caller, member.reserve_id, "reserve", member.reserve_id, member.reserve, body
        )


@router.put("/nodes/{node}/settings", summary="Settings of one node", responses=problems(401, 403, 404, 422))
def put_node_settings(node: Slug, body: SettingsLayer, caller: SignedIn, db: Db) -> ToldNodes:
    """For technicians and managers: replaces the node's own layer, which wins over all others."""
    with db.transaction() as conn:
        reserve_id = own_node(conn, node, caller)
        return _put(conn, caller, reserve_id, "node", node, node, body)


@router.put(
    "/reserves/{slug}/fleet/groups/{group_id}",
    summary="Create or change a group of nodes",
    responses=problems(401, 403, 404, 409, 422),
)
def put_group(group_id: UUID, body: NodeGroupBody, member: FieldStaff, db: Db) -> NodeGroup:
    """For technicians and managers. The id is made where the group is."""
    with db.transaction() as conn:
        before = next((one for one in fleet.groups(conn, member.reserve_id) if one.id == group_id), None)
        fleet.set_group(conn, member.reserve_id, group_id, name=body.name, rank=body.rank, members=body.nodes)
        after = fleet.group(conn, member.reserve_id, group_id)
        admin_log.note(
            conn,
            by=member.caller.account.id,
            reserve_id=member.reserve_id,
            action="node_group.changed" if before else "node_group.created",
            subject=group_id,
            name=body.name,
            before={"name": before.name, "rank": before.rank, "nodes": before.nodes} if before else None,
            after={"name": after.name, "rank": after.rank, "nodes": after.nodes},
        )
        return _group(after)


@router.delete(
    "/reserves/{slug}/fleet/groups/{group_id}",
    summary="Delete a group of nodes",
    status_code=204,
    responses=problems(401, 403, 404),
)
def delete_group(group_id: UUID, member: FieldStaff, db: Db) -> None:
    """For technicians and managers. Its settings hold for nobody any more; its nodes stay."""
    with db.transaction() as conn:
        before = fleet.group(conn, member.reserve_id, group_id)
        fleet.drop_group(conn, member.reserve_id, group_id)
        admin_log.note(
            conn,
            by=member.caller.account.id,
            reserve_id=member.reserve_id,
            action="node_group.deleted",
            subject=group_id,
            name=before.name,
            before={"nodes": before.nodes, "settings": before.settings},
        )


@router.put(
    "/reserves/{slug}/fleet/groups/{group_id}/settings",
    summary="Settings of a group of nodes",
    responses=problems(401, 403, 404, 422),
)
def put_group_settings(group_id: UUID, body: SettingsLayer, member: Manager, db: Db) -> ToldNodes:
    """For managers: replaces the group's layer."""
    with db.transaction() as conn:
        group = fleet.group(conn, member.reserve_id, group_id)
        return _put(conn, member.caller, member.reserve_id, "group", group_id, group.name, body)


@router.get(
    "/reserves/{slug}/fleet/artifacts",
    summary="What may be sent to nodes",
    responses=problems(401, 403, 404),
)
def list_artifacts(member: FieldStaff, db: Db) -> list[FleetArtifact]:
    """Models and software that were uploaded for this reserve, newest first."""
    with db.transaction() as conn:
        return [artifact_of(one) for one in rollouts.artifacts(conn, member.reserve_id)]


@router.post(
    "/reserves/{slug}/fleet/artifacts",
    summary="Upload a model or software for nodes",
    status_code=201,
    responses=problems(401, 403, 404, 409, 413, 422),
    openapi_extra={"requestBody": {"required": True, "content": {"application/zip": _FILE}}},
)
def add_artifact(
    member: Manager, services: Wired, body: Annotated[BinaryIO, Depends(spool(Role.MANAGER))]
) -> FleetArtifact:
    """A model folder, zipped, for managers; a wheel of fieldwatch, for admins alone: what it does, it does on
    every node. Checked here, and again by each node: card, hash, and the maker's signature. No node hears of
    it before a roll-out."""
    found = artifacts.read(body, services.settings.fleet.trusted_keys)
    if found.kind == "software":
        check_role(member.caller.roles_in(member.reserve), (Role.ADMIN,))
    body.seek(0)
    artifacts.store(services.settings.media_dir).put(found.sha256, body.read())
    with services.database.transaction() as conn:
        for other in rollouts.artifacts(conn, member.reserve_id):
            same = (other.kind, other.name, other.version) == (found.kind, found.name, found.version)
            if same and other.sha256 != found.sha256:
                raise AlreadyExistsError(
                    f"there is another {found.name} {found.version} already: give what is new a new version"
                )
        added = rollouts.add_artifact(
            conn,
            member.reserve_id,
            sha256=found.sha256,
            kind=found.kind,
            name=found.name,
            version=found.version,
            bytes_=found.bytes,
            signer=found.signer,
            by=member.caller.account.id,
        )
        admin_log.note(
            conn,
            by=member.caller.account.id,
            reserve_id=member.reserve_id,
            action="artifact.uploaded",
            subject=found.sha256,
            name=f"{found.name} {found.version}",
        )
    return artifact_of(added)


def own_node(conn: Connection, node: str, caller: Caller) -> UUID:
    """The reserve of a node that the caller may look after.

    Raises:
        NotFoundError: there is no such node for the caller.
        HTTPException: 403, the role does not allow it.
    """
    reserve_id, reserve = fleet.reserve_of(conn, node)
    roles = caller.roles_in(reserve)
    if not roles:
        raise NotFoundError(f"no such node: {node}")
    check_role(roles, STAFF)
    return reserve_id


def artifact_of(row: rollouts.Artifact) -> FleetArtifact:
    return FleetArtifact.model_validate(row, from_attributes=True)


def _put(
    conn: Connection,
    caller: Caller,
    reserve_id: UUID,
    layer: fleet.Layer,
    id_: UUID | str,
    name: str,
    body: SettingsLayer,
) -> ToldNodes:
    before = fleet.layer(conn, layer, id_)
    told = fleet.set_layer(conn, layer, id_, body.settings)
    admin_log.note(
        conn,
        by=caller.account.id,
        reserve_id=reserve_id,
        action="node_settings.changed",
        subject=id_,
        name=name,
        before=before,
        after=body.settings,
    )
    return ToldNodes(settings=dict(body.settings), told=told)


def _group(row: fleet.Group) -> NodeGroup:
    return NodeGroup.model_validate(row, from_attributes=True)


def _node(node: fleet.Node, cameras: list[FleetCamera]) -> FleetNode:
    wanted = node.wanted
    return FleetNode(
        id=node.id,
        name=node.name,
        online=node.online,
        standing=node.standing,
        drift=drift(node.drift),
        heard_at=node.heard_at,
        software=node.software,
        hardware=node.hardware,
        models=node.models or {},
        certificate_expires_at=node.certificate_expires_at,
        power=PowerReport.model_validate(node.power) if node.power else None,
        link=LinkReport.model_validate(node.link) if node.link else None,
        desired_version=node.version,
        reported_version=node.reported_version,
        desired=dict(wanted.settings) if wanted else {},
        reported=node.settings,
        own=node.own,
        groups=node.groups,
        cameras=cameras,
    )
