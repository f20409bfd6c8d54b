"""Uploads of large pictures while kill -9 strikes the API and the node at random: each arrives once, whole.

pytest -m bench -s tests/bench/bench_uploads.py
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest
from tests.integration.cloud_field import eventually
from tests.integration.edge_broker import free_port
from tests.integration.enrolment_world import reserve_world

from fieldwatch_edge.domain import Picture
from fieldwatch_edge.outbox import Entry, Outbox

if TYPE_CHECKING:
    from pathlib import Path

    from fieldwatch_cloud.db.pool import Database

KILLS, PICTURES, BYTES = 8, 6, 3_000_000
NODE = """
import sys, threading
from pathlib import Path
from fieldwatch_edge.link.dispatch import Dispatch
from fieldwatch_edge.link.ledger import Ledger
from fieldwatch_edge.outbox import Outbox
from fieldwatch_edge.settings import NodeSettings
from fieldwatch_edge.uploads import Uploads, companion
companion.AGAIN_FIRST_S, companion.AGAIN_LONGEST_S = 0.1, 0.5
folder, url = Path(sys.argv[1]), sys.argv[2]
settings = NodeSettings.read(folder / "node.toml")
settings = settings.model_copy(update={"cloud": settings.cloud.model_copy(update={"url": url})})
ledger = Ledger(folder / "ledger.json", settings.link)
uploads = Uploads(
    settings, Outbox(folder / "outbox.sqlite", 2**30), ledger, Dispatch(settings.link, ledger, in_parts=True)
)
uploads._part_bytes = 64 * 1024
uploads.run()
"""


class Killed:
    """A process that is begun again each time it is killed."""

    def __init__(self, command: list[str], environment: dict[str, str], log: Path) -> None:
        self._command, self._environment, self._log = command, environment, log
        self.start()

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, env=self._environment, stdout=log, stderr=log)

    def kill(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()


@pytest.mark.bench
def test_kills_of_either_side(db: Database, database_url: str, tmp_path: Path) -> None:
    chance = random.Random(5)
    with reserve_world(db, database_url, tmp_path / "cloud") as reserve:
        box = reserve.enrolled(tmp_path / "box")
        outbox = Outbox(box.folder / "outbox.sqlite", 2**30)
        pictures = []
        for _ in range(PICTURES):
            content = chance.randbytes(BYTES)
            record = reserve.field.media(content)
            pictures.append(Picture(record.model_copy(update={"message_id": record.id}), content))
        outbox.write(ready=[Entry.of(picture) for picture in pictures])
        port = free_port()
        environment = {
            **os.environ,
            "FIELDWATCH_STATE": str(reserve.settings.state),
            "FIELDWATCH_DATABASE_URL": reserve.settings.database_url,
            "FIELDWATCH_MQTT_URL": reserve.settings.mqtt_url,
            "FIELDWATCH_HTTP_PORT": str(port),
            "FIELDWATCH_HTTP_TLS": "own",
            "FIELDWATCH_HTTP_PUBLIC_URL": reserve.url,
        }
        url = f"https://localhost:{port}"
        api = Killed([sys.executable, "-m", "fieldwatch", "cloud", "api"], environment, tmp_path / "api.log")
        node = Killed(
            [sys.executable, "-c", NODE, str(box.folder), url], dict(os.environ), tmp_path / "node.log"
        )
        begun, done = time.monotonic(), 0
        try:
            for kill in range(KILLS):
                seen = reserve.field.rows("SELECT coalesce(sum(received), 0) FROM upload")[0][0]
                # Once something moves again, and at a random moment after that.
                eventually(
                    lambda seen=seen: (
                        outbox.empty
                        or reserve.field.rows("SELECT coalesce(sum(received), 0) FROM upload")[0][0] > seen
                    ),
                    within_s=120,
                )
                if outbox.empty:
                    break
                threading.Event().wait(chance.uniform(0, 0.3))
                side = api if kill % 2 else node
                side.kill()
                done += 1
                side.start()
            eventually(lambda: outbox.empty, within_s=180)
        finally:
            api.kill()
            node.kill()
        outbox.close()
        for picture in pictures:
            kept = reserve.settings.media_dir / picture.media.sha256[:2] / picture.media.sha256
            assert kept.read_bytes() == picture.encoded
        arrived = reserve.field.count("media")
        left = list(reserve.settings.uploads_dir.iterdir())
        print(
            f"\n{'pictures':<12}{'kills':>8}{'arrived':>10}{'doubled':>10}{'left over':>12}{'seconds':>10}\n"
            f"{PICTURES:<12}{done:>8}{arrived:>10}{arrived - PICTURES:>10}{len(left):>12}"
            f"{time.monotonic() - begun:>10.0f}"
        )
        assert (arrived, left) == (PICTURES, [])
