"""What one sensor said within its interval, as one reading of each quantity: means, sums, or the last value.

Wind is a mean over the interval (WMO asks for ten minutes), and its direction one around the circle, each
gust with its speed as weight; rain is a sum, and says over how long; all else is the mean too, since one
value of a thermometer in a gust is one of the gust.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from statistics import fmean
from typing import TYPE_CHECKING

from fieldwatch_edge.sensors.base import Value
from fieldwatch_shared.messages import Quantity

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(slots=True)
class Gathered:
    """Collects from one reading to the next."""

    values: dict[Quantity, list[Value]] = field(default_factory=dict)

    def add(self, values: Iterable[Value]) -> list[Value]:
        """Returns those that bear a time of their own: they are readings already."""
        ready = []
        for value in values:
            if value.at is not None:
                ready.append(value)
            else:
                self.values.setdefault(value.quantity, []).append(value)
        return ready

    def take(self, over_s: float) -> list[Value]:
        """One value of each quantity, over the last `over_s` seconds; begins anew."""
        speeds = [each.value for each in self.values.get(Quantity.WIND_SPEED, ())]
        found = []
        for quantity, values in self.values.items():
            said = [each.value for each in values]
            mean_of = over_s if len(said) > 1 else None
            if quantity is Quantity.RAIN:
                found.append(Value(quantity, sum(said), None, over_s))
            elif quantity is Quantity.WIND_DIRECTION:
                weights = speeds if len(speeds) == len(said) else [1.0] * len(said)
                if (direction := mean_direction(said, weights)) is not None:
                    found.append(Value(quantity, direction, None, mean_of))
            else:
                found.append(Value(quantity, fmean(said), None, mean_of))
        self.values = {}
        return found


def mean_direction(degrees: list[float], weights: list[float]) -> float | None:
    """Around the circle; None where the winds cancel each other out."""
    east = sum(weight * math.sin(math.radians(each)) for each, weight in zip(degrees, weights, strict=True))
    north = sum(weight * math.cos(math.radians(each)) for each, weight in zip(degrees, weights, strict=True))
    if math.hypot(east, north) < 1e-9 * max(sum(weights), 1e-9):
        return None
    return round(math.degrees(math.atan2(east, north)), 6) % 360
