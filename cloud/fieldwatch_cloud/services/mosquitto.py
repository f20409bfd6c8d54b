"""A private mosquitto on 127.0.0.1: each user has a password, each node is kept to its own branch."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import structlog

from fieldwatch_cloud.db.nodes import Access
from fieldwatch_cloud.errors import ServiceError
from fieldwatch_cloud.private import kept_secret, locked, write_private
from fieldwatch_cloud.services.files import service_home
from fieldwatch_cloud.services.mosquitto_files import (
    CLOUD_USERS,
    access_list,
    configuration,
    passwords,
)
from fieldwatch_cloud.services.process import ManagedProcess, command_line, end_predecessor
from fieldwatch_cloud.services.programs import mosquitto_program, service_user

if TYPE_CHECKING:
    import threading
    from pathlib import Path


log = structlog.get_logger(__name__)

WORKERS = 32
"""As many ingest workers as settings.IngestSettings allows; each needs a user of its own."""

LoadNodes = Callable[[], Iterable[Access]]


class EmbeddedMosquitto:
    """The broker in `state/mosquitto`. Its port is chosen once and kept, so that nodes find it again."""

    def __init__(
        self, state: Path, *, port: int | None = None, stopping: threading.Event | None = None
    ) -> None:
        self._state = state
        self._stopping = stopping
        self._wanted_port = port
        self._user = service_user("mosquitto", "nobody")
        self._process: ManagedProcess | None = None
        self.port = 0

    @property
    def url(self) -> str:
        """For the cloud; `{slot}` becomes the name of an ingest worker's connection."""
        return f"mqtt://{CLOUD_USERS}{{slot}}:{self._password()}@127.0.0.1:{self.port}"

    @property
    def process(self) -> ManagedProcess:
        if self._process is None:
            raise ServiceError("mosquitto was not started")
        return self._process

    def start(self, load_nodes: LoadNodes) -> None:
        """Start it and wait until it accepts connections; `load_nodes()` says who may log in.

        Raises:
            ServiceError: it does not start; with the end of its log.
            StoppedError: `stopping` was set meanwhile.
        """
        program = mosquitto_program()
        home = service_home(self._state, "mosquitto", self._user)
        with contextlib.suppress(OSError, ValueError):
            pid = int((home / "mosquitto.pid").read_text())
            end_predecessor(pid, str(home / "mosquitto.conf"), signal.SIGTERM)
        (home / "mosquitto.pid").unlink(missing_ok=True)
        self.port = self._choose_port(home)
        write_private(home / "mosquitto.conf", configuration(home, self.port), self._user)
        self.refresh_access(load_nodes)
        self._process = ManagedProcess(
            "mosquitto",
            [program, "-c", home / "mosquitto.conf"],
            log_file=self._state / "logs" / "mosquitto.log",
            user=self._user,
        )
        try:
            self._process.wait_until(lambda: _answers(self.port), within_s=60, stopping=self._stopping)
        except BaseException:
            self.stop()
            raise
        log.info("mosquitto.started", pid=self._process.pid, port=self.port)

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop(within_s=30)  # It writes its queues to disk first.

    def refresh_access(self, load_nodes: LoadNodes) -> None:
        """Write who may log in and where to, and let a running broker read it again."""
        home = service_home(self._state, "mosquitto", self._user)
        # The lock is held while reading too: else an older list could be written over a newer one.
        with locked(self._state / "mosquitto.lock"):
            nodes = list(load_nodes())
            write_private(home / "passwords", passwords(nodes, self._password(), WORKERS), self._user)
            write_private(home / "access", access_list(nodes, WORKERS), self._user)
        with contextlib.suppress(OSError, ValueError):
            pid = int((home / "mosquitto.pid").read_text())
            if any(str(home) in argument for argument in command_line(pid)):
                os.kill(pid, signal.SIGHUP)

    def is_it(self, url: str) -> bool:
        """Whether `url` is this broker's, and not one that the operator runs."""
        return f":{self._password()}@127.0.0.1:" in url

    def _password(self) -> str:
        return kept_secret(self._state / "mosquitto.password")

    def _choose_port(self, home: Path) -> int:
        kept = home / "port"
        port = self._wanted_port
        if port is None:
            with contextlib.suppress(OSError, ValueError):
                port = int(kept.read_text())
            if port is not None and not _free(port):
                log.warning("mosquitto.port_taken", port=port, then="nodes must be told the new one")
                port = None
        elif not _free(port):
            raise ServiceError(f"port {port} of 127.0.0.1 is taken by another program")
        if port is None:
            port = 1883 if _free(1883) else _any_free_port()
        write_private(kept, f"{port}\n", self._user)
        return port


_ANONYMOUS_CONNECT = b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00"
"""MQTT 3.1.1, clean session, no user: to be refused, but answered."""
_CONNACK = b"\x20"


def _free(port: int) -> bool:
    with socket.socket() as probe:
        # As mosquitto does: a port whose last connections are still closing counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _any_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int) -> bool:
    """Whether a broker answers. A port that accepts is not enough: mosquitto listens a moment before it knows
    SIGHUP, and a SIGHUP in that moment ends it."""
    with socket.socket() as probe:
        probe.settimeout(1)
        try:
            probe.connect(("127.0.0.1", port))
            probe.sendall(_ANONYMOUS_CONNECT)
            return probe.recv(1) == _CONNACK
        except OSError:
            return False
