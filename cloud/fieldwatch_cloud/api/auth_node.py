"""Which node asks: by the token of a session that it opened with its certificate."""

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, HTTPException, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from fieldwatch_cloud.api.services import Wired
from fieldwatch_cloud.db import enrolment

_bearer = HTTPBearer(
    auto_error=False,
    scheme_name="node",
    description="A node's session, from `POST /api/v1/node-session`: `Authorization: Bearer fwn_...`.",
)


@dataclass(frozen=True, slots=True)
class OfNode:
    """A node that asks. It may read and write what is its own, and nothing else."""

    node: str
    reserve_id: UUID
    reserve: str
    """The slug."""
    serial: str
    """Of its certificate, in hexadecimal digits."""


def node_caller(
    services: Wired, bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]
) -> OfNode:
    """Raises:
    HTTPException: 401, no session, or one that is over or was ended by revoking the node.
    """
    found = None
    if bearer is not None:
        with services.database.transaction() as conn:
            found = enrolment.session_of(conn, bearer.credentials)
    if found is None:
        raise HTTPException(
            401,
            "this is for nodes: open a session with `POST /api/v1/node-session`, and send its token",
            {"WWW-Authenticate": "Bearer"},
        )
    return OfNode(found.node, found.reserve_id, found.reserve, found.serial)


NodeCaller = Annotated[OfNode, Depends(node_caller)]
