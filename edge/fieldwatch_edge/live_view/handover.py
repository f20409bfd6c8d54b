"""One picture, handed from a camera's threads to the one that films: the newest, or none."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fieldwatch_edge import vision

if TYPE_CHECKING:
    from fieldwatch_edge.domain import Image, Onlooker

_EARLY = 0.9
"""A camera of exactly the wanted pace is never a whole picture behind because one came a little early."""


@dataclass(frozen=True, slots=True, eq=False)
class Newest:
    image: Image
    at: float
    """Monotonic seconds at which it was handed over."""


class Several:
    """An `Onlooker` for several."""

    def __init__(self, *onlookers: Onlooker) -> None:
        self._onlookers = onlookers

    def due(self) -> bool:
        return any(each.due() for each in self._onlookers)

    def put(self, image: Image) -> None:
        for each in self._onlookers:
            if each.due():
                each.put(image)


class Handover:
    """An `Onlooker`. While nobody looks, it asks for nothing and holds nothing."""

    def __init__(self) -> None:
        self._every_s: float | None = None
        self._width = 0
        self._put_at = float("-inf")
        self._newest: Newest | None = None
        self._came = threading.Condition()

    def open(self, width: int, fps: float) -> None:
        """Somebody looks from now on: at pictures no wider than that, so many per second at most."""
        self._width, self._newest, self._put_at = width, None, float("-inf")
        self._every_s = 1 / fps

    def close(self) -> None:
        """Nobody looks any more."""
        self._every_s = None
        self._newest = None

    def due(self) -> bool:
        every_s = self._every_s
        return every_s is not None and time.monotonic() - self._put_at >= _EARLY * every_s

    def put(self, image: Image) -> None:
        now = self._put_at = time.monotonic()
        smaller = vision.small(image, self._width)
        newest = Newest(image.copy() if smaller is image else smaller, now)
        with self._came:
            if self._every_s is not None:
                self._newest = newest
            self._came.notify_all()

    def newest(self, *, after: float, within_s: float) -> Newest | None:
        """The newest picture, waiting up to `within_s` for one that came `after` that monotonic time."""
        with self._came:
            self._came.wait_for(
                lambda: self._newest is not None and self._newest.at > after, timeout=max(within_s, 0)
            )
            return self._newest
