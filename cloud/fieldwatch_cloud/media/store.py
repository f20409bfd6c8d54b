"""The media store: bytes by their SHA-256, on disk now, behind an interface that S3 can fill later.

Named by content, a picture that arrives twice is one file, and nothing that a node sends later can change
what an earlier record points at.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import shutil
from typing import TYPE_CHECKING, Protocol

from fieldwatch_cloud.errors import MediaError

if TYPE_CHECKING:
    from pathlib import Path

MIME_TYPES = frozenset({"image/jpeg", "image/png", "image/webp", "video/mp4"})
"""What browsers show without running anything that came along: no SVG."""


class MediaStore(Protocol):
    def put(self, sha256: str, content: bytes) -> None:
        """Keep `content`; when this returns, it survives a power cut.

        Raises:
            MediaError: it cannot be kept now (disk full, ...): try again later.
        """

    def put_file(self, sha256: str, path: Path) -> None:
        """As `put`, of a file, which must be safe on its disk already; it stays where it is."""

    def read(self, sha256: str) -> bytes:
        """Raises:
        MediaError: it is not here, or is damaged.
        """

    def remove(self, sha256: str) -> None:
        """Forget it; nothing happens where it is not here.

        Raises:
            MediaError: it cannot be removed now.
        """


class DiskStore:
    """Files `<first two digits>/<sha256>` below `root`."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, sha256: str, content: bytes) -> None:
        path = self.path(sha256)
        if path.exists():
            return
        temporary = path.with_name(f".{sha256}.{secrets.token_hex(4)}")
        try:
            self._make_folder(path)
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.rename(path)
            _sync_directory(path.parent)
        except OSError as error:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise MediaError(f"cannot keep a picture in {path.parent}: {error.strerror}") from error

    def put_file(self, sha256: str, path: Path) -> None:
        kept = self.path(sha256)
        if kept.exists():
            return
        try:
            self._make_folder(kept)
            try:
                kept.hardlink_to(path)
            except OSError as error:  # another disk, or one that knows no such links
                if error.errno not in (errno.EXDEV, errno.EPERM, errno.EOPNOTSUPP):
                    raise
                temporary = kept.with_name(f".{sha256}.{secrets.token_hex(4)}")
                shutil.copyfile(path, temporary)
                with temporary.open("rb+") as file:
                    os.fsync(file.fileno())
                temporary.rename(kept)
            _sync_directory(kept.parent)
        except OSError as error:
            raise MediaError(f"cannot keep a picture in {kept.parent}: {error.strerror}") from error

    def _make_folder(self, path: Path) -> None:
        made = not path.parent.exists()
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if made:
            _sync_directory(self._root)

    def read(self, sha256: str) -> bytes:
        try:
            content = self.path(sha256).read_bytes()
        except OSError as error:
            raise MediaError(f"picture {sha256} cannot be read: {error.strerror}") from error
        if hashlib.sha256(content).hexdigest() != sha256:
            raise MediaError(f"picture {sha256} is damaged on disk")
        return content

    def remove(self, sha256: str) -> None:
        try:
            self.path(sha256).unlink(missing_ok=True)
        except OSError as error:
            raise MediaError(f"picture {sha256} cannot be removed: {error.strerror}") from error

    def path(self, sha256: str) -> Path:
        """Where it lies, or would."""
        return self._root / sha256[:2] / sha256


def _sync_directory(path: Path) -> None:
    """A new name is durable only once its folder is."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
