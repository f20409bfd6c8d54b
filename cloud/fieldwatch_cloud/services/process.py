"""A program that lives and dies with us: its output goes to a log file, and it ends when we are killed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING

import structlog

from fieldwatch_cloud.errors import ServiceError, StoppedError

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence

    from fieldwatch_cloud.services.programs import ServiceUser

log = structlog.get_logger(__name__)

LOG_BYTES = 10 * 1024**2
"""A longer log is put aside at the next start, over the one that was put aside before."""


class ManagedProcess:
    """One child process.

    `setpriv --pdeathsig` (util-linux) makes the kernel send `stop_signal` to it when the thread that started
    it ends, also after kill -9: so start it from a thread that lives as long as the service is wanted.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        log_file: Path | None,
        user: ServiceUser | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        environment: dict[str, str] | None = None,
    ) -> None:
        self.name = name
        self.log_file = log_file
        self._stop_signal = stop_signal
        output: IO[bytes] | None = None
        if log_file is not None:
            log_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if log_file.exists() and log_file.stat().st_size > LOG_BYTES:
                log_file.replace(log_file.with_suffix(".log.1"))
            output = log_file.open("ab")
        deathly = ["setpriv", "--pdeathsig", stop_signal.name.removeprefix("SIG")]
        if user is not None:
            deathly += user.setpriv_options
        try:
            self._process: subprocess.Popen[bytes] = subprocess.Popen(
                [*deathly, "--", *map(str, command)],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT if output else None,
                cwd="/",
                env=environment,
                # A Ctrl-C on the terminal must reach the supervisor alone: it stops them in the right order.
                start_new_session=True,
            )
        except OSError as error:
            raise ServiceError(f"cannot start {name}: {error}") from error
        finally:
            if output is not None:
                output.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; negative: the signal that ended it."""
        return self._process.poll()

    def wait_until(
        self, ready: Callable[[], bool], *, within_s: float, stopping: threading.Event | None = None
    ) -> None:
        """Wait for `ready()`.

        Raises:
            ServiceError: the process ended, or it took too long; with the end of its log.
            StoppedError: `stopping` was set; nobody waits any more.
        """
        deadline = time.monotonic() + within_s
        while not ready():
            if self.exit_code is not None:
                raise ServiceError(f"{self.name} ended with {self.exit_code}{self._log_end()}")
            if stopping is not None and stopping.is_set():
                raise StoppedError(f"{self.name} was not waited for: told to stop")
            if time.monotonic() > deadline:
                raise ServiceError(f"{self.name} was not ready within {within_s:g} s{self._log_end()}")
            time.sleep(0.02)

    def send(self, what: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(what)

    def kill(self) -> None:
        """End it without a chance to tidy up (SIGKILL)."""
        self._process.kill()
        self._process.wait()

    def stop(self, *, within_s: float = 20) -> None:
        """Ask it to end; kill it if it does not within `within_s`."""
        if self.exit_code is not None:
            return
        self.send(self._stop_signal)
        try:
            self._process.wait(within_s)
        except subprocess.TimeoutExpired:
            log.warning("process.killed", name=self.name, after_s=within_s)
            self.kill()

    def _log_end(self) -> str:
        if self.log_file is None:
            return ""
        try:
            last = self.log_file.read_text(errors="replace").splitlines()[-8:]
        except OSError:
            return ""
        return f"; {self.log_file} ends with:\n" + "\n".join(f"  {line}" for line in last)


def command_line(pid: int) -> list[str]:
    """The arguments of a running process; empty where there is none."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return []


def end_predecessor(pid: int, marker: str, stop_signal: signal.Signals, *, within_s: float = 30) -> None:
    """End a service that a killed supervisor left behind: only if its command line names `marker`.

    A pid file alone proves nothing: after a restart of the machine another program may have that number.

    Raises:
        ServiceError: it does not end.
    """

    def is_it() -> bool:
        return any(marker in argument for argument in command_line(pid))

    if not is_it():
        return
    log.warning("process.left_behind", pid=pid, marker=marker)
    deadline = time.monotonic() + within_s
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, stop_signal)
    while is_it():
        if time.monotonic() > deadline:
            raise ServiceError(f"process {pid} of an earlier run on {marker} does not end; end it by hand")
        time.sleep(0.02)
