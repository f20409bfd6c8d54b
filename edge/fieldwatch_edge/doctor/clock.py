"""Time: who sets the clock, and what keeps it while the power is off."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from fieldwatch_edge.capture import system_clock
from fieldwatch_edge.doctor.check import Check
from fieldwatch_shared.messages import ClockQuality

if TYPE_CHECKING:
    from collections.abc import Iterator

RTC = Path("/sys/class/rtc/rtc0")
RTC_OFF_S = 60.0


def clocks() -> Iterator[Check]:
    clock = system_clock()
    finding = clock.quality.value
    if clock.offset_s is not None:
        finding += f", {clock.offset_s:+.3f} s"
    if clock.quality is ClockQuality.UNSYNCHRONISED:
        yield Check(
            "clock", "warn", finding, "install chrony, or connect a GNSS receiver: nobody sets this clock"
        )
    else:
        yield Check("clock", "ok", finding)
    yield kept(RTC, time.time(), vouched=clock.quality.vouched)


def kept(rtc: Path, now: float, *, vouched: bool) -> Check:
    """The clock that runs on a battery.

    Args:
        now: seconds since the epoch, by the system's clock.
        vouched: somebody sets the system's clock, so that this one can be held against it.
    """
    what = "battery clock"
    try:
        says = float((rtc / "since_epoch").read_text())
    except (OSError, ValueError):
        advice = "fit one (DS3231, with a cell): without it and a network, the time is lost with the power"
        return Check(what, "warn", "there is none, or it does not answer", advice)
    off = says - now
    if not vouched:
        return Check(what, "ok", "there is one; nobody tells whether it is right")
    if abs(off) > RTC_OFF_S:
        return Check(
            what, "warn", f"{off:+.0f} s off", "hwclock --systohc; if it is off again, replace its cell"
        )
    return Check(what, "ok", f"{off:+.0f} s")
