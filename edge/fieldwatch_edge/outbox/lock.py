"""One node to a state directory."""

from __future__ import annotations

import contextlib
import fcntl
import os
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from fieldwatch_edge.errors import ConfigError, InUseError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def locked(state_dir: Path) -> Iterator[None]:
    """Hold the state directory for one node. Where it is made, nobody else may look into it: pictures show
    people too. One that was there keeps its mode: it may be shared on purpose.

    Raises:
        InUseError: another process holds it.
        ConfigError: it cannot be made or written to.
    """
    try:
        state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = _opened(state_dir / "lock")
    except OSError as error:
        raise ConfigError(f"cannot use the state directory {state_dir}: {error.strerror}") from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            holder = file.read().strip() or "?"
            raise InUseError(
                f"another node (process {holder}) runs in {state_dir}: stop it first, or give this one "
                "a state_dir of its own"
            ) from error
        # Who holds it is for people: a disk that is full, or read-only, keeps no node from watching.
        with contextlib.suppress(OSError):
            os.ftruncate(file.fileno(), 0)
            os.write(file.fileno(), str(os.getpid()).encode())
        yield


def _opened(path: Path) -> IO[str]:
    try:
        return path.open("a+")
    except OSError:
        if not path.exists():
            raise
        return path.open()
