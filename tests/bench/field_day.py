"""A node's day against the real cloud, and the account of it: what was made, what arrived, doubled, re-dated.

What a node should send is known from its twin: the same pictures, taken in offline and undisturbed. Records
bear ids that follow from the evidence, so the two can be held against each other one by one.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.integration.cloud_field import IngestProcess, cloud_settings, let_in
from tests.integration.edge_world import DEPLOYMENT, START, make_models, make_pictures, write_config

from fieldwatch_cloud.db import geography, nodes
from fieldwatch_cloud.db.migrate import migrate
from fieldwatch_cloud.db.pool import Database
from fieldwatch_cloud.services.mosquitto import EmbeddedMosquitto
from fieldwatch_cloud.services.mosquitto_files import hash_password
from fieldwatch_cloud.services.postgres import EmbeddedPostgres

if TYPE_CHECKING:
    import signal
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from fieldwatch_cloud.services.mosquitto import NodeDoor
    from fieldwatch_cloud.settings import CloudSettings

PASSWORD = "not-a-secret"
TABLES = {"observations": "observation", "suspicions": "suspicion", "media": "media"}
ZYGOTE = """
import os, signal, sys, traceback
from pathlib import Path
from fieldwatch_edge import detect, pipeline
from fieldwatch_edge.detect import onnx
from fieldwatch_edge.node import Node
from fieldwatch_edge.settings import NodeSettings
import onnxruntime, cv2, structlog
exec(sys.argv[4])
structlog.configure(logger_factory=structlog.PrintLoggerFactory(open(sys.argv[3], "a", buffering=1)))
print("ready", flush=True)
for line in sys.stdin:
    pid = os.fork()
    if pid:
        print(pid, flush=True)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)
        continue
    code = 1
    try:
        node = Node(NodeSettings.read(Path(sys.argv[1])), search_path=[Path(sys.argv[2])])
        signal.signal(signal.SIGTERM, lambda *_: node.stop())
        code = 0 if node.run() else 3
    except Exception:
        traceback.print_exc()
    finally:
        os._exit(code)
"""


class Nursery:
    """Node after node from one process that has loaded the libraries: a start takes the milliseconds of a
    fork, and 200 lives fit into minutes."""

    def __init__(
        self,
        config: Path,
        models: Path,
        log: Path,
        popen: Callable[..., object] | None = None,
        *,
        also: str = "",
    ):
        """
        Args:
            popen: what begins the process, in another network namespace say.
            also: Python to be run before any node begins.
        """
        begin = popen or subprocess.Popen
        self._process: subprocess.Popen[str] = begin(  # type: ignore[assignment]
            [sys.executable, "-c", ZYGOTE, str(config), str(models), str(log), also],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        assert self._read() == "ready"

    def begin(self) -> int:
        """The process id of a new node."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return int(self._read())

    def end(self, pid: int, how: signal.Signals | None = None) -> int:
        """Its exit code, having sent it `how`, or waited for it."""
        if how is not None:
            os.kill(pid, how)
        return int(self._read())

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(30)
        self._process.stdout.close()

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


@dataclass(frozen=True)
class Cloud:
    """PostgreSQL, broker and an ingest worker, each a process of its own."""

    database: Database
    broker: EmbeddedMosquitto
    settings: CloudSettings


@contextmanager
def real_cloud(
    state: Path, *, door: NodeDoor | None = None, call: Callable[..., Any] = lambda what, *given: what(*given)
) -> Iterator[Cloud]:
    """With the reserve `qinling`, the node `mast-1` and its deployment.

    Args:
        door: where nodes with certificates come in.
        call: what begins broker and ingest, in another network namespace say.
    """
    postgres = EmbeddedPostgres(state)
    postgres.start()
    broker = EmbeddedMosquitto(state, for_nodes=door)
    try:
        migrate(postgres.url)
        with Database(postgres.url) as database:
            with database.transaction() as conn:
                reserve = geography.add_reserve(conn, slug="qinling", name="Qinling")
                nodes.add(
                    conn, "mast-1", reserve_id=reserve, name="Mast 1", password_hash=hash_password(PASSWORD)
                )
                made = geography.add_deployment(
                    conn, reserve=reserve, node_id="mast-1", location_name="Mast 1", lon=107.5, lat=33.6,
                    heading_deg=90, field_of_view_deg=60, started_at=START - timedelta(days=1),
                )  # fmt: skip
                # The pictures' ids follow from the deployment's: every world has the same one.
                conn.execute("UPDATE deployment SET id = %s WHERE id = %s", (DEPLOYMENT, made))
            call(broker.start, list)
            let_in(broker, postgres.url)
            settings = cloud_settings(state, postgres.url, broker.url)
            worker = call(IngestProcess, settings)
            try:
                yield Cloud(database, broker, settings)
            finally:
                worker.stop()
    finally:
        broker.stop()
        postgres.stop()


def make_world(folder: Path, minutes: int, **pictures: Any) -> None:
    make_models(folder / "models")
    make_pictures(folder / "pictures", minutes, **pictures)


def twin(folder: Path) -> dict[str, dict[str, datetime]]:
    """What an undisturbed node makes of the pictures: capture times by id, by kind."""
    config = write_config(folder, name=f"twin-{random.getrandbits(32)}.toml")
    environment = {**os.environ, "FIELDWATCH_MODELS": str(folder / "models")}
    edge = [sys.executable, "-m", "fieldwatch", "edge"]
    subprocess.run(
        [*edge, "run", "--config", str(config), "--offline"], check=True, env=environment, stderr=-3
    )
    lines = subprocess.run(
        [*edge, "outbox", "export", "--config", str(config)], check=True, capture_output=True, text=True
    ).stdout.splitlines()
    made: dict[str, dict[str, datetime]] = {kind: {} for kind in TABLES}
    for line in lines:
        entry = json.loads(line)
        if entry["kind"] in made:
            at = datetime.fromisoformat(entry["record"]["observed_at"])
            made[entry["kind"]][entry["record"]["id"]] = at
    return made


@dataclass(frozen=True)
class Row:
    """Of one kind of record."""

    kind: str
    made: int
    arrived: int
    doubled: int
    re_dated: int
    invented: int

    @property
    def right(self) -> bool:
        return self.arrived == self.made and not (self.doubled or self.re_dated or self.invented)


def account(cloud: Cloud, made: dict[str, dict[str, datetime]]) -> list[Row]:
    """What PostGIS holds, against what was made."""
    rows = []
    for kind, table in TABLES.items():
        with cloud.database.transaction() as conn:
            found = conn.execute(f"SELECT id::text, observed_at FROM {table}").fetchall()  # type: ignore[arg-type]  # noqa: S608
        wanted, ids = made[kind], {id_ for id_, _ in found}
        rows.append(
            Row(
                kind,
                made=len(wanted),
                arrived=len(ids & wanted.keys()),
                doubled=len(found) - len(ids),
                re_dated=sum(wanted.get(id_, at) != at for id_, at in found),
                invented=len(ids - wanted.keys()),
            )
        )
    return rows


def effort_s(cloud: Cloud) -> float:
    """Seconds that the camera looked, overlaps once."""
    with cloud.database.transaction() as conn:
        (row,) = conn.execute(
            "SELECT sum(extract(epoch FROM upper(span) - lower(span))) FROM ("
            "SELECT unnest(range_agg(tstzrange(started_at, ended_at, '[]'))) AS span FROM effort) AS spans"
        ).fetchall()
    return float(row[0] or 0)


def wait_until(what: Callable[[], bool], within_s: float) -> bool:
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.1)
    return what()


def table(rows: list[Row]) -> str:
    """For people."""
    lines = ["| records | made | arrived | doubled | re-dated | invented |", "|---|---|---|---|---|---|"]
    lines += [
        f"| {row.kind} | {row.made} | {row.arrived} | {row.doubled} | {row.re_dated} | {row.invented} |"
        for row in rows
    ]
    return "\n".join(lines)
