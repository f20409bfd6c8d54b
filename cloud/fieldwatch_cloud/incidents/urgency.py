"""Which of several incidents needs people first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from typing import TypeVar

    T = TypeVar("T")

_OVER = frozenset({"closed", "false_alarm"})
_WAITING = {"new": 2, "acknowledged": 1}
"""Somebody on the way needs less attention from the desk than nobody."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the order goes by."""

    state: str
    unanswered: bool
    """Everybody was called, and nobody answered."""
    held_back: bool
    kind: str
    """`smoke` or `fire`."""
    fwi: float | None
    """Fire danger of the day; None: no weather is known."""
    last_seen_at: datetime


def rank(incidents: Iterable[T], standing: Callable[[T], Standing]) -> list[T]:
    """Most urgent first: what still burns before what is over; what nobody answered; what nobody has gone to;
    what called people before what was held back; fire before smoke; the greater danger; the newest."""
    return sorted(incidents, key=lambda one: _urgency(standing(one)), reverse=True)


def _urgency(one: Standing) -> tuple[float, ...]:
    return (
        one.state not in _OVER,
        one.unanswered,
        _WAITING.get(one.state, 0),
        not one.held_back,
        one.kind == "fire",
        # Without weather: as on a day of no danger, but after one that is known to be dangerous.
        -1.0 if one.fwi is None else one.fwi,
        one.last_seen_at.timestamp(),
    )
