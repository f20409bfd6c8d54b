"""How long an observation takes from a node's publish to an event in a browser, and what the database costs.

Two ways, in turns, each with a mosquitto of its own and the same headless Chromium:

- `bridge`: MQTT -> a process that passes each observation on -> server-sent event: nothing is kept.
- `fieldwatch`: MQTT -> ingest -> validated, committed in PostgreSQL -> LISTEN/NOTIFY -> API, which asks who
  listens -> server-sent event.

Time runs from just before `publish` to the listener in the page; the browser's clock is compared with ours
first.

    python -m tests.bench.bench_latency [--messages 200] [--repeat 5]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from playwright.sync_api import sync_playwright
from tests.e2e.field import Cloud, eventually

from fieldwatch.demo import reserve, setup
from fieldwatch_cloud.db.nodes import Access
from fieldwatch_cloud.services.mosquitto import EmbeddedMosquitto
from fieldwatch_cloud.services.mosquitto_files import hash_password
from fieldwatch_shared.ids import uuid7
from fieldwatch_shared.messages import SCHEMA_VERSION, Clock, Observation, ObservationBatch
from fieldwatch_shared.topics import Kind, Topic, every

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from uuid import UUID

    from playwright.sync_api import Page

MOST_TIMES, MOST_MS = 3.0, 50.0
NODE, CAMERA = "north-trail", "Larch meadow"
TOPIC = str(Topic(reserve.SLUG, NODE, Kind.OBSERVATIONS))
GAP_S = 0.03
"""From one message to the next: each is on its way alone, as sightings are."""
LISTEN = """url => new Promise(opened => {
    window.seen = {};
    window.source = new EventSource(url);
    window.source.addEventListener('observation', event => {
        const now = performance.timeOrigin + performance.now(), data = JSON.parse(event.data);
        for (const one of Array.isArray(data) ? data : [data]) window.seen[one.id] = now;
    });
    window.source.onopen = () => opened();
})"""


class Node:
    """Publishes as a node does: MQTT 5, QoS 1, the contract's properties."""

    def __init__(self, url: str, password: str, deployment: UUID) -> None:
        self._deployment = deployment
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self._client.username_pw_set(NODE, password)
        address = urlsplit(url)
        self._client.connect(address.hostname or "", address.port or 1883)
        self._client.loop_start()
        eventually(self._client.is_connected, "the node is connected")
        self._properties = Properties(PacketTypes.PUBLISH)
        self._properties.ContentType = "application/json"
        self._properties.UserProperty = ("schema-version", SCHEMA_VERSION)

    def send(self, count: int = 1) -> tuple[list[str], float]:
        """One message: its observations' ids, and when it left, in seconds since 1970."""
        now = datetime.now(UTC)
        observations = [
            Observation(
                id=uuid7(now),
                deployment_id=self._deployment,
                observed_at=now,
                ended_at=now,
                clock=Clock(quality="ntp"),
                observation_type="animal",
                scientific_name="Cervidae",
                confidence=0.9,
                frames=4,
                model="bench@1",
            )
            for _ in range(count)
        ]
        payload = ObservationBatch(message_id=uuid7(), observations=observations).model_dump_json()
        left = time.time()
        self._client.publish(TOPIC, payload, qos=1, properties=self._properties)
        return [str(observation.id) for observation in observations], left

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


class Way:
    """One way from a node to a page."""

    def __init__(self, node: Node, page: Page, stream: str) -> None:
        self._node, self._page, self._stream = node, page, stream
        self._ahead = clock_offset(page)

    def milliseconds(self, messages: int) -> list[float]:
        self._page.evaluate(LISTEN, self._stream)
        sent = {}
        for _ in range(messages):
            (id_,), left = self._node.send()
            sent[id_] = left
            time.sleep(GAP_S)
        self._page.wait_for_function(f"Object.keys(window.seen).length >= {messages}", timeout=30_000)
        seen = self._page.evaluate("(window.source.close(), window.seen)")
        return [seen[id_] - 1000 * (left + self._ahead) for id_, left in sent.items()]


def clock_offset(page: Page) -> float:
    """Seconds by which the page's clock is ahead of ours, by the quickest of many questions, as in NTP."""
    answers = []
    for _ in range(100):
        before = time.time()
        theirs = page.evaluate("performance.timeOrigin + performance.now()") / 1000
        after = time.time()
        answers.append((after - before, theirs - (before + after) / 2))
    return min(answers)[1]


@contextmanager
def fieldwatch(state: Path, browser: Any) -> Iterator[Way]:
    cloud = Cloud(state)
    try:
        site = cloud.made.sites[CAMERA]
        page = browser.new_context().new_page()
        page.goto(f"{cloud.http_url}/api/v1/health")
        login = {"email": setup.EMAIL, "password": cloud.made.password}
        status = page.evaluate(
            "async body => (await fetch('/api/v1/login', {method: 'POST', body: JSON.stringify(body), "
            "headers: {'Content-Type': 'application/json'}})).status",
            login,
        )
        assert status == 200
        node = Node(cloud.broker_url, site.mqtt_password, site.deployment_id)
        yield Way(node, page, f"/api/v1/reserves/{reserve.SLUG}/stream")
        node.close()
    finally:
        cloud.stop()


@contextmanager
def bridge(state: Path, browser: Any) -> Iterator[Way]:
    broker = EmbeddedMosquitto(state)
    broker.start(lambda: [Access(NODE, reserve.SLUG, hash_password("bench"))])
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = broker.url.format(slot="0")
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.bench_latency", "--bridge", url, str(port)]
    )
    try:
        eventually(lambda: _listens(port), "the bridge listens")
        page = browser.new_context().new_page()
        page.goto(f"http://127.0.0.1:{port}/")
        node = Node(f"mqtt://127.0.0.1:{broker.port}", "bench", uuid7())
        yield Way(node, page, "/stream")
        node.close()
    finally:
        process.terminate()
        process.wait()
        broker.stop()


def run_bridge(mqtt_url: str, port: int) -> None:
    """The process between: subscribes, and passes each observation on as an event."""
    import uvicorn
    from fastapi import FastAPI
    from fastapi.sse import EventSourceResponse, ServerSentEvent

    readers: set[asyncio.Queue[str]] = set()
    app = FastAPI()

    @app.get("/")
    async def nothing() -> dict[str, str]:
        return {}

    @app.get("/stream", response_class=EventSourceResponse)
    async def stream() -> AsyncIterator[ServerSentEvent]:
        queue: asyncio.Queue[str] = asyncio.Queue()
        readers.add(queue)
        yield ServerSentEvent(comment="connected")
        try:
            while True:
                yield ServerSentEvent(event="observation", raw_data=await queue.get())
        finally:
            readers.discard(queue)

    async def serve() -> None:
        loop = asyncio.get_running_loop()

        def pass_on(payload: bytes) -> None:
            for observation in json.loads(payload)["observations"]:
                for queue in readers:
                    queue.put_nowait(json.dumps(observation))

        address = urlsplit(mqtt_url)
        client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        client.username_pw_set(address.username, address.password)
        client.on_connect = lambda *_: client.subscribe(every(Kind.OBSERVATIONS), qos=1)
        client.on_message = lambda _c, _d, message: loop.call_soon_threadsafe(pass_on, message.payload)
        client.connect(address.hostname or "", address.port or 1883)
        client.loop_start()
        await uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning")).serve()

    asyncio.run(serve())


def measure(folder: Path, messages: int, repeat: int) -> dict[str, list[list[float]]]:
    """Milliseconds of each message, by way and turn."""
    found: dict[str, list[list[float]]] = {"bridge": [], "fieldwatch": []}
    with ExitStack() as stack:
        browser = stack.enter_context(sync_playwright()).chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        stack.callback(browser.close)
        ways = {
            "bridge": stack.enter_context(bridge(folder / "bridge", browser)),
            "fieldwatch": stack.enter_context(fieldwatch(folder / "cloud", browser)),
        }
        for way in ways.values():
            way.milliseconds(30)
        for _ in range(repeat):
            for name, way in ways.items():
                found[name].append(way.milliseconds(messages))
    return found


def report(found: dict[str, list[list[float]]]) -> dict[str, Any]:
    alike = zip(found["bridge"], found["fieldwatch"], strict=True)
    return {
        "messages": len(found["bridge"][0]),
        "repeat": len(found["bridge"]),
        "p50": {way: statistics.median(ms for turn in turns for ms in turn) for way, turns in found.items()},
        "p99": {
            way: statistics.quantiles((ms for turn in turns for ms in turn), n=100)[98]
            for way, turns in found.items()
        },
        "ratio": statistics.median(statistics.median(ours) / statistics.median(bare) for bare, ours in alike),
    }


def show(figures: dict[str, Any]) -> str:
    p50, p99 = figures["p50"], figures["p99"]
    return (
        f"| way ({figures['repeat']} times {figures['messages']} messages) | p50 ms | p99 ms |\n"
        "|---|---|---|\n"
        f"| MQTT to browser, no database | {p50['bridge']:.1f} | {p99['bridge']:.1f} |\n"
        f"| publish, committed, browser event | {p50['fieldwatch']:.1f} | {p99['fieldwatch']:.1f} |\n\n"
        f"With the database against without: {figures['ratio']:.2f} times (wanted: at most {MOST_TIMES:g}); "
        f"p99 {p99['fieldwatch']:.1f} ms (wanted: below {MOST_MS:g})."
    )


@pytest.mark.bench
@pytest.mark.timeout(900)
def test_a_sighting_is_in_the_browser_at_once(short_dir: Path) -> None:
    figures = report(measure(short_dir / "latency", 200, 5))
    print("\n" + show(figures))
    assert figures["ratio"] <= MOST_TIMES
    assert figures["p99"]["fieldwatch"] < MOST_MS


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=200)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--bridge", nargs=2, metavar=("MQTT_URL", "PORT"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    if arguments.bridge:
        run_bridge(arguments.bridge[0], int(arguments.bridge[1]))
        return
    with tempfile.TemporaryDirectory(prefix="fwb-", dir="/tmp") as folder:
        Path(folder).chmod(0o711)
        print(show(report(measure(Path(folder), arguments.messages, arguments.repeat))))


if __name__ == "__main__":
    main()
