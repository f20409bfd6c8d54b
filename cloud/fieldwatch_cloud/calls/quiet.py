"""When an animal is no reason to wake anybody. None of this is ever asked for a fire."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, time
    from zoneinfo import ZoneInfo

Held = Literal["late", "quiet_hours", "cooldown"]
LATE = timedelta(minutes=30)
"""A leopard at the fence half an hour ago is a record, no alarm."""


def is_quiet(at: datetime, timezone: ZoneInfo, start: time | None, end: time | None) -> bool:
    """Whether the local time of `at` lies in [start, end), which may go over midnight.

    Without both there are no quiet hours; a start that is the end means the whole day.
    """
    if start is None or end is None:
        return False
    local = at.astimezone(timezone).time()
    if start < end:
        return start <= local < end
    return local >= start or local < end


def cools(at: datetime, called: Iterable[datetime], cooldown: timedelta) -> bool:
    """Whether somebody was called for an observation less than `cooldown` away from `at`.

    By capture time, both ways: of a backlog that arrives newest first, too, one in each cooldown calls.
    """
    return any(abs(at - other) < cooldown for other in called)


def held_back(
    observed_at: datetime,
    now: datetime,
    timezone: ZoneInfo,
    *,
    quiet_from: time | None,
    quiet_to: time | None,
    called: Iterable[datetime],
    cooldown: timedelta,
) -> Held | None:
    """Why nobody is called for this observation; None: people are called.

    Args:
        called: capture times of the observations of this rule and deployment for which people were called.
    """
    if now - observed_at > LATE:
        return "late"
    # By the time at which a phone would ring, not by that of the picture.
    if is_quiet(now, timezone, quiet_from, quiet_to):
        return "quiet_hours"
    return "cooldown" if cools(observed_at, called, cooldown) else None
