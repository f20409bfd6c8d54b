"""A private mosquitto. The cloud reaches it on 127.0.0.1 by password; nodes, where a port was opened for
them, by TLS 1.3 and their certificates (decision 0035). Each node is kept to its own branch."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

import structlog

from fieldwatch_cloud.authority import servers
from fieldwatch_cloud.authority.keys import Authority
from fieldwatch_cloud.errors import ServiceError
from fieldwatch_cloud.private import kept_secret, locked, write_private
from fieldwatch_cloud.services.files import service_home
from fieldwatch_cloud.services.mosquitto_files import (
    CLOUD_USERS,
    access_list,
    configuration,
    node_listener,
    passwords,
)
from fieldwatch_cloud.services.mosquitto_wire import any_free_port, is_free, lets_in, take_over
from fieldwatch_cloud.services.process import ManagedProcess, command_line, end_predecessor
from fieldwatch_cloud.services.programs import mosquitto_program, service_user

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from fieldwatch_cloud.db.certificates import Revoked
    from fieldwatch_cloud.db.nodes import Access

    LoadNodes = Callable[[], Iterable[Access]]
    LoadRevoked = Callable[[], Iterable[Revoked]]


log = structlog.get_logger(__name__)

WORKERS = 32
"""As many ingest workers as settings.IngestSettings allows; each needs a user of its own."""
WATCH = "_watch"
"""Asks whether the broker that answers is ours; on no access list, so that it may read and write nothing."""
TRIES = 5
"""Of a broker whose port another program took between our look and its start."""


@dataclass(frozen=True, slots=True)
class NodeDoor:
    """Where nodes that hold a certificate come in."""

    host: str
    port: int
    names: Sequence[str]
    """By which they reach this machine: what stands in the broker's certificate."""
    connections: int = 800
    """At once; see `mosquitto_files.node_listener`."""


class EmbeddedMosquitto:
    """The broker in `state/mosquitto`. Its port is chosen once and kept, so that nodes find it again."""

    def __init__(
        self,
        state: Path,
        *,
        port: int | None = None,
        for_nodes: NodeDoor | None = None,
        stopping: threading.Event | None = None,
    ) -> None:
        """Args:
        for_nodes: where nodes with certificates come in; None: nowhere.
        """
        self._state = state
        self._stopping = stopping
        self._wanted_port = port
        self._door = for_nodes
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

    def start(self, load_nodes: LoadNodes, load_revoked: LoadRevoked = tuple) -> None:
        """Start it and wait until it accepts connections.

        Args:
            load_nodes: says who may log in.
            load_revoked: says which certificates hold no more.

        Raises:
            ServiceError: it does not start; with the end of its log.
            StoppedError: `stopping` was set meanwhile.
        """
        home = service_home(self._state, "mosquitto", self._user)
        with contextlib.suppress(OSError, ValueError):
            pid = int((home / "mosquitto.pid").read_text())
            end_predecessor(pid, str(home / "mosquitto.conf"), signal.SIGTERM)
        (home / "mosquitto.pid").unlink(missing_ok=True)
        for left in reversed(range(TRIES)):
            try:
                self._start_at(home, self._choose_port(home), load_nodes, load_revoked)
            except ServiceError as error:
                if left == 0 or "Address already in use" not in str(error):
                    raise
                log.warning("mosquitto.port_lost", port=self.port)
            else:
                break
        log.info(
            "mosquitto.started",
            pid=self.process.pid,
            port=self.port,
            for_nodes=self._door.port if self._door else None,
        )

    def _start_at(self, home: Path, port: int, load_nodes: LoadNodes, load_revoked: LoadRevoked) -> None:
        self.port = port
        if self._door is None:
            (home / "server.pem").unlink(missing_ok=True)
        else:
            _must_be_ours_to_take(self._door)
            self.renew_certificate()
        door = self._door
        listener = node_listener(home, door.host, door.port, door.connections) if door else ""
        write_private(home / "mosquitto.conf", configuration(home, port, listener), self._user)
        self.refresh_access(load_nodes, load_revoked)
        self._process = ManagedProcess(
            "mosquitto",
            [mosquitto_program(), "-c", home / "mosquitto.conf"],
            log_file=self._state / "logs" / "mosquitto.log",
            user=self._user,
        )
        password = self._password()
        try:
            self._process.wait_until(
                lambda: lets_in(port, WATCH, password), within_s=60, stopping=self._stopping
            )
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop(within_s=30)  # It writes its queues to disk first.

    def refresh_access(self, load_nodes: LoadNodes, load_revoked: LoadRevoked | None = None) -> None:
        """Write who may log in and where to, and let a running broker read it again.

        Args:
            load_revoked: None: the list of revoked certificates stays as it is.
        """
        home = service_home(self._state, "mosquitto", self._user)
        # The lock is held while reading too: else an older list could be written over a newer one.
        with locked(self._state / "mosquitto.lock"):
            self._write_access(home, load_nodes, load_revoked)
            self._read_again(home)

    def throw_out(self, node: str, load_nodes: LoadNodes, load_revoked: LoadRevoked) -> None:
        """As `refresh_access`, and end the open connection of `node`; when it returns, both have happened.

        mosquitto 2.0.11 reads its files again on SIGHUP, but leaves connections alone that came in by a
        certificate. But a client id has one connection, and it is the user's name: so we log in as that node,
        once, by a password of the moment, and the broker ends the other one. That we are let in also says
        that it has read its files.

        Raises:
            ServiceError: the broker runs, but does not do so.
        """
        home = service_home(self._state, "mosquitto", self._user)
        secret = secrets.token_urlsafe(32)
        with locked(self._state / "mosquitto.lock"):
            self._write_access(home, load_nodes, load_revoked, also={node: secret})
            try:
                if self._read_again(home):
                    take_over(int((home / "port").read_text()), node, secret)
            finally:
                self._write_access(home, load_nodes, None)
                self._read_again(home)

    def renew_certificate(self) -> None:
        """See that the broker's certificate has long to go and bears its names; a running broker takes the
        new one for new connections, and leaves the open ones alone. Does nothing without a door for nodes."""
        if self._door is None:
            return
        home = service_home(self._state, "mosquitto", self._user)
        with locked(self._state / "mosquitto.lock"):
            authority = Authority(self._state)
            write_private(home / "ca.pem", authority.certificate_pem, self._user)
            if servers.holds(home / "server.pem", authority, self._door.names):
                return
            key, chain = authority.certify_server(self._door.names)
            write_private(home / "server.key", key, self._user)
            write_private(home / "server.pem", chain, self._user)
            self._read_again(home)
        log.info("mosquitto.certified", names=list(self._door.names))

    def is_it(self, url: str) -> bool:
        """Whether `url` is this broker's, and not one that the operator runs."""
        return f":{self._password()}@127.0.0.1:" in url

    def _write_access(
        self,
        home: Path,
        load_nodes: LoadNodes,
        load_revoked: LoadRevoked | None,
        also: dict[str, str] | None = None,
    ) -> None:
        nodes = list(load_nodes())
        own = self._password()
        text = passwords(nodes, own, WORKERS, also={WATCH: own, **(also or {})})
        write_private(home / "passwords", text, self._user)
        write_private(home / "access", access_list(nodes, WORKERS), self._user)
        if load_revoked is not None and (home / "server.pem").exists():  # Nodes with certificates come in.
            revocations = Authority(self._state).revocations(load_revoked())
            write_private(home / "crl.pem", revocations, self._user)

    def _read_again(self, home: Path) -> bool:
        """Whether a broker runs; if so, it was told."""
        with contextlib.suppress(OSError, ValueError):
            pid = int((home / "mosquitto.pid").read_text())
            if any(str(home) in argument for argument in command_line(pid)):
                os.kill(pid, signal.SIGHUP)
                return True
        return False

    def _password(self) -> str:
        return kept_secret(self._state / "mosquitto.password")

    def _choose_port(self, home: Path) -> int:
        kept = home / "port"
        port = self._wanted_port
        if port is None:
            with contextlib.suppress(OSError, ValueError):
                port = int(kept.read_text())
            if port is not None and not is_free(port):
                log.warning("mosquitto.port_taken", port=port, then="nodes must be told the new one")
                port = None
        elif not is_free(port):
            raise ServiceError(f"port {port} of 127.0.0.1 is taken by another program")
        if port is None:
            port = 1883 if is_free(1883) else any_free_port()
        write_private(kept, f"{port}\n", self._user)
        return port


def _must_be_ours_to_take(door: NodeDoor) -> None:
    """Raises:
    ServiceError: the port is taken, or the host is no address of this machine.
    """
    family = socket.AF_INET6 if ":" in door.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((door.host, door.port))
        except OSError as error:
            raise ServiceError(
                f"cannot listen for nodes on port {door.port} of {door.host} ({error.strerror}): see "
                "FIELDWATCH_MQTT_NODES_PORT and FIELDWATCH_MQTT_NODES_HOST"
            ) from error
