"""The desired state on its way down: through a real mosquitto to the node, and its version back."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import UUID

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion
from tests.integration.edge_broker import Cloud, Mosquitto, eventually
from tests.integration.threads import started

from fieldwatch_edge.desired import DESIRED_FILE, Desired
from fieldwatch_edge.link import Link
from fieldwatch_edge.outbox import Outbox
from fieldwatch_edge.settings import Broker, NodeIdentity, OutboxSettings
from fieldwatch_shared.messages import DesiredCamera, DesiredState, Mask
from fieldwatch_shared.topics import Kind, Topic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CAMERA = UUID("0198c0de-0000-7000-8000-000000000001")
CHIMNEY = [(0.1, 0.1), (0.2, 0.1), (0.2, 0.3)]


def desired(version: int, *masks: list[tuple[float, float]]) -> bytes:
    cameras = [
        DesiredCamera(
            deployment_id=CAMERA, masks=[Mask(id=UUID(int=n), polygon=mask) for n, mask in enumerate(masks)]
        )
    ]
    return DesiredState(version=version, cameras=cameras).model_dump_json().encode()


@pytest.fixture
def publish(broker: Mosquitto) -> Iterator[Callable[[bytes], None]]:
    """As the cloud does: retained, QoS 1."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, "ingest", protocol=mqtt.MQTTv5)
    client.connect("127.0.0.1", broker.port)
    client.loop_start()

    def send(payload: bytes) -> None:
        topic = str(Topic("qinling", "mast-1", Kind.DESIRED))
        said = client.publish(topic, payload, qos=1, retain=True)
        said.wait_for_publish(150)
        assert said.is_published()

    try:
        yield send
    finally:
        client.disconnect()
        client.loop_stop()


@contextmanager
def node(broker: Mosquitto, folder: Path) -> Iterator[Desired]:
    """A node's link, with what it keeps in `folder`."""
    outbox = Outbox(folder / "outbox.sqlite", 64 * 1024**2)
    kept = Desired(folder / DESIRED_FILE)
    identity = NodeIdentity(id="mast-1", reserve="qinling", state_dir=folder)
    link = Link(identity, Broker(url=broker.url), OutboxSettings(), outbox, desired=kept)
    try:
        with started(link):
            yield kept
    finally:
        outbox.close()


def versions(cloud: Cloud) -> list[tuple[bool, int | None]]:
    return [(state.online, state.desired_version) for state in cloud.states]


def test_a_mask_arrives_is_reported_and_survives_a_reboot_without_a_link(
    broker: Mosquitto, cloud: Cloud, publish: Callable[[bytes], None], tmp_path: Path
) -> None:
    with node(broker, tmp_path) as running:
        eventually(lambda: versions(cloud)[-1:] == [(True, None)], what="online, by no desired state")
        publish(desired(3, CHIMNEY))
        eventually(lambda: versions(cloud)[-1:] == [(True, 3)], what="version 3 reported")
        assert running.masks(CAMERA) == (tuple(CHIMNEY),)
    eventually(lambda: versions(cloud)[-1:] == [(False, 3)], what="goodbye")
    broker.kill()
    rebooted = Desired(tmp_path / DESIRED_FILE)
    assert rebooted.version == 3
    assert rebooted.masks(CAMERA) == (tuple(CHIMNEY),)


def test_what_was_published_while_the_node_was_away_waits_for_it(
    broker: Mosquitto, cloud: Cloud, publish: Callable[[bytes], None], tmp_path: Path
) -> None:
    publish(desired(1))
    publish(desired(2, CHIMNEY))
    with node(broker, tmp_path):
        eventually(lambda: versions(cloud)[-1:] == [(True, 2)], what="version 2 reported")


def test_neither_an_older_nor_a_malformed_one_replaces_the_last_good_one(
    broker: Mosquitto, cloud: Cloud, publish: Callable[[bytes], None], tmp_path: Path
) -> None:
    with node(broker, tmp_path) as running:
        publish(desired(5, CHIMNEY))
        eventually(lambda: running.version == 5, what="version 5")
        publish(desired(4))
        publish(b'{"version": 6, "cameras": [{"deployment_id": "x"}]}')
        publish(b'{"version": 6, "cameras": [')
        publish(b"")
        publish(desired(7))  # what comes behind all that is taken
        eventually(lambda: running.version == 7, what="version 7")
        eventually(lambda: versions(cloud)[-1:] == [(True, 7)], what="version 7 reported")
    assert (True, 4) not in versions(cloud)
    assert (True, 6) not in versions(cloud)


def test_a_node_that_comes_back_says_its_version_at_once(
    broker: Mosquitto, cloud: Cloud, publish: Callable[[bytes], None], tmp_path: Path
) -> None:
    with node(broker, tmp_path) as running:
        publish(desired(2, CHIMNEY))
        eventually(lambda: running.version == 2, what="version 2")
    eventually(lambda: versions(cloud)[-1:] == [(False, 2)], what="goodbye")
    before = len(cloud.states)
    with node(broker, tmp_path):
        eventually(lambda: len(cloud.states) > before, what="online again")
    assert versions(cloud)[before] == (True, 2)
