"""A reserve as an operator sets it up, for tests in a browser: the real supervisor with everything below it,
set up through the command line, and a node that speaks through its own outbox and link."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from PIL import Image, ImageDraw

from fieldwatch_edge.domain import Picture
from fieldwatch_edge.link import Link
from fieldwatch_edge.outbox import Entry, Outbox
from fieldwatch_edge.settings import Broker, NodeIdentity, OutboxSettings
from fieldwatch_shared.ids import uuid7
from fieldwatch_shared.messages import (
    Box,
    CameraHealth,
    Clock,
    ClockQuality,
    EffortSpan,
    FireKind,
    Heartbeat,
    Media,
    Observation,
    ObservationType,
    Reading,
    Suspicion,
    utc_now,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

WEB = Path(__file__).parents[2] / "cloud" / "fieldwatch_cloud" / "web"
"""The built app."""
FIELDWATCH = [sys.executable, "-m", "fieldwatch"]
EMAIL, PASSWORD = "researcher@foping.example", "a long enough password"
SLUG, NODE, TIMEZONE = "foping", "mast-1", "Asia/Shanghai"
CAMERAS = {
    "ridge": (107.72, 33.66),
    "lick": (107.78, 33.66),
    "river": (107.84, 33.60),
    "saddle": (107.86, 33.69),
}
START_S = 300.0
STOP_S = 120.0
SILENT_S = 6 * 3600.0
"""Between a node's reports: the tests of a module share one, and a busy machine is at them for an hour."""
CLOCK = Clock(quality=ClockQuality.NTP)


def _square(west: float, south: float, east: float, north: float) -> dict[str, Any]:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


BOUNDARY = _square(107.66, 33.55, 107.90, 33.72)
ZONES = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"name": "Bare hills", "name_zh": "荒山"},
            "geometry": _square(107.67, 33.56, 107.74, 33.61),  # no camera stands here
        }
    ],
}


@dataclass(frozen=True)
class Site:
    """A running service with one reserve, three deployments and one node."""

    state: Path
    supervisor: int
    url: str
    broker: str
    mqtt_password: str
    deployments: dict[str, UUID]

    def kill(self, part: str) -> None:
        """SIGKILL to the supervisor's child that runs `fieldwatch cloud <part>`."""
        os.kill(wait_for(lambda: self._pid_of(part), f"a running {part}"), signal.SIGKILL)

    def _pid_of(self, part: str) -> int | None:
        for child in Path(f"/proc/{self.supervisor}/task/{self.supervisor}/children").read_text().split():
            with contextlib.suppress(OSError):  # it has just ended
                if Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0")[-2:-1] == [part.encode()]:
                    return int(child)
        return None


@contextmanager
def running_site(
    state: Path, folder: Path, settings: Mapping[str, str] | None = None, *, days: int = 3
) -> Iterator[Site]:
    """Start the service on `state`, set it up, and stop it at the end; `folder` is for files of our own,
    `settings` are environment variables of the service, the cameras were put up so many `days` ago."""
    if not all((WEB / file).is_file() for file in ("index.html", "sw.js")):
        pytest.fail("the web app is not built: (cd cloud/web && npm ci && npm run build)")
    state.mkdir(mode=0o711)
    log = (folder / "cloud.log").open("w")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("FIELDWATCH_")}
    environment |= settings or {}
    command = [*FIELDWATCH, "cloud", "run", "--state", str(state), "--port", "0"]
    process = subprocess.Popen(command, stdout=log, stderr=log, env=environment)
    try:
        # A machine that has much to do takes minutes; a service that fails ends, which is noticed at once.
        services = wait_for(lambda: _services(state), "the service's addresses", process, START_S)
        wait_for(lambda: healthy(services["http_url"]), "the API", process, START_S)
        yield _set_up(state, folder, process.pid, services, days)
    finally:
        try:
            end(process)
        finally:
            log.close()
        print((folder / "cloud.log").read_text()[-6000:])  # shown only where a test fails


def wait_for(
    check: Callable[[], Any], what: str, process: subprocess.Popen[bytes] | None = None, within_s: float = 180
) -> Any:
    """The first truthy value of `check`."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if found := check():
            return found
        assert process is None or process.poll() is None, f"it ended while waiting for {what}"
        time.sleep(0.1)
    raise AssertionError(f"waited {within_s} s in vain for {what}")


def not_at_midnight(least: timedelta = timedelta(minutes=3)) -> None:
    """For a test that names a day: where the reserve's is about to end, wait for the next."""
    local = utc_now().astimezone(ZoneInfo(TIMEZONE))
    if (local + least).date() != local.date():
        time.sleep(least.total_seconds())


def end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_S)
    finally:
        process.kill()  # of one that has ended, nothing


def _services(state: Path) -> dict[str, Any] | None:
    file = state / "services.json"
    return json.loads(file.read_text()) if file.exists() else None


def healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/api/v1/health", timeout=20) as answer:  # noqa: S310 -- our own
            return bool(answer.status == 200)
    except OSError:
        return False


_COMMANDS = """
import json, sys
from typer.testing import CliRunner
from fieldwatch.cli import app

typed, *commands = json.load(sys.stdin)
said = []
for command in commands:
    done = CliRunner().invoke(app, command, input=typed)
    if done.exit_code:
        sys.exit(f"{command}: {done.output} {done.exception!r}")
    said.append(done.stdout.strip())
print(json.dumps(said))
"""


def commands(state: Path, *arguments: list[str]) -> list[str]:
    """What `fieldwatch cloud` says to each in turn, all asked of one process: a machine with much to do takes
    half a minute to start one. Who is asked for a password types `PASSWORD`."""
    asked = [["cloud", *one, "--state", str(state)] for one in arguments]
    done = subprocess.run(
        [sys.executable, "-c", _COMMANDS],
        input=json.dumps([PASSWORD + "\n", *asked]),
        capture_output=True,
        text=True,
        check=False,
        timeout=START_S,
    )
    assert done.returncode == 0, done.stderr
    said: list[str] = json.loads(done.stdout)
    return said


def _set_up(state: Path, folder: Path, supervisor: int, services: dict[str, Any], days: int) -> Site:
    (folder / "boundary.geojson").write_text(json.dumps(BOUNDARY))
    (folder / "zones.geojson").write_text(json.dumps(ZONES))
    since = f"{utc_now() - timedelta(days=days):%Y-%m-%dT%H:%M:%S}"
    _, _, _, mqtt_password, *added = commands(
        state,
        ["reserve", "add", SLUG, "--name", "Foping", "--name-zh", "佛坪", "--timezone", TIMEZONE,
         "--boundary", str(folder / "boundary.geojson")],
        ["zone", "add", str(folder / "zones.geojson"), "--reserve", SLUG],
        ["account", "add", EMAIL, "--role", "researcher", "--reserve", SLUG, "--password-stdin"],
        ["node", "add", NODE, "--reserve", SLUG],
        *(
            ["deployment", "add", "--node", NODE, "--name", name, "--lon", str(lon), "--lat", str(lat),
             "--heading", "300", "--fov", "60", "--since", since]
            for name, (lon, lat) in CAMERAS.items()
        ),
    )  # fmt: skip
    deployments = {name: UUID(id_) for name, id_ in zip(CAMERAS, added, strict=True)}
    broker = f"mqtt://{services['mqtt_host']}:{services['mqtt_port']}"
    return Site(state, supervisor, services["http_url"], broker, mqtt_password, deployments)


class FieldNode:
    """The node: what it says goes through an outbox and a link, as in the field."""

    def __init__(self, site: Site, outbox: Outbox, thread: threading.Thread) -> None:
        self._site = site
        self._outbox = outbox
        self._thread = thread
        self._given_up = False

    @classmethod
    @contextmanager
    def running(cls, site: Site, folder: Path) -> Iterator[FieldNode]:
        outbox = Outbox(folder / "outbox.sqlite", 64 * 1024**2)
        identity = NodeIdentity(id=NODE, reserve=SLUG, state_dir=folder)
        broker = Broker(url=site.broker, password=site.mqtt_password)
        link = Link(identity, broker, OutboxSettings(), outbox)
        thread = threading.Thread(target=link.run)
        thread.start()
        try:
            yield cls(site, outbox, thread)
        finally:
            link.stop()
            thread.join(STOP_S)
            outbox.close()

    def say(self, *records: Observation | Suspicion | Heartbeat | Reading | Picture) -> None:
        """Write records to the outbox, and wait until the cloud has them safe."""
        assert self._outbox.empty or not self._given_up, "the cloud gave no receipts in an earlier test"
        self._outbox.write(ready=[Entry.of(record) for record in records])
        self._given_up = True  # unless they come: not every test waits for what does not work
        wait_for(self._is_safe, "the cloud's receipts", within_s=START_S)
        self._given_up = False

    def _is_safe(self) -> bool:
        assert self._thread.is_alive(), "the node's link has ended"
        return self._outbox.empty

    def observation(
        self, place: str, at: datetime, name: str, *, count: int = 1, media_id: UUID | None = None
    ) -> Observation:
        return Observation(
            id=uuid7(at), deployment_id=self._site.deployments[place], observed_at=at, clock=CLOCK,
            ended_at=at + timedelta(seconds=20), observation_type=ObservationType.ANIMAL,
            scientific_name=name, count=count, confidence=0.87, frames=5, media_id=media_id,
            model="wildlife@1",
        )  # fmt: skip

    def heartbeat(self, looked: dict[str, tuple[datetime, datetime]]) -> Heartbeat:
        """All cameras well; `looked` is the effort by place."""
        now = utc_now()
        return Heartbeat(
            message_id=uuid7(), id=uuid7(), observed_at=now, clock=CLOCK, uptime_s=60, software="0.1.0",
            cameras=[
                CameraHealth(deployment_id=one, last_frame_at=now, frames=5)
                for one in self._site.deployments.values()
            ],
            effort=[
                EffortSpan(
                    id=uuid7(), deployment_id=self._site.deployments[place], started_at=start, ended_at=end,
                    frames=100,
                )
                for place, (start, end) in looked.items()
            ],
            outbox_records=0, outbox_bytes=0, next_within_s=SILENT_S,
        )  # fmt: skip

    def suspicion(self, place: str, at: datetime, media_id: UUID) -> Suspicion:
        return Suspicion(
            id=uuid7(at), deployment_id=self._site.deployments[place], observed_at=at, clock=CLOCK,
            kind=FireKind.SMOKE, first_seen_at=at - timedelta(seconds=40), confidence=0.81,
            box=Box(x=0.4, y=0.3, width=0.2, height=0.2), bearing_deg=292.5, bearing_sd_deg=1.5,
            media_id=media_id, model="fire@1",
        )  # fmt: skip

    def picture(self, place: str, at: datetime, media_id: UUID, size: tuple[int, int]) -> Picture:
        image = Image.new("RGB", size, (118, 143, 160))
        ImageDraw.Draw(image).ellipse((size[0] * 0.4, size[1] * 0.3, size[0] * 0.6, size[1] * 0.5), "#d8d8d8")
        encoded = io.BytesIO()
        image.save(encoded, "JPEG")
        media = Media(
            id=media_id, message_id=media_id, deployment_id=self._site.deployments[place], observed_at=at,
            clock=CLOCK, mime="image/jpeg", sha256=hashlib.sha256(encoded.getvalue()).hexdigest(),
            width=size[0], height=size[1],
        )  # fmt: skip
        return Picture(media, encoded.getvalue())
