"""Numbers as both languages write them."""

from __future__ import annotations

from math import isinf
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fieldwatch_cloud.reporting.facts import Interval

NONE = "–"
NO_BOUND = "∞"


def figure(value: float) -> str:
    """Two or three digits that say something: 0, 0.04, 1.3, 18, 1,240."""
    if value == 0:
        return "0"
    if value < 0.095:
        return f"{value:.1g}"
    if value < 9.95:
        return f"{value:.1f}"
    return f"{value:,.0f}"


def days(camera_days: float) -> str:
    """0.5, 12.3, 1,240."""
    return f"{camera_days:,.0f}" if camera_days >= 99.95 else f"{camera_days:.1f}"


def interval(one: Interval) -> str:
    """12 (8.1–18)."""
    return f"{figure(one.value)} ({bounds(one)})"


def times(one: Interval) -> str:
    """×2.8, 1.6–5.1: a ratio, to stand within a sentence; >×3.1 where there was none to compare with."""
    if isinf(one.value):
        return f">×{figure(one.low)}"
    return f"×{figure(one.value)}, {bounds(one)}"


def bounds(one: Interval) -> str:
    return f"{figure(one.low)}–{NO_BOUND if one.high is None else figure(one.high)}"


def percent(share: float) -> str:
    """Never 100 % of what lacks a little, nor 0 % of what is a little."""
    rounded = round(100 * share)
    if rounded == 100 and share < 1:
        rounded = 99
    if rounded == 0 and share > 0:
        rounded = 1
    return f"{rounded} %"
