"""The live stream, as server-sent events."""

import time
from collections.abc import AsyncIterator

from fastapi import APIRouter, Request
from fastapi.security.utils import get_authorization_scheme_param
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from fieldwatch_cloud.api import withheld
from fieldwatch_cloud.api.auth import COOKIE, AnyMember, Member, identify
from fieldwatch_cloud.api.models.common import problems
from fieldwatch_cloud.api.services import Services, Wired
from fieldwatch_cloud.errors import DatabaseError

router = APIRouter(tags=["live"])
CHECK_EVERY_S = 60.0
"""Who was logged out, or lost a membership or a role, hears what that let them hear no longer than this."""
RECONNECT_MS = 2000


@router.get(
    "/reserves/{slug}/stream",
    summary="What happens, as it happens",
    response_class=EventSourceResponse,
    responses=problems(401, 404),
)
async def stream_reserve(
    member: AnyMember, services: Wired, request: Request
) -> AsyncIterator[ServerSentEvent]:
    """Server-sent events of one reserve, each as soon as it is committed.

    `observation`, `incident`, `deployment`, `media`, `live_view` carry what changed. `refetch` says that
    events were lost (a slow reader, a lost connection, too many at once): ask for everything again. A comment
    comes every 15 seconds, so that proxies keep the connection. There is no replay: connect first, then
    fetch, and fetch again after each reconnection. Observations and pictures of sensitive species are for
    admins, managers and researchers.
    """
    with services.live.subscribe(member.reserve) as subscription:
        yield ServerSentEvent(comment="connected", retry=RECONNECT_MS)
        checked = time.monotonic()
        while True:
            try:
                event = await subscription.next(within_s=CHECK_EVERY_S)
            except EOFError:
                return
            if event is not None and not member.exact:
                event = await run_in_threadpool(withheld.told, services.database, member, event)
            if event is not None:
                yield ServerSentEvent(event=event.name, raw_data=event.data)
            if time.monotonic() - checked >= CHECK_EVERY_S:
                checked = time.monotonic()
                now = await run_in_threadpool(_still_member, request, services, member)
                if now is None:
                    return
                member = now


def _still_member(request: Request, services: Services, member: Member) -> Member | None:
    """As the roles are now; None: not any more."""
    # As HTTPBearer reads it: another scheme (of a proxy in front, perhaps) is no token of ours.
    scheme, secret = get_authorization_scheme_param(request.headers.get("authorization"))
    token = secret if scheme.lower() == "bearer" else None
    try:
        with services.database.transaction() as conn:
            caller = identify(conn, request.cookies.get(COOKIE), token)
    except DatabaseError:
        return member  # Nobody is thrown out because the database is restarting.
    if caller is None or not caller.roles_in(member.reserve):
        return None
    return Member(caller, member.reserve, member.reserve_id)
