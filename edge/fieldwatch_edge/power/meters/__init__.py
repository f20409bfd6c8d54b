"""Meters of voltage, current and charge: what is measured of battery, panel and load.

Each of them answers `read` with what it knows; what it cannot tell is None, and is reckoned instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fieldwatch_edge.power.meters.base import Measured, PowerMeter
from fieldwatch_edge.power.meters.hwmon import Hwmon
from fieldwatch_edge.power.meters.victron import Victron
from fieldwatch_edge.power.meters.written import Written
from fieldwatch_edge.settings import HwmonMeter, VictronMeter

if TYPE_CHECKING:
    from fieldwatch_edge.settings import Meter

__all__ = ["Measured", "PowerMeter", "open_meter"]


def open_meter(settings: Meter) -> PowerMeter:
    """The meter of these settings; it need not be there yet."""
    if isinstance(settings, HwmonMeter):
        return Hwmon(settings)
    if isinstance(settings, VictronMeter):
        return Victron(settings)
    return Written(settings)
