"""Secrets of a node are in its key's own file and nowhere else: not in what it prints, logs, keeps or is
called with; and what it is told counts only with its cloud's signature, whoever holds the broker."""

from __future__ import annotations

import os
import re
import subprocess
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from typer.testing import CliRunner

from fieldwatch.cli import app as fieldwatch
from fieldwatch_cloud import node_logs
from fieldwatch_cloud.db import commands as sent_commands
from fieldwatch_cloud.db import desired as wanted
from fieldwatch_edge.desired import DESIRED_FILE, Desired
from fieldwatch_edge.doctor import cameras
from fieldwatch_edge.identity.files import KEY
from fieldwatch_edge.identity.seal import Seal
from fieldwatch_edge.link import Link
from fieldwatch_edge.link.once import COMMANDS_FILE, OnlyOnce
from fieldwatch_edge.outbox import Outbox
from fieldwatch_shared.ids import uuid7
from fieldwatch_shared.messages import Command, DesiredState, StopLiveView
from fieldwatch_shared.topics import Kind, Topic

from .cloud_field import RESERVE, eventually, working
from .edge_world import EDGE, make_models
from .enrolment_world import Box, Reserve, reserve_world
from .threads import started

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fieldwatch_cloud.db.pool import Database
    from fieldwatch_shared.enrolment import Code

CAMERA_PASSWORD = "hunter2hunter2"


@pytest.fixture
def reserve(db: Database, database_url: str, state_dir: Path) -> Iterator[Reserve]:
    with reserve_world(db, database_url, state_dir) as world:
        yield world


class Watched:
    """Runs commands at the level of debug; keeps what they print, and with which arguments programs ran."""

    def __init__(self, folder: Path) -> None:
        self.said, self.arguments = "", set[str]()
        self._environment = {
            **os.environ,
            "FIELDWATCH_MODELS": str(make_models(folder)),
            "FIELDWATCH_LOG_LEVEL": "debug",
            "FIELDWATCH_LOG_JSON": "1",
        }

    def run(self, *arguments: str, given: str = "", until: str = "") -> int:
        """`fieldwatch edge ...`, to its end, or until it has said `until`; its exit code."""
        process = subprocess.Popen(
            [*EDGE, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self._environment,
        )
        ended = threading.Event()
        looking = threading.Thread(target=self._keep_looking, args=(process.pid, ended))
        patience = threading.Timer(250, process.kill)
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            patience.start()
            # Its own call is seen for certain, before it is given anything that lets it end.
            eventually(lambda: self._look(process.pid) or process.poll() is not None)
            looking.start()
            process.stdin.write(given)
            process.stdin.close()
            for line in process.stdout:
                self.said += line
                if until and until in line:
                    process.terminate()
                    until = ""
            assert not until, f"it never said {until}:\n{self.said[-3000:]}"
            return process.wait()
        finally:
            patience.cancel()
            process.kill()
            process.wait()
            process.stdin.close()
            process.stdout.close()
            ended.set()
            if looking.ident is not None:
                looking.join()

    def inside(self, *arguments: str, given: str = "") -> int:
        """As `run`, in this process: ten times as fast, but without arguments of its own."""
        words = ["--log-level", "debug", "--log-json", "edge", *arguments]
        done = CliRunner().invoke(fieldwatch, words, input=given)
        self.said += done.output
        return done.exit_code

    def _keep_looking(self, pid: int, ended: threading.Event) -> None:
        while not ended.wait(0.05):
            self._look(pid)

    def _look(self, pid: int) -> bool:
        """With what the process and its children were called; whether that of `pid` itself could be seen."""
        seen = False
        for place in Path("/proc").glob("[0-9]*"):
            try:
                parent = int((place / "stat").read_text().rpartition(")")[2].split()[1])
                if pid not in (int(place.name), parent):
                    continue
                called = {(place / "cmdline").read_text(), (place / "environ").read_text()}
            except (OSError, ValueError, IndexError):  # it has ended meanwhile
                continue
            self.arguments |= called
            # Of one that is only just beginning, or has ended, both are empty.
            seen |= place.name == str(pid) and "" not in called
        return seen


def found(text: str, secrets: Mapping[str, str]) -> list[str]:
    return [name for name, secret in secrets.items() if secret in text]


@pytest.mark.timeout(900)  # Three programs begin, and nine things are done: on a busy machine, minutes.
def test_secrets_are_nowhere_but_in_the_keys_file(
    reserve: Reserve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cameras, "FRAME_WITHIN_S", 0.1)
    monkeypatch.setenv("FIELDWATCH_MODELS", str(tmp_path / "models"))
    box, watched = Box(tmp_path / "box"), Watched(tmp_path / "models")
    first, later = reserve.code(), None
    pictures = ["-c", str(box.config)]
    with working(reserve.settings):
        assert watched.run(*box.arguments(reserve.url), given=f"{first.text}\n") == 0
        box.config.write_text(
            box.config.read_text().partition("[[camera]]")[0]
            + '[[camera]]\ndeployment_id = "0198c0de-0000-7000-8000-000000000001"\n'
            + f'source = {{ kind = "rtsp", url = "rtsp://admin:{CAMERA_PASSWORD}@127.0.0.1:1/x" }}\n'
            + 'wildlife = { detector = { model = "square", allow_unsigned = true } }\n'
        )
        # Once more: the same answer.
        assert watched.inside(*box.arguments(reserve.url), given=f"{first.text}\n") == 0
        assert watched.run("run", *pictures, until="link.connected") == 0
        assert watched.inside("doctor", *pictures) == 1  # no camera
        # Failures on the way: a slip, a code of another node, one that is used up, a node that was revoked.
        slip = first.text[:-1] + ("0" if first.text[-1] != "0" else "1")
        assert watched.inside(*box.arguments(reserve.url), given=f"{slip}\n") == 1
        later = reserve.code("node-2")
        assert watched.inside(*box.arguments(reserve.url), given=f"{later.text}\n") == 1
        assert watched.inside(*Box(tmp_path / "other").arguments(reserve.url), given=f"{first.text}\n") == 1
        reserve.revoke()
        assert watched.inside("doctor", "--json", *pictures) == 1
        assert watched.run("run", *pictures, until="link.retrying") == 0

    keys = {path: path.read_text() for path in tmp_path.rglob(KEY)}
    keys |= {path: path.read_text() for path in tmp_path.rglob("enrolment.pem")}
    assert len(keys) >= 2
    secrets = {f"line {n} of {path}": line for path, pem in keys.items() for n, line in lines(pem)}
    secrets |= spelt("the first code", first) | spelt("the later code", later) | {"the slip": slip}
    secrets |= {"the camera's password": CAMERA_PASSWORD}

    assert "session.opened" in watched.said
    assert "link.retrying" in watched.said
    for called in ("\0edge\0enrol\0", "\0edge\0run\0", "FIELDWATCH_LOG_LEVEL=debug"):
        assert any(called in one for one in watched.arguments), watched.arguments
    assert found(watched.said, secrets) == []
    assert found("\n".join(watched.arguments), secrets) == []
    assert not re.search("fwn_[A-Za-z0-9_-]{20}", watched.said + "".join(watched.arguments))
    kept = 0
    for path in tmp_path.rglob("*"):
        if path.is_symlink() or not path.is_file() or path.is_relative_to(tmp_path / "models"):
            continue
        text = path.read_bytes().decode("latin-1")
        own = secrets if path not in keys else {}
        if path == box.config:  # the camera's address is the technician's own
            own = {name: secret for name, secret in secrets.items() if secret != CAMERA_PASSWORD}
        assert found(text, own) == [], path
        assert "fwn_" not in text, path
        kept += 1
    assert kept > 5


def lines(pem: str) -> list[tuple[int, str]]:
    """Those with bytes of the private key, 36 to 67 of 138. The last has the public key alone, which stands
    in the certificate, too: where it begins there at the right byte, in the same letters."""
    return list(enumerate(pem.splitlines()))[1:3]


def spelt(name: str, code: Code) -> dict[str, str]:
    """A code as it is written, without dashes, in small letters, and its secret part alone."""
    bare = code.text.replace("-", "")
    return {
        name: code.text,
        f"{name} without dashes": bare,
        f"{name} in small letters": code.text.lower(),
        f"the beginning of {name}": code.text[4:18],
        f"bytes of {name}": code.secret.hex(),
        f"repr of {name}": repr(code.secret)[2:-1],
    }


# Whose word counts ---------------------------------------------------------------------------------


@contextmanager
def enrolled_node(box: Box, commands: list[bytes]) -> Iterator[tuple[Desired, list[str]]]:
    """Link and desired state as the node wires them; what it would tell people."""
    settings, notices = box.settings(), list[str]()
    settings.node.state_dir.mkdir(exist_ok=True)
    outbox = Outbox(settings.node.state_dir / "outbox.sqlite", 64 * 1024**2)
    desired = Desired(settings.node.state_dir / DESIRED_FILE, Seal.of(settings), notices.append)
    link = Link(
        settings.node,
        settings.broker,
        settings.outbox,
        outbox,
        desired=desired,
        on_command=OnlyOnce(
            settings.node.state_dir / COMMANDS_FILE, commands.append, vouched_time=lambda: None
        ),
        seal=Seal.of(settings, Kind.COMMAND),
    )
    try:
        with started(link):
            yield desired, notices
    finally:
        outbox.close()


@contextmanager
def holder_of_the_broker(reserve: Reserve) -> Iterator[mqtt.Client]:
    """May write whatever the cloud may; has its password, but not its signing key."""
    login = re.fullmatch(r"mqtt://(.+?)\{slot\}:(.+)@127\.0\.0\.1:(\d+)", reserve.broker.url)
    assert login is not None
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.username_pw_set(f"{login[1]}9", login[2])
    client.connect("127.0.0.1", int(login[3]))
    client.loop_start()
    try:
        yield client
    finally:
        client.disconnect()
        client.loop_stop()


def say(client: mqtt.Client, kind: Kind, payload: str, beside: Mapping[str, str]) -> None:
    properties = Properties(PacketTypes.PUBLISH)
    properties.UserProperty = [("schema-version", "1.0"), *beside.items()]
    topic = str(Topic(RESERVE, "node-1", kind))
    said = client.publish(topic, payload, 1, kind is Kind.DESIRED, properties)
    said.wait_for_publish(150)
    assert said.is_published()


def listens(reserve: Reserve, desired: Desired) -> None:
    """Wait until the node has subscribed: to all of its topics at once."""
    with reserve.db.transaction() as conn:
        newest = wanted.renew(conn, "node-1")
    eventually(lambda: desired.version == newest)


def ask_for_log(reserve: Reserve) -> None:
    """As a technician does, by the cloud's own way down."""
    with reserve.db.transaction() as conn:
        now = datetime.now(UTC)
        node_logs.ask(conn, reserve.settings, "node-1", bundle=False, lines=10, by=None, now=now)


def test_a_command_that_comes_again_does_nothing(reserve: Reserve, tmp_path: Path) -> None:
    """The cloud's own, as whoever holds the broker has it, sent again: at once, and after a restart."""
    box, commands = reserve.enrolled(tmp_path), list[bytes]()
    topic = str(Topic(RESERVE, "node-1", Kind.COMMAND))
    with holder_of_the_broker(reserve) as client, working(reserve.settings):
        with enrolled_node(box, commands) as (desired, _):
            listens(reserve, desired)
            ask_for_log(reserve)
            eventually(lambda: len(commands) == 1)
            payload = commands[0].decode()
            # Ed25519 signs the same thing in the same way each time: these are the bytes that went down.
            beside = dict(reserve.authority.sign_for(topic, payload.encode()))
            say(client, Kind.COMMAND, payload, beside)
            ask_for_log(reserve)
            eventually(lambda: len(commands) == 2)  # what came before this one was looked at
        with enrolled_node(box, commands) as (desired, _):
            listens(reserve, desired)
            say(client, Kind.COMMAND, payload, beside)
            with reserve.db.transaction() as conn:
                live = Command(command=StopLiveView(id=uuid7()))
                now, lasts = datetime.now(UTC), timedelta(hours=1)
                sent_commands.send(conn, "node-1", live, now=now, lasts=lasts)
            eventually(lambda: len(commands) == 3)
        assert b"stop_live_view" in commands[2]


def test_whoever_holds_the_broker_tells_an_enrolled_node_nothing(reserve: Reserve, tmp_path: Path) -> None:
    box, commands = reserve.enrolled(tmp_path), list[bytes]()
    with enrolled_node(box, commands) as (desired, notices), working(reserve.settings):
        with reserve.db.transaction() as conn:
            first = wanted.renew(conn, "node-1")
        eventually(lambda: desired.version == first)  # the cloud's own, over its real downlink
        forged = DesiredState(version=first + 100).model_dump_json()
        stop = Command(command=StopLiveView(id=uuid7())).model_dump_json()
        theirs = dict(
            reserve.authority.sign_for(str(Topic(RESERVE, "node-2", Kind.DESIRED)), forged.encode())
        )
        with holder_of_the_broker(reserve) as client:
            say(client, Kind.DESIRED, forged, {})
            say(client, Kind.DESIRED, forged + " ", theirs)
            say(client, Kind.COMMAND, stop, {})
            say(client, Kind.COMMAND, stop, theirs)
            eventually(lambda: len(notices) >= 2)
            true = dict(
                reserve.authority.sign_for(str(Topic(RESERVE, "node-1", Kind.COMMAND)), stop.encode())
            )
            say(client, Kind.COMMAND, stop, true)
            eventually(lambda: commands)
        assert commands == [stop.encode()]
        assert desired.version == first
        assert "not signed" in notices[0]
        assert "another node" in notices[1]
        with reserve.db.transaction() as conn:
            second = wanted.renew(conn, "node-1", above=first)
        eventually(lambda: desired.version == second)
    kept = Desired(tmp_path / "state" / DESIRED_FILE, Seal.of(box.settings()))
    assert kept.version == second
