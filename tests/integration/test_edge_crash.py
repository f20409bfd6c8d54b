"""The promise of the edge: killed at any moment, and its broker too, it delivers the same records once."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from typing import TYPE_CHECKING, Self

import pytest
from tests.integration.edge_broker import eventually
from tests.integration.edge_world import EDGE, animals, make_models, make_pictures, write_config

from fieldwatch_shared.messages import Media, Observation, Suspicion

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from tests.integration.edge_broker import Cloud, Mosquitto

    from fieldwatch_shared.messages import EffortSpan

MINUTES = 12


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("world")
    make_models(folder / "models")
    make_pictures(folder / "pictures", MINUTES)
    return folder


class Run:
    """`fieldwatch edge run`, until the block is over. What it says goes to a file, which is never full."""

    def __init__(self, world: Path, config: Path, *options: str) -> None:
        self._log, self._lock = world / f"{config.name}.log", world / f"{config.name}.state" / "lock"
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(
                [*EDGE, "run", "--config", str(config), *options],
                env={**os.environ, "FIELDWATCH_MODELS": str(world / "models")},
                stdout=subprocess.DEVNULL,
                stderr=log,
            )

    @property
    def errors(self) -> str:
        return self._log.read_text()

    def wait_until_running(self) -> None:
        """Python has loaded its libraries, and the node holds its state directory."""
        eventually(self._holds_its_folder, what="a node that runs")

    def _holds_its_folder(self) -> bool:
        assert self.process.poll() is None, self.errors
        return self._lock.exists() and self._lock.read_text() == str(self.process.pid)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()


def undisturbed(world: Path) -> tuple[dict[str, Observation], dict[str, Suspicion], dict[str, Media]]:
    """What a run without any trouble writes."""
    config = write_config(world, name=f"undisturbed-{random.getrandbits(32)}.toml")
    with Run(world, config, "--offline") as run:
        assert run.process.wait(250) == 0, run.errors
    lines = subprocess.run(
        [*EDGE, "outbox", "export", "--config", str(config)], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    observations, suspicions, media = {}, {}, {}
    for line in lines:
        entry = json.loads(line)
        record, id_ = entry["record"], entry["record"]["id"]
        if entry["kind"] == "observations":
            observations[id_] = Observation.model_validate(record)
        elif entry["kind"] == "suspicions":
            suspicions[id_] = Suspicion.model_validate(record)
        elif entry["kind"] == "media":
            media[id_] = Media.model_validate(record)
    return observations, suspicions, media


def union(spans: Iterable[EffortSpan]) -> list[tuple[datetime, datetime]]:
    merged: list[tuple[datetime, datetime]] = []
    for start_at, end_at in sorted((span.started_at, span.ended_at) for span in spans):
        if merged and start_at <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end_at))
        else:
            merged.append((start_at, end_at))
    return merged


def test_the_small_world_is_seen_as_it_is(world: Path) -> None:
    observations, suspicions, media = undisturbed(world)
    assert len(observations) == animals(MINUTES)
    assert len(suspicions) == 1
    assert {o.scientific_name for o in observations.values()} == {"squareus"}
    assert {str(o.media_id) for o in observations.values()} <= media.keys()
    assert str(next(iter(suspicions.values())).media_id) in media


@pytest.mark.timeout(1200)  # A minute of pictures, and each of six starts takes its time.
def test_kill_9_of_node_and_broker_loses_and_doubles_nothing(
    world: Path, broker: Mosquitto, cloud: Cloud
) -> None:
    observations, suspicions, media = undisturbed(world)
    config = write_config(world, url=broker.url, name=f"crash-{random.getrandbits(32)}.toml")
    # Paced, so that a fast machine is not done before it can be killed.
    config.write_text(config.read_text().replace("times =", f"replay_speed = {MINUTES * 6}, times ="))
    chance = random.Random(1)
    kills = 0
    while True:
        with Run(world, config) as run:
            run.wait_until_running()
            try:
                assert run.process.wait(chance.uniform(0.1, 1.2) if kills < 5 else 600) == 0, run.errors
                break
            except subprocess.TimeoutExpired:
                kills += 1  # by the end of the block
        if kills in (2, 4):
            broker.kill()
            time.sleep(chance.uniform(0, 0.5))
            broker.start()
    assert kills >= 3, "it ended before it could be killed"

    assert cloud.conflicts == []
    assert {str(id_): o for id_, o in cloud.observations.items()} == observations
    assert {str(id_): s for id_, s in cloud.suspicions.items()} == suspicions
    assert {str(id_): m for id_, (m, _) in cloud.media.items()} == media
    spans = [span for heartbeat in cloud.heartbeats.values() for span in heartbeat.effort]
    lengths = [(end - begin).total_seconds() for begin, end in union(spans)]
    assert lengths == [59.0] * MINUTES


def test_a_clean_stop_says_goodbye(world: Path, broker: Mosquitto, cloud: Cloud) -> None:
    config = write_config(world, url=broker.url, name=f"stop-{random.getrandbits(32)}.toml")
    config.write_text(config.read_text().replace("times =", "follow = true, times ="))
    with Run(world, config) as run:
        eventually(lambda: bool(cloud.observations), what="the first observations")
        run.process.send_signal(signal.SIGTERM)
        # fieldwatch-edge.service gives it 30 s; but what a busy machine takes says nothing of a node.
        assert run.process.wait(150) == 0, run.errors
    eventually(lambda: [state.online for state in cloud.states][-1:] == [False], what="goodbye")


def test_a_second_node_in_the_same_state_directory_is_refused(world: Path, broker: Mosquitto) -> None:
    config = write_config(world, url=broker.url, name=f"twice-{random.getrandbits(32)}.toml")
    with Run(world, config) as first:
        first.wait_until_running()
        second = subprocess.run(
            [*EDGE, "run", "--config", str(config)], capture_output=True, text=True, timeout=250, check=False
        )
        assert second.returncode == 1
        assert f"another node (process {first.process.pid}) runs in" in second.stderr
        assert "Traceback" not in second.stderr
