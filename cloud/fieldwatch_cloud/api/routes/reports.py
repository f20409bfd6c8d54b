"""What people see burning."""

from fastapi import APIRouter, Response

from fieldwatch_cloud.alarms import reports
from fieldwatch_cloud.api.auth import AnyMember
from fieldwatch_cloud.api.models.common import problems
from fieldwatch_cloud.api.models.hotspots import FireReported, NewFireReport
from fieldwatch_cloud.api.services import Db
from fieldwatch_cloud.incidents import life
from fieldwatch_cloud.incidents.domain import Report
from fieldwatch_shared.messages import utc_now

router = APIRouter(tags=["incidents"])


@router.post(
    "/reserves/{slug}/fire-reports",
    summary="Report a fire",
    status_code=201,
    responses={
        200: {"model": FireReported, "description": "It was sent before: the same answer."},
        **problems(401, 403, 404, 409, 422),
    },
)
def report_fire(body: NewFireReport, member: AnyMember, db: Db, response: Response) -> FireReported:
    """For every member. People are called as for a camera's suspicion; with the place, or with a direction
    that meets what cameras and satellites saw, it joins the fire that they see."""
    location, standpoint = body.location, body.standpoint
    report = Report(
        id=body.id,
        account_id=member.caller.account.id,
        observed_at=life.done_at(body.observed_at, body.sent_at, utc_now()),
        kind=body.kind.value,
        lon=location.coordinates[0] if location else None,
        lat=location.coordinates[1] if location else None,
        location_sd_m=body.location_sd_m,
        standpoint_lon=standpoint.coordinates[0] if standpoint else None,
        standpoint_lat=standpoint.coordinates[1] if standpoint else None,
        bearing_deg=body.bearing_deg,
        bearing_sd_deg=body.bearing_sd_deg,
        note=body.note,
    )
    with db.transaction() as conn:
        incident_id, is_new = reports.submit(conn, member.reserve, report)
    if not is_new:
        response.status_code = 200
    return FireReported(id=body.id, incident_id=incident_id)
