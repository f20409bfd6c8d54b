"""What the node says of itself while a part of it does not live."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING

import pytest
from tests.integration.edge_world import make_models, make_pictures, write_config
from tests.unit.edge.camera import wait_until

from fieldwatch_edge import node as module
from fieldwatch_edge import watchdog, worker
from fieldwatch_edge.capture import open_source
from fieldwatch_edge.errors import StuckError
from fieldwatch_edge.node import Node
from fieldwatch_edge.settings import NodeSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def settings(tmp_path: Path) -> NodeSettings:
    make_models(tmp_path / "models")
    make_pictures(tmp_path / "pictures", 1)
    config = write_config(tmp_path)
    # A camera that goes on: a folder into which nobody puts anything more.
    config.write_text(config.read_text().replace('path = "pictures"', 'path = "pictures", follow = true'))
    return NodeSettings.read(config)


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(60)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "400000")
        yield listening


def running(settings: NodeSettings) -> tuple[Node, threading.Thread]:
    node = Node(settings, search_path=[settings.node.state_dir.parent / "models"], offline=True)
    thread = threading.Thread(target=node.run)
    thread.start()
    return node, thread


def test_a_camera_that_stands_still_is_no_longer_vouched_for(
    settings: NodeSettings, systemd: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "RETRY_LONGEST_S", 0.0)
    hangs, going_on = threading.Event(), threading.Event()

    class Hanging:
        """A source whose read does not return, once `hangs`."""

        def __init__(self, real: object) -> None:
            self._real = real

        def __getattr__(self, name: str) -> object:
            return getattr(self._real, name)

        def __enter__(self) -> Hanging:
            return self

        def __exit__(self, *_: object) -> None:
            self._real.close()  # type: ignore[attr-defined]

        def frames(self) -> Iterator[object]:
            for frame in self._real.frames(0.1):  # type: ignore[attr-defined]
                yield frame
                if hangs.is_set():
                    going_on.wait(60)

    monkeypatch.setattr(worker, "open_source", lambda *where: Hanging(open_source(*where)))
    node, thread = running(settings)
    try:
        assert systemd.recv(1000).startswith(b"READY=1")
        assert systemd.recv(1000) == b"WATCHDOG=1"
        hangs.set()
        monkeypatch.setattr(module, "STILL_S", 1.5)
        while (said := systemd.recv(1000)) == b"WATCHDOG=1":
            pass
        assert said.startswith(b"STATUS=camera ")
        assert said.endswith(b"stands still")
        systemd.settimeout(0.5)
        with pytest.raises(TimeoutError):
            systemd.recv(1000)
    finally:
        going_on.set()
        node.stop()
        thread.join()


def test_a_driver_that_hangs_for_good_ends_the_process(
    settings: NodeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stuck(*_: object) -> None:
        raise StuckError("/dev/video0 hangs: its driver has not answered for 60 s")

    monkeypatch.setattr(worker, "open_source", stuck)
    node, thread = running(settings)
    assert wait_until(lambda: not thread.is_alive())
    assert "/dev/video0 hangs" in (node.stuck or "")


def test_nobody_is_fed_without_a_manager(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    assert watchdog.Manager.of({}) is None
