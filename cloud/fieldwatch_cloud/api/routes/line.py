"""What a camera's node sends over, what that cost, and what it may still cost."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter

from fieldwatch_cloud.api.auth import SignedIn, visible
from fieldwatch_cloud.api.models.common import Answer, problems
from fieldwatch_cloud.api.services import Db
from fieldwatch_cloud.db import heartbeats
from fieldwatch_shared.messages import LinkReport

router = APIRouter(tags=["sensors"])


class LineReport(Answer):
    """As the node said it last."""

    node: str | None
    """null: a data set brought the deployment."""
    observed_at: datetime | None
    """By the node's clock; days and months of the budget are UTC."""
    line: LinkReport | None
    """null: it says nothing of its line."""


@router.get(
    "/deployments/{deployment_id}/line",
    summary="What a camera's node sends over",
    responses=problems(401, 404, 422),
)
def get_line(deployment_id: UUID, caller: SignedIn, db: Db) -> LineReport:
    """Kind, signal, use of today and of the month against the budget, and what waits because of it."""
    with db.transaction() as conn:
        place = visible(conn, deployment_id, caller)
        heard = None if place.node_id is None else heartbeats.newest(conn, place.node_id)
    if heard is None:
        return LineReport(node=place.node_id, observed_at=None, line=None)
    return LineReport(node=place.node_id, observed_at=heard.heartbeat.observed_at, line=heard.heartbeat.link)
