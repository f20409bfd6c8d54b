"""Deep sleep between two looks, woken by the real-time clock; `rtcwake` of util-linux does both."""

from __future__ import annotations

import math
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog

from fieldwatch_edge.errors import DeviceError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fieldwatch_edge.power.pace import Pacer
    from fieldwatch_edge.settings import PowerSettings, SleepSettings

log = structlog.get_logger(__name__)

LEAST_S = 5.0
"""Shorter is not worth the waking."""
PATIENCE_S = 30.0
"""So long does a node that awoke wait for a camera that does not come back before it sleeps again."""
_LONGEST_S = 7 * 86_400.0


def asleep(settings: SleepSettings, seconds: float) -> None:
    """Sleep, and return once awake; at mode "off", return once the machine has been told to go down.

    Raises:
        DeviceError: `rtcwake` is missing, may not, or failed; says why.
    """
    command = [*settings.rtcwake, "-m", settings.mode, "-d", settings.rtc, "-s", str(math.floor(seconds))]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds + 120)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise DeviceError(f"cannot sleep: {' '.join(command)}: {error}") from error
    if done.returncode:
        why = (done.stderr or done.stdout).strip()[-300:]
        raise DeviceError(f"cannot sleep: {' '.join(command)} ended with {done.returncode}: {why}")


def interval_s(settings: PowerSettings) -> float:
    """From one look to the next: the floor of fire watch."""
    return max(settings.fire_floor_s, settings.fire_every_s)


def sleep_s(settings: PowerSettings) -> float:
    """Of one sleep; waking and looking are within the interval, so that the floor holds."""
    return interval_s(settings) - settings.look_s - settings.sleep.wake_s


def silence_s(settings: PowerSettings, heartbeat_s: float) -> float:
    """Within so long does a node that sleeps between looks send its next heartbeat: its own clock for them
    stands still meanwhile, and it stays awake to send only now and then."""
    awake = max(settings.look_s / interval_s(settings), 0.01)
    wanted = heartbeat_s / awake + settings.sleep.report_every_s + settings.sleep.link_s
    return min(wanted, _LONGEST_S)


@dataclass(slots=True)
class Sleeper:
    """Decides when to sleep. Its times are of a clock that goes on meanwhile (CLOCK_BOOTTIME)."""

    settings: PowerSettings
    pacer: Pacer
    cameras: Sequence[str]
    """Those with a device, whose look is waited for after waking."""
    fires_wait: Callable[[], bool]
    """Whether a fire, or its picture, is not yet with the cloud."""
    all_sent: Callable[[], bool]
    announced: Callable[[], bool]
    """Whether a heartbeat has said how long the silence may be."""
    sleep: Callable[[SleepSettings, float], None] = asleep
    awake_since: float = field(default=float("-inf"))
    reported_at: float = field(default=float("-inf"))

    def why_not(self, now: float) -> str | None:
        """Why the node must stay awake now, in words; None: nothing speaks against sleep."""
        settings = self.settings.sleep
        if (why := self.pacer.awake) is not None:
            return why
        if self.fires_wait():
            return "a fire is not yet sent"
        awake_s = now - self.awake_since
        if not self.pacer.have_looked(self.cameras) and awake_s < PATIENCE_S:
            return "a camera has not looked since the node awoke"
        if awake_s < self.settings.look_s and not (self.cameras and self.pacer.have_looked(self.cameras)):
            return "it has just awoken"
        if not self.announced():
            return "no heartbeat has announced the silence yet"
        if now - self.reported_at >= settings.report_every_s:
            # Said once in a while, whatever it costs: so long stays the line.
            if not self.all_sent() and awake_s < settings.link_s:
                return "what was recorded is being sent"
            self.reported_at = now
        return None

    def go(self, clock: Callable[[], float]) -> float:
        """Sleep once; returns the seconds that it took.

        Raises:
            DeviceError: see `asleep`.
        """
        before = clock()
        self.pacer.awoke()
        self.sleep(self.settings.sleep, sleep_s(self.settings))
        self.awake_since = clock()
        log.debug("power.slept", seconds=round(self.awake_since - before, 1))
        return self.awake_since - before
