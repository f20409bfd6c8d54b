"""The facts of one report, by the functions of the screens: counts, overview, incidents, ledger.

A report goes by mail to whoever the managers chose, and every member may read it. So no species that is
sensitive in the reserve is told by place, day or picture; the table of the whole reserve names it only where
enough cameras looked that none of them is given away (`sensitive.LEAST_PLACES`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from importlib.metadata import version
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import shapely  # type: ignore[import-untyped]
from pyproj import Geod

from fieldwatch_cloud.counts.periods import Period
from fieldwatch_cloud.db import counts, fires, geography, pictures, sensitive
from fieldwatch_cloud.errors import MediaError, NotFoundError
from fieldwatch_cloud.estimates import tables
from fieldwatch_cloud.estimates.ground import Question
from fieldwatch_cloud.overview import build
from fieldwatch_cloud.reporting import activity, cameras, incidents, spans
from fieldwatch_cloud.reporting.cells import hexagons
from fieldwatch_cloud.reporting.facts import (
    Curve,
    Facts,
    Interval,
    Need,
    NewSpecies,
    Picture,
    Point,
    Reserve,
    Species,
    Zone,
)
from fieldwatch_cloud.reporting.intervals import interval, ratio
from fieldwatch_cloud.sensitive import LEAST_PLACES, Sensitive

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.counts.estimate import Finding
    from fieldwatch_cloud.db.overview import Pictured
    from fieldwatch_cloud.db.pool import Connection, Database
    from fieldwatch_cloud.db.reporting import Kind
    from fieldwatch_cloud.media.thumbnails import Thumbnails
    from fieldwatch_cloud.overview.week import Change
    from fieldwatch_cloud.reporting.spans import Span

SOFTWARE = f"Fieldwatch {version('fieldwatch')}"
PICTURE_PX = 960
MOST_CURVES, MOST_PICTURES, MOST_FIRES = 6, 6, 200
_NOTHING = Sensitive({})
_GEOD = Geod(ellps="WGS84")


@dataclass(frozen=True, slots=True)
class _Asked:
    db: Database
    reserve_id: UUID
    kind: Kind
    span: Span
    timezone: str
    hidden: Sensitive
    """Of which nothing is told but the whole reserve's total."""

    def question(self, since: datetime, until: datetime, hidden: Sensitive | None = None) -> Question:
        return Question(
            self.reserve_id,
            area=None,
            zone=None,
            since=since,
            until=until,
            taxa=None,
            hidden=self.hidden if hidden is None else hidden,
        )


def gather(
    db: Database,
    slug: str,
    kind: Kind,
    span: Span,
    *,
    now: datetime,
    thumbnails: Thumbnails,
    progress: Callable[[float], None] = lambda _share: None,
) -> Facts:
    """
    Args:
        progress: called with the share that is done, 0 to 1.

    Raises:
        NotFoundError: no such reserve.
        QuestionError: the reserve has more cameras or events than one answer reads.
    """
    with db.transaction() as conn:
        reserve_id = geography.reserve_id(conn, slug)
        reserve = _reserve(conn, slug, reserve_id)
        hidden = sensitive.species(conn, reserve_id)
    asked = _Asked(db, reserve_id, kind, span, reserve.timezone, hidden)
    year_before = spans.a_year_before(span, reserve.timezone)
    before = spans.of_days(*spans.as_long_before(span), ZoneInfo(reserve.timezone))
    with db.transaction() as conn:
        counts.one_snapshot(conn)
        enough = _enough_looked(conn, reserve_id, (span, before))
        enough_then = enough and _enough_looked(conn, reserve_id, (year_before,))
    left_out = _NOTHING if enough else hidden
    with db.transaction() as conn:
        week = build.read_week(conn, reserve_id, span.since, span.until, left_out, before=before.since)
        # Whose place a picture shows, whatever else is in it.
        shown = sensitive.shown(conn, reserve_id, [one.media_id for one in week.pictures])
    progress(0.2)
    year_ratios, findings = _against_a_year_ago(
        asked, year_before, left_out, _NOTHING if enough_then else hidden
    )
    progress(0.3)
    curves = _curves(asked, [one for one in week.species if one.events])
    progress(0.5)
    with db.transaction() as conn:
        clocks = activity.clocks(conn, asked.question(span.since, span.until), reserve.timezone)
    progress(0.6)
    with db.transaction() as conn:
        looked = cameras.looked(conn, reserve_id, span, now)
    cells = hexagons(
        db,
        asked.question(span.since, span.until),
        reserve.boundary,
        [(one.lon, one.lat) for one in looked],
    )
    progress(0.8)
    with db.transaction() as conn:
        state = build.read_state(conn, reserve_id, now)
        drills = len(
            fires.incidents(
                conn, reserve_id, since=span.since, until=span.until, drill=True, limit=MOST_FIRES
            )
        )
        burnt = incidents.read(conn, reserve_id, span, now, MOST_FIRES)
    named = {one.id: one.name for one in looked}
    told = [
        one
        for one in week.pictures
        if one.media_id not in shown and hidden.blur_m(one.scientific_name) is None
    ]
    facts = Facts(
        reserve=reserve,
        kind=kind,
        span=span,
        made_at=now,
        software=SOFTWARE,
        over=now >= span.until,
        deployments=len(looked),
        looked=week.looked,
        camera_days=week.camera_days,
        camera_days_before=week.camera_days_before,
        days_before=(before.first, before.last),
        year_before=None if year_ratios is None else (year_before.first, year_before.last),
        species=tuple(_species(one, year_ratios or {}) for one in week.species),
        unnamed=week.unnamed,
        withheld=len(left_out.species),
        blurred=len(hidden.species) - len(left_out.species),
        curves=curves,
        clocks=clocks,
        night=activity.night(span, reserve.timezone, _middle(reserve, looked)),
        cells=cells,
        cameras=tuple(one.camera for one in looked),
        fires=burnt,
        drills=drills,
        new_species=tuple(
            NewSpecies(
                one.scientific_name,
                one.first_seen_at,
                None if hidden.blur_m(one.scientific_name) is not None else named.get(one.deployment_id),
            )
            for one in week.new_species
        ),
        pictures=_pictures(db, told, named, thumbnails),
        needs=tuple(
            Need(
                one.code,
                one.severity,
                one.n,
                one.since,
                tuple((who.name, who.name_zh) for who in one.subjects),
            )
            for one in state.needs
        ),
        findings=findings,
    )
    progress(1)
    return facts


def _reserve(conn: Connection, slug: str, reserve_id: UUID) -> Reserve:
    (one,) = geography.reserves(conn, [slug])
    outline = shapely.from_geojson(one.boundary) if one.boundary else None
    return Reserve(
        slug=slug,
        name=one.name,
        name_zh=one.name_zh,
        timezone=one.timezone,
        boundary=one.boundary,
        area_km2=None if outline is None else abs(_GEOD.geometry_area_perimeter(outline)[0]) / 1e6,
        zones=tuple(Zone(each.name, each.name_zh, each.area) for each in geography.zones(conn, reserve_id)),
    )


def _enough_looked(conn: Connection, reserve_id: UUID, told: Sequence[Span]) -> bool:
    """In each of the spans that are told of side by side."""
    ids = counts.deployments_within(conn, reserve_id, None)
    return all(
        len(counts.effort_by_deployment(conn, ids, one.since, one.until)) >= LEAST_PLACES for one in told
    )


def _against_a_year_ago(
    asked: _Asked, year_before: Span, hidden: Sensitive, hidden_then: Sensitive
) -> tuple[dict[str, Interval] | None, Sequence[Finding]]:
    """Ratios by species, None where nobody looked then; and what the numbers of this span cannot bear."""
    with asked.db.transaction() as conn:
        found = tables.compared(
            conn,
            asked.question(asked.span.since, asked.span.until, hidden_then),
            asked.question(year_before.since, year_before.until, hidden_then),
        )
    with asked.db.transaction() as conn:
        verdict = tables.series_of(
            conn,
            asked.question(asked.span.since, asked.span.until, hidden),
            [Period(asked.span.since, asked.span.until, "")],
        ).findings
    # Who did not look is told camera by camera.
    verdict = tuple(one for one in verdict if one.code != "silent_sites")
    if found.b.looked.species is None or found.a.looked.species is None:
        return None, verdict
    ratios = {
        name: against
        for one in found.species
        if (name := one.taxon[0]) and (against := ratio(one.ratio)) is not None
    }
    return ratios, verdict


def _curves(asked: _Asked, seen: Sequence[Change]) -> tuple[Curve, ...]:
    """Of the species with the most events; a week may give away one camera, so none that is sensitive."""
    told = [one for one in seen if asked.hidden.blur_m(one.scientific_name) is None]
    most = sorted(told, key=lambda one: (-one.events, one.scientific_name))[:MOST_CURVES]
    if not most:
        return ()
    periods = spans.series(asked.span, asked.kind, asked.timezone)
    with asked.db.transaction() as conn:
        # Asked for by name, so that a week without one has its zero and that zero's interval.
        question = replace(
            asked.question(periods[0].start, periods[-1].end), taxa=tuple(one.scientific_name for one in most)
        )
        found = tables.series_of(conn, question, periods)
    zone = ZoneInfo(asked.timezone)
    curves = []
    for one in most:
        points = []
        for period, looked in found.periods:
            first = period.start.astimezone(zone).date()
            if looked.species is None:
                points.append(Point(first, 0.0, None))
                continue
            here = next((s for s in looked.species if s.scientific_name == one.scientific_name), None)
            points.append(Point(first, looked.camera_days, interval(here.rate if here else None)))
        curves.append(Curve(one.scientific_name, tuple(points)))
    return tuple(curves)


def _species(one: Change, year_ratios: dict[str, Interval]) -> Species:
    return Species(
        scientific_name=one.scientific_name,
        status=one.status,
        events=one.events,
        events_before=one.events_before,
        individuals=one.individuals,
        cameras=one.deployments,
        rate=None if one.rate is None else Interval(one.rate, one.low or 0.0, one.high),
        rate_before=one.rate_before,
        ratio=ratio(one.ratio),
        year_ratio=year_ratios.get(one.scientific_name),
    )


def _pictures(
    db: Database, found: Sequence[Pictured], names: dict[UUID, str], thumbnails: Thumbnails
) -> tuple[Picture, ...]:
    """Those of which the file is here and can be read."""
    kept: list[Picture] = []
    for one in found:
        if len(kept) == MOST_PICTURES:
            break
        try:
            with db.transaction() as conn:
                sha256 = pictures.picture(conn, one.media_id).sha256
            jpeg = thumbnails.jpeg(sha256, PICTURE_PX)
        except (NotFoundError, MediaError):
            continue
        kept.append(
            Picture(
                jpeg,
                one.scientific_name,
                one.observed_at,
                names.get(one.deployment_id, ""),
                one.labelled,
                one.confidence,
            )
        )
    return tuple(kept)


def _middle(reserve: Reserve, looked: Sequence[cameras.Looked]) -> tuple[float, float] | None:
    """(lon, lat) of the reserve, or of its cameras."""
    if reserve.boundary:
        middle = shapely.centroid(shapely.from_geojson(reserve.boundary))
    elif looked:
        middle = shapely.centroid(shapely.MultiPoint([(one.lon, one.lat) for one in looked]))
    else:
        return None
    return float(middle.x), float(middle.y)
