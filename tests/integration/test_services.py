"""The embedded services: private, recovered after a crash, and each node kept to its own branch."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fieldwatch_cloud.db.nodes import Access
from fieldwatch_cloud.db.pool import connection
from fieldwatch_cloud.errors import (
    DatabaseUnavailableError,
    RowRefusedError,
    ServiceError,
    ServiceMissingError,
    StateInUseError,
    StoppedError,
)
from fieldwatch_cloud.services import discovery, programs
from fieldwatch_cloud.services.mosquitto import EmbeddedMosquitto
from fieldwatch_cloud.services.mosquitto_files import hash_password
from fieldwatch_cloud.services.mosquitto_wire import is_free
from fieldwatch_cloud.services.postgres import EmbeddedPostgres
from fieldwatch_cloud.services.process import ManagedProcess
from fieldwatch_cloud.supervisor import held_port
from fieldwatch_shared.topics import Kind

from .cloud_field import PASSWORD, NodeClient, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

NODES = [Access(node, "ridge", hash_password(PASSWORD)) for node in ("node-1", "node-2")]


@pytest.fixture
def broker(mosquitto: EmbeddedMosquitto) -> EmbeddedMosquitto:
    mosquitto.refresh_access(lambda: NODES)
    return mosquitto


@pytest.fixture
def clients(broker: EmbeddedMosquitto) -> Iterator[tuple[NodeClient, NodeClient]]:
    pair = NodeClient(broker.port, "node-1"), NodeClient(broker.port, "node-2")
    for client in pair:
        assert client.connected.wait(60)
    yield pair
    for client in pair:
        client.close()


class Cloud(NodeClient):
    """The cloud's own user, listening to everything that goes up."""

    def __init__(self, broker: EmbeddedMosquitto) -> None:
        password = broker.url.split(":")[2].partition("@")[0]
        super().__init__(broker.port, "_ingest_0", password=password, client_id="fieldwatch_ingest_0")
        assert self.connected.wait(60)
        for kind in Kind:
            self.subscribe(f"fieldwatch/v1/+/+/{kind}")

    def topics(self) -> set[str]:
        return {topic for topic, payloads in self.received.items() if payloads}


def test_a_node_writes_its_own_branch_and_no_other(
    broker: EmbeddedMosquitto, clients: tuple[NodeClient, NodeClient]
) -> None:
    one, _ = clients
    cloud = Cloud(broker)
    own = {one.topic(kind) for kind in Kind if kind.goes_up}
    others = {
        "fieldwatch/v1/ridge/node-2/observations",
        "fieldwatch/v1/elsewhere/node-1/observations",
        "fieldwatch/v1/ridge/node-1/receipt",
        "fieldwatch/v1/ridge/node-1/observations/more",
        "fieldwatch/v2/ridge/node-1/observations",
        "$SYS/broker/version",
    }
    for topic in sorted(others) + sorted(own):
        one.send(Kind.OBSERVATIONS, b"x", topic=topic)
    eventually(lambda: own <= cloud.topics())
    assert cloud.topics() == own
    cloud.close()


def test_a_node_reads_its_own_receipts_and_nothing_else(
    broker: EmbeddedMosquitto, clients: tuple[NodeClient, NodeClient]
) -> None:
    one, two = clients
    for topic in ("#", "fieldwatch/v1/+/+/receipt", "$share/ingest/fieldwatch/v1/+/+/observations", "$SYS/#"):
        one.subscribe(topic)
    cloud = Cloud(broker)
    two.send(Kind.OBSERVATIONS, b"of node-2")
    eventually(lambda: two.topic(Kind.OBSERVATIONS) in cloud.topics())
    # The last that each gets: what the broker gave it before would be there by then.
    for each in (two, one, two):
        cloud.send(Kind.RECEIPT, b'{"message_ids":[]}', topic=each.topic(Kind.RECEIPT))
    eventually(lambda: one.received and len(two.received[two.topic(Kind.RECEIPT)]) == 2)
    assert set(one.received) == {one.topic(Kind.RECEIPT)}
    assert set(two.received) == {two.topic(Kind.RECEIPT)}
    cloud.close()


def test_a_node_cannot_take_over_the_clouds_session(
    broker: EmbeddedMosquitto, clients: tuple[NodeClient, NodeClient]
) -> None:
    """Both clients call themselves alike here; by MQTT's rules the second would throw out the first."""
    cloud = Cloud(broker)
    thief = NodeClient(broker.port, "node-1", client_id="fieldwatch_ingest_0")
    assert thief.connected.wait(60)
    clients[1].send(Kind.OBSERVATIONS, b"for the cloud")
    eventually(lambda: clients[1].topic(Kind.OBSERVATIONS) in cloud.topics())
    assert not thief.received
    assert cloud.connections == 1
    thief.close()
    cloud.close()


@pytest.mark.parametrize("password", ["wrong", ""])
def test_a_wrong_password_is_refused(broker: EmbeddedMosquitto, password: str) -> None:
    client = NodeClient(broker.port, "node-1", password=password)
    eventually(lambda: client.refused is not None)
    assert not client.connected.is_set()
    client.close()


def test_access_changes_while_it_runs(mosquitto: EmbeddedMosquitto) -> None:
    mosquitto.refresh_access(lambda: NODES[:1])
    late = NodeClient(mosquitto.port, "node-2")
    eventually(lambda: late.refused is not None)
    mosquitto.refresh_access(lambda: NODES)
    assert late.connected.wait(60)
    late.close()


def test_the_port_is_kept_unless_it_is_taken(state_dir: Path) -> None:
    broker = EmbeddedMosquitto(state_dir)
    broker.start(list)
    port = broker.port
    broker.process.kill()
    broker.start(list)
    assert broker.port == port
    broker.stop()
    with socket.create_server(("127.0.0.1", port)):
        broker.start(list)
        broker.stop()
        assert broker.port != port
        with pytest.raises(ServiceError, match=f"port {port} .* is taken"):
            EmbeddedMosquitto(state_dir, port=port).start(list)


def test_a_port_that_was_lost_after_it_was_looked_at_is_given_up_for_another(
    mosquitto: EmbeddedMosquitto, short_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two services on one machine start at once: to both, the port looks free, and a broker answers there."""
    looked: list[int] = []

    def looks_free(port: int) -> bool:
        looked.append(port)
        return len(looked) == 1 or is_free(port)

    monkeypatch.setattr("fieldwatch_cloud.services.mosquitto.is_free", looks_free)
    home = short_dir / "second" / "mosquitto"
    home.mkdir(parents=True)
    (home / "port").write_text(f"{mosquitto.port}\n")
    second = EmbeddedMosquitto(short_dir / "second")
    second.start(list)
    assert looked[0] == mosquitto.port != second.port
    assert second.process.exit_code is None
    second.stop()


def test_nothing_listens_beyond_this_machine(
    mosquitto: EmbeddedMosquitto, postgres: EmbeddedPostgres
) -> None:
    for process, wanted in ((mosquitto.process, {("127.0.0.1", mosquitto.port)}), (postgres.process, set())):
        assert _listening(process.pid) == wanted


def _listening(pid: int) -> set[tuple[str, int]]:
    """TCP addresses on which a process listens, from /proc."""
    inodes = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        target = str(link.readlink())
        if target.startswith("socket:["):
            inodes.add(target[8:-1])
    found = set()
    for family, table in ((socket.AF_INET, "tcp"), (socket.AF_INET6, "tcp6")):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                address, port = fields[1].split(":")
                words = [bytes.fromhex(address[i : i + 8])[::-1] for i in range(0, len(address), 8)]
                found.add((socket.inet_ntop(family, b"".join(words)), int(port, 16)))
    return found


def test_postgres_keeps_to_itself(postgres: EmbeddedPostgres) -> None:
    folder = Path(postgres.url.rpartition("host=")[2].replace("%2F", "/"))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    wrong = postgres.url.replace("fieldwatch:", "fieldwatch:x")
    with pytest.raises(DatabaseUnavailableError, match="password authentication failed"), connection(wrong):
        pass


def test_state_keeps_its_secrets(mosquitto: EmbeddedMosquitto, state_dir: Path) -> None:
    secret = {"mosquitto.password", "passwords", "access", "mosquitto.conf", "port"}
    found = {path.name: path for path in state_dir.rglob("*") if path.name in secret}
    assert found.keys() == secret
    assert {stat.S_IMODE(path.stat().st_mode) for path in found.values()} == {0o600}


def test_a_deep_state_directory_gets_a_short_socket(short_dir: Path) -> None:
    deep = short_dir / ("d" * 60) / ("e" * 60)
    server = EmbeddedPostgres(deep)
    server.start()
    with connection(server.url) as conn:
        assert conn.execute("SELECT 1").fetchone() == (1,)
    folder = Path(server.url.rpartition("host=")[2].replace("%2F", "/"))
    assert not folder.is_relative_to(deep)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    server.stop()
    assert not folder.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's directories can be closed to the service's user")
def test_a_state_directory_that_the_service_user_cannot_reach(short_dir: Path) -> None:
    closed = short_dir / "closed"
    closed.mkdir(mode=0o700)
    server = EmbeddedPostgres(closed / "state")
    server.start()
    try:
        with connection(server.url) as conn:
            assert conn.execute("SELECT 1").fetchone() == (1,)
        home = (closed / "state" / "postgres").resolve()
        assert home.is_relative_to("/var/lib/fieldwatch")
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700, "other people's folders are left as they are"
    finally:
        server.stop()
        shutil.rmtree(home)


def test_a_crash_while_the_cluster_is_made_leaves_no_half_one(state_dir: Path) -> None:
    (state_dir / "postgres" / "data.new").mkdir(parents=True)
    (state_dir / "postgres" / "data.new" / "PG_VERSION").write_text("15")
    server = EmbeddedPostgres(state_dir)
    server.start()
    server.stop()


def test_a_predecessor_that_still_runs_is_ended(state_dir: Path) -> None:
    old = EmbeddedPostgres(state_dir)
    old.start()
    new = EmbeddedPostgres(state_dir)
    new.start()
    assert old.process.exit_code is not None
    new.stop()


def test_a_pid_file_of_another_program_is_left_alone(state_dir: Path) -> None:
    broker = EmbeddedMosquitto(state_dir)
    broker.start(list)
    broker.stop()
    (state_dir / "mosquitto" / "mosquitto.pid").write_text(f"{os.getpid()}\n")
    broker.start(list)
    broker.stop()


def test_missing_programs_are_named_with_their_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_args, **_kwargs: None)
    with pytest.raises(ServiceMissingError, match=r"apt-get install .*mosquitto"):
        programs.mosquitto_program()
    monkeypatch.setattr(programs, "Path", lambda _path: Path("/nowhere"))
    with pytest.raises(ServiceMissingError, match=r"apt-get install .*postgis.*FIELDWATCH_DATABASE_URL"):
        programs.postgres_bin()


def test_whether_a_supervisor_runs_is_for_its_lock_to_say(tmp_path: Path) -> None:
    """After a restart of the machine, a killed supervisor's process id may be anybody's."""
    told = discovery.Running(
        pid=os.getpid(), database_url="x", mqtt_url="x", mqtt_host="x", mqtt_port=1, http_url="x"
    )
    discovery.announce(tmp_path, told)
    assert discovery.running(tmp_path) is None
    with discovery.held(tmp_path):
        assert discovery.running(tmp_path) is None, "a one-shot command is no supervisor"
        discovery.announce(tmp_path, told)
        assert discovery.running(tmp_path) == told
        with pytest.raises(StateInUseError, match=f"process {os.getpid()} already"), discovery.held(tmp_path):
            pass


@pytest.mark.parametrize(("host", "family"), [("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)])
def test_a_taken_port_is_told(host: str, family: socket.AddressFamily) -> None:
    with socket.create_server((host, 0), family=family) as other:
        port = other.getsockname()[1]
        with pytest.raises(ServiceError, match=f"port {port} of {host} .*--port"), held_port(host, port):
            pass
    with held_port(host, port) as held:
        assert held == port


def test_a_port_that_is_held_is_ours_to_listen_on_and_nobody_elses() -> None:
    with held_port("127.0.0.1", 0) as port:
        with socket.socket() as stranger, pytest.raises(OSError, match="in use"):
            stranger.bind(("127.0.0.1", port))
        for _ in range(2):  # The API, and the API again once it has died.
            socket.create_server(("127.0.0.1", port)).close()


def test_a_host_that_is_none_is_told() -> None:
    with (
        pytest.raises(ServiceError, match=r"'nowhere\.invalid' is no address"),
        held_port("nowhere.invalid", 8080),
    ):
        pass


def test_told_to_stop_it_waits_for_nothing(tmp_path: Path) -> None:
    stopping = threading.Event()
    process = ManagedProcess("sleep", ["sleep", "60"], log_file=tmp_path / "log")
    try:
        threading.Timer(0.1, stopping.set).start()
        with pytest.raises(StoppedError):
            process.wait_until(lambda: False, within_s=60, stopping=stopping)
    finally:
        process.stop()


def test_the_databases_log_holds_no_hashes(postgres: EmbeddedPostgres, database_url: str) -> None:
    with pytest.raises(RowRefusedError), connection(database_url) as conn:
        conn.execute(
            "INSERT INTO account (id, email, name, password_hash, language)"
            " VALUES (gen_random_uuid(), 'a', 'a', 'hash-of-a', 'fr')"
        )
    log_file = postgres.process.log_file
    assert log_file is not None
    said = log_file.read_text()
    assert "account_language_check" in said
    assert "hash-of-a" not in said
