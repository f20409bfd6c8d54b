"""Ten nodes that say what they are told to say, over the real database and API."""

from __future__ import annotations

import io
import tomllib
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.integration.api_world import Peopled, add_node

from fieldwatch_cloud.db import fleet, geography, heartbeats
from fieldwatch_cloud.rollouts import run
from fieldwatch_shared.ids import uuid7
from fieldwatch_shared.messages import CameraHealth, FleetReport, Heartbeat, RolloutReport

if TYPE_CHECKING:
    from uuid import UUID

    from starlette.testclient import TestClient

    from fieldwatch_cloud.db.pool import Database

NODES = tuple(f"mast-{n:02}" for n in range(1, 11))
MODELS = Path(__file__).parents[2] / "models"
NEW = tomllib.loads((MODELS / "wildlife/model.toml").read_text("utf-8"))["version"]
"""Version of the model that is rolled out."""


def model_zip(name: str = "wildlife", **changed: bytes) -> bytes:
    """A shipped model as a person would zip it, with some files changed."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for file in ("model.toml", "model.onnx", "model.sig", "CARD.md", "metrics.json"):
            content = changed.get(file.replace(".", "_"), (MODELS / name / file).read_bytes())
            archive.writestr(zipfile.ZipInfo(f"{name}/{file}"), content)  # no time: the same zip every time
    return packed.getvalue()


def wheel(version: str = "9.9.0", name: str = "fieldwatch") -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(
            zipfile.ZipInfo(f"{name}-{version}.dist-info/METADATA"),
            f"Metadata-Version: 2.4\nName: {name}\nVersion: {version}\n",
        )
    return packed.getvalue()


class FleetWorld(Peopled):
    """`now` is told to rules and rows: hours pass at once."""

    def __init__(self, database_url: str, db: Database, folder: Path) -> None:
        super().__init__(database_url, db, folder)
        self.now = datetime.now(UTC)
        self.cameras: dict[str, UUID] = {}
        with db.transaction() as conn:
            for n, node in enumerate(NODES):
                add_node(conn, node, "foping", node)
                self.cameras[node] = geography.add_deployment(
                    conn,
                    reserve=self.foping,
                    node_id=node,
                    location_name=f"Mast {n + 1}",
                    lon=107.50 + 0.01 * n,
                    lat=33.60,
                    started_at=self.now - timedelta(days=200),
                )

    def hear(
        self,
        *nodes: str,
        models: dict[str, str] | None = None,
        settings: dict[str, Any] | None = None,
        said: dict[Any, str] | None = None,
        reason: str | None = None,
        frames: int = 60,
        fleet_report: bool = True,
        online: bool = True,
        **fields: Any,
    ) -> None:
        """A heartbeat of each of the nodes, heard now, as ingest takes it."""
        reports = [
            RolloutReport(rollout_id=id_, state=state, at=self.now, reason=reason)
            for id_, state in (said or {}).items()
        ]
        for node in nodes:
            camera = fields.get("camera", {})
            beat = Heartbeat(
                message_id=uuid7(),
                id=uuid7(),
                observed_at=self.now,
                clock=fields.get("clock", {"quality": "ntp"}),
                uptime_s=60,
                software=fields.get("software", "fieldwatch 0.1.0"),
                cameras=[CameraHealth(deployment_id=self.cameras[node], frames=frames, **camera)],
                outbox_records=0,
                outbox_bytes=0,
                next_within_s=3600,
                fleet=FleetReport(
                    settings=settings, models=models or {"wildlife": "wildlife@0.1.0"}, rollouts=reports
                )
                if fleet_report
                else None,
                **{
                    key: fields[key]
                    for key in ("power", "link", "disk_free_bytes", "given_up")
                    if key in fields
                },
            )
            with self.db.transaction() as conn:
                heartbeats.insert(conn, node, beat)
                conn.execute("UPDATE heartbeat SET received_at = %s WHERE id = %s", (self.now, beat.id))
                conn.execute("UPDATE node SET online = %s WHERE id = %s", (online, node))
                fleet.heard(conn, [(node, beat)], self.now)

    def later(self, **span: float) -> None:
        self.now += timedelta(**span)

    def advance(self) -> None:
        run.advance_all(self.db, self.now)

    def desired(self, node: str) -> dict[str, Any]:
        with self.db.transaction() as conn:
            found = conn.execute("SELECT body FROM desired_state WHERE node_id = %s", (node,)).fetchone()
        return dict(found[0]) if found else {}

    def has(self, sha256: str) -> set[str]:
        """Nodes that are told to have it."""
        return {
            node
            for node in NODES
            if sha256 in {model["sha256"] for model in self.desired(node).get("models", [])}
        }

    def upload(self, client: TestClient, content: bytes) -> Any:
        return client.post("/api/v1/reserves/foping/fleet/artifacts", content=content)

    def saw(self, node: str, count: int, at: datetime) -> None:
        """Animals and pictures of a node around `at`."""
        camera = self.cameras[node]
        with self.db.transaction() as conn:
            conn.execute(
                "INSERT INTO effort (id, deployment_id, started_at, ended_at, frames)"
                " VALUES (%s, %s, %s, %s, 600)",
                (uuid7(), camera, at, at + timedelta(minutes=10)),
            )
            for n in range(count):
                seen = at + timedelta(seconds=n)
                conn.execute(
                    "INSERT INTO observation (id, deployment_id, observed_at, ended_at, confidence, count,"
                    " frames, observation_type, clock_quality, scientific_name, model)"
                    " VALUES (%s, %s, %s, %s, 0.9, 1, 3, 'animal', 'ntp', 'Cervus nippon', 'wildlife@0.1.0')",
                    (uuid7(), camera, seen, seen),
                )
