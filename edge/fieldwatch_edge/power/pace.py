"""How much a node looks now: set by the power budget, asked by each camera at each frame.

Fire watch may be slowed, down to its floor and no further. Looking for animals may be left out: for a share
of each ten minutes, in one piece, and not by thinning. So what is looked at is looked at as always (tracks
need neighbouring frames), and the rest is no effort: rates per camera-day stay true at every level.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fieldwatch_edge.power.system import LEVELS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from fieldwatch_edge.power.system import Level
    from fieldwatch_edge.settings import PowerSettings

CYCLE_S = 600.0
"""Short against the half hour that makes two sightings independent, long against an animal's passing."""
_SPENDS = frozenset({"full", "saving"})
"""Levels at which there is power for what nobody's safety hangs on, such as showing pictures live."""


@dataclass(frozen=True, slots=True)
class Pace:
    """What a camera may spend at one level of work."""

    level: str
    fire_every_s: float
    """Between two looks for fire, where nothing is suspected; 0: as the camera's settings say."""
    wildlife: float
    """Share of the time in which animals are looked for."""

    @classmethod
    def at(cls, level: Level, settings: PowerSettings) -> Pace:
        """Of a level: the interval as `system.load_w` reckons with it, never beyond the floor."""
        return cls(level.name, fire_interval(level, settings), level.wildlife)

    def looks_for_animals(self, at: datetime) -> bool:
        """Whether a frame of this time is looked at for animals."""
        if self.wildlife >= 1:
            return True
        return at.timestamp() % CYCLE_S < self.wildlife * CYCLE_S


FULL = Pace(LEVELS[0].name, 0.0, 1.0)
"""Of a node without a power budget: each camera as its settings say."""


def fire_interval(level: Level, settings: PowerSettings) -> float:
    """Seconds between two looks for fire."""
    usual = settings.fire_every_s
    return min(usual * level.stretch, max(settings.fire_floor_s, usual))


class Pacer:
    """One node's pace, and what keeps it awake. From any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pace = FULL
        self._awake: dict[str, str] = {}
        self._looked: set[str] = set()

    def __call__(self) -> Pace:
        return self._pace

    def set(self, pace: Pace) -> None:
        self._pace = pace

    def stay_awake(self, who: str, why: str | None) -> None:
        """Have the node not sleep while `who` has a reason; None: it has none any more."""
        with self._lock:
            if why is None:
                self._awake.pop(who, None)
            else:
                self._awake[who] = why

    def looked(self, camera: str) -> None:
        """A camera has looked for fire."""
        with self._lock:
            self._looked.add(camera)

    def awoke(self) -> None:
        """None has looked yet since the node awoke."""
        with self._lock:
            self._looked.clear()

    def have_looked(self, cameras: Iterable[str]) -> bool:
        """Whether all of these have, since."""
        with self._lock:
            return self._looked.issuperset(cameras)

    @property
    def awake(self) -> str | None:
        """A reason not to sleep now, in words; None: there is none."""
        with self._lock:
            return next(iter(self._awake.values()), None)

    def may_spend(self) -> str | None:
        """Why there is no power for what could be left out, in words; None: there is."""
        level = self._pace.level
        if level in _SPENDS:
            return None
        return f"the node saves power: it works at the level {level!r}"
