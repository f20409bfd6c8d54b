"""Observations in: binary COPY into a staging table, then one INSERT that skips what is there already.

Measured against row-by-row inserts this is some 50 times as fast; against a bare COPY it costs 2 to 5 times.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import structlog

from fieldwatch_cloud.db.statements import statements

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection
    from fieldwatch_shared.messages import Observation

log = structlog.get_logger(__name__)
SQL = statements("staging")

Row: TypeAlias = tuple[Any, ...]
"""One observation as the columns of staged_observation."""

TYPES = (
    *("uuid", "uuid", "timestamptz", "timestamptz", "uuid", "float4", "float4", "int4", "int4"),
    *("text", "text", "text", "text", "float4[]"),
)
NAMED_UP_TO = 1000
"""In a larger batch nobody asks which rows were new: returning ids costs a tenth of the insert."""


def row(o: Observation) -> Row:
    """The columns of one observation. Much smaller than the model: a batch of models would keep a hundred
    thousand objects alive, and parsing into fresh memory takes twice as long as into memory just freed."""
    box = o.box
    return (
        o.id,
        o.deployment_id,
        o.observed_at,
        o.ended_at,
        o.media_id,
        o.clock.offset_s,
        o.confidence,
        o.count,
        o.frames,
        o.observation_type.value,
        o.clock.quality.value,
        o.scientific_name,
        o.model,
        None if box is None else [box.x, box.y, box.width, box.height],
    )


def prepare(conn: Connection) -> None:
    """Make the staging table; once per connection."""
    conn.execute(SQL["prepare"])


def insert(conn: Connection, rows: Sequence[Row]) -> tuple[int, set[UUID] | None]:
    """Insert what is new, inside the caller's transaction (which empties the staging table at its end).

    Returns:
        how many were new, and which ones; None instead of the ids for a batch of more than `NAMED_UP_TO`.

    Raises:
        psycopg's DataError: a value does not fit its column; see `pool.translated`.
    """
    if not rows:
        return 0, set()
    with conn.cursor() as cursor:
        with cursor.copy(SQL["stage"]) as copy:
            copy.set_types(TYPES)
            for values in rows:
                copy.write_row(values)
        ids: set[UUID] | None = None
        if len(rows) > NAMED_UP_TO:
            new = cursor.execute(SQL["insert"]).rowcount
        else:
            ids = {id_ for (id_,) in cursor.execute(SQL["insert_returning"])}
            new = len(ids)
        if new < len(rows):
            others = [str(id_) for (id_,) in cursor.execute(SQL["contradictions"])]
            if others:
                log.warning("observations.contradicted", ids=others, kept="the first")
    return new, ids
