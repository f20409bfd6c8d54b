"""Rates, times of day, roosts, species and trends, from events and effort."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

import numpy as np
from pydantic import Field
from scipy.stats import norm

from fieldwatch_cloud.counts import occasions
from fieldwatch_cloud.counts.estimate import Finding
from fieldwatch_cloud.counts.methods import accumulation as species
from fieldwatch_cloud.counts.methods import activity as times
from fieldwatch_cloud.counts.methods import overlap as overlaps
from fieldwatch_cloud.counts.methods import rate as rates
from fieldwatch_cloud.counts.methods import roost as roosts
from fieldwatch_cloud.counts.methods.growth import growth
from fieldwatch_cloud.counts.methods.trend import trim
from fieldwatch_cloud.counts.periods import days_between, midnight, periods
from fieldwatch_cloud.counts.verdict import of_rates
from fieldwatch_cloud.estimates.density import dark, solar_times
from fieldwatch_cloud.estimates.ground import DAY_S
from fieldwatch_cloud.estimates.outcome import Curve, Options, Outcome
from fieldwatch_shared import sun

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fieldwatch_cloud.counts.periods import Period
    from fieldwatch_cloud.estimates.survey import Happenings, Survey

NOON_S = 43_200.0


class ActivityOptions(Options):
    clock: Literal["sun", "anchored", "local"] = Field(
        "sun",
        description="`sun`: true solar time, 12 h when it stands highest. `anchored`: every day's sunrise "
        "and sunset on their averages. `local`: the reserve's time zone.",
    )
    replicates: int = Field(1000, ge=0, le=5000, description="Of the bootstrap.")
    seed: int = 1


class SmoothedActivityOptions(ActivityOptions):
    adjust: float = Field(1.0, gt=0, le=10, description="Below 1 the curve is smoother.")


class RoostOptions(Options):
    together: Literal["largest", "sum"] = Field(
        "largest",
        description="Cameras of the area: `largest` counts the one that saw most, `sum` all at one instant, "
        "where their views do not overlap.",
    )
    from_h: float = Field(12, ge=0, le=24, description="Of local time: a night begins at noon.")
    to_h: float = Field(12, ge=0, le=24)
    window: int = Field(1, ge=1, le=100, description="Counts in a row whose mean is taken.")
    found: int | None = Field(None, ge=1, description="Animals that the detector found, on labelled pictures")
    there: int | None = Field(None, ge=1, description="of so many.")
    arrivals: int | None = Field(None, ge=0, description="Over a line, counted by a person or a detector.")
    departures: int | None = Field(None, ge=0)


class AccumulationOptions(Options):
    sample: Literal["camera", "camera_day"] = Field("camera", description="What is one sample.")


class TrendOptions(Options):
    by: Literal["month", "season", "year"] = "year"
    model: Literal["auto", "steps", "line"] = Field(
        "auto",
        description="`steps`: an index of every period; `line`: one rate of growth; `auto`: steps where "
        "every period has counts.",
    )


MAX_SAMPLES = 20_000
MOST_OF_NIGHT = 0.5
"""The project's: a roost at which nobody was seen was empty if cameras looked for more of the hours."""


def rate(survey: Survey, options: Options) -> Outcome:
    events = np.bincount(survey.events.site, minlength=len(survey.sites))
    answer = rates.rate(events, survey.camera_days, options.level)
    return Outcome(answer.estimates, (*of_rates(), *answer.findings), int(events.sum()))


def activity(survey: Survey, options: SmoothedActivityOptions) -> Outcome:
    at = _times(survey, survey.events, options.clock)
    found = times.activity(
        at, adjust=options.adjust, replicates=options.replicates, level=options.level, seed=options.seed
    )
    curve = _by_hour("activity", found.times, found.density, found.low, found.high)
    return Outcome(found.estimates, (*dark(survey), *found.findings), len(at), curves=(curve,))


def overlap(survey: Survey, options: ActivityOptions) -> Outcome:
    first, second = (
        _times(survey, _of(survey.events, number), options.clock) for number in range(len(survey.taxa))
    )
    found = overlaps.overlap(
        first, second, replicates=options.replicates, level=options.level, seed=options.seed
    )
    curves = tuple(
        _by_hour(f"activity:{name}", found.times, density, None, None)
        for name, density in zip(survey.taxa, (found.first, found.second), strict=True)
    )
    return Outcome(found.estimates, (*dark(survey), *found.findings), len(first) + len(second), curves=curves)


def roost(survey: Survey, options: RoostOptions) -> Outcome:
    """Night by night, from noon to noon of the reserve's time zone."""
    zone = ZoneInfo(survey.timezone)
    days = days_between(
        datetime.fromtimestamp(survey.since - NOON_S, UTC), datetime.fromtimestamp(survey.until, UTC), zone
    )
    noons = np.array([midnight(day, zone).timestamp() + NOON_S for day in days])
    noons = noons[noons < survey.until]
    edges = np.append(noons, noons[-1] + DAY_S)
    sites = len(survey.sites)
    records = survey.records
    watches = _watches(options)
    at, counts = _levels(records, sites, np.concatenate([noons + first for first, _ in watches]))
    kept = _within_hours(at, zone, options)
    at, counts = at[kept], counts[kept]
    in_view = counts.max(axis=1) if options.together == "largest" else counts.sum(axis=1)
    night = np.searchsorted(edges, at, side="right") - 1
    seen = (night >= 0) & (night < len(noons)) & (in_view > 0)
    night, in_view = night[seen], in_view[seen]
    # Whoever was seen was there, however short the look: such a count is a least number anyway. But a roost
    # is empty only where somebody looked for most of the hours.
    shares = np.array([_share(survey, noons + first, noons + last) for first, last in watches])
    looked = np.average(shares, axis=0, weights=[last - first for first, last in watches])
    most = looked.max(axis=0) if options.together == "largest" else looked.mean(axis=0)
    empty = np.setdiff1d(np.flatnonzero(most > MOST_OF_NIGHT), night)
    night = np.concatenate([night, empty])
    in_view = np.concatenate([in_view, np.zeros(len(empty))])
    order = np.argsort(night, kind="stable")
    detection = None
    if options.found is not None and options.there is not None:
        detection = roosts.Detection(options.found, options.there)
    found = roosts.nights(
        in_view[order],
        night[order],
        len(noons),
        detection=detection,
        window=options.window,
        level=options.level,
    )
    estimates, findings = found.estimates, found.findings
    if options.arrivals is not None and options.departures is not None:
        passed = roosts.passage(
            options.arrivals, options.departures, detection=detection, level=options.level
        )
        estimates, findings = (*estimates, *passed.estimates), (*findings, *passed.findings)
    curve = Curve("roost_by_night", noons, found.value, "s", "1", found.low, found.high)
    return Outcome(
        estimates, findings, len(records.site), occasions=int((found.frames > 0).sum()), curves=(curve,)
    )


def accumulation(survey: Survey, options: AccumulationOptions) -> Outcome:
    events, sites = survey.events, len(survey.sites)
    if options.sample == "camera":
        edges = np.array([survey.since, survey.until])
    else:
        zone = ZoneInfo(survey.timezone)
        since, until = (datetime.fromtimestamp(at, UTC) for at in (survey.since, survey.until))
        starts = [midnight(day, zone).timestamp() for day in days_between(since, until, zone)]
        edges = np.append(np.maximum(starts, survey.since), survey.until)
    effort = survey.effort(edges).ravel()
    if (looked := int((effort > 0).sum())) > MAX_SAMPLES:
        raise ValueError(f'{looked:,} camera-days are more than {MAX_SAMPLES:,}: take sample: "camera"')
    incidence = np.zeros((len(survey.taxa), len(effort)))
    for number in range(len(survey.taxa)):
        one = _of(events, number)
        incidence[number] = occasions.tally(one.site, one.start, edges, sites=sites).ravel()
    incidence[:, effort == 0] = np.nan
    found = species.accumulation(incidence, effort=effort, level=options.level)
    at = found.samples.astype(np.float64)
    curves = (
        Curve("species_by_samples", at, found.richness, "1", "1", found.low, found.high),
        Curve("coverage_by_samples", at, found.coverage, "1", "1"),
    )
    seen = [name for name, row in zip(survey.taxa, incidence, strict=True) if np.nansum(row) > 0]
    findings = list(found.findings)
    # A binomial has two words (International Code of Zoological Nomenclature, article 5.1).
    if above := sum(" " not in name for name in seen):
        findings.append(Finding("names_above_species", "caution", {"above": above, "names": len(seen)}))
    return Outcome(found.estimates, tuple(findings), len(events.site), looked, curves=curves)


def trend(survey: Survey, options: TrendOptions) -> Outcome:
    """TRIM over sites and periods; one site alone gets the plain growth rate."""
    since, until = (datetime.fromtimestamp(at, UTC) for at in (survey.since, survey.until))
    spans = periods(since, until, options.by, survey.timezone)
    if len(spans) < 3:
        raise ValueError(
            f"{len(spans)} periods are too few for a trend: take shorter ones (by) or a longer span"
        )
    edges = np.array([one.start.timestamp() for one in spans] + [survey.until])
    sites = len(survey.sites)
    effort = survey.effort(edges)
    counts = occasions.tally(survey.events.site, survey.events.start, edges, sites=sites)
    counts = np.where(effort > 0, counts, np.nan)
    total = int(np.nansum(counts))
    if sites == 1:
        plain = growth(counts[0], effort[0], np.arange(len(spans)), level=options.level)
        return Outcome(
            plain.estimates,
            plain.findings,
            total,
            len(spans),
            curves=_rates(spans, counts, effort, options.level),
        )
    model: Literal[2, 3] = 2
    if options.model == "steps" or (options.model == "auto" and (np.nansum(counts, axis=0) > 0).all()):
        model = 3
    fitted = trim(
        counts, model, effort=effort, overdispersion=True, serial_correlation=True, level=options.level
    )
    index, error = fitted.imputed.index, fitted.imputed.index_se
    starts = np.array([one.start.timestamp() for one in spans])
    band = float(norm.ppf((1 + options.level) / 2)) * error
    index = np.where((effort > 0).any(axis=0), index, np.nan)
    findings = list(fitted.findings)
    if blind := int((effort == 0).all(axis=0).sum()):
        findings.append(Finding("periods_not_observed", "note", {"blind": blind, "periods": len(spans)}))
    curves = (Curve("trend_index", starts, index, "s", "1", np.maximum(index - band, 0), index + band),)
    return Outcome(
        fitted.estimates,
        tuple(findings),
        total,
        len(spans),
        curves=(*curves, *_rates(spans, counts, effort, options.level)),
    )


def _rates(
    spans: Sequence[Period], counts: NDArray[np.float64], effort: NDArray[np.float64], level: float
) -> tuple[Curve, ...]:
    """Events per 100 camera-days of each period, with the interval that `rate` gives."""
    y, low, high = np.full((3, len(spans)), np.nan)
    for at in range(len(spans)):
        seen = ~np.isnan(counts[:, at])
        answer = rates.rate(counts[seen, at], effort[seen, at], level)
        for estimate in answer.estimates:
            y[at], low[at], high[at] = estimate.value, estimate.low, estimate.high
    starts = np.array([one.start.timestamp() for one in spans])
    return (Curve("rate_by_period", starts, y, "s", rates.UNIT, low, high),)


def _of(events: Happenings, taxon: int) -> Happenings:
    mine = events.taxon == taxon
    return type(events)(*(getattr(events, name)[mine] for name in ("site", "taxon", "start", "end", "count")))


def _times(survey: Survey, events: Happenings, clock: str) -> NDArray[np.float64]:
    """(n,) radians of the day."""
    if clock == "sun":
        return solar_times(survey, events.site, events.start)
    if clock == "local":
        zone = ZoneInfo(survey.timezone)
        at_zone = [datetime.fromtimestamp(at, zone) for at in events.start]
        return np.array([(t.hour + t.minute / 60 + t.second / 3600) * np.pi / 12 for t in at_zone])
    lon, lat = (
        np.array([getattr(one, axis) for one in survey.sites])[events.site] for axis in ("lon", "lat")
    )
    # Mean solar time of the place, for the records and their sun alike.
    local = events.start + lon / 15 * 3600
    day = np.floor(local / DAY_S)
    sunrise, sunset = sun.daylight(day, lon, lat)
    if ((sunset - sunrise <= 0) | (sunset - sunrise >= DAY_S - 1)).any():
        raise ValueError('the sun does not rise or set on some of these days: take clock: "sun" or "local"')
    turns = [
        (at + lon / 15 * 3600 - day * DAY_S) / DAY_S * 2 * np.pi for at in (events.start, sunrise, sunset)
    ]
    return times.average_anchored(*turns)


def _by_hour(
    name: str,
    at: NDArray[np.float64],
    density: NDArray[np.float64],
    low: NDArray[np.float64] | None,
    high: NDArray[np.float64] | None,
) -> Curve:
    """Per radian to per hour; midnight twice, so that a plot closes."""
    per_hour = np.pi / 12

    def closed(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.append(values, values[0]) * per_hour

    return Curve(
        name,
        np.append(at * 12 / np.pi, 24.0),
        closed(density),
        "h",
        "1/h",
        None if low is None else closed(low),
        None if high is None else closed(high),
    )


def _levels(
    records: Happenings, sites: int, also: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """At each instant at which something appears, and at some others: (n,) s, and (n, sites) in view."""
    at = np.unique(np.concatenate([records.start, also]))
    change = np.zeros((len(at) + 1, sites))
    weight = records.count.astype(np.float64)
    np.add.at(change, (np.searchsorted(at, records.start, side="left"), records.site), weight)
    np.add.at(change, (np.searchsorted(at, records.end, side="right"), records.site), -weight)
    return at, np.cumsum(change[:-1], axis=0)


def _watches(options: RoostOptions) -> list[tuple[float, float]]:
    """The hours of a night that are asked for: seconds from its noon. Two where they meet at noon."""
    if options.from_h == options.to_h:
        return [(0.0, DAY_S)]
    first, last = (options.from_h - 12) % 24 * 3600, ((options.to_h - 12) % 24 or 24) * 3600
    return [(first, last)] if first < last else [(0.0, last), (first, DAY_S)]


def _share(survey: Survey, since: NDArray[np.float64], until: NDArray[np.float64]) -> NDArray[np.float64]:
    """(sites, n) the share of each span in which a site looked."""

    def before(at: NDArray[np.float64], instants: NDArray[np.float64]) -> NDArray[np.float64]:
        """(n,) the sum over instants of how long before they lie."""
        sums = np.concatenate([[0.0], np.cumsum(instants)])
        number = np.searchsorted(instants, at)
        return np.asarray(number * at - sums[number])

    found = np.zeros((len(survey.sites), len(since)))
    for site, row in enumerate(found):
        mine = survey.site == site
        start, end = (np.sort(each[mine]) - survey.since for each in (survey.start, survey.end))
        upto = [before(at - survey.since, start) - before(at - survey.since, end) for at in (since, until)]
        row[:] = (upto[1] - upto[0]) / (until - since)
    return found


def _within_hours(at: NDArray[np.float64], zone: ZoneInfo, options: RoostOptions) -> NDArray[np.bool_]:
    if options.from_h == options.to_h:
        return np.ones(len(at), dtype=bool)
    local = [datetime.fromtimestamp(each, zone) for each in at]
    hours = np.array([t.hour + t.minute / 60 + t.second / 3600 for t in local])
    if options.from_h < options.to_h:
        return (hours >= options.from_h) & (hours < options.to_h)
    return (hours >= options.from_h) | (hours < options.to_h)
