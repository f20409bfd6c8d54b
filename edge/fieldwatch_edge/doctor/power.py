"""Power: whether the node knows what it lives on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fieldwatch_edge.doctor.check import Check
from fieldwatch_edge.errors import EdgeError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fieldwatch_edge.power.meters import Measured
    from fieldwatch_edge.settings import NodeSettings


def power(settings: NodeSettings) -> Iterator[Check]:
    lives_on = settings.power
    if lives_on is None:
        advice = (
            "on battery and sun, write [power]: it then saves before it falls silent. On mains, all is well"
        )
        yield Check(
            "power", "ok", "[power] is not there: the node works as if there were always enough", advice
        )
        return
    budget = f"{lives_on.usable_wh:.0f} Wh usable, panel {lives_on.panel_w:.0f} W"
    if lives_on.meter is None:
        advice = "a meter (INA2xx, Victron) tells what the sun really brings: [power.meter]"
        yield Check("power", "ok", f"{budget}; charge is reckoned from the sun, not measured", advice)
        return
    from fieldwatch_edge.power.meters import open_meter

    try:
        meter = open_meter(lives_on.meter)
        try:
            measured = meter.read()
        finally:
            meter.close()
    except EdgeError as error:
        yield Check(
            "power", "fail", f"{budget}; the meter is silent: {error}", "correct [power.meter], or its wires"
        )
        return
    if measured.nothing:
        yield Check(
            "power", "fail", f"{budget}; the meter measures nothing", "correct [power.meter], or its wires"
        )
        return
    yield Check("power", "ok", f"{budget}; {_words(measured)}")


def _words(measured: Measured) -> str:
    said = {
        "battery {:.2f} V": measured.battery_v,
        "battery {:+.1f} W": measured.battery_w,
        "sun {:.1f} W": measured.solar_w,
        "load {:.1f} W": measured.load_w,
        "charge {:.0%}": measured.charge,
    }
    return ", ".join(text.format(value) for text, value in said.items() if value is not None)
