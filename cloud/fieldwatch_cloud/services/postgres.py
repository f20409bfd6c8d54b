"""A private PostgreSQL cluster: a Unix socket in a 0700 folder, a generated password, no network."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

import structlog

from fieldwatch_cloud.db.cluster import create_database
from fieldwatch_cloud.errors import ServiceError
from fieldwatch_cloud.private import kept_secret, private_directory
from fieldwatch_cloud.services.files import service_home
from fieldwatch_cloud.services.process import ManagedProcess, end_predecessor
from fieldwatch_cloud.services.programs import postgres_bin, service_user

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping

log = structlog.get_logger(__name__)

USER = "fieldwatch"
DATABASE = "fieldwatch"
SOCKET = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 107
"""sockaddr_un holds 108 bytes, one of them the closing zero."""


def _shared_buffers() -> str:
    """A quarter of the memory, as PostgreSQL's manual advises (section 20.4), and no more than what counts
    over ten million observations gain from. It is taken only as it is used."""
    memory_mb = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2**20
    return f"{min(max(memory_mb // 4, 128), 1024)}MB"


SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    # Ingest tells a node to forget a record once it is committed: committed must mean on the disk.
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "max_connections": "80",
    "shared_buffers": _shared_buffers(),
    "max_wal_size": "2GB",
    "jit": "off",  # Compiling costs more than any of our queries gains.
    "timezone": "UTC",
    "log_timezone": "UTC",
    # What people entered, and hashes of passwords, stay out of the log: neither the statement nor the failing
    # row is written there.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


class EmbeddedPostgres:
    """The cluster in `state/postgres`; `start()` makes it at the first time, recovers it after a crash."""

    def __init__(
        self,
        state: Path,
        *,
        settings: Mapping[str, str] | None = None,
        stopping: threading.Event | None = None,
    ) -> None:
        self._state = state
        self._stopping = stopping
        self._settings = {**SETTINGS, **(settings or {})}
        self._user = service_user("postgres", "nobody")
        self._bin = postgres_bin()
        self._process: ManagedProcess | None = None
        self._socket_dir: Path | None = None
        self._password = ""

    @property
    def url(self) -> str:
        """Address of the Fieldwatch database; valid after `start()`."""
        return self.database_url(DATABASE)

    def database_url(self, database: str) -> str:
        query = urlencode({"host": str(self._socket_dir)})
        return f"postgresql://{USER}:{quote(self._password)}@/{database}?{query}"

    @property
    def process(self) -> ManagedProcess:
        if self._process is None:
            raise ServiceError("PostgreSQL was not started")
        return self._process

    def start(self) -> None:
        """Start it and wait until it accepts connections.

        Raises:
            ServiceError: it does not start; with the end of its log.
            StoppedError: `stopping` was set meanwhile.
        """
        home = service_home(self._state, "postgres", self._user)
        data = home / "data"
        self._password = kept_secret(self._state / "postgres.password")
        if data.exists():
            self._end_predecessor(data)
        else:
            self._init(home, data)
        if self._socket_dir is None or not self._socket_dir.exists():
            self._socket_dir = self._make_socket_dir(home)
        options = {**self._settings, "unix_socket_directories": str(self._socket_dir)}
        process = ManagedProcess(
            "PostgreSQL",
            [self._bin / "postgres", "-D", data, *(f"--{key}={value}" for key, value in options.items())],
            log_file=self._state / "logs" / "postgres.log",
            user=self._user,
            stop_signal=signal.SIGINT,  # "Fast" shutdown: does not wait for clients to leave by themselves.
        )
        self._process = process
        try:
            # After a crash it replays its log first: minutes, if a lot was written.
            process.wait_until(lambda: _says_ready(data, process.pid), within_s=300, stopping=self._stopping)
            create_database(self.database_url("postgres"), DATABASE)
        except BaseException:
            self.stop()
            raise
        log.info("postgres.started", pid=process.pid, data=str(data))

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop(within_s=60)
        if self._socket_dir is not None and self._socket_dir.parent != self._state / "postgres":
            shutil.rmtree(self._socket_dir, ignore_errors=True)

    def _init(self, home: Path, data: Path) -> None:
        fresh = home / "data.new"  # Renamed when complete: a crash in between leaves no half cluster.
        shutil.rmtree(fresh, ignore_errors=True)
        with tempfile.NamedTemporaryFile("w", dir=home, prefix="pw") as password:
            password.write(self._password + "\n")
            password.flush()
            self._user.owns(Path(password.name))
            command: list[str | Path] = [
                self._bin / "initdb",
                "-D",
                fresh,
                "-U",
                USER,
                f"--pwfile={password.name}",
            ]
            command += ["--auth-local=scram-sha-256", "--auth-host=scram-sha-256", "--encoding=UTF8"]
            command += ["--locale=C.UTF-8", "--data-checksums", "--no-instructions"]
            command = ["setpriv", *self._user.setpriv_options, "--", *command]
            done = subprocess.run(
                list(map(str, command)), capture_output=True, text=True, cwd="/", check=False
            )
        if done.returncode != 0:
            raise ServiceError(f"initdb failed: {done.stderr.strip() or done.stdout.strip()}")
        fresh.rename(data)
        log.info("postgres.created", data=str(data))

    def _end_predecessor(self, data: Path) -> None:
        with contextlib.suppress(OSError, ValueError, IndexError):
            pid = int((data / "postmaster.pid").read_text().splitlines()[0])
            end_predecessor(pid, str(data), signal.SIGINT, within_s=60)

    def _make_socket_dir(self, home: Path) -> Path:
        """Inside `home`; or, if that path is too long for a socket, a short private one elsewhere."""
        inside = home / "socket"
        if len(os.fsencode(inside / SOCKET)) <= LONGEST_SOCKET_PATH:
            return private_directory(inside, self._user)
        runtime = os.environ.get("XDG_RUNTIME_DIR", "")
        base = runtime if runtime and os.geteuid() != 0 and len(runtime) < 60 else "/tmp"  # noqa: S108 - mkdtemp
        # mkdtemp makes a new 0700 folder or fails, so nobody can have prepared it for us.
        short = Path(tempfile.mkdtemp(prefix="fieldwatch-", dir=base))
        self._user.owns(short)
        return short


def _says_ready(data: Path, pid: int) -> bool:
    """The postmaster writes its state into line 8 of its pid file; pg_ctl reads the same. A killed one has
    left a file that says "ready" for ever, so it must be this one's."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except OSError:
        return False
    return len(lines) >= 8 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"
