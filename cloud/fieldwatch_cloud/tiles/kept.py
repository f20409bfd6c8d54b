"""Answers kept in memory, as many as fit, and when they no longer hold.

Each API process hears the database's news by itself and keeps its own: they need not know of each other.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Entry(Generic[_T]):
    value: _T
    size: int
    made_at: float


class Kept(Generic[_T]):
    """The most recently used, up to `most_bytes`. Of several that ask for the same at once, one works."""

    def __init__(self, most_bytes: int, size_of: Callable[[_T], int]) -> None:
        self._most = most_bytes
        self._size_of = size_of
        self._entries: OrderedDict[Hashable, _Entry[_T]] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()
        self._making: dict[Hashable, tuple[threading.Lock, int]] = {}

    @property
    def bytes(self) -> int:
        return self._bytes

    def get(self, key: Hashable, within_s: float) -> _T | None:
        """What was kept under `key` no longer than `within_s` ago."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None or time.monotonic() - entry.made_at > within_s:
                return None
            self._entries.move_to_end(key)
            return entry.value

    def get_or_make(self, key: Hashable, within_s: float, make: Callable[[], _T]) -> _T:
        """As `get`, or what `make` gives; that is kept as of the moment at which it began."""
        found = self.get(key, within_s)
        if found is not None:
            return found
        with self._alone(key):
            found = self.get(key, within_s)
            if found is not None:
                return found
            began = time.monotonic()
            value = make()
            self._keep(key, _Entry(value, self._size_of(value), began))
            return value

    def _keep(self, key: Hashable, entry: _Entry[_T]) -> None:
        with self._lock:
            if (old := self._entries.pop(key, None)) is not None:
                self._bytes -= old.size
            if entry.size > self._most:
                return
            self._entries[key] = entry
            self._bytes += entry.size
            while self._bytes > self._most:
                _, oldest = self._entries.popitem(last=False)
                self._bytes -= oldest.size

    @contextmanager
    def _alone(self, key: Hashable) -> Iterator[None]:
        with self._lock:
            lock, users = self._making.get(key, (threading.Lock(), 0))
            self._making[key] = (lock, users + 1)
        try:
            with lock:
                yield
        finally:
            with self._lock:
                lock, users = self._making[key]
                if users == 1:
                    del self._making[key]
                else:
                    self._making[key] = (lock, users - 1)


class Versions:
    """A number for each reserve and layer that grows with its news.

    News that comes by the hundred a second must not make every answer worthless at once: a layer's number
    grows at most once in `least_s`, so what is shown is no older than that.
    """

    def __init__(self, least_s: dict[str, float]) -> None:
        self._least_s = least_s
        self._lock = threading.Lock()
        self._numbers: dict[tuple[str, str], tuple[int, float]] = {}
        """Number, and since when."""
        self._news: set[tuple[str, str]] = set()
        self._epoch = 0

    def heard(self, reserve: str, layers: tuple[str, ...]) -> None:
        with self._lock:
            self._news.update((reserve, layer) for layer in layers)

    def heard_nothing_for_a_while(self) -> None:
        """The connection was lost: nothing that was kept may be believed."""
        with self._lock:
            self._epoch += 1

    def of(self, reserve: str, layer: str) -> tuple[int, int]:
        with self._lock:
            now = time.monotonic()
            number, since = self._numbers.get((reserve, layer), (0, -self._least_s.get(layer, 0.0)))
            if (reserve, layer) in self._news and now - since >= self._least_s.get(layer, 0.0):
                self._news.discard((reserve, layer))
                number, since = number + 1, now
                self._numbers[reserve, layer] = number, since
            return self._epoch, number
