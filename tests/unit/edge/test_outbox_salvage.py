"""Whatever a disk does to an outbox: it opens, keeps each record whose pages are whole, and invents none."""

from __future__ import annotations

import hashlib
import random
import shutil
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest
from tests.unit.edge.records import heartbeat, observation, picture, suspicion

from fieldwatch_edge.domain import Picture
from fieldwatch_edge.errors import CorruptOutboxError
from fieldwatch_edge.outbox import Checkpoint, Entry, Outbox, Priority, note_damage, open_or_renew
from fieldwatch_edge.outbox.pages import TABLE_LEAF, Pages, first, varint
from fieldwatch_edge.outbox.salvage import Salvaging, checkpoints, damaged_stores, salvage
from fieldwatch_shared.topics import Kind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MIB = 1024**2
NAME = "outbox.sqlite"
CAMERA, LIVE = "folder camera", "live camera"


def shot(number: int, size: int) -> Picture:
    plain = picture(number)
    content = random.Random(number).randbytes(size)
    media = plain.media.model_copy(update={"sha256": hashlib.sha256(content).hexdigest()})
    return Picture(media, content)


@dataclass(frozen=True)
class Store:
    """A real outbox as a power cut leaves it: the database and its write-ahead log, and what they hold."""

    folder: Path
    entries: dict[str, Entry]
    versions: dict[str, set[str]]
    """Every body that a record ever had."""
    lies_in: dict[str, list[tuple[str, int, int]]]
    """By record: file, offset and length of each page that it lies in."""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    folder = tmp_path_factory.mktemp("store")
    chance = random.Random(1)
    outbox = Outbox(folder / NAME, 64 * MIB)
    written: list[Entry] = []
    for number in range(0, 240, 4):
        entries = [Entry.of(observation(number + each)) for each in range(3)]
        entries.append(Entry.of(shot(number, chance.randrange(300, 30_000))))
        if number % 5 == 0:
            entries += [Entry.of(suspicion(number)), Entry.of(heartbeat(number))]
            entries.append(Entry.of(shot(1000 + number, 9000), Priority.SUSPICION_PICTURE))
        outbox.write(
            CAMERA, ready=entries, checkpoint=Checkpoint(f"{number}.jpg", '{"x":' + "1" * 9000 + "}")
        )
        written += entries
        if number == 120:  # what the cloud has is deleted, and leaves gaps
            gone = [message.id for message in iter(lambda: outbox.take(0, 7), None)][::2]
            outbox.forget(gone)
            outbox._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    first = Entry.of(observation(900))
    longer = replace(first, body=observation(900, frames=9).model_dump_json())
    outbox.write(LIVE, open_tracks=[first])
    outbox.write(LIVE, open_tracks=[longer])
    kept = tmp_path_factory.mktemp("kept")
    for file in folder.iterdir():
        shutil.copy(file, kept)
    here = {entry.id: entry for entry in outbox}
    outbox.close()
    here[longer.id] = longer
    versions = {entry.id: {entry.body} for entry in written} | {first.id: {first.body, longer.body}}
    assert (kept / f"{NAME}-wal").stat().st_size > 100_000
    return Store(kept, here, versions, _places(kept / NAME))


def _places(path: Path) -> dict[str, list[tuple[str, int, int]]]:
    found: dict[str, list[tuple[str, int, int]]] = {}
    with Pages(path) as pages:
        size = pages.page_size

        def place(number: int) -> tuple[str, int, int]:
            at = pages._over.get(number)
            return (f"{NAME}-wal", at - 24, size + 24) if at else (NAME, (number - 1) * size, size)

        for number in range(2, pages.count + 1):
            page = pages.page(number)
            assert page is not None
            for cell in pages._cells(page, 0) if page[0] == TABLE_LEAF else []:
                mine, following = [place(number)], cell.overflow
                while following:
                    mine.append(place(following))
                    rest = pages.page(following)
                    assert rest is not None
                    following = int.from_bytes(rest[:4], "big")
                match first(cell.local, 2):
                    case (12, [None, str(id_)]):
                        found[id_] = mine
    return found


def test_a_whole_store_is_read_as_sqlite_reads_it(store: Store, tmp_path: Path) -> None:
    outbox = Outbox(tmp_path / "new", 64 * MIB)
    shutil.copytree(store.folder, tmp_path / "copy")
    told = salvage(tmp_path / "copy" / NAME, outbox, frozenset({LIVE}))
    assert told is not None
    assert {entry.id: (entry.body, entry.attachment) for entry in outbox} == {
        entry.id: (entry.body, entry.attachment) for entry in store.entries.values()
    }
    assert sum(told.saved.values()) == len(store.entries)
    assert not told.lost
    assert set(store.entries) <= set(store.lies_in), "or the other tests would test nothing"
    assert checkpoints(tmp_path / "copy" / NAME)[CAMERA].position == "236.jpg"
    first = next(iter(outbox))
    assert first.kind is Kind.SUSPICIONS
    outbox.close()


Damage = "Callable[[Path, random.Random], list[tuple[str, int, int]]]"


def _overwrite(path: Path, at: int, data: bytes) -> tuple[str, int, int]:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(data)
    return path.name, at, len(data)


def flipped_bytes(folder: Path, chance: random.Random) -> list[tuple[str, int, int]]:
    path = folder / chance.choice([NAME, f"{NAME}-wal"])
    size = path.stat().st_size
    return [
        _overwrite(path, chance.randrange(size), chance.randbytes(1)) for _ in range(chance.randrange(1, 40))
    ]


def lost_pages(folder: Path, chance: random.Random) -> list[tuple[str, int, int]]:
    path = folder / NAME
    pages = path.stat().st_size // 4096
    content = chance.choice([bytes(4096), chance.randbytes(4096), b"\xff" * 4096])
    return [_overwrite(path, chance.randrange(pages) * 4096, content) for _ in range(chance.randrange(1, 9))]


def first_page(folder: Path, chance: random.Random) -> list[tuple[str, int, int]]:
    return [_overwrite(folder / NAME, 0, chance.randbytes(chance.choice([16, 100, 4096])))]


def cut_off(folder: Path, chance: random.Random) -> list[tuple[str, int, int]]:
    path = folder / chance.choice([NAME, f"{NAME}-wal"])
    size = path.stat().st_size
    left = chance.choice([0, chance.randrange(size)])
    with path.open("r+b") as file:
        file.truncate(left)
    return [(path.name, left, size - left)]


def zeroed_log(folder: Path, chance: random.Random) -> list[tuple[str, int, int]]:
    path = folder / f"{NAME}-wal"
    size = path.stat().st_size
    at, length = chance.choice([(0, 32), (0, size), (chance.randrange(size), 8192)])
    return [_overwrite(path, at, bytes(min(length, size - at)))]


@pytest.mark.parametrize("damage", [flipped_bytes, lost_pages, first_page, cut_off, zeroed_log])
@pytest.mark.parametrize("seed", range(12))
def test_what_lies_in_whole_pages_is_kept_and_nothing_is_invented(
    store: Store, tmp_path: Path, damage: Callable[..., list[tuple[str, int, int]]], seed: int
) -> None:
    folder = tmp_path / "state"
    shutil.copytree(store.folder, folder)
    hit = damage(folder, random.Random(f"{damage.__name__} {seed}"))
    entries, notices = _brought_back(folder / NAME)
    for id_, entry in entries.items():
        assert entry.body in store.versions[id_], "a record that nobody wrote"
        assert entry.attachment == (
            store.entries[id_].attachment if id_ in store.entries else entry.attachment
        )
        if entry.kind is Kind.MEDIA:
            assert hashlib.sha256(entry.attachment or b"").hexdigest() in entry.body
    for id_ in store.entries:
        if not any(_touch(one, other) for one in store.lies_in[id_] for other in hit):
            assert id_ in entries, f"{store.entries[id_].kind} lost, though its pages are whole; {notices}"


def _touch(one: tuple[str, int, int], other: tuple[str, int, int]) -> bool:
    return one[0] == other[0] and one[1] < other[1] + other[2] and other[1] < one[1] + one[2]


def _brought_back(path: Path) -> tuple[dict[str, Entry], list[str]]:
    """What the node would have after as many restarts as it takes."""
    notices: list[str] = []
    for _ in range(4):
        outbox, notice = open_or_renew(path, 64 * MIB)
        notices += [notice] if notice else []
        try:
            for damaged in damaged_stores(path):
                assert salvage(damaged, outbox, frozenset({LIVE})) is not None
                assert salvage(damaged, outbox, frozenset({LIVE})) is not None, "repeatable"
            outbox.check()
            outbox.release(LIVE)
            entries = {entry.id: entry for entry in outbox}
        except CorruptOutboxError:
            note_damage(path)
        else:
            outbox.close()
            return entries, notices
        outbox.close()
    raise AssertionError("it does not come back")


def test_what_is_known_lost_is_told_and_counts_as_given_up(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "state"
    shutil.copytree(store.folder, folder)
    path = folder / NAME
    outbox = Outbox(path, 64 * MIB)
    outbox.close()  # takes the log into the file
    lost = next(id_ for id_, entry in store.entries.items() if entry.kind is Kind.SUSPICIONS)
    content = path.read_bytes()
    at = content.index(lost.encode())
    _overwrite(path, at - at % 4096, bytes(4096))
    note_damage(path)
    outbox, notice = open_or_renew(path, 64 * MIB)
    assert "being saved" in (notice or "")
    assert outbox.checkpoint(CAMERA) is not None
    notices: list[str] = []
    Salvaging(outbox, frozenset({LIVE}), notices.append).save()
    (told,) = notices
    assert "lost: " in told
    assert "suspicions" in told.partition("lost: ")[2]
    assert outbox.statistics().given_up[Kind.SUSPICIONS] >= 1
    assert lost not in {entry.id for entry in outbox}
    assert damaged_stores(path) == []
    outbox.close()


def test_a_store_of_a_former_format_is_saved_from_by_the_contract(tmp_path: Path) -> None:
    path = tmp_path / NAME
    outbox = Outbox(path, MIB)
    outbox.write(ready=[Entry.of(observation(1)), Entry.of(observation(2))])
    outbox._writer.execute("UPDATE record SET checksum = NULL")
    outbox._writer.execute("UPDATE record SET body = substr(body, 1, 100) WHERE seq = 2")
    outbox.close()
    new = Outbox(tmp_path / "new", MIB)
    told = salvage(path, new, frozenset())
    assert told is not None
    assert [entry.id for entry in new] == [str(observation(1).id)]
    assert told.lost == {Kind.OBSERVATIONS: 1}
    new.close()


@pytest.mark.parametrize("number", [0, 1, 127, 128, 16_383, 2**31, 2**56 - 1, 2**64 - 1])
def test_varints(number: int) -> None:
    groups = [number & 0x7F]
    rest = number >> 7
    if number >= 2**56:
        groups, rest = [number & 0xFF], number >> 8
    while rest or (number >= 2**56 and len(groups) < 9):
        groups.append(rest & 0x7F | 0x80)
        rest >>= 7
    data = bytes(reversed(groups))
    assert varint(data + b"\x7f", 0) == (number, len(data))
