"""The walk test: a person walks away from the camera, and says every few metres how far it is.

At each mark the detector's looks of the following seconds are counted. The detection distance is the farthest
mark at which it saw the person in most of them, and at all nearer ones as well: what is seen at 30 m but not
at 20 m was luck, or stood behind a bush.
"""

from __future__ import annotations

import statistics
import threading
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fieldwatch_edge.aim.look import Look

SPAN_S = 6.0
"""Stand still so long at each mark."""
LEAST_LOOKS = 5
LONGEST_S = 20.0
"""A slow node takes longer to its looks; then it is told by fewer."""
MOST = 0.5
"""Share of the looks in which the person must be seen."""


@dataclass(frozen=True, slots=True)
class Mark:
    """One distance."""

    distance_m: float
    looks: int
    seen: int
    score: float | None
    """Median of those that saw it."""
    height_px: float | None
    kinds: tuple[str, ...]
    """What it was taken for: human, animal."""

    @property
    def reliable(self) -> bool:
        return self.looks > 0 and self.seen / self.looks >= MOST


class WalkTest:
    """From any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._marks: list[Mark] = []
        self._pending: tuple[float, float] | None = None
        """(metres, monotonic seconds of its beginning)."""

    def mark(self, distance_m: float, now: float | None = None) -> None:
        """The person stands there now. Marked once more, a distance is measured anew."""
        with self._lock:
            self._pending = (distance_m, time.monotonic() if now is None else now)

    def drop(self, distance_m: float | None = None) -> None:
        """Forget one mark, or all of them."""
        with self._lock:
            self._pending = None
            self._marks = [m for m in self._marks if distance_m not in (None, m.distance_m)]

    def update(self, looks: Iterable[Look], now: float | None = None) -> dict[str, Any]:
        """Take in what was seen since; the whole test as JSON, with how far the mark under way has come."""
        now = time.monotonic() if now is None else now
        with self._lock:
            progress = None
            if self._pending is not None:
                distance, began = self._pending
                # A picture of before the mark may still be looked at just after it.
                later = [look for look in looks if began + 0.3 <= look.at <= began + LONGEST_S]
                in_time = [look for look in later if look.at <= began + SPAN_S]
                of_it = in_time if len(in_time) >= LEAST_LOOKS else later[:LEAST_LOOKS]
                progress = {"distance_m": distance, "share": min((now - began) / SPAN_S, 1.0)}
                if (now - began >= SPAN_S and len(of_it) >= LEAST_LOOKS) or now - began >= LONGEST_S:
                    self._marks = sorted(
                        [m for m in self._marks if m.distance_m != distance] + [_mark(distance, of_it)],
                        key=lambda mark: mark.distance_m,
                    )
                    self._pending = progress = None
            return {
                "marks": [{**asdict(mark), "reliable": mark.reliable} for mark in self._marks],
                "under_way": progress,
                "detection_distance_m": reliable_distance(self._marks),
            }


def reliable_distance(marks: Iterable[Mark]) -> float | None:
    """The farthest mark up to which all are reliable; None: not even the nearest."""
    farthest = None
    for mark in sorted(marks, key=lambda each: each.distance_m):
        if not mark.reliable:
            break
        farthest = mark.distance_m
    return farthest


def _mark(distance_m: float, looks: list[Look]) -> Mark:
    seen = [look for look in looks if look.score > 0]
    return Mark(
        distance_m=distance_m,
        looks=len(looks),
        seen=len(seen),
        score=round(statistics.median(look.score for look in seen), 3) if seen else None,
        height_px=round(statistics.median(look.height_px for look in seen)) if seen else None,
        kinds=tuple(sorted({look.kind for look in seen})),
    )
