"""Workers that take calls out of the outbox and send them.

    wake ─▶ claim, ledger "attempted" ─ commit ─▶ send ─▶ result ─ commit
                                                    │
       the worker dies here: its lease runs out ◀───┘ and the call is sent again, unless it was confirmed

A lane for each channel: a mail server that takes its time holds up no push. In a lane, whoever takes a call
wakes the next worker first, so that one call wakes one worker and a hundred wake all.
"""

from __future__ import annotations

import queue
import random
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, TypeAlias

import structlog

from fieldwatch_cloud.db import deliveries
from fieldwatch_cloud.errors import DatabaseUnavailableError
from fieldwatch_cloud.notify.device import Device, Failed, Gone, Retry, Sent
from fieldwatch_shared.messages import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.calls.message import Message
    from fieldwatch_cloud.db.deliveries import Claimed
    from fieldwatch_cloud.db.pool import Connection, Database

log = structlog.get_logger(__name__)

WORKERS = {"web_push": 8, "webhook": 4, "email": 2, "sms": 2, "voice": 2}
"""By channel. Each waits for the network most of its time."""
FIRST_BACKOFF_S, LONGEST_BACKOFF_S = 1.0, 60.0
RETRY_DATABASE_S = 0.2
LAST_WORDS_S = 10.0
"""So long a worker that is told to stop tries to record what it has sent."""

Send: TypeAlias = "Callable[[Device, Message], Sent]"
Compose: TypeAlias = "Callable[[Connection, Claimed], Message]"


def backoff_s(attempts: int, asked_for_s: float | None = None) -> float:
    """Seconds until the next attempt after so many, never less than what the service asked for.

    Doubled each time, and spread by half up and down: a hundred phones whose push service was away must not
    all come back to it in the same instant.
    """
    usual = min(LONGEST_BACKOFF_S, FIRST_BACKOFF_S * 2.0 ** min(attempts - 1, 20))
    return max(usual * random.uniform(0.5, 1.5), asked_for_s or 0.0)  # noqa: S311  Nothing secret.


class Lane:
    """The workers of one channel; `start` them, and `stop` before the database goes."""

    def __init__(
        self,
        channel: str,
        workers: int,
        db: Database,
        compose: Compose,
        send: Send,
        *,
        lease_s: float,
        on_failure: Callable[[], None],
    ) -> None:
        """
        Args:
            lease_s: a call that was taken so long ago and of which nothing was heard is taken again.
            on_failure: called after a call has failed for good: somebody else may have to be called.
        """
        self.channel = channel
        self._db = db
        self._compose = compose
        self._send = send
        self._lease_s = lease_s
        self._on_failure = on_failure
        self._stopping = threading.Event()
        self._in_hand: set[UUID] = set()
        """Being sent, or sent and not yet recorded: while the database is away, leases run out."""
        self._tokens: queue.Queue[None] = queue.Queue(maxsize=workers)
        self._threads = [
            threading.Thread(target=self._run, name=f"notify {channel} {n}") for n in range(workers)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()
        self.wake()

    def wake(self) -> None:
        """Something may wait to be sent."""
        with suppress(queue.Full):
            self._tokens.put_nowait(None)

    def stop(self) -> None:
        """Finish what is being sent, take nothing more."""
        self._stopping.set()
        for _ in self._threads:
            self.wake()

    def join(self) -> None:
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._tokens.get()
            try:
                while not self._stopping.is_set() and self._one():
                    pass
            except DatabaseUnavailableError as error:
                log.warning("notify.waiting", channel=self.channel, reason=str(error))
                self._stopping.wait(RETRY_DATABASE_S)
                self.wake()
            except Exception:
                # Without this thread the lane would be slower for ever; the call comes again after its lease.
                log.exception("notify.failed", channel=self.channel)
                self._stopping.wait(FIRST_BACKOFF_S)
                self.wake()

    def _one(self) -> bool:
        """Take one call and see it through; False: none waits."""
        message: Message | None = None
        with self._db.transaction() as conn:
            claimed = deliveries.claim(conn, self.channel, self._lease_s, without=self._in_hand)
            if claimed is None:
                return False
            if not claimed.disabled:
                try:
                    with conn.transaction():
                        message = self._compose(conn, claimed)
                except Exception:
                    # One call that cannot be worded must not stand in the way of all others.
                    log.exception("notify.no_words", delivery_id=str(claimed.id))
        self._in_hand.add(claimed.id)
        try:
            self.wake()
            if claimed.disabled:
                why = "the device was removed, or its person is no member any more"
                self._settle(lambda conn: deliveries.failed(conn, claimed, why))
                self._failed(claimed, why)
            elif message is None:
                self._again(claimed, "the message could not be written", None)
            else:
                self._deliver(claimed, message)
        finally:
            self._in_hand.discard(claimed.id)
        return True

    def _deliver(self, claimed: Claimed, message: Message) -> None:
        device = Device(
            claimed.device_id,
            claimed.channel,
            claimed.device_name,
            claimed.address,
            claimed.language,
        )
        started = time.monotonic()
        try:
            sent = self._send(device, message)
        except Gone as error:
            why = str(error)
            self._settle(lambda conn: deliveries.gone(conn, claimed, why))
            self._failed(claimed, why)
        except Failed as error:
            why = str(error)
            self._settle(lambda conn: deliveries.failed(conn, claimed, why))
            self._failed(claimed, why)
        except Retry as error:
            self._again(claimed, str(error), error.after_s)
        except Exception as error:
            log.exception("notify.channel_failed", channel=self.channel)
            self._again(claimed, f"{type(error).__name__} in our software", None)
        else:
            self._settle(lambda conn: deliveries.sent(conn, claimed, sent.detail))
            log.info(
                "notify.sent",
                delivery_id=str(claimed.id),
                channel=self.channel,
                kind=message.kind,
                attempt=claimed.attempts,
                took_s=round(time.monotonic() - started, 3),
            )

    def _again(self, claimed: Claimed, why: str, asked_for_s: float | None) -> None:
        wait_s = backoff_s(claimed.attempts, asked_for_s)
        if _left_s(claimed.expires_at) <= wait_s:
            self._settle(lambda conn: deliveries.failed(conn, claimed, f"not sent in time: {why}"))
            self._failed(claimed, why)
            return
        self._settle(lambda conn: deliveries.postponed(conn, claimed, why, wait_s))
        log.warning(
            "notify.postponed",
            delivery_id=str(claimed.id),
            channel=self.channel,
            reason=why,
            again_in_s=round(wait_s, 1),
        )

    def _failed(self, claimed: Claimed, why: str) -> None:
        log.error("notify.undeliverable", delivery_id=str(claimed.id), channel=self.channel, reason=why)
        self._on_failure()

    def _settle(self, write: Callable[[Connection], object]) -> None:
        """Record a result. Without the database it is held until that is back: a result that is lost is a
        message that is sent again."""
        give_up_at: float | None = None
        while True:
            try:
                with self._db.transaction() as conn:
                    write(conn)
            except DatabaseUnavailableError as error:
                if self._stopping.is_set():
                    give_up_at = give_up_at or time.monotonic() + LAST_WORDS_S
                    if time.monotonic() > give_up_at:
                        raise
                log.warning("notify.result_waits", channel=self.channel, reason=str(error))
                time.sleep(RETRY_DATABASE_S)
            else:
                return


def _left_s(expires_at: datetime) -> float:
    return (expires_at - utc_now()).total_seconds()


class Lanes:
    """All of them."""

    def __init__(
        self,
        db: Database,
        compose: Compose,
        send: Send,
        *,
        lease_s: float,
        on_failure: Callable[[], None],
    ) -> None:
        self._lanes = {
            channel: Lane(channel, workers, db, compose, send, lease_s=lease_s, on_failure=on_failure)
            for channel, workers in WORKERS.items()
        }

    def start(self) -> None:
        for lane in self._lanes.values():
            lane.start()

    def wake(self, channels: str | list[str] | None = None) -> None:
        """Those of the channels (a list, or as the database notifies it), or all (None)."""
        if channels is None:
            channels = list(self._lanes)
        elif isinstance(channels, str):
            channels = channels.split(",")
        for channel in channels:
            if lane := self._lanes.get(channel):
                lane.wake()

    def stop(self) -> None:
        for lane in self._lanes.values():
            lane.stop()
        for lane in self._lanes.values():
            lane.join()
