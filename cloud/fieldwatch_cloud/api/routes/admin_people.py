"""People of a reserve: who is let in, and what each may do. The rules are in `api.rights`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, HTTPException, Query

from fieldwatch_cloud.api import rights
from fieldwatch_cloud.api.auth import Caller, SignedIn, WithSession
from fieldwatch_cloud.api.models.admin import (
    AddedPerson,
    NewLink,
    NewPerson,
    PasswordLink,
    Person,
    PersonChange,
    Roles,
)
from fieldwatch_cloud.api.models.common import problems
from fieldwatch_cloud.api.models.people import Membership, Role
from fieldwatch_cloud.api.services import Db, Services, Wired
from fieldwatch_cloud.db import admin_log, geography, people
from fieldwatch_cloud.db.pool import Connection
from fieldwatch_cloud.errors import NotFoundError
from fieldwatch_shared.messages import Slug

router = APIRouter(tags=["administration"])
_SUBJECT = {"en": "Your access to Fieldwatch", "zh": "您的 Fieldwatch 登录链接"}
_TEXT = {
    "en": """\
{by} has opened Fieldwatch to you. Set your password here; the link is good once, until {until} UTC:

{link}

If you did not expect this, leave it: without the link nobody gets in.
""",
    "zh": """\
{by} 为您开通了 Fieldwatch。请用下面的链接设置密码；链接只能使用一次，有效期至 {until}（UTC）：

{link}

若您没有预料到本邮件，请忽略：没有此链接，任何人都无法登录。
""",
}


@router.get("/accounts", summary="People", responses=problems(401, 403, 404))
def list_accounts(
    caller: SignedIn,
    db: Db,
    reserve: Annotated[Slug | None, Query(description="Absent: of all, for admins of all reserves.")] = None,
) -> list[Person]:
    """For managers: those of a reserve, with their roles there."""
    rights.check_rules(caller, reserve)
    with db.transaction() as conn:
        found = people.people(conn, geography.reserve_id(conn, reserve) if reserve else None)
    return [_person(caller, one) for one in found]


@router.post(
    "/accounts", summary="Let somebody in", status_code=201, responses=problems(401, 403, 404, 409, 422)
)
def create_account(body: NewPerson, caller: WithSession, services: Wired) -> AddedPerson:
    """For managers. A new person sets a password by the link, which is shown this once and, where e-mail is
    set up, sent. Whoever has an account already, in whatever reserve, gets the roles beside what they have,
    and nothing else of them is told or changed."""
    rights.check_rules(caller, body.reserve)
    with services.database.transaction() as conn:
        reserve_id = geography.reserve_id(conn, body.reserve) if body.reserve else None
        id_, new = people.find_or_add(conn, email=body.email, name=body.name, language=body.language)
        known = people.person(conn, id_)
        held = [role for slug, role in known.roles if slug == body.reserve]
        wanted = sorted({*held, *body.roles})
        rights.check_roles(caller, id_, body.reserve, known.roles, wanted)
        people.set_roles(conn, id_, reserve_id, wanted)
        if not new and rights.outgrows(body.reserve, known.roles, wanted):
            people.end_link(conn, id_)  # An admin of all reserves gives the next one.
        secret = expires_at = None
        if new:
            secret, expires_at = people.issue_link(conn, id_)
        admin_log.note(
            conn,
            by=caller.account.id,
            reserve_id=reserve_id,
            action="account.created" if new else "account.roles",
            subject=id_,
            name=known.name,
            before=None if new else {"roles": held},
            after={"roles": wanted, "email": known.email} if new else {"roles": wanted},
        )
        added = people.person(conn, id_)
    link = _link(services, caller, added, secret, expires_at) if secret and expires_at else None
    return AddedPerson(person=_person(caller, added), link=link)


@router.patch(
    "/accounts/{account_id}",
    summary="Rename or disable somebody",
    responses=problems(401, 403, 404, 409, 422),
)
def change_account(account_id: UUID, body: PersonChange, caller: WithSession, db: Db) -> Person:
    """For managers, where the account belongs to their reserves alone. Who is disabled is signed out at once;
    what they did stays on record."""
    with db.transaction() as conn:
        one = people.person(conn, account_id)
        rights.check_account(caller, account_id, one.roles)
        if account_id == caller.account.id and body.disabled:
            raise HTTPException(403, "nobody disables himself: somebody else has to")
        before = {"name": one.name, "language": one.language, "disabled": one.disabled_at is not None}
        after = before | body.model_dump(exclude_none=True)
        people.change(
            conn,
            account_id,
            name=str(after["name"]),
            language=str(after["language"]),
            disabled=bool(after["disabled"]),
        )
        _note(conn, caller, one, "account.changed", before, after)
        return _person(caller, people.person(conn, account_id))


@router.put(
    "/accounts/{account_id}/memberships",
    summary="Say what somebody may do in a reserve",
    responses=problems(401, 403, 404, 409, 422),
)
def put_memberships(account_id: UUID, body: Roles, caller: WithSession, db: Db) -> Person:
    """For managers. Holds from the next request of that person on; roles in other reserves stay."""
    with db.transaction() as conn:
        one = people.person(conn, account_id)
        rights.check_known(caller, account_id, one.roles)
        rights.check_roles(caller, account_id, body.reserve, one.roles, body.roles)
        reserve_id = geography.reserve_id(conn, body.reserve) if body.reserve else None
        before = sorted(role for slug, role in one.roles if slug == body.reserve)
        people.set_roles(conn, account_id, reserve_id, body.roles)
        if rights.outgrows(body.reserve, one.roles, body.roles):
            people.end_link(conn, account_id)
        admin_log.note(
            conn,
            by=caller.account.id,
            reserve_id=reserve_id,
            action="account.roles",
            subject=account_id,
            name=one.name,
            before={"roles": before},
            after={"roles": sorted(set(body.roles))},
        )
        return _person(caller, people.person(conn, account_id))


@router.post(
    "/accounts/{account_id}/password",
    summary="Give somebody a new link to set a password",
    status_code=201,
    responses=problems(401, 403, 404, 409, 422),
)
def reset_password(account_id: UUID, body: NewLink, caller: WithSession, services: Wired) -> PasswordLink:
    """For managers, where the account belongs to their reserves alone. The old password, an older link and
    every session end at once. The link is shown this once, and is good for 7 days."""
    with services.database.transaction() as conn:
        one = people.person(conn, account_id)
        rights.check_account(caller, account_id, one.roles)
        if account_id == caller.account.id:
            raise HTTPException(403, "change your own password on the page of your account")
        if one.disabled_at is not None:
            raise HTTPException(409, "this account is disabled: enable it first")
        secret, expires_at = people.issue_link(conn, account_id, tokens_too=body.tokens_too)
        details = {"tokens_revoked": one.tokens if body.tokens_too else 0}
        _note(conn, caller, one, "account.link", None, details)
    return _link(services, caller, one, secret, expires_at)


def _note(
    conn: Connection,
    caller: Caller,
    one: people.Person,
    action: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any],
) -> None:
    """In the record of every reserve of theirs: each must be able to read why somebody cannot log in."""
    slugs = sorted({slug for slug, _ in one.roles} or {None}, key=lambda slug: slug or "")
    for slug in slugs:
        admin_log.note(
            conn,
            by=caller.account.id,
            reserve_id=geography.reserve_id(conn, slug) if slug else None,
            action=action,
            subject=one.id,
            name=one.name,
            before=before,
            after=after,
        )


def _link(
    services: Services, caller: Caller, one: people.Person, secret: str, expires_at: datetime
) -> PasswordLink:
    path = f"/#welcome/{secret}"
    site = services.settings.http.public_url
    if site is None:
        not_mailed: str | None = (
            "the operator has not set the address of this site (FIELDWATCH_HTTP_PUBLIC_URL)"
        )
    else:
        until = f"{expires_at:%Y-%m-%d %H:%M}"
        link = site.rstrip("/") + path
        text = _TEXT[one.language].format(by=caller.account.name, until=until, link=link)
        not_mailed = services.operations.mail(one.email, one.language, _SUBJECT[one.language], text)
    return PasswordLink.model_validate(
        {"path": path, "expires_at": expires_at, "mailed": not_mailed is None, "not_mailed": not_mailed}
    )


def _person(caller: Caller, one: people.Person) -> Person:
    every = rights.rules_all(caller) or one.id == caller.account.id
    try:
        rights.check_account(caller, one.id, one.roles)
    except (HTTPException, NotFoundError):
        changeable = False
    else:
        changeable = True
    return Person(
        id=one.id,
        email=one.email,
        name=one.name,
        language=one.language,
        memberships=[
            Membership(reserve=slug, role=Role(role))
            for slug, role in one.roles
            if every or slug is None or rights.rules(caller, slug)
        ],
        disabled_at=one.disabled_at,
        has_password=one.has_password,
        link_expires_at=one.link_expires_at,
        signed_in_at=one.signed_in_at if changeable else None,
        tokens=one.tokens if changeable else 0,
        changeable=changeable,
    )
