"""The parts of uploads on disk: one file each, `<media id>.part` below `root`."""

from __future__ import annotations

import fcntl
import hashlib
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO
from uuid import UUID

from fieldwatch_cloud.errors import BusyError, MediaError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_READ_BYTES = 1024**2


class Part:
    """An open file of parts, held by us alone."""

    def __init__(self, file: BinaryIO, offset: int) -> None:
        """What lies behind `offset` was never said to be safe: it goes."""
        self._file = file
        self.offset = offset
        file.truncate(offset)
        file.seek(offset)

    def write(self, chunk: bytes) -> None:
        """Raises:
        MediaError: the disk is full.
        """
        try:
            self._file.write(chunk)
        except OSError as error:
            raise MediaError(f"a part of an upload cannot be kept: {error.strerror}") from error
        self.offset += len(chunk)

    def sync(self) -> None:
        """When this returns, all up to `offset` survives a power cut.

        Raises:
            MediaError: the disk is full.
        """
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise MediaError(f"a part of an upload cannot be kept: {error.strerror}") from error


class Parts:
    def __init__(self, root: Path) -> None:
        self._root = root

    def path(self, media_id: UUID) -> Path:
        return self._root / f"{media_id}.part"

    @contextmanager
    def held(self, media_id: UUID) -> Iterator[BinaryIO]:
        """The file, made where it is missing, locked against every other process.

        Raises:
            BusyError: another request has it.
            MediaError: the disk is full, or refuses.
        """
        try:
            self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self.path(media_id), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise MediaError(f"an upload cannot be kept: {error.strerror}") from error
        with os.fdopen(descriptor, "r+b") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise BusyError("another request is still writing to this upload") from error
            yield file

    def is_held(self, media_id: UUID) -> bool:
        """Whether a request is writing to it just now."""
        try:
            with self.held(media_id):
                return False
        except BusyError:
            return True

    def sha256(self, media_id: UUID) -> str:
        """Of the whole file.

        Raises:
            MediaError: it cannot be read.
        """
        digest = hashlib.sha256()
        try:
            with self.path(media_id).open("rb") as file:
                while chunk := file.read(_READ_BYTES):
                    digest.update(chunk)
        except OSError as error:
            raise MediaError(f"the parts of an upload cannot be read: {error.strerror}") from error
        return digest.hexdigest()

    def remove(self, media_id: UUID) -> None:
        """Nothing happens where there is none."""
        try:
            self.path(media_id).unlink(missing_ok=True)
        except OSError as error:
            raise MediaError(f"the parts of an upload cannot be removed: {error.strerror}") from error

    def lying(self, before: float) -> set[UUID]:
        """All that were last written to before that time (seconds since 1970)."""
        if not self._root.exists():
            return set()
        return {UUID(path.stem) for path in self._root.glob("*.part") if path.stat().st_mtime < before}
