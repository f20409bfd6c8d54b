"""What a node's commands share: failures in one sentence, progress, an orderly end on request."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

import typer

from fieldwatch_edge.errors import EdgeError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from rich.progress import Progress, ProgressColumn


class Stoppable(Protocol):
    def stop(self) -> None: ...


@contextmanager
def sentences(*, when_unreachable: str = "") -> Iterator[None]:
    """Failures that a technician can mend are one sentence, without a trace of calls.

    Args:
        when_unreachable: what to add where the cloud could not be reached.
    """
    try:
        yield
    except EdgeError as error:
        more = f". {when_unreachable}" if when_unreachable and isinstance(error, UnreachableError) else ""
        complain(f"{error}{more}")
        raise typer.Exit(1) from error


def complain(sentence: str) -> None:
    typer.secho(f"fieldwatch edge: {sentence}", err=True, fg="red")


def stop_on_signals(what: Stoppable) -> threading.Event:
    """Stop it on SIGINT and SIGTERM; the event says that it was asked to."""
    stopped = threading.Event()

    def stop(_signal: int, _frame: object) -> None:
        def tell() -> None:
            stopped.set()
            what.stop()

        # A handler interrupts the main thread, which may hold the very locks that these need.
        threading.Thread(target=tell).start()

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    return stopped


def progress(*columns: ProgressColumn) -> Progress:
    """On the terminal alone, beside what the command prints, and gone when it is over."""
    from rich.console import Console
    from rich.progress import Progress

    return Progress(*columns, console=Console(stderr=True), transient=True)


@contextmanager
def meanwhile(look: Callable[[], None], every_s: float) -> Iterator[None]:
    """Call it again and again, in a thread of its own, until the block ends."""
    ended = threading.Event()

    def again() -> None:
        while not ended.wait(every_s):
            look()

    thread = threading.Thread(target=again)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
