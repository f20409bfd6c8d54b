"""A simulation as people read it: a line for each day, and what the budget was worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table

from fieldwatch_edge.power.system import LEVELS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fieldwatch_edge.power.simulate import Simulation
    from fieldwatch_edge.settings import PowerSettings


def by_day(simulation: Simulation) -> Table:
    table = Table("day", "sun", "used", "lowest", *(level.name for level in LEVELS), "off")
    for column in table.columns[1:]:
        column.justify = "right"
    for day in simulation.days:
        hours = [*(day.hours_at.get(level.name, 0.0) for level in LEVELS), day.dark_h]
        table.add_row(
            f"{day.at:%Y-%m-%d}",
            f"{day.solar_wh:.0f} Wh",
            f"{day.used_wh:.0f} Wh",
            f"{day.lowest:.0%}",
            *(f"{each:.1f} h" if each else "–" for each in hours),
            style="bold" if day.dark_h else None,
        )
    return table


def in_words(kept: Simulation, free: Simulation, settings: PowerSettings) -> Iterator[str]:
    """What the node does with its budget (`kept`) and would do without (`free`)."""
    for name, one in (("With", kept), ("Without", free)):
        first = one.first_off
        off = sum(day.dark_h for day in one.days)
        if first is None:
            yield f"{name} the power budget it never goes off."
        else:
            after = f"goes off after {first / 24:.1f} days, and is off for {off:.0f} h"
            yield f"{name} the power budget it {after}."
    longest = max(settings.fire_floor_s, settings.fire_every_s)
    yield f"While it runs, it looks for fire at least every {longest:.0f} s."
