"""The promise of the edge: killed at any moment, and its broker too, it delivers the same records once."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import time
from typing import TYPE_CHECKING

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


def start(world: Path, config: Path, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*EDGE, "run", "--config", str(config), *options],
        env={**os.environ, "FIELDWATCH_MODELS": str(world / "models")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_until_running(process: subprocess.Popen[str], state_dir: Path) -> None:
    """Python has loaded its libraries, and the node holds its state directory."""
    lock = state_dir / "lock"
    while not lock.exists() or lock.read_text() != str(process.pid):
        assert process.poll() is None, process.stderr and process.stderr.read()
        time.sleep(0.02)


def undisturbed(world: Path) -> tuple[dict[str, Observation], dict[str, Suspicion], dict[str, Media]]:
    """What a run without any trouble writes."""
    config = write_config(world, name=f"undisturbed-{random.getrandbits(32)}.toml")
    process = start(world, config, "--offline")
    assert process.wait(120) == 0, process.stderr and process.stderr.read()
    assert process.stderr is not None
    process.stderr.close()
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


@pytest.mark.timeout(280)
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
        process = start(world, config)
        assert process.stderr is not None
        wait_until_running(process, world / f"{config.name}.state")
        try:
            process.wait(chance.uniform(0.1, 1.2) if kills < 5 else 120)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            kills += 1
        errors = process.stderr.read()
        process.stderr.close()
        if process.returncode != -signal.SIGKILL:
            assert process.returncode == 0, errors
            break
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


def test_a_clean_stop_is_quick_and_says_goodbye(world: Path, broker: Mosquitto, cloud: Cloud) -> None:
    config = write_config(world, url=broker.url, name=f"stop-{random.getrandbits(32)}.toml")
    config.write_text(config.read_text().replace("times =", "follow = true, times ="))
    process = start(world, config)
    assert process.stderr is not None
    eventually(lambda: bool(cloud.observations), what="the first observations")
    process.send_signal(signal.SIGTERM)
    code = process.wait(30)  # As long as fieldwatch-edge.service gives it.
    errors = process.stderr.read()
    process.stderr.close()
    assert code == 0, errors
    eventually(lambda: [state.online for state in cloud.states] == [True, False], what="goodbye")


def test_a_second_node_in_the_same_state_directory_is_refused(world: Path, broker: Mosquitto) -> None:
    config = write_config(world, url=broker.url, name=f"twice-{random.getrandbits(32)}.toml")
    first = start(world, config)
    assert first.stderr is not None
    try:
        wait_until_running(first, world / f"{config.name}.state")
        second = subprocess.run(
            [*EDGE, "run", "--config", str(config)], capture_output=True, text=True, timeout=60, check=False
        )
        assert second.returncode == 1
        assert f"another node (process {first.pid}) runs in" in second.stderr
        assert "Traceback" not in second.stderr
    finally:
        first.kill()
        first.wait()
        first.stderr.close()
