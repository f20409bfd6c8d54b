"""Spans of time in which the system's clock was set once and then ran. Pure: clocks come from outside.

The clock since boot (CLOCK_BOOTTIME) runs evenly, also through sleep, and knows no date. The clock on the
wall minus it is a constant until somebody sets the clock: where it jumps, an era ends. Once somebody vouches
for the new era (NTP, a GNSS receiver), the error of all eras of this boot before it is the difference of the
two constants, to within the drift of a crystal.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

JUMP_S = 1.0
"""Smaller steps are the slewing of a clock that is kept."""
EARLIEST = datetime(2024, 1, 1, tzinfo=UTC).timestamp()
"""Older than this software: a clock that says so is wrong."""


class Wrong(BaseModel):
    """An era whose error became known."""

    model_config = ConfigDict(frozen=True)

    since: datetime
    until: datetime
    """Both by the wrong clock."""
    offset_s: float
    """The clock minus UTC."""
    unclear: tuple[tuple[datetime, datetime], ...] = ()
    """Spans, ends included, in which the clock of another era said the same times: a clock that was ahead and
    was set back says each of them twice."""

    def covers(self, at: datetime) -> bool:
        """Whether a record that says so was dated in this era, and in no other."""
        margin = timedelta(seconds=1)
        if not self.since - margin <= at <= self.until + margin:
            return False
        return not any(since <= at <= until for since, until in self.unclear)


class _Era(BaseModel):
    base: float
    """Clock on the wall minus clock since boot, s."""
    began: float
    """By the clock on the wall, s since 1970."""
    ended: float
    vouched: bool = False


class Eras(BaseModel):
    """Of one boot."""

    boot_id: str
    now: _Era | None = None
    unsolved: list[_Era] = []
    first: int | None = None
    """The newest row of the outbox when this boot began: what came before was dated by a clock of which
    nothing is known, though it may have said the same times."""
    latest: float = EARLIEST
    """The newest time that anybody vouched for, in any boot: it is not earlier than that."""

    def saw(self, boot_s: float, wall_s: float, *, vouched: bool) -> list[Wrong]:
        """Take in what both clocks say at one moment; eras whose error this tells.

        Args:
            vouched: whether somebody keeps the clock on the wall right, now.
        """
        base = wall_s - boot_s
        if self.now is None:
            self.now = _Era(base=base, began=wall_s, ended=wall_s)
        elif abs(base - self.now.base) >= JUMP_S:
            self.now.ended = max(self.now.began, self.now.base + boot_s)
            if not self.now.vouched:
                self.unsolved.append(self.now)
            self.now = _Era(base=base, began=wall_s, ended=wall_s)
        else:
            self.now.base, self.now.ended = base, wall_s
        if not vouched:
            return []
        self.now.vouched = True
        self.latest = max(self.latest, wall_s)
        solved = [
            Wrong(
                since=_utc(era.began),
                until=_utc(era.ended),
                offset_s=round(era.base - base, 3),
                unclear=tuple(
                    (_utc(other.began), _utc(other.ended)) for other in self.unsolved if other is not era
                ),
            )
            for era in self.unsolved
        ]
        self.unsolved = []
        return solved

    def without_now(self, wrong: Wrong) -> Wrong:
        """`wrong`, without the times that the clock has said since it was set."""
        if self.now is None:
            return wrong
        since = self.now.began, self.now.ended
        return wrong.model_copy(update={"unclear": (*wrong.unclear, (_utc(since[0]), _utc(since[1])))})

    @property
    def impossible(self) -> bool:
        """Whether the clock says a time that has passed already: it was never set, its battery is empty."""
        return self.now is not None and not self.now.vouched and self.now.ended < self.latest - 60

    @classmethod
    def of(cls, boot_id: str, kept: str | None) -> Self:
        """As far as a process before this one has `kept` them, JSON."""
        try:
            known = cls.model_validate_json(kept or "")
        except ValidationError:
            return cls(boot_id=boot_id)
        return known if known.boot_id == boot_id else cls(boot_id=boot_id, latest=known.latest)


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
