"""What a sensor on Earth can measure, by quantity: what lies outside is a broken sensor, not weather."""

from __future__ import annotations

from fieldwatch_shared.messages import Quantity

BOUNDS: dict[Quantity, tuple[float, float]] = {
    # WMO's extremes (World Weather & Climate Extremes Archive), with room for a sensor in the sun.
    Quantity.TEMPERATURE: (-90.0, 85.0),
    Quantity.HUMIDITY: (0.0, 100.0),
    Quantity.WIND_SPEED: (0.0, 113.0),
    Quantity.WIND_DIRECTION: (0.0, 360.0),
    Quantity.RAIN: (0.0, 2000.0),
    Quantity.PRESSURE: (300.0, 1100.0),
    Quantity.SOLAR: (0.0, 1800.0),
    Quantity.WATER_LEVEL: (-500.0, 9000.0),
    Quantity.SOIL_MOISTURE: (0.0, 100.0),
}
"""(least, most), both possible; units as in the quantity's name."""

NEEDS_TIME = frozenset({Quantity.RAIN})
"""Sums: without `over_s` nobody knows of how long."""


def wrong(quantity: Quantity, value: float, over_s: float | None) -> str | None:
    """Why such a reading cannot be, in words; None: it can."""
    least, most = BOUNDS[quantity]
    if not least <= value <= most:
        return f"{quantity.value} = {value:g} is not within {least:g} to {most:g}"
    if quantity in NEEDS_TIME and over_s is None:
        return f"{quantity.value} without `over_s`: how long did it fall?"
    return None
