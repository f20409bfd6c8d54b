"""What the edge's tests run against: a broker that may be killed, and a cloud that gives receipts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tests.integration.edge_broker import Cloud, Mosquitto

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    broker = Mosquitto(tmp_path)
    try:
        broker.start()
        yield broker
    finally:
        broker.close()


@pytest.fixture
def cloud(broker: Mosquitto) -> Iterator[Cloud]:
    cloud = Cloud(broker.port)
    try:
        cloud.ready()
        yield cloud
    finally:
        cloud.close()
