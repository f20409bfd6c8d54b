"""People let in, changed and locked out; what nobody may do to whom; links that are good once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from fieldwatch_cloud.db import accounts

from .admin_world import browsers
from .api_world import World

if TYPE_CHECKING:
    from pathlib import Path

    from fieldwatch_cloud.db.pool import Database

NEW = {"email": "li@example.org", "name": "Li Na", "language": "zh", "reserve": "foping", "roles": ["ranger"]}
PASSWORD = "three grey monkeys"


@pytest.fixture
def world(database_url: str, db: Database, tmp_path: Path) -> World:
    return World(database_url, db, tmp_path)


def secret(link: dict[str, Any]) -> str:
    return str(link["path"]).removeprefix("/#welcome/")


def test_a_new_person_sets_a_password_by_a_link_once(world: World) -> None:
    with browsers(world, "manager", None) as (manager, new):
        added = manager.done("POST", "/accounts", NEW)
        assert added["person"]["has_password"] is False
        link = secret(added["link"])
        assert new.done("POST", "/password-links/look", {"secret": link})["name"] == "Li Na"
        # To look uses nothing up, and a password that is too short neither.
        new.refused(422, "POST", "/password-links/use", {"secret": link, "password": "short"})
        signed_in = new.done("POST", "/password-links/use", {"secret": link, "password": PASSWORD})
        assert signed_in["account"]["memberships"] == [{"reserve": "foping", "role": "ranger"}]
        assert new.get("/me")["email"] == "li@example.org"
        for path, body in (("look", {"secret": link}), ("use", {"secret": link, "password": PASSWORD * 2})):
            assert "used already" in new.refused(404, "POST", f"/password-links/{path}", body)
    assert accounts.authenticate(world.db, "li@example.org", PASSWORD) is not None


def test_nobody_knows_the_password_before(world: World) -> None:
    with browsers(world, "manager") as (manager,):
        manager.done("POST", "/accounts", NEW)
    assert accounts.authenticate(world.db, "li@example.org", "") is None
    with world.db.transaction() as conn:
        kept = conn.execute("SELECT secret_hash FROM password_link").fetchall()
        assert len(kept) == 1
        assert len(kept[0][0]) == 32  # a hash, never the link


def test_an_old_link_is_no_good(world: World) -> None:
    with browsers(world, "manager", None) as (manager, new):
        link = secret(manager.done("POST", "/accounts", NEW)["link"])
        with world.db.transaction() as conn:
            conn.execute("UPDATE password_link SET expires_at = now() - interval '1 second'")
        new.refused(404, "POST", "/password-links/use", {"secret": link, "password": PASSWORD})


def test_a_reset_ends_sessions_links_and_where_wanted_tokens(world: World) -> None:
    with browsers(world, "manager", "ranger", None) as (manager, ranger, anybody):
        first = secret(manager.done("POST", f"/accounts/{ranger.id}/password", {}))
        ranger.refused(401, "GET", "/me")
        second = manager.done("POST", f"/accounts/{ranger.id}/password", {"tokens_too": True})
        anybody.refused(404, "POST", "/password-links/look", {"secret": first})
        assert anybody.done("POST", "/password-links/look", {"secret": secret(second)})
        person = next(one for one in manager.get("/accounts", reserve="foping") if one["id"] == ranger.id)
        assert person["tokens"] == 0
    assert accounts.authenticate(world.db, "ranger@example.org", "correct horse battery") is None


def test_a_link_is_mailed_where_the_site_has_an_address(world: World) -> None:
    from dataclasses import replace

    http = world.settings.http.model_copy(update={"public_url": "https://map.example.org/"})
    world.settings = replace(world.settings, http=http)
    with browsers(world, "manager") as (manager,):
        client_url = {"Origin": "https://map.example.org"}
        answer = manager.client.post("/api/v1/accounts", json=NEW, headers=client_url)
    link = answer.json()["link"]
    assert link["mailed"] is True
    ((email, language, _, text),) = world.desk.mailed
    assert (email, language) == ("li@example.org", "zh")
    assert "https://map.example.org" + link["path"] in text


def test_who_has_an_account_elsewhere_keeps_it_and_is_not_told_of(world: World) -> None:
    with browsers(world, "manager", "stranger") as (manager, stranger):
        added = manager.done("POST", "/accounts", NEW | {"email": "STRANGER@example.org"})
        assert added["link"] is None  # with a link, their account could be taken over
        person = added["person"]
        assert person["memberships"] == [{"reserve": "foping", "role": "ranger"}]
        assert person["changeable"] is False
        assert person["signed_in_at"] is None
        for method, path in (("PATCH", ""), ("POST", "/password")):
            body = {"disabled": True} if method == "PATCH" else {}
            assert "not your reserve's alone" in manager.refused(
                403, method, f"/accounts/{stranger.id}{path}", body
            )
        assert stranger.get("/me")["memberships"] == [
            {"reserve": "elsewhere", "role": "manager"},
            {"reserve": "foping", "role": "ranger"},
        ]
        # To take them out again touches nothing of theirs elsewhere.
        manager.done("PUT", f"/accounts/{stranger.id}/memberships", {"reserve": "foping", "roles": []})
        assert stranger.get("/me")["memberships"] == [{"reserve": "elsewhere", "role": "manager"}]
        manager.refused(404, "PATCH", f"/accounts/{stranger.id}", {"name": "X"})


@pytest.mark.parametrize("how", ["added", "membership", "admin here", "after he was taken out"])
def test_whoever_was_shown_a_link_becomes_no_more_by_it_than_he_is(world: World, how: str) -> None:
    with browsers(world, "manager", "stranger", "admin", None) as (manager, stranger, admin, anybody):
        added = manager.done("POST", "/accounts", NEW)
        id_, secret = added["person"]["id"], added["link"]["path"].removeprefix("/#welcome/")
        manager.done("PUT", f"/accounts/{id_}/memberships", {"reserve": "foping", "roles": ["researcher"]})
        assert anybody.ask("POST", "/password-links/look", {"secret": secret}).status_code == 200
        if how == "after he was taken out":
            manager.done("PUT", f"/accounts/{id_}/memberships", {"reserve": "foping", "roles": []})
        if how in ("added", "after he was taken out"):
            answer = stranger.done("POST", "/accounts", NEW | {"reserve": "elsewhere", "roles": ["manager"]})
            assert answer["link"] is None
        else:
            there = {"reserve": "elsewhere", "roles": ["manager"]}
            here = {"reserve": "foping", "roles": ["admin"]}
            admin.done("PUT", f"/accounts/{id_}/memberships", here if how == "admin here" else there)
        use = {"secret": secret, "password": "a password of mine"}
        assert anybody.ask("POST", "/password-links/use", use).status_code == 404
        # An admin of all reserves may become anybody as it is.
        assert admin.done("POST", f"/accounts/{id_}/password", {})["path"]


ROLES_OF = {  # who: which roles they may give to a ranger of Foping, and whether they may change the account
    "admin": ({"admin", "manager", "researcher", "ranger", "technician"}, True),
    "manager": ({"manager", "researcher", "ranger", "technician"}, True),
    "researcher": (set(), False),
    "technician": (set(), False),
    "stranger": (set(), False),
    "nobody": (set(), False),
}


@pytest.mark.parametrize("who", ROLES_OF)
def test_who_may_do_what_with_people(world: World, who: str) -> None:
    gives, changes = ROLES_OF[who]
    with browsers(world, who, "ranger") as (actor, ranger):
        member = who not in ("stranger", "nobody")
        for role in ("admin", "manager", "researcher", "ranger", "technician"):
            body = {"reserve": "foping", "roles": [role]}
            answer = actor.ask("PUT", f"/accounts/{ranger.id}/memberships", body)
            assert (answer.status_code == 200) is (role in gives), (role, answer.text)
            answer = actor.ask("POST", "/accounts", NEW | {"email": f"{role}@new.org", "roles": [role]})
            assert answer.status_code == (201 if role in gives else 403 if member else 404), answer.text
        for method, path, body in (
            ("PATCH", f"/accounts/{ranger.id}", {"name": "Other"}),
            ("POST", f"/accounts/{ranger.id}/password", {}),
            ("PATCH", f"/accounts/{ranger.id}", {"disabled": True}),
        ):
            if who == "admin" and method == "PATCH":
                actor.done("PATCH", f"/accounts/{ranger.id}", {"disabled": False})
            answer = actor.ask(method, path, body)
            assert (answer.status_code < 300) is changes, answer.text
            assert changes or answer.status_code in (403, 404)
        seen = actor.ask("GET", "/accounts", params={"reserve": "foping"}).status_code
        assert seen == (200 if gives else 403 if member else 404)
        assert actor.ask("GET", "/accounts").status_code == (200 if who == "admin" else 403)
        everywhere = {"reserve": None, "roles": ["researcher"]}
        answer = actor.ask("PUT", f"/accounts/{ranger.id}/memberships", everywhere)
        assert (answer.status_code == 200) is (who == "admin")


def test_nobody_raises_or_disables_himself(world: World) -> None:
    with browsers(world, "manager", "admin") as (manager, admin):
        for roles in (["admin"], ["admin", "manager"], ["manager", "researcher"]):
            body = {"reserve": "foping", "roles": roles}
            assert "himself" in manager.refused(403, "PUT", f"/accounts/{manager.id}/memberships", body)
        manager.refused(
            403, "PUT", f"/accounts/{manager.id}/memberships", {"reserve": None, "roles": ["ranger"]}
        )
        manager.refused(
            403, "POST", "/accounts", NEW | {"email": "manager@example.org", "roles": ["technician"]}
        )
        assert "himself" in manager.refused(403, "PATCH", f"/accounts/{manager.id}", {"disabled": True})
        manager.refused(403, "POST", f"/accounts/{manager.id}/password", {})
        # An admin's account is not a manager's to open, not even with a role in the same reserve.
        admin.done("POST", "/accounts", NEW | {"email": "boss@example.org", "roles": ["manager"]})
        boss = next(one for one in admin.get("/accounts") if one["email"] == "boss@example.org")
        admin.done("PUT", f"/accounts/{boss['id']}/memberships", {"reserve": "foping", "roles": ["admin"]})
        manager.refused(403, "POST", f"/accounts/{boss['id']}/password", {})
        manager.refused(403, "PATCH", f"/accounts/{boss['id']}", {"disabled": True})
        manager.refused(403, "PUT", f"/accounts/{boss['id']}/memberships", {"reserve": "foping", "roles": []})
        # Of one's own, roles are given up.
        manager.done("PUT", f"/accounts/{manager.id}/memberships", {"reserve": "foping", "roles": []})
        manager.refused(404, "GET", "/reserves/foping/zones")


def test_the_last_admin_stays(world: World) -> None:
    with browsers(world, "admin") as (admin,):
        nothing = {"reserve": None, "roles": []}
        assert "last admin" in admin.refused(409, "PUT", f"/accounts/{admin.id}/memberships", nothing)
        second = admin.done(
            "POST", "/accounts", NEW | {"email": "two@example.org", "reserve": None, "roles": ["admin"]}
        )["person"]["id"]
        admin.done("PATCH", f"/accounts/{second}", {"disabled": True})
        # Who cannot log in does not count.
        assert "last admin" in admin.refused(409, "PUT", f"/accounts/{admin.id}/memberships", nothing)
        admin.done("PATCH", f"/accounts/{second}", {"disabled": False})
        admin.done("PUT", f"/accounts/{admin.id}/memberships", nothing)
        admin.refused(403, "GET", "/accounts")


def test_who_is_disabled_is_out_at_once(world: World) -> None:
    with browsers(world, "manager", "ranger") as (manager, ranger):
        token = world.token("technician")
        assert ranger.get("/me")["name"] == "Ranger"
        manager.done("PATCH", f"/accounts/{ranger.id}", {"disabled": True})
        ranger.refused(401, "GET", "/me")
        technician = next(
            one for one in manager.get("/accounts", reserve="foping") if one["email"].startswith("technician")
        )
        manager.done("PATCH", f"/accounts/{technician['id']}", {"disabled": True})
        manager.client.cookies.clear()
        by_token = manager.client.get("/api/v1/me", headers={"Authorization": f"Bearer {token}"})
        assert by_token.status_code == 401
    assert accounts.authenticate(world.db, "ranger@example.org", "correct horse battery") is None


def test_people_are_not_managed_with_a_token(world: World) -> None:
    with world.client("admin") as client:
        assert client.post("/api/v1/accounts", json=NEW).status_code == 403
        assert client.post(f"/api/v1/accounts/{uuid4()}/password", json={}).status_code == 403


def test_ones_own_password_and_name(world: World) -> None:
    old = "correct horse battery"
    with browsers(world, "ranger", None, None) as (ranger, second, third):
        login = {"email": "ranger@example.org", "password": old}
        second.done("POST", "/login", login)
        assert "another one" in ranger.refused(
            422, "POST", "/me/password", {"old": "x" * 12, "new": PASSWORD}
        )
        ranger.refused(422, "POST", "/me/password", {"old": old, "new": "short"})
        ranger.done("POST", "/me/password", {"old": old, "new": PASSWORD})
        assert ranger.get("/me")["name"] == "Ranger"  # this session goes on
        second.refused(401, "GET", "/me")  # every other one has ended
        third.refused(401, "POST", "/login", login)
        third.done("POST", "/login", login | {"password": PASSWORD})
        assert ranger.done("PATCH", "/me", {"name": "Zhao Min", "language": "zh"})["language"] == "zh"
        for _ in range(12):
            answer = ranger.ask("POST", "/me/password", {"old": "guess" * 3, "new": PASSWORD})
        assert answer.status_code == 429


def test_every_change_is_on_record_and_no_secret(world: World) -> None:
    with browsers(world, "manager", "admin", "researcher") as (manager, admin, researcher):
        added = manager.done("POST", "/accounts", NEW)
        id_ = added["person"]["id"]
        manager.done("PUT", f"/accounts/{id_}/memberships", {"reserve": "foping", "roles": ["technician"]})
        manager.done("PATCH", f"/accounts/{id_}", {"name": "Li Nana"})
        manager.done("PATCH", f"/accounts/{id_}", {"name": "Li Nana"})  # nothing changed, nothing written
        link = manager.done("POST", f"/accounts/{id_}/password", {})
        log = manager.get("/reserves/foping/admin-log")["items"]
        assert [(one["action"], one["by"]) for one in log] == [
            ("account.link", "Manager"),
            ("account.changed", "Manager"),
            ("account.roles", "Manager"),
            ("account.created", "Manager"),
        ]
        assert (log[1]["before"], log[1]["after"]) == ({"name": "Li Na"}, {"name": "Li Nana"})
        assert (log[2]["before"], log[2]["after"]) == ({"roles": ["ranger"]}, {"roles": ["technician"]})
        assert secret(link) not in str(log)
        page = manager.get("/reserves/foping/admin-log", limit=3)
        assert page["next_before"] == page["items"][-1]["id"]
        rest = manager.get("/reserves/foping/admin-log", before=page["next_before"])
        assert [one["action"] for one in rest["items"]] == ["account.created"]
        assert rest["next_before"] is None
        researcher.refused(403, "GET", "/reserves/foping/admin-log")
        manager.refused(403, "GET", "/admin-log")
        assert admin.get("/admin-log")["items"] == []
    with pytest.raises(Exception, match="cannot be altered"), world.db.transaction() as conn:
        conn.execute("DELETE FROM admin_log")
    with pytest.raises(Exception, match="cannot be altered"), world.db.transaction() as conn:
        conn.execute("UPDATE admin_log SET name = 'x'")


def test_malformed_people_are_told_why(world: World) -> None:
    with browsers(world, "manager") as (manager,):
        assert "not an e-mail address" in manager.refused(
            422, "POST", "/accounts", NEW | {"email": "li at x"}
        )
        manager.refused(422, "POST", "/accounts", NEW | {"roles": []})
        manager.refused(422, "POST", "/password-links/look", {"secret": "x y"})
