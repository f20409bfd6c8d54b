"""Drills: the whole chain, tried out, and what it came to."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter

from fieldwatch_cloud.alarms import drills as alarms
from fieldwatch_cloud.api.auth import AnyMember, Manager, SignedIn, check_role
from fieldwatch_cloud.api.models.alerts import (
    Drill,
    DrillCall,
    DrillReport,
    Drills,
    DrillStep,
    NewDrill,
    NotReached,
)
from fieldwatch_cloud.api.models.common import problems
from fieldwatch_cloud.api.models.people import Role
from fieldwatch_cloud.api.services import Db
from fieldwatch_cloud.db import drills
from fieldwatch_cloud.db.live import News
from fieldwatch_cloud.db.pool import Connection
from fieldwatch_cloud.errors import NotFoundError
from fieldwatch_shared.messages import utc_now

router = APIRouter(tags=["drills"])


@router.post(
    "/reserves/{slug}/drills",
    summary="Start a drill",
    status_code=201,
    responses=problems(401, 403, 404, 409, 422),
)
def start_drill(body: NewDrill, member: Manager, db: Db) -> Drill:
    """For managers. As if that camera saw smoke now: the people on duty are really called, and every message
    says that it is a drill. One at a time in a reserve; it ends by itself after an hour."""
    with db.transaction() as conn:
        news = News()
        id_ = alarms.start(
            conn,
            member.reserve,
            body.deployment_id,
            member.caller.account.id,
            utc_now(),
            news,
            bearing_deg=body.bearing_deg,
            note=body.note,
        )
        news.announce(conn)
        return _drill(drills.get(conn, id_))


@router.get("/reserves/{slug}/drills", summary="Drills of a reserve", responses=problems(401, 404))
def list_drills(member: AnyMember, db: Db) -> Drills:
    with db.transaction() as conn:
        return Drills(items=[_drill(row) for row in drills.of_reserve(conn, member.reserve_id)])


@router.get("/drills/{drill_id}", summary="Who was reached, and how fast", responses=problems(401, 404))
def get_drill(drill_id: UUID, caller: SignedIn, db: Db) -> DrillReport:
    """Also while it runs."""
    with db.transaction() as conn:
        _visible(conn, drill_id, caller)
        return _report(conn, drill_id)


@router.post("/drills/{drill_id}/end", summary="End a drill", responses=problems(401, 403, 404))
def end_drill(drill_id: UUID, caller: SignedIn, db: Db) -> DrillReport:
    """For managers. Those who were called are told; once more changes nothing."""
    with db.transaction() as conn:
        check_role(caller.roles_in(_visible(conn, drill_id, caller)), (Role.MANAGER,))
        alarms.end(conn, drill_id, utc_now(), by=caller.account.id)
        return _report(conn, drill_id)


def _visible(conn: Connection, drill_id: UUID, caller: SignedIn) -> str:
    """Slug of the drill's reserve, if the caller is a member of it."""
    reserve = drills.get(conn, drill_id).reserve
    if not caller.roles_in(reserve):
        raise NotFoundError(f"no such drill: {drill_id}")
    return reserve


def _drill(row: drills.Drill) -> Drill:
    return Drill(
        id=row.id,
        incident_id=row.incident_id,
        state=row.state,
        deployment_id=row.deployment_id,
        started_by=row.started_by,
        started_at=row.started_at,
        ended_at=row.ended_at,
        note=row.note,
    )


def _report(conn: Connection, drill_id: UUID) -> DrillReport:
    report = alarms.report(conn, drill_id, utc_now())
    start = report.drill.started_at

    def seconds(at: datetime | None) -> float | None:
        return None if at is None else (at - start).total_seconds()

    return DrillReport(
        **_drill(report.drill).model_dump(),
        steps=[
            DrillStep(step=s.step, whom=s.whom, due_s=s.planned_s, began_s=s.made_s, on_time=s.on_time)
            for s in report.steps
        ],
        calls=[
            DrillCall(
                account=call.account,
                device=call.device,
                channel=call.channel,
                step=call.step,
                state=call.state,
                queued_s=(call.queued_at - start).total_seconds(),
                sent_s=seconds(call.sent_at),
                delivered_s=seconds(call.delivered_at),
                opened_s=seconds(call.opened_at),
                answered_s=seconds(call.answered_at),
                failure=call.failure,
            )
            for call in report.calls
        ],
        not_reached=[who["name"] for who in report.unreached],
        reasons=[NotReached(account=who["name"], why=who["why"]) for who in report.unreached],
        first_delivered_s=report.first_delivered_s,
        first_answered_s=report.first_answered_s,
    )
