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

    from fieldwatch_cloud.db.pool import Connection, Database

log = structlog.get_logger(__name__)
EVERY_S = 1.0


def tick(db: Database, now: datetime) -> list[str]:
    """Do what is due at `now`; returns the channels for which calls wait to be sent.

    What fails does not hold up the rest: a drill that cannot be ended keeps nobody from being called.
    """
    for part in (_expire, drills.end_due, calls.run_due):
        try:
            with db.transaction() as conn:
                part(conn, now)
        except DatabaseUnavailableError:
            raise
        except Exception:
            log.exception("escalation.part_failed", part=part.__name__)
    with db.transaction() as conn:
        return deliveries.waiting_channels(conn)


def _expire(conn: Connection, _now: datetime) -> None:
    if lost := deliveries.expire(conn):
        log.error("notify.expired", deliveries=lost)


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
