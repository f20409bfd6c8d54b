"""Pictures that people take at the fire."""

import hashlib
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from fieldwatch_cloud.alarms import actions
from fieldwatch_cloud.api.auth import SignedIn
from fieldwatch_cloud.api.incidents import field_picture, visible
from fieldwatch_cloud.api.models.common import Instant, Lat, Lon, problems
from fieldwatch_cloud.api.models.fires import FieldPicture, Note
from fieldwatch_cloud.api.pictures import FILE, PICTURE_RESPONSES, Width, picture_response
from fieldwatch_cloud.api.services import Wired
from fieldwatch_cloud.db import fires
from fieldwatch_cloud.db.live import News
from fieldwatch_cloud.errors import NotFoundError, RowRefusedError
from fieldwatch_cloud.incidents.life import done_at
from fieldwatch_cloud.media.thumbnails import check_jpeg
from fieldwatch_shared.messages import utc_now

router = APIRouter(tags=["incidents"])
MOST = 500
"""Of one incident: a phone that runs wild must not fill the disk that cameras' pictures of fires need."""


async def raw_body(_: SignedIn, request: Request) -> bytes:
    """Read only once we know who sends it."""
    return await request.body()


@router.put(
    "/incidents/{incident_id}/pictures/{picture_id}",
    summary="Add a picture from the field",
    responses=problems(401, 403, 404, 409, 413, 422),
    openapi_extra={"requestBody": {"required": True, "content": {"image/jpeg": FILE}}},
)
def put_incident_picture(
    incident_id: UUID,
    picture_id: UUID,
    caller: SignedIn,
    services: Wired,
    body: Annotated[bytes, Depends(raw_body)],
    taken_at: Annotated[
        Instant, Query(description="By the phone's clock. What lies in the future counts as now.")
    ],
    sent_at: Annotated[Instant | None, Query(description="By the phone's clock: as for an action.")] = None,
    note: Annotated[Note | None, Query()] = None,
    lon: Annotated[Lon | None, Query(description="Where it was taken; only together with `lat`.")] = None,
    lat: Annotated[Lat | None, Query()] = None,
) -> FieldPicture:
    """For every member: a JPEG of at most 1 MiB. The same once more is answered once more. What the file
    itself says of its place is not believed: say it here, or not at all."""
    with services.database.transaction() as conn:
        visible(conn, incident_id, caller)
        here = [row.id for row in fires.pictures(conn, incident_id)]
    if len(here) >= MOST and picture_id not in here:
        raise RowRefusedError(f"this incident has {MOST} pictures already")
    check_jpeg(body)
    sha256 = hashlib.sha256(body).hexdigest()
    # The picture first: a row must never point at a file that is not there.
    services.media.put(sha256, body)
    news, now = News(), utc_now()
    with services.database.transaction() as conn:
        at = done_at(taken_at, sent_at, now)
        taken = actions.Taken(picture_id, at, sha256, "image/jpeg", len(body), note=note, lon=lon, lat=lat)
        shown_with = actions.add_picture(conn, incident_id, caller.account.id, taken, news)
        news.announce(conn)
        (kept,) = (row for row in fires.pictures(conn, shown_with) if row.id == picture_id)
    return field_picture(kept)


@router.get(
    "/incidents/{incident_id}/pictures/{picture_id}",
    summary="A picture from the field",
    response_class=Response,
    responses=PICTURE_RESPONSES,
)
def get_incident_picture(
    incident_id: UUID,
    picture_id: UUID,
    caller: SignedIn,
    services: Wired,
    request: Request,
    width: Width = None,
) -> Response:
    """As `GET /media/{media_id}`."""
    with services.database.transaction() as conn:
        visible(conn, incident_id, caller)
        found = next((row for row in fires.pictures(conn, incident_id) if row.id == picture_id), None)
    if found is None:
        raise NotFoundError(f"no such picture of this incident: {picture_id}")
    return picture_response(services, request, found.sha256, found.mime, width)
