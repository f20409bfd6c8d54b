"""The demo's processes: the service, the nodes, and the feed that plays the cameras."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sys
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from fieldwatch.demo import footage, reserve, setup
from fieldwatch.demo.errors import DemoError, DidNotStart
from fieldwatch.demo.feed import Feed, Reel
from fieldwatch.demo.nodes import NodeCamera, write_config
from fieldwatch_cloud.operations import node_access
from fieldwatch_cloud.services import discovery
from fieldwatch_cloud.services.mosquitto import EmbeddedMosquitto
from fieldwatch_cloud.services.process import ManagedProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_START_S = 120.0
_CATCHES_UP_S = reserve.IGNITION_S + 45
"""With `fast`: the footage begins so long ago, and nodes take in at once what has passed."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the API shows."""

    animals: dict[str, int]
    """Observations by taxon."""
    deployments: int
    """Those with at least one animal."""
    fires: int

    @property
    def complete(self) -> bool:
        return self.deployments >= 3 and self.fires >= 1


class Demo:
    """Start everything with `start`, stop it with `stop`. Use it from the main thread."""

    def __init__(self, state: Path, *, port: int, own: Sequence[str], scenes: bool) -> None:
        """
        Args:
            own: folders, video files, addresses of streams.
            scenes: whether to show the prepared scenes.
        """
        self._state, self._port, self._own, self._scenes = state, port, own, scenes
        self._memory = setup.Memory(state)
        self._remembered = setup.Remembered()
        self._processes: list[ManagedProcess] = []
        self._feed: Feed | None = None
        self._began = datetime.now(UTC)
        self._environment = {
            # Whatever this machine's own Fieldwatch is told, the demo has its own database and broker.
            key: value for key, value in os.environ.items() if not key.startswith("FIELDWATCH_")
        } | {"FIELDWATCH_STATE": str(state), "FIELDWATCH_HTTP_PORT": str(port)}  # fmt: skip
        for kept in ("FIELDWATCH_MODELS",):
            if kept in os.environ:
                self._environment[kept] = os.environ[kept]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    @property
    def password(self) -> str:
        return self._remembered.password

    @property
    def logs(self) -> Path:
        return self._state / "logs"

    def open(self, *, reset: bool) -> None:
        """Raises:
        DemoError: the state directory is not a demo's.
        """
        self._remembered = self._memory.open(reset=reset)

    def frames_to_draw(self) -> int:
        if not self._scenes:
            return 0
        return sum(len(footage.frame_times(camera.scene, camera.every_s)) for camera in reserve.cameras())

    def draw(self, progress: Callable[[int], None]) -> None:
        """Draw the scenes that are not there yet; `progress` gets how many frames were done."""
        if self._scenes:
            for camera in reserve.cameras():
                footage.render(camera.scene, self._footage(camera), camera.every_s, progress=progress)

    def start_service(self) -> None:
        """Start the service; `wait_for_service` waits for it."""
        self._run("cloud", ["cloud", "run"])

    def wait_for_service(self) -> None:
        """Wait until the API answers, and create what is not there yet.

        Raises:
            DidNotStart: it ended, or took too long.
        """
        cloud = self._processes[0]
        self._wait(lambda: discovery.running(self._state) is not None, cloud)
        running = discovery.running(self._state)
        assert running is not None  # noqa: S101 - just waited for
        if self._remembered.state == "unfinished":
            self._remembered = setup.create(running.database_url)
        for address in self._own:
            if address not in self._remembered.sites:
                number = 1 + sum(site.node.startswith("own-") for site in self._remembered.sites.values())
                self._remembered.sites[address] = setup.add_own(running.database_url, address, number)
        self._memory.save(self._remembered)
        EmbeddedMosquitto(self._state).refresh_access(lambda: node_access(running.database_url))
        self._wait(self._answers, cloud)

    def start_nodes(self, *, fast: bool) -> None:
        """Start the nodes, then the cameras before them."""
        running = discovery.running(self._state)
        if running is None:
            raise DidNotStart("the service has stopped")
        broker_url = f"mqtt://{running.mqtt_host}:{running.mqtt_port}"
        cameras: dict[str, list[NodeCamera]] = {}
        for camera in reserve.cameras() if self._scenes else []:
            site = self._remembered.sites[camera.name]
            card = self._card(camera)
            card.mkdir(parents=True, exist_ok=True)
            cameras.setdefault(camera.node, []).append(
                NodeCamera(
                    site.deployment_id,
                    {"kind": "folder", "path": str(card), "follow": True},
                    wildlife=camera.watches == "wildlife",
                    fire=camera.watches == "fire",
                    heading_deg=camera.heading_deg,
                    field_of_view_deg=camera.field_of_view_deg,
                )
            )
        for address in self._own:
            site = self._remembered.sites[address]
            cameras[site.node] = [
                NodeCamera(site.deployment_id, own_source(address), wildlife=True, fire=True)
            ]
        passwords = {site.node: site.mqtt_password for site in self._remembered.sites.values()}
        for node, its_cameras in cameras.items():
            # What a node remembers of the last demo's fire would keep it from reporting this one's.
            shutil.rmtree(self._memory.folder / "nodes" / node, ignore_errors=True)
            config = write_config(
                self._memory.folder / "nodes" / node,
                node=node,
                reserve=reserve.SLUG,
                broker_url=broker_url,
                password=passwords[node],
                cameras=its_cameras,
            )
            self._run(node, ["edge", "run", "--config", str(config)])
        self._began = datetime.now(UTC) - timedelta(seconds=_CATCHES_UP_S if fast else 0)
        if self._scenes:
            self._feed = Feed(
                [Reel(self._footage(c), self._card(c), c.loop_from_s) for c in reserve.cameras()], self._began
            )
            self._feed.start()

    def check(self) -> None:
        """Raises:
        DidNotStart: something that should run does not.
        """
        if self._feed is not None and self._feed.failure is not None:
            raise DidNotStart(f"cannot write pictures: {self._feed.failure}")
        for process in self._processes:
            if process.exit_code is None:
                continue
            # Own footage may simply be over.
            if process.name.startswith("own-") and process.exit_code == 0:
                continue
            raise DidNotStart(f"{process.name} ended with {process.exit_code}{_end_of(process.log_file)}")

    def look(self) -> Seen:
        """What the API shows of this run; nothing while it does not answer."""
        base = f"/reserves/{reserve.SLUG}"
        since = urlencode({"from": self._began.isoformat()})
        try:
            observations = self._get(f"{base}/observations?limit=1000&{since}")["items"]
            fires = len(self._get(f"{base}/incidents?{since}")["items"])
        except (OSError, ValueError):
            return Seen({}, 0, 0)
        animals: dict[str, int] = {}
        for observation in observations:
            name = observation["scientific_name"] or observation["observation_type"]
            animals[name] = animals.get(name, 0) + 1
        return Seen(animals, len({observation["deployment_id"] for observation in observations}), fires)

    def stop(self) -> None:
        """Stop all, nodes before the service, so that what they hold is delivered. Twice does no harm."""
        if self._feed is not None:
            self._feed.stop()
        for process in reversed(self._processes):
            process.stop()
        self._processes.clear()

    def _run(self, name: str, arguments: list[str]) -> None:
        command = [sys.executable, "-m", "fieldwatch", "--log-text", *arguments]
        log_file = self.logs / f"{name}.log"
        # One run's lines each: else what is quoted from its end could be an old run's.
        log_file.unlink(missing_ok=True)
        self._processes.append(
            ManagedProcess(name, command, log_file=log_file, environment=self._environment)
        )

    def _wait(self, ready: Callable[[], bool], process: ManagedProcess) -> None:
        deadline = time.monotonic() + _START_S
        while not ready():
            if process.exit_code is not None:
                raise DidNotStart(f"{process.name} ended with {process.exit_code}{_end_of(process.log_file)}")
            if time.monotonic() > deadline:
                raise DidNotStart(
                    f"{process.name} was not ready within {_START_S:g} s{_end_of(process.log_file)}"
                )
            time.sleep(0.1)

    def _answers(self) -> bool:
        try:
            return bool(self._get("/health")["status"])
        except (OSError, ValueError, KeyError):
            return False

    def _get(self, path: str) -> Any:
        request = urllib.request.Request(  # noqa: S310 - our own address
            f"{self.address}/api/v1{path}", headers={"Authorization": f"Bearer {self._remembered.token}"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            return json.load(answer)

    def _footage(self, camera: reserve.DemoCamera) -> Path:
        return self._memory.folder / "footage" / camera.folder

    def _card(self, camera: reserve.DemoCamera) -> Path:
        return self._memory.folder / "cards" / camera.folder


def free_port(wanted: int | None) -> int:
    """`wanted`; where nobody said (None), 8080 or else any free one.

    Raises:
        DemoError: the wanted one is taken.
    """
    for port in (8080, 0) if wanted is None else (wanted,):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise DemoError(f"port {wanted} of 127.0.0.1 is taken by another program: give another --port")


def own_source(address: str) -> dict[str, object]:
    """The [camera.source] of the user's own footage, played from now on.

    Raises:
        DemoError: there is nothing at `address`.
    """
    if urlsplit(address).scheme in ("rtsp", "rtsps", "rtmp", "http", "https"):
        return {"kind": "rtsp", "url": address}
    path = Path(address).expanduser().absolute()
    now = datetime.now(UTC).isoformat()
    if path.is_dir():
        if _has_times(path):
            return {"kind": "folder", "path": str(path)}
        times = {"kind": "interval", "start": now, "every_s": 1.0}
        return {"kind": "folder", "path": str(path), "times": times, "replay_speed": 1.0}
    if path.is_file():
        return {"kind": "video", "path": str(path), "start": now, "every_s": 0.5, "replay_speed": 1.0}
    raise DemoError(f"{address} is neither a folder nor a video file nor the address of a stream")


def _has_times(folder: Path) -> bool:
    """Whether the pictures carry their capture times."""
    from fieldwatch_edge.capture.listing import Listing
    from fieldwatch_edge.capture.times import capture_time
    from fieldwatch_edge.errors import PictureError
    from fieldwatch_edge.settings import Times

    names = Listing(folder).new_names()
    if not names:
        raise DemoError(f"there is no picture in {folder}")
    try:
        capture_time(folder / names[0], 0, Times())
    except PictureError:
        return False
    return True


def _end_of(log_file: Path | None) -> str:
    if log_file is None or not log_file.exists():
        return ""
    lines = log_file.read_text(errors="replace").splitlines()[-8:]
    return f"; {log_file} ends with:\n" + "\n".join(f"  {line}" for line in lines)
