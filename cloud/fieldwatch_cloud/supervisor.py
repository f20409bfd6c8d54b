"""`fieldwatch cloud run`: the embedded services, and our own processes over them, in order.

    PostgreSQL -> migrations -> mosquitto -> api, ingest (one or more), notify, jobs

A part that dies is started again, soon at first and then less and less often. When the supervisor is killed,
the kernel ends all of them (services.process).
"""

from __future__ import annotations

import os
import socket
import time
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import structlog

from fieldwatch_cloud.db.migrate import migrate
from fieldwatch_cloud.errors import ServiceError, StoppedError
from fieldwatch_cloud.operations import node_access, revoked
from fieldwatch_cloud.services import discovery
from fieldwatch_cloud.services.mosquitto import EmbeddedMosquitto, NodeDoor
from fieldwatch_cloud.services.postgres import EmbeddedPostgres
from fieldwatch_cloud.services.process import ManagedProcess

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator, Sequence

    from fieldwatch_cloud.settings import CloudSettings

log = structlog.get_logger(__name__)

POLL_S = 0.25
KEEP_S = 3600.0
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 30.0
STEADY_S = 60.0
"""After running for so long, a part that dies is taken for sound: it is started again at once."""


class _Part:
    """Something that must run: started by `start`, which returns its process."""

    def __init__(
        self, name: str, start: Callable[[], ManagedProcess], keep: Callable[[], None] | None = None
    ) -> None:
        """Args:
        keep: what is done every `KEEP_S` while it runs.
        """
        self.name = name
        self._start = start
        self._keep = keep
        self._kept = 0.0
        self._wait_s = FIRST_WAIT_S
        self._due = 0.0
        self._started = 0.0
        self.process: ManagedProcess | None = None

    def start(self) -> None:
        self._started = self._kept = time.monotonic()
        self.process = self._start()

    def check(self) -> None:
        """Start it again if it has died and has waited long enough."""
        now = time.monotonic()
        if self.process is not None:
            code = self.process.exit_code
            if code is None:
                if self._keep is not None and now - self._kept > KEEP_S:
                    self._kept = now
                    self._keep_well(self._keep)
                return
            self.process = None
            if now - self._started > STEADY_S:
                self._wait_s = FIRST_WAIT_S
            self._due = now + self._wait_s
            log.error("part.died", part=self.name, exit_code=code, again_in_s=self._wait_s)
            self._wait_s = min(2 * self._wait_s, LONGEST_WAIT_S)
        if now >= self._due:
            try:
                self.start()
            except ServiceError as error:
                self._due = now + self._wait_s
                log.exception("part.not_started", part=self.name, reason=str(error))

    def stop(self) -> None:
        if self.process is not None:
            self.process.stop()

    def _keep_well(self, keep: Callable[[], None]) -> None:
        try:
            keep()
        except (OSError, ServiceError) as error:
            log.exception("part.not_kept", part=self.name, reason=str(error))


def supervise(settings: CloudSettings, program: Sequence[str], stopping: threading.Event) -> None:
    """Run everything until `stopping` is set. Call it from the main thread (services.process says why).

    Args:
        program: the command whose arguments `api`, `ingest`, `notify`, `jobs` run those.

    Raises:
        StateInUseError: another supervisor runs on this state directory.
        ServiceError, DatabaseError: the services cannot be started at all, or the port is taken.
    """
    # Told to stop while a database still recovers, we stop.
    with suppress(StoppedError), ExitStack() as stack:
        stack.enter_context(discovery.held(settings.state))
        port = stack.enter_context(held_port(settings.http.host, settings.http.port))
        parts: list[_Part] = []
        database_url = _start_database(settings, stack, parts, stopping)
        mqtt_url = _start_broker(settings, stack, parts, database_url, stopping)
        host = f"[{settings.http.host}]" if ":" in settings.http.host else settings.http.host
        http_url = f"{'https' if settings.http.tls == 'own' else 'http'}://{host}:{port}"
        broker = urlsplit(mqtt_url)
        discovery.announce(
            settings.state,
            discovery.Running(
                pid=os.getpid(),
                database_url=database_url,
                mqtt_url=mqtt_url,
                mqtt_host=broker.hostname or "",
                mqtt_port=broker.port or 1883,
                http_url=http_url,
                nodes_url=settings.node_broker_url,
                public_url=settings.http.public_url,
                http_tls=settings.http.tls,
            ),
        )
        stack.callback(discovery.withdraw, settings.state)
        environment = {
            **os.environ,
            "FIELDWATCH_STATE": str(settings.state),
            "FIELDWATCH_HTTP_HOST": settings.http.host,
            "FIELDWATCH_HTTP_PORT": str(port),
        }
        commands = [("api", ["api"]), ("notify", ["notify"]), ("jobs", ["jobs"])]
        commands += [
            (f"ingest {slot}", ["ingest", "--slot", str(slot)]) for slot in range(settings.ingest.workers)
        ]
        for name, arguments in commands:
            part = _Part(name, _starter(name, [*program, *arguments], environment))
            parts.append(part)
            stack.callback(part.stop)
            part.start()
        log.info("cloud.running", address=http_url, broker=f"{broker.hostname}:{broker.port}")
        while not stopping.wait(POLL_S):
            for part in parts:
                part.check()
        log.info("cloud.stopping")


def _starter(name: str, command: Sequence[str], environment: dict[str, str]) -> Callable[[], ManagedProcess]:
    return lambda: ManagedProcess(name, command, log_file=None, environment=environment)


def _start_database(
    settings: CloudSettings, stack: ExitStack, parts: list[_Part], stopping: threading.Event
) -> str:
    if settings.database.url is not None:
        url = settings.database_url
    else:
        server = EmbeddedPostgres(settings.state, stopping=stopping)

        def start() -> ManagedProcess:
            server.start()
            return server.process

        part = _Part("PostgreSQL", start)
        stack.callback(server.stop)
        part.start()
        parts.append(part)
        url = server.url
    migrate(url)
    return url


def _start_broker(
    settings: CloudSettings,
    stack: ExitStack,
    parts: list[_Part],
    database_url: str,
    stopping: threading.Event,
) -> str:
    if settings.mqtt.url is not None:
        return settings.mqtt_url
    door = None
    mqtt = settings.mqtt
    if mqtt.nodes_port is not None:
        door = NodeDoor(mqtt.nodes_host, mqtt.nodes_port, settings.node_names, mqtt.nodes_connections)
    broker = EmbeddedMosquitto(settings.state, for_nodes=door, stopping=stopping)

    def start() -> ManagedProcess:
        broker.start(lambda: node_access(database_url), lambda: revoked(database_url))
        return broker.process

    part = _Part("mosquitto", start, keep=broker.renew_certificate)
    stack.callback(broker.stop)
    part.start()
    parts.append(part)
    return broker.url


@contextmanager
def held_port(host: str, port: int) -> Iterator[int]:
    """`port`, kept for the API at every address of `host`; 0: one that is free.

    It is bound, so that nobody else gets it while the database starts or the API dies and is started again; a
    server that sets SO_REUSEADDR, as uvicorn does, may listen there.

    Raises:
        ServiceError: it is taken, or not ours to take, or `host` is no address of this machine.
    """
    try:
        addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except OSError as error:
        raise ServiceError(f"{host!r} is no address of this machine: {error.strerror}") from error
    with ExitStack() as stack:
        for family, kind, protocol, _, address in addresses:
            held = stack.enter_context(socket.socket(family, kind, protocol))
            # Connections of an earlier run that are still closing are no hindrance.
            held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                held.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            try:
                held.bind((address[0], port, *address[2:]))
            except OSError as error:
                raise ServiceError(
                    f"cannot listen on port {port} of {host} ({error.strerror}); give another --port"
                ) from error
            port = int(held.getsockname()[1])
        yield port
