"""`[[sensor]]`: what measures weather and water."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from fieldwatch_edge.settings.section import Section
from fieldwatch_shared.messages import Quantity, Slug


class IioSensor(Section):
    """An industrial I/O device of the kernel: BME280, SHT3x, HTU21 ..."""

    kind: Literal["iio"]
    device: str = Field(min_length=1, description='By its name, such as "bme280", or "iio:device0".')
    path: Path = Path("/sys/bus/iio/devices")


class HwmonSensor(Section):
    """A hwmon device of the kernel that measures the air: SHT3x, SHT21, LM75 ..."""

    kind: Literal["hwmon"]
    device: str = Field(min_length=1, description='By its name, such as "sht3x", or its device, "1-0044".')
    path: Path = Path("/sys/class/hwmon")


class W1Sensor(Section):
    """A DS18B20 or its like on the 1-wire bus: temperature."""

    kind: Literal["w1"]
    device: str = Field(pattern=r"^[0-9a-f]{2}-[0-9a-f]{12}$", description='Such as "28-0316a2794bff".')
    path: Path = Path("/sys/bus/w1/devices")


class FileSensor(Section):
    """What another program appends to a file: JSON lines with `at` (ISO 8601 with its zone; absent: when it
    was read) and quantities by their names: {"water_level_m": 1.24}."""

    kind: Literal["file"]
    path: Path


class NmeaSensor(Section):
    """A weather station that speaks NMEA 0183 (MWV, MDA, XDR) over a serial line."""

    kind: Literal["nmea"]
    port: str
    baud: int = Field(4800, ge=300, le=115200)
    heading_deg: float = Field(
        0, ge=0, lt=360, description="Where its north mark points, from true north: wind is told from there."
    )


class JsonSensor(Section):
    """A device that writes JSON lines to a serial line, with quantities by their names."""

    kind: Literal["serial-json"]
    port: str
    baud: int = Field(9600, ge=300, le=921600)


SensorSource = Annotated[
    IioSensor | HwmonSensor | W1Sensor | FileSensor | NmeaSensor | JsonSensor, Field(discriminator="kind")
]


class Sensor(Section):
    """One environmental sensor. Its readings go to the cloud like all else; there, they make fire danger."""

    name: Slug
    source: SensorSource
    every_s: float = Field(
        300, ge=1, le=86400, description="A reading each: the mean of what was measured; of rain, the sum."
    )
    quantities: tuple[Quantity, ...] = Field((), description="Only these; none: all that it measures.")
