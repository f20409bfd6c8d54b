"""Which estimators there are, and what one of them says of a taxon, an area and a time span."""

from fastapi import APIRouter

from fieldwatch_cloud.api.auth import AnyMember, SignedIn
from fieldwatch_cloud.api.models.common import problems
from fieldwatch_cloud.api.models.estimates import EstimateAnswer, EstimateQuery, Method
from fieldwatch_cloud.api.services import Wired
from fieldwatch_cloud.api.verdict import Spoken

router = APIRouter(tags=["counts"])


@router.get("/estimates/methods", summary="The estimators", responses=problems(401))
def list_methods(_: SignedIn) -> list[Method]:
    """What each answers, what it needs and assumes, and its options as JSON Schema."""
    raise NotImplementedError


@router.post(
    "/reserves/{slug}/estimates",
    summary="One estimate, with its interval and a verdict",
    responses=problems(401, 403, 404, 413, 422, 429, 503),
)
def estimate(body: EstimateQuery, member: AnyMember, services: Wired, language: Spoken) -> EstimateAnswer:
    """Runs one of `GET /estimates/methods` on what the area's cameras saw in the span, and says how far the
    data bear the number."""
    raise NotImplementedError
