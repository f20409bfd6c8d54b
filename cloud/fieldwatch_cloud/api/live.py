"""The live stream's heart: one LISTEN connection, fanned out to a bounded queue per client.

    PostgreSQL NOTIFY ─▶ Live.run ─▶ Subscription (queue) ─▶ one HTTP stream
                                  └▶ Subscription (queue) ─▶ another

A client that does not keep up is dropped with `refetch` and comes back by itself (EventSource reconnects);
it never holds up the others. Nothing is kept for clients that are away: on connecting they fetch what they
show and then follow the stream.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog

from fieldwatch_cloud.db.listen import notifications
from fieldwatch_cloud.errors import DatabaseError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

log = structlog.get_logger(__name__)
QUEUE_EVENTS = 500
_RETRY_S = (0.25, 0.5, 1.0, 2.0, 5.0)


@dataclass(frozen=True, slots=True)
class LiveEvent:
    name: str
    data: str
    """JSON, on one line."""


def refetch(reason: str) -> LiveEvent:
    return LiveEvent("refetch", json.dumps({"reason": reason}))


class Subscription:
    """One client's queue. Belongs to the event loop: no other thread touches it."""

    def __init__(self, reserve: str) -> None:
        self.reserve = reserve
        self._queue: asyncio.Queue[LiveEvent] = asyncio.Queue(QUEUE_EVENTS)
        self._ended = asyncio.Event()

    def offer(self, event: LiveEvent) -> None:
        """Queue the event; a full queue is emptied, and its client sent away to fetch everything anew."""
        if self._ended.is_set():
            return
        try:
            self._queue.put_nowait(event)
        except asyncio.QueueFull:
            while not self._queue.empty():
                self._queue.get_nowait()
            self._queue.put_nowait(refetch("slow_client"))
            self.end()
            log.warning("live.slow_client", reserve=self.reserve)

    def end(self) -> None:
        self._ended.set()

    async def next(self, within_s: float) -> LiveEvent | None:
        """The next event, or None after `within_s` without one.

        Raises:
            EOFError: the stream has ended; what was queued came first.
        """
        if self._queue.empty():
            if self._ended.is_set():
                raise EOFError
            getting, ending = (
                asyncio.ensure_future(self._queue.get()),
                asyncio.ensure_future(self._ended.wait()),
            )
            try:
                done, _ = await asyncio.wait(
                    (getting, ending), timeout=within_s, return_when=asyncio.FIRST_COMPLETED
                )
                if getting in done:
                    return getting.result()
                if not done:
                    return None
            finally:
                getting.cancel()
                ending.cancel()
            return await self.next(within_s)
        return self._queue.get_nowait()


class Live:
    """All subscriptions of this process."""

    def __init__(self) -> None:
        self._subscriptions: set[Subscription] = set()
        self._hearers: list[Callable[[str | None, str], None]] = []
        self._closed = False

    def on_news(self, hear: Callable[[str | None, str], None]) -> None:
        """Call `hear(reserve, event's name)` at each notification, on the event loop's thread: it must be
        quick. No reserve: the connection was lost, and what was notified since is not known."""
        self._hearers.append(hear)

    @contextmanager
    def subscribe(self, reserve: str) -> Iterator[Subscription]:
        subscription = Subscription(reserve)
        self._subscriptions.add(subscription)
        if self._closed:
            subscription.end()
        try:
            yield subscription
        finally:
            self._subscriptions.discard(subscription)

    def close(self) -> None:
        """End every stream, now and later: the process is stopping, and the server waits for open ones."""
        self._closed = True
        for subscription in self._subscriptions:
            subscription.end()

    async def run(self, url: str) -> None:
        """Follow the database's notifications until cancelled, through lost connections."""
        failures = 0
        heard_before = False
        while True:
            try:
                async for payload in notifications(url):
                    if payload is not None:
                        self.dispatch(payload)
                        continue
                    log.info("live.listening", again=heard_before)
                    self._tell(None, "refetch")
                    if heard_before:  # Whatever was notified in between is lost.
                        for subscription in self._subscriptions:
                            subscription.offer(refetch("reconnected"))
                    failures, heard_before = 0, True
            except DatabaseError as error:
                self._tell(None, "refetch")
                log.warning("live.disconnected", error=str(error))
            except Exception:  # Whatever it was: without this loop every map stands still and looks alive.
                log.exception("live.failed")
            await asyncio.sleep(_RETRY_S[min(failures, len(_RETRY_S) - 1)])
            failures += 1

    def dispatch(self, payload: str) -> None:
        """Give one notification to the subscriptions of its reserve.

        A payload is `{"reserve": slug, "event": name, "data": {...} or [{...}, ...]}`.
        """
        try:
            message = json.loads(payload)
            reserve, name, data = message["reserve"], message["event"], message.get("data", {})
            events = [
                LiveEvent(str(name), _line(each)) for each in (data if isinstance(data, list) else [data])
            ]
        except (ValueError, TypeError, KeyError):
            log.exception("live.unreadable", payload=payload[:200])
            return
        self._tell(reserve, str(name))
        for subscription in self._subscriptions:
            if subscription.reserve == reserve:
                for event in events:
                    subscription.offer(event)

    def _tell(self, reserve: str | None, event: str) -> None:
        for hear in self._hearers:
            hear(reserve, event)


def _line(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))
