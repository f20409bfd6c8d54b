"""A question of counts or estimators as `estimates.ground` reads it, less what its asker may not know."""

from datetime import timedelta

from fieldwatch_cloud.api import withheld
from fieldwatch_cloud.api.auth import Member
from fieldwatch_cloud.api.models.counts import CountQuery
from fieldwatch_cloud.api.models.estimates import EstimateQuery
from fieldwatch_cloud.api.services import Services
from fieldwatch_cloud.counts.events import DEFAULT_RULE
from fieldwatch_cloud.estimates.ground import Question


def question(
    body: CountQuery | EstimateQuery,
    member: Member,
    services: Services,
    taxa: list[str] | None,
    *,
    finer: bool = False,
) -> Question:
    """
    Args:
        taxa: those that are asked for by name; None: all.
        finer: what comes out is of parts of the area that is asked for.

    Raises:
        HTTPException: 403: one of `taxa` may be told of the whole reserve only.
    """
    whole = body.area is None and body.zone is None and not finer
    with services.database.transaction() as conn:
        hidden = withheld.in_area(conn, member, taxa, whole=whole)
    return Question(
        reserve_id=member.reserve_id,
        area=body.area.model_dump_json() if body.area else None,
        zone=body.zone,
        since=body.from_,
        until=body.to,
        taxa=None if taxa is None else tuple(dict.fromkeys(taxa)),
        interval=timedelta(minutes=body.event_interval_min),
        rule=body.rule if isinstance(body, CountQuery) else DEFAULT_RULE,
        min_confidence=body.min_confidence,
        hidden=hidden,
    )
