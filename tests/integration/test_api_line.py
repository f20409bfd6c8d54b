"""What the camera page says of a node's line: as its newest heartbeat told it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .api_world import World

if TYPE_CHECKING:
    from pathlib import Path

    from fieldwatch_cloud.db.pool import Database


def test_the_line_as_the_node_said_it_last(db: Database, database_url: str, tmp_path: Path) -> None:
    world = World(database_url, db, tmp_path)
    report = {"kind": "lte", "signal_dbm": -97.5, "sent_today": 1234, "bytes_per_day": 5000, "held_back": 3}
    with world.client("ranger") as client, world.client("stranger") as stranger:
        path = f"/api/v1/deployments/{world.ridge}/line"
        assert client.get(path).json() == {"node": "n1", "observed_at": None, "line": None}
        world.beat(heard_s_ago=60)
        assert client.get(path).json()["line"] is None, "an older node says nothing of it"
        world.beat(link=report)
        told = client.get(path).json()
        assert told["observed_at"]
        assert told["line"] | report == told["line"]
        assert stranger.get(path).status_code == 404
