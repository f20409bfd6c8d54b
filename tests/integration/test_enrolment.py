"""One-time codes, certificates and sessions over HTTP: who gets in, who does not, and what managers are
told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from fieldwatch_shared.enrolment import Code

from .gate_world import Box, Gate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient


@pytest.fixture
def gate(database_url: str, db, state_dir: Path) -> Iterator[Gate]:
    gate = Gate(database_url, db, state_dir, with_broker=False)
    yield gate
    gate.broker.stop()


@pytest.fixture
def api(gate: Gate) -> Iterator[TestClient]:
    with gate.open() as client:
        yield client


def code_for(api: TestClient, node: str = "n1") -> str:
    answer = api.post(f"/api/v1/nodes/{node}/code", json={})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["code"])


def needs(api: TestClient) -> list[tuple[str, str, list[str]]]:
    """What needs a person of a node's codes: what, where it is done, of which nodes."""
    overview = api.get("/api/v1/reserves/foping/overview").json()
    return [
        (need["code"], need["href"], [subject["id"] for subject in need["subjects"]])
        for need in overview["needs"]
        if need["code"] == "code_tried_again"
    ]


def told(gate: Gate, action: str) -> list[tuple[Any, ...]]:
    """What stands in the record of administration."""
    with gate.db.transaction() as conn:
        return conn.execute(
            "SELECT subject, after FROM admin_log WHERE action = %s ORDER BY id", (action,)
        ).fetchall()


def test_a_box_becomes_a_node(gate: Gate, api: TestClient) -> None:
    made = api.post(
        "/api/v1/reserves/foping/nodes",
        json={"id": "ridge-01", "name": "Ridge", "log_in": "certificate", "valid_days": 30},
    ).json()
    assert made["mqtt_password"] is None
    enrolment = made["enrolment"]
    assert enrolment["link"] == f"http://testserver/enrol#{enrolment['code']}"
    assert enrolment["code"] not in enrolment["command"], "other users of the box can read commands"
    assert enrolment["qr"].startswith("<svg")
    box = Box(gate, api)
    answer = box.enrol(enrolment["code"]).json()
    assert (answer["node"], answer["reserve"], answer["name"]) == ("ridge-01", "foping", "Ridge")
    assert answer["broker_url"] == f"mqtts://localhost:{gate.port}"
    assert answer["cloud_url"] == "http://testserver"
    assert answer["deployments"] == []
    left = x509.load_pem_x509_certificate(answer["certificate"].encode()).not_valid_after_utc - datetime.now(
        UTC
    )
    assert timedelta(days=29) < left < timedelta(days=30)
    assert api.get("/api/v1/enrolment/authority", headers={"Authorization": ""}).text == answer["authority"]
    assert [subject for subject, _ in told(gate, "node.enrolled")] == ["ridge-01"]
    nothing = api.post("/api/v1/node/certificate", json={"csr": box.request()})
    assert nothing.status_code == 401, "a person is no node"


def test_a_node_that_stands_somewhere_learns_where(gate: Gate, api: TestClient) -> None:
    standing = Box(gate, api).enrol(code_for(api)).json()["deployments"]
    assert {one["name"] for one in standing} == {"ridge", "lick", "river"}
    ridge = next(one for one in standing if one["name"] == "ridge")
    assert (ridge["lon"], ridge["lat"], ridge["heading_deg"]) == (107.55, 33.62, 90)


def test_the_same_answer_for_the_same_box_and_none_for_another(gate: Gate, api: TestClient) -> None:
    code = code_for(api)
    box, other = Box(gate, api), Box(gate, api)
    first = box.enrol(code).json()
    again = box.enrol(code)
    assert again.status_code == 200, "the answer may have been lost"
    assert again.json()["certificate"] == first["certificate"]
    refused = other.enrol(code)
    assert refused.status_code == 401
    assert "by another box" in refused.json()["detail"]
    assert [subject for subject, _ in told(gate, "node.code_refused")] == ["n1"]
    (node,) = [n for n in api.get("/api/v1/reserves/foping/nodes").json()["items"] if n["id"] == "n1"]
    assert node["code"]["refused_at"] is not None
    assert needs(api) == [("code_tried_again", "#admin/nodes", ["n1"])]
    assert box.log_in().status_code == 200, "the box that was first is the node"
    with gate.db.transaction() as conn:
        conn.execute("UPDATE enrolment_code SET used_at = now() - interval '61 minutes'")
    assert box.enrol(code).status_code == 401
    code_for(api)
    assert needs(api) == [], "what was seen by others is good no more"


def test_what_a_box_says_of_itself_is_bounded(gate: Gate, api: TestClient) -> None:
    box, code = Box(gate, api), code_for(api)
    for hardware in ({"model": "x" * 201}, {"x" * 51: "y"}, {str(n): "y" for n in range(33)}):
        body = {"code": code, "csr": box.request(), "hardware": hardware}
        answer = api.post("/api/v1/enrolment", json=body)
        assert answer.status_code == 422, answer.text
    assert box.enrol(code).status_code == 200, "the code was not used by that"


def test_codes_that_are_not_good(gate: Gate, api: TestClient) -> None:
    box = Box(gate, api)
    former, code = code_for(api), code_for(api)
    assert "not, or no longer, known" in box.enrol(former).json()["detail"], "a newer one was made"
    with gate.db.transaction() as conn:
        conn.execute("UPDATE enrolment_code SET expires_at = now() - interval '1 second'")
    assert "this code ended" in box.enrol(code).json()["detail"]
    slip = code[:-1] + ("0" if code[-1] != "0" else "1")
    answer = box.enrol(slip)
    assert "slip of the pen" in answer.json()["detail"]
    for text in (former, code, slip):
        assert text not in answer.text
    with gate.db.transaction() as conn:
        kept = str(conn.execute("SELECT * FROM enrolment_code, admin_log").fetchall())
    assert Code.parse(code).secret.hex() not in kept


def test_guessing_ends_soon(gate: Gate, api: TestClient) -> None:
    box, code = Box(gate, api), code_for(api)
    assert {box.enrol(Code.make().text).status_code for _ in range(10)} == {401}
    refused = box.enrol(code)
    assert refused.status_code == 429
    assert int(refused.headers["Retry-After"]) > 60
    assert box.log_in(node="n1", nonce="0123456789abcdef.1.x").status_code != 429, "that is counted by itself"


def test_what_a_request_asks_for_beside_its_key_is_not_read(gate: Gate, api: TestClient) -> None:
    box = Box(gate, api)
    csr = box.request(
        "_ingest_0",
        x509.BasicConstraints(ca=True, path_length=None),
        x509.SubjectAlternativeName([x509.DNSName("cloud.example")]),
        x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]),
    )
    assert box.enrol(code_for(api), csr).status_code == 200
    certificate = x509.load_pem_x509_certificate(box.certificate.encode())
    assert certificate.subject.rfc4514_string() == "CN=n1"
    assert list(certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == [
        ExtendedKeyUsageOID.CLIENT_AUTH
    ]


def test_a_bad_request_does_not_spend_the_code(gate: Gate, api: TestClient) -> None:
    box, code = Box(gate, api), code_for(api)
    answer = box.enrol(code, "-----BEGIN CERTIFICATE REQUEST-----\nx\n-----END CERTIFICATE REQUEST-----")
    assert answer.status_code == 422
    assert box.enrol(code).status_code == 200


def test_sessions_are_opened_by_the_key_alone(gate: Gate, api: TestClient) -> None:
    box = Box(gate, api)
    box.enrol(code_for(api))
    nonce = api.post("/api/v1/node-session/challenge", json={"node": "n1"}).json()["nonce"]
    thief = ec.generate_private_key(ec.SECP256R1())
    assert box.log_in(nonce=nonce, key=thief).status_code == 401
    opened = box.log_in(nonce=nonce)
    assert opened.status_code == 200
    assert opened.json()["lasts_s"] == 3600
    replayed = box.log_in(nonce=nonce)
    assert (replayed.status_code, "was used" in replayed.json()["detail"]) == (401, True)
    for_another = api.post("/api/v1/node-session/challenge", json={"node": "n9"}).json()["nonce"]
    assert box.log_in(nonce=for_another).status_code == 401
    assert box.log_in(node="n9").status_code == 401, "with n1's certificate"
    assert box.ask("POST", "/node/certificate", json={"csr": box.request()}).status_code == 200
    with gate.db.transaction() as conn:
        conn.execute("UPDATE node_session SET expires_at = now() - interval '1 second'")
    assert box.ask("POST", "/node/certificate", json={"csr": box.request()}).status_code == 401
    # A node's session opens nothing that is for people.
    assert box.log_in().status_code == 200
    assert box.ask("GET", "/reserves/foping/nodes").status_code == 401


def test_a_certificate_is_renewed_also_after_a_winter(gate: Gate, api: TestClient) -> None:
    box = Box(gate, api)
    box.enrol(code_for(api))
    old = box.certificate
    assert box.log_in().status_code == 200
    same = box.ask("POST", "/node/certificate", json={"csr": box.request()}).json()
    assert same["certificate"] == old, "the answer may have been lost: one certificate an hour"
    with gate.db.transaction() as conn:
        conn.execute("UPDATE node_certificate SET issued_at = issued_at - interval '120 days'")
    issued = gate.authority().certify_node("n1", box.key.public_key(), days=-0.01)  # type: ignore[arg-type]
    with gate.db.transaction() as conn:
        conn.execute("DELETE FROM node_session")
        conn.execute(
            "UPDATE node_certificate SET serial = %s, pem = %s, not_after = now() - interval '30 days'",
            (issued.serial, issued.pem),
        )
    box.certificate = issued.chain
    assert box.log_in().status_code == 200, "it has ended, but was not revoked: the key is proven"
    renewed = box.ask("POST", "/node/certificate", json={"csr": box.request()})
    assert renewed.status_code == 200
    until = x509.load_pem_x509_certificate(renewed.json()["certificate"].encode()).not_valid_after_utc
    assert until > datetime.now(UTC) + timedelta(days=89)


def test_who_may_make_codes_and_put_out(gate: Gate, api: TestClient) -> None:
    for who, status in (
        ("ranger", 403),
        ("researcher", 403),
        ("stranger", 404),
        ("nobody", 404),
        (None, 401),
    ):
        with gate.client(who) as client:
            for path, body in (("code", {}), ("revoke", None)):
                assert client.post(f"/api/v1/nodes/n1/{path}", json=body).status_code == status, (who, path)
            assert client.get("/api/v1/reserves/foping/nodes").status_code == status
    with gate.client("manager") as client:
        assert client.post("/api/v1/nodes/n1/code", json={}).status_code == 201
        assert client.post("/api/v1/nodes/n1/revoke").status_code == 200
    assert [subject for subject, _ in told(gate, "node.revoked")] == ["n1"]


def test_what_a_revoked_node_was_asked_for_it_may_send_no_more(gate: Gate, api: TestClient) -> None:
    """A command carries a token of its own."""
    asked = api.post("/api/v1/nodes/n1/logs", json={})
    assert asked.status_code == 201, asked.text

    def digest() -> bytes:
        with gate.db.transaction() as conn:
            ((held,),) = conn.execute("SELECT token_sha256 FROM node_log WHERE node_id = 'n1'").fetchall()
        return bytes(held)

    before = digest()
    assert api.post("/api/v1/nodes/n1/revoke").status_code == 200
    assert digest() != before


def test_without_a_door_nobody_gets_a_code_in_vain(gate: Gate) -> None:
    gate.settings = gate.with_mqtt(nodes_port=None)
    with gate.open() as api:
        answer = api.post("/api/v1/nodes/n1/code", json={})
        assert answer.status_code == 409
        assert "FIELDWATCH_MQTT_NODES_PORT" in answer.json()["detail"]
        new = {"id": "ridge-01", "name": "Ridge", "log_in": "certificate"}
        assert api.post("/api/v1/reserves/foping/nodes", json=new).status_code == 409
        items = api.get("/api/v1/reserves/foping/nodes").json()["items"]
        assert [node["id"] for node in items] == ["n1"], "nothing was made"
