"""Files that are ours alone, never half written, and locks between our processes."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Owner(Protocol):
    """Whose a file becomes (services.programs.ServiceUser)."""

    def owns(self, path: Path) -> None: ...


def private_directory(path: Path, owner: Owner | None = None) -> Path:
    """Make `path` a folder that only `owner` (default: we) can enter."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if owner is not None:
        owner.owns(path)
    path.chmod(0o700)
    return path


def write_private(path: Path, content: str, owner: Owner | None = None) -> None:
    """Replace `path` in one step by a file that only `owner` can read."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if owner is not None:
            owner.owns(temporary)
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def kept_secret(path: Path) -> str:
    """The secret in `path`, made at the first call: 256 random bits, URL-safe."""
    try:
        return path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        secret = secrets.token_urlsafe(32)
        write_private(path, secret + "\n")
        return secret


@contextlib.contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[None]:
    """Hold the lock file `path`; the lock ends with the process at the latest.

    Ours alone to open: whoever can open it can also hold it, and so stop us from starting.

    Raises:
        BlockingIOError: another holds it, and we are not to wait.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.fchmod(descriptor, 0o600)  # Earlier versions made it as the umask had it.
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield
    finally:
        os.close(descriptor)


def is_locked(path: Path) -> bool:
    """Whether somebody holds the lock file `path` now."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
