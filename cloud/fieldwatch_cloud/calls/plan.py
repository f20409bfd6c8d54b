"""The plan by which an incident calls more and more people until somebody answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

Whom = Literal["duty", "next", "managers", "all"]
MOST_STEPS = 10
LONGEST = timedelta(hours=6)
REPEAT = timedelta(minutes=15)
"""After the last step, everybody is called again so often until somebody answers: a phone that slept, or had
no signal, is reached by one of the calls that follow."""
REPEAT_FOR = timedelta(hours=24)
"""From the first call. A fire of yesterday is known, or it was none; it stays open and red on the map."""
LOOK_AGAIN = timedelta(minutes=1)
"""Where nobody at all can be reached: whoever adds a device is called at the next look."""


@dataclass(frozen=True, slots=True)
class Step:
    after_s: int
    """Since the incident called for the first time."""
    whom: Whom


DEFAULT = (Step(0, "duty"), Step(120, "next"), Step(300, "managers"), Step(600, "all"))


def checked(steps: Sequence[Step]) -> tuple[Step, ...]:
    """`steps`, if they are a plan that nobody slips through.

    Raises:
        ValueError: says what is wrong.
    """
    if not 1 <= len(steps) <= MOST_STEPS:
        raise ValueError(f"a plan has 1 to {MOST_STEPS} steps")
    if steps[0].after_s != 0:
        raise ValueError("the first step is at once (after_s 0)")
    if any(later.after_s <= earlier.after_s for earlier, later in pairwise(steps)):
        raise ValueError("each step comes later than the one before it")
    if steps[-1].after_s > LONGEST.total_seconds():
        raise ValueError(f"the last step comes within {LONGEST.total_seconds():.0f} s")
    if steps[-1].whom not in ("managers", "all"):
        raise ValueError("the last step calls the managers, or all: a plan must not end with one person")
    return tuple(steps)


def next_due(steps: Sequence[Step], done: int, began_at: datetime, now: datetime) -> datetime:
    """When the step after the first `done` is due, where the last of those was made at `now`.

    By the plan; but where a step was made early, because nobody of those before it could be reached, the ones
    after it come as much earlier. After the last step: when everybody is called again.
    """
    if done >= len(steps):
        return now + REPEAT
    planned = began_at + timedelta(seconds=steps[done].after_s)
    gap = steps[done].after_s - steps[done - 1].after_s if done else 0
    return min(planned, now + timedelta(seconds=gap))
