"""Who may see a camera live, for how long, and when it is over. Pure: times and facts come from outside."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from fieldwatch_cloud.sensitive import sees_exact

if TYPE_CHECKING:
    from collections.abc import Collection

ROLES = frozenset({"admin", "manager", "ranger", "technician"})
"""Who looks after the place. A researcher's questions are answered by what is kept; nothing of this is."""

ANSWER_WITHIN = timedelta(seconds=45)
"""A node that has sent no picture by then does not answer."""
SILENT_AFTER = timedelta(seconds=30)
"""A node that was sending, and has not for so long, is gone."""
LOOKED_WITHIN = timedelta(seconds=20)
"""A player asks for the playlist every two seconds. Nobody has for so long: nobody looks."""
FIRST_LOOK_WITHIN = timedelta(seconds=30)
"""After the first piece: a browser may have to load its player first."""
GRACE = timedelta(seconds=5)
"""What was filmed before the end may still come."""
HEADROOM = 1.3
"""An encoder keeps its rate on average; what moves much costs more for a while."""


class State(StrEnum):
    ASKED = "asked"
    STREAMING = "streaming"
    ENDED = "ended"
    """As it should be: something was seen."""
    REFUSED = "refused"
    """The node has a reason not to."""
    UNREACHABLE = "unreachable"


class Reason(StrEnum):
    """Why a live view is over."""

    TIME = "time"
    BYTE_BUDGET = "byte_budget"
    STOPPED = "stopped"
    NOBODY_LOOKS = "nobody_looks"
    CAMERA_LOST = "camera_lost"
    DAY_BUDGET = "day_budget"
    POWER = "power"
    NODE_STOPPED = "node_stopped"
    NODE_SILENT = "node_silent"
    DISABLED = "disabled"
    UNKNOWN_CAMERA = "unknown_camera"
    BUSY = "busy"
    FAILED = "failed"
    OFFLINE = "offline"
    NO_ANSWER = "no_answer"
    NOT_LISTENING = "not_listening"
    """Connected, but of a version that knows no commands."""


BY_NODE = frozenset(
    {
        Reason.TIME,
        Reason.BYTE_BUDGET,
        Reason.STOPPED,
        Reason.CAMERA_LOST,
        Reason.DAY_BUDGET,
        Reason.POWER,
        Reason.NODE_STOPPED,
        Reason.DISABLED,
        Reason.UNKNOWN_CAMERA,
        Reason.BUSY,
        Reason.FAILED,
    }
)
"""What a node can know; the rest is ours to say."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a live view that is not over."""

    asked_at: datetime
    until: datetime
    max_bytes: int
    bytes: int
    first_segment_at: datetime | None
    last_segment_at: datetime | None
    watched_at: datetime | None


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one live view may take."""

    minutes: int
    """Of one request."""
    longest_minutes: int
    """With all its prolongations."""
    kbit_per_s: int


def may_look(roles: Collection[str], *, places_hidden: bool) -> bool:
    """Whether somebody with these roles may see a reserve's cameras live.

    Args:
        places_hidden: the reserve has species whose places not everybody may know. What a camera will show is
            not known beforehand, and to refuse some cameras alone would tell where they are: so it is all.
    """
    return bool(ROLES & set(roles)) and (not places_hidden or sees_exact(roles))


def until(asked_at: datetime, now: datetime, minutes: int, limits: Limits) -> datetime:
    """When a live view that was `asked_at` first ends, if somebody asks `now` for so many minutes."""
    longest = asked_at + timedelta(minutes=limits.longest_minutes)
    return min(now + timedelta(minutes=min(minutes, limits.minutes)), longest)


def most_bytes(asked_at: datetime, ends_at: datetime, limits: Limits) -> int:
    """What may be uploaded in that time."""
    return int((ends_at - asked_at).total_seconds() * limits.kbit_per_s * 1000 / 8 * HEADROOM)


def over(facts: Facts, now: datetime) -> tuple[State, Reason] | None:
    """Why a live view that was going on is over by `now`; None: it goes on."""
    if facts.bytes >= facts.max_bytes:  # also of one that sends nothing that can be seen
        return State.ENDED, Reason.BYTE_BUDGET
    if facts.first_segment_at is None or facts.last_segment_at is None:
        if now - facts.asked_at > ANSWER_WITHIN:
            return State.UNREACHABLE, Reason.NO_ANSWER
        return None
    if now > facts.until + GRACE:
        return State.ENDED, Reason.TIME
    looked = (
        facts.watched_at + LOOKED_WITHIN if facts.watched_at else facts.first_segment_at + FIRST_LOOK_WITHIN
    )
    if now > looked:
        return State.ENDED, Reason.NOBODY_LOOKS
    if now - facts.last_segment_at > SILENT_AFTER:
        return State.ENDED, Reason.NODE_SILENT
    return None


def said_by_node(reason: Reason, *, anything_seen: bool) -> State:
    """The state of a live view that its node ended for that reason."""
    return State.ENDED if anything_seen or reason is Reason.STOPPED else State.REFUSED
