"""The window into a running node: pictures for one who looks, and nothing for anybody else."""

from __future__ import annotations

import json
import socket
import stat
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np
import pytest
from tests.integration.edge_world import DEPLOYMENT, write_config
from tests.unit.edge.camera import wait_until

from fieldwatch_edge.aim.feed import Feed, ask_to_restart
from fieldwatch_edge.aiming.window import SOCKET, Window, address
from fieldwatch_edge.live_view import Handover, Several
from fieldwatch_edge.settings import NodeSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CAMERA = UUID(DEPLOYMENT)


@contextmanager
def running(state_dir: Path) -> Iterator[tuple[Window, Handover, list[str], list[str | None]]]:
    """A node's window, with a camera that shows a picture each 20 ms to whoever wants one."""
    handover, live = Handover(), Handover()
    restarts: list[str] = []
    awake: list[str | None] = []
    window = Window(state_dir, {CAMERA: handover}, lambda: restarts.append("now"), awake.append)
    stop = threading.Event()
    image = np.zeros((192, 320, 3), np.uint8)
    onlookers = Several(live, handover)

    def film() -> None:
        while not stop.wait(0.02):
            if onlookers.due():
                onlookers.put(image)

    threads = [threading.Thread(target=window.run), threading.Thread(target=film)]
    for thread in threads:
        thread.start()
    try:
        assert wait_until((state_dir / SOCKET).exists)
        yield window, handover, restarts, awake
    finally:
        stop.set()
        window.stop()
        for thread in threads:
            thread.join(60)
    assert not (state_dir / SOCKET).exists()


@pytest.fixture
def settings(tmp_path: Path) -> NodeSettings:
    # A deep folder: the kernel's addresses of sockets are short.
    deep = tmp_path / ("deep" * 30)
    deep.mkdir()
    read = NodeSettings.read(write_config(deep))
    read.node.state_dir.mkdir()
    return read


def test_the_page_sees_what_the_node_sees_and_the_node_stays_awake(settings):
    state_dir = settings.node.state_dir
    with running(state_dir) as (_, handover, restarts, awake):
        assert stat.S_IMODE((state_dir / SOCKET).stat().st_mode) == 0o600
        assert not handover.due()  # nobody looks: it costs nothing
        feed = Feed(settings.cameras[0], state_dir)
        feed.start()
        first = feed.newest(within_s=60)
        assert first is not None
        assert first.image.shape == (192, 320, 3)
        assert feed.newest(after=first.number, within_s=60) is not None
        assert feed.by_node
        assert awake == ["somebody aims a camera"]
        feed.close()
        assert wait_until(lambda: awake[-1] is None)
        assert wait_until(lambda: not handover.due())
        assert ask_to_restart(state_dir)
        assert wait_until(lambda: restarts == ["now"])
    assert not ask_to_restart(state_dir)


def test_two_at_one_camera_or_nonsense_end_the_connection_alone(settings):
    state_dir = settings.node.state_dir
    with running(state_dir):
        feed = Feed(settings.cameras[0], state_dir)
        feed.start()
        assert feed.newest(within_s=60) is not None
        strange = json.dumps({"camera": str(UUID(int=1))}).encode()
        for asked in (json.dumps({"camera": DEPLOYMENT}).encode(), strange, b"[1]", b"{", b""):
            with socket.socket(socket.AF_UNIX) as other, address(state_dir) as name:
                other.settimeout(60)
                other.connect(name)
                other.sendall(asked + b"\n")
                assert other.recv(10) == b""
        number = feed.newest().number
        assert feed.newest(after=number, within_s=60) is not None
        feed.close()


def test_a_socket_of_a_node_that_was_killed_is_in_nobodys_way(settings):
    state_dir = settings.node.state_dir
    with socket.socket(socket.AF_UNIX) as dead, address(state_dir) as name:
        dead.bind(name)
    assert not ask_to_restart(state_dir)
    with running(state_dir):
        assert wait_until(lambda: ask_to_restart(state_dir))
