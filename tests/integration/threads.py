"""What a node's parts do by themselves, for as long as a block lasts."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator


class Part(Protocol):
    def run(self) -> object: ...

    def stop(self) -> object: ...


T = TypeVar("T", bound=Part)


@contextmanager
def started(part: T) -> Iterator[T]:
    """`run` in a thread of its own; at the end it must heed `stop`."""
    thread = threading.Thread(target=part.run)
    thread.start()
    try:
        yield part
    finally:
        part.stop()
        thread.join(150)
        assert not thread.is_alive()
