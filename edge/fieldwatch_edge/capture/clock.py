"""How far this machine's clock can be trusted."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from pathlib import Path

from fieldwatch_edge.sysfs import since_boot_s
from fieldwatch_shared.messages import Clock, ClockQuality

_TIMESYNCD = Path("/run/systemd/timesync/synchronized")
_SET_FROM_RTC = Path("/sys/class/rtc/rtc0/hctosys")
_VALID_S, _JUMP_S = 60.0, 1.0
"""Asking takes a subprocess; a clock does not lose its time within a minute."""

_GNSS_REFERENCES = ("GPS", "GNSS", "NMEA", "PPS")
"""Names that chrony's reference clocks are given where a satellite receiver feeds them."""

_lock = threading.Lock()
_known: tuple[float, float, Clock] | None = None


def system_clock() -> Clock:
    """The quality of the system clock, asked anew each minute, and when it was set: what is dated then must
    not bear the doubts of the clock before. Thread-safe; never fails."""
    global _known
    with _lock:
        now, base = time.monotonic(), time.time() - since_boot_s()
        if _known is None or now - _known[0] > _VALID_S or abs(base - _known[1]) >= _JUMP_S:
            _known = (now, base, ask_system())
        return _known[2]


def ask_system() -> Clock:
    """Ask chrony, then systemd, then whether a battery-backed clock set the time at boot."""
    clock = parse_chrony(_output("chronyc", "-n", "-c", "tracking"))
    if clock is not None:
        return clock
    # timesyncd leaves this file at its first synchronisation; timedatectl reports the kernel's own flag,
    # which any other time service (ntpd, ntpsec, PTP) sets.
    synchronised = _TIMESYNCD.exists() or (
        _output("timedatectl", "show", "--property=NTPSynchronized", "--value").strip() == "yes"
    )
    if synchronised:
        return Clock(quality=ClockQuality.NTP)
    if _reads(_SET_FROM_RTC, "1"):
        return Clock(quality=ClockQuality.RTC)
    return Clock(quality=ClockQuality.UNSYNCHRONISED)


def parse_chrony(tracking: str) -> Clock | None:
    """The clock that `chronyc -c tracking` describes; None where chrony does not say or is not in step.

    Its fields: reference id (hex), reference (name or address), stratum, time, system time's offset in
    seconds (positive: slow of true time), ..., leap status (last).
    """
    fields = tracking.strip().split(",")
    if len(fields) < 14 or fields[-1] == "Not synchronised":
        return None
    reference = fields[1].upper()
    quality = ClockQuality.GNSS if reference.startswith(_GNSS_REFERENCES) else ClockQuality.NTP
    try:
        return Clock(quality=quality, offset_s=-float(fields[4]))
    except ValueError:
        return Clock(quality=quality)


def _output(*command: str) -> str:
    """What `command` prints; empty where it is not installed, fails or hangs."""
    program = shutil.which(command[0])
    if program is None:
        return ""
    try:
        # systemd's own programs would tell our service manager of their failures, as if they were ours.
        environment = {name: value for name, value in os.environ.items() if name != "NOTIFY_SOCKET"}
        done = subprocess.run(
            [program, *command[1:]],
            capture_output=True,
            text=True,
            timeout=2,
            check=False,
            env=environment,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout if done.returncode == 0 else ""


def _reads(path: Path, text: str) -> bool:
    try:
        return path.read_text().strip() == text
    except OSError:
        return False
