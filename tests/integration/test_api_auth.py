"""Nothing answers unauthenticated; roles hold in their reserve; sessions, tokens, the origin of requests."""

import re
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from datetime import timedelta
from uuid import uuid4

import httpx2
import pytest
from argon2 import PasswordHasher, extract_parameters
from fastapi.routing import iter_route_contexts
from starlette.routing import Mount

from fieldwatch_cloud.db import accounts
from fieldwatch_cloud.db.pool import Database

from .api_world import NOON, ORIGIN, PASSWORD, World, running

OPEN = {
    ("POST", "/api/v1/login"),
    ("GET", "/api/v1/health"),
    ("POST", "/api/v1/deliveries/{delivery_id}/receipts"),  # The delivery's secret vouches.
    ("POST", "/api/v1/password-links/look"),  # The link's secret vouches.
    ("POST", "/api/v1/password-links/use"),
    ("GET", "/api/v1/enrolment/authority"),  # No secret.
    ("POST", "/api/v1/enrolment"),  # The one-time code vouches.
    ("POST", "/api/v1/node-session/challenge"),
    ("POST", "/api/v1/node-session"),  # The certificate's key vouches.
    ("GET", "/"),
}
SAME_ORIGIN = {"Origin": ORIGIN}


@pytest.fixture
def world(database_url: str, db: Database, tmp_path) -> World:
    return World(database_url, db, tmp_path)


def routes(app) -> set[tuple[str, str]]:
    found = set()
    for route in iter_route_contexts(app.routes):
        if isinstance(route.original_route, Mount):
            found.add(("GET", "/"))
            continue
        found |= {(method, route.path) for method in route.methods or ()}
    return found


def test_every_route_but_ten_wants_to_know_who_asks(world: World) -> None:
    with world.client() as client:
        every = routes(client.app)
        assert len(every) > 20
        assert every > OPEN
        for method, path in every:
            address = re.sub(r"\{(\w+)\}", lambda m: "foping" if m[1] == "slug" else str(uuid4()), path)
            status = client.request(method, address, headers=SAME_ORIGIN).status_code
            if (method, path) in OPEN:
                assert status != 401, (method, path)
            else:
                assert status == 401, (method, path)


DEPLOYMENT = {"node_id": "n1", "location_name": "x", "longitude": 107.5, "latitude": 33.6}
COUNTS = {"from": NOON.isoformat(), "to": (NOON + timedelta(days=1)).isoformat()}
ANYWHERE = "admin manager researcher ranger technician stranger nobody"
MATRIX = [
    # method, path, body; status per account. A stranger is a manager of another reserve.
    ("GET", "/me", None, {200: ANYWHERE}),
    ("GET", "/tokens", None, {200: ANYWHERE}),
    ("GET", "/reserves", None, {200: ANYWHERE}),
    ("GET", "/openapi.json", None, {200: ANYWHERE}),
    ("POST", "/tokens", {"name": "x"}, {403: ANYWHERE}),  # not with a token
    ("POST", "/reserves", {"slug": "new", "name": "New"},
     {201: "admin", 403: "manager researcher ranger technician stranger nobody"}),
    ("GET", "/reserves/foping/zones", None,
     {200: "admin manager researcher ranger technician", 404: "stranger nobody"}),
    ("GET", "/reserves/foping/deployments", None,
     {200: "admin manager researcher ranger technician", 404: "stranger nobody"}),
    ("GET", "/reserves/foping/observations", None,
     {200: "admin manager researcher ranger technician", 404: "stranger nobody"}),
    ("GET", "/reserves/foping/incidents", None,
     {200: "admin manager researcher ranger technician", 404: "stranger nobody"}),
    ("GET", "/reserves/foping/cap.atom", None,
     {200: "admin manager researcher ranger technician", 404: "stranger nobody"}),
    ("GET", f"/incidents/{uuid4()}/cap.xml", None, {404: ANYWHERE}),
    ("GET", f"/incidents/{uuid4()}/cap/1.xml", None, {404: ANYWHERE}),
    ("GET", "/push/key", None, {200: ANYWHERE}),
    ("GET", "/reserves/foping/review", None,
     {200: "admin manager researcher ranger technician", 404: "stranger nobody"}),
    ("GET", "/reserves/foping/review/progress", None,
     {200: "admin manager researcher ranger technician", 404: "stranger nobody"}),
    ("GET", "/reserves/foping/taxa", None,
     {200: "admin manager researcher ranger technician", 404: "stranger nobody"}),
    ("PUT", f"/media/{uuid4()}/labels", {"based_on": 0, "labels": []}, {404: ANYWHERE}),
    ("POST", "/reserves/foping/counts", COUNTS,
     {200: "admin manager researcher ranger technician", 404: "stranger nobody"}),
    ("POST", "/reserves/foping/deployments", DEPLOYMENT,
     {201: "admin manager technician", 403: "researcher ranger", 404: "stranger nobody"}),
    ("POST", f"/reserves/foping/deployments/{uuid4()}/end", {},
     {404: "admin manager technician stranger nobody", 403: "researcher ranger"}),
    ("POST", "/reserves/foping/nodes", {"id": "n2", "name": "x"},
     {201: "admin manager technician", 403: "researcher ranger", 404: "stranger nobody"}),
    ("GET", "/reserves/nowhere/deployments", None, {404: ANYWHERE}),
    ("GET", "/quarantine", None,
     {200: "admin", 403: "manager researcher ranger technician stranger nobody"}),
    ("POST", f"/quarantine/{uuid4()}/replay", None,
     {404: "admin", 403: "manager researcher ranger technician stranger nobody"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        (
            who,
            [(m, p, b, next(s for s, names in by.items() if who in names.split())) for m, p, b, by in MATRIX],
        )
        for who in ANYWHERE.split()
    ],
    ids=ANYWHERE.split(),
)
def test_authorization_matrix(world: World, who: str, expected) -> None:
    with world.client(who) as client:
        for method, path, body, status in expected:
            response = client.request(method, f"/api/v1{path}", json=body)
            assert response.status_code == status, (method, path, response.text)


def test_a_role_in_one_reserve_is_none_in_another(world: World) -> None:
    with world.client("stranger") as client:
        assert [reserve["slug"] for reserve in client.get("/api/v1/reserves").json()] == ["elsewhere"]
        assert client.get("/api/v1/reserves/elsewhere/deployments").status_code == 200


def test_log_in_look_log_out(world: World) -> None:
    world.token("ranger")
    with world.client() as client:
        response = client.post("/api/v1/login", json={"email": "RANGER@example.org", "password": PASSWORD})
        assert response.status_code == 200
        assert response.json()["account"]["memberships"] == [{"reserve": "foping", "role": "ranger"}]
        cookie = response.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert "secure" not in cookie  # plain http here
        assert client.get("/api/v1/me").json()["email"] == "ranger@example.org"
        kept = dict(client.cookies)
        assert client.post("/api/v1/logout", headers=SAME_ORIGIN).status_code == 204
        assert not client.cookies
        assert (
            client.get(
                "/api/v1/me", headers={"Cookie": f"fieldwatch_session={kept['fieldwatch_session']}"}
            ).status_code
            == 401
        )


def test_over_https_the_cookie_is_secure(world: World) -> None:
    world.token("ranger")
    with world.client() as client:
        response = client.post(
            "https://testserver/api/v1/login", json={"email": "ranger@example.org", "password": PASSWORD}
        )
        assert "secure" in response.headers["set-cookie"].lower()
        assert response.headers["strict-transport-security"]


def test_wrong_password_and_unknown_address_look_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.token("ranger")
    with world.client() as client:
        answers, paid = [], []
        verify = PasswordHasher.verify

        def counted(hasher: PasswordHasher, stored: str, password: str) -> bool:
            paid.append(extract_parameters(stored))
            return verify(hasher, stored, password)

        monkeypatch.setattr(PasswordHasher, "verify", counted)
        for email in ("ranger@example.org", "nobody@example.org"):
            response = client.post("/api/v1/login", json={"email": email, "password": "wrong"})
            answers.append((response.status_code, response.json()))
    assert answers[0] == answers[1]
    assert answers[0][0] == 401
    # Both pay for one Argon2 verification at the same cost, which is nearly all of the time that they take.
    known, unknown = paid
    assert known == unknown


def test_a_disabled_account_is_out_at_once(world: World) -> None:
    with world.client("ranger") as client:
        assert client.get("/api/v1/me").status_code == 200
        with world.db.transaction() as conn:
            conn.execute("UPDATE account SET disabled_at = now()")
        assert client.get("/api/v1/me").status_code == 401
        response = client.post("/api/v1/login", json={"email": "ranger@example.org", "password": PASSWORD})
        assert response.status_code == 401


def test_guessing_ends_after_ten_failures(world: World) -> None:
    world.token("ranger")
    with world.client() as client:
        for _ in range(10):
            assert (
                client.post(
                    "/api/v1/login", json={"email": "ranger@example.org", "password": "x"}
                ).status_code
                == 401
            )
        response = client.post("/api/v1/login", json={"email": "Ranger@example.org", "password": PASSWORD})
        assert response.status_code == 429
        assert 800 < int(response.headers["retry-after"]) <= 901


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (SAME_ORIGIN, 204),
        ({"Sec-Fetch-Site": "same-origin"}, 204),
        ({"Origin": "https://evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": ORIGIN}, 403),
        ({}, 403),
    ],
)
def test_another_sites_page_cannot_act_with_the_cookie(world: World, headers, status: int) -> None:
    world.token("ranger")
    with world.client() as client:
        client.post("/api/v1/login", json={"email": "ranger@example.org", "password": PASSWORD})
        assert client.post("/api/v1/logout", headers=headers).status_code == status
        assert client.get("/api/v1/me").status_code == (401 if status == 204 else 200)


def test_another_site_cannot_log_anybody_in(world: World) -> None:
    world.token("ranger")
    with world.client() as client:
        body = {"email": "ranger@example.org", "password": PASSWORD}
        response = client.post("/api/v1/login", json=body, headers={"Origin": "https://evil.example"})
        assert response.status_code == 403
        assert not client.cookies


def test_tokens_are_issued_used_and_revoked(world: World) -> None:
    world.token("ranger")
    with world.client() as client:
        client.post("/api/v1/login", json={"email": "ranger@example.org", "password": PASSWORD})
        issued = client.post("/api/v1/tokens", json={"name": " report "}, headers=SAME_ORIGIN).json()
        assert issued["secret"].startswith("fwt_")
        assert issued["name"] == "report"
        script = {"Authorization": f"Bearer {issued['secret']}", "Cookie": ""}
        client.cookies.clear()
        assert client.get("/api/v1/me", headers=script).status_code == 200
        assert client.delete(f"/api/v1/tokens/{issued['id']}", headers=script).status_code == 403
        client.post("/api/v1/login", json={"email": "ranger@example.org", "password": PASSWORD})
        listed = {token["id"]: token for token in client.get("/api/v1/tokens").json()}
        assert "secret" not in listed[issued["id"]]
        assert listed[issued["id"]]["last_used_at"] is not None
        gone = client.delete(f"/api/v1/tokens/{issued['id']}", headers=SAME_ORIGIN)
        assert gone.status_code == 204
        assert client.delete(f"/api/v1/tokens/{issued['id']}", headers=SAME_ORIGIN).status_code == 404
        client.cookies.clear()
        assert client.get("/api/v1/me", headers=script).status_code == 401


def test_an_expired_token_and_session_are_nothing(world: World) -> None:
    with world.client("ranger") as client:
        with world.db.transaction() as conn:
            conn.execute("UPDATE api_token SET expires_at = now()")
        assert client.get("/api/v1/me").status_code == 401
    with world.client() as client:
        client.post("/api/v1/login", json={"email": "ranger@example.org", "password": PASSWORD})
        assert client.get("/api/v1/me").status_code == 200
        with world.db.transaction() as conn:
            conn.execute("UPDATE session SET expires_at = now()")
        assert client.get("/api/v1/me").status_code == 401


def test_nobody_revokes_anothers_token(world: World) -> None:
    world.token("manager")
    with world.db.transaction() as conn:
        (theirs,) = conn.execute("SELECT id FROM api_token").fetchone()
    world.token("ranger")
    with world.client() as client:
        client.post("/api/v1/login", json={"email": "ranger@example.org", "password": PASSWORD})
        assert client.delete(f"/api/v1/tokens/{theirs}", headers=SAME_ORIGIN).status_code == 404


def test_an_old_passwords_hash_is_renewed(world: World) -> None:
    world.token("ranger")
    old = PasswordHasher(time_cost=1, memory_cost=64).hash(PASSWORD)
    with world.db.transaction() as conn:
        conn.execute("UPDATE account SET password_hash = %s", (old,))
    assert accounts.authenticate(world.db, "ranger@example.org", "wrong") is None
    assert accounts.authenticate(world.db, "ranger@example.org", PASSWORD) is not None
    with world.db.transaction() as conn:
        (stored,) = conn.execute("SELECT password_hash FROM account").fetchone()
    assert not PasswordHasher().check_needs_rehash(stored)
    assert accounts.authenticate(world.db, "ranger@example.org", PASSWORD) is not None


def test_the_hash_of_nobody_costs_what_a_real_one_does() -> None:
    assert not PasswordHasher().check_needs_rehash(accounts.NOBODY)


def test_secrets_are_not_in_the_database(world: World) -> None:
    secret = world.token("ranger")
    account = accounts.authenticate(world.db, "ranger@example.org", PASSWORD)
    assert account is not None
    with world.db.transaction() as conn:
        session = accounts.start_session(conn, account.id, timedelta(hours=1))
        dump = str(
            conn.execute("SELECT t::text, a::text, s::text FROM api_token t, account a, session s").fetchall()
        )
    for kept in (secret, session, PASSWORD):
        assert kept not in dump
        assert kept.encode().hex() not in dump


def test_many_log_ins_at_once_hold_up_nobody_else(world: World) -> None:
    with running(world) as service, ThreadPoolExecutor(80) as crowd:

        def log_in(number: int) -> httpx2.Response:
            person = {"email": f"{number}@example.org", "password": "x"}
            return httpx2.post(f"{service.url}/api/v1/login", json=person, timeout=60)

        with accounts._few_at_once, accounts._few_at_once:  # Two log-ins that do not end.
            asked = [crowd.submit(log_in, number) for number in range(80)]
            wait(asked, return_when=FIRST_COMPLETED)
            assert httpx2.get(f"{service.url}/api/v1/health", timeout=60).status_code == 200
            answers = [each.result() for each in asked]
        assert log_in(80).status_code == 401
    assert {(answer.status_code, answer.headers["retry-after"]) for answer in answers} == {(429, "1")}


def test_one_place_cannot_try_a_password_on_every_address(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fieldwatch_cloud.api.app.LOGIN_FAILURES_OF_PLACE", 2)
    world.token("ranger")
    right = {"email": "ranger@example.org", "password": PASSWORD}
    with world.client() as client:
        for _ in range(3):  # Those who know their password use nothing up.
            assert client.post("/api/v1/login", json=right, headers=SAME_ORIGIN).status_code == 200
        for email, status in (("a@example.org", 401), ("b@example.org", 401), ("c@example.org", 429)):
            body = {"email": email, "password": "x"}
            assert client.post("/api/v1/login", json=body, headers=SAME_ORIGIN).status_code == status


def test_half_a_surrogate_pair_is_no_password(world: World) -> None:
    world.token("ranger")
    with world.client() as client:
        for body, status in (
            (b'{"email": "ranger@example.org", "password": "\\ud800"}', 401),
            (b'{"email": "\\ud800@example.org", "password": "x"}', 422),
        ):
            response = client.post(
                "/api/v1/login", content=body, headers={"Content-Type": "application/json"}
            )
            assert response.status_code == status, response.text
