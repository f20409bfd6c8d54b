"""A disk that is full, or read-only: a real small file system that is filled up, and remounted."""

from __future__ import annotations

import contextlib
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.unit.edge.records import heartbeat, observation, picture, suspicion

from fieldwatch_edge.outbox import Checkpoint, Entry, Outbox, Priority, Settling, locked, open_outbox
from fieldwatch_edge.outbox import refuge as module
from fieldwatch_edge.outbox.refuge import OutboxWithRefuge, memory_folder
from fieldwatch_edge.outbox.sending import ANY_SIZE
from fieldwatch_shared.topics import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from fieldwatch_edge.outbox import Message

MIB = 1024**2


def mount(*arguments: str) -> bool:
    return subprocess.run(["mount", *arguments], capture_output=True, check=False).returncode == 0


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    if os.getuid() or not mount("-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)):
        pytest.skip("mounting a file system is not allowed here")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture(autouse=True)
def no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REST_S", 0.0)


def opened(disk: Path, memory: Path) -> Outbox:
    return open_outbox(disk / "o", 64 * MIB, memory / "m", 8 * MIB)[0]


class Card:
    """A memory card: ext4 on a loop device, which the kernel makes read-only when it finds an error."""

    def __init__(self, folder: Path) -> None:
        self.folder, self._image = folder / "card", folder / "card.img"
        self.folder.mkdir()
        with self._image.open("wb") as file:
            file.truncate(16 * MIB)
        made = subprocess.run(["mkfs.ext4", "-q", "-F", self._image], capture_output=True, check=False)
        if os.getuid() or made.returncode or not self.insert():
            pytest.skip("mounting a file system is not allowed here")

    def insert(self) -> bool:
        return mount("-o", "loop,errors=remount-ro", str(self._image), str(self.folder))

    def fails(self) -> None:
        where = subprocess.check_output(["findmnt", "-no", "SOURCE", self.folder], text=True).strip()
        trigger = Path("/sys/fs/ext4") / Path(where).name / "trigger_fs_error"
        if not trigger.exists():
            pytest.skip("this kernel lets nobody play an error of a file system")
        trigger.write_text("played by a test")

    def out(self) -> None:
        subprocess.run(["umount", self.folder], check=False)

    def mended(self) -> None:
        self.out()
        subprocess.run(["fsck.ext4", "-y", self._image], capture_output=True, check=False)
        assert self.insert()


@pytest.fixture
def card(tmp_path: Path) -> Iterator[Card]:
    card = Card(tmp_path)
    yield card
    card.out()


def fill(disk: Path) -> None:
    file = os.open(disk / "others", os.O_WRONLY | os.O_CREAT)
    with contextlib.suppress(OSError):
        while True:
            os.write(file, b"x" * 4096)
    os.close(file)


def ids(outbox: Outbox) -> set[str]:
    return {entry.id for entry in outbox}


def test_with_a_full_disk_fires_go_out_from_memory_and_the_rest_goes_back(disk: Path, tmp_path: Path) -> None:
    outbox = opened(disk, tmp_path)
    outbox.write(ready=[Entry.of(observation(1))])
    fill(disk)
    woken: list[int] = []
    outbox.listen(lambda: woken.append(1))
    notices: list[str] = []
    settling = Settling(outbox, disk / "o", notices.append, lambda: None)
    written = [Entry.of(picture(number, 100_000)) for number in range(2, 30)]
    for entry in written:
        outbox.write("camera", ready=[entry], checkpoint=Checkpoint(entry.id, "{}"))
    fire = Entry.of(suspicion(50))
    outbox.write(ready=[fire])
    outbox.write("camera", open_tracks=[Entry.of(observation(60))])
    assert isinstance(outbox, OutboxWithRefuge)
    assert outbox.in_memory > 20
    assert len(woken) >= 29, "the link hears of what is in memory, too"
    settling.look()
    settling.look()
    (told,) = notices
    assert "not safe in a power cut" in told
    assert "full" in told
    first = outbox.take(0, 100)
    assert first is not None
    assert first.kind is Kind.SUSPICIONS
    assert outbox.forget([first.id]) == 1
    assert outbox.checkpoint("camera") == Checkpoint(written[-1].id, "{}")
    # The process ends and comes back; then somebody makes room.
    outbox.close()
    outbox = opened(disk, tmp_path)
    assert isinstance(outbox, OutboxWithRefuge)
    assert outbox.in_memory > 20
    subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
    (disk / "others").unlink()
    notices.clear()
    Settling(outbox, disk / "o", notices.append, lambda: None).look()
    assert "moved onto it" in notices[0]
    assert outbox.in_memory == 0
    assert not (tmp_path / "m").exists()
    outbox.close()
    plain = Outbox(disk / "o", 64 * MIB)
    assert ids(plain) == {str(observation(1).id), *(entry.id for entry in written)}
    assert plain.checkpoint("camera") == Checkpoint(written[-1].id, "{}")
    assert plain.release("camera") == 1
    plain.close()


def test_before_the_disk_is_full_old_pictures_make_room_for_what_comes(disk: Path, tmp_path: Path) -> None:
    """Its budget is larger than the disk, as on a card on which others write too."""
    subprocess.run(["mount", "-o", "remount,size=24m", str(disk)], check=True)
    outbox = opened(disk, tmp_path)
    assert isinstance(outbox, OutboxWithRefuge)
    fires = [Entry.of(picture(n, 100_000), Priority.SUSPICION_PICTURE) for n in range(1000, 1004)]
    outbox.write(ready=fires)
    (disk / "others").write_bytes(bytes(8 * MIB))
    pictures = [Entry.of(picture(n, 100_000)) for n in range(300)]
    seen = [Entry.of(observation(n)) for n in range(300)]
    for shown, saw in zip(pictures, seen, strict=True):
        outbox.write(ready=[shown, saw])
    assert (outbox.refusal, outbox.in_memory) == (None, 0), "all of it is on the disk"
    left = [entry.id for entry in outbox if entry.priority is Priority.PICTURE]
    assert left == [entry.id for entry in pictures[-len(left) :]], "the oldest went"
    assert len(left) > 20
    assert {entry.id for entry in (*fires, *seen)} <= ids(outbox)
    assert outbox.statistics().given_up == {Kind.MEDIA: 300 - len(left)}
    outbox.close()


def test_what_is_moved_onto_the_disk_while_the_link_asks_for_it_is_there(
    disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbox = opened(disk, tmp_path)
    assert isinstance(outbox, OutboxWithRefuge)
    fill(disk)
    outbox.write(ready=[Entry.of(suspicion(1))])
    memory = outbox._memory
    assert memory is not None
    (disk / "others").unlink()
    take = memory.take

    def move_first(now: float, batch: int, most: Mapping[Priority, int]) -> Message | None:
        assert outbox.settle() == 1  # as its own thread does
        return take(now, batch, most)

    monkeypatch.setattr(memory, "take", move_first)
    message = outbox.take(0, 100)
    assert message is not None
    assert message.id == suspicion(1).id
    outbox.close()


def test_what_waits_on_a_disk_that_can_only_be_read_is_sent_fires_first(card: Card, tmp_path: Path) -> None:
    outbox = opened(card.folder, tmp_path)
    outbox.write(ready=[Entry.of(observation(1)), Entry.of(suspicion(2))])
    outbox.write(ready=[Entry.of(picture(3), Priority.SUSPICION_PICTURE)])
    card.fails()
    outbox.write(ready=[Entry.of(heartbeat(4)), Entry.of(suspicion(5))])
    sent = []
    outbox.resend_all()
    outbox.resend_overdue(0)
    while (message := outbox.take(0, 100)) is not None:
        sent.append(message)
    kinds = [message.kind for message in sent]
    assert kinds.count(Kind.SUSPICIONS) == 2
    assert {*kinds} == {Kind.SUSPICIONS, Kind.HEARTBEAT, Kind.MEDIA, Kind.OBSERVATIONS}
    assert outbox.forget([message.id for message in sent]) == 5
    assert not outbox.empty, "what lies on the disk cannot be deleted: it is sent again, and known by its id"
    outbox.write(ready=[Entry.of(heartbeat(6))])
    outbox.close()
    card.mended()
    outbox = opened(card.folder, tmp_path)
    assert isinstance(outbox, OutboxWithRefuge)
    assert outbox.settle() == 1
    assert ids(outbox) == {
        str(each) for each in (observation(1).id, suspicion(2).id, picture(3).media.id, heartbeat(6).id)
    }
    outbox.close()


def test_what_a_read_only_disk_holds_is_sent_once_and_then_keeps_nobody_awake(
    card: Card, tmp_path: Path
) -> None:
    """A card that the kernel has made read-only, on a mast that nobody visits: over months, not each 15 s."""
    outbox = opened(card.folder, tmp_path)
    outbox.write(ready=[Entry.of(suspicion(1)), Entry.of(observation(2)), Entry.of(picture(3))])
    first = outbox.take(0, 100, {Priority.OBSERVATION: MIB})
    assert first is not None
    card.fails()
    outbox.write(ready=[Entry.of(heartbeat(4))])
    sent: list[str] = []
    for _ in range(3):
        while (message := outbox.take(0, 100)) is not None:
            sent.append(message.kind)
            outbox.forget([message.id])
    assert sorted(sent) == sorted([Kind.SUSPICIONS, Kind.HEARTBEAT, Kind.OBSERVATIONS, Kind.MEDIA])
    assert not outbox.fires_wait, "or a node that sleeps would never sleep again"
    assert not outbox.any_to_send(ANY_SIZE), "or a line that costs by the call would call for ever"
    outbox.write(ready=[Entry.of(suspicion(5))])
    assert outbox.fires_wait
    outbox.close()


def test_a_fire_on_a_disk_that_can_only_be_read_waits_for_nothing_in_memory(
    card: Card, tmp_path: Path
) -> None:
    outbox = opened(card.folder, tmp_path)
    outbox.write(ready=[Entry.of(suspicion(1))])
    card.fails()
    outbox.write(ready=[Entry.of(observation(number)) for number in range(2, 5)])
    message = outbox.take(0, 100)
    assert message is not None
    assert message.kind is Kind.SUSPICIONS
    outbox.close()


def test_where_a_camera_stands_is_never_ahead_of_what_is_on_the_disk(disk: Path, tmp_path: Path) -> None:
    outbox = opened(disk, tmp_path)
    fill(disk)
    written = [Entry.of(picture(number, 100_000)) for number in range(2, 30)]
    for number, entry in enumerate(written):
        outbox.write("camera", ready=[entry], checkpoint=Checkpoint(f"{number:03}", "{}"))
    subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
    (disk / "others").unlink()
    # The disk takes records again, and nobody has moved anything yet.
    outbox.write("camera", ready=[Entry.of(observation(90))], checkpoint=Checkpoint("090", "{}"))
    after_a_cut = Outbox(disk / "o", 64 * MIB)
    stood = after_a_cut.checkpoint("camera")
    assert stood is None or all(
        entry.id in ids(after_a_cut)
        for number, entry in enumerate(written)
        if f"{number:03}" <= str(stood.position)
    )
    assert outbox.checkpoint("camera") == Checkpoint("090", "{}")
    fire = Entry.of(suspicion(91))
    outbox.write(ready=[fire])
    assert fire.id in ids(after_a_cut), "a fire is safe as soon as it can be"
    assert isinstance(outbox, OutboxWithRefuge)
    outbox.settle()
    assert after_a_cut.checkpoint("camera") == Checkpoint("090", "{}"), "the newer one"
    assert ids(after_a_cut) == {*(entry.id for entry in written), str(observation(90).id), fire.id}
    after_a_cut.close()
    outbox.close()


def test_where_a_camera_stands_is_settled_though_all_records_were_sent(disk: Path, tmp_path: Path) -> None:
    outbox = opened(disk, tmp_path)
    fill(disk)
    outbox.write(
        "camera", ready=[Entry.of(picture(1, MIB)), Entry.of(suspicion(2))], checkpoint=Checkpoint("2", "{}")
    )
    while (message := outbox.take(0, 100)) is not None:
        outbox.forget([message.id])
    outbox.close()
    (disk / "others").unlink()
    outbox = opened(disk, tmp_path)  # a new process: of the disk's refusal it knows nothing
    Settling(outbox, disk / "o", lambda _: None, lambda: None).look()
    outbox.close()
    plain = Outbox(disk / "o", 64 * MIB)
    assert plain.checkpoint("camera") == Checkpoint("2", "{}")
    plain.close()


def test_a_node_begins_in_memory_where_its_disk_is_read_only(disk: Path, tmp_path: Path) -> None:
    Outbox(disk / "o", MIB).close()
    with locked(disk):
        pass
    assert mount("-o", "remount,ro", str(disk))
    with locked(disk):
        outbox, notice = open_outbox(disk / "o", MIB, tmp_path / "m", MIB)
    assert "not safe in a power cut" in (notice or "")
    outbox.write(ready=[Entry.of(suspicion(1))])
    begun: list[int] = []
    settling = Settling(outbox, disk / "o", lambda _: None, lambda: begun.append(1))
    settling.look()
    assert not begun
    assert mount("-o", "remount,rw", str(disk))
    settling.look()
    assert begun, "the node is begun anew, with its disk"
    outbox.close()
    again = opened(disk, tmp_path)
    Settling(again, disk / "o", lambda _: None, lambda: None).look()
    assert ids(again) == {str(suspicion(1).id)}
    again.close()


def test_a_folder_in_memory_is_for_this_node_alone(tmp_path: Path) -> None:
    assert memory_folder("mast-1", {"RUNTIME_DIRECTORY": f"{tmp_path}/a:{tmp_path}/b"}) == tmp_path / "a"
    own = memory_folder("mast-1", {}, tmp_path)
    assert own is not None
    assert own.stat().st_mode & 0o077 == 0
    own.chmod(0o755)  # as somebody else may have made it
    assert memory_folder("mast-1", {}, tmp_path) is None
    assert memory_folder("mast-1", {}, tmp_path / "missing") is None
