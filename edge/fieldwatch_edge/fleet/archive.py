"""A zip from afar, unpacked within bounds: nothing beside its folder, no links, no more than was foreseen."""

from __future__ import annotations

import os
import stat
import zipfile
from pathlib import Path, PurePosixPath

from fieldwatch_edge import whole
from fieldwatch_edge.errors import EdgeError

MOST_FILES = 500
MOST_NAME = 200
"""Bytes of a file's name with its folders."""
MOST_BYTES = 2 * 1024**3
MOST_RATIO = 200
"""Unpacked to packed, of all files together: weights hardly shrink, and a bomb has thousands."""
_CHUNK = 1024 * 1024


class ArchiveError(EdgeError):
    """A zip that is none, or one that nobody of good will has made."""


def unpack(archive: Path, into: Path) -> None:
    """The files of `archive` below the new folder `into`, each on the disk when this returns.

    A single folder that holds everything else is left out: `fire/model.toml` and `model.toml` are the same.

    Raises:
        ArchiveError: it is no zip, damaged, or goes beyond the bounds; what was unpacked is of no use.
        OSError: the disk does not take it.
    """
    try:
        with zipfile.ZipFile(archive) as opened:
            members = [member for member in opened.infolist() if not member.is_dir()]
            names = _names(members)
            most = min(MOST_BYTES, MOST_RATIO * max(archive.stat().st_size, 1024))
            into.mkdir(parents=True)
            for member, name in zip(members, names, strict=True):
                target = into / name
                target.parent.mkdir(parents=True, exist_ok=True)
                most -= _copy(opened, member, target, most)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, RuntimeError, NotImplementedError, EOFError) as error:
        # RuntimeError: encrypted; NotImplementedError: a way of packing that Python does not know.
        raise ArchiveError(f"cannot be unpacked: {error}") from error
    except (ValueError, OverflowError) as error:  # of damaged headers and names
        raise ArchiveError(f"cannot be unpacked: {error}") from error
    for folder in (into, *(path for path in into.rglob("*") if path.is_dir())):
        whole.flush_folder(folder)


def _names(members: list[zipfile.ZipInfo]) -> list[PurePosixPath]:
    if not members or len(members) > MOST_FILES:
        raise ArchiveError(f"it holds {len(members)} files: 1 to {MOST_FILES} are taken")
    names = []
    for member in members:
        name = PurePosixPath(member.filename)
        # The name as the archive has it: ZipFile cuts it off at a null character.
        wrong = "\\" in member.orig_filename or "\0" in member.orig_filename or ":" in member.filename
        if wrong or name.is_absolute() or ".." in name.parts or not name.parts:
            raise ArchiveError(f"it names a file outside its folder: {member.orig_filename!r}")
        kind = stat.S_IFMT(member.external_attr >> 16)
        if kind not in (0, stat.S_IFREG):
            raise ArchiveError(f"{member.filename!r} is a link or device")
        names.append(name)
    if len(set(names)) < len(names):
        raise ArchiveError("it holds two files of one name")
    # Else the disk would refuse it, which is tried again for ever: a full one may have room tomorrow.
    if too_long := [name for name in names if len(str(name).encode()) > MOST_NAME]:
        raise ArchiveError(f"it holds a name of {len(str(too_long[0]))} letters")
    if both := set(names) & {folder for name in names for folder in name.parents}:
        raise ArchiveError(f"{min(both)} is a file and a folder")
    first = {name.parts[0] for name in names}
    if len(first) == 1 and all(len(name.parts) > 1 for name in names):
        names = [PurePosixPath(*name.parts[1:]) for name in names]
    return names


def _copy(opened: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, most: int) -> int:
    """Bytes that it really has: what the header says is anybody's word."""
    done = 0
    with opened.open(member) as source, target.open("xb") as file:
        while chunk := source.read(_CHUNK):
            done += len(chunk)
            if done > most:
                raise ArchiveError("unpacked, it is larger than any model: a bomb")
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    return done
