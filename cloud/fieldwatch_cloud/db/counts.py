"""Events, MaxN and effort within a polygon and a time span, worked out where the rows are.

The polygon picks deployments first, and their ids then lead through the indexes (deployment, time): one
joined statement is slower, because the planner cannot know how many deployments a polygon holds. Its edges
are straight in longitude and latitude, as a map draws them over the breadth of a reserve.

An event belongs to the span in which it starts, with all its records. Sums that a job keeps (`db.rollups`)
answer where they hold; what they cannot answer, or where markers say that they do not hold now, is derived
from the records: the answer is the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from psycopg.rows import class_row

from fieldwatch_cloud.counts.events import DEFAULT_INTERVAL, DEFAULT_RULE, Rule
from fieldwatch_cloud.counts.packed import tallies
from fieldwatch_cloud.db import kept_sums
from fieldwatch_cloud.db.kept_sums import Marked
from fieldwatch_cloud.db.statements import statements
from fieldwatch_cloud.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime, timedelta
    from uuid import UUID

    from numpy.typing import NDArray

    from fieldwatch_cloud.counts.tally import Tally
    from fieldwatch_cloud.db.pool import Connection

SQL = statements("counts")
_TRACE_KEPT = b"\n".join(SQL[name] for name in ("trace", "trace_kept", "end_trace"))
_TRACE_RECORDS = b"\n".join(SQL[name] for name in ("trace", "trace_records", "end_trace"))
NEWEST_OF = 50


@dataclass(frozen=True, slots=True)
class Query:
    reserve_id: UUID
    area: str | None
    """GeoJSON geometry; None: the whole reserve."""
    since: datetime
    until: datetime
    interval: timedelta = DEFAULT_INTERVAL
    taxa: list[str] | None = None
    min_confidence: float = 0.0
    rule: Rule = DEFAULT_RULE

    @property
    def by_sums(self) -> bool:
        """Whether the kept sums can answer it."""
        return (self.interval, self.rule, self.min_confidence) == (DEFAULT_INTERVAL, DEFAULT_RULE, 0)


@dataclass(frozen=True, slots=True)
class Counted:
    area_km2: float | None
    deployments: list[UUID]
    """All that stand in the area, or stood there once."""
    camera_days: NDArray[np.float64]
    """(deployments,) effort of each; 0 for none."""
    from_dates: set[UUID]
    """Deployments of imported data sets whose effort is that of their dates."""
    taxa: list[Tally]
    newest: list[Newest]
    """Detectors and clocks as cameras' newest records tell them: of every second, third, ... camera, so that
    some fifty are asked, and of those that looked. This is for a word of caution."""


@dataclass(frozen=True, slots=True)
class Traced:
    """One event, and the pictures that show it."""

    deployment_id: UUID
    started_at: datetime
    ended_at: datetime
    observations: int
    labelled: int
    max_n: int
    media: list[UUID]


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest record of the span at one camera."""

    model: str | None
    """That made it; None: imported, and perhaps a person."""
    unsynchronised: bool
    """By a clock that nobody corrected."""


def count(conn: Connection, query: Query) -> Counted:
    """Answer `query`, within `one_snapshot`."""
    since, until = query.since, query.until
    place = {"reserve_id": query.reserve_id, "area": query.area}
    described = conn.execute(SQL["described_within"], place, prepare=False).fetchall()
    ids = [id_ for id_, *_ in described]
    marks = Marked([one[0] for one in described if one[1]], [one[0] for one in described if one[2]])
    with conn.pipeline():
        area = conn.execute(SQL["area_km2"], place)
        events = _events(conn, ids, query, marks)
        # These the database works out while the events are added up.
        effort = kept_sums.effort(conn, ids, since, until, marks)
        some = range(0, len(ids), max(1, len(ids) // NEWEST_OF))
        named = {"deployments": kept_sums.array(ids[n] for n in some), "since": since, "until": until}
        newest = kept_sums.ask(conn, SQL["newest"], named)
        sums, names = events()
        camera_days = effort()
        row = area.fetchone()
        taxa = tallies(sums, names(), len(ids), np.flatnonzero(camera_days == 0))
        return Counted(
            area_km2=row[0] if row else None,
            deployments=ids,
            camera_days=camera_days,
            from_dates={id_ for id_, *_, from_dates in described if from_dates},
            taxa=_asked_for(taxa, query),
            newest=[Newest(*one) for n, *one in newest.fetchall() if camera_days[some[n]] > 0],
        )


def one_snapshot(conn: Connection) -> None:
    """Make the transaction, which must have just begun, see one state, only read, and not for ever."""
    conn.execute(SQL["one_snapshot"])


def deployments_within(conn: Connection, reserve_id: UUID, area: str | None) -> list[UUID]:
    """Those that stand in the GeoJSON geometry, or stood there once; without one, all of the reserve."""
    # Not prepared: a generic plan would parse the polygon anew for every deployment.
    place = {"reserve_id": reserve_id, "area": area}
    return [id_ for (id_,) in conn.execute(SQL["deployments_within"], place, prepare=False)]


def zone_area(conn: Connection, reserve_id: UUID, zone: UUID) -> str:
    """The zone's area as GeoJSON.

    Raises:
        NotFoundError: the reserve has no such zone.
    """
    row = conn.execute(SQL["zone_area"], {"zone": zone, "reserve_id": reserve_id}).fetchone()
    if row is None:
        raise NotFoundError(f"the reserve has no zone {zone}")
    return str(row[0])


def effort_by_deployment(
    conn: Connection, deployments: Sequence[UUID], since: datetime, until: datetime
) -> dict[UUID, float]:
    """Camera-days of each deployment that has any; see `counts.effort.camera_days`."""
    days = kept_sums.effort(conn, deployments, since, until, kept_sums.marked(conn, deployments))()
    return {id_: looked for id_, looked in zip(deployments, days.tolist(), strict=True) if looked}


def events_by_taxon(
    conn: Connection, deployments: Sequence[UUID], query: Query, *, blind: Sequence[UUID] = ()
) -> list[Tally]:
    """Counts per taxon, most events first; see `counts.events.independent_events`.

    Args:
        blind: those of the deployments that reported no effort.
    """
    sums, names = _events(conn, deployments, query, kept_sums.marked(conn, deployments))()
    unseen = set(blind)
    places = np.array([n for n, id_ in enumerate(deployments) if id_ in unseen], np.int64)
    return _asked_for(tallies(sums, names(), len(deployments), places), query)


def _events(
    conn: Connection, deployments: Sequence[UUID], query: Query, marks: Marked
) -> Callable[[], kept_sums.Counted]:
    since, until = query.since, query.until
    if query.by_sums:
        return kept_sums.events(conn, deployments, since, until, marks)
    return kept_sums.events_of_records(
        conn, deployments, since, until, query.interval, query.rule, query.min_confidence
    )


def _asked_for(taxa: list[Tally], query: Query) -> list[Tally]:
    return [one for one in taxa if query.taxa is None or one.scientific_name in query.taxa]


def trace(
    conn: Connection,
    query: Query,
    taxon: str | None,
    kind: str,
    *,
    limit: int,
    after: tuple[datetime, UUID] | None = None,
) -> list[Traced]:
    """At most `limit` of the events that `count` counts of one taxon, by time: what its figures come from.

    Args:
        kind: observation type; with the scientific name, if any, it names the taxon.
        after: (started_at, deployment) of the last one of the page before.
    """
    since = query.since if after is None else max(query.since, after[0])
    named = {
        "deployments": deployments_within(conn, query.reserve_id, query.area),
        "since": since,
        "until": query.until,
        "interval": query.interval,
        "rule": query.rule,
        "min_confidence": query.min_confidence,
        "taxon": taxon,
        "kind": kind,
        "after_at": after[0] if after else None,
        "after_id": after[1] if after else None,
        "limit": limit,
    }
    with conn.cursor(row_factory=class_row(Traced)) as cursor:
        statement = _TRACE_KEPT if query.by_sums else _TRACE_RECORDS
        return cursor.execute(statement, named, prepare=False).fetchall()
