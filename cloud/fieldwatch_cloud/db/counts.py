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

from psycopg.rows import class_row

from fieldwatch_cloud.counts.events import DEFAULT_INTERVAL, DEFAULT_RULE, Rule
from fieldwatch_cloud.counts.pieces import pieces
from fieldwatch_cloud.counts.tally import Tally
from fieldwatch_cloud.db.statements import statements
from fieldwatch_cloud.errors import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection

SQL = statements("counts")


def _by_taxon(*parts: str) -> bytes:
    return b"\n".join(SQL[name] for name in ("by_taxon", *parts, "end_by_taxon"))


_FROM_SUMS = _by_taxon("from_sums")
_FROM_SUMS_AND_STALE = _by_taxon("from_sums", "from_stale")
_FROM_RECORDS = _by_taxon("from_records")
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
    cuts = _cuts(deployments, since, until, _stale(conn, "effort", named))
    return {id_: days for id_, days in conn.execute(SQL["effort"], cuts, prepare=False) if days > 0}


def events_by_taxon(
    conn: Connection, deployments: Sequence[UUID], query: Query, *, blind: Sequence[UUID] = ()
) -> list[Tally]:
    """Counts per taxon, most events first; see `counts.events.independent_events`.

    Args:
        blind: those of the deployments that reported no effort.
    """
    named: dict[str, Any] = {
        "deployments": list(deployments),
        "since": query.since,
        "until": query.until,
        "interval": query.interval,
        "rule": query.rule,
        "min_confidence": query.min_confidence,
        "taxa": query.taxa,
        "blind": list(blind),
    }
    statement = _FROM_RECORDS
    if query.by_sums:
        stale = _stale(conn, "counts", named)
        statement = _FROM_SUMS_AND_STALE if stale else _FROM_SUMS
        named |= _cuts(deployments, query.since, query.until, stale)
        if not stale:
            conn.execute(SQL["by_hash"])
    rows = conn.execute(statement, named, prepare=False)
    return [
        Tally(name, kind, observed, labelled, heads, events, most, dict(zip(at, each, strict=True)), blind_to)
        for name, kind, observed, labelled, heads, events, most, at, each, blind_to in rows
    ]


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


def _cuts(
    deployments: Sequence[UUID],
    since: datetime,
    until: datetime,
    stale: dict[UUID, list[tuple[datetime, datetime]]],
) -> dict[str, list[Any]]:
    """How the span is cut into pieces, as the arrays that the statements unnest: once for all deployments
    without markers (`sure`), and for each of the others."""
    common = pieces(since, until)
    own = {id_: pieces(since, until, spans) for id_, spans in stale.items()}
    return {
        "sure": [id_ for id_ in deployments if id_ not in own],
        **_columns(("tier", "sum_from", "sum_to"), common.sums),
        **_columns(("span_from", "span_to"), common.spans),
        **_columns(
            ("stale_sum_of", "stale_tier", "stale_sum_from", "stale_sum_to"),
            [(id_, *each) for id_, cut in own.items() for each in cut.sums],
        ),
        **_columns(
            ("stale_of", "stale_from", "stale_to"),
            [(id_, *each) for id_, cut in own.items() for each in cut.spans],
        ),
    }


def _columns(names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> dict[str, list[Any]]:
    return {name: [row[n] for row in rows] for n, name in enumerate(names)}
