"""Incidents for other authorities: the Common Alerting Protocol 1.2, as feed and as files."""

from typing import Annotated
from urllib.parse import urlsplit
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response

from fieldwatch_cloud.alarms import cap
from fieldwatch_cloud.api.auth import AnyMember, SignedIn
from fieldwatch_cloud.api.incidents import visible
from fieldwatch_cloud.api.models.common import problems
from fieldwatch_cloud.api.services import Db, Services, Wired
from fieldwatch_cloud.db import cap as kept
from fieldwatch_cloud.db import geography
from fieldwatch_cloud.errors import NotFoundError
from fieldwatch_cloud.incidents import cap_feed
from fieldwatch_shared.messages import utc_now

router = APIRouter(tags=["incidents"])
ATOM_TYPE = "application/atom+xml"
UNKNOWN_SENDER = "fieldwatch"


class CapXml(Response):
    media_type = cap_feed.CAP_TYPE


class AtomXml(Response):
    media_type = ATOM_TYPE


@router.get(
    "/reserves/{slug}/cap.atom",
    summary="CAP messages of the last 30 days, as an Atom feed",
    response_class=AtomXml,
    responses=problems(401, 404),
)
def get_cap_feed(member: AnyMember, services: Wired, request: Request) -> AtomXml:
    """The newest first; each entry links to one message, which never changes. Asking for the feed writes what
    has become due: an Alert for each new incident, an Update for each change of state, a Cancel for a false
    alarm. Drills are in it, with the status Exercise; what a gate holds back is not."""
    now = utc_now()
    with services.database.transaction() as conn:
        (reserve,) = geography.reserves(conn, [member.reserve])
        messages = cap.feed(
            conn, member.reserve_id, sender=_sender(services), base_url=_public(services), now=now
        )
    # Links that hold for whoever reads this: the public address, else the one by which we were asked.
    site = _public(services) or str(request.base_url).rstrip("/")
    api_url = f"{site}/api/v1"
    body = cap_feed.document(
        member.reserve_id, member.reserve, reserve.name, messages, api_url=api_url, now=now
    )
    return AtomXml(body)


@router.get(
    "/incidents/{incident_id}/cap.xml",
    summary="The newest CAP message about an incident",
    response_class=CapXml,
    responses=problems(401, 404),
)
def get_newest_cap_message(incident_id: UUID, caller: SignedIn, services: Wired) -> CapXml:
    """404 also where nothing was ever said: the incident is held back, or was over before anybody asked."""
    with services.database.transaction() as conn:
        visible(conn, incident_id, caller)
        message = cap.publish(
            conn, incident_id, sender=_sender(services), base_url=_public(services), now=utc_now()
        )
        if message is None:
            raise NotFoundError(f"no CAP message was given out about {incident_id}")
        return CapXml(kept.body(conn, incident_id, message.number))


@router.get(
    "/incidents/{incident_id}/cap/{number}.xml",
    summary="One CAP message, as it was given out",
    response_class=CapXml,
    responses=problems(401, 404, 422),
)
def get_cap_message(
    incident_id: UUID,
    number: Annotated[int, Path(ge=1, le=2**31 - 1, description="1: the first about this incident.")],
    caller: SignedIn,
    db: Db,
) -> CapXml:
    with db.transaction() as conn:
        visible(conn, incident_id, caller)
        return CapXml(kept.body(conn, incident_id, number))


def _public(services: Services) -> str:
    return (services.settings.http.public_url or "").rstrip("/")


def _sender(services: Services) -> str:
    host = urlsplit(services.settings.http.public_url or "").hostname
    return services.settings.notify.cap_sender or host or UNKNOWN_SENDER
