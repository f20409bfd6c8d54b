"""The reserve's nodes: how each logs in, codes that let boxes in, and putting a stolen one out."""

import io
from uuid import UUID

import segno
from fastapi import APIRouter, HTTPException, Request

from fieldwatch_cloud.api.auth import STAFF, Caller, FieldStaff, SignedIn, check_role
from fieldwatch_cloud.api.models.common import problems
from fieldwatch_cloud.api.models.enrolment import (
    CodeRequest,
    EnrolmentCode,
    NodeCertificate,
    NodeCode,
    ReserveNode,
    ReserveNodes,
    RevokedNode,
)
from fieldwatch_cloud.api.services import Services, Wired
from fieldwatch_cloud.authority import admission
from fieldwatch_cloud.db import admin_log, enrolment, places
from fieldwatch_cloud.db.pool import Connection
from fieldwatch_cloud.errors import NotAllowedNowError, NotFoundError, ServiceError
from fieldwatch_cloud.settings import CloudSettings

router = APIRouter(tags=["nodes"])
NO_DOOR = (
    "nodes cannot reach the broker yet: start the cloud with FIELDWATCH_MQTT_NODES_PORT=8883, or, with a "
    "broker of your own, FIELDWATCH_MQTT_NODES_URL; docs/guides/node-security.md says more"
)


@router.get("/reserves/{slug}/nodes", summary="How nodes log in", responses=problems(401, 403, 404))
def list_nodes(member: FieldStaff, services: Wired) -> ReserveNodes:
    """For technicians and managers: each node with its newest certificate and code."""
    with services.database.transaction() as conn:
        items = [_node(one) for one in enrolment.of_reserve(conn, member.reserve_id)]
    return ReserveNodes(items=items, broker_url=services.settings.node_broker_url)


@router.post(
    "/nodes/{node_id}/code",
    summary="Make a one-time code",
    status_code=201,
    responses=problems(401, 403, 404, 409, 422),
)
def create_code(
    node_id: str, body: CodeRequest, caller: SignedIn, request: Request, services: Wired
) -> EnrolmentCode:
    """For technicians and managers, shown this once: for a new box, or one that takes another's place. The
    box that is the node now stays it until the code is used; a former code is good no more."""
    with services.database.transaction() as conn:
        _, reserve_id, name = _of_staff(conn, caller, node_id)
        code = issue_code(conn, services, request, node_id, caller, body.valid_days)
        admin_log.note(
            conn,
            by=caller.account.id,
            reserve_id=reserve_id,
            action="node.code",
            subject=node_id,
            name=name,
            after={"expires_at": code.expires_at.isoformat(), "valid_days": body.valid_days},
        )
    return code


@router.post("/nodes/{node_id}/revoke", summary="Put a node out", responses=problems(401, 403, 404, 503))
def revoke_node(node_id: str, caller: SignedIn, services: Wired) -> RevokedNode:
    """For technicians and managers: for a box that was stolen or lost. Its certificates, password, sessions
    and codes end at once, and its open connection to the broker with them. What it sent before stays. A new
    code lets a new box in under the same name."""
    with services.database.transaction() as conn:
        _of_staff(conn, caller, node_id)
    try:
        serials = services.operations.revoke_node(node_id, by=caller.account.id)
    except ServiceError as error:
        raise HTTPException(503, str(error)) from error
    return RevokedNode(id=node_id, serials=serials)


def issue_code(
    conn: Connection, services: Services, request: Request, node: str, caller: Caller, valid_days: int
) -> EnrolmentCode:
    """A code for a node that is there, with all that a person needs to use it.

    Raises:
        NotAllowedNowError: no node could use it: the broker has no door for them.
    """
    settings = services.settings
    if settings.node_broker_url is None:
        raise NotAllowedNowError(NO_DOOR)
    own = services.authority().certificate_der if settings.http.tls == "own" else None
    code, expires_at = admission.new_code(
        conn, node, by=caller.account.id, valid_days=valid_days, authority_der=own
    )
    address = cloud_url(settings, request)
    link = code.link(address)
    svg = io.BytesIO()
    segno.make(link, error="m", micro=False).save(svg, kind="svg", border=4, scale=8, xmldecl=False)
    return EnrolmentCode(
        code=code.text,
        link=link,
        qr=svg.getvalue().decode(),
        command=admission.command(address),
        expires_at=expires_at,
    )


def cloud_url(settings: CloudSettings, request: Request) -> str:
    """Where nodes reach this API: as configured, else as whoever asks has reached it."""
    return (
        settings.node_url
        if settings.http.public_url and settings.node_url
        else str(request.base_url).rstrip("/")
    )


def _of_staff(conn: Connection, caller: Caller, node_id: str) -> tuple[str, UUID, str]:
    """As `places.node_reserve`, for those who may let it in and put it out.

    Raises:
        NotFoundError: no such node in a reserve of the caller's.
        HTTPException: 403, the caller is neither technician nor manager there.
    """
    slug, reserve_id, name = places.node_reserve(conn, node_id)
    if not (held := caller.roles_in(slug)):
        raise NotFoundError(f"no such node: {node_id!r}")
    check_role(held, STAFF)
    return slug, reserve_id, name


def _node(one: enrolment.Listed) -> ReserveNode:
    certificate = code = None
    if one.serial is not None and one.issued_at is not None and one.not_after is not None:
        certificate = NodeCertificate(
            serial=one.serial,
            issued_at=one.issued_at,
            until=one.not_after,
            revoked_at=one.certificate_revoked_at,
            reason=one.certificate_reason,
        )
    if one.code_created_at is not None and one.code_expires_at is not None:
        code = NodeCode(
            made_at=one.code_created_at,
            expires_at=one.code_expires_at,
            used_at=one.code_used_at,
            refused_at=one.code_refused_at,
        )
    holds = certificate is not None and certificate.revoked_at is None and one.revoked_at is None
    return ReserveNode(
        id=one.id,
        name=one.name,
        online=one.online,
        created_at=one.created_at,
        revoked_at=one.revoked_at,
        log_in="certificate" if holds else "password" if one.has_password else "none",
        certificate=certificate,
        code=code,
        hardware=one.hardware,
    )
