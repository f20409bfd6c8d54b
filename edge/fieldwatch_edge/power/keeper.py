"""The power budget beside the cameras: reads the meter, asks the governor, sets the pace, and may sleep."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any

import structlog
from pydantic import ValidationError

from fieldwatch_edge import whole
from fieldwatch_edge.errors import DeviceError
from fieldwatch_edge.power.governor import Governor, State
from fieldwatch_edge.power.meters import Measured, open_meter
from fieldwatch_edge.power.pace import Pace
from fieldwatch_edge.power.sleep import LEAST_S, Sleeper, silence_s, sleep_s
from fieldwatch_edge.sysfs import since_boot_s

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fieldwatch_edge.power.meters import PowerMeter
    from fieldwatch_edge.power.pace import Pacer
    from fieldwatch_edge.settings import NodeSettings
    from fieldwatch_shared.messages import Heartbeat

log = structlog.get_logger(__name__)

STATE_FILE = "power.json"
TICK_S = 10.0
SAVE_EVERY_S = 300.0
"""What a power cut may cost of the count; a wear of the disk that nobody notices."""
_TRY_SLEEP_AGAIN_S = 600.0


class PowerKeeper:
    """A companion (see `companions`)."""

    name = "power"

    def __init__(
        self,
        settings: NodeSettings,
        pacer: Pacer,
        *,
        fires_wait: Callable[[], bool],
        all_sent: Callable[[], bool],
        meter: PowerMeter | None = None,
        clock: Callable[[], float] = since_boot_s,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """`settings.power` must be there.

        Args:
            fires_wait: whether a fire is not yet with the cloud; all_sent: whether everything is.
            clock, wall: seconds that go on whatever happens, and since 1970.
        """
        assert settings.power is not None  # noqa: S101
        self._settings, self._pacer, self._power = settings, pacer, settings.power
        self._clock, self._wall = clock, wall
        self._path = settings.node.state_dir / STATE_FILE
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._meter = meter if meter is not None else self._made()
        self._governor = Governor(self._power, wall(), read(self._path))
        self._said: deque[str] = deque(maxlen=10)
        self._failure: str | None = None
        self._announced = False
        self._slept_s = 0.0
        self._no_sleep_until = float("-inf")
        self._sleeper = Sleeper(
            self._power,
            pacer,
            [
                str(camera.deployment_id)
                for camera in settings.cameras
                if camera.fire is not None and camera.source.kind == "v4l2"
            ],
            fires_wait,
            all_sent,
            lambda: self._announced,
        )
        self._set_pace()
        self.tick(0.0)  # before the first frame: an emptied node must not begin at the pace of a full one

    def _made(self) -> PowerMeter | None:
        return None if self._power.meter is None else open_meter(self._power.meter)

    def run(self) -> None:
        now = self._clock()
        with self._lock:
            self._governor.away(self._wall())
        self._sleeper.awake_since = ticked = saved = now
        try:
            while not self._stopping.is_set():
                now = self._clock()
                changed = self.tick(now - ticked)
                ticked = now
                if changed or now - saved >= SAVE_EVERY_S:
                    self._save()
                    saved = now
                self._stopping.wait(self._sleep_or_wait())
        finally:
            self._save()
            if self._meter is not None:
                self._meter.close()

    def stop(self) -> None:
        self._stopping.set()

    def tick(self, dt_s: float) -> bool:
        """Take in the last `dt_s` seconds; returns whether the level changed."""
        measured = self._read()
        with self._lock:
            before = self._governor.level
            asleep_s, self._slept_s = self._slept_s, 0.0
            level = self._governor.tick(self._wall(), dt_s, measured, min(asleep_s, dt_s))
            if level is before:
                return False
            charge = self._governor.charge
            self._announced = False
            self._said.append(
                f"power: from {before.name} to {level.name}, the battery at {charge:.0%}"
                + ("" if self._governor.report().measured else " (reckoned)")
            )
        self._set_pace()
        log.info("power.level", before=before.name, level=level.name, charge=round(charge, 3))
        return True

    def report(self) -> dict[str, Any]:
        with self._lock:
            said: dict[str, Any] = {"power": self._governor.report(), "notices": list(self._said)}
            if self._sleeps:
                wanted = silence_s(self._power, self._settings.heartbeat_s)
                said["next_within_s"] = max(wanted, self._settings.heartbeat_s)
        return said

    def reported(self, heartbeat: Heartbeat) -> None:
        with self._lock:
            if heartbeat.power is not None:
                self._governor.reported(heartbeat.power)
            for notice in heartbeat.notices:
                if notice in self._said:
                    self._said.remove(notice)
            self._announced = heartbeat.next_within_s > self._settings.heartbeat_s or not self._sleeps

    # Within

    @property
    def _sleeps(self) -> bool:
        return self._governor.level.sleeps and self._power.sleep.enabled

    def _set_pace(self) -> None:
        self._pacer.set(Pace.at(self._governor.level, self._power))

    def _read(self) -> Measured:
        """What the meter says; nothing where it fails, which is told once."""
        if self._meter is None:
            return Measured()
        try:
            found = self._meter.read()
        except DeviceError as error:
            if self._failure is None:
                log.error("power.meter_failed", error=str(error))  # noqa: TRY400  a sentence says all
                with self._lock:
                    self._said.append(f"power meter: {error}; the charge is reckoned meanwhile"[:300])
            self._failure = str(error)
            return Measured()
        if self._failure is not None:
            log.info("power.meter_back")
            self._failure = None
        return found

    def _sleep_or_wait(self) -> float:
        """Sleep where it is time for it; returns how long to wait then."""
        if not self._sleeps:
            return TICK_S
        now = self._clock()
        if now < self._no_sleep_until or sleep_s(self._power) < LEAST_S:
            return TICK_S
        if self._sleeper.why_not(now) is not None:
            return 0.5
        self._save()  # who knows how it ends
        try:
            self._slept_s += self._sleeper.go(self._clock)
        except DeviceError as error:
            self._no_sleep_until = now + _TRY_SLEEP_AGAIN_S
            log.error("power.cannot_sleep", error=str(error))  # noqa: TRY400
            with self._lock:
                self._said.append(str(error)[:300])
        return 0.0 if self._power.sleep.mode != "off" else TICK_S

    def _save(self) -> None:
        with self._lock:
            text = self._governor.state.model_dump_json()
        try:
            whole.write(self._path, text)
        except OSError as error:
            log.error("power.state_not_kept", path=str(self._path), error=str(error))  # noqa: TRY400


def read(path: Path) -> State | None:
    """The state as it was left; None where there is none that can be read."""
    try:
        return State.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        log.error("power.state_unreadable", path=str(path), error=str(error))  # noqa: TRY400
        return None
