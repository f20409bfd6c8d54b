"""A whole Fieldwatch for a test: the service as `fieldwatch cloud run` starts it, and nodes over scenes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fieldwatch.demo import footage, reserve, setup
from fieldwatch.demo.nodes import NodeCamera, write_config
from fieldwatch_cloud.operations import node_access
from fieldwatch_cloud.services import discovery
from fieldwatch_cloud.services.mosquitto import EmbeddedMosquitto
from fieldwatch_cloud.services.process import ManagedProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fieldwatch.demo.reserve import DemoCamera

FIELDWATCH = [sys.executable, "-m", "fieldwatch"]


def eventually(holds: Callable[[], bool], what: str, within_s: float = 300) -> None:
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, f"after {within_s:g} s still not: {what}"
        time.sleep(0.05)


class Cloud:
    """The service on its own state directory, with the demo's reserve set up."""

    def __init__(self, state: Path, settings: Mapping[str, str] | None = None) -> None:
        """`settings`: FIELDWATCH_* variables beside its own."""
        self._state = state
        environment = {key: value for key, value in os.environ.items() if not key.startswith("FIELDWATCH_")}
        environment |= {"FIELDWATCH_STATE": str(state), "FIELDWATCH_HTTP_PORT": "0", **(settings or {})}
        self._supervisor = ManagedProcess(
            "cloud",
            [*FIELDWATCH, "cloud", "run"],
            log_file=state / "logs" / "cloud.log",
            environment=environment,
        )
        self._supervisor.wait_until(lambda: discovery.running(state) is not None, within_s=300)
        running = discovery.running(state)
        assert running is not None
        self._running = running
        self.made = setup.create(running.database_url)
        EmbeddedMosquitto(state).refresh_access(lambda: node_access(running.database_url))
        eventually(self._answers, "the API answers")

    @property
    def http_url(self) -> str:
        return self._running.http_url

    @property
    def broker_url(self) -> str:
        return f"mqtt://{self._running.mqtt_host}:{self._running.mqtt_port}"

    def get(self, path: str) -> Any:
        return json.loads(self.raw(path))

    def raw(self, path: str, body: object = None) -> bytes:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 - our own address
            f"{self.http_url}/api/v1{path}",
            data=data,
            headers={"Authorization": f"Bearer {self.made.token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310
            return bytes(answer.read())

    def observations(self) -> list[dict[str, Any]]:
        """All of them, page by page."""
        found, cursor = [], ""
        while True:
            page = self.get(f"/reserves/{reserve.SLUG}/observations?limit=7{cursor}")
            found += page["items"]
            if page["next_cursor"] is None:
                return found
            cursor = f"&cursor={page['next_cursor']}"

    def counts(self, area: object, start: datetime, end: datetime) -> dict[str, Any]:
        body = {"area": area, "from": start.isoformat(), "to": end.isoformat()}
        answer: dict[str, Any] = json.loads(self.raw(f"/reserves/{reserve.SLUG}/counts", body))
        return answer

    def broker_pid(self) -> int | None:
        try:
            pid = int((self._state / "mosquitto" / "mosquitto.pid").read_text())
        except (OSError, ValueError):
            return None
        return pid if _is_alive(pid) else None

    def ingest_pid(self) -> int | None:
        for process in Path("/proc").iterdir():
            if not process.name.isdigit():
                continue
            try:
                parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
                command = (process / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if parent == self._supervisor.pid and b"ingest" in command and _is_alive(int(process.name)):
                return int(process.name)
        return None

    def kill(self, pid_of: Callable[[], int | None]) -> None:
        """kill -9, and wait until the supervisor has started a successor."""
        victim = pid_of()
        assert victim is not None
        os.kill(victim, signal.SIGKILL)
        eventually(lambda: pid_of() not in (None, victim), "a successor of what was killed runs")

    def stop(self) -> None:
        self._supervisor.stop(within_s=120)

    def _answers(self) -> bool:
        try:
            return bool(self.get("/health"))
        except (OSError, ValueError):
            return False


@dataclass(frozen=True)
class Cut:
    """A camera of the demo with its scene in a folder, as a memory card that was full."""

    camera: DemoCamera
    card: Path
    truth: dict[str, Any]

    @classmethod
    def make(cls, camera: DemoCamera, folder: Path, start: datetime) -> Cut:
        rendered, card = folder / "rendered" / camera.folder, folder / "cards" / camera.folder
        footage.render(camera.scene, rendered, camera.every_s)
        footage.write_camera_folder(rendered, card, start)
        return cls(camera, card, json.loads((rendered / footage.TRUTH).read_text()))


def node_config(folder: Path, cuts: list[Cut], made: setup.Remembered, broker_url: str, speed: float) -> Path:
    """`node.toml` of the one node that has the cameras of `cuts`."""
    site = made.sites[cuts[0].camera.name]
    return write_config(
        folder / site.node,
        node=site.node,
        reserve=reserve.SLUG,
        broker_url=broker_url,
        password=site.mqtt_password,
        cameras=[
            NodeCamera(
                made.sites[cut.camera.name].deployment_id,
                {"kind": "folder", "path": str(cut.card), "replay_speed": speed},
                wildlife=cut.camera.watches == "wildlife",
                fire=cut.camera.watches == "fire",
                heading_deg=cut.camera.heading_deg,
                field_of_view_deg=cut.camera.field_of_view_deg,
            )
            for cut in cuts
        ],
    )


def run_offline(config: Path) -> list[dict[str, Any]]:
    """What the node makes of its cameras with no cloud in reach: the records in its outbox."""
    state = config.parent / "offline"
    options = ["--config", str(config), "--state-dir", str(state)]
    subprocess.run([*FIELDWATCH, "edge", "run", *options, "--offline"], check=True, timeout=600)
    exported = subprocess.run(
        [*FIELDWATCH, "edge", "outbox", "export", *options], check=True, capture_output=True, text=True
    )
    return [json.loads(line) for line in exported.stdout.splitlines()]


def start_node(config: Path) -> ManagedProcess:
    command = [*FIELDWATCH, "edge", "run", "--config", config]
    return ManagedProcess(config.parent.name, command, log_file=config.parent / "node.log")


def _is_alive(pid: int) -> bool:
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


NOON = datetime(2026, 11, 14, 4, 0, tzinfo=UTC)
LATER = timedelta(hours=2)
