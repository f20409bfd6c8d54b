"""News for the live stream, by NOTIFY: sent when, and only if, the transaction commits.

A transaction with a pending NOTIFY takes an instance-wide lock at its commit, so this is done once per batch
of messages, after everything else.
"""

from __future__ import annotations

import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from fieldwatch_cloud.db.statements import statements

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fieldwatch_cloud.db.pool import Connection

SQL = statements("live")
CHANNEL = "fieldwatch_live"
LARGEST = 7900
"""PostgreSQL refuses a payload of 8000 bytes."""
MOST_PER_KIND = 100
"""More news of one kind in one batch than anybody can watch: the reader is told to fetch instead."""


class News:
    """What a transaction will have changed, gathered to be announced together."""

    def __init__(self) -> None:
        self._items: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
        self._refetch: set[str] = set()

    def add(self, reserve: str, event: str, data: dict[str, Any]) -> None:
        """`data` must be JSON by itself: times as ISO 8601 text, ids as text."""
        items = self._items[reserve, event]
        items.append(data)
        if len(items) > MOST_PER_KIND:
            self.too_many(reserve)

    def take(self, other: News) -> None:
        """All that another one gathered."""
        for (reserve, event), items in other._items.items():
            for data in items:
                self.add(reserve, event, data)
        self._refetch |= other._refetch

    def too_many(self, reserve: str) -> None:
        """There is news about the reserve, too much to tell: who watches it should fetch."""
        self._refetch.add(reserve)

    def payloads(self) -> Iterator[str]:
        """JSON of at most `LARGEST` bytes: reserve, event, data (a list); or reserve, event `refetch`."""
        for reserve in sorted(self._refetch):
            yield _dump({"reserve": reserve, "event": "refetch"})
        for (reserve, event), items in self._items.items():
            # An incident is told in any case: it must reach the map even in a flood of observations.
            if reserve in self._refetch and event != "incident":
                continue
            for part in _parts(items):
                yield _dump({"reserve": reserve, "event": event, "data": part})

    def announce(self, conn: Connection) -> None:
        payloads = [(payload,) for payload in self.payloads()]
        if payloads:
            with conn.cursor() as cursor:
                cursor.executemany(SQL["notify"], payloads)


def read_again(conn: Connection, reserve: str) -> None:
    """Have open maps of the reserve fetch all that they hold anew."""
    news = News()
    news.too_many(reserve)
    news.announce(conn)


def _parts(items: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    part: list[dict[str, Any]] = []
    size = 0
    for item in items:
        length = len(_dump(item).encode()) + 2
        if part and size + length > LARGEST - 300:
            yield part
            part, size = [], 0
        part.append(item)
        size += length
    if part:
        yield part


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
