"""How much of the database's own speed is left when observations come over MQTT.

Three ways into PostgreSQL, with the same observations, taken in turns so that a busy machine slows all alike:

- `copy`: binary COPY into a table without indexes: what the disk and the protocol allow.
- `insert`: the deduplicating insert that ingest uses (COPY into a staging table, INSERT ... ON CONFLICT).
- `mqtt`: 20 observations a message through mosquitto and an ingest process, until the node has the receipts
  for all of them: sent, validated, committed, acknowledged. The sending process runs beside it.

    python tests/bench/bench_ingest.py [--rows 40000] [--repeat 5] [--out FILE.json]
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fieldwatch_cloud.db import geography, nodes, staging
from fieldwatch_cloud.db.migrate import migrate
from fieldwatch_cloud.db.pool import Connection, connection
from fieldwatch_cloud.operations import node_access
from fieldwatch_cloud.services.mosquitto import EmbeddedMosquitto
from fieldwatch_cloud.services.mosquitto_files import hash_password
from fieldwatch_cloud.services.postgres import EmbeddedPostgres
from fieldwatch_shared.ids import uuid7
from fieldwatch_shared.messages import Box, Clock, Observation, ObservationBatch, Receipt

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

PER_MESSAGE = 20
BATCH = 10_000
RESERVE, NODE, PASSWORD = "bench", "bench-node", "not-a-secret"
COPY = staging.SQL["stage"].replace(b"staged_observation", b"bare")


def observations(deployment: UUID, count: int) -> list[Observation]:
    start = datetime.now(UTC) - timedelta(days=30)
    return [
        Observation(
            id=uuid7(at := start + timedelta(seconds=0.37 * n)),
            deployment_id=deployment,
            observed_at=at,
            clock=Clock(quality="ntp", offset_s=0.012),
            ended_at=at + timedelta(seconds=3),
            observation_type="animal",
            scientific_name="Rhinopithecus roxellana",
            count=2,
            confidence=0.83,
            frames=7,
            box=Box(x=0.125, y=0.25, width=0.3, height=0.41),
            media_id=uuid7(at),
            model="wildlife@0.1.0",
        )
        for n in range(count)
    ]


def chunks(rows: list[Any], size: int) -> Iterator[list[Any]]:
    return (rows[i : i + size] for i in range(0, len(rows), size))


def by_copy(conn: Connection, seen: list[Observation]) -> float:
    conn.execute("TRUNCATE bare")
    start = time.perf_counter()
    for part in chunks(seen, BATCH):
        with conn.transaction(), conn.cursor().copy(COPY) as copy:
            copy.set_types(staging.TYPES)
            for observation in part:
                copy.write_row(staging.row(observation))
    return time.perf_counter() - start


def by_insert(conn: Connection, seen: list[Observation]) -> float:
    start = time.perf_counter()
    for part in chunks(seen, BATCH):
        with conn.transaction():
            new, _ = staging.insert(conn, [staging.row(observation) for observation in part])
        assert new == len(part)
    return time.perf_counter() - start


def send(port: int, payloads: list[bytes], result: Any) -> None:
    """In a process of its own: a node that sends it all and waits for the receipts."""
    import paho.mqtt.client as paho

    client = paho.Client(paho.CallbackAPIVersion.VERSION2, client_id=NODE, protocol=paho.MQTTv5)
    client.username_pw_set(NODE, PASSWORD)
    client.max_inflight_messages = 100
    missing = len(payloads)
    done, subscribed = threading.Event(), threading.Event()

    def received(_client: Any, _data: Any, message: Any) -> None:
        nonlocal missing
        missing -= len(Receipt.model_validate_json(message.payload).message_ids)
        if missing <= 0:
            done.set()

    client.on_message = received
    client.on_connect = lambda c, *_: c.subscribe(f"fieldwatch/v1/{RESERVE}/{NODE}/receipt", qos=1)
    client.on_subscribe = lambda *_: subscribed.set()
    client.connect("127.0.0.1", port)
    client.loop_start()
    subscribed.wait(10)
    start = time.perf_counter()
    for payload in payloads:
        client.publish(f"fieldwatch/v1/{RESERVE}/{NODE}/observations", payload, qos=1)
    done.wait(300)
    result.put(time.perf_counter() - start if done.is_set() else None)
    client.disconnect()
    client.loop_stop()


def by_mqtt(port: int, seen: list[Observation]) -> float:
    payloads = [
        ObservationBatch(message_id=uuid7(), observations=part).model_dump_json().encode()
        for part in chunks(seen, PER_MESSAGE)
    ]
    context = multiprocessing.get_context("spawn")
    result = context.Queue()
    process = context.Process(target=send, args=(port, payloads, result))
    process.start()
    seconds = result.get(timeout=330)
    process.join()
    assert seconds is not None, "receipts are missing"
    return float(seconds)


@dataclass
class Bench:
    url: str
    port: int
    deployment: UUID


def measure(bench: Bench, rows: int, repeat: int) -> dict[str, list[float]]:
    seconds: dict[str, list[float]] = {"copy": [], "insert": [], "mqtt": []}
    with connection(bench.url) as conn:
        staging.prepare(conn)
        conn.execute("CREATE TABLE bare (LIKE staged_observation)")
        for turn in range(repeat + 1):
            took = {
                "copy": by_copy(conn, observations(bench.deployment, rows)),
                "insert": by_insert(conn, observations(bench.deployment, rows)),
                "mqtt": by_mqtt(bench.port, observations(bench.deployment, rows)),
            }
            if turn:  # The first one warms the caches.
                for name, value in took.items():
                    seconds[name].append(value)
    return seconds


def set_up(state: Path) -> Iterator[Bench]:
    """PostgreSQL and mosquitto as in production (fsync on), and one ingest process."""
    postgres = EmbeddedPostgres(state)
    postgres.start()
    broker = EmbeddedMosquitto(state)
    try:
        migrate(postgres.url)
        with connection(postgres.url) as conn:
            reserve = geography.add_reserve(conn, slug=RESERVE, name="Bench")
            nodes.add(conn, NODE, reserve_id=reserve, name=NODE, password_hash=hash_password(PASSWORD))
            deployment = geography.add_deployment(
                conn, reserve=reserve, node_id=NODE, location_name="Bench", lon=107.5, lat=33.6
            )
        broker.start(lambda: node_access(postgres.url))
        environment = {
            **os.environ,
            "FIELDWATCH_STATE": str(state),
            "FIELDWATCH_DATABASE_URL": postgres.url,
            "FIELDWATCH_MQTT_URL": broker.url,
        }
        log = state / "ingest.log"
        with log.open("wb") as output:
            ingest = subprocess.Popen(
                [sys.executable, "-m", "fieldwatch", "--log-json", "cloud", "ingest"],
                env=environment,
                stderr=output,
            )
        try:
            deadline = time.monotonic() + 60
            while "ingest.ready" not in log.read_text():
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.1)
            yield Bench(postgres.url, broker.port, deployment)
        finally:
            ingest.terminate()
            ingest.wait()
    finally:
        broker.stop()
        postgres.stop()


def report(seconds: dict[str, list[float]], rows: int) -> dict[str, Any]:
    speed = {name: rows / statistics.median(values) for name, values in seconds.items()}
    ratios = [
        (m / i, i / c) for c, i, m in zip(seconds["copy"], seconds["insert"], seconds["mqtt"], strict=True)
    ]
    return {
        "rows": rows,
        "repeat": len(ratios),
        "rows_per_s": {name: round(value) for name, value in speed.items()},
        "mqtt_to_insert": round(1 / statistics.median(ratio for ratio, _ in ratios), 3),
        "insert_to_copy": round(statistics.median(ratio for _, ratio in ratios), 2),
    }


def show(figures: dict[str, Any]) -> str:
    speed = figures["rows_per_s"]
    return (
        f"| way ({figures['rows']} rows, median of {figures['repeat']}) | rows/s |\n|---|---|\n"
        f"| binary COPY, table without indexes | {speed['copy']:,} |\n"
        f"| deduplicating insert | {speed['insert']:,} |\n"
        f"| MQTT ({PER_MESSAGE} a message) to receipt | {speed['mqtt']:,} |\n\n"
        f"MQTT against the insert alone: {figures['mqtt_to_insert']} (wanted: at least 0.5). "
        f"Insert against COPY: {figures['insert_to_copy']} times (wanted: at most 6)."
    )


@pytest.mark.bench
@pytest.mark.timeout(900)
def test_ingest_keeps_up(tmp_path: Path) -> None:
    # As a program of its own: the processes that it spawns import it, which they cannot under pytest's names.
    out = tmp_path / "figures.json"
    subprocess.run([sys.executable, __file__, "--out", str(out)], check=True)
    figures = json.loads(out.read_text())
    assert figures["mqtt_to_insert"] >= 0.5
    assert figures["insert_to_copy"] <= 6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=40_000)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--out", type=Path)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fwb-", dir="/tmp") as folder:
        Path(folder).chmod(0o711)
        for bench in set_up(Path(folder) / "state"):
            figures = report(measure(bench, arguments.rows, arguments.repeat), arguments.rows)
    print(show(figures))
    if arguments.out:
        arguments.out.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
