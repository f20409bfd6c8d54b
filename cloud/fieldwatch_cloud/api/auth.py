"""Who asks, and what that account may do.

Every route but the login, the health check and the web app's files depends on `SignedIn` or on what `require`
gives; a test walks all routes and holds them to it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, HTTPException, Path, Request, Security
from fastapi.security import APIKeyCookie, HTTPAuthorizationCredentials, HTTPBearer
from starlette.concurrency import run_in_threadpool

from fieldwatch_cloud.api.models.people import Role
from fieldwatch_cloud.api.security import SAFE_METHODS, same_origin
from fieldwatch_cloud.api.services import Services, Wired
from fieldwatch_cloud.db import accounts, geography
from fieldwatch_cloud.db.pool import Connection
from fieldwatch_cloud.errors import NotFoundError
from fieldwatch_cloud.sensitive import sees_exact
from fieldwatch_shared.messages import Slug

ReserveSlug = Annotated[Slug, Path(description="The reserve.")]
COOKIE = "fieldwatch_session"
_cookie = APIKeyCookie(
    name=COOKIE, auto_error=False, scheme_name="session", description="Set by `POST /api/v1/login`."
)
_bearer = HTTPBearer(
    auto_error=False, scheme_name="token", description="An API token, `Authorization: Bearer fwt_...`."
)


@dataclass(frozen=True, slots=True)
class Caller:
    account: accounts.Account
    memberships: tuple[tuple[str | None, str], ...]
    """(reserve's slug, or None for every reserve; role)."""
    session: str | None
    """The cookie's secret, where it was a cookie."""

    def roles_in(self, reserve: str) -> frozenset[str]:
        return frozenset(role for slug, role in self.memberships if slug in (None, reserve))

    @property
    def everywhere(self) -> frozenset[str]:
        """Roles that hold for every reserve, and so for what belongs to none."""
        return frozenset(role for slug, role in self.memberships if slug is None)


def identify(conn: Connection, session: str | None, token: str | None) -> Caller | None:
    """The caller whose live session or token this is."""
    if token is not None:
        account = accounts.account_of_token(conn, token)
    elif session is not None:
        account = accounts.account_of_session(conn, session)
    else:
        return None
    if account is None:
        return None
    held = tuple(accounts.memberships(conn, account.id))
    return Caller(account, held, session if token is None else None)


def signed_in(
    request: Request,
    services: Wired,
    cookie: Annotated[str | None, Security(_cookie)],
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
) -> Caller:
    token = bearer.credentials if bearer else None
    caller = None
    if cookie is not None or token is not None:
        with services.database.transaction() as conn:
            caller = identify(conn, cookie, token)
    if caller is None:
        raise HTTPException(
            401,
            "log in, or send a valid token as `Authorization: Bearer fwt_...`",
            {"WWW-Authenticate": "Bearer"},
        )
    if caller.session is not None and request.method not in SAFE_METHODS:
        check_origin(request, services)
    return caller


def check_origin(request: Request, services: Wired) -> None:
    if not same_origin(request.headers, services.settings.http.public_url):
        raise HTTPException(
            403,
            "this request does not come from a page of this site: with a cookie, send its `Origin`; "
            "scripts use a token",
        )


SignedIn = Annotated[Caller, Depends(signed_in)]


def with_session(caller: SignedIn) -> Caller:
    """A token must not beget tokens: a leaked one would outlive its own revocation."""
    if caller.session is None:
        raise HTTPException(403, "tokens are managed from a logged-in browser, not with a token")
    return caller


WithSession = Annotated[Caller, Depends(with_session)]


@dataclass(frozen=True, slots=True)
class Member:
    """A caller within one reserve."""

    caller: Caller
    reserve: str
    reserve_id: UUID

    @property
    def exact(self) -> bool:
        """Whether they may see where sensitive species are."""
        return sees_exact(self.caller.roles_in(self.reserve))


def require(*roles: Role) -> Callable[..., Awaitable[Member]]:
    """A dependency for routes under `/reserves/{slug}`: the caller has one of `roles` there.

    Without roles, any membership is enough. Admins may everything. A reserve that the caller is no member of
    does not exist for them (404), so that names of reserves do not leak.
    """

    async def member(slug: ReserveSlug, caller: SignedIn, services: Wired) -> Member:
        held = caller.roles_in(slug)
        if not held:
            raise NotFoundError(f"no such reserve: {slug!r}")
        reserve_id = services.reserve_ids.get(slug)
        if reserve_id is None:
            reserve_id = await run_in_threadpool(_reserve_id, services, slug)
        check_role(held, roles)
        return Member(caller, slug, reserve_id)

    return member


def _reserve_id(services: Services, slug: str) -> UUID:
    with services.database.transaction() as conn:
        found = services.reserve_ids[slug] = geography.reserve_id(conn, slug)
    return found


def require_everywhere(*roles: Role) -> Callable[..., Caller]:
    """A dependency for what belongs to no reserve: the caller has one of `roles` in every reserve."""

    def caller_everywhere(caller: SignedIn) -> Caller:
        check_role(caller.everywhere, roles)
        return caller

    return caller_everywhere


def has_role(held: frozenset[str], roles: tuple[Role, ...]) -> bool:
    """Whether one of `held` is among `roles`, of which none means any; admins may everything."""
    return not roles or bool(held & {Role.ADMIN, *roles})


def check_role(held: frozenset[str], roles: tuple[Role, ...]) -> None:
    """Raises:
    HTTPException: 403, as `has_role` says.
    """
    if not has_role(held, roles):
        raise HTTPException(403, f"this needs the role {' or '.join(sorted({*roles, Role.ADMIN}))}")


def visible(conn: Connection, deployment_id: UUID, caller: Caller) -> geography.Place:
    """The deployment, to a member of its reserve; to anybody else it does not exist.

    Raises:
        NotFoundError: no such deployment that the caller may know of.
    """
    place = geography.place(conn, deployment_id)
    if not caller.roles_in(place.reserve):
        raise NotFoundError(f"no such deployment: {deployment_id}")
    return place


#: Who looks after nodes and cameras.
STAFF = (Role.TECHNICIAN, Role.MANAGER)

AnyMember = Annotated[Member, Depends(require())]
Manager = Annotated[Member, Depends(require(Role.MANAGER))]
FieldStaff = Annotated[Member, Depends(require(*STAFF))]
Admin = Annotated[Caller, Depends(require_everywhere(Role.ADMIN))]
