"""Who is on duty, in the order in which they are called."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from uuid import UUID
    from zoneinfo import ZoneInfo

Repeats = Literal["never", "daily", "weekly"]
PERIOD = {"daily": timedelta(days=1), "weekly": timedelta(weeks=1)}


@dataclass(frozen=True, slots=True)
class Shift:
    account_id: UUID
    zone_id: UUID | None
    """None: the whole reserve."""
    place: int
    """1: on duty; 2, 3, ...: called next, in this order."""
    starts_at: datetime
    ends_at: datetime
    repeats: Repeats = "never"
    """At the same local time of the reserve, whatever summer time does to its length."""
    until: datetime | None = None
    """No repetition begins at or after this."""


def checked(shift: Shift, timezone: ZoneInfo) -> Shift:
    """`shift`, if it is one.

    Raises:
        ValueError: it ends before it begins, overlaps its own repetition, or cannot repeat.
    """
    if shift.ends_at <= shift.starts_at:
        raise ValueError("a shift ends after it begins")
    if shift.repeats == "never":
        if shift.until is not None:
            raise ValueError("`until` is for a shift that repeats")
        return shift
    try:
        lasts = _wall(shift.ends_at, timezone) - _wall(shift.starts_at, timezone)
    except OverflowError as error:
        raise ValueError("by the reserve's clocks, the shift leads out of the calendar") from error
    if lasts > PERIOD[shift.repeats]:
        raise ValueError(f"a shift that repeats {shift.repeats} is not longer than that")
    if shift.until is not None and shift.until <= shift.starts_at:
        raise ValueError("`until` lies before the shift begins")
    return shift


def covers(shift: Shift, at: datetime, timezone: ZoneInfo) -> bool:
    """Whether the shift, or one of its repetitions, is on at `at`; its start included, its end not.

    A repetition begins and ends at the local times of the first one, so that shifts that follow upon each
    other leave no gap when the clocks change.
    """
    if shift.repeats == "never":
        return shift.starts_at <= at < shift.ends_at
    if at < shift.starts_at:
        return False
    period = PERIOD[shift.repeats]
    start, end = _wall(shift.starts_at, timezone), _wall(shift.ends_at, timezone)
    newest = (_wall(at, timezone) - start) // period
    # The one that began before may last until now; where clocks go back, the next may have begun.
    for n in range(max(0, newest - 1), newest + 2):
        begins = _instant(start + n * period, timezone)
        if shift.until is not None and begins >= shift.until:
            return False
        if begins <= at < _instant(end + n * period, timezone):
            return True
    return False


def on_duty(
    shifts: Iterable[Shift],
    at: datetime,
    timezone: ZoneInfo,
    *,
    zones: Collection[UUID] = (),
    chiefs: Sequence[UUID] = (),
) -> list[tuple[UUID, ...]]:
    """Accounts in calling order: those of one place together, nobody twice.

    First the shifts of the zones, by place; then the zones' permanent chiefs, who are called where no shift
    is; then the shifts of the whole reserve.

    Args:
        zones: where the fire may be; none: it is not known.
        chiefs: the duty accounts of those zones.
    """
    now_on = [shift for shift in shifts if covers(shift, at, timezone)]
    ranks = _by_place(shift for shift in now_on if shift.zone_id in zones)
    if chiefs:
        ranks.append(list(chiefs))
    ranks += _by_place(shift for shift in now_on if shift.zone_id is None)
    called: set[UUID] = set()
    order: list[tuple[UUID, ...]] = []
    for rank in ranks:
        new = tuple(account for account in dict.fromkeys(rank) if account not in called)
        called.update(new)
        if new:
            order.append(new)
    return order


def _by_place(shifts: Iterable[Shift]) -> list[list[UUID]]:
    places: dict[int, list[UUID]] = {}
    for shift in shifts:
        places.setdefault(shift.place, []).append(shift.account_id)
    return [places[place] for place in sorted(places)]


def _wall(at: datetime, timezone: ZoneInfo) -> datetime:
    """What a clock on the wall shows."""
    return at.astimezone(timezone).replace(tzinfo=None, fold=0)


def _instant(wall: datetime, timezone: ZoneInfo) -> datetime:
    """Of a time that comes twice the first; of one that is skipped, as if the clocks had not yet changed."""
    return wall.replace(tzinfo=timezone).astimezone(UTC)
