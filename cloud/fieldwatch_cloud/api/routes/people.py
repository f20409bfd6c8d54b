"""Logging in and out, one's own account, API tokens."""

import time
from datetime import timedelta
from uuid import UUID

from fastapi import APIRouter, HTTPException, Request, Response

from fieldwatch_cloud.api.auth import COOKIE, SignedIn, WithSession, check_origin
from fieldwatch_cloud.api.models.common import problems
from fieldwatch_cloud.api.models.people import (
    Account,
    IssuedToken,
    LoggedIn,
    Login,
    Membership,
    NewToken,
    Role,
    Token,
)
from fieldwatch_cloud.api.services import Db, Wired
from fieldwatch_cloud.db import accounts
from fieldwatch_cloud.db.pool import Connection
from fieldwatch_cloud.errors import CloudError

router = APIRouter(tags=["people"])


@router.post("/login", summary="Log in", responses=problems(401, 403, 422, 429))
def log_in(body: Login, request: Request, response: Response, services: Wired) -> LoggedIn:
    """Answers with the account and sets the session cookie (HttpOnly, SameSite=Strict).

    An unknown address and a wrong password give the same answer after the same time. After ten failures for
    one address from one place within 15 minutes, or a hundred for any addresses, that place has to wait.
    """
    if "origin" in request.headers or "sec-fetch-site" in request.headers:
        # Nobody may be logged in by another site, to an account of that site's choice.
        check_origin(request, services)
    place = request.client.host if request.client else ""
    key = f"{body.email.lower()} {place}"
    now = time.monotonic()
    # Noted before the password is looked at, or many attempts at once would all come before the first fails.
    wait_s = services.place_attempts.begin(place, now) or services.attempts.begin(key, now)
    if wait_s > 0:
        raise HTTPException(
            429,
            f"too many failed attempts; wait {round(wait_s / 60) or 1} min",
            {"Retry-After": str(int(wait_s) + 1)},
        )
    try:
        account = accounts.authenticate(services.database, body.email, body.password.get_secret_value())
    except CloudError:  # Busy, or without the database: nothing was tried.
        services.attempts.withdraw(key, now)
        services.place_attempts.withdraw(place, now)
        raise
    if account is None:
        raise HTTPException(401, "this e-mail address and password do not belong together")
    with services.database.transaction() as conn:
        lasts = timedelta(hours=services.settings.http.session_hours)
        secret = accounts.start_session(conn, account.id, lasts)
        answer = LoggedIn(account=_account(conn, account))
    services.attempts.succeeded(key)
    services.place_attempts.withdraw(place, now)
    response.set_cookie(
        COOKIE,
        secret,
        max_age=int(lasts.total_seconds()),
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
    return answer


@router.post("/logout", summary="Log out", status_code=204, responses=problems(401, 403))
def log_out(caller: SignedIn, response: Response, db: Db) -> None:
    """Ends the session of the cookie. With a token there is no session, and nothing happens."""
    if caller.session is not None:
        with db.transaction() as conn:
            accounts.end_session(conn, caller.session)
    response.delete_cookie(COOKIE, httponly=True, samesite="strict")


@router.get("/me", summary="Who am I, and what may I do", responses=problems(401))
def get_me(caller: SignedIn) -> Account:
    return _described(caller.account, caller.memberships)


@router.get("/tokens", summary="My API tokens", responses=problems(401))
def list_tokens(caller: SignedIn, db: Db) -> list[Token]:
    """Live ones; their secrets are not kept."""
    with db.transaction() as conn:
        return [_token(token) for token in accounts.tokens(conn, caller.account.id)]


@router.post("/tokens", summary="Issue an API token", status_code=201, responses=problems(401, 403, 422))
def issue_token(body: NewToken, caller: WithSession, db: Db) -> IssuedToken:
    """For scripts: `Authorization: Bearer <secret>`. The secret is shown this once. A token may do what its
    account may do, but not issue or revoke tokens."""
    with db.transaction() as conn:
        token, secret = accounts.issue_token(conn, caller.account.id, body.name, body.expires_at)
    return IssuedToken(**_token(token).model_dump(), secret=secret)


@router.delete(
    "/tokens/{token_id}", summary="Revoke an API token", status_code=204, responses=problems(401, 403, 404)
)
def revoke_token(token_id: UUID, caller: WithSession, db: Db) -> None:
    """It stops working at once."""
    with db.transaction() as conn:
        accounts.revoke_token(conn, caller.account.id, token_id)


def _account(conn: Connection, account: accounts.Account) -> Account:
    return _described(account, tuple(accounts.memberships(conn, account.id)))


def _described(account: accounts.Account, held: tuple[tuple[str | None, str], ...]) -> Account:
    return Account(
        id=account.id,
        email=account.email,
        name=account.name,
        language=account.language,
        memberships=[Membership(reserve=slug, role=Role(role)) for slug, role in held],
    )


def _token(token: accounts.Token) -> Token:
    return Token(
        id=token.id,
        name=token.name,
        created_at=token.created_at,
        expires_at=token.expires_at,
        last_used_at=token.last_used_at,
    )
