"""For tests of live view: a reserve with its real parts (database, broker, ingest, API), a camera that sees
something move, and a node as a process of its own that runs it."""

from __future__ import annotations

import io
import os
import subprocess
import threading
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import av
import cv2
import httpx2
import numpy as np
from tests.bench.mjpeg_camera import MjpegCamera

from fieldwatch_cloud.api.app import create_app
from fieldwatch_cloud.api.server import Server, server
from fieldwatch_cloud.db import accounts
from fieldwatch_cloud.jobs import tasks
from fieldwatch_cloud.live_view.shelf import Shelf
from fieldwatch_cloud.settings import CloudSettings, LiveSettings
from fieldwatch_shared.ids import uuid7
from fieldwatch_shared.messages import utc_now

from .api_world import Desk
from .cloud_field import PASSWORD, RESERVE, Field, cloud_settings, eventually, let_in, working
from .edge_broker import free_port
from .edge_world import EDGE, make_models

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Database
    from fieldwatch_cloud.services.mosquitto import EmbeddedMosquitto

WIDTH, HEIGHT = 640, 360


def pictures() -> list[bytes]:
    """JPEGs in which a white block moves from left to right, on and on."""
    noise = np.random.default_rng(7).integers(60, 90, (HEIGHT // 4, WIDTH // 4, 3), np.uint8)
    ground = cv2.resize(noise, (WIDTH, HEIGHT))
    made = []
    for step in range(40):
        image = ground.copy()
        cv2.rectangle(image, (step * 15, 140), (step * 15 + 60, 220), (255, 255, 255), -1)
        made.append(cv2.imencode(".jpg", image)[1].tobytes())
    return made


@dataclass
class LiveWorld:
    """`node-1` with two deployments: the first has a camera, the second none."""

    field: Field
    settings: CloudSettings
    url: str
    folder: Path
    mqtt_port: int
    camera: MjpegCamera

    @property
    def deployment(self) -> UUID:
        return self.field.deployments["node-1"][0]

    def person(self, role: str, reserve: str = RESERVE) -> httpx2.Client:
        """A client with the token of a new account."""
        with self.field.db.transaction() as conn:
            account = uuid7()
            conn.execute(
                accounts.SQL["add_account"],
                {
                    "id": account,
                    "email": f"{account}@example.org",
                    "name": role.title(),
                    "password_hash": "$",
                    "language": "en",
                },
            )
            accounts.grant(conn, account, role, reserve=reserve)
            token = accounts.issue_token(conn, account, "test")[1]
        return httpx2.Client(
            base_url=f"{self.url}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=150
        )

    def config(self, live_view: str = "", name: str = "node") -> Path:
        """`node.toml`; `live_view`: lines of [live_view]."""
        path = self.folder / f"{name}.toml"
        path.write_text(
            f"""
heartbeat_s = 1
[node]
id = "node-1"
reserve = "{RESERVE}"
state_dir = "node.state"
[broker]
url = "mqtt://127.0.0.1:{self.mqtt_port}"
password = "{PASSWORD}"
[live_view]
{live_view}
[[camera]]
deployment_id = "{self.deployment}"
source = {{ kind = "rtsp", url = "{self.camera.url}", every_s = 0.5 }}
[camera.wildlife]
detector = {{ model = "square", threads = 1, allow_unsigned = true }}
"""
        )
        return path

    @contextmanager
    def node(self, live_view: str = "") -> Iterator[subprocess.Popen[bytes]]:
        """The node's process, once the cloud knows that it is connected."""
        with self.field.db.transaction() as conn:
            conn.execute("UPDATE node SET online = false")
        log = (self.folder / "node.log").open("ab")
        environment = {**os.environ, "FIELDWATCH_MODELS": str(self.folder / "models")}
        process = subprocess.Popen(
            [*EDGE, "run", "--config", str(self.config(live_view))], stdout=log, stderr=log, env=environment
        )
        try:
            eventually(self.online, within_s=120)
            yield process
        finally:
            process.terminate()
            process.wait(120)
            log.close()
            print((self.folder / "node.log").read_text()[-5000:])  # shown only where a test fails

    def online(self) -> bool:
        return bool(self.field.rows("SELECT 1 FROM node WHERE id = 'node-1' AND online"))

    def change(self, what: str, *, over: bool = False) -> None:
        """Change what is on record of the view that goes on, as time or a person would; or of those that are
        over."""
        which = "ended_at IS NOT NULL" if over else "ended_at IS NULL"
        with self.field.db.transaction() as conn:
            changed = conn.execute(f"UPDATE live_view_session SET {what} WHERE {which}")  # noqa: S608
        assert changed.rowcount

    def sweep(self) -> int:
        """What the job does by the clock."""
        return tasks.end_live_views(Shelf(self.settings.live_dir))(self.field.db, utc_now())


@contextmanager
def live_world(
    db: Database, database_url: str, mosquitto: EmbeddedMosquitto, folder: Path, **live: Any
) -> Iterator[LiveWorld]:
    """All parts, running; `live`: settings of the service."""
    field = Field.make(db)
    let_in(mosquitto, database_url)
    make_models(folder / "models")
    port = free_port()
    settings = cloud_settings(folder / "cloud", database_url, mosquitto.url)
    http = settings.http.model_copy(update={"public_url": f"http://127.0.0.1:{port}"})
    database = settings.database.model_copy(update={"pool_wait_s": 150})
    settings = replace(settings, live=LiveSettings(**live), http=http, database=database)
    camera = MjpegCamera(pictures(), 10)
    try:
        with working(settings) as store:
            app = create_app(settings, operations=Desk(db), media=store, web=folder / "web")
            with _serving(server(app, host="127.0.0.1", port=port)):
                broker = urlsplit(mosquitto.url)
                yield LiveWorld(
                    field, settings, f"http://127.0.0.1:{port}", folder, broker.port or 1883, camera
                )
    finally:
        camera.close()


@contextmanager
def _serving(api: Server) -> Iterator[None]:
    thread = threading.Thread(target=api.run)
    thread.start()
    try:
        eventually(lambda: api.started)
        yield
    finally:
        api.should_exit = True
        thread.join(150)


def decoded(content: bytes) -> list[np.ndarray]:
    """The pictures of a video, grey."""
    with av.open(io.BytesIO(content)) as container:
        return [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]


def moving(frames: Sequence[np.ndarray]) -> bool:
    """Whether the white block is elsewhere in some picture than in another: in the last one it may be back
    where it began."""
    places = [int((frame[140:220] > 200).any(axis=0).argmax()) for frame in frames]
    return max(places) - min(places) > 10
