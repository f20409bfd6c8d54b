"""What a node's commands share: failures in one sentence, an orderly end when somebody asks for it."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol

import typer

from fieldwatch_edge.errors import EdgeError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Iterator


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
