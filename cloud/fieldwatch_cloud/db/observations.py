"""Observations, page by page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg.rows import class_row

from fieldwatch_cloud.db.statements import statements

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection

SQL = statements("observations")


@dataclass(frozen=True, slots=True)
class Observation:
    id: UUID
    deployment_id: UUID
    observed_at: datetime
    ended_at: datetime
    received_at: datetime
    observation_type: str
    scientific_name: str | None
    count: int
    confidence: float
    frames: int
    box: list[float] | None
    """x, y, width, height as fractions of the picture."""
    media_id: UUID | None
    clock_quality: str
    clock_offset_s: float | None
    model: str


@dataclass(frozen=True, slots=True)
class Filter:
    """Which observations; None leaves a side open. A span includes its start and excludes its end."""

    since: datetime | None = None
    until: datetime | None = None
    taxon: str | None = None
    deployment: UUID | None = None
    min_confidence: float = 0.0


def page(
    conn: Connection,
    reserve_id: UUID,
    wanted: Filter,
    *,
    limit: int,
    before: tuple[datetime, UUID] | None = None,
    exact: bool = True,
) -> list[Observation]:
    """At most `limit` observations of a reserve, newest first.

    Args:
        before: (observed_at, id) of the last one of the page before; later arrivals never shift a page.
        exact: False: without those of sensitive species.
    """
    with conn.cursor(row_factory=class_row(Observation)) as cursor:
        return cursor.execute(
            SQL["page"],
            {
                "reserve_id": reserve_id,
                "since": wanted.since,
                "until": wanted.until,
                "taxon": wanted.taxon,
                "deployment": wanted.deployment,
                "min_confidence": wanted.min_confidence,
                "before_at": before[0] if before else None,
                "before_id": before[1] if before else None,
                "limit": limit,
                "exact": exact,
            },
            # A plan for "any filter" would fit none of them.
            prepare=False,
        ).fetchall()
