"""The known error of a node's clock is taken off what it dated. Pure.

From one second on: what chrony tells of a clock that it keeps is thousandths, and changes nothing that is
counted or shown. The error stays beside the record, so that what the node said can be told at any time.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from fieldwatch_cloud.errors import InvalidMessageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from fieldwatch_shared.messages import EffortSpan, Heartbeat, Media, Observation, Reading, Suspicion

R = TypeVar("R", "Observation", "Suspicion", "Media", "Reading", "Heartbeat")

LEAST_S = 1.0


def dated_right(record: R, *also: str) -> R:
    """`record` with its `observed_at`, and its other times `also`, as they were by UTC.

    Raises:
        InvalidMessageError: they lie outside the calendar.
    """
    error_s = record.clock.offset_s
    if error_s is None or abs(error_s) < LEAST_S:
        return record
    error = timedelta(seconds=error_s)
    times = {name: _less(getattr(record, name), error) for name in ("observed_at", *also)}
    return record.model_copy(update=times)


def looked_right(spans: Sequence[EffortSpan]) -> list[EffortSpan]:
    """The same of effort.

    Raises:
        InvalidMessageError: as above.
    """
    right = []
    for span in spans:
        error = timedelta(seconds=span.clock_offset_s or 0)
        if abs(error) >= timedelta(seconds=LEAST_S):
            times = {"started_at": _less(span.started_at, error), "ended_at": _less(span.ended_at, error)}
            span = span.model_copy(update=times)
        right.append(span)
    return right


def _less(at: datetime, error: timedelta) -> datetime:
    try:
        return at - error
    except OverflowError as overflow:
        raise InvalidMessageError("its clock's error leads outside the calendar") from overflow
