"""What a meter says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Measured:
    """Means since the last question. None: not measured."""

    battery_v: float | None = None
    battery_w: float | None = None
    """Into the battery is positive."""
    solar_w: float | None = None
    load_w: float | None = None
    charge: float | None = None
    """Of the whole battery, as a shunt counts it; 0 to 1."""

    @property
    def nothing(self) -> bool:
        return self == Measured()

    def plausible(self) -> Measured:
        """Without what cannot be: a shunt's noise around nothing is nothing, and no battery has -0.1 V."""
        volts = self.battery_v if self.battery_v is not None and 0 <= self.battery_v <= 1000 else None
        solar, load = (None if each is None else max(each, 0.0) for each in (self.solar_w, self.load_w))
        return replace(self, battery_v=volts, solar_w=solar, load_w=load)

    def balanced(self) -> Measured:
        """With the third of panel, load and battery where two are known: none of them makes energy.

        What the charge controller itself takes counts as load, where the panel is measured before it.
        """
        solar, load, battery = self.solar_w, self.load_w, self.battery_w
        if solar is not None and battery is not None and load is None:
            return replace(self, load_w=max(solar - battery, 0.0))
        if solar is not None and load is not None and battery is None:
            return replace(self, battery_w=solar - load)
        if load is not None and battery is not None and solar is None:
            return replace(self, solar_w=max(load + battery, 0.0))
        return self


class PowerMeter(Protocol):
    def read(self) -> Measured:
        """What is measured now, at once.

        Raises:
            DeviceError: it is not there, or does not answer; says why.
        """

    def close(self) -> None: ...
