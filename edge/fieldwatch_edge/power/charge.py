"""How much the battery holds: by a shunt; else counted, and set right by its voltage at rest; else reckoned.

A count drifts: of a month's charging, one percent lost unseen is a third of the battery. The voltage at rest
knows better, but only where its curve is steep: lithium iron phosphate has nearly the same one from a third
to nine tenths. So a voltage says an interval, as wide as the curve is flat there, and what was counted is
moved to its nearer end where it lies outside.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fieldwatch_edge.power.system import charged

if TYPE_CHECKING:
    from fieldwatch_edge.power.meters import Measured
    from fieldwatch_edge.settings import PowerSettings

REST_S = 1800.0
"""At rest for so long, a battery shows nearly its open-circuit voltage."""
REST_SHARE = 1 / 40
"""Of its capacity an hour: less in or out is rest. A node's own few watts must count as such."""
_V = {
    # Volts of one cell at rest, 25 degrees, by charge. Lead: Trojan Battery, User's Guide (2.122 V x 6 =
    # 12.73 V). The others: what makers' discharge curves at C/20 and below agree on, within the doubt below.
    "lead": (
        (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0),
        (1.890, 1.918, 1.943, 1.969, 1.993, 2.017, 2.040, 2.062, 2.083, 2.103, 2.122),
    ),
    "lifepo4": (
        (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.7, 0.9, 0.98, 1.0),
        (2.50, 2.90, 3.00, 3.20, 3.225, 3.25, 3.30, 3.325, 3.35, 3.40),
    ),
    "li-ion": (
        (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0),
        (3.00, 3.45, 3.68, 3.74, 3.77, 3.79, 3.82, 3.87, 3.92, 3.98, 4.06, 4.20),
    ),
}
_DOUBT_V = 0.02
"""Of a cell: the meter, the temperature, the few watts that flow."""
_NOMINAL_V = {"lead": 2.0, "lifepo4": 3.2, "li-ion": 3.7}
_FULL_V = {"lead": 2.35, "lifepo4": 3.5, "li-ion": 4.15}
"""While it is charged: at this voltage, and hardly any current, it is full."""
_TAPERED = 1 / 20


@dataclass(slots=True)
class Gauge:
    """Follows the charge of one battery, in Wh of what may be drawn (0 to `usable_wh`)."""

    settings: PowerSettings
    stored_wh: float
    known: bool = False
    """Whether a shunt or a voltage has told it once; a count alone knows not where it began."""
    rested_s: float = 0.0

    def update(self, said: Measured, solar_w: float, load_w: float, dt_s: float) -> bool:
        """Take in `dt_s` seconds; returns whether the charge is measured.

        Args:
            solar_w, load_w: measured or reckoned, for what the meter does not say.
        """
        settings = self.settings
        hours = dt_s / 3600
        if said.charge is not None:
            self.stored_wh = _of_usable(said.charge, settings)
            self.known = True
            return True
        if said.battery_w is not None:
            # As the meter sits between both, what the panel gave and the node took is in it already.
            kept = settings.charge_efficiency if said.battery_w > 0 else 1.0
            after = self.stored_wh + said.battery_w * hours * kept
            self.stored_wh = float(np.clip(after, 0, settings.usable_wh))
        else:
            self.stored_wh = charged(self.stored_wh, solar_w, load_w, hours, settings)
        self._correct(said, dt_s)
        return self.known and said.battery_w is not None

    def _correct(self, said: Measured, dt_s: float) -> None:
        volts, watts, settings = said.battery_v, said.battery_w, self.settings
        if volts is None or watts is None:
            self.rested_s = 0.0
            return
        if volts / _cells(settings) >= _FULL_V[settings.chemistry]:
            if 0 <= watts < _TAPERED * settings.battery_wh:
                self.stored_wh, self.known = settings.usable_wh, True
            self.rested_s = 0.0
            return
        resting = abs(watts) < REST_SHARE * settings.battery_wh
        self.rested_s = self.rested_s + dt_s if resting else 0.0
        if self.rested_s >= REST_S:
            low, high = (_of_usable(share, settings) for share in at_rest(volts, settings))
            self.stored_wh = min(max(self.stored_wh, low), high)
            self.known = True


def at_rest(volts: float, settings: PowerSettings) -> tuple[float, float]:
    """Least and most charge of the whole battery (0 to 1) for its voltage at rest."""
    shares, curve = _V[settings.chemistry]
    cell = volts / _cells(settings)
    return float(np.interp(cell - _DOUBT_V, curve, shares)), float(np.interp(cell + _DOUBT_V, curve, shares))


def _cells(settings: PowerSettings) -> int:
    return max(round(settings.nominal_v / _NOMINAL_V[settings.chemistry]), 1)


def _of_usable(share: float, settings: PowerSettings) -> float:
    """Wh that may still be drawn, of the whole battery's charge."""
    return max(share - (1 - settings.usable), 0.0) * settings.battery_wh
