"""Who may change which people. Pure: asked by the routes of accounts, told in words when it is refused.

- An admin of all reserves may change everybody.
- A manager (or an admin of one reserve) gives and takes the roles below admin in his reserve.
- He changes the account itself (its name, a new link, disabling it) only where it is his reserves' alone:
  with a link he could become that person, and must not become more than he is.
- Nobody gives a role to himself, or disables himself: of one's own, roles are only given up.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from fastapi import HTTPException

from fieldwatch_cloud.api.auth import Caller
from fieldwatch_cloud.api.models.people import Role
from fieldwatch_cloud.errors import NotFoundError

Roles = Sequence[tuple[str | None, str]]
"""(reserve's slug, or None for every reserve; role)."""
RULING = frozenset({Role.ADMIN, Role.MANAGER})


def rules_all(caller: Caller) -> bool:
    return Role.ADMIN in caller.everywhere


def ruled(caller: Caller) -> frozenset[str]:
    """Slugs of the reserves whose people the caller manages by a role there; see `rules_all`, `rules`."""
    return frozenset(slug for slug, role in caller.memberships if slug is not None and role in RULING)


def rules(caller: Caller, reserve: str) -> bool:
    return bool(caller.roles_in(reserve) & RULING)


def check_rules(caller: Caller, reserve: str | None) -> None:
    """Raises:
    NotFoundError: the caller is no member of that reserve.
    HTTPException: 403, the caller does not manage its people (None: those of all reserves).
    """
    if reserve is None:
        if not rules_all(caller):
            raise HTTPException(403, "roles in every reserve are given by an admin of all reserves")
        return
    if not caller.roles_in(reserve):
        raise NotFoundError(f"no such reserve: {reserve!r}")
    if not rules(caller, reserve):
        raise HTTPException(403, "this needs the role admin or manager")


def check_known(caller: Caller, id_: UUID, roles: Roles) -> None:
    """Raises:
    NotFoundError: this person is in no reserve whose people the caller manages: for them, nobody.
    """
    if rules_all(caller) or id_ == caller.account.id:
        return
    if not any(slug is not None and rules(caller, slug) for slug, _ in roles):
        raise NotFoundError(f"no such account: {id_}")


def check_roles(caller: Caller, id_: UUID, reserve: str | None, held: Roles, wanted: Collection[str]) -> None:
    """Whether the caller may have the account's roles in a reserve (None: in every reserve) be `wanted`.

    Raises:
        NotFoundError, HTTPException: as `check_rules`; 403 also for what the rules above forbid.
    """
    check_rules(caller, reserve)
    here = {role for slug, role in held if slug == reserve}
    if id_ == caller.account.id and not set(wanted) <= here:
        raise HTTPException(403, "nobody gives a role to himself: somebody else has to")
    if not rules_all(caller) and (Role.ADMIN in here) != (Role.ADMIN in wanted):
        raise HTTPException(403, "only an admin of all reserves makes or unmakes an admin")


def outgrows(reserve: str | None, held: Roles, wanted: Collection[str]) -> bool:
    """Whether an account becomes more by its new roles in a reserve than whoever was shown its link could
    make of it. By a link that was not used yet he would become that person: it has to end.

    Args:
        held: what the account had before, everywhere.
        wanted: what it shall have in `reserve` (None: in every reserve).
    """
    here = {role for slug, role in held if slug == reserve}
    if set(wanted) <= here:
        return False
    own = bool(held) and all(slug == reserve for slug, _ in held)
    return reserve is None or not own or (Role.ADMIN in wanted and Role.ADMIN not in here)


def check_account(caller: Caller, id_: UUID, roles: Roles) -> None:
    """Whether the caller may change the account itself, or give a new link to it.

    Raises:
        NotFoundError: as `check_known`.
        HTTPException: 403, it belongs to others as well, or may more than the caller.
    """
    check_known(caller, id_, roles)
    if rules_all(caller) or id_ == caller.account.id:
        return
    if not all(slug is not None and role != Role.ADMIN and rules(caller, slug) for slug, role in roles):
        raise HTTPException(
            403,
            "this account is not your reserve's alone, or an admin's: an admin of all reserves changes it. "
            "Roles in your reserve you can change",
        )
