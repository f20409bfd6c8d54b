"""Methods over sites and visits: occupancy and its kin, from events and effort by occasion."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID  # noqa: TC003  pydantic reads it.

import numpy as np
from pydantic import Field

from fieldwatch_cloud.counts import occasions
from fieldwatch_cloud.counts.abundance import LARGEST_K, Mixture
from fieldwatch_cloud.counts.estimate import Finding
from fieldwatch_cloud.counts.fitting import Design, design
from fieldwatch_cloud.counts.methods import (
    count_occupancy,
    dynamic_occupancy,
    n_mixture,
    occupancy,
    royle_nichols,
)
from fieldwatch_cloud.counts.periods import periods
from fieldwatch_cloud.estimates.ground import DAY_S
from fieldwatch_cloud.estimates.outcome import Curve, Options, Outcome, Share
from fieldwatch_cloud.estimates.survey import MAX_OCCASIONS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fieldwatch_cloud.counts.estimate import Fit
    from fieldwatch_cloud.counts.site_visits import SiteFit
    from fieldwatch_cloud.estimates.survey import Survey

OF_SITES = ("elevation_m", "longitude", "latitude", "detection_distance_m", "height_m")
OF_VISITS = ("effort_days", "time")


class VisitOptions(Options):
    """Of methods that cut the span into visits."""

    occasion_days: float = Field(
        7, ge=0.25, le=366, description="Length of an occasion: each site is visited once in each."
    )
    least_effort: Share = Field(
        0.5, description="Share of an occasion that a site must have looked at, to count as visited."
    )
    site_covariates: dict[str, dict[UUID, float]] = Field(
        default_factory=dict,
        max_length=20,
        description="Covariates of one's own: name, then deployment and value. A site without a value is "
        "left out where the covariate is used.",
    )


_PSI: Any = Field(
    default_factory=list,
    max_length=6,
    description=f"Covariates of presence: {', '.join(OF_SITES)} or one's own. Standardised.",
)
_P: Any = Field(
    default_factory=list,
    max_length=6,
    description=f"Covariates of detection: {', '.join((*OF_SITES, *OF_VISITS))} or one's own. Standardised.",
)


class OccupancyOptions(VisitOptions):
    psi: list[str] = _PSI
    p: list[str] = _P


class DynamicOptions(VisitOptions):
    season: Literal["month", "season", "year"] = Field(
        "year", description="Sites may change between these, not within them."
    )
    psi: list[str] = _PSI
    col: list[str] = Field(default_factory=list, max_length=6, description="Covariates of colonisation.")
    ext: list[str] = Field(default_factory=list, max_length=6, description="Covariates of extinction.")
    p: list[str] = _P


class RoyleNicholsOptions(VisitOptions):
    abundance: list[str] = Field(default_factory=list, max_length=6, description="Covariates of abundance.")
    p: list[str] = _P
    largest: int | None = Field(
        None,
        ge=1,
        le=LARGEST_K,
        description="Up to how many animals a site may hold; null: until it is enough.",
    )


class NMixtureOptions(RoyleNicholsOptions):
    mixture: Mixture = Field("poisson", description="How abundance varies between sites.")


@dataclass(frozen=True, slots=True)
class History:
    """Of one taxon.

    Attributes:
        events: (sites, occasions) independent events; NaN where nobody looked (for long enough).
        most: (sites, occasions) the largest number seen at once; NaN alike.
        effort: (sites, occasions) camera-days; 0 where the visit does not count.
        starts: (occasions,) s.
    """

    events: NDArray[np.float64]
    most: NDArray[np.float64]
    effort: NDArray[np.float64]
    starts: NDArray[np.float64]
    findings: tuple[Finding, ...]

    @property
    def detected(self) -> NDArray[np.float64]:
        return np.where(np.isnan(self.events), np.nan, self.events > 0)

    @property
    def visited(self) -> NDArray[np.bool_]:
        """(sites,) at least once."""
        return np.asarray((~np.isnan(self.events)).any(axis=1))

    @property
    def detections(self) -> int:
        return int(np.nansum(self.events))

    def curve(self) -> Curve:
        """At what share of the visited sites each occasion found the taxon."""
        visited = (~np.isnan(self.events)).sum(axis=0)
        share = np.where(visited > 0, np.nansum(self.detected, axis=0) / np.maximum(visited, 1), np.nan)
        return Curve("detected_share", self.starts, share, "s", "1")


def history(
    survey: Survey, edges: NDArray[np.float64], options: VisitOptions, *, any_length: bool = False
) -> History:
    """Visits between consecutive edges.

    Args:
        any_length: a last occasion that the span cuts short is a visit like any other. Else it is measured by
            the length of the others: what was not found in the rest of a week was hardly looked for.

    Raises:
        ValueError: too many occasions.
    """
    number = len(edges) - 1
    if number > MAX_OCCASIONS:
        raise ValueError(f"{number} occasions are more than {MAX_OCCASIONS}: make occasion_days longer")
    sites, events = len(survey.sites), survey.events
    effort = survey.effort(edges)
    length = np.diff(edges) / DAY_S if any_length else options.occasion_days
    looked = (effort > 0) & (effort >= options.least_effort * length - 1e-9)
    seen = occasions.tally(events.site, events.start, edges, sites=sites)
    most = np.zeros((sites, number))
    bin_ = np.searchsorted(edges, events.start, side="right") - 1
    inside = (bin_ >= 0) & (events.start < edges[-1])
    np.maximum.at(most, (events.site[inside], bin_[inside]), events.count[inside])
    findings = []
    if lost := int(seen[~looked].sum()):
        findings.append(Finding("detections_without_effort", "caution", {"detections": lost}))
    return History(
        np.where(looked, seen, np.nan),
        np.where(looked, most, np.nan),
        np.where(looked, effort, 0.0),
        edges[:-1],
        tuple(findings),
    )


def covariates(
    survey: Survey, names: list[str], options: VisitOptions, past: History | None = None
) -> dict[str, NDArray[np.float64]]:
    """Each by its name: (sites,), or (sites, occasions) of visits.

    Raises:
        ValueError: a name that is unknown or not known here; says which there are.
    """
    return {name: _covariate(survey, name, options, past) for name in names}


def _covariate(survey: Survey, name: str, options: VisitOptions, past: History | None) -> NDArray[np.float64]:
    sites = survey.sites
    if name in options.site_covariates:
        own = options.site_covariates[name]
        return np.array([next((own[id_] for id_ in one.deployments if id_ in own), np.nan) for one in sites])
    if name == "elevation_m":
        if survey.elevation_m is None:
            raise ValueError(
                "elevation_m is not known: load the reserve's ground first (fieldwatch cloud terrain load)"
            )
        return survey.elevation_m
    if name in ("longitude", "latitude"):
        return np.array([one.lon if name == "longitude" else one.lat for one in sites])
    if name in ("detection_distance_m", "height_m"):
        given = [getattr(one, name) for one in sites]
        return np.array([np.nan if value is None else value for value in given])
    if past is not None and name == "effort_days":
        return np.where(past.effort > 0, past.effort, np.nan)
    if past is not None and name == "time":
        days = (past.starts - survey.since) / DAY_S
        return np.broadcast_to(days, past.effort.shape).copy()
    known = (*OF_SITES, *(OF_VISITS if past is not None else ()), *options.site_covariates)
    raise ValueError(f"no covariate {name!r} here: there are {', '.join(known)}")


def _of_sites(part: str, survey: Survey, names: list[str], options: VisitOptions) -> Design:
    given = covariates(survey, names, options)
    return design(part, (len(survey.sites),), given, standardise=True)


def _of_visits(part: str, survey: Survey, names: list[str], options: VisitOptions, past: History) -> Design:
    given = covariates(survey, names, options, past)
    return design(part, past.events.shape, given, standardise=True)


def left_out(fit: Fit, visited: NDArray[np.bool_]) -> list[Finding]:
    """Sites that were visited, but of which a covariate is not known.

    Args:
        visited: (sites,)
    """
    lost = int(visited.sum()) - fit.sites
    return [Finding("sites_left_out", "caution", {"sites": lost})] if lost > 0 else []


def _outcome(fitted: SiteFit, past: History) -> Outcome:
    return Outcome(
        estimates=fitted.estimates,
        findings=(*past.findings, *left_out(fitted.fit, past.visited), *fitted.findings),
        detections=past.detections,
        occasions=past.events.shape[1],
        fit=fitted.fit,
        curves=(past.curve(),),
    )


def single_season(survey: Survey, options: OccupancyOptions) -> Outcome:
    past = history(survey, survey.edges(options.occasion_days), options)
    fitted = occupancy.occupancy(
        past.detected,
        _of_sites("psi", survey, options.psi, options),
        _of_visits("p", survey, options.p, options, past),
        level=options.level,
    )
    return _outcome(fitted, past)


def abundance_from_detection(survey: Survey, options: RoyleNicholsOptions) -> Outcome:
    past = history(survey, survey.edges(options.occasion_days), options)
    fitted = royle_nichols.royle_nichols(
        past.detected,
        _of_sites("lam", survey, options.abundance, options),
        _of_visits("p", survey, options.p, options, past),
        largest=options.largest,
        level=options.level,
    )
    return _outcome(fitted, past)


def abundance_from_counts(survey: Survey, options: NMixtureOptions) -> Outcome:
    past = history(survey, survey.edges(options.occasion_days), options)
    fitted = n_mixture.n_mixture(
        past.most,
        _of_sites("lam", survey, options.abundance, options),
        _of_visits("p", survey, options.p, options, past),
        mixture=options.mixture,
        largest=options.largest,
        level=options.level,
    )
    return _outcome(fitted, past)


def occupancy_from_counts(survey: Survey, options: OccupancyOptions) -> Outcome:
    # Effort is part of the model: a short visit is no worse than a long one.
    past = history(survey, survey.edges(options.occasion_days), options, any_length=True)
    fitted = count_occupancy.count_occupancy(
        past.events,
        past.effort,
        _of_sites("psi", survey, options.psi, options),
        _of_visits("lambda", survey, options.p, options, past),
        level=options.level,
    )
    return _outcome(fitted, past)


def dynamic(survey: Survey, options: DynamicOptions) -> Outcome:
    """Seasons by the reserve's calendar, each cut into occasions from its own start."""
    spans = periods(
        datetime.fromtimestamp(survey.since, UTC),
        datetime.fromtimestamp(survey.until, UTC),
        options.season,
        survey.timezone,
    )
    if len(spans) < 2:
        raise ValueError(
            f"the span holds one {options.season} only: ask for a longer one, or shorter seasons"
        )
    pasts = []
    for one in spans:
        first, last = one.start.timestamp(), one.end.timestamp()
        starts = np.arange(first, last, options.occasion_days * DAY_S)
        pasts.append(history(survey, np.append(starts, last), options))
    visits = max(past.events.shape[1] for past in pasts)
    sites = len(survey.sites)
    y, effort = np.full((sites, len(pasts), visits), np.nan), np.zeros((sites, len(pasts), visits))
    time = np.zeros((len(pasts), visits))
    for at, past in enumerate(pasts):
        number = past.events.shape[1]
        y[:, at, :number], effort[:, at, :number] = past.detected, past.effort
        time[at, :number] = (past.starts - survey.since) / DAY_S
    between = (sites, len(pasts) - 1)
    given: dict[str, NDArray[np.float64]] = {}
    for name in options.p:
        if name == "effort_days":
            given[name] = np.where(effort > 0, effort, np.nan)
        elif name == "time":
            given[name] = np.broadcast_to(time, y.shape).copy()
        else:
            given |= covariates(survey, [name], options)
    fitted = dynamic_occupancy.dynamic_occupancy(
        y,
        _of_sites("psi", survey, options.psi, options),
        design("col", between, covariates(survey, options.col, options), standardise=True),
        design("ext", between, covariates(survey, options.ext, options), standardise=True),
        design("p", y.shape, given, standardise=True),
        level=options.level,
    )
    starts = np.array([one.start.timestamp() for one in spans])
    # The model fills in a season without visits; what it says of one is no observation.
    visited = (effort > 0).any(axis=(0, 2))

    def told(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.where(visited, values, np.nan)

    curves = (
        Curve(
            "occupancy_by_season",
            starts,
            told(fitted.projected),
            "s",
            "1",
            told(fitted.projected_low),
            told(fitted.projected_high),
        ),
        Curve("occupancy_of_these_sites", starts, told(fitted.smoothed), "s", "1"),
    )
    findings = [finding for past in pasts for finding in past.findings]
    findings += left_out(fitted.fit, np.asarray((~np.isnan(y)).any(axis=(1, 2))))
    blind = [f"occupancy_season_{at + 1}" for at in np.flatnonzero(~visited)]
    if 0 < len(blind) < len(pasts):
        findings.append(Finding("periods_not_observed", "note", {"blind": len(blind), "periods": len(pasts)}))
    return Outcome(
        estimates=tuple(one for one in fitted.estimates if one.name not in blind),
        findings=(*findings, *fitted.findings),
        detections=sum(past.detections for past in pasts),
        occasions=visits,
        fit=fitted.fit,
        curves=curves,
    )
