"""The watchdog over a real socket, as systemd has it."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import pytest

from fieldwatch_edge import watchdog
from fieldwatch_edge.watchdog import Manager, Watchdog

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(params=["path", "abstract"])
def systemd(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[tuple[socket.socket, dict[str, str]]]:
    name = str(tmp_path / "notify") if request.param == "path" else f"@fieldwatch-{tmp_path.name}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(name.replace("@", "\0"))
        listening.settimeout(60)
        yield listening, {"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "200000"}


def test_it_is_fed_only_while_the_node_lives(systemd: tuple[socket.socket, dict[str, str]]) -> None:
    listening, environment = systemd
    manager = Manager.of(environment)
    assert manager is not None
    assert manager.within_s == 0.2
    complaints: list[str] = []
    dog = Watchdog(manager, lambda: tuple(complaints))
    thread = threading.Thread(target=dog.run)
    thread.start()
    try:
        heard = [listening.recv(1000).decode() for _ in range(4)]
        assert heard == ["READY=1\nSTATUS=watching", "WATCHDOG=1", "WATCHDOG=1", "WATCHDOG=1"]
        complaints.append("camera 1 stands still")
        while (last := listening.recv(1000).decode()) == "WATCHDOG=1":
            pass
        assert last == "STATUS=camera 1 stands still"
        listening.settimeout(0.3)  # six times as long as between two meals
        with pytest.raises(TimeoutError):
            listening.recv(1000)
        complaints.clear()
        listening.settimeout(60)
        assert listening.recv(1000) == b"STATUS=watching"
        assert listening.recv(1000) == b"WATCHDOG=1"
    finally:
        dog.stop()
        thread.join()


@pytest.mark.parametrize("environment", [{}, {"NOTIFY_SOCKET": ""}, {"NOTIFY_SOCKET": "vsock:2:1"}])
def test_nobody_to_be_told(environment: dict[str, str]) -> None:
    assert Manager.of(environment) is None


def test_a_manager_that_has_gone_ends_nothing(tmp_path: Path) -> None:
    manager = Manager.of({"NOTIFY_SOCKET": str(tmp_path / "gone")})
    assert manager is not None
    assert manager.within_s is None
    manager.tell("READY=1")
    dog = Watchdog(manager, tuple)
    assert dog._every_s == watchdog.LOOK_EVERY_S
