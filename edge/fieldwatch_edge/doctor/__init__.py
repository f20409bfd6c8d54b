"""`fieldwatch edge doctor` goes the way of a frame, from the camera to the cloud and back.

machine.py   state directory, service and watchdog, heat, what listens
disk.py      room, speed, wear, encryption at rest
clock.py     who sets the clock, and what keeps it
secrets.py   who can read what, and the node's certificate
power.py     what the node lives on
cameras.py   pictures, and the models that look at them
modem.py     SIM and signal
network.py   the way out, and the cloud over HTTPS
broker.py    a real heartbeat, and the cloud's receipt for it
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fieldwatch_edge.doctor import (
    broker,
    cameras,
    clock,
    disk,
    machine,
    modem,
    network,
    power,
    secrets,
)
from fieldwatch_edge.doctor.check import Check
from fieldwatch_edge.identity import Identity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from fieldwatch_edge.settings import NodeSettings
    from fieldwatch_shared.messages import CameraHealth

__all__ = ["Check", "examine"]


def examine(
    settings: NodeSettings, search_path: Sequence[Path], config: Path | None = None
) -> Iterator[Check]:
    """Check after check, as each is done. `config`: the file that the settings were read from."""
    yield Check("settings", "ok", f"{len(settings.cameras)} camera(s)")
    running = machine.is_running(settings)
    if running is not None:
        yield running
        if running.status == "fail":
            return  # nothing else can be told without it
    yield from clock.clocks()
    yield from disk.disk(settings)
    identity = Identity.of(settings.node.id, settings.broker)
    yield disk.encryption(settings, None if identity is None else identity.key_file.parent)
    yield from secrets.modes(settings, config)
    yield machine.desired(settings)
    yield machine.heat()
    yield from machine.watchdog()
    yield machine.listening()
    yield from power.power(settings)
    health: list[CameraHealth] = []
    yield from cameras.cameras(settings, search_path, health, busy=running is not None)
    yield from modem.modems()
    yield from network.network(settings)
    yield from secrets.certificate(settings)
    yield from network.cloud(settings)
    yield from broker.broker(settings, health)
