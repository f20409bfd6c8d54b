"""A SQLite file read page by page, past whatever is damaged in it. Pure reading: nothing is written.

SQLite gives up a whole table where one page on the way to it is bad. But rows lie in leaf pages, each of
which says by itself what it holds; so all leaf pages are read, whoever points to them, and the list of free
pages, which may be damaged too, is not asked: our stores overwrite what they delete (`secure_delete`). What a
write-ahead log holds goes before what lies in the file, as far as its chain of checksums reaches; frames
behind a break are given apart, as `strays`. Format: https://sqlite.org/fileformat2.html, whose section
numbers are named below.
"""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PAGE_SIZE = 4096
"""Of our stores; believed where the file does not say."""
LONGEST_PAYLOAD = 2**30
TABLE_LEAF, INDEX_LEAF, TABLE_INNER, INDEX_INNER = 0x0D, 0x0A, 0x05, 0x02
_WAL_HEADER, _FRAME_HEADER = 32, 24


@dataclass(frozen=True, slots=True)
class Cell:
    """A row of a table (with its rowid), or an entry of an index."""

    rowid: int | None
    size: int
    local: bytes
    """The part of its content that lies in the page itself."""
    overflow: int
    """The page where the rest begins; 0: there is none."""


class Pages:
    """One file with its write-ahead log."""

    def __init__(self, path: Path) -> None:
        """Raises OSError where there is no such file."""
        self._file = path.open("rb")
        wal = path.with_name(path.name + "-wal")
        self._wal = wal.open("rb") if wal.exists() else None
        self._over: dict[int, int] = {}
        """By page, where in the log its newest content begins."""
        self._behind: dict[int, int] = {}
        """The same, of frames behind a break in the log."""
        self._stray_frames: list[int] = []
        head = self._at(self._file, 0, 100) or b""
        self.whole_header = head.startswith(b"SQLite format 3\0")
        self.page_size, reserved = PAGE_SIZE, 0
        if self.whole_header:
            said = struct.unpack_from(">H", head, 16)[0]
            said = 65536 if said == 1 else said
            if said >= 512 and said & (said - 1) == 0:
                self.page_size, reserved = said, head[20]
        self._usable = self.page_size - min(reserved, 32)
        if self._wal is not None:
            self._read_log()
        self.count = -(-os.fstat(self._file.fileno()).st_size // self.page_size)
        self.count = max([self.count, *self._over])

    def close(self) -> None:
        self._file.close()
        if self._wal is not None:
            self._wal.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def page(self, number: int, *, behind: bool = False) -> bytes | None:
        """Page `number` (first: 1); None where it cannot be read.

        Args:
            behind: as it stands behind the log's break, where it does.
        """
        at = (self._behind.get(number) if behind else None) or self._over.get(number)
        if at is not None:
            return self._at(self._wal, at, self.page_size)
        if not 1 <= number <= self.count:
            return None
        return self._at(self._file, (number - 1) * self.page_size, self.page_size)

    def cells(self, *kinds: int) -> Iterator[tuple[int, list[Cell]]]:
        """Kind and cells of each page of these kinds."""
        for number in range(1, self.count + 1):
            page = self.page(number)
            start = 100 if number == 1 else 0
            if page is not None and page[start] in kinds:
                yield page[start], self._cells(page, start)

    def strays(self, *kinds: int) -> Iterator[tuple[int, list[Cell]]]:
        """The same of frames behind the log's break, which SQLite will not read: newest first."""
        for at in reversed(self._stray_frames):
            page = self._at(self._wal, at, self.page_size)
            if page is not None and page[0] in kinds:
                yield page[0], self._cells(page, 0)

    def tree(self, root: int) -> Iterator[list[Cell]]:
        """The cells of a table's or index's leaves, from its root page on."""
        waiting, seen = [root], set[int]()
        while waiting:
            number = waiting.pop()
            page = None if number in seen else self.page(number)
            seen.add(number)
            if page is None:
                continue
            start = 100 if number == 1 else 0
            if page[start] in (TABLE_LEAF, INDEX_LEAF):
                yield self._cells(page, start)
            elif page[start] in (TABLE_INNER, INDEX_INNER):
                if page[start] == INDEX_INNER:
                    yield self._cells(page, start)
                children = [struct.unpack_from(">I", page, start + 8)[0]]
                children += [struct.unpack_from(">I", page, at)[0] for at in self._pointers(page, start)]
                waiting += children

    def content(self, cell: Cell, *, behind: bool = False) -> bytes | None:
        """All of the cell's content; None where a page of it is missing."""
        parts, left, number = [cell.local], cell.size - len(cell.local), cell.overflow
        while left > 0:
            page = self.page(number, behind=behind) if number else None
            if page is None:
                return None
            parts.append(page[4 : min(self._usable, 4 + left)])
            left -= len(parts[-1])
            number = struct.unpack_from(">I", page)[0]
        return b"".join(parts)

    # Within

    def _at(self, file: Any, offset: int, size: int) -> bytes | None:
        try:
            found: bytes = os.pread(file.fileno(), size, offset)
        except OSError:  # a bad sector
            return None
        return found if len(found) == size or (offset == 0 and size == 100) else None

    def _pointers(self, page: bytes, start: int) -> list[int]:
        """1.6: where a page's cells begin."""
        first = start + (12 if page[start] in (TABLE_INNER, INDEX_INNER) else 8)
        count = struct.unpack_from(">H", page, start + 3)[0]
        if first + 2 * count > len(page):
            return []
        return [at for at in struct.unpack_from(f">{count}H", page, first) if first <= at < len(page) - 4]

    def _cells(self, page: bytes, start: int) -> list[Cell]:
        found = []
        for at in self._pointers(page, start):
            try:
                found.append(self._cell(page, at, page[start]))
            except (IndexError, struct.error, ValueError):
                continue
        return found

    def _cell(self, page: bytes, at: int, kind: int) -> Cell:
        """1.6, "Cell payload overflow pages"."""
        if kind == INDEX_INNER:
            at += 4
        size, at = varint(page, at)
        rowid = None
        if kind == TABLE_LEAF:
            rowid, at = varint(page, at)
        if not 0 < size <= LONGEST_PAYLOAD:
            raise ValueError("no content of ours is so long")
        usable = self._usable
        most = usable - 35 if kind == TABLE_LEAF else (usable - 12) * 64 // 255 - 23
        if size <= most:
            if at + size > len(page):
                raise ValueError("it leads out of its page")
            return Cell(rowid, size, page[at : at + size], 0)
        least = (usable - 12) * 32 // 255 - 23
        local = least + (size - least) % (usable - 4)
        local = local if local <= most else least
        return Cell(rowid, size, page[at : at + local], struct.unpack_from(">I", page, at + local)[0])

    def _read_log(self) -> None:
        """4.1 to 4.4. Only what ends with a commit counts as SQLite's; what follows is stray."""
        header = self._at(self._wal, 0, _WAL_HEADER) or b"\0" * _WAL_HEADER
        order = {0x377F0682: "<", 0x377F0683: ">"}.get(struct.unpack_from(">I", header)[0])
        said = struct.unpack_from(">II", header, 24)
        whole = order is not None and _sum(order, header[:24], (0, 0)) == said
        salts: bytes | None = header[16:24] if whole else None
        if whole:
            self.page_size = struct.unpack_from(">I", header, 8)[0]
            self._usable = self.page_size
        running, pending = said, dict[int, int]()
        at, size = _WAL_HEADER, os.fstat(self._wal.fileno()).st_size if self._wal is not None else 0
        while at + _FRAME_HEADER + self.page_size <= size:
            frame = self._at(self._wal, at, _FRAME_HEADER + self.page_size)
            start, at = at + _FRAME_HEADER, at + _FRAME_HEADER + self.page_size
            if frame is None:
                whole = False
                continue
            number, commit = struct.unpack_from(">II", frame)
            if salts is None and number and any(frame[8:16]):
                salts = frame[8:16]  # the header is gone: the first frame knows them too
            if frame[8:16] != salts or not number:
                whole = False  # of an earlier round through the log, or damaged
                continue
            if whole and order is not None:
                running = _sum(order, frame[:8] + frame[_FRAME_HEADER:], running)
                whole = running == struct.unpack_from(">II", frame, 16)
            if not whole:
                self._stray_frames.append(start)
                self._behind[number] = start
                continue
            pending[number] = start
            if commit:
                self._over |= pending
                pending.clear()
        # Frames of a transaction that was not committed come before what stands behind the break.
        self._stray_frames = [*pending.values(), *self._stray_frames]
        self._behind = {**pending, **self._behind}


def varint(data: bytes, at: int) -> tuple[int, int]:
    """1.6: a number of one to nine bytes, and where it ends. Raises IndexError at the end of `data`."""
    value = 0
    for index in range(8):
        byte = data[at + index]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + index + 1
    return value << 8 | data[at + 8], at + 9


def values(content: bytes) -> list[Any] | None:
    """2.1: the columns of a record; None where it is none."""
    found = first(content, None)
    return None if found is None else found[1]


def first(content: bytes, count: int | None) -> tuple[int, list[Any]] | None:
    """How many columns a record has, and the first `count` of them, of content that may be cut off behind
    them; None where it is no record."""
    try:
        end, at = varint(content, 0)
        kinds = []
        while at < end:
            kind, at = varint(content, at)
            kinds.append(kind)
        found, body = [], end
        for kind in kinds[:count]:
            size = (0, 1, 2, 3, 4, 6, 8, 8, 0, 0)[kind] if kind < 10 else (kind - 12) // 2
            if kind in (10, 11) or body + size > len(content):
                return None
            found.append(_value(kind, content[body : body + size]))
            body += size
    except (IndexError, UnicodeDecodeError):
        return None
    if at != end or (count is None and body != len(content)):
        return None
    return len(kinds), found


def _value(kind: int, data: bytes) -> Any:
    if kind == 0:
        return None
    if kind in (8, 9):
        return kind - 8
    if kind == 7:
        return struct.unpack(">d", data)[0]
    if kind < 7:
        return int.from_bytes(data, "big", signed=True)
    return data.decode() if kind % 2 else data


def _sum(order: str, data: bytes, before: tuple[int, ...]) -> tuple[int, int]:
    """4.2, "Checksum algorithm"."""
    one, two = before
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for first, second in zip(words[::2], words[1::2], strict=True):
        one = (one + first + two) & 0xFFFFFFFF
        two = (two + second + one) & 0xFFFFFFFF
    return one, two
