"""A reserve's records as features, page by page: for exports and the OGC API.

    Selection ─▶ deployments, in order ─▶ seen() | events() | looked() of each ─▶ rows by deployment and time

Pages follow a key and no offset: what arrives while somebody turns them never shifts or doubles a row.
Walking deployment by deployment, a page reads little more than it shows, however much the reserve holds.

Where a sensitive species was, those who may not know see a blurred place, and neither camera nor picture.
These rows come after all others, by time alone: beside a camera's other rows they would say whose they are.
"""

from __future__ import annotations

import math
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from psycopg.rows import dict_row

from fieldwatch_cloud import sensitive as rules
from fieldwatch_cloud.db import sensitive
from fieldwatch_cloud.db.pool import translated
from fieldwatch_cloud.db.statements import statements
from fieldwatch_cloud.errors import NotFoundError, RowRefusedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fieldwatch_cloud.db.columns import Name
    from fieldwatch_cloud.db.pool import Connection, Database

SQL = statements("features")
Row = dict[str, Any]
"""`id`, the collection's columns, and `wkb`: the geometry (WGS 84, longitude first) or None."""
FAR_PAST = datetime(1, 1, 2, tzinfo=UTC)
FAR_FUTURE = datetime(9999, 12, 30, tzinfo=UTC)
AT_ONCE = 64
"""Deployments that one statement may look at, once the first few gave little."""

_PER_DEPLOYMENT = frozenset({"observations", "events", "effort"})
_OF_SPECIES = frozenset({"observations", "events"})
_CELL = ("cell_ids", "cell_ms", "cell_lons", "cell_lats", "cell_uncertainties")


@dataclass(frozen=True, slots=True)
class Selection:
    """Which features of a reserve. A span includes its start and excludes its end, by corrected clocks."""

    reserve_id: UUID
    exact: bool
    """Whether places of sensitive species may be told."""
    since: datetime | None = None
    until: datetime | None = None
    area: str | None = None
    """GeoJSON: features that share a place with it, as they are shown."""
    deployments: tuple[UUID, ...] | None = None
    taxa: tuple[str, ...] | None = None
    """Of observations and events."""
    min_confidence: float = 0.0
    """Of observations; a person's word has 1."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on a collection's columns (`db.cql2`): SQL whose every value is a parameter."""

    sql: bytes = b"true"
    values: tuple[tuple[str, Any], ...] = ()


ANYTHING = Condition()


@dataclass(frozen=True, slots=True)
class After:
    """Where the page before ended."""

    at: datetime
    id: str


@contextmanager
def snapshot(database: Database, seconds: int) -> Iterator[Connection]:
    """A transaction that sees one instant of the records; each statement may take so many seconds."""
    with database.transaction() as conn:
        conn.execute(SQL["one_instant"])
        not_for_ever(conn, seconds)
        yield conn


def not_for_ever(conn: Connection, seconds: int) -> None:
    conn.execute(SQL["not_for_ever"], {"seconds": str(seconds)})


def extent(conn: Connection, reserve_id: UUID) -> tuple[float, float, float, float] | None:
    """West, south, east, north of all that has a fixed place; None: nothing has."""
    row = conn.execute(SQL["extent"], {"reserve_id": reserve_id}).fetchone()
    return None if row is None or row[0] is None else (row[0], row[1], row[2], row[3])


def began(conn: Connection, reserve_id: UUID) -> datetime | None:
    """When the first deployment began."""
    row = conn.execute(SQL["began"], {"reserve_id": reserve_id}).fetchone()
    return row[0] if row else None


def page(
    conn: Connection,
    name: Name,
    selection: Selection,
    *,
    limit: int,
    after: After | None = None,
    condition: Condition = ANYTHING,
) -> list[Row]:
    """At most `limit` features, from behind `after`.

    Raises:
        QueryTimeoutError: too much to look through for a page.
        RowRefusedError: a value of the condition, or `area`, cannot be.
    """
    with translated():
        if name not in _PER_DEPLOYMENT:
            return _rows(conn, name, selection, (), limit=limit, after=after, condition=condition)
        found: list[Row] = []
        if after is None or not after.id.startswith("hidden."):
            found = _walk(conn, name, selection, limit, after, condition)
            after = None
        if name in _OF_SPECIES and not selection.exact and len(found) < limit:
            found += _hidden(conn, name, selection, limit - len(found), after, condition)
        return found


def pages(
    conn: Connection, name: Name, selection: Selection, *, size: int = 20_000, condition: Condition = ANYTHING
) -> Iterator[list[Row]]:
    """All of it, `size` rows at a time: no more of them are in memory."""
    after = None
    while rows := page(conn, name, selection, limit=size, after=after, condition=condition):
        yield rows
        if len(rows) < size:
            return
        after = key(rows[-1])


def one(conn: Connection, name: Name, selection: Selection, id_: str) -> Row:
    """The feature of that id, if `selection` lets it be seen.

    Raises:
        NotFoundError: there is none.
    """
    at_its_time = selection
    if name in _PER_DEPLOYMENT:
        deployment, _, rest = id_.partition(".")
        try:
            at = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=int(rest.partition(".")[0]))
            ids = None if deployment == "hidden" else (UUID(deployment),)
            until = at + (timedelta(days=1) if name == "effort" else timedelta(microseconds=1))
        except (ValueError, OverflowError) as error:
            raise NotFoundError(f"no such feature: {id_!r}") from error
        at_its_time = replace(selection, since=at, until=until, deployments=ids)
    else:
        try:
            UUID(id_)
        except ValueError as error:
            raise NotFoundError(f"no such feature: {id_!r}") from error
    is_it = Condition(b"f.id = %(id)s::text", (("id", id_),))
    found = page(conn, name, at_its_time, limit=1, condition=is_it)
    if not found:
        raise NotFoundError(f"no such feature: {id_!r}")
    return found[0]


def count(conn: Connection, name: Name, selection: Selection, condition: Condition = ANYTHING) -> int | None:
    """How many there are; None for collections where counting would take as long as reading them."""
    if name in _PER_DEPLOYMENT:
        return None
    statement = b"\n".join((SQL["count_begin"], SQL[name], SQL["count_end"]))
    with translated():
        row = conn.execute(
            statement.replace(b"%(filter)s", condition.sql),
            _parameters(selection, ()) | dict(condition.values) | {"shape": selection.area},
            prepare=False,
        ).fetchone()
    return int(row[0]) if row else 0


def key(row: Row) -> After:
    """Where a page that ends with this row ends."""
    return After(row["at"], row["id"])


def pictures(
    conn: Connection,
    selection: Selection,
    deployment: UUID,
    *,
    limit: int,
    after: tuple[datetime, UUID] | None = None,
) -> list[Row]:
    """Kept pictures of one deployment in order of time, each with its boxes: people's where they gave any,
    else the model's."""
    with translated(), conn.cursor(row_factory=dict_row) as cursor:
        parameters = _parameters(selection, ()) | {
            "deployment": deployment,
            "exact": selection.exact,
            "after_at": after[0] if after else None,
            "after_id": after[1] if after else None,
            "limit": limit,
        }
        return cursor.execute(SQL["pictures"], parameters, prepare=False).fetchall()


def chosen(conn: Connection, selection: Selection) -> list[UUID]:
    """The deployments of a selection, in the order in which they are walked through."""
    parameters = {
        "reserve_id": selection.reserve_id,
        "area": selection.area,
        "ids": None if selection.deployments is None else list(selection.deployments),
    }
    with translated():
        return [id_ for (id_,) in conn.execute(SQL["chosen"], parameters, prepare=False)]


def _walk(
    conn: Connection,
    name: Name,
    selection: Selection,
    limit: int,
    after: After | None,
    condition: Condition,
) -> list[Row]:
    ids = chosen(conn, selection)
    if after is not None:
        reached = _deployment_of(after)
        ids = [id_ for id_ in ids if id_ >= reached]
        if not ids or ids[0] != reached:
            after = None
    found: list[Row] = []
    here = replace(selection, area=None)  # The deployments were chosen by it.
    take = 1
    while ids and len(found) < limit:
        now, ids = ids[:take], ids[take:]
        found += _rows(conn, name, here, now, limit=limit - len(found), after=after, condition=condition)
        after, take = None, min(2 * take, AT_ONCE)
    return found


def _hidden(
    conn: Connection,
    name: Name,
    selection: Selection,
    limit: int,
    after: After | None,
    condition: Condition,
) -> list[Row]:
    species = sensitive.species(conn, selection.reserve_id)
    if not species.species or selection.deployments is not None:
        return []  # Which camera it was may not be told: so nothing of it is found by its camera.
    selection = replace(selection, since=_day(selection.since), until=_day(selection.until, after=True))
    everywhere = chosen(conn, replace(selection, area=None))
    cells = _cells(conn, selection.reserve_id, species)
    return _rows(
        conn, name, selection, everywhere, limit=limit, after=after, condition=condition, cells=cells
    )


def _day(at: datetime | None, *, after: bool = False) -> datetime | None:
    """Its UTC day's beginning, or the next one's: spans of a minute would tell the instant."""
    if at is None:
        return None
    at = max(FAR_PAST, min(at.astimezone(UTC), FAR_FUTURE))
    begin = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return begin if begin == at or not after else begin + timedelta(days=1)


def _rows(
    conn: Connection,
    name: Name,
    selection: Selection,
    deployments: Sequence[UUID],
    *,
    limit: int,
    after: After | None,
    condition: Condition,
    cells: dict[str, list[Any]] | None = None,
) -> list[Row]:
    parameters = _parameters(selection, deployments)
    if name in _OF_SPECIES:
        species = rules.Sensitive({}) if selection.exact else sensitive.species(conn, selection.reserve_id)
        parameters |= {
            "sensitive": cells is not None,
            "blur_names": [one.lower() for one in species.species],
            "blur_ms": list(species.species.values()),
        }
        parameters |= cells or {column: [] for column in _CELL}
    parameters |= {
        "first_since": max(parameters["since"], after.at) if after else parameters["since"],
        "after_at": after.at if after else None,
        "after_id": after.id if after else None,
        "shape": selection.area,
        "limit": limit,
        **dict(condition.values),
    }
    told = SQL["as_told"] if name in _OF_SPECIES else b""
    statement = b"\n".join((SQL["page_begin"], SQL[name], told, SQL["page_end"]))
    with conn.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(
            statement.replace(b"%(filter)s", condition.sql), parameters, prepare=False
        ).fetchall()
    for row in found:
        del row["geometry"], row["ordinal"]
    return found


def _cells(conn: Connection, reserve_id: UUID, species: rules.Sensitive) -> dict[str, list[Any]]:
    """What is told instead of each deployment's place, for each breadth of blur."""
    places = sensitive.places(conn, reserve_id)
    told: dict[tuple[float, float, int], rules.Blurred] = {}
    cells: dict[str, list[Any]] = {column: [] for column in _CELL}
    deployments = conn.execute(SQL["places"], {"reserve_id": reserve_id}).fetchall()
    blurs = sorted(set(species.species.values()))
    # A camera's own uncertainty would name it: all of a cell have that of its most uncertain one.
    most: dict[rules.Blurred, int] = {}
    for _, lon, lat, uncertain_m in deployments:
        for blur_m in blurs:
            if (instead := told.get((lon, lat, blur_m))) is None:
                instead = rules.blurred(lon, lat, blur_m, places=places)
                told[lon, lat, blur_m] = instead
            most[instead] = max(most.get(instead, 0), math.ceil(uncertain_m or 0))
    for id_, lon, lat, _ in deployments:
        for blur_m in blurs:
            instead = told[lon, lat, blur_m]
            values = (id_, blur_m, instead.lon, instead.lat, instead.uncertainty_m + most[instead])
            for name, value in zip(cells, values, strict=True):
                cells[name].append(value)
    return cells


def _parameters(selection: Selection, deployments: Sequence[UUID]) -> dict[str, Any]:
    return {
        "reserve_id": selection.reserve_id,
        "deployments": list(deployments),
        "ids": None if selection.deployments is None else list(selection.deployments),
        "since": selection.since or FAR_PAST,
        "until": selection.until or FAR_FUTURE,
        "taxa": None if selection.taxa is None else list(selection.taxa),
        "min_confidence": selection.min_confidence,
    }


def _deployment_of(after: After) -> UUID:
    try:
        return UUID(after.id.partition(".")[0])
    except ValueError as error:
        raise RowRefusedError(f"no page of ours ended at {after.id!r}") from error
