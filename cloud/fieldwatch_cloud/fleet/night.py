"""What a battery gave without sun, from two heartbeats: what its capacity is reckoned from.

By night charge falls by energy / capacity. Over a night, the energy drawn through the share of charge that it
took is the capacity in watt-hours, whatever the load was; over months that shows how the battery ages.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from fieldwatch_shared.messages import PowerReport

DARK_W = 1.0
"""Less from the panel is night: no charger works on it."""
LONGEST = timedelta(hours=2)
"""Between two heartbeats: of a longer gap nobody knows whether the sun shone."""


@dataclass(frozen=True, slots=True)
class Drawn:
    wh: float
    share: float
    """Of charge, 0 to 1, that this took."""


def drawn(
    before_at: datetime, before: Mapping[str, Any] | None, at: datetime, power: PowerReport | None
) -> Drawn:
    """Between two heartbeats of a node; nothing where a meter is missing, the sun shone, or charge rose.

    Args:
        before: the earlier PowerReport, as JSON.
    """
    nothing = Drawn(0.0, 0.0)
    took = at - before_at
    if before is None or power is None or not timedelta(0) < took <= LONGEST:
        return nothing
    if not (power.measured and before.get("measured")):
        return nothing  # reckoned from the capacity that the settings name: it would only say that again
    suns = (before.get("solar_w"), power.solar_w)
    if all(sun is None for sun in suns) or any(sun is not None and sun >= DARK_W for sun in suns):
        return nothing
    charge, load = before.get("charge"), before.get("load_w")
    if charge is None or power.charge is None or load is None or power.load_w is None:
        return nothing
    share = charge - power.charge
    if share < 0:
        return nothing
    # Counted where it was: of a node that slept meanwhile, what it drew awake says too much.
    counted = power.used_wh
    wh = counted if counted is not None else (load + power.load_w) / 2 * took.total_seconds() / 3600
    return Drawn(wh, share)
