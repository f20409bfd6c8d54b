"""Densities: encounters, distances, times to events and captures, with what was measured in the field.

Speeds, distances and the reach of a camera's view are not in the records: they come with the options, each
with its standard error. Where the reach is missing, the deployments' own figures stand in, and the verdict
says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import radians, sqrt
from typing import TYPE_CHECKING, Literal
from uuid import UUID

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from fieldwatch_cloud.counts import occasions
from fieldwatch_cloud.counts.density import Density, Part, log_normal
from fieldwatch_cloud.counts.estimate import Estimate, Finding
from fieldwatch_cloud.counts.methods import capture_recapture as scr
from fieldwatch_cloud.counts.methods import distance as ctds
from fieldwatch_cloud.counts.methods import to_event
from fieldwatch_cloud.counts.methods.activity import activity
from fieldwatch_cloud.counts.methods.encounter import random_encounter
from fieldwatch_cloud.counts.methods.speed import animal_speed
from fieldwatch_cloud.estimates.outcome import Curve, Measure, Options, Outcome
from fieldwatch_shared import sun

if TYPE_CHECKING:
    from typing import Self

    from numpy.typing import NDArray

    from fieldwatch_cloud.estimates.survey import Survey

MAX_MOMENTS = 10_000_000
"""Moments times sites."""
BURST_S, MANY_IN_BURSTS = 60.0, 0.2
"""The project's: a record that begins within a minute of the one before may be of the same passage; more than
a fifth of such tells of pictures, not passages."""
MAX_STARTS = 200_000
"""Occasions of `time_to_event`."""
MAX_ROWS = 20_000
_ROWS = Field(min_length=1, max_length=MAX_ROWS)


class ViewOptions(Options):
    """Of methods that need to know how much a camera sees."""

    radius_m: Measure | None = Field(
        None,
        description="Effective detection distance for this taxon; null: the deployments' own figure, which "
        "is seldom the effective one.",
    )
    angle_deg: Measure | None = Field(
        None, description="Effective angle of detection, full; null: the deployments' field of view."
    )


class MovingOptions(ViewOptions):
    """And how much animals move."""

    speed_m_s: Measure | None = Field(None, description="Mean speed while active.")
    speeds_m_s: list[float] | None = Field(
        None, min_length=2, max_length=MAX_ROWS, description="Instead: the speed of each passage measured."
    )
    activity: Measure | None = Field(
        None,
        description="Share of the day spent active; null: estimated from these records (see `activity`).",
    )

    @model_validator(mode="after")
    def _one_speed(self) -> Self:
        if (self.speed_m_s is None) == (self.speeds_m_s is None):
            raise ValueError("give speed_m_s with its standard error, or speeds_m_s of single passages")
        return self


class EncounterOptions(MovingOptions):
    count: Literal["animals", "records"] = Field(
        "animals", description="`records`: each entry into view once, however many came together."
    )


class TimeToEventOptions(MovingOptions):
    every_h: float = Field(6, gt=0, le=8784, description="An occasion begins every so many hours.")
    length_h: float = Field(2, gt=0, le=8784, description="And lasts so long.")

    @model_validator(mode="after")
    def _apart(self) -> Self:
        if self.length_h > self.every_h:
            raise ValueError("length_h must not be longer than every_h")
        return self


class MomentOptions(ViewOptions):
    every_s: float = Field(600, ge=1, le=31_622_400, description="Seconds between moments.")
    window_s: float = Field(
        0,
        ge=0,
        le=3600,
        description="An animal counts as there when it was seen within so many seconds after the moment: 0 "
        "where cameras look all the time.",
    )


class DistanceRow(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    deployment: UUID
    distance_m: float = Field(ge=0, le=1000)


class DistanceOptions(Options):
    distances: list[DistanceRow] = Field(
        min_length=1,
        max_length=MAX_ROWS,
        description="One row for every animal at every snapshot moment at which it was in view.",
    )
    snapshot_s: float = Field(2, gt=0, le=3600, description="Seconds between snapshot moments.")
    right_m: float | None = Field(
        None, gt=0, le=1000, description="Leave out what is farther; null: the farthest distance."
    )
    left_m: float = Field(0, ge=0, le=1000, description="Leave out what is nearer.")
    breaks_m: list[float] | None = Field(
        None, min_length=3, max_length=50, description="Limits of bands, where distances were taken in bands."
    )
    angle_deg: float | None = Field(
        None, gt=0, le=360, description="Of the view; null: the deployments' field of view."
    )
    key: ctds.Key = "best"
    activity: Measure | None = Field(
        None, description="Share of the day in which animals can be seen; null: from these records."
    )


class Capture(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    individual: str = Field(min_length=1, max_length=100)
    deployment: UUID
    occasion: int = Field(ge=1, description="From 1; occasions are `occasion_days` long.")


class CaptureOptions(Options):
    captures: list[Capture] = Field(
        min_length=1, max_length=MAX_ROWS, description="Which animal was told apart where and when."
    )
    occasion_days: float = Field(1, ge=0.25, le=366)
    detector: scr.Detector = Field(
        "proximity", description="`proximity`: at most once an occasion; `count`: each row counts."
    )
    shape: scr.Shape = "half-normal"
    buffer_m: float | None = Field(
        None, gt=0, le=200_000, description="How far out animals may live; null: four sigma of a first fit."
    )
    spacing_m: float | None = Field(None, gt=0, le=50_000, description="Of the mask; with buffer_m.")

    @model_validator(mode="after")
    def _both(self) -> Self:
        if (self.buffer_m is None) != (self.spacing_m is None):
            raise ValueError("give buffer_m and spacing_m together, or neither")
        return self


def encounters(survey: Survey, options: EncounterOptions) -> Outcome:
    findings: list[Finding] = []
    records = survey.records
    weights = records.count if options.count == "animals" else np.ones(len(records.site))
    y = np.bincount(records.site, weights=weights, minlength=len(survey.sites))
    speed, active = _movement(survey, options, findings)
    radius, angle = _view(survey, options, findings)
    density = random_encounter(
        y, survey.camera_days, speed=speed, activity=active, radius=radius, angle=angle, level=options.level
    )
    found = (*findings, *_bursts(survey), *density.findings)
    return Outcome(density.estimates, found, detections=len(records.site))


def _bursts(survey: Survey) -> list[Finding]:
    """Whether several records are of one passage, as where every picture of a burst is a row."""
    site, start = survey.records.site, survey.records.start
    gap = np.diff(start)
    again = (site[1:] == site[:-1]) & (gap > 0) & (gap <= BURST_S)
    share = float(again.sum()) / max(len(start), 1)
    return [Finding("records_in_bursts", "caution", {"share": share})] if share > MANY_IN_BURSTS else []


def time_to_event(survey: Survey, options: TimeToEventOptions) -> Outcome:
    findings: list[Finding] = []
    records = survey.records
    speed, active = _movement(survey, options, findings)
    radius, angle = _view(survey, options, findings)
    area, perimeter = angle.value / 2 * radius.value**2, radius.value * (2 + angle.value)
    # Over whole days, rests included.
    starts = (survey.until - survey.since) / (options.every_h * 3600)
    if starts > MAX_STARTS:
        raise ValueError(f"{starts:,.0f} occasions are more than {MAX_STARTS:,}: make every_h longer")
    period = to_event.crossing_time([area], [perimeter], speed.value * active.value)[0]
    past = to_event.time_to_event_history(
        records.start,
        records.site,
        np.column_stack([survey.site, survey.start, survey.end]),
        np.full(len(survey.site), area),
        starts=np.arange(survey.since, survey.until, options.every_h * 3600),
        length=options.length_h * 3600,
        period=period,
    )
    if not len(past.exposure):
        raise ValueError(f"no camera looked without a gap for {options.length_h:g} h: make length_h shorter")
    density = to_event.time_to_event(past, level=options.level)
    # The density goes with 1 / speed and 1 / (radius (2 + angle)): their errors are its own.
    view = radius.cv**2 + (angle.se / (2 + angle.value)) ** 2
    return _widened(density, speed.cv**2 + active.cv**2 + view, findings, len(records.site), options.level)


def space_to_event(survey: Survey, options: MomentOptions) -> Outcome:
    return _at_moments(survey, options, together=False)


def instantaneous(survey: Survey, options: MomentOptions) -> Outcome:
    return _at_moments(survey, options, together=True)


def _at_moments(survey: Survey, options: MomentOptions, *, together: bool) -> Outcome:
    findings: list[Finding] = []
    radius, angle = _view(survey, options, findings)
    moments = (survey.until - survey.since) / options.every_s
    if moments * len(survey.sites) > MAX_MOMENTS:
        raise ValueError(
            f"{moments:,.0f} moments at {len(survey.sites)} sites: make every_s longer, at least "
            f"{(survey.until - survey.since) * len(survey.sites) / MAX_MOMENTS:.0f}"
        )
    at = np.arange(survey.since, survey.until, options.every_s)
    counts = _in_view(survey, at, options.window_s)
    area = np.full(len(survey.sites), angle.value / 2 * radius.value**2)
    density = (
        to_event.instantaneous(counts, area, level=options.level)
        if together
        else to_event.space_to_event(
            np.where(np.isnan(counts), np.nan, counts > 0), area, level=options.level
        )
    )
    if options.window_s > 0:
        findings.append(Finding("moments_widened", "caution", {"window": options.window_s}))
    held = int(np.nansum(counts > 0))
    return _widened(density, (2 * radius.cv) ** 2 + angle.cv**2, findings, held, options.level)


def _in_view(survey: Survey, at: NDArray[np.float64], window_s: float) -> NDArray[np.float64]:
    """(moments, sites) animals in view; NaN where the camera did not look."""
    sites = len(survey.sites)

    def steps(
        site: NDArray[np.int64],
        start: NDArray[np.float64],
        end: NDArray[np.float64],
        height: NDArray[np.float64],
    ) -> NDArray[np.float64]:
        change = np.zeros((len(at) + 1, sites))
        np.add.at(change, (np.searchsorted(at, start, side="left"), site), height)
        np.add.at(change, (np.searchsorted(at, end, side="right"), site), -height)
        return np.cumsum(change[:-1], axis=0)

    records = survey.records
    looked = steps(survey.site, survey.start, survey.end, np.ones(len(survey.site))) > 0
    seen = steps(records.site, records.start - window_s, records.end, records.count.astype(np.float64))
    return np.where(looked, seen, np.nan)


def distance(survey: Survey, options: DistanceOptions) -> Outcome:
    site_of = {id_: at for at, one in enumerate(survey.sites) for id_ in one.deployments}
    unknown = {row.deployment for row in options.distances} - site_of.keys()
    if unknown:
        raise ValueError(
            f"{len(unknown)} deployments of the distances did not look in this area and span, "
            f"{min(map(str, unknown))} among them"
        )
    distances = np.array([row.distance_m for row in options.distances])
    cameras = np.array([site_of[row.deployment] for row in options.distances])
    findings: list[Finding] = []
    if options.angle_deg is None:
        angle = _nominal([one.field_of_view_deg for one in survey.sites], "angle_deg", findings).value
    else:
        angle = options.angle_deg
    share = options.activity.part if options.activity else _activity(survey, findings)
    fitted = ctds.distance_sampling(
        distances,
        cameras,
        survey.camera_days * 86_400 / options.snapshot_s,
        angle=radians(angle),
        right=options.right_m or float(distances.max()),
        left=options.left_m,
        breaks=options.breaks_m,
        key=options.key,
        activity=share,
        level=options.level,
    )
    middle = (fitted.breaks[1:] + fitted.breaks[:-1]) / 2
    curves = (
        Curve("detection_by_distance", fitted.distances, fitted.detection, "m", "1"),
        Curve("distances_observed", middle, fitted.observed, "m", "1"),
        Curve("distances_expected", middle, fitted.expected, "m", "1"),
    )
    return Outcome(
        fitted.estimates, (*findings, *fitted.findings), len(distances), fit=fitted.fit, curves=curves
    )


def captures(survey: Survey, options: CaptureOptions) -> Outcome:
    site_of = {id_: at for at, one in enumerate(survey.sites) for id_ in one.deployments}
    unknown = {row.deployment for row in options.captures} - site_of.keys()
    if unknown:
        raise ValueError(
            f"{len(unknown)} deployments of the captures did not look in this area and span, "
            f"{min(map(str, unknown))} among them"
        )
    edges = survey.edges(options.occasion_days)
    worked = survey.effort(edges) > 0
    last = max(row.occasion for row in options.captures)
    if last > len(edges) - 1:
        raise ValueError(f"occasion {last} lies after the span, which has {len(edges) - 1}")
    idle = [row for row in options.captures if not worked[site_of[row.deployment], row.occasion - 1]]
    if idle:
        raise ValueError(
            f"{len(idle)} captures are of occasions in which their camera did not look: "
            f"{idle[0].individual} in occasion {idle[0].occasion}, for one"
        )
    animals = {name: at for at, name in enumerate(dict.fromkeys(r.individual for r in options.captures))}
    rows = [(animals[row.individual], site_of[row.deployment], row.occasion) for row in options.captures]
    if options.detector == "proximity":
        rows = list(dict.fromkeys(rows))
    table = np.zeros((len(animals), len(survey.sites)))
    for animal, site, _ in rows:
        table[animal, site] += 1
    traps = survey.metres()
    mask = None
    if options.buffer_m is not None and options.spacing_m is not None:
        mask = scr.mask_around(traps, options.buffer_m, options.spacing_m)
    fitted = scr.capture_recapture(
        table,
        traps,
        mask,
        occasions=worked.sum(axis=1),
        detector=options.detector,
        shape=options.shape,
        level=options.level,
    )
    return Outcome(fitted.estimates, fitted.findings, len(rows), occasions=len(edges) - 1, fit=fitted)


def solar_times(survey: Survey, site: NDArray[np.int64], at: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) radians of true solar time at each site: π when the sun stands highest."""
    lon = np.array([one.lon for one in survey.sites])
    return sun.solar_hours(at, lon[site]) * np.pi / 12


def dark(survey: Survey) -> list[Finding]:
    """Whether cameras looked at all hours alike: else the pattern is that of their hours."""
    hours = np.zeros(24)
    # Of the effort, not of the span that was asked for: that may be thousands of years long.
    first, last = survey.start.min(), survey.end.max()
    edges = np.arange(np.floor(first / 3600) * 3600, last + 3600, 3600)
    pieces = occasions.cut(survey.start, survey.end, edges)
    hour = np.floor(edges[pieces.bin] / 3600).astype(np.int64) % 24
    np.add.at(hours, hour, pieces.end - pieces.start)
    least = float(hours.min() / hours.mean()) if hours.any() else 0.0
    return [Finding("hours_uneven", "caution", {"share": least})] if least < 0.8 else []


@dataclass(frozen=True, slots=True)
class _Nominal:
    value: float
    se: float


def _movement(survey: Survey, options: MovingOptions, findings: list[Finding]) -> tuple[Part, Part]:
    if options.speed_m_s is not None:
        speed = options.speed_m_s.part
        findings.append(Finding("given_speed", "note", {"speed": speed.value, "se": speed.se}))
    else:
        measured = animal_speed(options.speeds_m_s or [], level=options.level)
        speed = Part.of(measured.estimates[0], len(options.speeds_m_s or []))
        findings += measured.findings
    active = options.activity.part if options.activity else _activity(survey, findings)
    return speed, active


def _activity(survey: Survey, findings: list[Finding]) -> Part:
    """The activity level of these very records, by the sun."""
    events = survey.events
    if not len(events.start):
        raise ValueError(
            "nothing of it was seen here: that is no density of zero, and none can be told; ask for a longer "
            "span, or take `rate`, whose upper limit still holds"
        )
    if len(events.start) < 2:
        raise ValueError("a single event: give activity in the options")
    found = activity(solar_times(survey, events.site, events.start))
    findings += (*dark(survey), *found.findings)
    # The corrected one, where it is known: a kernel flattens peaks, and makes a density too low.
    level = found.estimates[-1]
    findings.append(
        Finding("activity_from_records", "note", {"activity": level.value, "events": len(events.start)})
    )
    return Part(level.value, level.se or 0.0, len(events.start))


def _view(survey: Survey, options: ViewOptions, findings: list[Finding]) -> tuple[Part, Part]:
    """Radius in m, angle in rad."""
    if options.radius_m is not None:
        radius = options.radius_m.part
    else:
        nominal = _nominal([one.detection_distance_m for one in survey.sites], "radius_m", findings)
        radius = Part(nominal.value, nominal.se)
    if options.angle_deg is not None:
        given = options.angle_deg.part
        angle = Part(radians(given.value), radians(given.se), given.units)
    else:
        nominal = _nominal([one.field_of_view_deg for one in survey.sites], "angle_deg", findings)
        angle = Part(radians(nominal.value), radians(nominal.se))
    return radius, angle


def _nominal(given: list[float | None], option: str, findings: list[Finding]) -> _Nominal:
    """The mean of what is said of the deployments, with its standard error between them."""
    known = np.array([value for value in given if value is not None])
    if not len(known):
        raise ValueError(f"give {option}: the deployments do not say it either")
    findings.append(Finding("nominal_view", "caution", {"option": option, "value": float(known.mean())}))
    return _Nominal(
        float(known.mean()), float(known.std(ddof=1) / sqrt(len(known))) if len(known) > 1 else 0.0
    )


def _widened(density: Density, cv2: float, findings: list[Finding], detections: int, level: float) -> Outcome:
    """The density's intervals, with the errors of what was put into it."""

    def wide(estimate: Estimate) -> Estimate:
        if estimate.unit != "1/km2" or estimate.se is None or estimate.value <= 0 or cv2 == 0:
            return estimate
        se = estimate.value * sqrt((estimate.se / estimate.value) ** 2 + cv2)
        return log_normal(
            estimate.name, estimate.value, se, estimate.unit, level=level, how=estimate.method.split(";")[0]
        )

    return Outcome(
        tuple(wide(each) for each in density.estimates), (*findings, *density.findings), detections
    )
