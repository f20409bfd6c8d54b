"""What is kept from members who need not know where sensitive species are (`fieldwatch_cloud.sensitive`).

For them a sensitive species is told of the reserve as a whole only. From two areas that differ by one camera,
the difference would tell what stood there; so there is no area in which it is counted, no list of its
records, and no picture of it.
"""

import json
from collections.abc import Collection, Iterable
from uuid import UUID

from fastapi import HTTPException

from fieldwatch_cloud.api.auth import Caller, Member
from fieldwatch_cloud.api.live import LiveEvent
from fieldwatch_cloud.db import geography, sensitive
from fieldwatch_cloud.db.pool import Connection, Database
from fieldwatch_cloud.errors import NotFoundError
from fieldwatch_cloud.sensitive import Sensitive, sees_exact

NOTHING = Sensitive({})


def hidden(conn: Connection, member: Member) -> Sensitive:
    """The species whose places this member may not see."""
    return NOTHING if member.exact else sensitive.species(conn, member.reserve_id)


def refuse(species: Sensitive, taxa: Iterable[str | None]) -> None:
    """Raises:
    HTTPException: 403: one of `taxa` is asked for by name, and an empty answer would say that there is none.
    """
    for taxon in taxa:
        if (blur := species.blur_m(taxon)) is not None:
            raise HTTPException(
                403,
                f"places of {taxon} are blurred to {blur} m for your role: ask for counts of the whole "
                "reserve, without area, zone or deployment, or have a manager or researcher ask",
            )


def in_area(conn: Connection, member: Member, taxa: Iterable[str | None] | None, *, whole: bool) -> Sensitive:
    """The species to leave out of counts.

    Args:
        taxa: those that are asked for by name.
        whole: the whole reserve is asked for, and nothing finer comes out.

    Raises:
        HTTPException: 403, as `refuse`.
    """
    species = NOTHING if whole else hidden(conn, member)
    refuse(species, taxa or ())
    return species


def pictures(conn: Connection, member: Member, ids: Collection[UUID]) -> set[UUID]:
    """Those of `ids` that this member may not see."""
    return set() if member.exact else sensitive.shown(conn, member.reserve_id, ids)


def check_picture(conn: Connection, caller: Caller, reserve: str, media_id: UUID) -> None:
    """Raises:
    NotFoundError: the caller may not see this picture of that reserve. Its background tells the place; and
        that there is one with such an id, it need not tell.
    """
    if sees_exact(caller.roles_in(reserve)):
        return
    if sensitive.shown(conn, geography.reserve_id(conn, reserve), [media_id]):
        raise NotFoundError(f"no such picture: {media_id}")


def told(database: Database, member: Member, event: LiveEvent) -> LiveEvent | None:
    """What of a live event this member may see; None: nothing."""
    if member.exact or event.name not in ("observation", "media"):
        return event
    data = json.loads(event.data)
    with database.transaction() as conn:
        if event.name == "media":
            return None if pictures(conn, member, [UUID(data["id"])]) else event
        if hidden(conn, member).blur_m(data.get("scientific_name")) is not None:
            return None
        if data.get("media_id") and pictures(conn, member, [UUID(data["media_id"])]):
            return LiveEvent(event.name, json.dumps(data | {"media_id": None}, ensure_ascii=False))
    return event
