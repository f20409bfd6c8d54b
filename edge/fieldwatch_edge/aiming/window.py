"""A window in the running node: `edge aim` sees through it what the cameras see, while these go on watching.

A Unix socket in the state directory, for the node's user (and root) alone; nothing listens on a network.
Whoever connects sends one line of JSON:

    {"camera": "<deployment id>", "fps": 5}     then come pictures until one side hangs up: each 12 bytes
                                                (length of the JPEG, u32; Unix time, f64; big endian), and it
    {"restart": true}                           answered "ok" and a line's end; node.toml is read again
"""

from __future__ import annotations

import json
import os
import socket
import struct
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any
from uuid import UUID

import structlog

from fieldwatch_edge import vision
from fieldwatch_edge.errors import PictureError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from fieldwatch_edge.live_view import Handover

log = structlog.get_logger(__name__)

SOCKET, UNOPENED = "aim.sock", ".aim.sock"
HEADER = struct.Struct("!Id")
FULL_WIDTH = 100_000
"""Pixels: as the camera has it; focus is set on its own pixels."""
MOST_BYTES = 8 * 1024**2
AT_ONCE = 4
SILENT_S = 1.0


@contextmanager
def address(state_dir: Path, name: str = SOCKET) -> Iterator[str]:
    """Of the socket, by a way that is short enough for the kernel (108 bytes), however deep the folder."""
    folder = os.open(state_dir, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{name}"
    finally:
        os.close(folder)


class Window:
    """A companion."""

    name = "aim-window"

    def __init__(
        self,
        state_dir: Path,
        handovers: Mapping[UUID, Handover],
        restart: Callable[[], None],
        stay_awake: Callable[[str | None], None] = lambda _: None,
    ) -> None:
        """`stay_awake`: the node is not to sleep for that reason; None: it may again."""
        self._state_dir, self._handovers, self._restart = state_dir, handovers, restart
        self._stay_awake = stay_awake
        self._stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._taken: set[UUID] = set()
        self._lock = threading.Lock()

    def run(self) -> None:
        opened, unopened = self._state_dir / SOCKET, self._state_dir / UNOPENED
        with (
            socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening,
            address(self._state_dir, UNOPENED) as name,
        ):
            try:
                # The state directory is locked: a socket that is there is of a node that was killed.
                for path in (opened, unopened):
                    path.unlink(missing_ok=True)
                listening.bind(name)
                unopened.chmod(0o600)
                listening.listen(AT_ONCE)
                unopened.replace(opened)  # not before: whoever finds it may use it, and is heard
            except OSError as error:  # a disk that takes nothing now: the node watches without a window
                log.warning("aim_window.not_open", reason=str(error))
                return
            listening.settimeout(0.5)
            try:
                self._serve(listening)
            finally:
                opened.unlink(missing_ok=True)

    def stop(self) -> None:
        self._stopping.set()
        with self._lock:
            for each in self._open:
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    def report(self) -> dict[str, Any]:
        return {}

    def _serve(self, listening: socket.socket) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = listening.accept()
            except TimeoutError:
                continue
            with self._lock:
                if len(self._open) >= AT_ONCE or self._stopping.is_set():
                    connection.close()
                    continue
                self._open.add(connection)
            one = threading.Thread(target=self._keep, args=(connection,), name="aim-window", daemon=True)
            one.start()

    def _keep(self, connection: socket.socket) -> None:
        try:
            with connection:
                connection.settimeout(10)
                self._answer(connection)
        except (OSError, ValueError, KeyError, TypeError) as error:  # hung up, or another language
            log.info("aim_window.closed", reason=str(error))
        finally:
            with self._lock:
                self._open.discard(connection)

    def _answer(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as lines:
            asked = json.loads(lines.readline(1000))
        if not isinstance(asked, dict):
            raise TypeError("a question is a JSON object")
        if asked.get("restart"):
            connection.sendall(b"ok\n")
            self._restart()
            return
        camera, fps = UUID(str(asked["camera"])), min(max(float(str(asked.get("fps", 5))), 0.2), 10.0)
        handover = self._handovers[camera]
        with self._lock:
            if camera in self._taken:
                raise ValueError("somebody looks at this camera already")
            self._taken.add(camera)
            self._stay_awake("somebody aims a camera")
        handover.open(FULL_WIDTH, fps)
        log.info("aim_window.looking", deployment=str(camera))
        try:
            self._show(connection, handover)
        finally:
            handover.close()
            with self._lock:
                self._taken.discard(camera)
                if not self._taken:
                    self._stay_awake(None)

    def _show(self, connection: socket.socket, handover: Handover) -> None:
        after = 0.0
        while not self._stopping.is_set():
            newest = handover.newest(after=after, within_s=SILENT_S)
            if newest is None or newest.at <= after:
                connection.sendall(HEADER.pack(0, 0.0))  # whoever hung up is noticed
                continue
            after = newest.at
            try:
                jpeg = vision.jpeg(newest.image, max_bytes=MOST_BYTES).data
            except PictureError as error:
                log.error("aim_window.picture_not_made", error=str(error))  # noqa: TRY400
                continue
            seen_at = time.time() - (time.monotonic() - newest.at)
            connection.sendall(HEADER.pack(len(jpeg), seen_at) + jpeg)
