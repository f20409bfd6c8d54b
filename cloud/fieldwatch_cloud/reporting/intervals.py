"""Estimates as a report tells them."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from fieldwatch_cloud.estimates.tables import finite
from fieldwatch_cloud.reporting.facts import Interval

if TYPE_CHECKING:
    from fieldwatch_cloud.counts.estimate import Estimate
    from fieldwatch_cloud.overview.week import Ratio


def ratio(one: Estimate | Ratio | None) -> Interval | None:
    """With none on the other side it has a lower bound alone, which may well be above 1."""
    if one is None:
        return None
    value = finite(one.value)
    return Interval(inf if value is None else value, one.low or 0.0, finite(one.high))


def interval(one: Estimate | None) -> Interval | None:
    if one is None:
        return None
    value = finite(one.value)
    return None if value is None else Interval(value, one.low or 0.0, finite(one.high))
