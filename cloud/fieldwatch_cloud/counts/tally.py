"""How much of one taxon was counted."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Tally:
    """One taxon within an area and a span of time: the events that start in it, and their records."""

    scientific_name: str | None
    observation_type: str
    observations: int = 0
    labelled: int = 0
    """How many of the observations a person confirmed or corrected."""
    individuals: int = 0
    """Sum over events of MaxN."""
    events: int = 0
    max_count: int = 0
    events_at: dict[int, int] = field(default_factory=dict)
    """Events at each deployment that has any, by its place among those that were asked for."""
    without_effort: int = 0
    """How many of the observations come from deployments that reported no effort."""

    @property
    def deployments(self) -> int:
        return len(self.events_at)
