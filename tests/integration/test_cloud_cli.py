"""`fieldwatch cloud` as people and scripts run it: set up, run, kill, find again."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args
from uuid import UUID

import pytest

from fieldwatch_cloud import cli_setup
from fieldwatch_cloud.db import accounts
from fieldwatch_shared.ids import uuid7
from fieldwatch_shared.messages import Box, Clock, Observation, ObservationBatch, utc_now
from fieldwatch_shared.topics import Kind

from .cloud_field import NodeClient, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

# Databases, brokers and supervisors begin and end here, one after the other.
pytestmark = pytest.mark.timeout(1800)
STARTS_S = 250
"""Six processes, on a machine that has much else to do."""
SQUARE = {"type": "Polygon", "coordinates": [[[107, 33], [108, 33], [108, 34], [107, 34], [107, 33]]]}


class Cli:
    def __init__(self, state: Path) -> None:
        self._environment = {
            key: value for key, value in os.environ.items() if not key.startswith("FIELDWATCH_")
        } | {"FIELDWATCH_STATE": str(state)}
        self.state = state

    def __call__(self, *arguments: str, fails: bool = False, both: bool = False) -> str:
        """Standard output; or, of a command that must fail, standard error, or both."""
        done = subprocess.run(
            self._command(*arguments),
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=250,
            check=False,
        )
        assert (done.returncode != 0) == fails, done.stderr
        shown = done.stdout + done.stderr if both else done.stderr if fails else done.stdout
        return shown.strip()

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        self.state.mkdir(exist_ok=True)
        with (self.state / "run.log").open("ab") as log:
            return subprocess.Popen(self._command(*arguments), env=self._environment, stderr=log)

    def running(self) -> dict[str, Any] | None:
        try:
            return dict(json.loads((self.state / "services.json").read_text()))
        except (OSError, ValueError):
            return None

    @staticmethod
    def _command(*arguments: str) -> list[str]:
        return [sys.executable, "-m", "fieldwatch", "--log-json", "cloud", *arguments]


@pytest.fixture
def cli(state_dir: Path) -> Cli:
    return Cli(state_dir)


@pytest.fixture
def running(cli: Cli) -> Iterator[subprocess.Popen[bytes]]:
    process = cli.start("run", "--port", "0")
    try:
        eventually(cli.running, within_s=STARTS_S)
        yield process
    finally:
        stopped(process)


def stopped(process: subprocess.Popen[bytes]) -> int:
    """Its exit code; one that does not end by itself is ended."""
    process.terminate()
    try:
        return process.wait(STARTS_S)
    finally:
        process.kill()
        process.wait()


def _children(pid: int) -> dict[int, str]:
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == pid:
                found[int(folder.name)] = (folder / "cmdline").read_text().replace("\0", " ")
        except (OSError, ValueError, IndexError):
            continue
    return found


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/api/v1/health", timeout=30) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except OSError:
        return False


def test_set_up_before_the_first_run_then_follow_one_record(cli: Cli, tmp_path: Path) -> None:
    boundary = tmp_path / "boundary.geojson"
    boundary.write_text(json.dumps({"type": "Feature", "properties": {}, "geometry": SQUARE}))
    zones = tmp_path / "zones.geojson"
    feature = {"type": "Feature", "properties": {"name": "East", "name_zh": "东"}, "geometry": SQUARE}
    zones.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    assert "no such IANA time zone: 'Mars/Olympus'" in cli(
        "reserve", "add", "ridge", "--name", "Ridge", "--timezone", "Mars/Olympus", fails=True
    )
    cli("reserve", "add", "ridge", "--name", "Ridge", "--name-zh", "山脊", "--boundary", str(boundary))
    UUID(cli("zone", "add", str(zones), "--reserve", "ridge"))
    password = cli("node", "add", "node-1", "--reserve", "ridge")
    place = ("--name", "North", "--lat", "33.5", "--lon", "107.5", "--heading", "90", "--fov", "60")
    deployment = UUID(cli("deployment", "add", "--node", "node-1", *place))
    old = cli("deployment", "add", "--node", "node-1", *place, "--since", "2026-01-01")
    assert "ended 2026-03-04 05:06:07Z" in cli(
        "deployment", "end", old, "--at", "2026-03-04T05:06:07", both=True
    )
    assert "no such deployment" in cli("deployment", "end", str(uuid7()), fails=True)
    person = ("account", "add", "li@example.org", "--role", "ranger", "--reserve", "ridge")
    assert len(cli(*person)) >= 12
    assert "Key (lower(email))=(li@example.org) already exists" in cli(*person, fails=True)
    assert "no such reserve" in cli("node", "add", "node-2", "--reserve", "nowhere", fails=True)
    assert "Key (id)=(node-1) already exists" in cli(
        "node", "add", "node-1", "--reserve", "ridge", fails=True
    )

    process = cli.start("run", "--port", "0")
    try:
        found = eventually(cli.running, within_s=STARTS_S)
        assert f"mqtt://127.0.0.1:{found['mqtt_port']}" in cli("status")
        node = NodeClient(found["mqtt_port"], "node-1", password=password)
        assert node.connected.wait(150)
        now = utc_now()
        seen = Observation(
            id=uuid7(now),
            deployment_id=deployment,
            observed_at=now,
            clock=Clock(quality="ntp"),
            ended_at=now,
            observation_type="animal",
            confidence=0.9,
            box=Box(x=0, y=0, width=1, height=1),
            model="wildlife@0.1.0",
        )
        batch = ObservationBatch(message_id=uuid7(), observations=[seen])

        def receipted() -> bool:
            node.send(Kind.OBSERVATIONS, batch.model_dump_json())
            time.sleep(0.5)
            return batch.message_id in node.receipts

        eventually(receipted)
        # A node that is added while all runs is let in at once.
        late = NodeClient(
            found["mqtt_port"], "node-2", password=cli("node", "add", "node-2", "--reserve", "ridge")
        )
        assert late.connected.wait(150)
        renewed = cli("node", "password", "node-2")
        late.close()
        late = NodeClient(found["mqtt_port"], "node-2", password=renewed)
        assert late.connected.wait(150)
        late.send(Kind.OBSERVATIONS, batch.model_dump_json())
        listed = eventually(lambda: cli("quarantine", "list"))
        assert "belongs to node 'node-1'" in listed
        assert "refused" in cli("quarantine", "replay", fails=True, both=True)
        late.close()
        node.close()
        eventually(lambda: _answers(found["http_url"]))
    finally:
        code = stopped(process)
    assert code == 0
    assert cli.running() is None
    assert "nothing runs on" in cli("status", fails=True, both=True)


def test_a_second_supervisor_is_refused(cli: Cli, running: subprocess.Popen[bytes]) -> None:
    assert re.search(rf"process {running.pid} already runs Fieldwatch", cli("run", "--port", "0", fails=True))


PARTS = len(("postgres", "mosquitto", "api", "notify", "jobs", "ingest 0"))


def test_a_part_that_dies_is_started_again(cli: Cli, running: subprocess.Popen[bytes]) -> None:
    before = eventually(lambda: len(found := _children(running.pid)) == PARTS and found, within_s=STARTS_S)
    for pid in before:
        os.kill(pid, signal.SIGKILL)
    after = eventually(
        lambda: len(found := _children(running.pid)) == PARTS and not found.keys() & before.keys() and found,
        within_s=STARTS_S,
    )
    assert len(after) == PARTS
    eventually(lambda: _answers(cli.running()["http_url"]))


def test_when_the_supervisor_is_killed_all_end_and_the_next_run_recovers(
    cli: Cli, running: subprocess.Popen[bytes]
) -> None:
    children = eventually(lambda: len(found := _children(running.pid)) == PARTS and found, within_s=STARTS_S)
    first = cli.running()
    running.kill()
    running.wait()
    again = cli.start("run", "--port", "0")
    try:
        found = eventually(
            lambda: (now := cli.running()) and now["pid"] == again.pid and now, within_s=STARTS_S
        )
        assert first is not None
        assert found["mqtt_port"] == first["mqtt_port"]
        eventually(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children))
    finally:
        code = stopped(again)
    assert code == 0


def test_a_port_that_is_taken_is_told_at_once(cli: Cli) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        assert f"cannot listen on port {port}" in cli("run", "--port", port, fails=True)
    assert "equal to 65535" in cli("run", "--port", "65536", fails=True)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ("account add li@example.org --role king", "is not one of"),
        ("account add li@example.org --role ranger --language fr", "is not one of"),
        ("deployment add --node n --name x --lat 33 --lon 107 --heading 361", "less than or equal to 360"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_starts(cli: Cli, arguments: str, says: str) -> None:
    said = " ".join(cli(*arguments.split(), fails=True).replace("│", " ").split())
    assert says in said
    assert not cli.state.exists()


def test_roles_are_those_of_the_database() -> None:
    assert get_args(cli_setup.Role) == accounts.ROLES


def test_a_wrong_setting_is_named(cli: Cli) -> None:
    cli._environment["FIELDWATCH_INGEST_WORKERS"] = "none"
    assert "FIELDWATCH_INGEST_WORKERS: Input should be a valid integer" in cli("migrate", fails=True)
