"""What live views may take of the line in a day, kept on disk: a restart does not make a new day."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import structlog
from pydantic import BaseModel, ValidationError

from fieldwatch_edge import whole

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

log = structlog.get_logger(__name__)

BUDGET_FILE = "live-view.json"


class _Kept(BaseModel):
    day: date
    bytes: int


def _utc_today() -> date:
    return datetime.now(UTC).date()


class DayBudget:
    """Bytes of one day, by the node's clock in UTC. From any thread."""

    def __init__(
        self,
        path: Path,
        most: int,
        today: Callable[[], date] = _utc_today,
        spent: Callable[[int], None] = lambda _: None,
    ) -> None:
        """`spent`: told of the bytes of each `take` that is granted."""
        self._path, self._most, self._today, self._spent = path, most, today, spent
        self._lock = threading.Lock()
        self._kept = _Kept(day=today(), bytes=0)
        try:
            self._kept = _Kept.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            pass
        except (OSError, ValidationError) as error:
            # Who knows what was used: nothing more today than half of it.
            self._kept = _Kept(day=today(), bytes=most // 2)
            log.error("live_view.budget_unreadable", path=str(path), error=str(error))  # noqa: TRY400

    @property
    def left(self) -> int:
        """Bytes that are left today."""
        with self._lock:
            return max(0, self._most - self._used())

    def take(self, size: int) -> bool:
        """Use so many bytes, and remember it before they are sent; False, and nothing is used: too many."""
        with self._lock:
            used = self._used() + size
            if used > self._most:
                return False
            self._kept = _Kept(day=self._today(), bytes=used)
            try:
                whole.write(self._path, self._kept.model_dump_json())
            except OSError as error:
                # Without a disk, the budget holds at least until the next start.
                log.error("live_view.budget_not_kept", path=str(self._path), error=str(error))  # noqa: TRY400
        self._spent(size)
        return True

    def _used(self) -> int:
        return self._kept.bytes if self._kept.day == self._today() else 0
