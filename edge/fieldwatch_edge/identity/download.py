"""A large file from the cloud over a line that is cut: in as many parts as it takes, across restarts."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

import structlog

from fieldwatch_edge import whole
from fieldwatch_edge.errors import EdgeError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from fieldwatch_edge.identity.session import CloudSession

log = structlog.get_logger(__name__)

CHUNK = 16 * 1024
"""Between two of them, whoever must wait for a fire or a budget can say so."""
FLUSHED_EVERY = 1024**2


class DamagedError(EdgeError):
    """What came is not what was announced: its parts are gone, and the next try begins anew."""


def fetch(
    session: CloudSession,
    path: str,
    to: Path,
    sha256: str,
    size: int,
    progress: Callable[[int], None],
    may_go_on: Callable[[], bool],
) -> bool:
    """Fetch what the cloud has at `path`; it goes to `to` only when it is whole and its hash is right.

    What has come waits in `to`'s folder (`<sha256>.part`): the next call asks for the rest alone.

    Args:
        sha256: of the whole file, hex.
        size: of the whole file, bytes: nothing beyond it is taken.
        progress: called with the bytes that are here.
        may_go_on: asked before each chunk; False ends the call, which then returns False.

    Returns:
        Whether it is whole, and in its place.

    Raises:
        UnreachableError: the line was cut. Call again.
        RefusedError: the cloud does not give it.
        DamagedError: its size or hash is wrong.
        OSError: the disk does not take it.
    """
    part = to.with_name(f"{sha256}.part")
    while (have := _have(part, size)) < size:
        progress(have)
        if not may_go_on():
            return False
        headers = {"Range": f"bytes={have}-"} if have else {}
        with session.stream("GET", path, read=False, headers=headers) as answer:
            begins = _begins(answer.headers.get("Content-Range")) if answer.status_code == 206 else 0
            if begins > have:
                raise UnreachableError(f"the cloud gave bytes from {begins} on, not from {have}")
            if not _write(part, begins, size, answer.iter_bytes(CHUNK), progress, may_go_on):
                return False
        if _have(part, size) <= have:
            raise UnreachableError(f"the cloud gave nothing of {path} beyond byte {have}")
    progress(size)
    if _sha256(part) != sha256:
        part.unlink()
        raise DamagedError(f"{path} is not what was announced: its SHA-256 is another")
    part.replace(to)
    whole.flush_folder(to.parent)
    log.info("download.done", path=path, bytes=size)
    return True


def _have(part: Path, size: int) -> int:
    """Bytes of it that are here."""
    try:
        have = part.stat().st_size
    except FileNotFoundError:
        return 0
    if have > size:
        part.unlink()
        return 0
    return have


def _write(
    part: Path,
    begins: int,
    size: int,
    chunks: Iterable[bytes],
    progress: Callable[[int], None],
    may_go_on: Callable[[], bool],
) -> bool:
    """Whether all that came was taken. What was written stays, whatever happens."""
    with part.open("r+b" if part.exists() else "xb") as file:
        file.truncate(begins)  # a server that knows no ranges begins at the beginning
        file.seek(begins)
        at, flushed = begins, begins
        try:
            for chunk in chunks:
                if at + len(chunk) > size:
                    raise DamagedError(f"more came than the {size} bytes that were announced")
                file.write(chunk)
                at += len(chunk)
                progress(at)
                if at - flushed >= FLUSHED_EVERY:
                    file.flush()
                    os.fsync(file.fileno())
                    flushed = at
                if not may_go_on():
                    return False
        finally:
            file.flush()
            os.fsync(file.fileno())
    return True


def _begins(content_range: str | None) -> int:
    """Of `bytes 100-199/200`: 100."""
    unit, _, rest = (content_range or "").partition(" ")
    first = rest.partition("-")[0]
    if unit != "bytes" or not first.isdigit():
        raise UnreachableError("the cloud's answer does not say which bytes it holds")
    return int(first)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
