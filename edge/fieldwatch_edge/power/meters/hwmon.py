"""INA219, INA226, INA3221 and their like, by the kernel's hwmon (Documentation/hwmon/ina2xx, ina3221).

in{n}_input is the bus voltage in mV, curr{n}_input the current in mA, power{n}_input the power in µW; an
INA3221 has three channels and leaves the product to us.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fieldwatch_edge import sysfs
from fieldwatch_edge.errors import DeviceError
from fieldwatch_edge.power.meters.base import Measured

if TYPE_CHECKING:
    from pathlib import Path

    from fieldwatch_edge.settings import HwmonMeter


class Hwmon:
    """Found anew at each question: a chip that dropped off the bus and came back has another folder."""

    def __init__(self, settings: HwmonMeter) -> None:
        self._settings = settings

    def read(self) -> Measured:
        settings = self._settings
        battery = rail(settings.path, settings.battery) if settings.battery else None
        solar = rail(settings.path, settings.solar) if settings.solar else None
        load = rail(settings.path, settings.load) if settings.load else None
        sign = -1.0 if settings.battery_reversed else 1.0
        return Measured(
            battery_v=battery[0] if battery else None,
            battery_w=sign * battery[1] if battery else None,
            # At night a panel's shunt shows some mA of the wrong sign: noise, no income.
            solar_w=max(solar[1], 0.0) if solar else None,
            load_w=max(load[1], 0.0) if load else None,
        ).balanced()

    def close(self) -> None:
        """Nothing is held."""


def rail(root: Path, name: str) -> tuple[float, float]:
    """Volts, and watts with the sign of the current.

    Raises:
        DeviceError: see `PowerMeter.read`.
    """
    wanted, _, channel = name.partition(":")
    folder, n = sysfs.device(root, wanted), channel or "1"
    millivolt, milliampere = (sysfs.number(folder / f"{kind}{n}_input") for kind in ("in", "curr"))
    if millivolt is None or milliampere is None:
        raise DeviceError(f"{folder} has no in{n}_input and curr{n}_input: is {name!r} the right channel?")
    microwatt = sysfs.number(folder / f"power{n}_input")
    volts, amperes = millivolt / 1000, milliampere / 1000
    if microwatt is None:
        return volts, volts * amperes
    # The power register knows no sign.
    return volts, abs(microwatt) / 1e6 * (-1 if amperes < 0 else 1)
