"""How long to wait before connecting again. Pure: chance and clocks come from outside."""

from __future__ import annotations

from dataclasses import dataclass, field

FIRST_S, LONGEST_S = 1.0, 60.0
"""The longest is that of a fire; without one, a line on which connecting costs money has one of its own."""
WITH_FIRE_S = 3.0
"""Nodes that all have a fire to tell are few, and it is what they are there for."""


@dataclass(slots=True)
class Backoff:
    """Twice as long with each attempt that fails."""

    longest_s: float
    """Of this kind of line, while no fire waits."""
    next_s: float = field(default=FIRST_S, init=False)

    def wait_s(self, chance: float, *, fire: bool) -> float:
        """Seconds from the last attempt to the next.

        Args:
            chance: a factor around 1. Without it, all nodes of a reserve would come back in the same instant
                after an outage.
            fire: whether one waits.
        """
        return min(self.next_s, WITH_FIRE_S if fire else self.longest_s) * chance

    def failed(self) -> None:
        self.next_s = min(2 * self.next_s, max(LONGEST_S, self.longest_s))

    def worked(self) -> None:
        """The cloud has answered, or it was a good connection: the next attempt comes soon."""
        self.next_s = FIRST_S
