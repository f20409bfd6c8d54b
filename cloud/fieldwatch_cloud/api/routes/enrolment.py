"""A box becomes a node by the one-time code that somebody carried there, and renews its certificate by
itself."""

from fastapi import APIRouter, HTTPException, Request, Response

from fieldwatch_cloud.api.attempts import attempt
from fieldwatch_cloud.api.auth_node import NodeCaller
from fieldwatch_cloud.api.models.common import problems
from fieldwatch_cloud.api.routes.nodes import NO_DOOR, cloud_url
from fieldwatch_cloud.api.services import Wired
from fieldwatch_cloud.authority import admission
from fieldwatch_cloud.db import enrolment
from fieldwatch_cloud.errors import NotAdmittedError, NotAllowedNowError, ServiceError
from fieldwatch_shared.enrolment import (
    CertificateRequest,
    Code,
    Enrolled,
    EnrolledDeployment,
    EnrolmentRequest,
    IssuedCertificate,
)
from fieldwatch_shared.messages import utc_now

router = APIRouter(tags=["nodes"])


@router.get(
    "/enrolment/authority",
    summary="The certificate of the reserve's authority",
    response_class=Response,
    responses={200: {"content": {"application/x-pem-file": {}}, "description": "PEM."}},
)
def get_authority(services: Wired) -> Response:
    """Open to all: it is no secret. A node holds it against its one-time code before it believes it."""
    return Response(services.authority().certificate_pem, media_type="application/x-pem-file")


@router.post("/enrolment", summary="Become a node", responses=problems(401, 409, 422, 429))
def enrol_node(body: EnrolmentRequest, request: Request, services: Wired) -> Enrolled:
    """For a box with a one-time code. The name in the request is not looked at: the code says which node it
    is.

    The same code from the same key gives the same answer for an hour, for answers get lost; from another key
    it is refused, and the reserve's managers can read so. A place that fails ten times within 15 minutes has
    to wait.
    """
    broker_url = services.settings.node_broker_url
    if broker_url is None:
        raise NotAllowedNowError(NO_DOOR)
    authority = services.authority()
    with attempt(services.node_attempts, request, "enrolment"):
        try:
            code = Code.parse(body.code.get_secret_value())
        except ValueError as error:
            raise NotAdmittedError(f"{error}") from None
        with services.database.transaction() as conn:
            admitted = admission.enrol(conn, authority, code, body.csr, body.hardware)
            node = admitted.code.node if isinstance(admitted, admission.Admitted) else ""
            standing = enrolment.deployments(conn, node)
        if isinstance(admitted, NotAdmittedError):
            raise admitted
    try:
        # Also where it asks again: the broker may not have heard of it the first time.
        services.operations.admit_node(node, instead=admitted.superseded)
    except ServiceError as error:
        raise HTTPException(503, str(error), {"Retry-After": "30"}) from error
    return Enrolled(
        node=node,
        reserve=admitted.code.reserve,
        name=admitted.code.name,
        certificate=admitted.chain,
        authority=authority.certificate_pem,
        signing_keys=authority.signing_keys,
        broker_url=broker_url,
        cloud_url=cloud_url(services.settings, request),
        deployments=[EnrolledDeployment.model_validate(one, from_attributes=True) for one in standing],
        server_time=utc_now(),
    )


@router.post("/node/certificate", summary="Renew a node's certificate", responses=problems(401, 422, 429))
def renew_certificate(body: CertificateRequest, caller: NodeCaller, services: Wired) -> IssuedCertificate:
    """For nodes, at two thirds of its life. The old one holds on to its own end."""
    authority = services.authority()
    with services.database.transaction() as conn:
        chain = admission.renew(conn, authority, caller.node, caller.serial, body.csr)
    return IssuedCertificate(
        certificate=chain,
        authority=authority.certificate_pem,
        signing_keys=authority.signing_keys,
        server_time=utc_now(),
    )
