"""Counts by taxon: for each period of a series, each cell of a grid, each side of a comparison.

All three sum the same tallies (deployment, period, taxon), and rate them as `methods.rate` does: with an
interval that fits how much the cameras differ. Without effort there is no number, in any of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Literal

import numpy as np
import shapely  # type: ignore[import-untyped]

from fieldwatch_cloud.counts import grid, verdict
from fieldwatch_cloud.counts.estimate import Finding
from fieldwatch_cloud.counts.methods.rate import RateAnswer, rate, rate_ratio
from fieldwatch_cloud.counts.occasions import effort
from fieldwatch_cloud.counts.periods import By, Period, periods
from fieldwatch_cloud.db import survey
from fieldwatch_cloud.errors import QuestionError
from fieldwatch_cloud.estimates import ground
from fieldwatch_cloud.estimates.ground import DAY_S, Ground, Question

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from fieldwatch_cloud.counts.estimate import Estimate
    from fieldwatch_cloud.db.pool import Connection
    from fieldwatch_cloud.db.survey import Tally

Taxon = tuple[str | None, str]
"""Scientific name, if any, and observation type."""
ALONE_DEG = 0.001
"""About 100 m: the area around cameras of a reserve whose boundary nobody has told."""


@dataclass(frozen=True, slots=True)
class Species:
    scientific_name: str | None
    observation_type: str
    observations: int
    labelled: int
    individuals: int
    events: int
    max_count: int
    deployments: int
    rate: Estimate


@dataclass(frozen=True, slots=True)
class Looked:
    """Of one period, cell or side."""

    camera_days: float
    looked: int
    """Deployments with any effort."""
    species: list[Species] | None
    """None: nobody looked, and that is not zero animals."""


@dataclass(frozen=True, slots=True)
class SeriesAnswer:
    timezone: str
    periods: list[tuple[Period, Looked]]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class CellAnswer:
    cell: grid.Cell
    deployments: int
    looked: Looked


@dataclass(frozen=True, slots=True)
class GridAnswer:
    cells: list[CellAnswer]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Side:
    deployments: int
    area_km2: float | None
    looked: Looked


@dataclass(frozen=True, slots=True)
class Compared:
    taxon: Taxon
    a: Species | None
    b: Species | None
    ratio: Estimate | None
    """None: nobody looked on one side, or nothing was seen on either."""


@dataclass(frozen=True, slots=True)
class Comparison:
    a: Side
    b: Side
    species: list[Compared]
    findings: tuple[Finding, ...]


def series(conn: Connection, question: Question, by: By) -> SeriesAnswer:
    """Counts of each period of the reserve's calendar that meets the span.

    Raises:
        QuestionError: more periods, deployments or counts than are answered at once.
    """
    here = ground.read(conn, question)
    try:
        spans = periods(question.since, question.until, by, here.timezone)
    except (ValueError, OverflowError) as error:  # The latter at the ends of the calendar.
        raise QuestionError(str(error)) from error
    return _series(conn, here, spans)


def series_of(conn: Connection, question: Question, spans: Sequence[Period]) -> SeriesAnswer:
    """The same for periods of one's own.

    Args:
        question: its span is that of all of `spans` together.
        spans: each begins where the one before ends.
    """
    return _series(conn, ground.read(conn, question), spans)


def _series(conn: Connection, here: Ground, spans: Sequence[Period]) -> SeriesAnswer:
    question = here.question
    edges = [spans[0].start, *(period.end for period in spans)]
    at = [edge.timestamp() for edge in edges]
    days = effort(here.spans.deployment, here.spans.start, here.spans.end, at, sites=len(here.deployments))
    days /= DAY_S
    rows = _tallies(conn, here, edges)
    by_period: list[list[Tally]] = [[] for _ in spans]
    for row in rows:
        by_period[row.period].append(row)
    told: dict[str, list[Finding]] = {}
    looked = [_looked(each, days[:, number], question.taxa, told) for number, each in enumerate(by_period)]
    findings = _findings(here, rows, told, days)
    blind = sum(one.species is None for one in looked)
    if 0 < blind < len(looked):
        findings.append(Finding("periods_not_observed", "note", {"blind": blind, "periods": len(looked)}))
    return SeriesAnswer(here.timezone, list(zip(spans, looked, strict=True)), verdict.in_order(findings))


def gridded(
    conn: Connection,
    question: Question,
    *,
    kind: Literal["h3", "square"],
    size: float,
) -> GridAnswer:
    """Counts of each cell that meets the area: of all taxa asked for together, or of all animals.

    Args:
        size: resolution of H3, or side of the squares in metres.

    Raises:
        QuestionError: more cells, deployments or counts than are answered at once.
    """
    here = ground.read(conn, question)
    places = [(one.lon, one.lat) for one in here.deployments]
    outline = _outline(here.area, places)
    if outline is None:
        return GridAnswer([], verdict.in_order(here.findings()))
    try:
        cells = (
            grid.h3_grid(outline, int(size), places)
            if kind == "h3"
            else grid.square_grid(outline, size, places)
        )
    except ValueError as error:
        raise QuestionError(str(error)) from error
    days = here.camera_days
    rows = [
        row
        for row in _tallies(conn, here, [question.since, question.until])
        if question.taxa is not None or row.observation_type == "animal"
    ]
    members: dict[str, list[int]] = {}
    for number, id_ in enumerate(cells.at):
        members.setdefault(id_, []).append(number)
    of_deployment: dict[int, list[Tally]] = {}
    for row in rows:
        of_deployment.setdefault(row.deployment, []).append(row)
    answers = []
    for cell in cells.cells:
        if not (inside := members.get(cell.id)):
            answers.append(CellAnswer(cell, 0, Looked(0.0, 0, None)))
            continue
        among = [row for number in inside for row in of_deployment.get(number, [])]
        in_cell = np.zeros(len(days))
        in_cell[inside] = days[inside]
        answers.append(CellAnswer(cell, len(inside), _together(among, in_cell)))
    findings = _findings(here, rows, {})
    blind = sum(one.looked.species is None for one in answers)
    if 0 < blind < len(answers):
        findings.append(Finding("cells_not_observed", "note", {"blind": blind, "cells": len(answers)}))
    return GridAnswer(answers, verdict.in_order(findings))


def compared(conn: Connection, a: Question, b: Question) -> Comparison:
    """The rates of each taxon on both sides, and their ratio.

    Where both sides have the same cameras, at two spans, each is compared with itself.
    """
    sides = []
    findings: list[Finding] = []
    for question in (a, b):
        here = ground.read(conn, question)
        rows = _tallies(conn, here, [question.since, question.until])
        sides.append((here, rows))
        findings += _findings(here, rows, {})
    (ground_a, rows_a), (ground_b, rows_b) = sides
    paired = [one.id for one in ground_a.deployments] == [one.id for one in ground_b.deployments] and (
        a.until <= b.since or b.until <= a.since
    )
    looking = [
        {id_ for id_, days in zip(each.ids, each.camera_days, strict=True) if days > 0}
        for each in (ground_a, ground_b)
    ]
    if (both := len(looking[0] & looking[1])) and a.since < b.until and b.since < a.until:
        findings.append(Finding("sides_overlap", "caution", {"cameras": both}))
    told: dict[str, list[Finding]] = {}
    looked = [
        _looked(rows, here.camera_days, question.taxa, {})
        for (here, rows), question in zip(sides, (a, b), strict=True)
    ]
    by_taxon = [
        {(one.scientific_name, one.observation_type): one for one in side.species or []} for side in looked
    ]
    taxa = dict.fromkeys([*by_taxon[0], *by_taxon[1]])
    species = []
    for taxon in taxa:
        ratio = None
        if looked[0].species is not None and looked[1].species is not None:
            answer = rate_ratio(
                _per_deployment(rows_a, taxon, len(ground_a.deployments)),
                ground_a.camera_days,
                _per_deployment(rows_b, taxon, len(ground_b.deployments)),
                ground_b.camera_days,
                paired=paired,
            )
            ratio = _ratio(answer, taxon, told)
        pair = [
            side.get(taxon) or _unseen(taxon, here.camera_days if one.species is not None else None)
            for side, one, (here, _) in zip(by_taxon, looked, sides, strict=True)
        ]
        species.append(Compared(taxon, pair[0], pair[1], ratio))
    findings += verdict.gather(told)
    return Comparison(
        Side(len(ground_a.deployments), ground_a.area_km2, looked[0]),
        Side(len(ground_b.deployments), ground_b.area_km2, looked[1]),
        species,
        verdict.in_order(findings),
    )


def _ratio(answer: RateAnswer, taxon: Taxon, told: dict[str, list[Finding]]) -> Estimate | None:
    told.setdefault(_name(taxon), []).extend(answer.findings)
    return answer.estimates[0] if answer.estimates else None


def finite(value: float | None) -> float | None:
    """JSON has no infinity: where there is no bound, there is none to tell."""
    return value if value is not None and isfinite(value) else None


def _tallies(conn: Connection, here: Ground, edges: Sequence[object]) -> list[Tally]:
    question = here.question
    found = survey.tallies(
        conn,
        here.ids,
        edges,  # type: ignore[arg-type]
        taxa=question.taxa,
        interval=question.interval,
        rule=question.rule,
        min_confidence=question.min_confidence,
    )
    return [one for one in found if question.hidden.blur_m(one.scientific_name) is None]


def _findings(
    here: Ground,
    rows: Sequence[Tally],
    told: Mapping[str, Iterable[Finding]],
    by_period: NDArray[np.float64] | None = None,
) -> list[Finding]:
    """From the tallies alone: the records themselves may be millions.

    Args:
        by_period: (deployments, periods) camera-days, where there are several periods.
    """
    findings = here.findings()
    days = here.camera_days
    looked = days[:, None] if by_period is None else by_period
    if not days.any():
        return findings
    findings += verdict.of_records(
        observations=sum(row.observations for row in rows),
        labelled=sum(row.labelled for row in rows),
        without_effort=sum(row.observations for row in rows if not looked[row.deployment, row.period]),
        min_confidence=here.question.min_confidence,
    )
    findings += verdict.of_rates()
    findings += verdict.gather(told)
    return findings


def _looked(
    rows: Sequence[Tally],
    camera_days: NDArray[np.float64],
    asked: Sequence[str] | None,
    told: dict[str, list[Finding]],
) -> Looked:
    """Every taxon that was seen or asked for; none where nobody looked."""
    total, looked = float(camera_days.sum()), int((camera_days > 0).sum())
    if total == 0:
        return Looked(0.0, 0, None)
    by_taxon: dict[Taxon, list[Tally]] = {}
    for row in rows:
        by_taxon.setdefault((row.scientific_name, row.observation_type), []).append(row)
    for name in asked or ():
        if not any(seen == name for seen, _ in by_taxon):
            by_taxon[name, "animal"] = []
    species = [_species(taxon, each, camera_days, told) for taxon, each in by_taxon.items()]
    species.sort(key=lambda one: (-one.events, one.scientific_name or "", one.observation_type))
    return Looked(total, looked, species)


def _together(rows: Sequence[Tally], camera_days: NDArray[np.float64]) -> Looked:
    """All rows as if of one taxon."""
    total, looked = float(camera_days.sum()), int((camera_days > 0).sum())
    if total == 0:
        return Looked(0.0, 0, None)
    return Looked(total, looked, [_species((None, "animal"), rows, camera_days, {})])


def _species(
    taxon: Taxon,
    rows: Sequence[Tally],
    camera_days: NDArray[np.float64],
    told: dict[str, list[Finding]],
) -> Species:
    events = np.zeros(len(camera_days))
    for row in rows:
        events[row.deployment] += row.events
    # Events at deployments that report no effort are told of in the verdict; a rate over none is none.
    answer = rate(np.where(camera_days > 0, events, 0), camera_days)
    told.setdefault(_name(taxon), []).extend(answer.findings)
    return Species(
        scientific_name=taxon[0],
        observation_type=taxon[1],
        observations=sum(row.observations for row in rows),
        labelled=sum(row.labelled for row in rows),
        individuals=sum(row.individuals for row in rows),
        events=sum(row.events for row in rows),
        max_count=max((row.max_count for row in rows), default=0),
        deployments=len({row.deployment for row in rows}),
        rate=answer.estimates[0],
    )


def _unseen(taxon: Taxon, camera_days: NDArray[np.float64] | None) -> Species | None:
    return None if camera_days is None else _species(taxon, [], camera_days, {})


def _per_deployment(rows: Iterable[Tally], taxon: Taxon, deployments: int) -> NDArray[np.float64]:
    events = np.zeros(deployments)
    for row in rows:
        if (row.scientific_name, row.observation_type) == taxon:
            events[row.deployment] += row.events
    return events


def _name(taxon: Taxon) -> str:
    return taxon[0] or taxon[1]


def _outline(area: str | None, places: Sequence[tuple[float, float]]) -> shapely.Geometry | None:
    """The area, or, where no boundary is known, what encloses the cameras."""
    if area is not None:
        return shapely.from_geojson(area)
    if not places:
        return None
    return shapely.MultiPoint(places).convex_hull.buffer(ALONE_DEG)
