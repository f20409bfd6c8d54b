"""Sensors that the kernel has a driver for: industrial I/O, hwmon, 1-wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fieldwatch_edge import sysfs
from fieldwatch_edge.errors import DeviceError
from fieldwatch_edge.sensors.base import Value
from fieldwatch_shared.messages import Quantity

if TYPE_CHECKING:
    from pathlib import Path

    from fieldwatch_edge.settings import HwmonSensor, IioSensor, W1Sensor

_IIO = {
    # Documentation/ABI/testing/sysfs-bus-iio: milli degrees, milli percent, kilopascal.
    "in_temp": (Quantity.TEMPERATURE, 0.001),
    "in_humidityrelative": (Quantity.HUMIDITY, 0.001),
    "in_pressure": (Quantity.PRESSURE, 10.0),
}
_HWMON = {
    # Documentation/hwmon/sysfs-interface.rst: millidegree Celsius, milli-percent.
    "temp1_input": (Quantity.TEMPERATURE, 0.001),
    "humidity1_input": (Quantity.HUMIDITY, 0.001),
}
_FAILED_W1 = 85.0
"""A DS18B20 that lost its power within the measurement says this, its value after a reset."""


class Iio:
    """BME280 and the like: `_input` is the value, else `_raw`, `_offset` and `_scale` make it."""

    def __init__(self, settings: IioSensor) -> None:
        self._settings = settings

    def read(self) -> list[Value]:
        folder = sysfs.device(self._settings.path, self._settings.device)
        found = [
            Value(quantity, value * factor)
            for channel, (quantity, factor) in _IIO.items()
            if (value := _iio(folder, channel)) is not None
        ]
        if not found:
            raise DeviceError(f"{folder} measures neither temperature nor humidity nor pressure")
        return found

    def close(self) -> None:
        """Nothing is held."""


def _iio(folder: Path, channel: str) -> float | None:
    ready = sysfs.number(folder / f"{channel}_input")
    if ready is not None:
        return ready
    raw = sysfs.number(folder / f"{channel}_raw")
    if raw is None:
        return None
    offset, scale = (sysfs.number(folder / f"{channel}_{name}") for name in ("offset", "scale"))
    return (raw + (offset or 0.0)) * (1.0 if scale is None else scale)


class Hwmon:
    """SHT3x and the like."""

    def __init__(self, settings: HwmonSensor) -> None:
        self._settings = settings

    def read(self) -> list[Value]:
        folder = sysfs.device(self._settings.path, self._settings.device)
        found = [
            Value(quantity, value * factor)
            for name, (quantity, factor) in _HWMON.items()
            if (value := sysfs.number(folder / name)) is not None
        ]
        if not found:
            raise DeviceError(f"{folder} has neither temp1_input nor humidity1_input")
        return found

    def close(self) -> None:
        """Nothing is held."""


class W1:
    """DS18B20 and its family, by the kernel's w1_therm (Documentation/w1/slaves/w1_therm.rst)."""

    def __init__(self, settings: W1Sensor) -> None:
        self._folder = settings.path / settings.device

    def read(self) -> list[Value]:
        """`w1_slave` says two lines; the first ends in YES where the checksum of what came is right."""
        path = self._folder / "w1_slave"
        try:
            lines = path.read_text().splitlines()
        except OSError as error:
            raise DeviceError(f"{path} does not answer: {error.strerror}") from error
        if len(lines) < 2 or not lines[0].endswith("YES"):
            raise DeviceError(f"{path}: the checksum was wrong: is its cable too long, or loose?")
        _, found, millidegrees = lines[1].rpartition("t=")
        try:
            celsius = int(millidegrees) / 1000 if found else None
        except ValueError:
            celsius = None
        if celsius is None or celsius == _FAILED_W1:
            raise DeviceError(f"{path} measured nothing ({lines[1][-20:]!r}): has it enough power?")
        return [Value(Quantity.TEMPERATURE, celsius)]

    def close(self) -> None:
        """Nothing is held."""
