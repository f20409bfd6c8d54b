"""What the line cost, day by day and month by month, kept on disk; and what may still be spent.

A clock that is set, or jumps to and fro, gives no fresh budget: what was spent is carried to the date that
it says now. A fresh one comes with a midnight that was lived through, with a new date by a synchronised
clock, or after 20 hours of life (20 days for a month's) whatever the clock says.
"""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import structlog
from pydantic import AwareDatetime, BaseModel, ValidationError

from fieldwatch_edge import whole
from fieldwatch_edge.link.budget import Lane, Limits, Spent, room, when
from fieldwatch_edge.sysfs import boot_id, since_boot_s
from fieldwatch_shared.messages import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fieldwatch_edge.settings import LinkSettings

log = structlog.get_logger(__name__)

LEDGER_FILE = "link-budget.json"


class _Kept(BaseModel):
    """On disk. What was spent is never less than it says: it is written before it is spent."""

    day: date
    day_bytes: int = 0
    month_bytes: int = 0
    lived_s: float = 0
    """Uptime since the day's budget was fresh."""
    month_lived_s: float = 0
    jumped: bool = False
    """The day was not reached by living through the one before: the clock was set."""
    month_jumped: bool = False
    believed: date | None = None
    """The last day that a synchronised clock has told."""
    at: AwareDatetime
    uptime_s: float
    boot: str
    """When this was written, by the clock and by one that nobody sets, which begins anew with each boot."""

    @property
    def month(self) -> tuple[int, int]:
        return self.day.year, self.day.month


JUMP_S = 300.0
"""A clock that is off by more than this from the time lived through was set, or was wrong."""
DAY_LIVED_S, MONTH_LIVED_S = 20 * 3600.0, 20 * 86400.0
"""Whatever the clock says: who has lived through so much may have another day's (month's) budget."""


class Ledger:
    """Counts what the line costs, and says what may still be spent. From any thread."""

    def __init__(
        self,
        path: Path,
        settings: LinkSettings,
        *,
        clock: Callable[[], datetime] = utc_now,
        uptime: Callable[[], float] = since_boot_s,
        synchronised: Callable[[], bool] = lambda: False,
        boot: str | None = None,
    ) -> None:
        """
        Args:
            clock: the time, UTC; a test may let it run faster, together with `uptime`.
            uptime: seconds, by a clock that nobody sets.
            synchronised: whether a time service or satellites vouch for `clock`.
            boot: an id of this start of the machine; default: the kernel's.
        """
        self._path, self._limits = path, Limits.of(settings)
        self._clock, self._uptime, self._synchronised = clock, uptime, synchronised
        self._lock = threading.Lock()
        self._pledged: dict[str, int] = {}
        self._seen, self._seen_uptime, self._boot = clock(), uptime(), boot or boot_id()
        self._kept = self._read()
        self._written = self._kept.day_bytes
        """Bytes of the day as they stand on disk: those that may be spent before it is written again."""

    def change(self, settings: LinkSettings) -> None:
        """Other limits from now on; what was spent stays."""
        with self._lock:
            self._limits = Limits.of(settings)

    def count(self, size: int) -> None:
        """So many bytes went over the line, up or down."""
        if size <= 0:
            return
        with self._lock:
            self._turn()
            self._kept.day_bytes += size
            self._kept.month_bytes += size
            if self._kept.day_bytes > self._written:
                self._write(ahead=self._ahead())

    def pledge(self, who: str, size: int) -> None:
        """`who` has so many bytes on their way that are not counted yet; replaces what they said before."""
        with self._lock:
            self._pledged[who] = size

    def room(self, lane: Lane) -> int:
        """Bytes that may be spent on that lane now; `UNBOUNDED`: as many as there are."""
        with self._lock:
            self._turn()
            return room(self._seen, self._soon_spent(), self._limits, lane)

    def when(self, lane: Lane, size: int) -> datetime | None:
        """As the function of that name, from now."""
        with self._lock:
            self._turn()
            return when(self._seen, self._soon_spent(), self._limits, lane, size)

    @property
    def spent(self) -> Spent:
        """What was counted."""
        with self._lock:
            self._turn()
            return Spent(self._kept.day_bytes, self._kept.month_bytes)

    @property
    def limits(self) -> Limits:
        return self._limits

    def close(self) -> None:
        """Write what was really spent, without what was set aside for a crash."""
        with self._lock:
            self._turn()
            self._write(ahead=0)

    def _soon_spent(self) -> Spent:
        pledged = sum(self._pledged.values())
        return Spent(self._kept.day_bytes + pledged, self._kept.month_bytes + pledged)

    def _turn(self) -> None:
        """Note the time, and begin another day or month where one has begun."""
        now, uptime = self._clock(), self._uptime()
        lived = max(0.0, uptime - self._seen_uptime)
        jump = abs((now - self._seen).total_seconds() - lived) > JUMP_S
        self._seen, self._seen_uptime = now, uptime
        self._advance(now.astimezone(UTC).date(), lived, jump=jump)

    def _advance(self, today: date, lived_s: float, *, jump: bool) -> None:
        kept = self._kept
        kept.lived_s += lived_s
        kept.month_lived_s += lived_s
        if jump:
            kept.jumped = kept.month_jumped = True
        if today == kept.day or (today < kept.day and not kept.jumped):
            return  # also where a clock was put back by a moment over midnight
        vouched = self._synchronised()
        believed = kept.believed
        proven = vouched and believed is not None and today > believed
        month = (today.year, today.month) != kept.month
        fresh_month = month and (
            (proven and believed is not None and (today.year, today.month) > (believed.year, believed.month))
            or (today > kept.day and not kept.month_jumped)
            or kept.month_lived_s >= MONTH_LIVED_S
        )
        fresh = proven or (today > kept.day and not kept.jumped) or kept.lived_s >= DAY_LIVED_S
        log.info("link.budget_day", day=today.isoformat(), fresh=fresh, fresh_month=fresh_month)
        kept.day = today
        if fresh:
            kept.day_bytes, kept.lived_s, kept.jumped = 0, 0, jump and not vouched
        if fresh_month:
            kept.month_bytes, kept.month_lived_s, kept.month_jumped = 0, 0, jump and not vouched
        self._write(ahead=self._ahead())

    def _ahead(self) -> int:
        """Bytes that are written down as spent beforehand: after a crash, so many are lost at most, and the
        disk is written to some hundred times a day whatever is sent."""
        shares = [limit // 100 for limit in (self._limits.day,) if limit is not None]
        shares += [limit // 2000 for limit in (self._limits.month,) if limit is not None]
        return max(1024, min(shares, default=4 * 1024**2))

    def _read(self) -> _Kept:
        fresh = _Kept(
            day=self._seen.astimezone(UTC).date(), at=self._seen, uptime_s=self._seen_uptime, boot=self._boot
        )
        try:
            kept = _Kept.model_validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return fresh
        except (OSError, ValidationError) as error:
            # Who knows what was spent: half of it, say.
            log.error("link.budget_unreadable", path=str(self._path), error=str(error))  # noqa: TRY400
            spent = {
                "day_bytes": (self._limits.day or 0) // 2,
                "month_bytes": (self._limits.month or 0) // 2,
            }
            return fresh.model_copy(update=spent)
        if kept.boot == self._boot:
            self._seen, self._seen_uptime = kept.at, kept.uptime_s
        elif (kept.at - self._seen).total_seconds() > JUMP_S:  # a clock without a battery
            kept.jumped = kept.month_jumped = True
        return kept

    def _write(self, *, ahead: int) -> None:
        kept = self._kept
        kept.at, kept.uptime_s, kept.boot = self._seen, self._seen_uptime, self._boot
        if self._synchronised():
            kept.believed = kept.day
        self._written = kept.day_bytes + ahead
        bytes_ = {"day_bytes": self._written, "month_bytes": kept.month_bytes + ahead}
        text = kept.model_copy(update=bytes_).model_dump_json()
        try:
            whole.write(self._path, text)
        except OSError as error:
            # Without a disk, the budget holds at least until the next start.
            log.error("link.budget_not_kept", path=str(self._path), error=str(error))  # noqa: TRY400
