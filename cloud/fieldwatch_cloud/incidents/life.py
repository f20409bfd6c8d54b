"""The life of an incident: what people did about it, and what follows from that. Pure.

    new → acknowledged → dispatched → on_scene → contained → closed
       any of them → false_alarm, unless somebody contained a fire
       contained, closed, false_alarm → (reopen) → new

Nobody waits for the step before: a ranger who meets the smoke on patrol arrives without having been sent.

Phones are offline for hours, and what several people did arrives late and mixed. So the state is not what the
last message says: it is computed from all that was done, in the order in which it was *done*. In whatever
order the messages arrive, they end in the same state, and nothing that a person did is turned away but what
cannot be true beside the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, get_args

from fieldwatch_cloud.errors import RowRefusedError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

State = Literal["new", "acknowledged", "dispatched", "on_scene", "contained", "closed", "false_alarm"]
Kind = Literal[
    "acknowledge",
    "on_my_way",
    "arrive",
    "contain",
    "close",
    "false_alarm",
    "reopen",
    "note",
    "release",
    "split",
    "merge",
]
Reason = Literal["cloud", "fog", "dust", "chimney", "vehicle", "glare", "sun", "insect", "other"]
KINDS: tuple[Kind, ...] = get_args(Kind)
PROGRESS: dict[str, State] = {
    "acknowledge": "acknowledged",
    "on_my_way": "dispatched",
    "arrive": "on_scene",
    "contain": "contained",
}
"""To where each action brings an incident that was not there yet; in their order."""
MOVES = frozenset({*PROGRESS, "close", "false_alarm", "reopen"})
"""The actions that a state is computed from."""
OVER: frozenset[State] = frozenset({"closed", "false_alarm"})
ACTORS = frozenset({"ranger", "manager", "admin"})
"""Roles that act; every member may write a note."""
_ORDER: tuple[State, ...] = ("new", *PROGRESS.values())


@dataclass(frozen=True, slots=True)
class Action:
    """What a person did."""

    id: UUID
    """Made on the phone: what is sent again is done once."""
    kind: Kind
    done_at: datetime
    sent_at: datetime | None = None
    """By the phone's clock, when it was sent; None: that clock is believed."""
    note: str | None = None
    reason: Reason | None = None
    """Of a false alarm."""
    suspicion_id: UUID | None = None
    """Of a split."""
    into: UUID | None = None
    """Of a merge."""


@dataclass(frozen=True, slots=True)
class Done:
    """An action of `MOVES` in the record."""

    kind: str
    done_at: datetime
    account_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known after some actions."""

    state: State = "new"
    burned: bool = False
    """Somebody contained it: there was a fire, whatever is said of it from afar."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What one more action makes of an incident."""

    allowed: bool
    """False: it contradicts what was known when it was done."""
    before: State
    """The incident's state without it,"""
    after: State
    """and with it."""


def step(standing: Standing, kind: str) -> Standing | None:
    """What an action makes of a standing; None: they contradict each other.

    A fire that is contained was one (no false alarm); what goes on needs no reopening. Who is at the place
    knows more than who is not: "arrive" and "contain" count even after a false alarm was called from afar.
    What only confirms, or lies behind, changes nothing.
    """
    state, burned = standing.state, standing.burned
    match kind:
        case "false_alarm":
            return None if burned else replace(standing, state="false_alarm")
        case "close":
            return standing if state in OVER else replace(standing, state="closed")
        case "reopen":
            return replace(standing, state="new") if state in OVER or state == "contained" else None
        case "arrive" | "contain" if state == "false_alarm":
            return Standing(PROGRESS[kind], burned or kind == "contain")
        case _ if kind in PROGRESS:
            reached = PROGRESS[kind]
            ahead = state not in OVER and _ORDER.index(reached) > _ORDER.index(state)
            return Standing(reached if ahead else state, burned or kind == "contain")
    return standing


def standing(done: Iterable[Done]) -> Standing:
    """What follows from all that was done; in the order of the record where two were done at once.

    What contradicts the actions before it changes nothing: it was accepted before those arrived.
    """
    now = Standing()
    for action in sorted(done, key=lambda action: action.done_at):
        now = step(now, action.kind) or now
    return now


def judge(record: Sequence[Done], new: Done) -> Judged:
    """What one more action makes of an incident of which that much is on record."""
    before = standing(record)
    at_its_time = standing(action for action in record if action.done_at <= new.done_at)
    allowed = step(at_its_time, new.kind) is not None
    return Judged(allowed, before.state, standing([*record, new]).state if allowed else before.state)


def done_at(claimed: datetime, sent_at: datetime | None, now: datetime) -> datetime:
    """When it was done, by our clock: a phone's clock that is wrong was as wrong when it sent.

    Never later than now: nobody reports what is still to come.

    Raises:
        RowRefusedError: both together lead out of the calendar.
    """
    if sent_at is not None:
        try:
            claimed += now - sent_at
        except OverflowError as error:
            raise RowRefusedError(
                "when it was done and when it was sent lie thousands of years apart"
            ) from error
    return min(claimed, now)


def may(
    record: Sequence[Done],
    account_id: UUID,
    roles: Collection[str],
    *,
    held_back: bool = False,
    merged: bool = False,
    suspicions: int = 0,
) -> list[Kind]:
    """What this person may do now, in the order of `KINDS`.

    Each goes through the steps by themselves: that somebody else is on the way already does not keep a second
    ranger from saying so too.
    """
    if merged:
        return []
    if not ACTORS & set(roles):
        return ["note"] if roles else []
    now = standing(record)
    found: set[Kind] = {"note"}
    found |= {kind for kind in ("false_alarm", "reopen") if step(now, kind) not in (None, now)}
    if now.state not in OVER:
        own = standing(_of(account_id, record)).state
        furthest = _ORDER.index(own) if own in _ORDER else 0
        found |= {kind for kind in KINDS if kind in PROGRESS and _ORDER.index(PROGRESS[kind]) > furthest}
        found |= {"close", "merge"}
        if held_back and now.state == "new":
            found.add("release")
        if suspicions > 1:
            found.add("split")
    return [kind for kind in KINDS if kind in found]


def _of(account_id: UUID, record: Sequence[Done]) -> list[Done]:
    """What this person did since the incident was last opened."""
    reopened = [action.done_at for action in record if action.kind == "reopen"]
    since = max(reopened, default=None)
    return [
        action
        for action in record
        if action.account_id == account_id
        and action.kind in PROGRESS
        and (since is None or action.done_at > since)
    ]
