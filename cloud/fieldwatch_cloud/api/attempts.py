"""How often somebody may fail to log in. Pure: the clock comes from outside."""

from __future__ import annotations

from collections import OrderedDict, deque
from contextlib import suppress
from threading import Lock


class Attempts:
    """Failures per key within a sliding window, for so many keys at most (the longest unused are forgotten).

    Kept in this process: with several, somebody has that many times the attempts, which is still few.
    """

    def __init__(self, limit: int, window_s: float, keys: int = 10_000) -> None:
        self.limit = limit
        self.window_s = window_s
        self.keys = keys
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()
        self._lock = Lock()

    def begin(self, key: str, now: float) -> float:
        """Note an attempt, as failed until `succeeded` says otherwise.

        Returns:
            0, or the seconds until `key` may try again; then nothing was noted.
        """
        with self._lock:
            failures = self._failures.setdefault(key, deque())
            self._failures.move_to_end(key)
            while len(self._failures) > self.keys:
                self._failures.popitem(last=False)
            while failures and failures[0] <= now - self.window_s:
                failures.popleft()
            if len(failures) >= self.limit:
                return failures[0] + self.window_s - now
            failures.append(now)
            return 0.0

    def succeeded(self, key: str) -> None:
        """Forget all failures of `key`."""
        with self._lock:
            self._failures.pop(key, None)

    def withdraw(self, key: str, at: float) -> None:
        """Forget the one attempt that `begin` noted `at` that time."""
        with self._lock, suppress(KeyError, ValueError):
            self._failures[key].remove(at)
