"""One's own name, language and password; and setting the first one by a link."""

import time
from datetime import timedelta

from fastapi import APIRouter, HTTPException, Request, Response

from fieldwatch_cloud.api.auth import COOKIE, SignedIn, WithSession, check_origin
from fieldwatch_cloud.api.models.admin import LinkOwner, LinkSecret, LinkUse, OwnChange, OwnPassword
from fieldwatch_cloud.api.models.common import problems
from fieldwatch_cloud.api.models.people import Account, LoggedIn, Membership, Role
from fieldwatch_cloud.api.services import Db, Wired
from fieldwatch_cloud.db import accounts, admin_log, people
from fieldwatch_cloud.db.pool import Connection

router = APIRouter(tags=["people"])


@router.post("/password-links/look", summary="Whose password a link sets", responses=problems(404, 422))
def look_at_link(body: LinkSecret, db: Db) -> LinkOwner:
    """Open to whoever has the link; changes nothing."""
    with db.transaction() as conn:
        found = people.link(conn, body.secret)
    return LinkOwner(
        email=found.account.email,
        name=found.account.name,
        language=found.account.language,
        expires_at=found.expires_at,
    )


@router.post(
    "/password-links/use", summary="Set a password by a link", responses=problems(403, 404, 422, 429)
)
def use_link(body: LinkUse, request: Request, response: Response, services: Wired) -> LoggedIn:
    """Once: the link ends, and so does every session of the account. Answers as a log-in does."""
    if "origin" in request.headers or "sec-fetch-site" in request.headers:
        check_origin(request, services)
    with services.database.transaction() as conn:
        people.link(conn, body.secret)  # Hashing is costly: not for whoever guesses.
    hashed = accounts.hashed_password(body.password.get_secret_value())
    lasts = timedelta(hours=services.settings.http.session_hours)
    with services.database.transaction() as conn:
        id_ = people.use_link(conn, body.secret, hashed)
        one = people.person(conn, id_)
        admin_log.note(
            conn, by=id_, reserve_id=None, action="account.password", subject=id_, name=one.name, after={}
        )
        session = accounts.start_session(conn, id_, lasts)
        answer = LoggedIn(account=_account(conn, accounts.account_of_email(conn, one.email)))
    response.set_cookie(
        COOKIE,
        session,
        max_age=int(lasts.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return answer


@router.patch("/me", summary="Change my name or language", responses=problems(401, 403, 422))
def change_me(body: OwnChange, caller: SignedIn, db: Db) -> Account:
    """The language is that of mails; the page's own is kept in the browser."""
    mine = caller.account
    with db.transaction() as conn:
        before = {"name": mine.name, "language": mine.language}
        after = before | body.model_dump(exclude_none=True)
        people.change(conn, mine.id, name=str(after["name"]), language=str(after["language"]), disabled=None)
        admin_log.note(
            conn,
            by=mine.id,
            reserve_id=None,
            action="account.changed",
            subject=mine.id,
            name=mine.name,
            before=before,
            after=after,
        )
        return _account(conn, accounts.account_of_email(conn, mine.email))


@router.post(
    "/me/password",
    summary="Change my password",
    status_code=204,
    responses=problems(401, 403, 422, 429),
)
def change_password(body: OwnPassword, caller: WithSession, services: Wired) -> None:
    """Every other session ends. The old password is asked for: a browser that was left open is not its
    owner."""
    email = caller.account.email
    key, now = f"{email} own password", time.monotonic()
    if (wait_s := services.attempts.begin(key, now)) > 0:
        raise HTTPException(
            429,
            f"too many failed attempts; wait {round(wait_s / 60) or 1} min",
            {"Retry-After": str(int(wait_s) + 1)},
        )
    if accounts.authenticate(services.database, email, body.old.get_secret_value()) is None:
        raise HTTPException(422, "the old password is another one")
    services.attempts.succeeded(key)
    hashed = accounts.hashed_password(body.new.get_secret_value())
    with services.database.transaction() as conn:
        people.set_password(conn, caller.account.id, hashed, session=caller.session)
        admin_log.note(
            conn,
            by=caller.account.id,
            reserve_id=None,
            action="account.password",
            subject=caller.account.id,
            name=caller.account.name,
            after={},
        )


def _account(conn: Connection, account: accounts.Account) -> Account:
    return Account(
        id=account.id,
        email=account.email,
        name=account.name,
        language=account.language,
        memberships=[
            Membership(reserve=slug, role=Role(role)) for slug, role in accounts.memberships(conn, account.id)
        ],
    )
