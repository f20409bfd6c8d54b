"""Who is on duty, and by which plan more are called."""

from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query

from fieldwatch_cloud.alarms.crew import Crew
from fieldwatch_cloud.api.auth import AnyMember, Manager, SignedIn, check_role
from fieldwatch_cloud.api.models.calls import (
    CallPlan,
    CallStep,
    NewCallPlan,
    NewShift,
    OnDuty,
    OnDutyPerson,
    Shift,
    Shifts,
    ZoneOnDuty,
)
from fieldwatch_cloud.api.models.common import Instant, problems
from fieldwatch_cloud.api.models.people import Role
from fieldwatch_cloud.api.services import Db
from fieldwatch_cloud.calls import plan as plans
from fieldwatch_cloud.calls import roster
from fieldwatch_cloud.db import calls, geography
from fieldwatch_cloud.errors import AlreadyExistsError, NotFoundError, RowRefusedError
from fieldwatch_shared.messages import utc_now

router = APIRouter(tags=["calls"])


@router.get("/reserves/{slug}/shifts", summary="The roster", responses=problems(401, 404))
def list_shifts(member: AnyMember, db: Db) -> Shifts:
    with db.transaction() as conn:
        return Shifts(items=[_shift(row) for row in calls.listed_shifts(conn, member.reserve_id)])


@router.post(
    "/reserves/{slug}/shifts",
    summary="Put somebody on duty",
    status_code=201,
    responses=problems(401, 403, 404, 409, 422),
)
def create_shift(body: NewShift, member: Manager, db: Db) -> Shift:
    """For managers. Shifts of a zone are called before those of the whole reserve."""
    with db.transaction() as conn:
        timezone = ZoneInfo(geography.reserves(conn, [member.reserve])[0].timezone)
        shift = roster.Shift(
            body.account_id,
            body.zone_id,
            body.place,
            body.starts_at,
            body.ends_at,
            body.repeats,
            body.until,
        )
        try:
            roster.checked(shift, timezone)
        except ValueError as error:
            raise RowRefusedError(str(error)) from error
        id_ = calls.add_shift(conn, member.reserve_id, shift, id_=body.id)
        created = next((row for row in calls.listed_shifts(conn, member.reserve_id) if row.id == id_), None)
    if created is None:
        raise AlreadyExistsError(f"the id is taken: {id_}")
    return _shift(created)


@router.delete(
    "/shifts/{shift_id}",
    summary="Take a shift out of the roster",
    status_code=204,
    responses=problems(401, 403, 404),
)
def delete_shift(shift_id: UUID, caller: SignedIn, db: Db) -> None:
    """For managers. With all its repetitions."""
    with db.transaction() as conn:
        roles = caller.roles_in(calls.shift_reserve(conn, shift_id))
        if not roles:
            raise NotFoundError(f"no such shift: {shift_id}")
        check_role(roles, (Role.MANAGER,))
        calls.delete_shift(conn, shift_id)


@router.get(
    "/reserves/{slug}/call-plan", summary="Who is called when nobody answers", responses=problems(401, 404)
)
def get_call_plan(member: AnyMember, db: Db) -> CallPlan:
    with db.transaction() as conn:
        return _plan(calls.plan(conn, member.reserve_id))


@router.put(
    "/reserves/{slug}/call-plan",
    summary="Set who is called when nobody answers",
    responses=problems(401, 403, 404, 422),
)
def put_call_plan(body: NewCallPlan, member: Manager, db: Db) -> CallPlan:
    """For managers. The first step is at once, each later than the one before, and the last calls the
    managers or all. Incidents that call at this moment go on by the new plan."""
    try:
        steps = plans.checked([plans.Step(step.after_s, step.whom) for step in body.steps])
    except ValueError as error:
        raise RowRefusedError(str(error)) from error
    with db.transaction() as conn:
        calls.set_plan(conn, member.reserve_id, steps)
        return _plan(calls.plan(conn, member.reserve_id))


@router.get(
    "/reserves/{slug}/on-duty", summary="Who would be called first", responses=problems(401, 404, 422)
)
def get_on_duty(
    member: AnyMember, db: Db, at: Annotated[Instant | None, Query(description="Absent: now.")] = None
) -> OnDuty:
    """For each zone, and for a fire in none, in calling order."""
    moment = at or utc_now()
    with db.transaction() as conn:
        timezone = geography.reserves(conn, [member.reserve])[0].timezone
        answers = []
        for zone in [*calls.zones(conn, member.reserve_id), None]:
            places = [] if zone is None else [(zone.id, zone.chief)]
            try:
                crew = Crew.at(conn, member.reserve_id, timezone, places, moment)
            except OverflowError as error:
                raise RowRefusedError("by the reserve's clocks, `at` lies out of the calendar") from error
            answers.append(ZoneOnDuty(zone_id=zone.id if zone else None, people=_people(crew)))
    return OnDuty(at=moment, zones=answers)


def _people(crew: Crew) -> list[OnDutyPerson]:
    return [
        OnDutyPerson(account_id=person.id, account=person.name, place=place, reachable=bool(person.devices))
        for place, rank in enumerate(crew.duty, 1)
        for person in (crew.people[id_] for id_ in rank if id_ in crew.people)
    ]


def _plan(steps: tuple[plans.Step, ...]) -> CallPlan:
    return CallPlan(
        steps=[CallStep(after_s=step.after_s, whom=step.whom) for step in steps],
        default=steps == plans.DEFAULT,
    )


def _shift(row: calls.ListedShift) -> Shift:
    return Shift(
        id=row.id,
        zone_id=row.zone_id,
        account_id=row.account_id,
        account=row.account,
        place=row.place,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        repeats=row.repeats,
        until=row.until,
    )
