"""What can be saved of a damaged outbox is saved: every record that is as it was written.

A record counts where its checksum is right (in a store of an older version: where it is valid by the wire
contract) and, of a picture, the hash of its bytes. Ids make it harmless to save a record that was sent, or
saved, before: so this may be cut off at any moment and begun again. What is known to be lost is told: the
indices name records whose pages are gone.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import threading
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import structlog
from pydantic import BaseModel, ValidationError

from fieldwatch_edge.errors import OutboxError
from fieldwatch_edge.outbox.pages import INDEX_INNER, INDEX_LEAF, TABLE_LEAF, Pages, first, values
from fieldwatch_edge.outbox.records import Checkpoint, Entry, Priority, checksum
from fieldwatch_shared.messages import Heartbeat, Media, Observation, Reading, Suspicion
from fieldwatch_shared.topics import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from fieldwatch_edge.outbox.pages import Cell
    from fieldwatch_edge.outbox.store import Outbox

log = structlog.get_logger(__name__)

_MODELS: dict[Kind, type[BaseModel]] = {
    Kind.OBSERVATIONS: Observation,
    Kind.SUSPICIONS: Suspicion,
    Kind.HEARTBEAT: Heartbeat,
    Kind.MEDIA: Media,
    Kind.READINGS: Reading,
}
_KINDS, _PRIORITIES = frozenset(map(str, _MODELS)), frozenset(map(int, Priority))
_DAMAGED, _DONE = ".damaged-", ".saved"
CHECK_AFTER_S = 24 * 3600.0
_AT_ONCE = 64
"""Records written in one transaction: each waits for the disk."""
_KIND_OF = {
    Priority.SUSPICION: Kind.SUSPICIONS,
    Priority.SUSPICION_PICTURE: Kind.MEDIA,
    Priority.SUSPICION_CONTEXT: Kind.MEDIA,
    Priority.HEARTBEAT: Kind.HEARTBEAT,
    Priority.OBSERVATION: Kind.OBSERVATIONS,
    Priority.PICTURE: Kind.MEDIA,
}


@dataclass(frozen=True, slots=True)
class Found:
    """A record that is as it was written."""

    entry: Entry
    camera: str | None
    """Whose open track it is."""


@dataclass(slots=True)
class Salvaged:
    """What became of a damaged store."""

    saved: Counter[Kind] = field(default_factory=Counter)
    lost: Counter[Kind] = field(default_factory=Counter)
    """Known to have been there, and gone."""

    def __str__(self) -> str:
        saved = ", ".join(f"{count} {kind}" for kind, count in sorted(self.saved.items())) or "nothing"
        lost = ", ".join(f"{count} {kind}" for kind, count in sorted(self.lost.items())) or "nothing known"
        return f"of the damaged outbox saved: {saved}; lost: {lost}"


class _Numbers:
    """A set of row numbers, packed: millions of records may lie in a store."""

    def __init__(self) -> None:
        self._bits: dict[int, int] = {}

    def add(self, number: int) -> None:
        self._bits[number >> 12] = self._bits.get(number >> 12, 0) | 1 << (number & 4095)

    def without(self, others: _Numbers) -> int:
        """How many are not among `others`."""
        return sum((bits & ~others._bits.get(key, 0)).bit_count() for key, bits in self._bits.items())


def salvage(
    damaged: Path, outbox: Outbox, live: frozenset[str], stop: Callable[[], bool] = lambda: False
) -> Salvaged | None:
    """Write into `outbox` what can be read of the store `damaged`, fires first.

    Args:
        live: cameras (deployments) that will not see their open tracks again: these are ready to be sent.

    Returns:
        What was saved and lost; None where `stop` ended it.

    Raises:
        OSError: the damaged store cannot be opened.
        OutboxError: the disk refuses. What was written stays.
    """
    told, known, seen = Salvaged(), {priority: _Numbers() for priority in Priority}, _Numbers()
    with Pages(damaged) as pages:
        for urgent in (True, False):
            waiting: list[Found] = []
            for number, priority, found in _rows(pages, urgent=urgent):
                if stop():
                    return None
                if number is not None:
                    known[priority].add(number)
                if found is None:
                    continue
                if number is not None:
                    seen.add(number)
                told.saved[found.entry.kind] += 1
                waiting.append(found)
                if len(waiting) >= _AT_ONCE or found.entry.attachment is not None:
                    _write(outbox, waiting, live)
                    waiting = []
            _write(outbox, waiting, live)
        for priority, number in _indexed(pages):
            known[priority].add(number)
        before = _given_up(pages)
    for priority, numbers in known.items():
        told.lost[_KIND_OF[priority]] += numbers.without(seen)
    told.lost = +told.lost
    outbox.given_up(before + told.lost)
    return told


def strays(path: Path) -> list[Found]:
    """Records in the write-ahead log that SQLite will pass over: behind a frame that was damaged, or not
    written to its end in a power cut. Call it before SQLite opens the store, which may overwrite them."""
    wal = path.with_name(path.name + "-wal")
    if not path.exists() or not wal.exists() or wal.stat().st_size == 0:
        return []
    with Pages(path) as pages:
        found: dict[str, Found] = {}
        for _, cells in pages.strays(TABLE_LEAF):
            for cell in cells:
                row = _row(pages, cell, behind=True)
                if row is not None and row.entry.id not in found:
                    found[row.entry.id] = row
        return list(found.values())


def checkpoints(damaged: Path) -> dict[str, Checkpoint]:
    """Where each camera stood, as far as that is as it was written. Quick: by the table's own tree."""
    found = {}
    with Pages(damaged) as pages:
        for cells in pages.tree(1):
            for cell in cells:
                said = values(pages.content(cell) or b"")
                if said is None or said[:2] != ["table", "checkpoint"] or not isinstance(said[3], int):
                    continue
                for rows in pages.tree(said[3]):
                    for row in rows:
                        match values(pages.content(row) or b""):
                            case [str(camera), None | str() as position, str(state), int(said_sum)]:
                                checkpoint = Checkpoint(position, state)
                                if checkpoint.checksum(camera) == said_sum:
                                    found[camera] = checkpoint
    return found


def set_aside(path: Path) -> Path:
    """Put the damaged store at `path` beside, to be saved from.

    Raises:
        OSError: the disk refuses.
    """
    kept = path.with_name(f"{path.name}{_DAMAGED}{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}")
    # The write-ahead log first: a new file must never meet it.
    for suffix in ("-wal", "-shm", ""):
        file = path.with_name(path.name + suffix)
        if file.exists():
            file.rename(kept.with_name(kept.name + suffix))
    return kept


def damaged_stores(path: Path) -> list[Path]:
    """Those that were set aside and are not saved from yet, oldest first."""
    found = path.parent.glob(f"{path.name}{_DAMAGED}*")
    return sorted(file for file in found if not file.name.endswith(("-wal", "-shm", _DONE)))


def _put_away(damaged: Path, *, keep: bool) -> None:
    """Delete a store that was saved from; `keep`: one at most, the newest, for whoever wants to look."""
    path = damaged.with_name(damaged.name.partition(_DAMAGED)[0])
    for old in path.parent.glob(f"{path.name}{_DAMAGED}*{_DONE}"):
        old.unlink()
    for suffix in ("-wal", "-shm"):
        damaged.with_name(damaged.name + suffix).unlink(missing_ok=True)
    room = shutil.disk_usage(path.parent).free > 4 * damaged.stat().st_size
    if keep and room:
        damaged.rename(damaged.with_name(damaged.name + _DONE))
    else:
        damaged.unlink()


def _write(outbox: Outbox, found: list[Found], live: frozenset[str]) -> None:
    """Raises OutboxError where the disk refuses."""
    outbox.write(ready=[each.entry for each in found if each.camera is None or each.camera in live])
    for each in found:
        if each.camera is not None and each.camera not in live:
            outbox.write(each.camera, open_tracks=[each.entry])


def _rows(pages: Pages, *, urgent: bool) -> Iterator[tuple[int | None, Priority, Found | None]]:
    """Each row of the table `record`: its number, its priority, and itself where it is as written."""
    for _, cells in pages.cells(TABLE_LEAF):
        for cell in cells:
            priority = _priority(cell)
            if priority is not None and (priority <= Priority.SUSPICION_CONTEXT) is urgent:
                yield cell.rowid, priority, _row(pages, cell)
    for _, cells in pages.strays(TABLE_LEAF):
        for cell in cells:
            priority = _priority(cell)
            if priority is not None and (priority <= Priority.SUSPICION_CONTEXT) is urgent:
                yield None, priority, _row(pages, cell, behind=True)


def _priority(cell: Cell) -> Priority | None:
    """Of a cell that has the shape of a row of `record`, told by its first columns alone."""
    match first(cell.local, 4):
        case (11 | 12, [None, str(id_), str(kind), int(priority)]) if len(id_) == 36 and kind in _KINDS:
            return Priority(priority) if priority in _PRIORITIES else None
    return None


def _row(pages: Pages, cell: Cell, *, behind: bool = False) -> Found | None:
    for way in (True, False) if behind else (False,):
        content = pages.content(cell, behind=way)
        columns = values(content) if content is not None else None
        if columns is not None and len(columns) in (11, 12):
            found = _found(columns)
            if found is not None:
                return found
    return None


def _found(columns: list[Any]) -> Found | None:
    """A row of `record` as what it was, where it is that."""
    _, id_, kind, priority, camera, body, attachment = columns[:7]
    said = columns[11] if len(columns) == 12 else None
    if not isinstance(body, str) or kind not in _KINDS or priority not in _PRIORITIES:
        return None
    if not (camera is None or isinstance(camera, str)) or not isinstance(id_, str):
        return None
    kind = Kind(kind)
    try:
        if said is None:
            _MODELS[kind].model_validate_json(body)
        elif said != checksum(id_, kind, body):
            return None
        record = json.loads(body)
        if record["id"] != id_:
            return None
        if kind is Kind.MEDIA and (
            not isinstance(attachment, bytes) or hashlib.sha256(attachment).hexdigest() != record["sha256"]
        ):
            return None
        alone = {Kind.SUSPICIONS: id_, Kind.MEDIA: id_, Kind.HEARTBEAT: record.get("message_id")}
    except (ValidationError, ValueError, KeyError, TypeError):
        return None
    entry = Entry(id_, kind, Priority(priority), body, attachment, alone.get(kind))
    return Found(entry, camera)


def _indexed(pages: Pages) -> Iterator[tuple[Priority, int]]:
    """Priority and row number of each entry of the indices that have both. A page is believed where all of
    its entries are such, in order: what a disk has scrambled is not."""
    for _, cells in pages.cells(INDEX_LEAF, INDEX_INNER):
        entries = []
        for cell in cells:
            match values(cell.local) if not cell.overflow else None:
                case [int(priority), int(number), int(rowid)] if priority in _PRIORITIES and number == rowid:
                    entries.append((priority, number))
                case _:
                    break
        if len(entries) == len(cells) and all(a < b for a, b in pairwise(entries)):
            yield from ((Priority(priority), number) for priority, number in entries)


def _given_up(pages: Pages) -> Counter[Kind]:
    """What the damaged store itself had given up."""
    found: Counter[Kind] = Counter()
    for _, cells in pages.cells(INDEX_LEAF):
        for cell in cells:
            match values(cell.local) if not cell.overflow else None:
                case [str(kind), int(records)] if kind in _KINDS and 0 < records < 2**40:
                    found[Kind(kind)] = records
    return found


class Salvaging:
    """The companion that saves what earlier, damaged stores hold, while the node already watches again; then
    it looks through the store in use, so that damage is found before it hurts."""

    name = "salvage"

    def __init__(self, outbox: Outbox, live: frozenset[str], notice: Callable[[str], None]) -> None:
        """`live`: as of `salvage`."""
        self._outbox, self._live, self._notice = outbox, live, notice
        self._stop = threading.Event()

    def stop(self) -> None:
        self._stop.set()

    def report(self) -> dict[str, Any]:
        return {}

    def run(self) -> None:
        self.save()
        while not self._stop.wait(CHECK_AFTER_S):
            self._outbox.check()

    def save(self) -> None:
        """Whatever lies there.

        Raises:
            OutboxError: the disk refuses.
        """
        for damaged in damaged_stores(self._outbox.path):
            try:
                told = salvage(damaged, self._outbox, self._live, self._stop.is_set)
            except OSError as error:
                raise OutboxError(f"{damaged.name} cannot be saved from: {error}") from error
            if told is None:
                return
            log.warning("salvage.done", store=damaged.name, saved=dict(told.saved), lost=dict(told.lost))
            self._notice(str(told))
            _put_away(damaged, keep=bool(told.lost))
