"""A camera's clock, corrected for a whole deployment in one step; every step is kept and can be undone."""

from uuid import UUID

from fastapi import APIRouter

from fieldwatch_cloud.api.auth import Caller, SignedIn, check_role, has_role, visible
from fieldwatch_cloud.api.models.clocks import CENTURY_S, Correction, Corrections, NewCorrection
from fieldwatch_cloud.api.models.common import problems
from fieldwatch_cloud.api.models.people import Role
from fieldwatch_cloud.api.services import Db
from fieldwatch_cloud.db import clocks
from fieldwatch_cloud.db.geography import Place
from fieldwatch_cloud.db.pool import Connection
from fieldwatch_cloud.errors import QuestionError
from fieldwatch_cloud.sensitive import sees_exact

router = APIRouter(tags=["review"])
CORRECTORS = (Role.RESEARCHER, Role.MANAGER, Role.TECHNICIAN)
_WHERE = "/deployments/{deployment_id}/clock-corrections"


@router.get(_WHERE, summary="How far a camera's clock was off", responses=problems(401, 404))
def list_clock_corrections(deployment_id: UUID, caller: SignedIn, db: Db) -> Corrections:
    with db.transaction() as conn:
        place = visible(conn, deployment_id, caller)
        return _answer(conn, place, caller)


@router.post(
    _WHERE,
    summary="Correct a camera's clock, for all that the deployment saw",
    responses=problems(401, 403, 404, 409, 422),
)
def correct_clock(deployment_id: UUID, body: NewCorrection, caller: SignedIn, db: Db) -> Corrections:
    """For researchers, managers and technicians. Nothing is re-dated: what came stays as it came, and the
    correction is added where times are counted, exported or shown as corrected. It replaces the one that held
    before. The same once more is answered once more."""
    with db.transaction() as conn:
        place = visible(conn, deployment_id, caller)
        check_role(caller.roles_in(place.reserve), CORRECTORS)
        offset_s = body.offset_s
        if body.media_id is not None and body.true_time is not None:
            taken = clocks.taken_at(conn, deployment_id, body.media_id)
            offset_s = (body.true_time - taken).total_seconds()
            if abs(offset_s) > CENTURY_S:
                raise QuestionError(f"{body.true_time:%Y} is more than a century from what the camera says")
        assert offset_s is not None  # noqa: S101  the body gives one or the other
        clocks.correct(conn, body.id, deployment_id, offset_s, account_id=caller.account.id, note=body.note)
        return _answer(conn, place, caller)


@router.delete(
    f"{_WHERE}/current", summary="Take the camera's own clock again", responses=problems(401, 403, 404)
)
def undo_clock_correction(deployment_id: UUID, caller: SignedIn, db: Db) -> Corrections:
    """For those who may correct it. The correction stays on record as undone; once more changes nothing."""
    with db.transaction() as conn:
        place = visible(conn, deployment_id, caller)
        check_role(caller.roles_in(place.reserve), CORRECTORS)
        clocks.undo(conn, deployment_id, account_id=caller.account.id)
        return _answer(conn, place, caller)


def _answer(conn: Connection, place: Place, caller: Caller) -> Corrections:
    given = clocks.corrections(conn, place.id)
    roles = caller.roles_in(place.reserve)
    moved = clocks.effect(conn, place.id, exact=sees_exact(roles))
    return Corrections(
        offset_s=sum(each.offset_s for each in given if each.undone_at is None),
        items=[
            Correction(
                id=each.id,
                offset_s=each.offset_s,
                note=each.note,
                at=each.at,
                account=each.account,
                undone_at=each.undone_at,
                undone_by=each.undone_by,
            )
            for each in given
        ],
        observations=moved.observations,
        first_at=moved.first_at,
        last_at=moved.last_at,
        timezone=place.timezone,
        may_correct=has_role(roles, CORRECTORS),
    )
