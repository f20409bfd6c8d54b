"""A survey: what an area's cameras saw of a taxon, as the arrays that methods are made of.

    db.survey ─▶ Ground ─▶ sites (cameras of one place are one) ─▶ effort, events, records by site

Cameras that see one place would count its animals twice, and a camera that was replaced would be two sites:
so those that stand within `join_within_m` of each other are one site, whose effort is the union of their
spans, and whose events are made of all their records together.

Densities and roosts ask how much each view sees: two views at one place at a time stay two there, and only
cameras that followed each other are one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from fieldwatch_cloud.counts import occasions
from fieldwatch_cloud.counts.events import Record
from fieldwatch_cloud.counts.methods.simultaneous import events_of_places
from fieldwatch_cloud.db import survey as stored
from fieldwatch_cloud.db import terrain
from fieldwatch_cloud.errors import QuestionError
from fieldwatch_cloud.estimates.ground import DAY_S
from fieldwatch_cloud.incidents.plane import Plane

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from numpy.typing import NDArray

    from fieldwatch_cloud.db.pool import Connection
    from fieldwatch_cloud.estimates.ground import Ground
    from fieldwatch_shared.cards import Measured


MAX_OCCASIONS = 400


@dataclass(frozen=True, slots=True)
class Site:
    deployments: tuple[UUID, ...]
    name: str
    lon: float
    lat: float
    detection_distance_m: float | None
    field_of_view_deg: float | None
    height_m: float | None


@dataclass(frozen=True, slots=True)
class Happenings:
    """(n,) each, in order of site and time: events, or single records."""

    site: NDArray[np.int64]
    taxon: NDArray[np.int64]
    """Index into the survey's taxa."""
    start: NDArray[np.float64]
    """Seconds since 1970."""
    end: NDArray[np.float64]
    count: NDArray[np.int64]
    """The largest number seen at once."""


@dataclass(frozen=True, slots=True)
class Said:
    """(n,) each: so many observations that nobody labelled were called this, by this model."""

    site: NDArray[np.int64]
    occasion: NDArray[np.int64]
    name: NDArray[np.str_]
    """Scientific name."""
    model: NDArray[np.str_]
    count: NDArray[np.float64]


_NONE, _NEVER = np.zeros(0, dtype=np.int64), np.zeros(0)
NO_HAPPENINGS = Happenings(_NONE, _NONE, _NEVER, _NEVER, _NONE)
NOTHING_SAID = Said(_NONE, _NONE, np.zeros(0, dtype=np.str_), np.zeros(0, dtype=np.str_), _NEVER)


@dataclass(frozen=True, slots=True)
class Survey:
    since: float
    until: float
    timezone: str
    taxa: tuple[str, ...]
    """What is told apart; several that were asked for as one are one, joined by ` + `."""
    sites: tuple[Site, ...]
    """With effort; a site without is none."""
    site: NDArray[np.int64]
    start: NDArray[np.float64]
    end: NDArray[np.float64]
    """(m,) each: disjoint spans in which a site looked."""
    events: Happenings
    records: Happenings
    """Single records; none unless the method asked for them."""
    said: Said
    """What models called animals; nothing unless the method asked."""
    labelled: Mapping[str, int]
    """Scientific name -> observations that a person confirmed or corrected, where the method asked."""
    asked: bool
    """Whether taxa were asked for, or all are answered."""
    elevation_m: NDArray[np.float64] | None
    """(sites,), where the method asked and the ground is loaded."""
    detectors: Mapping[str, Measured]

    @property
    def camera_days(self) -> NDArray[np.float64]:
        """(sites,)"""
        days = np.zeros(len(self.sites))
        np.add.at(days, self.site, (self.end - self.start) / DAY_S)
        return days

    def edges(self, days: float) -> NDArray[np.float64]:
        """(occasions + 1,) s: equal occasions from the survey's start; the last may be shorter."""
        first = np.arange(self.since, self.until, days * DAY_S)
        return np.append(first, self.until)

    def effort(self, edges: NDArray[np.float64]) -> NDArray[np.float64]:
        """(sites, occasions) camera-days."""
        return occasions.effort(self.site, self.start, self.end, edges, sites=len(self.sites)) / DAY_S

    def metres(self) -> NDArray[np.float64]:
        """(sites, 2) east and north of the first."""
        return _metres(self.sites)


@dataclass(frozen=True, slots=True)
class Needs:
    """What a method reads beside effort and events."""

    records: bool = False
    every_taxon: bool = False
    """Taxa are told apart; all animals where none are asked for."""
    said_days: float | None = None
    """What models said, by occasions of so many days."""
    elevation: bool = False
    views: bool = False
    """Cameras that look at a time are two sites, also at one place: each has its view, and its effort."""


def read(
    conn: Connection,
    ground: Ground,
    needs: Needs,
    *,
    join_within_m: float,
    detectors: Mapping[str, Measured],
) -> Survey:
    """The survey on this ground, in the transaction that read it.

    Raises:
        QuestionError: more records than one answer reads.
    """
    question, ids = ground.question, ground.ids
    since, until = question.since, question.until
    looked = ground.camera_days > 0
    group = sites_of(ground.deployments, join_within_m)
    if needs.views:
        group = views_of(group, ground.spans)
    # Sites without effort drop out; the others are numbered anew, in the order of their first deployment.
    kept = list(dict.fromkeys(group[looked].tolist()))
    number = np.full(group.max(initial=-1) + 1, -1)
    number[kept] = np.arange(len(kept))
    site_of = np.where(looked, number[group], -1) if len(group) else np.zeros(0, dtype=np.int64)
    taxa = question.taxa
    whole = {"taxa": taxa, "min_confidence": question.min_confidence}
    pooled = not needs.every_taxon and taxa is not None and len(taxa) > 1
    joined = bool((np.bincount(site_of[site_of >= 0], minlength=1) > 1).any())
    records = None
    if needs.records or pooled or (joined and not needs.every_taxon):
        records = stored.records(
            conn, ids, since, until, taxa=taxa or (), min_confidence=question.min_confidence
        )
    if records is not None and (pooled or joined):
        label = " + ".join(taxa or ())
        events = _regrouped(records, site_of, question.interval)
        names: tuple[str, ...] = (label,)
    else:
        found = stored.events(
            conn,
            ids,
            since,
            until,
            interval=question.interval,
            rule=question.rule,
            **whole,  # type: ignore[arg-type]
        )
        seen = [name for name in sorted(set(found.taxon.tolist()) - {""}) if _told(ground, name)]
        names = tuple(dict.fromkeys([*(taxa or ()), *seen]))
        index = {name: at for at, name in enumerate(names)}
        known = np.array([index.get(name, -1) for name in found.taxon.tolist()], dtype=np.int64)
        events = _at_sites(site_of, found.deployment, known, found.start, found.end, found.max_n)
    sites = tuple(_site(ground.deployments, np.flatnonzero(site_of == at)) for at in range(len(kept)))
    site, start, end = occasions.union(site_of[ground.spans.deployment], ground.spans.start, ground.spans.end)
    return Survey(
        since=since.timestamp(),
        until=until.timestamp(),
        timezone=ground.timezone,
        taxa=names,
        sites=sites,
        site=site,
        start=start,
        end=end,
        events=events,
        records=NO_HAPPENINGS
        if records is None
        else _at_sites(
            site_of,
            records.deployment,
            np.zeros(len(records.start), dtype=np.int64),
            records.start,
            records.end,
            records.count,
        ),
        said=_said(conn, ground, site_of, needs.said_days),
        labelled={},
        asked=taxa is not None,
        elevation_m=_elevation(conn, ground, sites) if needs.elevation else None,
        detectors=detectors,
    )


def sites_of(deployments: Sequence[stored.Deployment], within_m: float) -> NDArray[np.int64]:
    """(deployments,) the site of each: those in a chain of steps of at most `within_m` are one."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    n = len(deployments)
    if n == 0:
        return np.zeros(0, dtype=np.int64)
    near = cKDTree(_metres(deployments)).query_pairs(within_m + 1e-6, output_type="ndarray")
    graph = coo_matrix((np.ones(len(near)), (near[:, 0], near[:, 1])), shape=(n, n))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def views_of(site: NDArray[np.int64], spans: stored.Spans) -> NDArray[np.int64]:
    """(deployments,) the view of each: of one site, only those that looked one after another are one.

    Args:
        site: (deployments,) the site of each.
    """
    first, last = np.full(len(site), np.inf), np.full(len(site), -np.inf)
    np.minimum.at(first, spans.deployment, spans.start)
    np.maximum.at(last, spans.deployment, spans.end)
    view = np.arange(len(site))
    # Views of each site so far: their number, and until when they look.
    open_: dict[int, list[tuple[int, float]]] = {}
    for number in np.argsort(first, kind="stable").tolist():
        if np.isinf(first[number]):
            break
        views = open_.setdefault(int(site[number]), [])
        free = next((at for at, (_, until) in enumerate(views) if until <= first[number]), None)
        if free is None:
            views.append((number, float(last[number])))
        else:
            view[number] = views[free][0]
            views[free] = (int(view[number]), float(last[number]))
    return view


def _metres(places: Sequence[Site] | Sequence[stored.Deployment]) -> NDArray[np.float64]:
    """(places, 2) east and north of the first."""
    if not places:
        return np.zeros((0, 2))
    plane = Plane(places[0].lon, places[0].lat)
    return plane.metres([one.lon for one in places], [one.lat for one in places])


def _site(deployments: Sequence[stored.Deployment], members: NDArray[np.int64]) -> Site:
    first = deployments[int(members[0])]
    return Site(
        tuple(deployments[int(at)].id for at in members),
        first.location_name,
        first.lon,
        first.lat,
        first.detection_distance_m,
        first.field_of_view_deg,
        first.height_m,
    )


def _at_sites(
    site_of: NDArray[np.int64],
    deployment: NDArray[np.int64],
    taxon: NDArray[np.int64],
    start: NDArray[np.float64],
    end: NDArray[np.float64],
    count: NDArray[np.int64],
) -> Happenings:
    """By site instead of deployment, without those that have no site or no name."""
    site = site_of[deployment] if len(deployment) else deployment
    order = np.lexsort((start, site))
    order = order[(site[order] >= 0) & (taxon[order] >= 0)]
    return Happenings(site[order], taxon[order], start[order], end[order], count[order])


def _regrouped(records: stored.Records, site_of: NDArray[np.int64], interval: timedelta) -> Happenings:
    """Events of all cameras of a site and all taxa together."""
    listed = [
        Record(
            str(deployment),
            ("", "animal"),
            datetime.fromtimestamp(start, UTC),
            datetime.fromtimestamp(end, UTC),
            count,
        )
        for deployment, start, end, count in zip(
            records.deployment.tolist(),
            records.start.tolist(),
            records.end.tolist(),
            records.count.tolist(),
            strict=True,
        )
        if site_of[deployment] >= 0
    ]
    place_of = {str(at): f"site {site}" for at, site in enumerate(site_of.tolist())}
    events = events_of_places(listed, place_of, interval)
    found = Happenings(
        np.array([int(one.deployment.removeprefix("site ")) for one in events], dtype=np.int64),
        np.zeros(len(events), dtype=np.int64),
        np.array([one.start.timestamp() for one in events]),
        np.array([one.end.timestamp() for one in events]),
        np.array([one.max_n for one in events], dtype=np.int64),
    )
    order = np.lexsort((found.start, found.site))
    return Happenings(*(getattr(found, name)[order] for name in ("site", "taxon", "start", "end", "count")))


def _told(ground: Ground, scientific_name: str | None) -> bool:
    """Whether who asks may see where it is."""
    return ground.question.hidden.blur_m(scientific_name) is None


def _said(conn: Connection, ground: Ground, site_of: NDArray[np.int64], days: float | None) -> Said:
    if days is None:
        return NOTHING_SAID
    question = ground.question
    whole = (question.until - question.since) / timedelta(days=1)
    number = int(np.ceil(whole / days)) if np.isfinite(days) else 1
    if number > MAX_OCCASIONS:
        raise QuestionError(f"{number:,} occasions are more than {MAX_OCCASIONS}: make occasion_days longer")
    edges = [question.since + timedelta(days=days) * n for n in range(1, number)]
    rows = stored.said(
        conn,
        ground.ids,
        [question.since, *edges, question.until],
        min_confidence=question.min_confidence,
    )
    rows = [row for row in rows if site_of[row.deployment] >= 0 and _told(ground, row.scientific_name)]
    return Said(
        site=np.array([site_of[row.deployment] for row in rows], dtype=np.int64),
        occasion=np.array([row.period for row in rows], dtype=np.int64),
        name=np.array([row.scientific_name or "" for row in rows], dtype=np.str_),
        model=np.array([row.model for row in rows], dtype=np.str_),
        count=np.array([row.observations for row in rows], dtype=np.float64),
    )


def _elevation(conn: Connection, ground: Ground, sites: Sequence[Site]) -> NDArray[np.float64] | None:
    content = terrain.content_of(conn, ground.question.reserve_id)
    if content is None:
        return None
    # Only here: GDAL is large, and most reserves have no ground loaded.
    from fieldwatch_cloud.incidents.terrain import read as read_ground

    lon, lat = (np.array([getattr(one, axis) for one in sites]) for axis in ("lon", "lat"))
    return read_ground(content).at(lon, lat)
