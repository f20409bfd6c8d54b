"""The life of a roll-out: started, carried on by a job, stopped by its rules or a person.

Each function works within the caller's transaction. What a node is to do goes down with its desired state,
signed; what it did comes up in its heartbeats.
"""

from __future__ import annotations

import math
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog

from fieldwatch_cloud.db import desired, masks, rollouts
from fieldwatch_cloud.deployment_news import health
from fieldwatch_cloud.errors import NotAllowedNowError
from fieldwatch_cloud.fleet.drift import version
from fieldwatch_cloud.fleet.health import NO_FAULT, HealthStatus
from fieldwatch_cloud.rollouts import rules
from fieldwatch_cloud.rollouts.rules import NodeState, State
from fieldwatch_shared.messages import RolloutReport

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection, Database
    from fieldwatch_cloud.db.rollouts import Artifact, Node, Rollout

log = structlog.get_logger(__name__)
_SILENT = frozenset({HealthStatus.SILENT, HealthStatus.NEVER_SEEN})


def plan(
    conn: Connection,
    nodes: Sequence[str],
    now: datetime,
    *,
    shares: Sequence[float] = (),
    groups: Sequence[Collection[str]] = (),
) -> list[list[str]]:
    """Which nodes come when, as `rules.stages` says; fit are those that were heard and are in order.

    Raises:
        NotAllowedNowError: nobody is fit to begin with.
    """
    fit = [node for node in nodes if _fit(conn, node, now)]
    try:
        return rules.stages(nodes, fit=fit, shares=shares, groups=groups)
    except ValueError as error:
        raise NotAllowedNowError(str(error)) from error


def start(
    conn: Connection,
    reserve_id: UUID,
    artifact: Artifact,
    stages: Sequence[Sequence[str]],
    *,
    wanted: rules.Rules,
    by: UUID | None,
    now: datetime,
) -> UUID:
    """Begin: the nodes of the first stage are told.

    Raises:
        NotAllowedNowError: a node is part of another roll-out of this kind; says which.
        NotFoundError: a node is none of this reserve.
    """
    rollouts.lock_reserve(conn, reserve_id)
    busy = rollouts.busy(conn, artifact.kind, [node for stage in stages for node in stage])
    if busy:
        raise NotAllowedNowError(
            f"another roll-out of {artifact.kind} is under way for {', '.join(busy)}: "
            "wait until it is over, or cancel it"
        )
    id_ = rollouts.add(
        conn, reserve_id, artifact, stages, rules=wanted.model_dump(mode="json"), by=by, now=now
    )
    sizes = " → ".join(str(len(stage)) for stage in stages)
    rollouts.note(conn, id_, "started", now=now, by=by, detail=f"{artifact.name} {artifact.version}: {sizes}")
    _begin_stage(conn, rollouts.get(conn, id_), 0, now)
    log.info("rollout.started", id=str(id_), name=artifact.name, version=artifact.version, stages=sizes)
    return id_


def pause(conn: Connection, id_: UUID, *, by: UUID | None, now: datetime) -> None:
    """No further stage begins; a failure still stops it. Raises NotAllowedNowError where it does not run."""
    _change(conn, id_, State.RUNNING, State.PAUSED, "paused", by=by, now=now)


def resume(conn: Connection, id_: UUID, *, by: UUID | None, now: datetime) -> None:
    """Raises NotAllowedNowError where it is not paused."""
    _change(conn, id_, State.PAUSED, State.RUNNING, "resumed", by=by, now=now)


def _change(
    conn: Connection, id_: UUID, was: State, becomes: State, what: str, *, by: UUID | None, now: datetime
) -> None:
    found = rollouts.get(conn, id_, lock=True)
    if found.state != was:
        raise NotAllowedNowError(f"this roll-out is {found.state}, not {was}")
    rollouts.set_state(conn, id_, becomes)
    rollouts.note(conn, id_, what, now=now, by=by)


def cancel(
    conn: Connection, id_: UUID, *, take_back: bool, by: UUID | None, now: datetime, why: str | None = None
) -> None:
    """End it: with `take_back`, all its nodes go back to what they had; else each keeps what it has.

    Raises:
        NotAllowedNowError: it is over, or is being taken back already.
    """
    found = rollouts.get(conn, id_, lock=True)
    if found.state not in (State.RUNNING, State.PAUSED):
        raise NotAllowedNowError(f"this roll-out is {found.state} already")
    if take_back:
        _take_back(conn, found, why or "a person took it back", by=by, now=now)
        return
    nodes = rollouts.nodes(conn, id_)
    _lock(conn, nodes)
    for node in nodes:
        if node.state in (NodeState.PENDING, NodeState.WAITING, NodeState.TOLD):
            # What it does not work by yet, it shall not begin with, when nobody watches any more.
            _restore(conn, found, node, now)
            rollouts.set_node(conn, id_, node.node_id, NodeState.LEFT, now=now)
    rollouts.set_state(conn, id_, State.CANCELLED, reason=why, ended_at=now)
    rollouts.note(conn, id_, "cancelled", now=now, by=by, detail=why)


def advance_all(database: Database, now: datetime) -> int:
    """Carry on what is under way, each in a transaction of its own; returns how many there are."""
    with database.transaction() as conn:
        under_way = rollouts.active(conn)
    for id_ in under_way:
        with database.transaction() as conn:
            advance(conn, id_, now)
    return len(under_way)


def advance(conn: Connection, id_: UUID, now: datetime) -> None:
    """Hear what the nodes of one roll-out say, and do what its rules ask for."""
    found = rollouts.get(conn, id_, lock=True)
    if found.state not in rules.ACTIVE:
        return
    wanted = rules.Rules.model_validate(found.rules)
    nodes = rollouts.nodes(conn, id_)
    heard = [(node, _facts(conn, found, node, wanted, now)) for node in nodes]
    if any(rules.step(facts, wanted, now) is not None for _, facts in heard):
        # One that fails may take all of them back; nobody waits while we only look.
        _lock(conn, nodes)
    for node, facts in heard:
        if facts.said is not None and rollouts.set_reported(conn, id_, node.node_id, facts.said):
            rollouts.note(conn, id_, f"said_{facts.said}", now=now, node=node.node_id, detail=facts.reason)
        if (step := rules.step(facts, wanted, now)) is not None:
            _take_step(conn, found, node, step, now)
    after = rollouts.nodes(conn, id_)
    if found.state == State.ROLLING_BACK:
        _finish_taking_back(conn, found, after, now)
        return
    failed = Counter(node.stage for node in after if node.state == NodeState.FAILED)
    stage = rules.stop(failed, wanted)
    if stage is not None:
        names = [node.node_id for node in after if node.state == NodeState.FAILED and node.stage == stage]
        why = next(node.reason for node in after if node.node_id == names[0])
        _take_back(conn, found, f"{', '.join(names)}: {why}", by=None, now=now)
    elif found.state == State.RUNNING:
        _go_on(conn, found, after, now)


def _go_on(conn: Connection, found: Rollout, nodes: Sequence[Node], now: datetime) -> None:
    states = [NodeState(node.state) for node in nodes if node.stage == found.stage]
    if not rules.stage_over(states):
        return
    if found.stage + 1 < found.stages:
        _begin_stage(conn, found, found.stage + 1, now)
    elif not any(node.state in (NodeState.WAITING, NodeState.TOLD, NodeState.SOAKING) for node in nodes):
        rollouts.set_state(conn, found.id, State.DONE, ended_at=now)
        rollouts.note(conn, found.id, "done", now=now)
        log.info("rollout.done", id=str(found.id))


def _begin_stage(conn: Connection, found: Rollout, stage: int, now: datetime) -> None:
    rollouts.set_stage(conn, found.id, stage, now)
    rollouts.note(conn, found.id, "stage", now=now, detail=str(stage + 1))
    begin = [
        node
        for node in rollouts.nodes(conn, found.id)
        if node.stage == stage and node.state == NodeState.PENDING
    ]
    befores = [_state_of(conn, node.node_id, now) for node in begin]
    _lock(conn, begin)
    for node, before in zip(begin, befores, strict=True):
        rollouts.give(conn, found, node.node_id, found.sha256, found.id, now)
        desired.renew(conn, node.node_id)
        rollouts.set_node(conn, found.id, node.node_id, NodeState.TOLD, now=now, told_at=now, before=before)
        rollouts.note(conn, found.id, "told", now=now, node=node.node_id)


def _take_step(conn: Connection, found: Rollout, node: Node, step: rules.Step, now: datetime) -> None:
    rollouts.set_node(
        conn,
        found.id,
        node.node_id,
        step.state,
        now=now,
        reason=step.reason,
        # A node that is back has its time from now on.
        told_at=now if step.state == NodeState.TOLD else None,
        applied_at=now if step.state == NodeState.SOAKING else None,
        before=_state_of(conn, node.node_id, now) if step.state == NodeState.TOLD else None,
    )
    rollouts.note(conn, found.id, step.state, now=now, node=node.node_id, detail=step.reason)
    if step.state == NodeState.LEFT and node.state == NodeState.WAITING:
        _restore(conn, found, node, now)
    if step.state == NodeState.FAILED:
        log.warning("rollout.failed_at_node", id=str(found.id), node=node.node_id, reason=step.reason)
        _restore(conn, found, node, now)


def _take_back(conn: Connection, found: Rollout, why: str, *, by: UUID | None, now: datetime) -> None:
    """All nodes go back to what they had: those that have it, and those that might have it soon."""
    nodes = rollouts.nodes(conn, found.id)
    _lock(conn, nodes)
    for node in nodes:
        if node.state in (NodeState.PENDING, NodeState.WAITING):
            if node.state == NodeState.WAITING:
                _restore(conn, found, node, now)
            rollouts.set_node(conn, found.id, node.node_id, NodeState.LEFT, now=now, reason="it never had it")
            continue
        _restore(conn, found, node, now)
        rollouts.set_node(
            conn, found.id, node.node_id, NodeState.RETURNING, now=now, reason=node.reason, told_at=now
        )
        rollouts.note(conn, found.id, "returning", now=now, node=node.node_id)
    rollouts.set_state(conn, found.id, State.ROLLING_BACK, reason=why)
    rollouts.note(conn, found.id, "stopped", now=now, by=by, detail=why)
    log.warning("rollout.stopped", id=str(found.id), reason=why)


def _lock(conn: Connection, nodes: Sequence[Node]) -> None:
    masks.lock_nodes(conn, [node.node_id for node in nodes])


def _restore(conn: Connection, found: Rollout, node: Node, now: datetime) -> None:
    """The node must be locked."""
    if node.previous is not None and node.previous_of is not None:
        rollouts.give(conn, found, node.node_id, node.previous, node.previous_of, now)
    else:
        rollouts.take_away(conn, found, node.node_id)
    desired.renew(conn, node.node_id)


def _finish_taking_back(conn: Connection, found: Rollout, nodes: Sequence[Node], now: datetime) -> None:
    if not any(node.state == NodeState.RETURNING for node in nodes):
        rollouts.set_state(conn, found.id, State.ROLLED_BACK, ended_at=now)
        rollouts.note(conn, found.id, "rolled_back", now=now)
        log.info("rollout.rolled_back", id=str(found.id))


def _facts(conn: Connection, found: Rollout, node: Node, wanted: rules.Rules, now: datetime) -> rules.Facts:
    said = next(
        (
            report
            for report in map(RolloutReport.model_validate, node.rollouts or [])
            if report.rollout_id == found.id
        ),
        None,
    )
    if found.kind == "model":
        has_it = f"{found.name}@{found.version}" in (node.models or {}).values()
    else:
        has_it = version(node.software or "") == found.version
    state = _state_of(conn, node.node_id, now)
    before = node.before or {}
    soaked = node.applied_at is not None and now - node.applied_at >= timedelta(seconds=wanted.soak_s)
    return rules.Facts(
        state=NodeState(node.state),
        told_at=node.told_at,
        applied_at=node.applied_at,
        away_before=bool(before.get("away")),
        heard_at=node.heard_at,
        said=said.state if said else None,
        reason=said.reason if said else None,
        has_it=has_it,
        silent=bool(state["silent"]),
        worse=tuple(sorted(set(state["faults"]) - set(before.get("faults", [])))),
        work=_work(conn, node, now) if soaked and node.state == NodeState.SOAKING else None,
    )


def _state_of(conn: Connection, node: str, now: datetime) -> dict[str, Any]:
    """How a node fares, as it is kept to be compared with: whether it is away, and its cameras' faults."""
    judged = health(conn, node, now).values()
    silent = not judged or any(one.status in _SILENT for one in judged)
    return {
        "silent": silent,
        "away": silent or not all(one.online for one in judged),
        "faults": sorted(_faults(conn, node, now)),
    }


def _fit(conn: Connection, node: str, now: datetime) -> bool:
    """Heard of, and without a fault. Not: connected; a node that sleeps between two looks rarely is."""
    state = _state_of(conn, node, now)
    return not state["silent"] and not state["faults"]


def _faults(conn: Connection, node: str, now: datetime) -> set[str]:
    # Of its line, `away` speaks.
    aside = {reason.value for reason in NO_FAULT} | {"node_offline", "no_heartbeat"}
    found = {reason.value for one in health(conn, node, now).values() for reason in one.reasons}
    return found - aside


def heard_of(conn: Connection, node: str, now: datetime) -> bool:
    """Whether the node is not silent."""
    return not _state_of(conn, node, now)["silent"]


def _work(conn: Connection, node: Node, now: datetime) -> rules.Work:
    assert node.applied_at is not None  # noqa: S101  By its state.
    since = node.applied_at
    first = max(1, math.ceil((now - since) / timedelta(days=1)))
    shifts = [timedelta(days=day) for day in range(first, first + rules.DAYS_BEFORE)]
    windows = [(since, now), *((since - shift, now - shift) for shift in shifts)]
    (seen, frames), *before = rollouts.work(conn, node.node_id, windows)
    looked = [(animals, pictures) for animals, pictures in before if pictures]
    return rules.Work(
        seen=seen,
        frames=frames,
        days=len(looked),
        seen_before=sum(animals for animals, _ in looked),
        frames_before=sum(pictures for _, pictures in looked),
    )
