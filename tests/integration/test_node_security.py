"""What a node may do at the broker, and what a stolen one may: tried against the real mosquitto, and held
against what the cloud and the other nodes get to see, not only against what the broker says."""

from __future__ import annotations

import socket
import ssl
import time
from contextlib import ExitStack, closing, suppress
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from fieldwatch_cloud.authority.keys import Authority
from fieldwatch_cloud.ingest.subscriber import Address, group
from fieldwatch_shared.topics import Kind

from .cloud_field import eventually
from .gate_world import PASSWORD, Box, Gate, Line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient

    from fieldwatch_cloud.db.pool import Database

UP = [kind for kind in Kind if kind.goes_up]
DOWN = [kind for kind in Kind if not kind.goes_up]
CONNECT = b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00"
"""MQTT 3.1.1, clean session."""
GENEROUS_S = 100.0
"""On a machine that is busy. Measured: 0.1 s from the revocation to the end of the open connection."""


@pytest.fixture
def gate(database_url: str, db, state_dir: Path) -> Iterator[Gate]:
    gate = Gate(database_url, db, state_dir)
    yield gate
    gate.broker.stop()


@pytest.fixture
def api(gate: Gate) -> Iterator[TestClient]:
    with gate.open() as client:
        yield client


@pytest.fixture
def lines(gate: Gate, tmp_path: Path) -> Iterator[Lines]:
    lines = Lines(gate, tmp_path)
    yield lines
    for line in lines.all:
        line.close()


class Lines:
    """Connections to the broker, closed at the end of the test."""

    def __init__(self, gate: Gate, folder: Path) -> None:
        self.gate, self.folder = gate, folder
        self.all: list[Line] = []

    def of(self, box: Box, *, chain: str | None = None, **options) -> Line:
        """Through the door for nodes, with the box's certificate."""
        return self._kept(Line(self.gate.port, tls=box.context(self.folder, chain), **options))

    def inside(self, user: str, password: str, port: int | None = None, **options) -> Line:
        """Without TLS, by password; where nothing else is said, on the port for this machine."""
        return self._kept(Line(port or self.gate.broker.port, user=user, password=password, **options))

    def cloud(self) -> Line:
        """Hears all that an ingest worker hears, by the same right."""
        address = Address.parse(self.gate.broker.url, "7")
        assert address.username
        assert address.password
        line = self.inside(address.username, address.password)
        assert line.connected.wait(GENEROUS_S)
        line.subscribe("fieldwatch/#")
        return line

    def _kept(self, line: Line) -> Line:
        self.all.append(line)
        return line


def knock(port: int, context: ssl.SSLContext) -> bool:
    """Whether the broker lets whoever has this context in. With TLS 1.3, a client hears only after its own
    part of the handshake that its certificate was not good."""
    with socket.create_connection(("localhost", port), GENEROUS_S) as plain:
        try:
            with context.wrap_socket(plain, server_hostname="localhost") as tls:
                tls.sendall(CONNECT)
                return tls.recv(4) == b"\x20\x02\x00\x00"
        except OSError:  # also the parent of ssl.SSLError
            return False


def heard_last(line: Line, sender: Line, topic: str) -> None:
    """Once this has come, all that was sent before it by the same sender would have come too."""
    mark = f"mark {time.monotonic_ns()}".encode()
    sender.publish(topic, mark)
    deadline = time.monotonic() + GENEROUS_S
    while mark not in line.received[topic]:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def everything(line: Line) -> dict[str, list[bytes]]:
    """What came on the line, but for the marks."""
    came = ((topic, [one for one in held if one[:5] != b"mark "]) for topic, held in line.received.items())
    return {topic: held for topic, held in came if held}


def test_a_stolen_certificate_is_refused_at_once(gate: Gate, api: TestClient, lines: Lines) -> None:
    stolen, other = gate.box(api, "ridge-01"), gate.box(api, "ridge-02")
    assert stolen.log_in().status_code == 200
    cloud, thief, honest = lines.cloud(), lines.of(stolen, session_s=3600), lines.of(other)
    assert thief.connected.wait(GENEROUS_S)
    assert honest.connected.wait(GENEROUS_S)
    thief.publish(stolen.topic(Kind.OBSERVATIONS), b"before")
    started = time.monotonic()
    answer = api.post("/api/v1/nodes/ridge-01/revoke")
    assert answer.status_code == 200
    assert len(answer.json()["serials"]) == 1
    assert thief.ended.wait(GENEROUS_S)
    assert time.monotonic() - started < GENEROUS_S
    # When the answer is there, it has happened: no second look is needed.
    assert not knock(gate.port, stolen.context(lines.folder))
    # Nor by HTTPS, neither with the session that was open nor with a new one.
    assert stolen.ask("POST", "/node/certificate", json={"csr": stolen.request()}).status_code == 401
    assert stolen.log_in().status_code == 401
    assert not lines.inside("ridge-01", PASSWORD).connected.wait(0.3)
    # The others have noticed nothing, and the cloud has what came before.
    heard_last(cloud, honest, other.topic(Kind.OBSERVATIONS))
    assert everything(cloud) == {stolen.topic(Kind.OBSERVATIONS): [b"before"]}
    assert honest.events == [("connected", "Success")]
    assert cloud.events == [("connected", "Success")]


def test_the_cloud_knows_that_a_revoked_node_is_gone(gate: Gate, api: TestClient, lines: Lines) -> None:
    """Nobody publishes its last will: it may write nothing any more."""
    box = gate.box(api, "ridge-01")
    cloud = lines.cloud()
    line = lines.of(box, will=(box.topic(Kind.STATE), b"gone"))
    assert line.connected.wait(GENEROUS_S)
    with gate.db.transaction() as conn:
        conn.execute("UPDATE node SET online = true WHERE id = 'ridge-01'")
    assert api.post("/api/v1/nodes/ridge-01/revoke").status_code == 200
    assert line.ended.wait(GENEROUS_S)
    other = gate.box(api, "ridge-02")
    honest = lines.of(other)
    assert honest.connected.wait(GENEROUS_S)
    heard_last(cloud, honest, other.topic(Kind.OBSERVATIONS))
    assert everything(cloud) == {}
    (node,) = [n for n in api.get("/api/v1/reserves/foping/nodes").json()["items"] if n["id"] == "ridge-01"]
    assert (node["online"], node["log_in"]) == (False, "none")
    assert node["certificate"]["reason"] == "revoked"


def test_a_connection_that_was_open_before_it_had_a_name_is_deaf_and_mute(
    gate: Gate, api: TestClient, lines: Lines, tmp_path: Path
) -> None:
    """A thief may hold a TLS connection ready, and say who he is after the revocation."""
    box = gate.box(api, "ridge-01")
    cloud = lines.cloud()
    raw = socket.create_connection(("localhost", gate.port), GENEROUS_S)
    with box.context(tmp_path).wrap_socket(raw, server_hostname="localhost") as held:
        assert api.post("/api/v1/nodes/ridge-01/revoke").status_code == 200
        held.sendall(CONNECT)
        # PUBLISH at QoS 1 to its own branch.
        topic = box.topic(Kind.SUSPICIONS).encode()
        body = len(topic).to_bytes(2, "big") + topic + b"\x00\x01" + b"{}"
        held.sendall(b"\x32" + bytes([len(body)]) + body)
        held.settimeout(GENEROUS_S)
        held.recv(64)
        other = gate.box(api, "ridge-02")
        honest = lines.of(other)
        assert honest.connected.wait(GENEROUS_S)
        heard_last(cloud, honest, other.topic(Kind.OBSERVATIONS))
        assert everything(cloud) == {}


def test_only_tls_1_3_with_a_certificate_of_the_reserve_opens_the_door(
    gate: Gate, api: TestClient, lines: Lines, tmp_path: Path
) -> None:
    box = gate.box(api, "ridge-01")
    older = box.context(tmp_path)
    older.minimum_version, older.maximum_version = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_2
    nobody = ssl.create_default_context(cadata=box.authority)
    strange = Authority(tmp_path / "another").certify_node("ridge-01", box.key.public_key(), days=9)
    ended = Authority(gate.settings.state).certify_node("ridge-01", box.key.public_key(), days=-0.01)  # type: ignore[arg-type]
    for context in (older, nobody, box.context(tmp_path, strange.chain), box.context(tmp_path, ended.chain)):
        assert not knock(gate.port, context)
    assert not lines.inside("n1", PASSWORD, port=gate.port).connected.wait(0.3), "no TLS at all"
    assert knock(gate.port, box.context(tmp_path))
    # And the node does not talk to another broker: that one's certificate is no server's.
    with pytest.raises(ssl.SSLError):
        _serve_and_connect(box.context(tmp_path), box, tmp_path)


def test_connections_without_a_certificate_have_so_many_places_and_the_cloud_its_own(
    database_url: str, db: Database, state_dir: Path
) -> None:
    """On a broker that has just begun: 2.0.11 counts each end of a connection twice (see `node_listener`)."""
    gate = Gate(database_url, db, state_dir, connections=3)
    try:
        with ExitStack() as silent:
            for _ in range(3):
                silent.enter_context(socket.create_connection(("127.0.0.1", gate.port), GENEROUS_S))
            with socket.create_connection(("127.0.0.1", gate.port), GENEROUS_S) as one_more:
                assert one_more.recv(1) == b"", "the broker ends it"
            with closing(Line(gate.broker.port, user="n1", password=PASSWORD)) as inside:
                assert inside.connected.wait(GENEROUS_S), "the other listener has places of its own"
    finally:
        gate.broker.stop()


def _serve_and_connect(node: ssl.SSLContext, box: Box, folder: Path) -> None:
    """A stolen node plays the broker with its own certificate, for others to come to."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    (folder / "thief.pem").write_bytes(next(folder.glob("ridge-01-*.pem")).read_bytes())
    server.load_cert_chain(folder / "thief.pem")
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    thief = server.wrap_bio(incoming, outgoing, server_side=True)
    back, forth = ssl.MemoryBIO(), ssl.MemoryBIO()
    victim = node.wrap_bio(back, forth, server_hostname="localhost")
    for _ in range(4):
        for side in (victim, thief):
            with suppress(ssl.SSLWantReadError):
                side.do_handshake()
            incoming.write(forth.read())
            back.write(outgoing.read())


def test_a_node_writes_nowhere_but_its_own_branch(gate: Gate, api: TestClient, lines: Lines) -> None:
    box, other = gate.box(api, "ridge-01"), gate.box(api, "ridge-02")
    cloud, line, victim = lines.cloud(), lines.of(box), lines.of(other)
    assert line.connected.wait(GENEROUS_S)
    assert victim.connected.wait(GENEROUS_S)
    for kind in Kind:
        victim.subscribe(other.topic(kind))
    places = [box.topic(kind) for kind in DOWN]
    places += [other.topic(kind) for kind in Kind]
    places += [box.topic(kind, node="n9", reserve="elsewhere") for kind in Kind]
    places += [box.topic(kind, reserve="elsewhere") for kind in Kind]
    places += ["fieldwatch/v1/foping/ridge-01", box.topic(Kind.STATE) + "/x", "$SYS/broker/x", "anything"]
    for place in places:
        for retain in (False, True):
            assert line.publish(place, b"forged", retain=retain).is_failure, place
    for kind in UP:
        assert not line.publish(box.topic(kind), b"mine", retain=kind is Kind.STATE).is_failure
    heard_last(cloud, victim, other.topic(Kind.OBSERVATIONS))
    assert everything(cloud) == {box.topic(kind): [b"mine"] for kind in UP}
    assert everything(victim) == {}
    # Nothing forged waits for who comes later, either.
    late = lines.cloud()
    heard_last(late, victim, other.topic(Kind.OBSERVATIONS))
    assert everything(late) == {box.topic(Kind.STATE): [b"mine"]}


def test_a_node_reads_nothing_but_what_is_for_it(gate: Gate, api: TestClient, lines: Lines) -> None:
    box, other = gate.box(api, "ridge-01"), gate.box(api, "ridge-02")
    spy, victim, cloud = lines.of(box), lines.of(other), lines.cloud()
    for line in (spy, victim):
        assert line.connected.wait(GENEROUS_S)
    for topic in (
        "#",
        "+/#",
        "$SYS/#",
        "fieldwatch/v1/foping/+/desired",
        "fieldwatch/v1/+/+/+",
        "$share/spies/fieldwatch/v1/+/+/observations",
        *(other.topic(kind) for kind in Kind),
        *(box.topic(kind, node="n9", reserve="elsewhere") for kind in Kind),
        *(box.topic(kind) for kind in Kind),
    ):
        spy.subscribe(topic)
    for kind in DOWN:
        cloud.publish(other.topic(kind), b"for the other", retain=kind is Kind.DESIRED)
        cloud.publish(box.topic(kind), b"for this one")
    for kind in UP:
        victim.publish(other.topic(kind), b"of the other")
        spy.publish(box.topic(kind), b"of this one")
    heard_last(spy, cloud, box.topic(Kind.RECEIPT))
    # Its own, once for each of its subscriptions that overlap.
    assert {topic: set(held) for topic, held in everything(spy).items()} == {
        box.topic(kind): {b"for this one"} for kind in DOWN
    }
    # What waits there does not come either to whoever asks later.
    spy.subscribe(other.topic(Kind.DESIRED))
    heard_last(spy, cloud, box.topic(Kind.RECEIPT))
    assert other.topic(Kind.DESIRED) not in everything(spy)


def test_a_node_takes_no_message_from_those_who_share_the_work(
    gate: Gate, api: TestClient, lines: Lines
) -> None:
    """mosquitto grants every subscription. Of what is shared, it would give a part to the thief, who may not
    read it, and so nobody would."""
    box, other = gate.box(api, "ridge-01"), gate.box(api, "ridge-02")
    thief, victim = lines.of(box), lines.of(other)
    for line in (thief, victim):
        assert line.connected.wait(GENEROUS_S)
    address = Address.parse(gate.broker.url, "7")
    worker = lines.inside(address.username or "", address.password or "")
    assert worker.connected.wait(GENEROUS_S)
    every = "fieldwatch/v1/+/+/suspicions"
    worker.subscribe(f"$share/{group(address)}/{every}")
    for name in ("ingest", "_ingest_7", "fieldwatch_ingest_7"):
        thief.subscribe(f"$share/{name}/{every}")
    fires = [f"fire {n}".encode() for n in range(20)]
    for fire in fires:
        victim.publish(other.topic(Kind.SUSPICIONS), fire)
    heard_last(worker, victim, other.topic(Kind.SUSPICIONS))
    assert everything(worker) == {other.topic(Kind.SUSPICIONS): fires}


def test_a_node_cannot_be_another_client(gate: Gate, api: TestClient, lines: Lines) -> None:
    """By naming another's client id it would end that one's connection and take its session with it."""
    box, other = gate.box(api, "ridge-01"), gate.box(api, "ridge-02")
    victim, cloud = lines.of(other, session_s=3600), lines.cloud()
    assert victim.connected.wait(GENEROUS_S)
    for name in ("ridge-02", "n1", "_ingest_7", "fieldwatch_ingest_7"):
        line = lines.of(box, client_id=name)
        assert line.connected.wait(GENEROUS_S)
        assert line.publish(other.topic(Kind.OBSERVATIONS), b"forged").is_failure
        line.close()
    assert not lines.inside("ridge-02", PASSWORD).connected.wait(0.3)
    heard_last(cloud, victim, other.topic(Kind.OBSERVATIONS))
    assert everything(cloud) == {}
    assert victim.events == cloud.events == [("connected", "Success")]


def test_a_last_will_speaks_for_its_own_node_alone(gate: Gate, api: TestClient, lines: Lines) -> None:
    box, other = gate.box(api, "ridge-01"), gate.box(api, "ridge-02")
    cloud, victim = lines.cloud(), lines.of(other)
    assert victim.connected.wait(GENEROUS_S)
    for place in (
        other.topic(Kind.STATE),
        box.topic(Kind.DESIRED),
        box.topic(Kind.STATE, reserve="elsewhere"),
    ):
        line = lines.of(box, will=(place, b"forged"))
        eventually(lambda line=line: line.connected.is_set() or line.ended.is_set())
        if line.connected.is_set():
            line.drop()
    honest = lines.of(box, will=(box.topic(Kind.STATE), b"gone"))
    assert honest.connected.wait(GENEROUS_S)
    honest.drop()
    deadline = time.monotonic() + GENEROUS_S
    while not cloud.received[box.topic(Kind.STATE)]:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    heard_last(cloud, victim, other.topic(Kind.OBSERVATIONS))
    assert everything(cloud) == {box.topic(Kind.STATE): [b"gone"]}


def test_another_box_takes_the_place_of_one(gate: Gate, api: TestClient, lines: Lines) -> None:
    """A new code lets a new box in under the same name; the old one is out that moment, and its password
    too."""
    old = gate.box(api, "ridge-01")
    line = lines.of(old)
    assert line.connected.wait(GENEROUS_S)
    code = api.post("/api/v1/nodes/ridge-01/code", json={}).json()["code"]
    assert line.events == [("connected", "Success")], "until the code is used, the old box works"
    new = Box(gate, api)
    assert new.enrol(code).status_code == 200
    assert line.ended.wait(GENEROUS_S)
    assert not knock(gate.port, old.context(lines.folder))
    fresh = lines.of(new)
    assert fresh.connected.wait(GENEROUS_S)
    assert fresh.publish(new.topic(Kind.OBSERVATIONS)).value != 0x87, "not authorised"
    # A node that had a password until now comes in by its certificate alone.
    by_password = lines.inside("n1", PASSWORD)
    assert by_password.connected.wait(GENEROUS_S)
    moved = Box(gate, api)
    assert moved.enrol(api.post("/api/v1/nodes/n1/code", json={}).json()["code"]).status_code == 200
    assert by_password.ended.wait(GENEROUS_S)
    assert not lines.inside("n1", PASSWORD).connected.wait(0.3)
    assert lines.of(moved).connected.wait(GENEROUS_S)


def test_a_revoked_node_comes_back_with_a_new_code(gate: Gate, api: TestClient, lines: Lines) -> None:
    box = gate.box(api, "ridge-01")
    waiting = api.post("/api/v1/nodes/ridge-01/code", json={}).json()["code"]
    assert api.post("/api/v1/nodes/ridge-01/revoke").status_code == 200
    thief = Box(gate, api)
    assert thief.enrol(waiting).status_code == 401, "a code that was out is revoked with the node"
    code = api.post("/api/v1/nodes/ridge-01/code", json={}).json()["code"]
    assert box.enrol(code).status_code == 200, "the same key, in a box that was found again"
    assert lines.of(box).connected.wait(GENEROUS_S)
    assert box.log_in().status_code == 200


def test_the_brokers_own_certificate_is_renewed_while_it_runs(
    gate: Gate, api: TestClient, lines: Lines, tmp_path: Path
) -> None:
    box = gate.box(api, "ridge-01")
    line = lines.of(box)
    assert line.connected.wait(GENEROUS_S)

    def serial() -> str:
        raw = socket.create_connection(("localhost", gate.port), GENEROUS_S)
        with box.context(tmp_path).wrap_socket(raw, server_hostname="localhost") as tls:
            return str(tls.getpeercert()["serialNumber"])

    first = serial()
    gate.broker.renew_certificate()
    assert serial() == first, "it has long to go"
    home = (gate.settings.state / "mosquitto").resolve()
    key = ec.generate_private_key(ec.SECP256R1())
    soon = Authority(gate.settings.state).certify_node("x", key.public_key(), days=10)
    (home / "server.pem").write_text(soon.chain)
    gate.broker.renew_certificate()
    deadline = time.monotonic() + GENEROUS_S
    while serial() == first:
        assert time.monotonic() < deadline
    assert line.events == [("connected", "Success")], "open connections go on"
