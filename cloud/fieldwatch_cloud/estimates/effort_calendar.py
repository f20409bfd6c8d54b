"""How many hours each camera looked on each local day, by day and by night."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from fieldwatch_cloud.counts import occasions
from fieldwatch_cloud.counts.periods import days_between, midnight
from fieldwatch_cloud.db import counts, survey
from fieldwatch_cloud.errors import QuestionError
from fieldwatch_shared import sun

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection

MAX_CELLS = 200_000
"""Deployments times days of one answer."""


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    hours: float
    day_hours: float
    night_hours: float


@dataclass(frozen=True, slots=True)
class Row:
    deployment: survey.Deployment
    days: list[Day]
    """Only those with any effort."""


@dataclass(frozen=True, slots=True)
class Calendar:
    timezone: str
    rows: list[Row]


def calendar(
    conn: Connection, reserve_id: UUID, since: datetime, until: datetime, *, only: UUID | None = None
) -> Calendar:
    """To be called first in a transaction, which becomes read-only.

    Raises:
        QuestionError: the span is empty, or deployments and days are too many.
    """
    if until <= since:
        raise QuestionError("to must lie after from")
    counts.one_snapshot(conn)
    timezone, _ = survey.reserve(conn, reserve_id)
    found = survey.deployments(conn, reserve_id, None, only=only)
    # Before any list of days is made: a span may be 9999 years long.
    cells = max(len(found), 1) * ((until - since).days + 1)
    if cells > MAX_CELLS:
        raise QuestionError(
            f"{len(found)} deployments over {(until - since).days + 1} days: ask for a shorter span, or for "
            "one deployment"
        )
    zone = ZoneInfo(timezone)
    try:
        days = days_between(since, until, zone)
        edges = np.array([midnight(day, zone).timestamp() for day in days] + [until.timestamp()])
    except OverflowError as error:
        raise QuestionError("at the ends of the calendar there are no local days") from error
    spans = survey.looked(conn, [one.id for one in found], since, until)
    pieces = occasions.cut(spans.start, spans.end, edges)
    at, lasted = spans.deployment[pieces.span], pieces.end - pieces.start
    lit = np.zeros_like(lasted)
    for number, one in enumerate(found):
        here = at == number
        lit[here] = sun.daylight_seconds(pieces.start[here], pieces.end[here], one.lon, one.lat)
    hours, day_hours = np.zeros((2, len(found), len(days)))
    np.add.at(hours, (at, pieces.bin), lasted / 3600)
    np.add.at(day_hours, (at, pieces.bin), lit / 3600)
    return Calendar(
        timezone,
        [
            Row(
                one,
                [
                    Day(
                        days[n],
                        float(hours[number, n]),
                        float(day_hours[number, n]),
                        float(hours[number, n] - day_hours[number, n]),
                    )
                    for n in np.flatnonzero(hours[number])
                ],
            )
            for number, one in enumerate(found)
        ],
    )
