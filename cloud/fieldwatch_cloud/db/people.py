"""People as those see them who let them in: accounts, their roles, links to set a password.

Whoever may do what is decided above (`api.rights`); here it is done, and what must hold in any case is held:
one admin of all reserves stays, and a link is good once.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from psycopg.rows import class_row

from fieldwatch_cloud.db.accounts import NOBODY, Account, checked_email, secret_hash
from fieldwatch_cloud.db.statements import statements
from fieldwatch_cloud.errors import NotAllowedNowError, NotFoundError
from fieldwatch_shared.ids import uuid7

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection

SQL = statements("people")
LINK_LASTS = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Person:
    id: UUID
    email: str
    name: str
    language: Literal["en", "zh"]
    created_at: datetime
    disabled_at: datetime | None
    has_password: bool
    link_expires_at: datetime | None
    """Of the link that was not used yet."""
    signed_in_at: datetime | None
    """Of the newest session that has not ended."""
    tokens: int
    roles: list[tuple[str | None, str]]
    """(reserve's slug, or None for every reserve; role)."""


@dataclass(frozen=True, slots=True)
class Link:
    """Whose a link is."""

    account: Account
    expires_at: datetime


def people(conn: Connection, reserve_id: UUID | None) -> list[Person]:
    """Members of a reserve, admins of all reserves among them; all accounts there are (None). By name, those
    who are disabled last."""
    return _people(conn, {"reserve_id": reserve_id, "id": None})


def person(conn: Connection, id_: UUID) -> Person:
    """Raises:
    NotFoundError: no such account.
    """
    found = _people(conn, {"reserve_id": None, "id": id_})
    if not found:
        raise NotFoundError(f"no such account: {id_}")
    return found[0]


def _people(conn: Connection, values: dict[str, Any]) -> list[Person]:
    with conn.cursor(row_factory=class_row(Person)) as cursor:
        rows = cursor.execute(SQL["people"], {**values, "nobody": NOBODY}).fetchall()
    for row in rows:
        row.roles[:] = [(slug, role) for slug, role in row.roles]
    return rows


def find_or_add(conn: Connection, *, email: str, name: str, language: str) -> tuple[UUID, bool]:
    """The account of an address, and whether it is new: then nobody can log in with it until a link was used.

    Raises:
        RowRefusedError: the address is none.
        NotAllowedNowError: the account of this address is disabled.
    """
    new = uuid7()
    values = {
        "id": new,
        "email": checked_email(email),
        "name": name,
        "language": language,
        "nobody": NOBODY,
    }
    if conn.execute(SQL["add"], values).rowcount:
        return new, True
    found = conn.execute(SQL["by_email"], {"email": email}).fetchone()
    if found is None or found[1]:
        raise NotAllowedNowError("this address cannot be added here: ask an admin of all reserves")
    return found[0], False


def change(conn: Connection, id_: UUID, *, name: str, language: str, disabled: bool | None) -> None:
    """Set what an account is; `disabled` stays where it is None. One that is disabled is signed out at once,
    and its link ends.

    Raises:
        NotAllowedNowError: it is the last admin of all reserves.
    """
    if disabled:
        _keep_an_admin(conn, id_)
        conn.execute(SQL["end_sessions"], {"id": id_, "but": b""})
        conn.execute(SQL["drop_link"], {"id": id_})
    conn.execute(SQL["change"], {"id": id_, "name": name, "language": language, "disabled": disabled})


def set_roles(conn: Connection, id_: UUID, reserve_id: UUID | None, roles: Collection[str]) -> None:
    """Have these roles, and no others, in a reserve or in every reserve (None).

    Raises:
        NotAllowedNowError: it would take the role from the last admin of all reserves.
    """
    if reserve_id is None and "admin" not in roles:
        _keep_an_admin(conn, id_)
    conn.execute(SQL["take_roles"], {"id": id_, "reserve_id": reserve_id})
    for role in sorted(set(roles)):
        conn.execute(SQL["give_role"], {"id": id_, "reserve_id": reserve_id, "role": role})


def _keep_an_admin(conn: Connection, id_: UUID) -> None:
    conn.execute(SQL["lock"])
    if (None, "admin") not in person(conn, id_).roles:
        return
    (count,) = conn.execute(SQL["other_admins"], {"id": id_}).fetchone() or (0,)
    if not count:
        raise NotAllowedNowError("this is the last admin of all reserves: make somebody else one first")


def issue_link(conn: Connection, id_: UUID, *, tokens_too: bool = False) -> tuple[str, datetime]:
    """A link's secret, and until when it is good. The password ends, and so does every session; an earlier
    link as well.

    Args:
        tokens_too: scripts are locked out as well.
    """
    conn.execute(SQL["forget_password"], {"id": id_, "nobody": NOBODY})
    conn.execute(SQL["end_sessions"], {"id": id_, "but": b""})
    if tokens_too:
        conn.execute(SQL["revoke_tokens"], {"id": id_})
    secret = secrets.token_urlsafe(32)
    values = {"id": id_, "secret_hash": secret_hash(secret), "lasts": LINK_LASTS}
    row = conn.execute(SQL["add_link"], values).fetchone()
    assert row is not None  # noqa: S101  INSERT ... RETURNING gives its row.
    return secret, row[0]


def end_link(conn: Connection, id_: UUID) -> None:
    """A link that was not used yet is no good any more."""
    conn.execute(SQL["drop_link"], {"id": id_})


def link(conn: Connection, secret: str) -> Link:
    """Raises:
    NotFoundError: there is no such link, it was used, or it is too old.
    """
    row = conn.execute(SQL["link"], {"secret_hash": secret_hash(secret)}).fetchone()
    if row is None:
        raise NotFoundError("this link was used already, or is too old: ask for a new one")
    return Link(Account(*row[:4]), row[4])


def use_link(conn: Connection, secret: str, hashed: str) -> UUID:
    """Have the link's account log in with this password from now on; the link ends.

    Args:
        hashed: as `accounts.hashed_password` gives it.

    Raises:
        NotFoundError: as `link` says.
    """
    row = conn.execute(SQL["use_link"], {"secret_hash": secret_hash(secret)}).fetchone()
    if row is None:
        raise NotFoundError("this link was used already, or is too old: ask for a new one")
    id_: UUID = row[0]
    set_password(conn, id_, hashed, session=None)
    return id_


def set_password(conn: Connection, id_: UUID, hashed: str, *, session: str | None) -> None:
    """Have this password (as `accounts.hashed_password` gives it); every session but `session` ends."""
    conn.execute(SQL["set_password"], {"id": id_, "password_hash": hashed})
    conn.execute(SQL["end_sessions"], {"id": id_, "but": secret_hash(session) if session else b""})
    conn.execute(SQL["drop_link"], {"id": id_})
