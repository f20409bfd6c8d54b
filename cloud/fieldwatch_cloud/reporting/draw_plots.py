"""The plots of a report, as SVG: species through time, and hours of the day."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from fieldwatch_cloud.reporting.ink import DEEP, FAINT, HATCH, LINE, TEAL, WIDTH_IN, style, svg
from fieldwatch_cloud.reporting.words import numbers, taxa, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from fieldwatch_cloud.reporting.facts import Clock, Curve, Facts, Interval
    from fieldwatch_cloud.words import Language


def series(facts: Facts, language: Language) -> str:
    """Small multiples: each species through the periods, with intervals."""
    said = words(language)
    rows = math.ceil(len(facts.curves) / 3)
    with style():
        figure = Figure(figsize=(WIDTH_IN, 1.5 * rows + 0.1))
        for number, curve in enumerate(facts.curves):
            axes = figure.add_subplot(rows, 3, number + 1)
            _curve(axes, curve, said, facts.kind)
            axes.set_title(
                taxa.name(curve.scientific_name, language), loc="left", fontsize=8.5, fontweight=600, pad=5
            )
        figure.subplots_adjust(
            left=0.045,
            right=0.995,
            top=1 - 0.3 / (1.5 * rows),
            bottom=0.33 / (1.5 * rows),
            wspace=0.2,
            hspace=0.62,
        )
        return svg(figure)


def clocks(facts: Facts, language: Language) -> str:
    """A clock of 24 hours for each species, midnight below."""
    said = words(language)
    with style():
        figure = Figure(figsize=(WIDTH_IN, 1.95))
        for number, clock in enumerate(facts.clocks):
            axes: Any = figure.add_axes((number / 3 + 0.055, 0.09, 0.225, 0.72), projection="polar")
            _clock(axes, clock, facts.night, said.LABEL["hour"])
            figure.text(
                number / 3 + 0.167,
                0.955,
                # Rates of an hour have no interval here: how many events they rest on is said.
                f"{taxa.name(clock.scientific_name, language)} (n = {clock.events})",
                ha="center",
                va="center",
                fontsize=8.5,
                fontweight=600,
            )
        return svg(figure)


def axis_top(rates: Sequence[Interval]) -> float:
    """Where the axis of a curve ends. One week with a single camera has an interval that would press all
    others flat, so it may run out; where all rates are zero, intervals are all that there is to see."""
    highest = max((rate.value for rate in rates), default=0.0)
    longest = max((rate.high or rate.value for rate in rates), default=0.0)
    return max(min(longest, 3.0 * highest or math.inf), 1.3 * highest, 1e-9)


def _curve(axes: Axes, curve: Curve, said: Any, kind: str) -> None:
    x = np.arange(len(curve.points))
    for at, point in zip(x, curve.points, strict=True):
        if point.rate is None:
            axes.axvspan(at - 0.5, at + 0.5, facecolor="none", edgecolor=FAINT, hatch=HATCH, linewidth=0)
    seen = [(at, point.rate) for at, point in zip(x, curve.points, strict=True) if point.rate is not None]
    top = axis_top([rate for _, rate in seen])
    for at, rate in seen:
        high = rate.high if rate.high is not None else 10 * top
        axes.plot([at, at], [rate.low, high], color=TEAL, linewidth=3.2, alpha=0.28, solid_capstyle="butt")
    pieces: list[list[tuple[float, float]]] = [[]]
    for at, point in zip(x, curve.points, strict=True):
        if point.rate is None:
            pieces.append([])
        else:
            pieces[-1].append((float(at), point.rate.value))
    axes.add_collection(
        LineCollection([piece for piece in pieces if len(piece) > 1], colors=TEAL, linewidths=1.2)
    )
    axes.plot([at for at, _ in seen], [rate.value for _, rate in seen], "o", color=TEAL, markersize=3.2)
    if curve.points[-1].rate is not None:
        axes.plot([x[-1]], [curve.points[-1].rate.value], "o", color=DEEP, markersize=5.5)
    axes.set_xlim(-0.6, len(x) - 0.4)
    axes.set_ylim(0, top * 1.06)
    every = max(1, math.ceil(len(x) / 4))
    ticks = list(range(len(x) - 1, -1, -every))[::-1]
    axes.set_xticks(ticks, [said.period_tick(curve.points[at].first, kind) for at in ticks])
    axes.yaxis.set_major_locator(mpl.ticker.MaxNLocator(3, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(lambda value, _at: numbers.figure(value))


def _clock(axes: Any, clock: Clock, night: tuple[float, float] | None, hour: str) -> None:
    axes.set_theta_zero_location("S")  # Midnight below, noon above.
    axes.set_theta_direction(-1)
    top = max((rate for rate in clock.rates if rate is not None), default=0.0) or 1.0
    turn = 2 * math.pi / 24
    if night is not None:
        sunset, sunrise = night
        lasts = (sunrise - sunset) % 24
        axes.bar(
            (sunset + lasts / 2) * turn,
            top * 1.08,
            width=lasts * turn,
            color="#e4e8e6",
            linewidth=0,
            zorder=0,
        )
    for number, rate in enumerate(clock.rates):
        middle = (number + 0.5) * turn
        if rate is None:
            axes.bar(
                middle, top * 1.08, width=turn, facecolor="none", edgecolor=LINE, hatch="//////", linewidth=0
            )
        elif rate > 0:
            axes.bar(middle, rate, width=turn * 0.92, color=TEAL, linewidth=0, zorder=3)
    axes.set_ylim(0, top * 1.08)
    axes.set_yticks([top], [])
    axes.set_xticks([n * turn for n in (0, 6, 12, 18)], [f"{n} {hour}" for n in (0, 6, 12, 18)])
    axes.tick_params(axis="x", pad=1, labelsize=7)
    axes.grid(color=FAINT, linewidth=0.6)
    axes.spines["polar"].set_color(FAINT)
