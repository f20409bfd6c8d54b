"""Live view on request: people ask, a node uploads, players read. Nothing of it is kept."""

import time
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response, Security
from fastapi import Path as FromPath
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from fieldwatch_cloud.api.auth import AnyMember, Caller, SignedIn, visible
from fieldwatch_cloud.api.models.common import problems
from fieldwatch_cloud.api.models.live_view import Ask, Budget, Ended, GoOn, LiveViews, LiveViewState
from fieldwatch_cloud.api.pictures import FILE
from fieldwatch_cloud.api.security import PICTURE_POLICY
from fieldwatch_cloud.api.services import Services, Wired
from fieldwatch_cloud.counts.periods import midnight
from fieldwatch_cloud.db import geography, live_view
from fieldwatch_cloud.db.pool import Connection
from fieldwatch_cloud.errors import NotFoundError
from fieldwatch_cloud.live_view import rules, sessions
from fieldwatch_cloud.live_view.playlist import MIME, SEGMENT_MIME, playlist
from fieldwatch_cloud.live_view.rules import BY_NODE, State
from fieldwatch_cloud.live_view.shelf import INIT_NUMBER
from fieldwatch_shared.messages import utc_now

router = APIRouter(tags=["live view"])
LARGEST_SEGMENT = 768 * 1024
_PRIVATE = {"Content-Security-Policy": PICTURE_POLICY, "Cache-Control": "no-store"}
_token = HTTPBearer(
    auto_error=False,
    scheme_name="live_view",
    description="A node's token for one live view, from its command.",
)


@router.post(
    "/deployments/{deployment_id}/live",
    summary="See a camera live",
    responses=problems(401, 403, 404, 409, 422, 429),
)
def ask_live_view(deployment_id: UUID, body: Ask, caller: SignedIn, services: Wired) -> LiveViewState:
    """For managers, rangers and technicians; in a reserve with sensitive species, for those alone who may
    know their places. Where somebody sees it already, this joins, and prolongs it. Poll the answer's id, or
    follow `live_view` in the reserve's stream."""
    with services.database.transaction() as conn:
        place = visible(conn, deployment_id, caller)
        _check(conn, caller, place.reserve)
        wait_s = services.live_view_attempts.begin(str(caller.account.id), time.monotonic())
        if wait_s:
            raise HTTPException(429, "that is often: wait a moment", {"Retry-After": str(int(wait_s) + 1)})
        asked = sessions.ask(
            conn,
            services.settings,
            deployment_id,
            account_id=caller.account.id,
            minutes=body.minutes,
            now=utc_now(),
        )
        return _shown(conn, services, asked)


@router.get(
    "/reserves/{slug}/live-views", summary="Who saw which camera live", responses=problems(401, 403, 404)
)
def list_live_views(
    member: AnyMember, services: Wired, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> LiveViews:
    """On record, newest first: who asked, what came, why it ended. For those who may ask."""
    with services.database.transaction() as conn:
        _check(conn, member.caller, member.reserve)
        found = live_view.recent(conn, member.reserve_id, limit)
        return LiveViews(items=[_shown(conn, services, one) for one in found])


@router.get("/live-views/{live_view_id}", summary="How a live view fares", responses=problems(401, 403, 404))
def get_live_view(live_view_id: UUID, caller: SignedIn, services: Wired) -> LiveViewState:
    with services.database.transaction() as conn:
        return _shown(conn, services, _visible(conn, live_view_id, caller))


@router.post("/live-views/{live_view_id}/stop", summary="End a live view", responses=problems(401, 403, 404))
def stop_live_view(live_view_id: UUID, caller: SignedIn, services: Wired) -> LiveViewState:
    """For everybody who sees it. Once more changes nothing."""
    with services.database.transaction() as conn:
        found = _visible(conn, live_view_id, caller)
        stopped = sessions.stop(conn, found, account_id=caller.account.id, now=utc_now())
        return _shown(conn, services, stopped)


@router.get(
    "/live-views/{live_view_id}/playlist.m3u8",
    summary="The playlist of a live view",
    response_class=Response,
    responses={200: {"content": {MIME: {"schema": {"type": "string"}}}}, **problems(401, 403, 404)},
)
def get_live_playlist(live_view_id: UUID, caller: SignedIn, services: Wired) -> Response:
    """HTTP Live Streaming with fragmented MP4. To ask for it is to look: who stops asking ends the stream."""
    with services.database.transaction() as conn:
        found = _visible(conn, live_view_id, caller)
        if found.ended_at is None:
            live_view.watched(conn, live_view_id, utc_now())
    pieces = services.live_views.pieces(live_view_id)
    if not pieces:
        raise NotFoundError("nothing of this live view is here: it has not begun, or is over for some time")
    text = playlist(
        pieces, longest_ms=int(services.settings.live.segment_s * 1000), ended=found.ended_at is not None
    )
    return Response(text, media_type=MIME, headers=_PRIVATE)


@router.get(
    "/live-views/{live_view_id}/{segment}",
    summary="A piece of a live view",
    response_class=Response,
    responses={200: {"content": {SEGMENT_MIME: FILE}}, **problems(401, 403, 404)},
)
def get_live_segment(
    live_view_id: UUID,
    segment: Annotated[str, FromPath(pattern=r"^(init\.mp4|[1-9][0-9]{0,5}\.m4s)$")],
    caller: SignedIn,
    services: Wired,
) -> Response:
    """As the playlist names it."""
    with services.database.transaction() as conn:
        _visible(conn, live_view_id, caller)
    number = INIT_NUMBER if segment == "init.mp4" else int(segment.removesuffix(".m4s"))
    content = services.live_views.read(live_view_id, number)
    return Response(content, media_type=SEGMENT_MIME, headers=_PRIVATE)


def from_node(
    live_view_id: UUID,
    services: Wired,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_token)],
) -> live_view.Session:
    """The live view that the node may feed."""
    if bearer is None:
        raise HTTPException(401, "send the command's token", {"WWW-Authenticate": "Bearer"})
    with services.database.transaction() as conn:
        return sessions.vouched(conn, live_view_id, bearer.credentials)


OfNode = Annotated[live_view.Session, Depends(from_node)]


async def segment_body(_: OfNode, request: Request) -> bytes:
    """Read only once we know who sends it."""
    body = await request.body()
    if not 0 < len(body) <= LARGEST_SEGMENT:
        raise HTTPException(413, f"a piece has at most {LARGEST_SEGMENT} bytes, and at least one")
    return body


@router.put(
    "/live-views/{live_view_id}/segments/{number}",
    summary="A node's piece of a live view",
    responses=problems(401, 404, 410, 413, 422),
    openapi_extra={"requestBody": {"required": True, "content": {SEGMENT_MIME: FILE}}},
)
def put_live_segment(
    number: Annotated[int, FromPath(ge=0, le=999_999, description="0: the initialisation section.")],
    session: OfNode,
    services: Wired,
    body: Annotated[bytes, Depends(segment_body)],
    ms: Annotated[int, Query(ge=0, le=20_000, description="How long it plays, in milliseconds.")] = 0,
    left: Annotated[
        int | None, Query(ge=0, le=2**60, description="Bytes that the node will still send today.")
    ] = None,
) -> GoOn:
    """For the node, with the token of its command. 410: it is over, and the node stops."""
    after = sessions.take(
        services.database,
        services.live_views,
        session.id,
        number=number,
        milliseconds=ms,
        content=body,
        node_left=left,
        now=utc_now(),
    )
    if after.ended_at is not None:
        raise HTTPException(410, f"this live view is over: {after.reason}")
    lasts_s = max(0.0, (after.until - utc_now()).total_seconds())
    return GoOn(until=after.until, lasts_s=lasts_s, max_bytes=after.max_bytes)


@router.post(
    "/live-views/{live_view_id}/ended",
    summary="A node ends a live view, or refuses it",
    status_code=204,
    responses=problems(401, 404, 422),
)
def live_view_ended(session: OfNode, body: Ended, services: Wired) -> None:
    """For the node, with the token of its command."""
    if body.reason not in BY_NODE:
        raise HTTPException(422, f"{body.reason} is not a node's to say")
    with services.database.transaction() as conn:
        sessions.ended_by_node(conn, session, body.reason, body.detail, utc_now())


def _check(conn: Connection, caller: Caller, reserve: str) -> None:
    """Raises:
    HTTPException: 403, with the reason.
    """
    roles = caller.roles_in(reserve)
    if not rules.may_look(roles, places_hidden=False):
        raise HTTPException(403, f"this needs the role {' or '.join(sorted(rules.ROLES))}")
    if not rules.may_look(roles, places_hidden=live_view.places_hidden(conn, reserve)):
        raise HTTPException(
            403,
            "this reserve keeps the places of some species to itself, and a live picture would tell them: "
            "ask a manager",
        )


def _visible(conn: Connection, live_view_id: UUID, caller: Caller) -> live_view.Session:
    """Raises:
    NotFoundError: no such live view that the caller may know of.
    HTTPException: 403, as `_check`.
    """
    found = live_view.get(conn, live_view_id)
    if not caller.roles_in(found.reserve):
        raise NotFoundError(f"no such live view: {live_view_id}")
    _check(conn, caller, found.reserve)
    return found


def _shown(conn: Connection, services: Services, found: live_view.Session) -> LiveViewState:
    place = geography.place(conn, found.deployment_id)
    zone = ZoneInfo(place.timezone)
    today = midnight(utc_now().astimezone(zone).date(), zone)
    first = found.first_segment_at
    playable = bool(first) and bool(services.live_views.pieces(found.id))
    return LiveViewState(
        id=found.id,
        deployment_id=found.deployment_id,
        deployment=found.deployment,
        state=State(found.state),
        reason=None if found.reason is None else rules.Reason(found.reason),
        detail=found.detail,
        asked_by=found.asked_by,
        asked_at=found.asked_at,
        until=found.until,
        ended_at=found.ended_at,
        stopped_by=found.stopped_by,
        first_picture_after_s=(first - found.asked_at).total_seconds() if first else None,
        segments=found.segments,
        playlist=f"/api/v1/live-views/{found.id}/playlist.m3u8" if playable else None,
        budget=Budget(
            bytes=found.max_bytes,
            used_bytes=found.bytes,
            minutes=services.settings.live.minutes,
            used_today_bytes=live_view.used_since(conn, found.node_id, today),
            node_left_bytes=found.node_left_bytes,
        ),
    )
