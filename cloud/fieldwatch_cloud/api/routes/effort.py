"""When cameras looked, day by day; and areas out of people's files."""

import json
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from fieldwatch_cloud import areas
from fieldwatch_cloud.api.auth import AnyMember, SignedIn
from fieldwatch_cloud.api.models.common import Instant, problems
from fieldwatch_cloud.api.models.series import (
    DeploymentCalendar,
    EffortCalendar,
    EffortOfDay,
    UploadedArea,
    UploadedAreas,
)
from fieldwatch_cloud.api.services import Db
from fieldwatch_cloud.estimates import effort_calendar

router = APIRouter(tags=["counts"])


async def raw_body(_: SignedIn, request: Request) -> bytes:
    """Read only once we know who sends it."""
    return await request.body()


@router.get(
    "/reserves/{slug}/effort",
    summary="Hours in which each camera looked, by day and night",
    responses=problems(401, 404, 422, 503),
)
def list_effort(
    member: AnyMember,
    db: Db,
    from_: Annotated[Instant, Query(alias="from", description="Start of the span, included.")],
    to: Annotated[Instant, Query(description="End of the span, excluded.")],
    deployment: Annotated[UUID | None, Query(description="Only this one.")] = None,
) -> EffortCalendar:
    """From the heartbeats of the nodes, never from a deployment's dates alone. Days are those of the
    reserve's time zone; it is day while the sun stands above the horizon of the camera's place."""
    with db.transaction() as conn:
        found = effort_calendar.calendar(conn, member.reserve_id, from_, to, only=deployment)
    return EffortCalendar(
        timezone=found.timezone,
        deployments=[
            DeploymentCalendar(
                deployment_id=row.deployment.id,
                location_name=row.deployment.location_name,
                days=[
                    EffortOfDay(
                        day=one.day, hours=one.hours, day_hours=one.day_hours, night_hours=one.night_hours
                    )
                    for one in row.days
                ],
            )
            for row in found.rows
        ],
    )


@router.post(
    "/areas",
    summary="The polygons in a file",
    responses=problems(401, 403, 413, 422),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
def read_area_file(
    _: SignedIn,
    body: Annotated[bytes, Depends(raw_body)],
    filename: Annotated[str, Query(min_length=1, max_length=200, examples=["plots.gpkg"])],
) -> UploadedAreas:
    """GeoJSON, GeoPackage, KML or zipped Shapefile, at most 5 MiB; in WGS 84 after. Nothing is stored."""
    return UploadedAreas(
        areas=[
            UploadedArea(name=area.name, name_zh=area.name_zh, geometry=json.loads(area.geometry))
            for area in areas.read_upload(filename, body)
        ]
    )
