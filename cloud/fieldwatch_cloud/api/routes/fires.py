"""Incidents: what rangers act on."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from fieldwatch_cloud.api.auth import AnyMember, SignedIn
from fieldwatch_cloud.api.models.common import Instant, Point, problems
from fieldwatch_cloud.api.models.fires import (
    Incident,
    IncidentDetail,
    Incidents,
    IncidentSummary,
    LogEntry,
    State,
    Suspicion,
)
from fieldwatch_cloud.api.services import Db
from fieldwatch_cloud.db import fires
from fieldwatch_cloud.errors import NotFoundError
from fieldwatch_cloud.incidents.fuse import lateness
from fieldwatch_shared.messages import Box, ClockQuality, FireKind

router = APIRouter(tags=["incidents"])


@router.get(
    "/reserves/{slug}/incidents", summary="The incidents of a reserve", responses=problems(401, 404, 422)
)
def list_incidents(
    member: AnyMember,
    db: Db,
    state: Annotated[list[State] | None, Query(description="May be given several times.")] = None,
    from_: Annotated[Instant | None, Query(alias="from", description="Last seen at or after.")] = None,
    to: Annotated[Instant | None, Query(description="First seen before.")] = None,
) -> Incidents:
    with db.transaction() as conn:
        found = fires.incidents(
            conn, member.reserve_id, states=list(state) if state else None, since=from_, until=to
        )
    return Incidents(
        items=[
            IncidentSummary(
                **_common(row),
                suspicions=row.suspicions,
                deployment_id=row.deployment_id,
                location=Point(coordinates=(row.lon, row.lat)),
                bearing_deg=row.bearing_deg,
                media_id=row.media_id,
            )
            for row in found
        ]
    )


@router.get("/incidents/{incident_id}", summary="One incident in full", responses=problems(401, 404))
def get_incident(incident_id: UUID, caller: SignedIn, db: Db) -> IncidentDetail:
    with db.transaction() as conn:
        incident = fires.incident(conn, incident_id)
        if not caller.roles_in(incident.reserve):
            raise NotFoundError(f"no such incident: {incident_id}")
        suspicions = fires.suspicions(conn, incident_id)
        log = fires.log(conn, incident_id)
    return IncidentDetail(
        **_common(incident),
        suspicions=[_suspicion(row) for row in suspicions],
        log=[LogEntry(at=e.at, account=e.account, action=e.action, note=e.note) for e in log],
    )


def _common(row: fires.Incident) -> dict[str, object]:
    late = lateness(row.opener_observed_at, row.opener_received_at)
    return Incident(
        id=row.id,
        reserve=row.reserve,
        kind=FireKind(row.kind),
        state=row.state,
        first_seen_at=row.first_seen_at,
        last_seen_at=row.last_seen_at,
        opened_at=row.opened_at,
        late_s=late.total_seconds(),
    ).model_dump()


def _suspicion(row: fires.Suspicion) -> Suspicion:
    x, y, width, height = row.box
    return Suspicion(
        id=row.id,
        deployment_id=row.deployment_id,
        location=Point(coordinates=(row.lon, row.lat)),
        observed_at=row.observed_at,
        first_seen_at=row.first_seen_at,
        received_at=row.received_at,
        kind=FireKind(row.kind),
        confidence=row.confidence,
        box=Box(x=x, y=y, width=width, height=height),
        bearing_deg=row.bearing_deg,
        bearing_sd_deg=row.bearing_sd_deg,
        elevation_deg=row.elevation_deg,
        media_id=row.media_id,
        clock_quality=ClockQuality(row.clock_quality),
        clock_offset_s=row.clock_offset_s,
        model=row.model,
    )
