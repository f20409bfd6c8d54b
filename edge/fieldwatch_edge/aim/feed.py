"""What the camera sees, now: through the running node's window, or else from the camera itself."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections import deque
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import structlog

from fieldwatch_edge import vision
from fieldwatch_edge.aiming.window import HEADER, MOST_BYTES, address
from fieldwatch_edge.capture import open_source
from fieldwatch_edge.errors import EdgeError, PictureError

if TYPE_CHECKING:
    from pathlib import Path

    from fieldwatch_edge.domain import Image
    from fieldwatch_edge.settings import Camera

log = structlog.get_logger(__name__)

FPS = 5.0
LOOK_FOR_NODE_S = 2.0
AGAIN_S = 2.0
RATE_OVER_S = 5.0


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    number: int
    """1, 2, ...: so that nobody is shown one twice."""
    image: Image
    at: datetime
    """When it was seen, by the node's clock, or as its file says."""


class Feed:
    """Of one camera, from `start` to `close`."""

    def __init__(self, camera: Camera, state_dir: Path) -> None:
        self._camera, self._state_dir = camera, state_dir
        self._closed = threading.Event()
        self._paused = threading.Event()
        self._came = threading.Condition()
        self._newest: Shown | None = None
        self._times: deque[float] = deque(maxlen=100)
        self._thread = threading.Thread(target=self._run, name="aim-feed", daemon=True)
        self._connection: socket.socket | None = None
        self.problem: str | None = None
        self.by_node = False
        """Whether the node runs and shows what it sees."""

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._closed.set()
        self._hang_up()
        self._thread.join(timeout=5)

    def pause(self, *, paused: bool) -> None:
        """Let go of the camera for a while, for another to look through it."""
        if paused:
            self._paused.set()
            self._hang_up()
        else:
            self._paused.clear()

    @property
    def fps(self) -> float:
        """Of the last seconds."""
        now = time.monotonic()
        return sum(now - at <= RATE_OVER_S for at in list(self._times)) / RATE_OVER_S

    def newest(self, *, after: int = 0, within_s: float = 0.0) -> Shown | None:
        """The newest picture, waiting so long for one behind number `after`; None: there is none."""
        with self._came:
            self._came.wait_for(
                lambda: self._newest is not None and self._newest.number > after, timeout=within_s
            )
            return self._newest if self._newest is not None and self._newest.number > after else None

    def _run(self) -> None:
        while not self._closed.is_set():
            if self._paused.is_set():
                self._closed.wait(0.1)
                continue
            try:
                if not self._from_node():
                    self._from_camera()
            except EdgeError as error:
                self.problem = str(error)
            except Exception as error:  # a fault of ours must be seen on the page, not end it
                log.exception("aim.feed_crashed")
                self.problem = f"internal error: {error!r}"
            self._closed.wait(0.2 if self.problem is None else AGAIN_S)

    def _put(self, image: Image, at: datetime) -> None:
        with self._came:
            number = self._newest.number + 1 if self._newest is not None else 1
            self._newest = Shown(number, image, at)
            self._times.append(time.monotonic())
            self.problem = None
            self._came.notify_all()

    def _ends(self) -> bool:
        return self._closed.is_set() or self._paused.is_set()

    # Of the running node

    def _connected(self) -> socket.socket | None:
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(10)
        try:
            with address(self._state_dir) as name:
                connection.connect(name)
        except OSError:
            connection.close()
            return None
        return connection

    def _from_node(self) -> bool:
        """Show what the node shows until it hangs up; False where none runs."""
        connection = self._connected()
        if connection is None:
            return False
        self._connection, self.by_node = connection, True
        came = False
        try:
            with connection, connection.makefile("rb") as pictures:
                asked = {"camera": str(self._camera.deployment_id), "fps": FPS}
                connection.sendall(json.dumps(asked).encode() + b"\n")
                while not self._ends():
                    header = pictures.read(HEADER.size)
                    if len(header) < HEADER.size:
                        break
                    length, seconds = HEADER.unpack(header)
                    if length == 0:
                        self.problem = self.problem or "the node runs, but its camera shows nothing new"
                        continue
                    if length > MOST_BYTES:
                        break
                    self._put(vision.decode(pictures.read(length)), datetime.fromtimestamp(seconds, UTC))
                    came = True
        except (OSError, ValueError) as error:
            log.info("aim.node_hung_up", reason=str(error))
        except PictureError:
            log.info("aim.node_cut_off")
        finally:
            self._connection, self.by_node = None, False
        if not came and not self._ends():
            self.problem = "the running node does not show this camera: was node.toml changed since it began?"
        return True

    def _hang_up(self) -> None:
        if self._connection is not None:
            with suppress(OSError):
                self._connection.shutdown(socket.SHUT_RDWR)

    # From the camera itself

    def _from_camera(self) -> None:
        """Until the node takes it, or a file ends: that begins again then."""
        looked = time.monotonic()
        replayed = not self._camera.is_live
        with open_source(self._camera.source) as source:
            for frame in source.frames(idle_s=0.5):
                now = time.monotonic()
                if self._ends():
                    return
                if now - looked > LOOK_FOR_NODE_S:
                    looked = now
                    connection = self._connected()
                    if connection is not None:  # a node that was started meanwhile needs the camera
                        connection.close()
                        return
                if frame is None:
                    self.problem = source.status.problem
                    continue
                self._put(frame.image, frame.at)
                if replayed:
                    self._closed.wait(1 / FPS)


def ask_to_restart(state_dir: Path) -> bool:
    """Have the running node read its settings again; False where none runs here, or it is too old to."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connection.settimeout(5)
    try:
        with connection, address(state_dir) as name:
            connection.connect(name)
            connection.sendall(b'{"restart": true}\n')
            return connection.recv(10).startswith(b"ok")
    except OSError:
        return False
