"""From what the database counted to what may be said about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fieldwatch_cloud.counts.methods import rate as rates
from fieldwatch_cloud.counts.tally import Tally
from fieldwatch_cloud.counts.verdict import gather

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fieldwatch_cloud.counts.estimate import Estimate, Finding
    from fieldwatch_cloud.counts.events import Rule


@dataclass(frozen=True, slots=True)
class Species:
    tally: Tally
    rate: Estimate
    findings: tuple[Finding, ...]
    """On the rate."""


def species(
    tallies: list[Tally], asked: list[str] | None, camera_days: NDArray[np.float64]
) -> list[Species] | None:
    """Every taxon with its rate; one that was asked for and not seen has zeros and the rate's upper bound.

    A deployment that looked and has no event is a zero of the rate; one without effort is no part of it.

    Args:
        camera_days: (deployments,) effort of each that was asked for; 0 for none.

    Returns:
        None without effort: nobody looked, and that is not zero animals.
    """
    if not camera_days.any():
        return None
    seen = {tally.scientific_name for tally in tallies}
    unseen = [name for name in dict.fromkeys(asked or []) if name not in seen]
    return [_rated(tally, camera_days) for tally in tallies + [Tally(name, "animal") for name in unseen]]


def _rated(tally: Tally, camera_days: NDArray[np.float64]) -> Species:
    events = np.zeros(len(camera_days))
    events[list(tally.events_at)] = list(tally.events_at.values())
    answer = rates.rate(events, camera_days)
    return Species(tally, answer.estimates[0], answer.findings)


def findings(species: list[Species]) -> tuple[Finding, ...]:
    """On the rates of all of them, one of each code."""
    told: dict[str, list[Finding]] = {}
    for one in species:
        name = one.tally.scientific_name or one.tally.observation_type
        told.setdefault(name, []).extend(one.findings)
    return gather(told)


NOBODY_LOOKED = "No camera is known to have looked in this area and time span: this is not zero."
MAX_N = (
    "Individuals are the largest number seen at once, summed over events: an animal that returns in another "
    "event, or passes two cameras, is counted again."
)
EFFORT = (
    "Effort is the time in which frames really came, as the nodes report it with their heartbeats; the "
    "newest minutes may still be on their way."
)
DETECTION = (
    "What a person labelled counts as labelled. Otherwise nothing corrects for animals that the detector "
    "missed or mistook; see its model card."
)
EDGES = (
    "An event belongs to the span in which it starts, with all its observations: neighbouring spans add up, "
    "and no event is cut."
)
INTERVAL = (
    "A rate's interval is the exact Poisson one where cameras differ by chance alone, and takes in the "
    "differences between cameras where they differ by more. With one or two cameras these are not known, and "
    "the true uncertainty is larger."
)
_GAPS: dict[Rule, str] = {
    "last_record": "from the end of one to the start of the next",
    "last_independent_record": "from the end of the record that opened the event",
}


@dataclass(frozen=True, slots=True)
class Assumption:
    code: str
    """Stable, for translations and scripts; the words may change."""
    text: str


def assumptions(
    *,
    interval_min: float,
    min_confidence: float,
    without_effort: int,
    observed: bool,
    rule: Rule = "last_record",
) -> list[Assumption]:
    """What the figures rest on, in plain sentences.

    Args:
        without_effort: observations at deployments that reported none.
        observed: whether anybody looked at all.
    """
    if observed:
        events = (
            f"Records of one taxon at one deployment that are less than {interval_min:g} min apart "
            f"({_GAPS[rule]}) are one event."
        )
        said = [
            Assumption("events", events),
            Assumption("max_n", MAX_N),
            Assumption("effort", EFFORT),
            Assumption("rate_interval", INTERVAL),
            Assumption("detection", DETECTION),
            Assumption("edges", EDGES),
        ]
    else:
        said = [Assumption("not_observed", NOBODY_LOOKED)]
    if min_confidence > 0:
        left_out = f"Observations below a confidence of {min_confidence:g} are left out."
        said.append(Assumption("min_confidence", left_out))
    if without_effort:
        code = "without_effort_counted" if observed else "without_effort_yet"
        then = "they are counted, and no part of the rates" if observed else "it may still arrive"
        text = f"{without_effort} observations come from deployments without reported effort: {then}."
        said.append(Assumption(code, text))
    return said
