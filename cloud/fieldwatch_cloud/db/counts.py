"""Events, MaxN and effort within a polygon and a time span, worked out where the rows are.

The polygon picks deployments first, and their ids then lead through the index (deployment, time): one joined
statement is slower, because the planner cannot know how many deployments a polygon holds. Its edges are
straight in longitude and latitude, as a map draws them over the breadth of a reserve.

An observation belongs to the span in which it starts. One that began before the span is left out even if it
lasts into it, and one that lasts beyond its end is counted whole; so neighbouring spans share no observation,
while an event that straddles their border counts in each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row

from fieldwatch_cloud.db.statements import statements

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection

SQL = statements("counts")


@dataclass(frozen=True, slots=True)
class Query:
    reserve_id: UUID
    area: str | None
    """GeoJSON geometry; None: the whole reserve."""
    since: datetime
    until: datetime
    interval: timedelta
    taxa: list[str] | None = None
    min_confidence: float = 0.0


@dataclass(frozen=True, slots=True)
class TaxonCount:
    scientific_name: str | None
    observation_type: str
    observations: int
    individuals: int
    """Sum over events of MaxN."""
    events: int
    max_count: int
    deployments: int


@dataclass(frozen=True, slots=True)
class Counted:
    area_km2: float | None
    deployments: list[UUID]
    """All that stand in the area, or stood there once."""
    camera_days: dict[UUID, float]
    """Only deployments with any effort."""
    taxa: list[TaxonCount]
    observations_without_effort: int


def count(conn: Connection, query: Query) -> Counted:
    """Answer `query` from one snapshot. To be called first in a transaction, which becomes read-only."""
    conn.execute(SQL["one_instant"])
    conn.execute(SQL["room_to_sort"])
    conn.execute(SQL["not_for_ever"])
    place = {"reserve_id": query.reserve_id, "area": query.area}
    row = conn.execute(SQL["area_km2"], place).fetchone()
    # Not prepared: a generic plan would parse the polygon anew for every deployment.
    ids = [id_ for (id_,) in conn.execute(SQL["deployments_within"], place, prepare=False)]
    camera_days = effort_by_deployment(conn, ids, query.since, query.until)
    return Counted(
        area_km2=row[0] if row else None,
        deployments=ids,
        camera_days=camera_days,
        taxa=events_by_taxon(conn, ids, query),
        observations_without_effort=_observations_at(conn, [i for i in ids if i not in camera_days], query),
    )


def effort_by_deployment(
    conn: Connection, deployments: Sequence[UUID], since: datetime, until: datetime
) -> dict[UUID, float]:
    """Camera-days of each deployment that has any; see `counts.effort.camera_days`."""
    rows = conn.execute(
        SQL["effort_by_deployment"],
        {"deployments": list(deployments), "since": since, "until": until},
        prepare=False,
    )
    return {id_: days for id_, days in rows if days > 0}


def events_by_taxon(conn: Connection, deployments: Sequence[UUID], query: Query) -> list[TaxonCount]:
    """Counts per taxon, most events first; see `counts.events.independent_events`."""
    with conn.cursor(row_factory=class_row(TaxonCount)) as cursor:
        parameters = _parameters(deployments, query) | {"interval": query.interval}
        return cursor.execute(SQL["events_by_taxon"], parameters, prepare=False).fetchall()


def _observations_at(conn: Connection, deployments: Sequence[UUID], query: Query) -> int:
    if not deployments:
        return 0
    row = conn.execute(SQL["observations_at"], _parameters(deployments, query), prepare=False).fetchone()
    return int(row[0]) if row else 0


def _parameters(deployments: Sequence[UUID], query: Query) -> dict[str, Any]:
    return {
        "deployments": list(deployments),
        "since": query.since,
        "until": query.until,
        "min_confidence": query.min_confidence,
        "taxa": query.taxa,
    }
