"""Power cuts, at the level of the file system: what a disk may hold when the power goes at any instant.

A process runs under strace, which writes down each change that it asks of the files below one folder. From
that record, `Disk.after_a_cut` makes the states that a disk may be in after a cut at a given event, as a file
system in the ordered mode of ext4 allows and no better:

- What was synced (fsync, fdatasync) before the cut is there, with the name by which the file was made.
- Of what was written since, each sector of 512 bytes may have reached the disk or not, in any order. A hole
  in between reads as zeros.
- Names made, moved or removed since the last sync of their folder are there up to some point in time.

The idea is that of CrashMonkey and ALICE (Pillai et al., OSDI 2014): enumerate, do not wait for the accident.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator, Sequence

SECTOR = 512
_CALLS = "openat,close,write,pwrite64,ftruncate,fsync,fdatasync,unlink,unlinkat,rename,renameat,renameat2"
_CALL = re.compile(r"^(\d+) +(\w+)\((.*)\) += (-?\d+)")
_UNFINISHED = re.compile(r"^(\d+) +(\w+\(.*) <unfinished \.\.\.>$")
_RESUMED = re.compile(r"^(\d+) +<\.\.\. \w+ resumed>(.*)$")
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that the process asked of the disk."""

    call: str
    path: str = ""
    to: str = ""
    data: bytes = b""
    at: int = 0
    """Byte offset of a write, new length of a truncation."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the process told the world (its standard output): from then on it must be true."""

    text: str


@dataclass(slots=True)
class _File:
    durable: bytearray = field(default_factory=bytearray)
    since: list[Change] = field(default_factory=list)


def record(command: Sequence[str], folder: Path, log: Path, **options: object) -> list[Change | Said]:
    """Run `command` to its end and return what it did to the files below `folder`, and said, in order.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    strace = ["strace", "-f", "-qq", "-xx", "-s", "99999999", "-e", f"trace={_CALLS}", "-o", str(log)]
    subprocess.run([*strace, *command], check=True, **options)  # type: ignore[call-overload]
    with log.open(encoding="ascii") as lines:
        return list(_events(lines, str(folder)))


class Disk:
    """A disk that a record is played onto, event by event."""

    def __init__(self) -> None:
        self._names: dict[str, _File] = {}
        """As the running system sees them."""
        self._durable_names: dict[str, _File] = {}
        self._moves: list[Change] = []
        """Names made, moved and removed since the last sync of their folder, with their files."""
        self._moved: list[_File] = []

    def play(self, change: Change) -> None:
        file = self._names.get(change.path)
        match change.call:
            case "create":
                self._names[change.path] = made = _File()
                self._note(change, made)
            case "write" | "truncate" if file is not None:
                file.since.append(change)
            case "sync" if file is not None:
                for each in file.since:
                    _apply(file.durable, each)
                file.since.clear()
                # The name by which it was made must be found again, or the sync would be worth nothing.
                for index, (move, moved) in enumerate(zip(self._moves, self._moved, strict=True)):
                    if moved is file and move.call == "create":
                        self._settle(index + 1)
                        break
            case "sync_folder":
                self._settle(len(self._moves))
            case "rename" if file is not None:
                self._names[change.to] = self._names.pop(change.path)
                self._note(change, file)
            case "unlink" if file is not None:
                del self._names[change.path]
                self._note(change, file)

    def after_a_cut(self, chance: random.Random) -> dict[str, bytes]:
        """Contents by path as they may be found when the power is back."""
        names = dict(self._durable_names)
        for move, file in list(zip(self._moves, self._moved, strict=True))[
            : chance.randint(0, len(self._moves))
        ]:
            _move(names, move, file)
        share = chance.choice((0.0, 0.5, 0.9, 1.0))
        return {path: _survived(file, share, chance) for path, file in names.items()}

    def _note(self, change: Change, file: _File) -> None:
        self._moves.append(change)
        self._moved.append(file)

    def _settle(self, count: int) -> None:
        for move, file in zip(self._moves[:count], self._moved[:count], strict=True):
            _move(self._durable_names, move, file)
        del self._moves[:count], self._moved[:count]


def _move(names: dict[str, _File], move: Change, file: _File) -> None:
    if move.call == "create":
        names[move.path] = file
    elif move.call == "unlink":
        names.pop(move.path, None)
    else:
        names.pop(move.path, None)
        names[move.to] = file


def _survived(file: _File, share: float, chance: random.Random) -> bytes:
    content = bytearray(file.durable)
    for change in file.since:
        if change.call == "truncate":
            if chance.random() < share:
                _apply(content, change)
            continue
        begin = change.at
        while begin < change.at + len(change.data):
            end = min(begin - begin % SECTOR + SECTOR, change.at + len(change.data))
            if chance.random() < share:
                piece = change.data[begin - change.at : end - change.at]
                _apply(content, Change("write", data=piece, at=begin))
            begin = end
    return bytes(content)


def _apply(content: bytearray, change: Change) -> None:
    if change.call == "truncate":
        content[change.at :] = bytes(max(change.at - len(content), 0))
        return
    if len(content) < change.at:
        content.extend(bytes(change.at - len(content)))
    content[change.at : change.at + len(change.data)] = change.data


def _events(lines: Iterator[str], folder: str) -> Iterator[Change | Said]:
    """strace's lines, of calls that succeeded, as changes."""
    begun: dict[str, str] = {}
    open_files: dict[int, tuple[str, int, bool]] = {}
    """By descriptor: path, offset of the next write, whether it appends."""
    lengths: dict[str, int] = {}
    for line in lines:
        if unfinished := _UNFINISHED.match(line):
            begun[unfinished[1]] = unfinished[2]
            continue
        if resumed := _RESUMED.match(line):
            line = f"{resumed[1]} {begun.pop(resumed[1])}{resumed[2]}"
        found = _CALL.match(line)
        if found is None or int(found[4]) < 0:
            continue
        call, arguments, result = found[2], found[3], int(found[4])
        paths = [os.fsdecode(_bytes(each)) for each in _STRING.findall(arguments)] if "open" in call else []
        first = arguments.partition(",")[0]
        number = int(first) if first.isdigit() else -1
        if call == "openat":
            (path,) = paths
            if not path.startswith(folder) or path.endswith("-shm"):
                open_files.pop(result, None)  # the number of one that was closed in another way
                continue
            open_files[result] = (path, 0, "O_APPEND" in arguments)
            if "O_DIRECTORY" in arguments:
                continue
            if path not in lengths and "O_CREAT" in arguments:
                lengths[path] = 0
                yield Change("create", path)
            elif "O_TRUNC" in arguments and lengths.get(path):
                lengths[path] = 0
                yield Change("truncate", path)
        elif call == "close":
            open_files.pop(number, None)
        elif call == "write" and number == 1:
            yield Said(_bytes(_STRING.findall(arguments)[0]).decode())
        elif call in ("rename", "renameat", "renameat2", "unlink", "unlinkat"):
            named = [os.fsdecode(_bytes(each)) for each in _STRING.findall(arguments)]
            if not named[0].startswith(folder) or named[0] not in lengths:
                continue
            length = lengths.pop(named[0])
            if call.startswith("rename"):
                lengths[named[1]] = length
                yield Change("rename", named[0], to=named[1])
            else:
                yield Change("unlink", named[0])
        elif number in open_files:
            path, offset, appends = open_files[number]
            if call in ("write", "pwrite64"):
                data = _bytes(_STRING.findall(arguments)[0])[:result]
                at = int(arguments.rpartition(",")[2]) if call == "pwrite64" else offset
                at = lengths[path] if appends else at
                if call == "write":
                    open_files[number] = (path, at + len(data), appends)
                lengths[path] = max(lengths[path], at + len(data))
                yield Change("write", path, data=data, at=at)
            elif call == "ftruncate":
                length = int(arguments.rpartition(",")[2])
                lengths[path] = length
                yield Change("truncate", path, at=length)
            elif call in ("fsync", "fdatasync"):
                yield Change("sync_folder" if path not in lengths else "sync", path)


def _bytes(escaped: str) -> bytes:
    return bytes.fromhex(escaped.replace("\\x", ""))


def restore(contents: dict[str, bytes], folder: Path, into: Path) -> None:
    """Write such contents, of files below `folder`, below `into`."""
    for path, content in contents.items():
        target = into / Path(path).relative_to(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
