"""Accounts, memberships, sessions and API tokens.

Passwords are kept as Argon2id; sessions and tokens are 256 random bits, of which only the SHA-256 is kept:
whoever reads the database cannot log in with what it holds.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any, Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from psycopg.rows import class_row

from fieldwatch_cloud.db.statements import statements
from fieldwatch_cloud.errors import BusyError, NotFoundError, RowRefusedError
from fieldwatch_shared.ids import uuid7
from fieldwatch_shared.messages import utc_now

if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection, Database

SQL = statements("accounts")
ROLES = ("admin", "manager", "researcher", "ranger", "technician")
TOKEN_PREFIX = "fwt_"  # noqa: S105  Recognisable, so that secret scanners find a leaked one.
MIN_PASSWORD = 10
_hasher = PasswordHasher()
NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$ikka8Q9R3IxlzRF2ImhIgQ$+WMBRfRqKkZmZBzBk/Uj22D09ZhEPGjT0jqoX1MfueE"
"""Of a password that nobody kept. Verified when there is no such account, so that the answer takes as long as
with one; and kept for an account whose person has not set a password yet."""
_few_at_once = BoundedSemaphore(2)
"""A verification takes 64 MiB and a core: many log-ins at once must not exhaust the machine."""
BUSY_AFTER_S = 0.5
"""Who waits holds a thread of the server, which everything else needs too: nobody queues for long."""


@dataclass(frozen=True, slots=True)
class Account:
    id: UUID
    email: str
    name: str
    language: Literal["en", "zh"]


@dataclass(frozen=True, slots=True)
class Token:
    id: UUID
    name: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


def add_account(conn: Connection, *, email: str, name: str, password: str, language: str = "en") -> UUID:
    """Create an account without any membership.

    Raises:
        RowRefusedError: the address is none, or the password is shorter than `MIN_PASSWORD`.
        AlreadyExistsError: the address has an account.
    """
    email, password_hash = checked_email(email), hashed_password(password)
    account_id = uuid7()
    conn.execute(
        SQL["add_account"],
        {
            "id": account_id,
            "email": email,
            "name": name,
            "password_hash": password_hash,
            "language": language,
        },
    )
    return account_id


def checked_email(email: str) -> str:
    """Raises:
    RowRefusedError: it is no address.
    """
    local, _, domain = email.partition("@")
    if not local or not domain or any(c.isspace() for c in email):
        raise RowRefusedError(f"{email!r} is not an e-mail address")
    return email


def hashed_password(password: str) -> str:
    """As it is kept. Slow on purpose: not within a transaction.

    Raises:
        RowRefusedError: it is shorter than `MIN_PASSWORD`, or no text.
        BusyError: others are logging in.
    """
    if len(password) < MIN_PASSWORD:
        raise RowRefusedError(f"the password needs at least {MIN_PASSWORD} characters")
    if not _few_at_once.acquire(timeout=BUSY_AFTER_S):
        raise BusyError("many people are logging in at this moment; try again")
    try:
        return _hasher.hash(password)
    except UnicodeEncodeError as error:
        raise RowRefusedError("the password holds what is no character") from error
    finally:
        _few_at_once.release()


def grant(conn: Connection, account_id: UUID, role: str, *, reserve: str | None) -> None:
    """Give a role in the reserve of that slug, or in every reserve (None). Again changes nothing.

    Raises:
        NotFoundError: no such reserve.
        RowRefusedError: no such role.
    """
    if role not in ROLES:
        raise RowRefusedError(f"no such role: {role!r}; there are {', '.join(ROLES)}")
    if reserve is None:
        conn.execute(SQL["grant_everywhere"], {"account_id": account_id, "role": role})
        return
    if conn.execute(SQL["reserve_exists"], {"reserve": reserve}).fetchone() is None:
        raise NotFoundError(f"no such reserve: {reserve!r}")
    conn.execute(SQL["grant"], {"account_id": account_id, "role": role, "reserve": reserve})


def authenticate(database: Database, email: str, password: str) -> Account | None:
    """The account whose password this is. Slow on purpose, and equally slow for an unknown address; no
    connection is held meanwhile.

    Raises:
        BusyError: others are logging in; nothing was looked at.
    """
    with database.transaction() as conn:
        row = conn.execute(SQL["by_email"], {"email": email}).fetchone()
    stored: str = row[4] if row else NOBODY
    if not _few_at_once.acquire(timeout=BUSY_AFTER_S):
        raise BusyError("many people are logging in at this moment; try again")
    try:
        _hasher.verify(stored, password)
        # Parameters that were raised since reach old passwords here, the one time that they are known.
        renewed = _hasher.hash(password) if _hasher.check_needs_rehash(stored) else None
    except (VerificationError, InvalidHashError):
        return None
    except UnicodeEncodeError:
        return None  # JSON can carry half a surrogate pair, a password cannot.
    finally:
        _few_at_once.release()
    if row is None:
        return None
    account = Account(*row[:4])
    if renewed:
        with database.transaction() as conn:
            conn.execute(SQL["set_password"], {"id": account.id, "password_hash": renewed})
    return account


def account_of_email(conn: Connection, email: str) -> Account:
    """Raises:
    NotFoundError: nobody can log in with this address.
    """
    row = conn.execute(SQL["by_email"], {"email": email}).fetchone()
    if row is None:
        raise NotFoundError(f"no such account: {email}")
    return Account(*row[:4])


def memberships(conn: Connection, account_id: UUID) -> list[tuple[str | None, str]]:
    """(slug, or None for every reserve; role)."""
    return [(slug, role) for slug, role in conn.execute(SQL["memberships"], {"account_id": account_id})]


def start_session(conn: Connection, account_id: UUID, lasts: timedelta) -> str:
    """The secret for the cookie."""
    secret = secrets.token_urlsafe(32)
    conn.execute(
        SQL["add_session"],
        {"secret_hash": secret_hash(secret), "account_id": account_id, "expires_at": utc_now() + lasts},
    )
    return secret


def end_session(conn: Connection, secret: str) -> None:
    conn.execute(SQL["delete_session"], {"secret_hash": secret_hash(secret)})


def account_of_session(conn: Connection, secret: str) -> Account | None:
    return _account(conn, "by_session", {"secret_hash": secret_hash(secret)})


def account_of_token(conn: Connection, secret: str) -> Account | None:
    """The account of a live token; notes that the token was used."""
    parameters = {"secret_hash": secret_hash(secret)}
    account = _account(conn, "by_token", parameters)
    if account is not None:
        conn.execute(SQL["touch_token"], parameters)
    return account


def issue_token(
    conn: Connection, account_id: UUID, name: str, expires_at: datetime | None = None
) -> tuple[Token, str]:
    """A new token and its secret, which cannot be shown again."""
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    with conn.cursor(row_factory=class_row(Token)) as cursor:
        cursor.execute(
            SQL["add_token"],
            {
                "id": uuid7(),
                "account_id": account_id,
                "name": name,
                "secret_hash": secret_hash(secret),
                "expires_at": expires_at,
            },
        )
        token = cursor.fetchone()
    assert token is not None  # noqa: S101  INSERT ... RETURNING gives its row.
    return token, secret


def tokens(conn: Connection, account_id: UUID) -> list[Token]:
    with conn.cursor(row_factory=class_row(Token)) as cursor:
        return cursor.execute(SQL["tokens"], {"account_id": account_id}).fetchall()


def revoke_token(conn: Connection, account_id: UUID, token_id: UUID) -> None:
    """Raises:
    NotFoundError: the account has no such live token.
    """
    if conn.execute(SQL["revoke_token"], {"account_id": account_id, "id": token_id}).rowcount == 0:
        raise NotFoundError(f"no such token: {token_id}")


def _account(conn: Connection, statement: str, parameters: dict[str, Any]) -> Account | None:
    with conn.cursor(row_factory=class_row(Account)) as cursor:
        return cursor.execute(SQL[statement], parameters).fetchone()


def secret_hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
