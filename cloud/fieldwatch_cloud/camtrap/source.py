"""Where a package's files come from: a zip or a folder. Names and sizes are a stranger's: nothing is unpacked
onto a disk, no name leads outside, and what is read is counted while it is read, whatever the zip claims.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import TYPE_CHECKING, BinaryIO, Protocol

if TYPE_CHECKING:
    from pathlib import Path

MAX_ENTRIES = 200_000
MAX_UNPACKED = 4 * 1024**3
"""Bytes of one reading of one file."""
MAX_DESCRIPTOR = 16 * 1024**2


class PackageError(ValueError):
    """The package as a whole cannot be read; says what and where."""


class Source(Protocol):
    def open(self, name: str) -> BinaryIO:
        """A file by its path within the package.

        Raises:
            PackageError: there is none, or its name leads outside.
        """

    def has(self, name: str) -> bool:
        """Whether there is a file of that path."""


def checked(name: str) -> str:
    """A path that stays within the package.

    Raises:
        PackageError: it does not.
    """
    parts = name.split("/")
    if (
        not name
        or name.startswith(("/", "~"))
        or "\\" in name
        or "\0" in name
        or ":" in parts[0]
        or any(part in ("", ".", "..") for part in parts)
    ):
        raise PackageError(f"{name[:200]!r} is no path within the package")
    return name


class Bounded(io.RawIOBase):
    """No more than `most` bytes of `file`: a megabyte of zip can hold a gigabyte of zeros."""

    def __init__(self, file: BinaryIO, name: str, most: int = MAX_UNPACKED) -> None:
        super().__init__()
        self._file, self._name, self._left = file, name, most

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            piece = self._file.read(min(len(buffer), self._left + 1))
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
            raise PackageError(f"{self._name} is damaged: {error}") from error
        self._left -= len(piece)
        if self._left < 0:
            raise PackageError(f"{self._name} is larger than it may be once unpacked")
        buffer[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        self._file.close()
        super().close()


class ZipSource:
    """A zip with `datapackage.json` at its root, or in the one folder that holds everything."""

    def __init__(self, file: BinaryIO) -> None:
        """
        Raises:
            PackageError: it is no zip, or none that we take.
        """
        try:
            self._zip = zipfile.ZipFile(file)
            infos = self._zip.infolist()
        except (zipfile.BadZipFile, OSError, EOFError, ValueError, NotImplementedError) as error:
            raise PackageError(f"this is no zip: {error}") from error
        if len(infos) > MAX_ENTRIES:
            raise PackageError(f"the zip holds {len(infos)} files; at most {MAX_ENTRIES} are taken")
        self._infos: dict[str, zipfile.ZipInfo] = {}
        for info in infos:
            if info.is_dir():
                continue
            name = checked(info.filename)
            if name in self._infos:
                raise PackageError(f"the zip holds {name} twice")
            if info.flag_bits & 0x1:
                raise PackageError(f"{name} is encrypted")
            self._infos[name] = info
        found = sorted(
            (name for name in self._infos if name.rpartition("/")[2] == "datapackage.json"),
            key=lambda name: name.count("/"),
        )
        if not found or found[0].count("/") > 1:
            raise PackageError("there is no datapackage.json in it")
        self._folder = found[0].removesuffix("datapackage.json")

    def has(self, name: str) -> bool:
        return self._folder + name in self._infos

    def open(self, name: str) -> BinaryIO:
        info = self._infos.get(self._folder + checked(name))
        if info is None:
            raise PackageError(f"there is no {name} in it")
        try:
            file = self._zip.open(info)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError) as error:
            raise PackageError(f"{name} cannot be unpacked: {error}") from error
        return io.BufferedReader(Bounded(file, name))  # type: ignore[arg-type]


class FolderSource:
    """A folder with `datapackage.json` in it, or that file."""

    def __init__(self, path: Path) -> None:
        self._root = (path.parent if path.name == "datapackage.json" else path).resolve()
        if not (self._root / "datapackage.json").is_file():
            raise PackageError(f"there is no datapackage.json in {self._root}")

    def _path(self, name: str) -> Path:
        path = (self._root / checked(name)).resolve()
        if not path.is_relative_to(self._root):
            raise PackageError(f"{name} is a link that leads outside the package")
        return path

    def has(self, name: str) -> bool:
        try:
            return self._path(name).is_file()
        except (PackageError, OSError):
            return False

    def open(self, name: str) -> BinaryIO:
        try:
            file = self._path(name).open("rb")
        except OSError as error:
            raise PackageError(f"{name} cannot be read: {error.strerror}") from error
        return io.BufferedReader(Bounded(file, name))
