"""Replaying at the pace of capture."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import threading
    from collections.abc import Iterator
    from datetime import datetime


class Pace:
    """Holds frames back until they are due: the second frame `speed` times sooner after the first than it
    was taken."""

    def __init__(self, speed: float, closed: threading.Event) -> None:
        """`speed` 0: as fast as possible. `closed` ends a wait."""
        self._speed = speed
        self._closed = closed
        self._first: tuple[datetime, float] | None = None

    def until(self, at: datetime, idle_s: float) -> Iterator[None]:
        """Wait until the frame taken `at` is due; None each `idle_s` meanwhile."""
        if not self._speed:
            return
        if self._first is None:
            self._first = (at, time.monotonic())
        first_at, began = self._first
        due = began + (at - first_at).total_seconds() / self._speed
        while (left := due - time.monotonic()) > 0:
            if self._closed.wait(min(left, idle_s)):
                return
            if left > idle_s:
                yield None
