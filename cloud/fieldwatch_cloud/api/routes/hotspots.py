"""Satellites' hotspots."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import JSONResponse

from fieldwatch_cloud.alarms import firms_feed
from fieldwatch_cloud.alarms import hotspots as alarms
from fieldwatch_cloud.api.auth import AnyMember, Manager
from fieldwatch_cloud.api.models.common import Instant, Point, problems
from fieldwatch_cloud.api.models.hotspots import (
    Hotspot,
    HotspotProperties,
    Hotspots,
    ImportedHotspots,
    RejectedRow,
)
from fieldwatch_cloud.api.problems import problem
from fieldwatch_cloud.api.services import Db
from fieldwatch_cloud.db import hotspots, jobs
from fieldwatch_cloud.incidents.table import reasons

router = APIRouter(tags=["hotspots"])


async def raw_body(_: Manager, request: Request) -> bytes:
    """Read only once we know who sends it."""
    return await request.body()


@router.get(
    "/reserves/{slug}/hotspots",
    summary="What satellites saw in the reserve and around it",
    responses=problems(401, 404, 422),
)
def list_hotspots(
    member: AnyMember,
    db: Db,
    from_: Annotated[Instant | None, Query(alias="from", description="Observed at or after.")] = None,
    to: Annotated[Instant | None, Query(description="Observed before.")] = None,
) -> Hotspots:
    """In the reserve, and within 50 km around it."""
    with db.transaction() as conn:
        found = hotspots.of_reserve(conn, member.reserve_id, since=from_, until=to)
        fetched_at = jobs.last_finished(conn, firms_feed.JOB)
    return Hotspots(features=[_hotspot(row) for row in found], fetched_at=fetched_at)


@router.post(
    "/reserves/{slug}/hotspots/import",
    summary="Keep what a FIRMS file holds",
    response_model=ImportedHotspots,
    responses=problems(401, 403, 404, 413, 422),
    openapi_extra={
        "requestBody": {"required": True, "content": {"text/csv": {"schema": {"type": "string"}}}}
    },
)
def import_hotspots(
    member: Manager,
    db: Db,
    body: Annotated[bytes, Depends(raw_body)],
) -> ImportedHotspots | JSONResponse:
    """For managers: CSV of VIIRS or MODIS from NASA FIRMS. Hotspots in this reserve call people as those that
    are fetched do, unless they are older than a day. The same file again adds nothing. Rows that cannot be
    read are named, and lie in quarantine; the others are kept. A file without a row that can be read is a
    problem (422)."""
    outcome = alarms.import_file(db, body, f"upload {member.reserve}", only=member.reserve)
    if outcome.rejected and not outcome.new + outcome.known + outcome.outside:
        return problem(422, f"no row of this file can be read: {reasons(outcome.rejected, 3)}")
    return ImportedHotspots(
        new=outcome.new,
        known=outcome.known,
        outside=outcome.outside,
        near=outcome.near,
        rejected=RejectedRow.named(outcome.rejected),
        left_out=len(outcome.rejected),
        incidents=sorted(outcome.incidents),
    )


def _hotspot(row: hotspots.Listed) -> Hotspot:
    return Hotspot(
        id=row.id,
        geometry=Point(coordinates=(row.lon, row.lat)),
        properties=HotspotProperties(
            incident_id=row.incident_id,
            inside=row.inside,
            source=row.source,
            satellite=row.satellite,
            instrument=row.instrument,
            observed_at=row.observed_at,
            received_at=row.received_at,
            scan_km=row.scan_km,
            track_km=row.track_km,
            confidence=row.confidence,
            confidence_percent=row.confidence_percent,
            brightness_k=row.brightness_k,
            frp_mw=row.frp_mw,
            daynight=row.daynight,
        ),
    )
