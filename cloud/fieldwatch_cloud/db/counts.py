"""Events, MaxN and effort within a polygon and a time span, worked out where the rows are.

The polygon picks deployments first, and their ids then lead through the indexes (deployment, time): one
joined statement is slower, because the planner cannot know how many deployments a polygon holds. Its edges
are straight in longitude and latitude, as a map draws them over the breadth of a reserve.

An event belongs to the span in which it starts, with all its records. Sums that a job keeps (`db.rollups`)
answer where they hold; what they cannot answer, or where markers say that they do not hold now, is derived
from the records: the answer is the same.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from psycopg.rows import class_row

from fieldwatch_cloud.counts.events import DEFAULT_INTERVAL, DEFAULT_RULE, Rule
from fieldwatch_cloud.counts.packed import Sums, tallies, unpacked, unpacked_events
from fieldwatch_cloud.counts.pieces import pieces, without
from fieldwatch_cloud.db.statements import statements
from fieldwatch_cloud.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta
    from uuid import UUID

    from fieldwatch_cloud.counts.events import TaxonKey
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
    camera_days: dict[UUID, float]
    """Only deployments with any effort."""
    from_dates: set[UUID]
    """Deployments of imported data sets whose effort is that of their dates."""
    taxa: list[Tally]


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
    """Of so many cameras, the newest record of the span is like this."""

    model: str | None
    """That made it; None: imported, and perhaps a person."""
    unsynchronised: bool
    """By a clock that nobody corrected."""
    cameras: int


def count(conn: Connection, query: Query) -> Counted:
    """Answer `query`, within `one_snapshot`."""
    place = {"reserve_id": query.reserve_id, "area": query.area}
    row = conn.execute(SQL["area_km2"], place).fetchone()
    ids = deployments_within(conn, query.reserve_id, query.area)
    from_dates = {id_ for (id_,) in conn.execute(SQL["effort_from_dates"], place)}
    camera_days = effort_by_deployment(conn, ids, query.since, query.until)
    return Counted(
        area_km2=row[0] if row else None,
        deployments=ids,
        camera_days=camera_days,
        from_dates=from_dates.intersection(ids),
        taxa=events_by_taxon(conn, ids, query, blind=[id_ for id_ in ids if id_ not in camera_days]),
    )


def one_snapshot(conn: Connection) -> None:
    """Make the transaction, which must have just begun, see one state, only read, and not for ever."""
    for name in ("one_instant", "room_to_sort", "not_for_ever"):
        conn.execute(SQL[name])


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


def newest(conn: Connection, deployments: Sequence[UUID], since: datetime, until: datetime) -> list[Newest]:
    """Detectors and clocks as cameras' newest records tell them; cameras without a record are left out.

    Of many cameras every second, third, ... is asked, so that some fifty are: this is for a word of caution.
    """
    some = list(deployments)[:: max(1, len(deployments) // NEWEST_OF)]
    named = {"deployments": some, "since": since, "until": until}
    return [Newest(*row) for row in conn.execute(SQL["newest"], named, prepare=False)]


def effort_by_deployment(
    conn: Connection, deployments: Sequence[UUID], since: datetime, until: datetime
) -> dict[UUID, float]:
    """Camera-days of each deployment that has any; see `counts.effort.camera_days`."""
    named = {"deployments": list(deployments), "since": since, "until": until}
    cuts = _Cuts.around(deployments, since, until, _stale(conn, "effort", named))
    seconds: dict[int, float] = defaultdict(float)
    edges = [(n, at, sign) for n, *span in cuts.sure for at, sign in zip(span, (-1, 1), strict=True)]
    for place, looked in _rows(
        conn, "effort", cuts.asked | _columns(("edge_of", "edge_at", "edge_sign"), edges)
    ):
        seconds[place] += looked
    if cuts.unsure:
        for place, looked in _rows(conn, "effort_of_stale", cuts.stale):
            seconds[place] += looked
    return {id_: seconds[n] / 86400 for n, id_ in enumerate(deployments) if seconds[n] > 0}


def events_by_taxon(
    conn: Connection, deployments: Sequence[UUID], query: Query, *, blind: Sequence[UUID] = ()
) -> list[Tally]:
    """Counts per taxon, most events first; see `counts.events.independent_events`.

    Args:
        blind: those of the deployments that reported no effort.
    """
    sums, names = (_from_sums if query.by_sums else _from_records)(conn, deployments, query)
    unseen = set(blind)
    counted = tallies(
        sums, names, len(deployments), [n for n, id_ in enumerate(deployments) if id_ in unseen]
    )
    return [one for one in counted if query.taxa is None or one.scientific_name in query.taxa]


def _from_sums(
    conn: Connection, deployments: Sequence[UUID], query: Query
) -> tuple[Sums, dict[int, TaxonKey]]:
    named = {"deployments": list(deployments), "since": query.since, "until": query.until}
    cuts = _Cuts.around(deployments, query.since, query.until, _stale(conn, "counts", named))
    cut = [(n, one.form, one.first, one.last) for n, *span in cuts.sure for one in pieces(*span)]
    rows = _rows(conn, "from_sums", cuts.asked | _columns(("piece_of", "form", "first", "last"), cut))
    days = [(place, events) for place, events, _ in rows if events]
    sums = unpacked([place for place, _, _ in rows], [each for _, _, each in rows]) + unpacked_events(
        [place for place, _ in days], [events for _, events in days], query.since, query.until
    )
    numbers = {"numbers": np.unique(sums.taxa).tolist()}
    names = {number: (name, kind) for number, name, kind in _rows(conn, "taxa", numbers)}
    if cuts.unsure:
        sums += _numbered(_rows(conn, "from_stale", cuts.stale), names)
    return sums, names


def _from_records(
    conn: Connection, deployments: Sequence[UUID], query: Query
) -> tuple[Sums, dict[int, TaxonKey]]:
    named = {
        "deployments": list(deployments),
        "since": query.since,
        "until": query.until,
        "interval": query.interval,
        "rule": query.rule,
        "min_confidence": query.min_confidence,
    }
    names: dict[int, TaxonKey] = {}
    return _numbered(_rows(conn, "from_records", named), names), names


def _numbered(rows: list[tuple[Any, ...]], names: dict[int, TaxonKey]) -> Sums:
    """Rows of place, name, type and figures, with those of `names` or new numbers."""
    numbers = {taxon: number for number, taxon in names.items()}
    at, figures = [], []
    for place, name, kind, *counted in rows:
        number = numbers.setdefault((name, kind), max(names, default=0) + 1)
        names[number] = (name, kind)
        at.append((place, number))
        figures.append(counted)
    columns = np.hstack([np.array(at, np.int64).reshape(-1, 2), np.array(figures, np.int64).reshape(-1, 5)])
    return Sums(*columns.T)


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


def _stale(
    conn: Connection, what: Literal["counts", "effort"], named: dict[str, Any]
) -> dict[UUID, list[tuple[datetime, datetime]]]:
    """Where sums do not hold, by deployment, in order."""
    marked, stale = ("marked", "stale") if what == "counts" else ("marked_effort", "stale_effort")
    found: dict[UUID, list[tuple[datetime, datetime]]] = defaultdict(list)
    # Mostly there are none, and planning the statement that says where takes longer than the answer.
    some = [id_ for (id_,) in conn.execute(SQL[marked], named, prepare=False)]
    if not some:
        return found
    for id_, since, until in conn.execute(SQL[stale], named | {"deployments": some}, prepare=False):
        found[id_].append((since, until))
    return found


@dataclass(frozen=True, slots=True)
class _Cuts:
    """Where sums answer, and where records have to: one cut for all deployments without markers, and
    one for each of the others."""

    asked: dict[str, list[Any]]
    """`deployments` and the number of each one's cut."""
    sure: list[tuple[int, datetime, datetime]]
    """(cut, since, until)"""
    unsure: list[tuple[int, UUID, datetime, datetime]]
    """(place of the deployment, deployment, since, until)"""

    @classmethod
    def around(
        cls,
        deployments: Sequence[UUID],
        since: datetime,
        until: datetime,
        stale: dict[UUID, list[tuple[datetime, datetime]]],
    ) -> _Cuts:
        numbers = {id_: n for n, id_ in enumerate(stale, start=1)}
        cuts = cls(
            {"deployments": list(deployments), "cuts": [numbers.get(id_, 0) for id_ in deployments]},
            [(0, since, until)],
            [],
        )
        for place, id_ in enumerate(deployments):
            if id_ in numbers:
                sure, unsure = without(since, until, stale[id_])
                cuts.sure.extend((numbers[id_], *span) for span in sure)
                cuts.unsure.extend((place, id_, *span) for span in unsure)
        return cuts

    @property
    def stale(self) -> dict[str, list[Any]]:
        return _columns(("stale_at", "stale_of", "stale_from", "stale_to"), self.unsure)


def _rows(conn: Connection, statement: str, named: dict[str, Any]) -> list[tuple[Any, ...]]:
    return conn.execute(SQL[statement], named, prepare=False, binary=True).fetchall()


def _columns(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> dict[str, list[Any]]:
    return {name: [row[n] for row in rows] for n, name in enumerate(names)}
