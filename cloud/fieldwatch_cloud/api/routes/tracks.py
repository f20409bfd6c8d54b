"""Patrol tracks: upload, list, delete. They are drawn from the tile layer `tracks`."""

from pathlib import PurePath
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, HTTPException, Query, Request, Response
from pydantic import TypeAdapter
from starlette.concurrency import run_in_threadpool

from fieldwatch_cloud.api.auth import AnyMember, Member, SignedIn, has_role
from fieldwatch_cloud.api.models.common import Instant, problems
from fieldwatch_cloud.api.models.people import Role
from fieldwatch_cloud.api.models.tracks import PatrolTrack, PatrolTracks, TrackKind, UploadedTracks
from fieldwatch_cloud.api.services import Db, Wired
from fieldwatch_cloud.basemap import tracks as files
from fieldwatch_cloud.db import tracks
from fieldwatch_cloud.db.live import News
from fieldwatch_cloud.db.pool import Connection, Database
from fieldwatch_cloud.errors import NotFoundError

router = APIRouter(tags=["map"])
_KIND: TypeAdapter[TrackKind] = TypeAdapter(TrackKind)
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            kind: {"schema": {"type": "string", "format": "binary"}}
            for kind in (
                "application/gpx+xml",
                "application/geo+json",
                "application/vnd.google-earth.kml+xml",
            )
        },
    }
}


@router.get("/reserves/{slug}/tracks", summary="Where people patrolled", responses=problems(401, 404, 422))
def list_tracks(
    member: AnyMember,
    db: Db,
    from_: Annotated[Instant | None, Query(alias="from", description="Ended at or after.")] = None,
    to: Annotated[Instant | None, Query(description="Started before.")] = None,
) -> PatrolTracks:
    """A track without times counts by when it was uploaded."""
    with db.transaction() as conn:
        found = tracks.of_reserve(conn, member.reserve_id, from_, to)
    return PatrolTracks(items=[_track(one, member) for one in found])


@router.post(
    "/reserves/{slug}/tracks",
    summary="Upload patrol tracks",
    status_code=201,
    responses=problems(401, 403, 404, 413, 422),
    openapi_extra=_BODY,
)
async def upload_tracks(
    member: AnyMember,
    services: Wired,
    request: Request,
    filename: Annotated[str, Query(min_length=1, max_length=200, description="Names tracks without a name.")],
    kind: TrackKind = "patrol",
) -> UploadedTracks:
    """For any member: GPX, KML or GeoJSON as the raw body, at most 32 MiB. Times of points are kept where the
    file has them. The same track again adds nothing."""
    body = await request.body()  # Read only once we know who sends it.
    return await run_in_threadpool(_keep, services.database, member, PurePath(filename).name, kind, body)


@router.delete(
    "/tracks/{track_id}",
    summary="Delete a patrol track",
    status_code=204,
    response_class=Response,
    responses=problems(401, 403, 404),
)
def delete_track(track_id: UUID, caller: SignedIn, db: Db) -> Response:
    """For managers, and for whoever uploaded it."""
    with db.transaction() as conn:
        owner = tracks.owner(conn, track_id)
        held = caller.roles_in(owner.reserve)
        if not held:
            raise NotFoundError(f"no such track: {track_id}")
        if owner.account_id != caller.account.id and not has_role(held, (Role.MANAGER,)):
            raise HTTPException(403, "only a manager, or whoever uploaded it, may delete a track")
        tracks.delete(conn, track_id)
        _announce(conn, owner.reserve)
    return Response(status_code=204)


def _keep(database: Database, member: Member, filename: str, kind: TrackKind, body: bytes) -> UploadedTracks:
    found = files.read(filename, body)
    with database.transaction() as conn:
        added = [
            tracks.add(
                conn,
                member.reserve_id,
                account_id=member.caller.account.id,
                file=filename,
                name=(one.name or PurePath(filename).stem)[:200],
                kind=kind,
                parts=[[(fix.lon, fix.lat, fix.at) for fix in part] for part in one.parts],
            )
            for one in found
        ]
        new = [id_ for id_ in added if id_ is not None]
        stored = tracks.of_reserve(conn, member.reserve_id, ids=new)
        if new:
            _announce(conn, member.reserve)
    return UploadedTracks(items=[_track(one, member) for one in stored], known=len(added) - len(new))


def _announce(conn: Connection, reserve: str) -> None:
    news = News()
    news.add(reserve, "map", {"layer": "tracks"})
    news.announce(conn)


def _track(one: tracks.Track, member: Member) -> PatrolTrack:
    west, south, east, north = one.bounds
    return PatrolTrack(
        id=one.id,
        name=one.name,
        kind=_KIND.validate_python(one.kind),
        file=one.file,
        uploaded_at=one.uploaded_at,
        uploaded_by=one.account_name,
        mine=one.account_id == member.caller.account.id,
        started_at=one.started_at,
        ended_at=one.ended_at,
        length_m=one.length_m,
        points=one.points,
        bounds=(west, south, east, north),
    )
