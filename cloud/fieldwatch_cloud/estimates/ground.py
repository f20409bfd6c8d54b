"""What every question begins with: which cameras stand in its area, and when they looked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import shapely  # type: ignore[import-untyped]
from pyproj import Geod

from fieldwatch_cloud.counts import verdict
from fieldwatch_cloud.db import counts, survey
from fieldwatch_cloud.sensitive import Sensitive

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from numpy.typing import NDArray

    from fieldwatch_cloud.counts.estimate import Finding
    from fieldwatch_cloud.db.pool import Connection

DAY_S = 86_400.0
NOTHING_HIDDEN = Sensitive({})
_GEOD = Geod(ellps="WGS84")


@dataclass(frozen=True, slots=True)
class Question:
    reserve_id: UUID
    area: str | None
    """GeoJSON geometry; None with `zone` None: the whole reserve."""
    zone: UUID | None
    since: datetime
    until: datetime
    taxa: tuple[str, ...] | None
    interval: timedelta = timedelta(minutes=30)
    rule: str = "last_record"
    min_confidence: float = 0.0
    hidden: Sensitive = NOTHING_HIDDEN
    """Species that are left out: who asks may not see where they are."""

    @property
    def asked_days(self) -> float:
        return (self.until - self.since) / timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Ground:
    question: Question
    timezone: str
    area: str | None
    """GeoJSON of the area, the zone or the reserve's boundary; None where that is not known."""
    deployments: Sequence[survey.Deployment]
    spans: survey.Spans

    @property
    def ids(self) -> list[UUID]:
        return [one.id for one in self.deployments]

    @property
    def area_km2(self) -> float | None:
        """On the ellipsoid."""
        if self.area is None:
            return None
        return abs(float(_GEOD.geometry_area_perimeter(shapely.from_geojson(self.area))[0])) / 1e6

    @property
    def camera_days(self) -> NDArray[np.float64]:
        """(deployments,)"""
        days = np.zeros(len(self.deployments))
        np.add.at(days, self.spans.deployment, (self.spans.end - self.spans.start) / DAY_S)
        return days

    @property
    def looked_days(self) -> float:
        """The part of the span in which at least one camera looked."""
        if not len(self.spans.start):
            return 0.0
        order = np.argsort(self.spans.start)
        start, end = self.spans.start[order], np.maximum.accumulate(self.spans.end[order])
        gap = np.maximum(start[1:] - end[:-1], 0).sum()
        return float((end[-1] - start[0] - gap) / DAY_S)

    def findings(self) -> list[Finding]:
        """What the effort cannot bear, and what is not told, whatever is counted."""
        days, hidden = self.camera_days, len(self.question.hidden.species)
        from_dates = sum(
            one.effort_from_dates and looked > 0 for one, looked in zip(self.deployments, days, strict=True)
        )
        return [
            *verdict.of_effort(
                days,
                asked_days=self.question.asked_days,
                looked_days=self.looked_days,
                from_dates=from_dates,
            ),
            *(verdict.of_withheld(hidden) if self.question.taxa is None else ()),
        ]


def read(conn: Connection, question: Question) -> Ground:
    """To be called first in a transaction, which becomes read-only.

    Raises:
        NotFoundError: the reserve has no such zone.
        QuestionError: more deployments or spans of effort than one answer reads.
    """
    counts.one_snapshot(conn)
    timezone, boundary = survey.reserve(conn, question.reserve_id)
    area = question.area
    if question.zone is not None:
        area = counts.zone_area(conn, question.reserve_id, question.zone)
    deployments = survey.deployments(conn, question.reserve_id, area)
    spans = survey.looked(conn, [one.id for one in deployments], question.since, question.until)
    return Ground(question, timezone, area or boundary, deployments, spans)


def record_findings(
    facts: Iterable[survey.Fact], ground: Ground, *, measured: frozenset[str], corrected: bool = False
) -> list[Finding]:
    """What the records cannot bear.

    Args:
        measured: models whose confusion table is known.
    """
    looked = ground.camera_days > 0
    listed = list(facts)

    def total(chosen: Iterable[survey.Fact]) -> int:
        return sum(fact.observations for fact in chosen)

    return list(
        verdict.of_records(
            observations=total(listed),
            labelled=total(fact for fact in listed if fact.labelled),
            without_effort=total(fact for fact in listed if not looked[fact.deployment]),
            unmeasured=total(fact for fact in listed if fact.model and fact.model not in measured),
            unsynchronised=total(
                fact
                for fact in listed
                if fact.unsynchronised and not ground.deployments[fact.deployment].clock_corrected
            ),
            min_confidence=ground.question.min_confidence,
            corrected=corrected,
        )
    )
