"""Sensors beside the cameras: asked often, told each `every_s`, through the outbox."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import structlog

from fieldwatch_edge.capture.clock import system_clock
from fieldwatch_edge.errors import DeviceError, OutboxError
from fieldwatch_edge.outbox import Entry
from fieldwatch_edge.sensors.gather import Gathered
from fieldwatch_edge.sensors.kernel import W1, Hwmon, Iio
from fieldwatch_edge.sensors.lines import FileLines, SerialLines
from fieldwatch_edge.settings import FileSensor, HwmonSensor, IioSensor, JsonSensor, NmeaSensor
from fieldwatch_shared.ids import uuid7
from fieldwatch_shared.messages import Reading, utc_now
from fieldwatch_shared.quantities import wrong

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fieldwatch_edge.outbox import Outbox
    from fieldwatch_edge.sensors.base import Device, Value
    from fieldwatch_edge.settings import Sensor, SensorSource

log = structlog.get_logger(__name__)

ASK_EVERY_S = 2.0
"""Lines must be taken before the kernel's 4 KiB are full."""
KEPT_AT_MOST = 5000
"""Readings that wait in memory while the disk refuses: a day of ten sensors. The oldest go first."""


def open_device(source: SensorSource) -> Device:
    """The device of these settings; it need not be there yet."""
    if isinstance(source, IioSensor):
        return Iio(source)
    if isinstance(source, HwmonSensor):
        return Hwmon(source)
    if isinstance(source, FileSensor):
        return FileLines(source)
    if isinstance(source, NmeaSensor):
        return SerialLines.nmea(source)
    if isinstance(source, JsonSensor):
        return SerialLines.json(source)
    return W1(source)


@dataclass(slots=True)
class _Asked:
    settings: Sensor
    device: Device
    gathered: Gathered = field(default_factory=Gathered)
    told_at: float = 0.0
    failure: str | None = None

    @property
    def ask_every_s(self) -> float:
        """A chip answers whenever it is asked, and warms itself by it; a line must be listened to."""
        listens = isinstance(self.settings.source, NmeaSensor | JsonSensor | FileSensor)
        return ASK_EVERY_S if listens else max(min(self.settings.every_s / 5, 60.0), 1.0)


class Sensors:
    """A companion (see `companions`)."""

    name = "sensors"

    def __init__(
        self,
        sensors: Sequence[Sensor],
        outbox: Outbox,
        notice: Callable[[str], None],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._outbox, self._notice, self._clock = outbox, notice, clock
        self._asked = [_Asked(each, open_device(each.source)) for each in sensors]
        self._due = dict.fromkeys((each.name for each in sensors), float("-inf"))
        self._waiting: list[Reading] = []
        self._stopping = threading.Event()

    def run(self) -> None:
        try:
            now = self._clock()
            for one in self._asked:
                one.told_at = now
            while not self._stopping.is_set():
                self.step(self._clock())
                self._stopping.wait(1.0)
        finally:
            for one in self._asked:
                one.device.close()

    def stop(self) -> None:
        self._stopping.set()

    def report(self) -> dict[str, Any]:
        return {}

    def step(self, now: float) -> None:
        """Ask and tell what is due at `now` (the clock's seconds)."""
        for one in self._asked:
            if now < self._due[one.settings.name]:
                continue
            self._due[one.settings.name] = now + one.ask_every_s
            ready = one.gathered.add(self._ask(one))
            if (passed := now - one.told_at) >= one.settings.every_s:
                ready += one.gathered.take(passed)
                one.told_at = now
            self._waiting += self._readings(one, ready)
        self._write()

    def _ask(self, one: _Asked) -> list[Value]:
        name = one.settings.name
        try:
            found = list(one.device.read())
        except DeviceError as error:
            if one.failure is None:
                log.error("sensor.failed", sensor=name, error=str(error))  # noqa: TRY400  a sentence
                self._notice(f"sensor {name}: {error}"[:300])
            one.failure = str(error)
            return []
        if one.failure is not None:
            one.failure = None
            log.info("sensor.back", sensor=name)
        wanted = one.settings.quantities
        return [each for each in found if not wanted or each.quantity in wanted]

    def _readings(self, one: _Asked, values: Sequence[Value]) -> list[Reading]:
        found = []
        now, clock = utc_now(), system_clock()
        for value in values:
            if (why := wrong(value.quantity, value.value, value.over_s)) is not None:
                # In the cloud the whole message would be held back for it.
                log.warning("sensor.implausible", sensor=one.settings.name, reason=why)
                continue
            at = now if value.at is None else value.at
            found.append(
                Reading(
                    id=uuid7(now),
                    sensor=one.settings.name,
                    quantity=value.quantity,
                    value=round(value.value, 4),
                    observed_at=at,
                    over_s=value.over_s,
                    clock=clock,
                )
            )
        return found

    def _write(self) -> None:
        if not self._waiting:
            return
        try:
            self._outbox.write(ready=[Entry.of(reading) for reading in self._waiting])
        except OutboxError as error:
            log.error("sensor.not_written", readings=len(self._waiting), error=str(error))  # noqa: TRY400
            self._waiting = self._waiting[-KEPT_AT_MOST:]
            return
        self._waiting = []
