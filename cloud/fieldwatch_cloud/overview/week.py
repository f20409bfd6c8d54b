"""What changed: each species in a span against the span of the same length before it.

By the same sums, rates and ratios as counting and comparing (`counts.methods.rate`): where the ratio's
interval includes 1 nothing is said to have changed, and where nobody looked nothing is said at all.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Literal

import numpy as np

from fieldwatch_cloud.counts.methods.rate import rate, rate_ratio

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from fieldwatch_cloud.counts.estimate import Estimate
    from fieldwatch_cloud.counts.tally import Tally

Status = Literal["first_record", "more", "fewer", "unclear", "not_observed", "not_observed_before"]


@dataclass(frozen=True, slots=True)
class Span:
    """One side."""

    camera_days: NDArray[np.float64]
    """(deployments,)."""
    tallies: Sequence[Tally]
    """`events_at` counts by place among the same deployments."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """This span's rate over the one before; null where there is no bound."""

    value: float | None
    low: float
    high: float | None


@dataclass(frozen=True, slots=True)
class Change:
    scientific_name: str
    status: Status
    events: int
    events_before: int
    individuals: int
    deployments: int
    """At how many it was seen."""
    rate: float | None
    """Events per 100 camera-days; None: nobody looked."""
    low: float | None
    high: float | None
    rate_before: float | None
    ratio: Ratio | None


def changes(now: Span, before: Span, first: Collection[str] = ()) -> list[Change]:
    """Every animal that was seen in either span: what was seen first ever, then what changed, then the rest;
    within these the most events first.

    Args:
        now, before: the same deployments in the same order.
        first: species of which there is no record before `now`.
    """
    sides = [{one.scientific_name: one for one in span.tallies if _is_species(one)} for span in (now, before)]
    names = [name for name in dict.fromkeys([*sides[0], *sides[1]]) if name is not None]
    found = [_change(name, sides, now, before, first) for name in names]
    return sorted(
        found, key=lambda one: (_ORDER[one.status], -one.events, -one.events_before, one.scientific_name)
    )


_ORDER: Mapping[Status, int] = {
    "first_record": 0,
    "more": 1,
    "fewer": 1,
    "unclear": 2,
    "not_observed_before": 2,
    "not_observed": 2,
}


def _is_species(one: Tally) -> bool:
    return one.observation_type == "animal" and one.scientific_name is not None


def _change(
    name: str,
    sides: Sequence[Mapping[str | None, Tally]],
    now: Span,
    before: Span,
    first: Collection[str],
) -> Change:
    this, last = (side.get(name) for side in sides)
    events, events_before = _at(this, now.camera_days), _at(last, before.camera_days)
    at, at_before = _rate(events, now.camera_days), _rate(events_before, before.camera_days)
    ratio = _ratio(
        rate_ratio(events, now.camera_days, events_before, before.camera_days, paired=True).estimates
    )
    return Change(
        scientific_name=name,
        status=_status(at, at_before, ratio, is_first=name in first),
        events=this.events if this else 0,
        events_before=last.events if last else 0,
        individuals=this.individuals if this else 0,
        deployments=this.deployments if this else 0,
        rate=at.value if at else None,
        low=at.low if at else None,
        high=at.high if at else None,
        rate_before=at_before.value if at_before else None,
        ratio=ratio,
    )


def _status(at: Estimate | None, before: Estimate | None, ratio: Ratio | None, *, is_first: bool) -> Status:
    if is_first:
        return "first_record"
    if at is None:
        return "not_observed"
    if before is None:
        return "not_observed_before"
    if ratio is not None and ratio.low > 1:
        return "more"
    if ratio is not None and ratio.high is not None and ratio.high < 1:
        return "fewer"
    return "unclear"


def _at(tally: Tally | None, camera_days: NDArray[np.float64]) -> NDArray[np.float64]:
    """(deployments,) events; those of cameras that report no effort are no part of any rate."""
    events = np.zeros(len(camera_days))
    if tally is not None:
        events[list(tally.events_at)] = list(tally.events_at.values())
    return np.where(camera_days > 0, events, 0)


def _rate(events: NDArray[np.float64], camera_days: NDArray[np.float64]) -> Estimate | None:
    estimates = rate(events, camera_days).estimates
    return estimates[0] if estimates else None


def _ratio(estimates: Sequence[Estimate]) -> Ratio | None:
    if not estimates:
        return None
    one = estimates[0]
    return Ratio(_finite(one.value), one.low or 0.0, _finite(one.high))


def _finite(value: float | None) -> float | None:
    return value if value is not None and isfinite(value) else None
