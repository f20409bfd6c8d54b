"""`fieldwatch cloud fleet`: what an operator does at the server, over the real database."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from tests.integration.fleet_world import NODES, FleetWorld, model_zip
from typer.testing import CliRunner

from fieldwatch_cloud import cli

if TYPE_CHECKING:
    from pathlib import Path

    from fieldwatch_cloud.db.pool import Database


@pytest.fixture
def world(database_url: str, db: Database, tmp_path: Path) -> FleetWorld:
    return FleetWorld(database_url, db, tmp_path)


def test_from_a_setting_to_a_roll_out_that_is_taken_back(world: FleetWorld, tmp_path: Path) -> None:
    environment = {
        "FIELDWATCH_STATE": str(tmp_path / "state"),
        "FIELDWATCH_DATABASE_URL": world.settings.database_url,
        "COLUMNS": "200",
    }

    def run(*arguments: str, code: int = 0) -> str:
        done = CliRunner().invoke(cli.app, ["fleet", *arguments], env=environment)
        assert done.exit_code == code, done.output
        return done.stdout

    here = ("--reserve", "foping")
    first = NODES[0]
    run("groups", *here, "--create", "North", "--node", first, "--node", NODES[1])
    run("set", "heartbeat_s=300.0", "cameras.*.max_gap_s=90.0", *here, "--group", "North")
    wanted = world.desired(first)["settings"]
    assert wanted == {"heartbeat_s": 300.0, "cameras": {str(world.cameras[first]): {"max_gap_s": 90.0}}}
    run("set", "heartbeat_s=", *here, "--group", "North")
    assert "heartbeat_s" not in world.desired(first)["settings"]
    run("set", "broker.url=mqtt://elsewhere", *here, code=1)

    world.hear(*NODES, models={"wildlife": "wildlife@1"}, settings={})
    table = run("list", *here)
    assert f"{first} " in table
    assert "drift: cameras." in table
    assert {one["standing"] for one in json.loads(run("list", *here, "--json"))} == {
        "drift", "in_order", "unknown",
    }  # fmt: skip

    file = tmp_path / "wildlife.zip"
    file.write_bytes(model_zip())
    sha256 = run("upload", str(file), *here).strip()
    id_ = run("rollout", "start", sha256[:8], *here, "--group", "North", "--yes").split()[-1]
    assert world.has(sha256) == {first, NODES[1]}
    assert json.loads(run("rollout", "show", id_, "--json"))["state"] == "running"
    run("rollout", "pause", id_)
    run("rollout", "cancel", id_)
    assert world.has(sha256) == set()
    assert "rolling_back" in run("rollout", "list", *here)
    assert json.loads(run("maintenance", *here, "--json"))[0]["reason"] == "never_seen"
