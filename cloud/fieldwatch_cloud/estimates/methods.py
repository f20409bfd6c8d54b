"""The estimators by name: what each reads, its options, and the adapter that runs it."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any, Literal

from fieldwatch_cloud.errors import QuestionError
from fieldwatch_cloud.estimates import counts, density, detector, occupancy
from fieldwatch_cloud.estimates.catalogue import CATALOGUE, Entry
from fieldwatch_cloud.estimates.outcome import Options, Outcome
from fieldwatch_cloud.estimates.survey import Needs

if TYPE_CHECKING:
    from collections.abc import Callable

    from fieldwatch_cloud.estimates.survey import Survey

Taxa = Literal["one", "two", "any"]
_EVENTS = Needs()
_VIEWS = Needs(records=True, views=True)


@dataclass(frozen=True, slots=True)
class Method:
    name: str
    options: type[Options]
    run: Callable[[Survey, Any], Outcome]
    """Raises ValueError where the data or the options do not do."""
    taxa: Taxa = "one"
    needs: Needs = _EVENTS
    closed: bool = False
    """Whether it takes the population as closed over the whole span."""
    corrected: bool = False
    """Whether the detector's errors are part of the answer."""

    @property
    def entry(self) -> Entry:
        return CATALOGUE[self.name]

    def needs_of(self, options: Options) -> Needs:
        """What is read for these options."""
        if isinstance(options, occupancy.VisitOptions):
            said = None
            if isinstance(options, detector.FalsePositiveOptions) and options.errors == "known":
                said = options.occasion_days
            used = {name for field in _COVARIATES for name in getattr(options, field, ())}
            return Needs(said_days=said, elevation="elevation_m" in used)
        return self.needs


_COVARIATES = ("psi", "p", "col", "ext", "abundance")

METHODS: dict[str, Method] = {
    each.name: each
    for each in (
        Method("rate", Options, counts.rate),
        Method("occupancy", occupancy.OccupancyOptions, occupancy.single_season, closed=True),
        Method(
            "occupancy_false_positive",
            detector.FalsePositiveOptions,
            detector.false_positives,
            closed=True,
            corrected=True,
        ),
        Method("occupancy_dynamic", occupancy.DynamicOptions, occupancy.dynamic),
        Method(
            "royle_nichols",
            occupancy.RoyleNicholsOptions,
            occupancy.abundance_from_detection,
            closed=True,
        ),
        Method("n_mixture", occupancy.NMixtureOptions, occupancy.abundance_from_counts, closed=True),
        Method("count_occupancy", occupancy.OccupancyOptions, occupancy.occupancy_from_counts, closed=True),
        Method("activity", counts.SmoothedActivityOptions, counts.activity),
        Method(
            "activity_overlap",
            counts.ActivityOptions,
            counts.overlap,
            taxa="two",
            needs=Needs(every_taxon=True),
        ),
        Method("rem", density.EncounterOptions, density.encounters, needs=_VIEWS, closed=True),
        Method("distance", density.DistanceOptions, density.distance, needs=Needs(views=True), closed=True),
        Method("time_to_event", density.TimeToEventOptions, density.time_to_event, needs=_VIEWS, closed=True),
        Method("space_to_event", density.MomentOptions, density.space_to_event, needs=_VIEWS, closed=True),
        Method("instantaneous", density.MomentOptions, density.instantaneous, needs=_VIEWS, closed=True),
        Method("scr", density.CaptureOptions, density.captures, closed=True),
        Method("roost", counts.RoostOptions, counts.roost, needs=_VIEWS),
        Method(
            "accumulation",
            counts.AccumulationOptions,
            counts.accumulation,
            taxa="any",
            needs=Needs(every_taxon=True),
        ),
        Method("trend", counts.TrendOptions, counts.trend),
        Method(
            "corrected_counts",
            detector.CorrectedOptions,
            detector.corrected,
            taxa="any",
            needs=Needs(every_taxon=True, said_days=inf),
            corrected=True,
        ),
    )
}


def check_taxa(method: Method, taxa: tuple[str, ...] | None) -> None:
    """Raises:
    QuestionError: the method is asked of another number of taxa.
    """
    if method.taxa == "one" and not taxa:
        raise QuestionError(f"{method.name} is asked of one taxon: give `taxon`, or `taxa` to pool them")
    if method.taxa == "two" and len(set(taxa or ())) != 2:
        raise QuestionError(f"{method.name} is asked of two taxa: give both in `taxa`")
