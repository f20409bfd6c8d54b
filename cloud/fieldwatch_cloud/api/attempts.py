"""How often somebody may fail to log in."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from contextlib import contextmanager, suppress
from threading import Lock
from typing import TYPE_CHECKING

from fastapi import HTTPException, Request

from fieldwatch_cloud.errors import NotAdmittedError

if TYPE_CHECKING:
    from collections.abc import Iterator


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


@contextmanager
def attempt(
    attempts: Attempts, request: Request, what: str, failed: type[Exception] = NotAdmittedError
) -> Iterator[None]:
    """One attempt of `what` from the place that asks; it has failed where `failed` is raised.

    Raises:
        HTTPException: 429, too many have failed.
    """
    key, now = f"{what} {request.client.host if request.client else ''}", time.monotonic()
    # Noted before anything is looked at, or many attempts at once would all come before the first fails.
    wait_s = attempts.begin(key, now)
    if wait_s > 0:
        raise HTTPException(
            429,
            f"too many failed attempts; wait {round(wait_s / 60) or 1} min",
            {"Retry-After": str(int(wait_s) + 1)},
        )
    try:
        yield
    except failed:
        raise
    except BaseException:
        attempts.withdraw(key, now)
        raise
    attempts.withdraw(key, now)
