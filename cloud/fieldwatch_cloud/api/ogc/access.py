"""Who asks: as everywhere, or by HTTP Basic with an API token as the password, as QGIS can send it."""

import base64
import binascii
from typing import Annotated

from fastapi import Depends, HTTPException, Request

from fieldwatch_cloud.api.auth import COOKIE, Member, ReserveSlug, identify
from fieldwatch_cloud.api.services import Wired
from fieldwatch_cloud.db import geography
from fieldwatch_cloud.errors import NotFoundError

_CHALLENGE = 'Basic realm="Fieldwatch: any name, an API token as password", charset="UTF-8", Bearer'


def token_of(authorization: str | None) -> str | None:
    """The token of an `Authorization` header, in either scheme."""
    scheme, _, rest = (authorization or "").partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(rest.strip(), validate=True).decode().partition(":")[2]
        except (binascii.Error, ValueError):
            return ""
    return None


def member(slug: ReserveSlug, request: Request, services: Wired) -> Member:
    """The caller within this reserve; only safe methods come here, so the origin does not matter."""
    token = token_of(request.headers.get("authorization"))
    with services.database.transaction() as conn:
        caller = identify(conn, request.cookies.get(COOKIE), token)
        if caller is None:
            raise HTTPException(
                401,
                "log in, send a token as `Authorization: Bearer fwt_...`, or by HTTP Basic as the password "
                "of any user name",
                {"WWW-Authenticate": _CHALLENGE},
            )
        if not caller.roles_in(slug):
            raise NotFoundError(f"no such reserve: {slug!r}")
        return Member(caller, slug, geography.reserve_id(conn, slug))


Reader = Annotated[Member, Depends(member)]
