"""Nodes log in over HTTPS: with the key of their certificate, and without a look at their clock."""

import time

from fastapi import APIRouter, Request

from fieldwatch_cloud.api.attempts import attempt
from fieldwatch_cloud.api.models.common import problems
from fieldwatch_cloud.api.services import Wired
from fieldwatch_cloud.authority import admission, proof
from fieldwatch_cloud.db import enrolment, keys
from fieldwatch_shared.enrolment import Challenge, ChallengeRequest, SessionRequest, SessionToken

router = APIRouter(tags=["nodes"])


@router.post("/node-session/challenge", summary="A challenge for a node", responses=problems(422))
def make_challenge(body: ChallengeRequest, services: Wired) -> Challenge:
    """Open to all, and for any name: it says nothing about which nodes there are."""
    with services.database.transaction() as conn:
        seal = keys.seal(conn)
    return Challenge(nonce=proof.challenge(body.node, seal=seal, now=time.time()))


@router.post("/node-session", summary="Log in as a node", responses=problems(401, 422, 429))
def open_session(body: SessionRequest, request: Request, services: Wired) -> SessionToken:
    """The challenge, signed with the key of a certificate that was not revoked. The token is good for an
    hour, and ends at once when the node is revoked. A place that fails ten times within 15 minutes has
    to wait."""
    with attempt(services.node_attempts, request, "session"), services.database.transaction() as conn:
        token = admission.open_session(
            conn,
            services.authority(),
            node=body.node,
            nonce=body.nonce,
            certificate=body.certificate,
            signature=body.signature,
            seal=keys.seal(conn),
            now=time.time(),
        )
    return SessionToken(token=token, lasts_s=int(enrolment.SESSION.total_seconds()))
