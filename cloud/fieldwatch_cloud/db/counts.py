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
from datetime import UTC
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from psycopg.rows import class_row

from fieldwatch_cloud.counts.events import DEFAULT_INTERVAL, DEFAULT_RULE, Rule
from fieldwatch_cloud.counts.packed import Sums, tallies, unpacked, unpacked_events
from fieldwatch_cloud.counts.pieces import pieces, without
from fieldwatch_cloud.db.statements import statements
from fieldwatch_cloud.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime, timedelta
    from uuid import UUID

    from numpy.typing import NDArray

    from fieldwatch_cloud.counts.events import TaxonKey
    from fieldwatch_cloud.counts.pieces import Form
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
    marked = _marked(conn, ids)
    camera_days = _effort(conn, ids, query.since, query.until, marked)
    blind = np.flatnonzero(camera_days == 0)
    return Counted(
        area_km2=row[0] if row else None,
        deployments=ids,
        camera_days=camera_days,
        from_dates=from_dates & set(ids) if from_dates else from_dates,
        taxa=_events(conn, ids, query, blind, marked),
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


def newest(conn: Connection, deployments: Sequence[UUID], since: datetime, until: datetime) -> list[Newest]:
    """Detectors and clocks as cameras' newest records tell them; cameras without a record are left out.

    Of many cameras every second, third, ... is asked, so that some fifty are: this is for a word of caution.
    """
    some = list(deployments)[:: max(1, len(deployments) // NEWEST_OF)]
    named = {"deployments": _array(some), "since": since, "until": until}
    return [Newest(*row) for row in _rows(conn, SQL["newest"], named)]


def effort_by_deployment(
    conn: Connection, deployments: Sequence[UUID], since: datetime, until: datetime
) -> dict[UUID, float]:
    """Camera-days of each deployment that has any; see `counts.effort.camera_days`."""
    days = _effort(conn, deployments, since, until, _marked(conn, deployments))
    return {id_: looked for id_, looked in zip(deployments, days.tolist(), strict=True) if looked}


def events_by_taxon(
    conn: Connection, deployments: Sequence[UUID], query: Query, *, blind: Sequence[UUID] = ()
) -> list[Tally]:
    """Counts per taxon, most events first; see `counts.events.independent_events`.

    Args:
        blind: those of the deployments that reported no effort.
    """
    unseen = set(blind)
    places = np.array([n for n, id_ in enumerate(deployments) if id_ in unseen], np.int64)
    return _events(conn, deployments, query, places, _marked(conn, deployments))


@dataclass(frozen=True, slots=True)
class _Marked:
    """Deployments with markers: where sums may not hold."""

    counts: list[UUID]
    effort: list[UUID]


def _marked(conn: Connection, deployments: Sequence[UUID]) -> _Marked:
    # Mostly there are none, and planning the statement that says where takes longer than the answer.
    ((counts, effort),) = _rows(conn, SQL["marked"], {"deployments": _array(deployments)})
    return _Marked(counts, effort)


def _effort(
    conn: Connection, deployments: Sequence[UUID], since: datetime, until: datetime, marked: _Marked
) -> NDArray[np.float64]:
    """(deployments,) camera-days."""
    cuts = _Cuts.around(deployments, since, until, _stale(conn, "stale_effort", marked.effort, since, until))
    edges = [
        (n, at.astimezone(UTC).date(), at, sign)
        for n, *span in cuts.sure
        for at, sign in zip(span, (-1, 1), strict=True)
    ]
    named = cuts.asked | _columns(("edge_of", "edge_day", "edge_at", "edge_sign"), edges)
    days = np.zeros(len(deployments))
    for place, seconds in _rows(conn, SQL["effort"], named):
        days[place] = seconds / 86400
    if cuts.unsure:
        for place, seconds in _rows(conn, SQL["effort_of_stale"], cuts.stale):
            days[place] += seconds / 86400
    return days


def _events(
    conn: Connection, deployments: Sequence[UUID], query: Query, blind: NDArray[np.int64], marked: _Marked
) -> list[Tally]:
    if query.by_sums:
        sums, names = _from_sums(conn, deployments, query, marked)
    else:
        sums, names = _from_records(conn, deployments, query)
    counted = tallies(sums, names, len(deployments), blind)
    return [one for one in counted if query.taxa is None or one.scientific_name in query.taxa]


def _from_sums(
    conn: Connection, deployments: Sequence[UUID], query: Query, marked: _Marked
) -> tuple[Sums, dict[int, TaxonKey]]:
    since, until = query.since, query.until
    cuts = _Cuts.around(deployments, since, until, _stale(conn, "stale", marked.counts, since, until))
    cut = [(n, one.form, one.first, one.last) for n, *span in cuts.sure for one in pieces(*span)]
    rows = _rows(
        conn,
        _from_pieces(tuple(sorted({form for _, form, *_ in cut}))),
        cuts.asked | _columns(("piece_of", "form", "first", "last"), cut),
    )
    days = [(place, events) for place, events, _ in rows if events]
    sums = unpacked([place for place, _, _ in rows], [each for _, _, each in rows]) + unpacked_events(
        [place for place, _ in days], [events for _, events in days], since, until
    )
    numbers = {"numbers": np.unique(sums.taxa).tolist()}
    names = {number: (name, kind) for number, name, kind in _rows(conn, SQL["taxa"], numbers)}
    if cuts.unsure:
        sums += _numbered(_rows(conn, SQL["from_stale"], cuts.stale), names)
    return sums, names


def _from_records(
    conn: Connection, deployments: Sequence[UUID], query: Query
) -> tuple[Sums, dict[int, TaxonKey]]:
    named = {
        "deployments": _array(deployments),
        "since": query.since,
        "until": query.until,
        "interval": query.interval,
        "rule": query.rule,
        "min_confidence": query.min_confidence,
    }
    names: dict[int, TaxonKey] = {}
    return _numbered(_rows(conn, SQL["from_records"], named), names), names


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
    conn: Connection, statement: str, deployments: list[UUID], since: datetime, until: datetime
) -> dict[UUID, list[tuple[datetime, datetime]]]:
    """Where sums do not hold, by deployment, in order."""
    found: dict[UUID, list[tuple[datetime, datetime]]] = defaultdict(list)
    if deployments:
        named = {"deployments": deployments, "since": since, "until": until}
        for id_, start, end in conn.execute(SQL[statement], named, prepare=False):
            found[id_].append((start, end))
    return found


@dataclass(frozen=True, slots=True)
class _Cuts:
    """Where sums answer, and where records have to: one cut for all deployments without markers, and
    one for each of the others."""

    asked: dict[str, Any]
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
        numbers = ["0"] * len(deployments)
        sure: list[tuple[int, datetime, datetime]] = [(0, since, until)]
        unsure: list[tuple[int, UUID, datetime, datetime]] = []
        places = {id_: n for n, id_ in enumerate(deployments)} if stale else {}
        for number, (id_, spans) in enumerate(stale.items(), start=1):
            numbers[places[id_]] = str(number)
            holding, others = without(since, until, spans)
            sure += [(number, *span) for span in holding]
            unsure += [(places[id_], id_, *span) for span in others]
        return cls({"deployments": _array(deployments), "cuts": "{" + ",".join(numbers) + "}"}, sure, unsure)

    @property
    def stale(self) -> dict[str, list[Any]]:
        return _columns(("stale_at", "stale_of", "stale_from", "stale_to"), self.unsure)


@cache
def _from_pieces(forms: tuple[Form, ...]) -> bytes:
    return SQL["from_sums"] + b"\nUNION ALL\n".join(SQL[form] for form in forms)


def _rows(conn: Connection, statement: bytes, named: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Prepared: planning takes as long as some of them, and no parameter changes the best plan."""
    return conn.execute(statement, named, prepare=True, binary=True).fetchall()


def _array(ids: Iterable[UUID]) -> str:
    """As PostgreSQL writes it: psycopg takes a millisecond for hundreds of UUIDs in a list."""
    return "{" + ",".join([id_.hex for id_ in ids]) + "}"


def _columns(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> dict[str, list[Any]]:
    return {name: [row[n] for row in rows] for n, name in enumerate(names)}
