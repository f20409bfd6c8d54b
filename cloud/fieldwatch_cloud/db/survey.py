"""What the estimators need of an area and a time span: who looked when, and what was seen there.

All of one answer is read in one transaction, from one snapshot; everything by the corrected clock, people's
labels before the model's (see `seen` and `looked` in 0006). Times are seconds since 1970.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from psycopg.rows import class_row

from fieldwatch_cloud.counts.events import DEFAULT_RULE, kept
from fieldwatch_cloud.counts.packed import by_camera
from fieldwatch_cloud.db import kept_sums
from fieldwatch_cloud.db.statements import statements
from fieldwatch_cloud.errors import NotFoundError, QuestionError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta
    from uuid import UUID

    from numpy.typing import NDArray

    from fieldwatch_cloud.db.pool import Connection

SQL = statements("survey")
MAX_DEPLOYMENTS = 5_000
MAX_SPANS = 2_000_000
MAX_EVENTS = 500_000
MAX_RECORDS = 200_000


@dataclass(frozen=True, slots=True)
class Deployment:
    id: UUID
    location_name: str
    lon: float
    lat: float
    heading_deg: float | None
    tilt_deg: float | None
    field_of_view_deg: float | None
    height_m: float | None
    detection_distance_m: float | None
    effort_from_dates: bool
    """Of an imported data set that does not say when its cameras really looked."""
    clock_corrected: bool


@dataclass(frozen=True, slots=True)
class Spans:
    """(n,) each: spans in which a deployment looked; disjoint, in order of deployment and time."""

    deployment: NDArray[np.int64]
    """Index into the deployments that were asked for."""
    start: NDArray[np.float64]
    end: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Events:
    """(n,) each: independent events, in order of deployment and time."""

    deployment: NDArray[np.int64]
    taxon: NDArray[np.str_]
    """Scientific name; empty where an animal has none."""
    start: NDArray[np.float64]
    end: NDArray[np.float64]
    observations: NDArray[np.int64]
    labelled: NDArray[np.int64]
    max_n: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Records:
    """(n,) each: single observations, in order of deployment and time."""

    deployment: NDArray[np.int64]
    taxon: NDArray[np.str_]
    start: NDArray[np.float64]
    end: NDArray[np.float64]
    count: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Tally:
    """Events of one taxon at one deployment in one period."""

    deployment: int
    period: int
    scientific_name: str | None
    observation_type: str
    observations: int
    labelled: int
    individuals: int
    """Sum over events of MaxN."""
    events: int
    max_count: int


@dataclass(frozen=True, slots=True)
class Said:
    deployment: int
    period: int
    scientific_name: str | None
    model: str
    observations: int


@dataclass(frozen=True, slots=True)
class Fact:
    """So many observations with this voucher."""

    deployment: int
    scientific_name: str | None
    model: str | None
    """None: a person's word."""
    labelled: bool
    unsynchronised: bool
    observations: int


def reserve(conn: Connection, reserve_id: UUID) -> tuple[str, str | None]:
    """Time zone, and boundary as GeoJSON."""
    row = conn.execute(SQL["reserve"], {"reserve_id": reserve_id}).fetchone()
    if row is None:
        raise NotFoundError("no such reserve")
    return row[0], row[1]


def deployments(
    conn: Connection, reserve_id: UUID, area: str | None, *, only: UUID | None = None
) -> list[Deployment]:
    """Those that stand in `area` (GeoJSON; None: in the reserve), or stood there once.

    Raises:
        QuestionError: more than `MAX_DEPLOYMENTS`.
    """
    parameters = {"reserve_id": reserve_id, "area": area, "deployment": only}
    with conn.cursor(row_factory=class_row(Deployment)) as cursor:
        # Not prepared: a generic plan would parse the polygon anew for every deployment.
        found = cursor.execute(SQL["deployments"], parameters, prepare=False).fetchall()
    if len(found) > MAX_DEPLOYMENTS:
        raise QuestionError(
            f"{len(found)} deployments are more than the {MAX_DEPLOYMENTS} that one answer reads: "
            "ask for a smaller area"
        )
    return found


def looked(conn: Connection, ids: Sequence[UUID], since: datetime, until: datetime) -> Spans:
    """When each of `ids` looked.

    Raises:
        QuestionError: more than `MAX_SPANS`.
    """
    rows = _rows(conn, "looked", ids, since, until, MAX_SPANS, "spans of effort")
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    return _joined(
        np.array(columns[0], dtype=np.int64),
        np.array(columns[1], dtype=np.float64),
        np.array(columns[2], dtype=np.float64),
    )


def events(
    conn: Connection,
    ids: Sequence[UUID],
    since: datetime,
    until: datetime,
    *,
    taxa: Sequence[str] | None,
    interval: timedelta,
    min_confidence: float,
    rule: str = DEFAULT_RULE,
) -> Events:
    """Independent events that start in the span, of `taxa` (None: of all animals).

    Raises:
        QuestionError: more than `MAX_EVENTS`.
    """
    rows = _rows(
        conn,
        "events" if kept(interval, rule, min_confidence) else "events_by",
        ids,
        since,
        until,
        MAX_EVENTS,
        "events",
        taxa=None if taxa is None else list(taxa),
        interval=interval,
        rule=rule,
        min_confidence=min_confidence,
    )
    columns = list(zip(*rows, strict=True)) or [()] * 7
    whole = [np.array(columns[n], dtype=np.int64) for n in (0, 4, 5, 6)]
    return Events(
        deployment=whole[0],
        taxon=np.array([name or "" for name in columns[1]], dtype=np.str_),
        start=np.array(columns[2], dtype=np.float64),
        end=np.array(columns[3], dtype=np.float64),
        observations=whole[1],
        labelled=whole[2],
        max_n=whole[3],
    )


def records(
    conn: Connection,
    ids: Sequence[UUID],
    since: datetime,
    until: datetime,
    *,
    taxa: Sequence[str],
    min_confidence: float,
) -> Records:
    """Single observations that start in the span.

    Raises:
        QuestionError: more than `MAX_RECORDS`.
    """
    rows = _rows(
        conn,
        "records",
        ids,
        since,
        until,
        MAX_RECORDS,
        "observations",
        taxa=list(taxa),
        min_confidence=min_confidence,
    )
    columns = list(zip(*rows, strict=True)) or [()] * 5
    return Records(
        deployment=np.array(columns[0], dtype=np.int64),
        taxon=np.array(columns[1], dtype=np.str_),
        start=np.array(columns[2], dtype=np.float64),
        end=np.array(columns[3], dtype=np.float64),
        count=np.array(columns[4], dtype=np.int64),
    )


def tallies(
    conn: Connection,
    ids: Sequence[UUID],
    edges: Sequence[datetime],
    *,
    taxa: Sequence[str] | None,
    interval: timedelta,
    rule: str,
    min_confidence: float,
) -> list[Tally]:
    """Events by deployment, taxon and period; those between the first and the last of `edges`, rising.

    Where sums are kept (the default rule), one period (of a grid, of a comparison's side) is read from them:
    some rows for a deployment, however many events it has. Several are made of the kept events.

    Raises:
        QuestionError: more than `MAX_EVENTS` rows.
    """
    by_default = kept(interval, rule, min_confidence)
    if by_default and len(edges) == 2:
        return _summed(conn, ids, edges[0], edges[1], taxa)
    rows = _rows(
        conn,
        "tallies" if by_default else "tallies_by",
        ids,
        edges[0],
        edges[-1],
        MAX_EVENTS,
        "counts",
        edges=list(edges),
        taxa=None if taxa is None else list(taxa),
        interval=interval,
        rule=rule,
        min_confidence=min_confidence,
    )
    return [Tally(*row) for row in rows]


def _summed(
    conn: Connection, ids: Sequence[UUID], since: datetime, until: datetime, taxa: Sequence[str] | None
) -> list[Tally]:
    sums, names_of = kept_sums.events(conn, ids, since, until, kept_sums.marked(conn, ids))()
    names = names_of()
    found = [
        Tally(one.place, 0, *names[one.taxon], *one.figures)
        for one in by_camera(sums)
        if taxa is None or names[one.taxon][0] in taxa
    ]
    _at_most(len(found), MAX_EVENTS, "counts")
    return found


def said(
    conn: Connection, ids: Sequence[UUID], edges: Sequence[datetime], *, min_confidence: float
) -> list[Said]:
    """What models called animals, by period: only what no person has labelled.

    Raises:
        QuestionError: more than `MAX_EVENTS` rows.
    """
    rows = _rows(
        conn,
        "said",
        ids,
        edges[0],
        edges[-1],
        MAX_EVENTS,
        "counts",
        edges=list(edges),
        min_confidence=min_confidence,
    )
    return [Said(*row) for row in rows]


def facts(
    conn: Connection,
    ids: Sequence[UUID],
    since: datetime,
    until: datetime,
    *,
    taxa: Sequence[str] | None,
    min_confidence: float,
) -> list[Fact]:
    """Who vouches for the observations of `taxa` (None: of all animals)."""
    parameters = _parameters(ids, since, until) | {
        "taxa": None if taxa is None else list(taxa),
        "min_confidence": min_confidence,
    }
    return [Fact(*row) for row in conn.execute(SQL["facts"], parameters, prepare=False)]


def _rows(
    conn: Connection,
    name: str,
    ids: Sequence[UUID],
    since: datetime,
    until: datetime,
    most: int,
    what: str,
    **more: Any,
) -> list[tuple[Any, ...]]:
    parameters = _parameters(ids, since, until) | {"most": most + 1} | more
    found = conn.execute(SQL[name], parameters, prepare=False).fetchall()
    _at_most(len(found), most, what)
    return found


def _at_most(found: int, most: int, what: str) -> None:
    if found > most:
        raise QuestionError(
            f"more than {most:,} {what}: ask for a smaller area, a shorter span or fewer taxa"
        )


def _parameters(ids: Sequence[UUID], since: datetime, until: datetime) -> dict[str, Any]:
    return {"deployments": list(ids), "since": since, "until": until}


def _joined(deployment: NDArray[np.int64], start: NDArray[np.float64], end: NDArray[np.float64]) -> Spans:
    """Spans that touch become one: one that lasts over midnight is stored in two."""
    if not len(start):
        return Spans(deployment, start, end)
    opens = np.ones(len(start), dtype=bool)
    opens[1:] = (deployment[1:] != deployment[:-1]) | (start[1:] > end[:-1])
    first = np.flatnonzero(opens)
    last = np.append(first[1:], len(start)) - 1
    return Spans(deployment[first], start[first], end[last])
