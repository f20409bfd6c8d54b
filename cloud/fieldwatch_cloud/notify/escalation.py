"""By the clock: next steps of incidents that call, calls that came too late, drills that are over.

One thread in each notify process. Of several processes each takes what no other holds at that moment.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import structlog

from fieldwatch_cloud.alarms import calls, drills
from fieldwatch_cloud.db import deliveries
from fieldwatch_cloud.errors import DatabaseUnavailableError
from fieldwatch_shared.messages import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from fieldwatch_cloud.db.pool import Database

log = structlog.get_logger(__name__)
EVERY_S = 1.0


def tick(db: Database, now: datetime) -> list[str]:
    """Do what is due at `now`; returns the channels for which calls wait to be sent."""
    with db.transaction() as conn:
        if lost := deliveries.expire(conn):
            log.error("notify.expired", deliveries=lost)
    with db.transaction() as conn:
        drills.end_due(conn, now)
    with db.transaction() as conn:
        calls.run_due(conn, now)
    with db.transaction() as conn:
        return deliveries.waiting_channels(conn)


class Ticker:
    """Calls `tick` every second, and at once when it is woken."""

    def __init__(self, db: Database, wake_lanes: Callable[[list[str]], None]) -> None:
        self._db = db
        self._wake_lanes = wake_lanes
        self._look = threading.Event()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="notify escalation")

    def start(self) -> None:
        self._thread.start()

    def wake(self) -> None:
        self._look.set()

    def stop(self) -> None:
        self._stopping = True
        self._look.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping:
            self._look.clear()
            try:
                self._wake_lanes(tick(self._db, utc_now()))
            except DatabaseUnavailableError as error:
                log.warning("escalation.waiting", reason=str(error))
            except Exception:
                # Whatever it is: without this thread nobody is called after the first.
                log.exception("escalation.failed")
            self._look.wait(EVERY_S)
