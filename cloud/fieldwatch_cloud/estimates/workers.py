"""Processes for what takes long: the service answers others meanwhile, and what takes too long is ended.

    workers = Workers(processes=1, waiting=8, limit_s=60)
    answer = workers.run(function, *arguments)      # in another process; pickled there and back

A process is started when it is first needed, and kept: loading scipy takes longer than most fits. It ends
with this one, also when this one is killed: then its pipe closes.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import structlog

from fieldwatch_cloud.errors import BusyError, QuestionError

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

P = ParamSpec("P")
T = TypeVar("T")

log = structlog.get_logger(__name__)
START_S = 60.0
"""To load numpy and scipy on a busy machine; not counted to the task's own time."""
MEMORY_BYTES = 4 * 2**30
"""Of one process. What asks for more ends by itself, before the system ends the database for it."""
_WANT_OF_MEMORY = (
    "the process that worked on this estimate ended, perhaps for want of memory: ask for fewer sites or a "
    "shorter span"
)
_NICE = 5


class Workers:
    """A few processes, each with one task at a time."""

    def __init__(self, *, processes: int, waiting: int, limit_s: float) -> None:
        self._limit_s = limit_s
        self._places = threading.BoundedSemaphore(processes + waiting)
        self._running = threading.BoundedSemaphore(processes)
        self._lock = threading.Lock()
        self._idle: list[_Worker] = []
        self._closed = False

    def run(self, task: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What `task(*args, **kwargs)` returns, or raises.

        Raises:
            BusyError: too many wait already.
            QuestionError: it took longer than it may.
        """
        if not self._places.acquire(blocking=False):
            raise BusyError("too many estimates are being worked out: try again in a moment")
        try:
            with self._running:
                return self._on_a_worker(task, args, kwargs)
        finally:
            self._places.release()

    def close(self) -> None:
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.end()

    def _on_a_worker(self, task: Callable[..., T], args: Any, kwargs: Any) -> T:
        with self._lock:
            worker = self._idle.pop() if self._idle else None
        worker = worker or _Worker()
        try:
            done, outcome = worker.ask((task, args, kwargs), self._limit_s)
        except BaseException:
            worker.end()
            raise
        with self._lock:
            kept = not self._closed
            if kept:
                self._idle.append(worker)
        if not kept:
            worker.end()
        if done:
            return outcome  # type: ignore[no-any-return]
        raise outcome


class _Worker:
    def __init__(self) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process: SpawnProcess = context.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()
        self._ready = False

    def ask(self, task: Any, limit_s: float) -> tuple[bool, Any]:
        """(True, what it returned) or (False, what it raised).

        Raises:
            BusyError: the machine is too busy to start it.
            QuestionError: the task took too long, or the process ended.
        """
        try:
            if not self._ready:
                if not self._pipe.poll(START_S):
                    raise BusyError("no process for estimates could be started in time: try again")
                self._pipe.recv()
                self._ready = True
            self._pipe.send(task)
            if not self._pipe.poll(limit_s):
                raise QuestionError(
                    f"this estimate takes longer than {limit_s:g} s: ask for fewer sites or a shorter span, "
                    "longer occasions, fewer covariates or bootstrap replicates"
                )
            done, outcome = self._pipe.recv()
        except (EOFError, BrokenPipeError, ConnectionResetError) as error:
            log.warning("estimates.process_ended", exit_code=self._process.exitcode)
            raise QuestionError(_WANT_OF_MEMORY) from error
        if isinstance(outcome, MemoryError):
            raise QuestionError(_WANT_OF_MEMORY) from outcome
        return done, outcome

    def end(self) -> None:
        with suppress(OSError):
            self._pipe.close()
        self._process.kill()
        self._process.join()
        self._process.close()


def _serve(pipe: Connection) -> None:
    # One thread for linear algebra, set before numpy is loaded: the machine has other work.
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
    os.nice(_NICE)
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    # Ctrl+C in a terminal reaches us too; the service decides when we end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pipe.send("ready")
    while True:
        try:
            task, args, kwargs = pipe.recv()
        except EOFError:
            return
        try:
            answer = (True, task(*args, **kwargs))
        except Exception as error:  # noqa: BLE001  It is raised again where the answer is awaited.
            answer = (False, error)
        try:
            pipe.send(answer)
        except OSError:
            return
