"""The link against a real mosquitto: order, receipts, a broker that dies, a node that dies."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs
from tests.integration.edge_broker import Cloud, Mosquitto, eventually, free_port
from tests.integration.threads import started
from tests.unit.edge.records import heartbeat, observation, picture, suspicion

from fieldwatch_edge import lines
from fieldwatch_edge.errors import ConfigError
from fieldwatch_edge.link import Link
from fieldwatch_edge.link import session as session_module
from fieldwatch_edge.link.dispatch import LARGEST_MEDIA
from fieldwatch_edge.link.events import Received
from fieldwatch_edge.outbox import Entry, Outbox
from fieldwatch_edge.settings import Broker, LinkSettings, NodeIdentity, OutboxSettings
from fieldwatch_shared.topics import Kind, Topic

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from structlog.typing import EventDict


@pytest.fixture(autouse=True)
def line(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a broker that is well may answer late: it is not left for that."""
    monkeypatch.setitem(lines.LINES, "5g", replace(lines.LINES["5g"], answer_s=240))


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    outbox = Outbox(tmp_path / "outbox.sqlite", 64 * 1024**2)
    yield outbox
    outbox.close()


def link_to(broker: Broker, outbox: Outbox, tmp_path: Path) -> Link:
    identity = NodeIdentity(id="mast-1", reserve="qinling", state_dir=tmp_path)
    return Link(identity, broker, OutboxSettings(in_flight=20, batch=10), outbox)


@contextmanager
def running(outbox: Outbox, broker: Mosquitto, tmp_path: Path) -> Iterator[Link]:
    with started(link_to(Broker(url=broker.url), outbox, tmp_path)) as link:
        yield link


def test_everything_arrives_whole_and_is_forgotten(
    outbox: Outbox, broker: Mosquitto, cloud: Cloud, tmp_path: Path
) -> None:
    outbox.write(ready=[Entry.of(observation(n)) for n in range(25)])
    with running(outbox, broker, tmp_path):
        eventually(lambda: outbox.empty, what="an empty outbox")
        outbox.write(ready=[Entry.of(picture(1)), Entry.of(suspicion(1)), Entry.of(heartbeat(1))])
        eventually(lambda: outbox.empty, what="an empty outbox")
    assert list(cloud.observations.values()) == [observation(n) for n in range(25)]
    assert list(cloud.suspicions.values()) == [suspicion(1)]
    assert list(cloud.heartbeats.values()) == [heartbeat(1)]
    assert list(cloud.media.values()) == [(picture(1).media, picture(1).encoded)]
    assert cloud.messages == 3 + 3, "nothing was sent twice"


def test_the_retained_state_says_online_and_a_clean_stop_offline(
    outbox: Outbox, broker: Mosquitto, cloud: Cloud, tmp_path: Path
) -> None:
    with running(outbox, broker, tmp_path):
        eventually(lambda: [s.online for s in cloud.states][-1:] == [True], what="online")
    eventually(lambda: [s.online for s in cloud.states][-1:] == [False], what="offline")


def has_said(said: list[EventDict], event: str) -> bool:
    return event in [line["event"] for line in said]


def kinds_sent(said: list[EventDict]) -> list[Kind]:
    """In the order in which they went to the broker; it may hold many back for a subscriber that is slow."""
    return [line["kind"] for line in said if line["event"] == "link.sent"]


def test_a_fire_overtakes_all_that_waits(
    outbox: Outbox, broker: Mosquitto, cloud: Cloud, tmp_path: Path
) -> None:
    outbox.write(ready=[Entry.of(picture(n, 200_000)) for n in range(100)])
    with capture_logs() as said, running(outbox, broker, tmp_path):
        eventually(lambda: len(cloud.order) > 3, what="the first pictures")
        outbox.write(ready=[Entry.of(suspicion(1))])
        sent = len(kinds_sent(said))
        eventually(lambda: bool(cloud.suspicions), what="the fire")
        # One more may have been on its way out of the outbox when the fire came into it.
        assert kinds_sent(said).index(Kind.SUSPICIONS) <= sent + 1
        assert cloud.order.index(Kind.SUSPICIONS) < 100
        eventually(lambda: outbox.empty, what="an empty outbox")
    assert len(cloud.media) == 100


def test_a_broker_that_is_killed_loses_nothing(
    outbox: Outbox, broker: Mosquitto, cloud: Cloud, tmp_path: Path
) -> None:
    with running(outbox, broker, tmp_path):
        for start in range(0, 3000, 300):
            outbox.write(ready=[Entry.of(observation(n)) for n in range(start, start + 300)])
            if start in (600, 1800):
                broker.kill()
                time.sleep(0.3)
                broker.start()
        eventually(lambda: outbox.empty, what="an empty outbox")
    assert cloud.observations == {observation(n).id: observation(n) for n in range(3000)}
    assert cloud.conflicts == []


def test_without_a_receipt_nothing_is_forgotten(
    outbox: Outbox, broker: Mosquitto, cloud: Cloud, tmp_path: Path
) -> None:
    cloud.receipts = False
    outbox.write(ready=[Entry.of(suspicion(1))])
    with running(outbox, broker, tmp_path):
        eventually(lambda: bool(cloud.suspicions), what="the fire")
        assert not outbox.empty
    cloud.receipts = True
    with running(outbox, broker, tmp_path):
        eventually(lambda: outbox.empty, what="an empty outbox")
    assert cloud.messages == 2
    assert list(cloud.suspicions.values()) == [suspicion(1)]


def test_without_receipts_the_backlog_waits_and_fires_do_not(
    outbox: Outbox, broker: Mosquitto, cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_module, "BYTES_AHEAD_OF_RECEIPTS", 1024**2)
    cloud.receipts = False
    outbox.write(ready=[Entry.of(picture(n, 200_000)) for n in range(30)])
    with running(outbox, broker, tmp_path):
        eventually(lambda: len(cloud.media) >= 6, what="the first pictures")
        outbox.write(ready=[Entry.of(suspicion(1))])
        eventually(lambda: bool(cloud.suspicions), what="the fire")
        assert len(cloud.media) == 6
    cloud.receipts = True
    with running(outbox, broker, tmp_path):
        eventually(lambda: outbox.empty, what="an empty outbox")
    assert len(cloud.media) == 30


def test_where_nobody_listens_yet_it_waits(outbox: Outbox, broker: Mosquitto, tmp_path: Path) -> None:
    outbox.write(ready=[Entry.of(suspicion(1))])
    with capture_logs() as said, running(outbox, broker, tmp_path):
        eventually(lambda: has_said(said, "link.message_refused"), what="a broker that knows no subscriber")
        assert not outbox.empty
        cloud = Cloud(broker.port)
        try:
            eventually(lambda: outbox.empty, what="an empty outbox")
        finally:
            cloud.close()


def test_a_broker_that_comes_later_is_found(outbox: Outbox, tmp_path: Path) -> None:
    broker = Mosquitto(tmp_path)
    outbox.write(ready=[Entry.of(suspicion(1))])
    try:
        with capture_logs() as said, running(outbox, broker, tmp_path):
            eventually(lambda: has_said(said, "link.retrying"), what="a first attempt in vain")
            broker.start()
            cloud = Cloud(broker.port)
            try:
                eventually(lambda: outbox.empty, what="an empty outbox")
            finally:
                cloud.close()
    finally:
        broker.close()


def test_a_fault_of_ours_does_not_end_the_link(
    outbox: Outbox, broker: Mosquitto, cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resend_all = outbox.resend_all

    def fail_once() -> None:
        monkeypatch.setattr(outbox, "resend_all", resend_all)
        raise RuntimeError("nobody thought of this")

    monkeypatch.setattr(outbox, "resend_all", fail_once)
    outbox.write(ready=[Entry.of(suspicion(1))])
    with running(outbox, broker, tmp_path):
        eventually(lambda: outbox.empty, what="an empty outbox")


def test_a_ca_file_that_breaks_while_the_node_runs_is_read_again_once_it_is_mended(
    outbox: Outbox, tmp_path: Path
) -> None:
    certificate, key, plain_port = tmp_path / "ca.crt", tmp_path / "ca.key", free_port()
    subprocess.run(
        "openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1"
        f" -keyout {key} -out {certificate}".split(),
        check=True,
        capture_output=True,
    )
    trusted = tmp_path / "trusted.crt"
    trusted.write_text("no certificate")
    broker = Mosquitto(tmp_path, f"certfile {certificate}\nkeyfile {key}\nlistener {plain_port} 127.0.0.1\n")
    settings = Broker(url=f"mqtts://127.0.0.1:{broker.port}", ca_file=trusted)
    with pytest.raises(ConfigError, match=r"trusted\.crt"):
        link_to(settings, outbox, tmp_path)
    trusted.write_bytes(certificate.read_bytes())
    link = link_to(settings, outbox, tmp_path)
    trusted.write_text("no certificate")
    outbox.write(ready=[Entry.of(suspicion(1))])
    cloud = Cloud(plain_port)
    try:
        broker.start()
        with capture_logs() as said, started(link):
            eventually(lambda: has_said(said, "link.failed"), what="the CA file to be found broken")
            trusted.write_bytes(certificate.read_bytes())
            eventually(lambda: outbox.empty, what="an empty outbox")
    finally:
        cloud.close()
        broker.close()


class Swallowing:
    """Between node and broker: it carries connections until told, and then lets them hang, dead but open.

    New ones are carried. So does a modem that has lost its cell: nobody hears of it."""

    def __init__(self, port: int) -> None:
        self._to, self.port = port, free_port()
        self._hanging = threading.Event()
        self.connections = 0
        self._sockets = [socket.create_server(("127.0.0.1", self.port))]
        self._threads = [threading.Thread(target=self._serve, args=(self._sockets[0],))]
        self._threads[0].start()

    def hang(self) -> None:
        self._hanging.set()
        self._hanging = threading.Event()

    def close(self) -> None:
        for each in self._sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(150)
        for each in self._sockets:
            each.close()

    def _serve(self, server: socket.socket) -> None:
        with suppress(OSError):
            while True:
                ours, _ = server.accept()
                self.connections += 1
                theirs = socket.create_connection(("127.0.0.1", self._to))
                self._sockets += [ours, theirs]
                for pair in ((ours, theirs), (theirs, ours)):
                    thread = threading.Thread(target=self._carry, args=(*pair, self._hanging))
                    self._threads.append(thread)
                    thread.start()

    def _carry(self, source: socket.socket, target: socket.socket, hanging: threading.Event) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if hanging.is_set():
                    return  # and closes nothing
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


def test_a_fire_on_a_dead_connection_takes_another_one(
    outbox: Outbox, broker: Mosquitto, cloud: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(lines.LINES, "5g", replace(lines.LINES["5g"], answer_s=4))
    line = Swallowing(broker.port)
    link = link_to(Broker(url=f"mqtt://127.0.0.1:{line.port}"), outbox, tmp_path)
    try:
        with started(link):
            eventually(lambda: bool(cloud.states), what="the node to be connected")
            line.hang()
            outbox.write(ready=[Entry.of(suspicion(1))])
            eventually(lambda: bool(cloud.suspicions), what="the fire, long before any keepalive")
            eventually(lambda: outbox.empty, what="its receipt")
    finally:
        line.close()
    assert line.connections >= 2


def test_a_fire_that_was_on_its_way_when_the_line_broke_is_one_that_waits(
    outbox: Outbox, broker: Mosquitto, cloud: Cloud, tmp_path: Path
) -> None:
    cloud.receipts = False
    with running(outbox, broker, tmp_path):
        outbox.write(ready=[Entry.of(suspicion(1))])
        eventually(lambda: bool(cloud.suspicions), what="the fire")
        assert not outbox.fire_to_send(LARGEST_MEDIA), "sent, and not yet due again"
        broker.kill()
        # Else the node comes back as one that has no fire to tell: on a satellite line in half an hour.
        eventually(lambda: outbox.fire_to_send(LARGEST_MEDIA), what="it to count as not sent")


def test_a_fire_that_a_process_before_had_sent_is_called_for_though_the_budget_is_spent(
    outbox: Outbox, broker: Mosquitto, cloud: Cloud, tmp_path: Path
) -> None:
    outbox.write(ready=[Entry.of(suspicion(1))])
    # By the clock of a machine that had run for a month; then the power was cut.
    assert outbox.take(30 * 86400.0, 10) is not None
    identity = NodeIdentity(id="mast-1", reserve="qinling", state_dir=tmp_path)
    spent = LinkSettings(kind="satellite", bytes_per_day=1)
    with started(Link(identity, Broker(url=broker.url), OutboxSettings(), outbox, line=spent)):
        eventually(lambda: outbox.empty, what="an empty outbox")
    assert list(cloud.suspicions.values()) == [suspicion(1)]


def test_what_came_last_on_a_connection_that_has_ended_is_heard(outbox: Outbox, tmp_path: Path) -> None:
    """paho has acknowledged it: the broker will not say it again."""
    outbox.write(ready=[Entry.of(heartbeat(1))])
    heard: list[bytes] = []
    identity = NodeIdentity(id="mast-1", reserve="qinling", state_dir=tmp_path)
    nowhere = Broker(url=f"mqtt://127.0.0.1:{free_port()}")
    link = Link(identity, nowhere, OutboxSettings(), outbox, on_command=heard.append)
    message_id = heartbeat(1).message_id
    with started(link):
        for kind, payload in (
            (Kind.COMMAND, b'{"command":"look"}'),
            (Kind.RECEIPT, f'{{"message_ids":["{message_id}"]}}'.encode()),
        ):
            link._events.put(Received(None, str(Topic("qinling", "mast-1", kind)), payload))
        eventually(lambda: outbox.empty, what="the receipt to be taken in")
    assert heard == [b'{"command":"look"}']
