"""The companion that watches the clocks, and has records corrected when the right time comes.

Nothing is re-dated: a record keeps the time at which it was seen, by the clock of that moment, and is given
the known error of that clock beside it, which the cloud takes off. A fire waits for no clock.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import structlog

from fieldwatch_edge import sysfs, whole
from fieldwatch_edge.clockwork.eras import Eras, Wrong
from fieldwatch_edge.errors import OutboxError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fieldwatch_edge.outbox import Outbox
    from fieldwatch_shared.messages import ClockQuality

log = structlog.get_logger(__name__)

LOOK_EVERY_S, ASK_EVERY_S, CORRECT_EVERY_S, KEEP_EVERY_S = 1.0, 60.0, 10.0, 900.0
LATE_S = 90.0
"""Records of what was seen before a jump are made for so long after it: tracks end, pictures are encoded."""
HOLD_S = 48 * 3600.0
"""So long after a boot do records with an impossible time wait for a better one; then they go as they are."""


class Clockwork:
    """One node's."""

    name = "clockwork"

    def __init__(
        self,
        outbox: Outbox,
        state: Path,
        quality: Callable[[], ClockQuality],
        effort: Callable[[Wrong], None],
        notice: Callable[[str], None],
        *,
        live: frozenset[str],
        boot: Callable[[], float] = sysfs.since_boot_s,
        wall: Callable[[], float] = time.time,
        boot_id: str | None = None,
    ) -> None:
        """
        Args:
            state: the file in which it remembers.
            quality: of the system's clock, now.
            effort: told of each wrong era, for effort that is in no heartbeat yet.
            live: deployments whose times are the system clock's.
            boot, wall: seconds since boot, and since 1970.
        """
        self._outbox, self._state, self._quality = outbox, state, quality
        self._effort, self._notice, self._live = effort, notice, live
        self._boot, self._wall = boot, wall
        self._stop = threading.Event()
        self._eras = Eras.of(boot_id or sysfs.boot_id(), _read(state))
        self._mark()
        self._late: list[tuple[float, Wrong]] = []
        self._kept_at = float("-inf")
        self._corrected_at = float("-inf")
        self._vouched, self._asked_at = False, float("-inf")

    @property
    def holds(self) -> bool:
        """Whether records of cameras wait, because their time cannot be and will soon be known."""
        if not self._live:
            return False
        now = self._boot()
        return bool(self._late) or (self._eras.impossible and now < HOLD_S)

    def stop(self) -> None:
        self._stop.set()

    def report(self) -> dict[str, Any]:
        return {}

    def run(self) -> None:
        while True:
            self.look()
            if self._stop.wait(LOOK_EVERY_S):
                self._keep()
                return

    def look(self) -> None:
        """Once."""
        boot_s, wall_s = self._boot(), self._wall()
        before = self._eras.now.base if self._eras.now is not None else None
        # Who vouches is asked every minute, and anew when the clock was set.
        jumped = before is not None and abs(wall_s - boot_s - before) >= 1
        if jumped or boot_s - self._asked_at >= ASK_EVERY_S:
            self._vouched, self._asked_at = self._quality().vouched, boot_s
        solved = self._eras.saw(boot_s, wall_s, vouched=self._vouched)
        for wrong in solved:
            self._late.append((boot_s + LATE_S, wrong))
            self._tell(wrong)
        if self._late and (solved or boot_s - self._corrected_at >= CORRECT_EVERY_S):
            self._corrected_at = boot_s
            for _, wrong in self._late:
                self._correct(wrong)
            self._late = [each for each in self._late if boot_s < each[0]]
        if solved or jumped or boot_s - self._kept_at >= KEEP_EVERY_S:
            self._keep()

    def _mark(self) -> None:
        """Note which records were there before this boot."""
        try:
            newest = self._outbox.newest
        except OutboxError as error:
            log.error("clockwork.not_marked", error=str(error))  # noqa: TRY400
            return
        # A store that was begun anew meanwhile counts from its own beginning.
        if self._eras.first is None or newest < self._eras.first:
            self._eras.first = newest if self._eras.first is None else 0

    def _correct(self, wrong: Wrong) -> None:
        wrong = self._eras.without_now(wrong)
        self._effort(wrong)
        after = self._eras.first or 0
        try:
            records = self._outbox.clock_was_wrong(wrong.covers, wrong.offset_s, self._live, after)
        except OutboxError as error:
            log.error("clockwork.not_corrected", error=str(error))  # noqa: TRY400
            return
        if records:
            log.warning("clockwork.corrected", records=records, offset_s=wrong.offset_s)

    def _tell(self, wrong: Wrong) -> None:
        seconds = abs(wrong.offset_s)
        amount = f"{seconds:.0f} s" if seconds < 7200 else f"{seconds / 3600:.0f} h"
        way = "ahead" if wrong.offset_s > 0 else "behind"
        self._notice(
            f"the clock was {amount} {way} from {wrong.since:%Y-%m-%d %H:%M} to {wrong.until:%Y-%m-%d %H:%M}"
            " by its own time: what was not yet sent says so; what was keeps its time"
        )

    def _keep(self) -> None:
        self._kept_at = self._boot()
        try:
            whole.write(self._state, self._eras.model_dump_json())
        except OSError as error:
            log.warning("clockwork.not_kept", error=str(error))


def _read(path: Path) -> str | None:
    try:
        return path.read_text().strip()
    except (OSError, UnicodeDecodeError):
        return None
