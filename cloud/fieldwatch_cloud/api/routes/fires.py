"""Incidents: what rangers act on."""

from http import HTTPStatus
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse

from fieldwatch_cloud.alarms import actions
from fieldwatch_cloud.api.auth import AnyMember, SignedIn, check_role
from fieldwatch_cloud.api.incidents import detail, summary, visible
from fieldwatch_cloud.api.models.common import Instant, problems
from fieldwatch_cloud.api.models.fires import Action, IncidentDetail, Incidents
from fieldwatch_cloud.api.models.people import Role
from fieldwatch_cloud.api.problems import problem
from fieldwatch_cloud.api.services import Db
from fieldwatch_cloud.db import fires
from fieldwatch_cloud.db.live import News
from fieldwatch_cloud.errors import NotAllowedNowError
from fieldwatch_cloud.incidents import life, urgency
from fieldwatch_shared.messages import utc_now

router = APIRouter(tags=["incidents"])


@router.get(
    "/reserves/{slug}/incidents", summary="The incidents of a reserve", responses=problems(401, 404, 422)
)
def list_incidents(
    member: AnyMember,
    db: Db,
    state: Annotated[list[life.State] | None, Query(description="May be given several times.")] = None,
    from_: Annotated[Instant | None, Query(alias="from", description="Last seen at or after.")] = None,
    to: Annotated[Instant | None, Query(description="First seen before.")] = None,
    drill: Annotated[bool | None, Query(description="Only exercises, or only what is none.")] = None,
    held_back: Annotated[
        bool | None, Query(description="Only what calls nobody, or only what calls people.")
    ] = None,
    order: Annotated[
        Literal["newest", "urgency"],
        Query(
            description="`urgency`: of the newest 500, first what still burns and nobody answered, or nobody "
            "has gone to; then fire before smoke, the greater danger, the newest."
        ),
    ] = "newest",
) -> Incidents:
    """Without those that were found to be one with another."""
    with db.transaction() as conn:
        found = fires.incidents(
            conn,
            member.reserve_id,
            states=list(state) if state else None,
            since=from_,
            until=to,
            drill=drill,
            held_back=held_back,
        )
    if order == "urgency":
        found = urgency.rank(found, _standing)
    return Incidents(items=[summary(row) for row in found])


@router.get("/incidents/{incident_id}", summary="One incident in full", responses=problems(401, 404))
def get_incident(incident_id: UUID, caller: SignedIn, db: Db) -> IncidentDetail:
    with db.transaction() as conn:
        return detail(conn, visible(conn, incident_id, caller), caller)


@router.post(
    "/incidents/{incident_id}/actions",
    summary="Say what was done about an incident",
    response_model=IncidentDetail,
    responses=problems(401, 403, 404, 409, 422),
)
def act_on_incident(
    incident_id: UUID, body: Action, caller: SignedIn, db: Db
) -> IncidentDetail | JSONResponse:
    """For rangers and managers; a note, for every member. Answers with the incident as it is then.

    What was done without a link arrives late and mixed: the state follows from all actions in the order of
    `done_at`, whatever the order of their arrival. What was sent to an incident that has been merged is done
    to the one that it was merged into, which is then the answer. Only what contradicts the record is refused
    (409), with what is allowed."""
    news = News()
    try:
        with db.transaction() as conn:
            incident = visible(conn, incident_id, caller)
            if body.action != "note":
                check_role(caller.roles_in(incident.reserve), (Role.RANGER, Role.MANAGER))
            if body.into is not None:
                visible(conn, body.into, caller)
            action = life.Action(
                id=body.id,
                kind=body.action,
                done_at=body.done_at,
                sent_at=body.sent_at,
                note=body.note,
                reason=body.reason,
                suspicion_id=body.suspicion_id,
                into=body.into,
            )
            acted_on = actions.act(conn, incident_id, caller.account.id, action, utc_now(), news)
            news.announce(conn)
            return detail(conn, fires.incident(conn, acted_on), caller)
    except NotAllowedNowError as error:
        with db.transaction() as conn:
            now = detail(conn, visible(conn, incident_id, caller), caller)
        return problem(HTTPStatus.CONFLICT, str(error), more={"state": now.state, "may": now.may})


def _standing(row: fires.Incident) -> urgency.Standing:
    return urgency.Standing(
        row.state, row.unanswered, row.held_back is not None, row.kind, row.fwi, row.last_seen_at
    )
