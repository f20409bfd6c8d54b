"""The rules of a roll-out. Pure: what is known of a node goes in, its next state comes out.

    pending → told → soaking → done                 the stage of the node has begun; it says that it works by
                 ↘ waiting ↗                        it; it did so for the soak time and is none the worse
    told, soaking, done → failed                    it refused, rolled back, said nothing, or fares worse
    any → returning → returned                      the roll-out was stopped: back to what it had
    any → left                                      ended, or away for too long: it keeps what it had

A node that was offline when it was told *waits*: it holds nobody up, and is judged once it comes back. Any
other node that says nothing within its time has failed: who cannot tell us that it is well may be dead.

The rules cannot know whether a detector still sees what is there. They compare a node with itself: as many
animals, as many pictures as at the same hours of the days before. With fewer than `ENOUGH` expected they say
nothing, which is noted ("too few to judge"). Fires are too rare to be compared with anything: a fire detector
is judged by the node's own trial, and by its pictures alone.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from fieldwatch_shared.messages import RolloutState as Said

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

ENOUGH = 10
"""Animals expected by the days before, from which on their absence says something."""
COLLAPSED = 0.1
"""Of what was expected: no more than this share is a collapse. Animals do come and go by more than half."""
FLOOD = 10
"""Times as many as expected, and at least FLOOD_LEAST: a detector that sees animals everywhere."""
FLOOD_LEAST = 100
FRAMES_LEAST = 0.25
"""Of the usual pictures: with fewer, the camera hardly looks any more."""
AWAY_LONGEST = timedelta(days=14)
"""A node that was away already when it was told is waited for so long."""
DAYS_BEFORE = 7
DAYS_LEAST = 2
"""On fewer days before, there is nothing to compare with."""


class NodeState(StrEnum):
    PENDING = "pending"
    TOLD = "told"
    WAITING = "waiting"
    SOAKING = "soaking"
    DONE = "done"
    FAILED = "failed"
    RETURNING = "returning"
    RETURNED = "returned"
    LEFT = "left"


class State(StrEnum):
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    ROLLING_BACK = "rolling_back"
    ROLLED_BACK = "rolled_back"
    CANCELLED = "cancelled"


ACTIVE = frozenset({State.RUNNING, State.PAUSED, State.ROLLING_BACK})


class Rules(BaseModel):
    """How careful a roll-out is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    trial_s: float = Field(600, ge=0, le=7 * 86400, description="On trial at the node, which judges itself.")
    soak_s: float = Field(
        86400, ge=0, le=30 * 86400, description="Then watched from here: a day has its dawn and its dusk."
    )
    answer_s: float = Field(
        6 * 3600, gt=0, le=30 * 86400, description="A node that says nothing for so long has failed."
    )
    most_failed: int = Field(0, ge=0, le=1000, description="Failures in one stage that do not stop it.")


@dataclass(frozen=True, slots=True)
class Work:
    """What a node did since it works by the new thing, beside the same hours of the days before."""

    seen: int
    frames: int
    days: int
    """Days before on which it looked at those hours."""
    seen_before: int
    """On all these days together."""
    frames_before: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one node of a roll-out."""

    state: NodeState
    told_at: datetime | None
    applied_at: datetime | None
    away_before: bool
    """It was offline, or silent, when it was told."""
    heard_at: datetime | None
    """Its last heartbeat, by arrival."""
    said: Said | None
    """Of this roll-out, by its own word."""
    reason: str | None
    has_it: bool
    """It says that it runs this."""
    silent: bool
    worse: tuple[str, ...]
    """Faults of its cameras now that they did not have before."""
    work: Work | None = None


@dataclass(frozen=True, slots=True)
class Step:
    state: NodeState
    reason: str | None = None


def step(facts: Facts, rules: Rules, now: datetime) -> Step | None:
    """What becomes of the node; None: nothing changes."""
    match facts.state:
        case NodeState.TOLD:
            return _told(facts, rules, now)
        case NodeState.WAITING:
            return _waiting(facts, now)
        case NodeState.SOAKING:
            return _soaking(facts, rules, now)
        case NodeState.DONE:
            return _denied(facts)
        case NodeState.RETURNING:
            return _returning(facts, rules, now)
        case _:
            return None


def _denied(facts: Facts) -> Step | None:
    if facts.said is Said.REFUSED:
        return Step(NodeState.FAILED, f"the node refused it: {facts.reason or 'it gave no reason'}")
    if facts.said is Said.ROLLED_BACK:
        return Step(NodeState.FAILED, f"the node went back by itself: {facts.reason or 'it gave no reason'}")
    return None


def _told(facts: Facts, rules: Rules, now: datetime) -> Step | None:
    assert facts.told_at is not None  # noqa: S101  By its state.
    if denied := _denied(facts):
        return denied
    if facts.said is Said.APPLIED:
        return Step(NodeState.SOAKING)
    heard = facts.heard_at is not None and facts.heard_at > facts.told_at
    if facts.away_before and not heard:
        return Step(NodeState.WAITING, "it was away already")
    if now - facts.told_at > timedelta(seconds=rules.answer_s + rules.trial_s):
        return Step(NodeState.FAILED, "it did not say in time that it works by it")
    return None


def _soaking(facts: Facts, rules: Rules, now: datetime) -> Step | None:
    assert facts.applied_at is not None  # noqa: S101  By its state.
    if denied := _denied(facts):
        return denied
    heard_at = facts.heard_at or facts.applied_at
    if now - heard_at > timedelta(seconds=rules.answer_s):
        return Step(NodeState.FAILED, "it fell silent since")
    if now - facts.applied_at < timedelta(seconds=rules.soak_s) or facts.silent:
        return None
    if facts.worse:
        return Step(NodeState.FAILED, f"its cameras fare worse than before: {', '.join(facts.worse)}")
    if not facts.has_it:
        return Step(NodeState.FAILED, "it says that it works by something else")
    if (fault := collapse(facts.work)) is not None:
        return Step(NodeState.FAILED, fault)
    return Step(NodeState.DONE, too_few(facts.work))


def _waiting(facts: Facts, now: datetime) -> Step | None:
    assert facts.told_at is not None  # noqa: S101  By its state.
    if facts.heard_at is not None and facts.heard_at > facts.told_at:
        return Step(NodeState.TOLD, "it is back")
    # One mast that never comes back must not keep all others from the next roll-out.
    return Step(NodeState.LEFT, "it was away for too long") if now - facts.told_at > AWAY_LONGEST else None


def _returning(facts: Facts, rules: Rules, now: datetime) -> Step | None:
    if facts.said in (Said.REFUSED, Said.ROLLED_BACK):
        return Step(NodeState.RETURNED)
    heard = facts.heard_at is not None and facts.told_at is not None and facts.heard_at > facts.told_at
    if heard and not facts.has_it and facts.said not in (Said.FETCHING, Said.ON_TRIAL):
        return Step(NodeState.RETURNED)
    if facts.told_at is not None and now - facts.told_at > timedelta(seconds=rules.answer_s + rules.trial_s):
        # What it is to do is the old one already: it goes back whenever it hears of it.
        return Step(NodeState.LEFT, "it did not say in time that it is back")
    return None


def collapse(work: Work | None) -> str | None:
    """Why this is no longer the node that it was; None: it is, or nobody can say."""
    if work is None or work.days < DAYS_LEAST:
        return None
    frames = work.frames_before / work.days
    if frames >= ENOUGH and work.frames < FRAMES_LEAST * frames:
        return f"it looked at {work.frames} pictures, where {frames:.0f} are usual at these hours"
    expected = work.seen_before / work.days
    if expected >= ENOUGH and work.seen <= COLLAPSED * expected:
        return f"it saw {work.seen} animals, where {expected:.0f} are usual at these hours"
    if work.seen >= FLOOD_LEAST and work.seen > FLOOD * max(expected, 1.0):
        return f"it saw {work.seen} animals, where {expected:.0f} are usual at these hours"
    return None


def too_few(work: Work | None) -> str | None:
    """Said of a node that is done, where its animals could not be compared."""
    enough = work is not None and work.days >= DAYS_LEAST and work.seen_before / work.days >= ENOUGH
    return None if enough else "too few animals on the days before to judge by them"


def stages(
    nodes: Sequence[str],
    *,
    fit: Collection[str],
    shares: Sequence[float] = (),
    groups: Sequence[Collection[str]] = (),
) -> list[list[str]]:
    """Which nodes come when; the first stage are nodes that can answer.

    Args:
        nodes: all of the roll-out.
        fit: those that are heard of and well: they come first.
        shares: how many have it after each stage, as shares of all, rising; the last stage is the rest.
            Without shares or groups: one node, then three or a tenth, then all.
        groups: instead: who comes together, in this order; those in none come last.

    Raises:
        ValueError: nobody is fit to begin with, or there is nobody at all; says so.
    """
    wanted = list(dict.fromkeys(nodes))
    if not wanted:
        raise ValueError("no node is to have it")
    ready = set(fit)
    if not ready & set(wanted):
        raise ValueError("none of these nodes is heard of and in order: there is nobody to try it on")
    if groups:
        return _by_groups(wanted, ready, groups)
    queue = sorted(wanted, key=lambda node: (node not in ready, wanted.index(node)))
    count = len(queue)
    ends = [max(1, math.ceil(share * count)) for share in shares] or [1, max(3, math.ceil(count / 10))]
    found, begin = [], 0
    for end in [*sorted(min(end, count) for end in ends), count]:
        if end > begin:
            found.append(queue[begin:end])
            begin = end
    return found


def _by_groups(
    wanted: Sequence[str], ready: Collection[str], groups: Sequence[Collection[str]]
) -> list[list[str]]:
    found: list[list[str]] = []
    taken: set[str] = set()
    for group in [*groups, wanted]:
        stage = [node for node in wanted if node in group and node not in taken]
        taken.update(stage)
        if stage:
            found.append(stage)
    if not set(found[0]) & set(ready):
        raise ValueError(
            "no node of the first group is heard of and in order: begin with another, or wait until one is"
        )
    return found


def stop(failed: Mapping[int, int], rules: Rules) -> int | None:
    """The stage in which too many failed; None: in none."""
    return next((stage for stage, count in sorted(failed.items()) if count > rules.most_failed), None)


def stage_over(states: Collection[NodeState]) -> bool:
    """Whether the next stage may begin after this one: all are settled, and somebody vouches for it."""
    settled = {NodeState.DONE, NodeState.WAITING, NodeState.FAILED, NodeState.LEFT}
    return set(states) <= settled and NodeState.DONE in states
