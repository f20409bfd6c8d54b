"""Roll-outs: planned, started, looked at, paused, ended."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from fieldwatch_cloud.api.auth import STAFF, FieldStaff, Member, SignedIn, check_role, require
from fieldwatch_cloud.api.models.common import problems
from fieldwatch_cloud.api.models.people import Role
from fieldwatch_cloud.api.models.rollouts import (
    CancelRollout,
    NewRollout,
    Rollout,
    RolloutEntry,
    RolloutNode,
    RolloutPlan,
    RolloutSummary,
    Stage,
    counted,
)
from fieldwatch_cloud.api.services import Db
from fieldwatch_cloud.db import fleet, rollouts
from fieldwatch_cloud.db.pool import Connection
from fieldwatch_cloud.errors import NotFoundError
from fieldwatch_cloud.rollouts import run
from fieldwatch_cloud.rollouts.rules import Rules
from fieldwatch_shared.messages import utc_now

router = APIRouter(tags=["fleet"])
STARTERS = (Role.MANAGER,)
Starter = Annotated[Member, Depends(require(*STARTERS))]


@router.get("/reserves/{slug}/rollouts", summary="Roll-outs of a reserve", responses=problems(401, 403, 404))
def list_rollouts(
    member: FieldStaff, db: Db, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> list[RolloutSummary]:
    """Those that are under way first, then the newest."""
    with db.transaction() as conn:
        return [
            RolloutSummary(**_summary(one, rollouts.nodes(conn, one.id)))
            for one in rollouts.of_reserve(conn, member.reserve_id, limit)
        ]


@router.post(
    "/reserves/{slug}/rollouts/plan",
    summary="What a roll-out would do",
    responses=problems(401, 403, 404, 409, 422),
)
def plan_rollout(body: NewRollout, member: Starter, db: Db) -> RolloutPlan:
    """For managers. Changes nothing: who would come when, how long it takes, what stands in its way."""
    now = utc_now()
    with db.transaction() as conn:
        artifact, stages = _planned(conn, member, body)
        everyone = [node for stage in stages for node in stage]
        each = body.rules.trial_s + body.rules.soak_s
        return RolloutPlan(
            kind=artifact.kind,
            name=artifact.name,
            version=artifact.version,
            stages=[Stage(nodes=stage) for stage in stages],
            rules=body.rules,
            lasts_s=each * len(stages),
            busy=rollouts.busy(conn, artifact.kind, everyone),
            silent=[node for node in everyone if not run.heard_of(conn, node, now)],
        )


@router.post(
    "/reserves/{slug}/rollouts",
    summary="Start a roll-out",
    status_code=201,
    responses=problems(401, 403, 404, 409, 422),
)
def start_rollout(body: NewRollout, member: Starter, db: Db) -> Rollout:
    """For managers. The first stage begins at once; each further one when every node of those before works by
    it and is none the worse for the soak time. Too many failures, and all go back by themselves."""
    with db.transaction() as conn:
        artifact, stages = _planned(conn, member, body)
        id_ = run.start(
            conn,
            member.reserve_id,
            artifact,
            stages,
            wanted=body.rules,
            by=member.caller.account.id,
            now=utc_now(),
        )
        return _shown(conn, id_)


@router.get("/rollouts/{rollout_id}", summary="How a roll-out fares", responses=problems(401, 403, 404))
def get_rollout(rollout_id: UUID, caller: SignedIn, db: Db) -> Rollout:
    """For technicians and managers."""
    with db.transaction() as conn:
        _visible(conn, rollout_id, caller, STAFF)
        return _shown(conn, rollout_id)


@router.post(
    "/rollouts/{rollout_id}/pause", summary="Pause a roll-out", responses=problems(401, 403, 404, 409)
)
def pause_rollout(rollout_id: UUID, caller: SignedIn, db: Db) -> Rollout:
    """For technicians and managers. No further stage begins; a failure still stops it."""
    with db.transaction() as conn:
        _visible(conn, rollout_id, caller, STAFF)
        run.pause(conn, rollout_id, by=caller.account.id, now=utc_now())
        return _shown(conn, rollout_id)


@router.post(
    "/rollouts/{rollout_id}/resume", summary="Go on with a roll-out", responses=problems(401, 403, 404, 409)
)
def resume_rollout(rollout_id: UUID, caller: SignedIn, db: Db) -> Rollout:
    """For managers."""
    with db.transaction() as conn:
        _visible(conn, rollout_id, caller, STARTERS)
        run.resume(conn, rollout_id, by=caller.account.id, now=utc_now())
        return _shown(conn, rollout_id)


@router.post(
    "/rollouts/{rollout_id}/cancel", summary="End a roll-out", responses=problems(401, 403, 404, 409, 422)
)
def cancel_rollout(rollout_id: UUID, body: CancelRollout, caller: SignedIn, db: Db) -> Rollout:
    """For technicians and managers: taking back what harms must not wait for anybody."""
    with db.transaction() as conn:
        _visible(conn, rollout_id, caller, STAFF)
        run.cancel(
            conn,
            rollout_id,
            take_back=body.take_back,
            by=caller.account.id,
            now=utc_now(),
            why=body.reason,
        )
        return _shown(conn, rollout_id)


def _planned(conn: Connection, member: Member, body: NewRollout) -> tuple[rollouts.Artifact, list[list[str]]]:
    artifact = rollouts.artifact(conn, member.reserve_id, body.sha256)
    if artifact.kind == "software":
        check_role(member.caller.roles_in(member.reserve), (Role.ADMIN,))
    known = [node.id for node in fleet.nodes(conn, member.reserve_id)]
    if body.nodes is not None and (strange := sorted(set(body.nodes) - set(known))):
        raise NotFoundError(f"no such node in this reserve: {', '.join(strange)}")
    groups = [fleet.group(conn, member.reserve_id, id_).nodes for id_ in body.groups]
    nodes = known if body.nodes is None else list(dict.fromkeys(body.nodes))
    return artifact, run.plan(conn, nodes, utc_now(), shares=body.shares, groups=groups)


def _visible(conn: Connection, rollout_id: UUID, caller: SignedIn, roles: tuple[Role, ...]) -> None:
    found = rollouts.get(conn, rollout_id)
    held = caller.roles_in(found.reserve)
    if not held:
        raise NotFoundError(f"no such roll-out: {rollout_id}")
    check_role(held, roles)


def _shown(conn: Connection, rollout_id: UUID) -> Rollout:
    found = rollouts.get(conn, rollout_id)
    nodes = rollouts.nodes(conn, rollout_id)
    return Rollout(
        **_summary(found, nodes),
        rules=Rules.model_validate(found.rules),
        nodes=[RolloutNode.model_validate({**_fields(node), "node": node.node_id}) for node in nodes],
        log=[
            RolloutEntry(at=one.at, by=one.by, node=one.node_id, what=one.what, detail=one.detail)
            for one in rollouts.log(conn, rollout_id)
        ],
    )


def _fields(row: rollouts.Node) -> dict[str, object]:
    names = (
        "name",
        "stage",
        "state",
        "since",
        "told_at",
        "applied_at",
        "reported",
        "reason",
        "online",
        "heard_at",
    )
    return {name: getattr(row, name) for name in names}


def _summary(found: rollouts.Rollout, nodes: list[rollouts.Node]) -> dict[str, Any]:
    names = (
        *("id", "kind", "name", "version", "sha256", "state", "stage", "stages", "reason"),
        *("started_at", "started_by", "ended_at"),
    )
    return {
        **{name: getattr(found, name) for name in names},
        "counts": counted([node.state for node in nodes]),
    }
