"""Commands count once, and while they last."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from fieldwatch_edge.link import once
from fieldwatch_edge.link.once import LATE, OnlyOnce
from fieldwatch_shared.ids import uuid7
from fieldwatch_shared.messages import Command, StopLiveView

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

    import pytest

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def command(at: datetime = NOON, lasts: timedelta = 2 * MINUTE, id_: UUID | None = None) -> bytes:
    stop = StopLiveView(id=uuid7())
    return (
        Command(command=stop, id=id_ or uuid7(at), issued_at=at, expires_at=at + lasts)
        .model_dump_json()
        .encode()
    )


class Node:
    def __init__(self, folder: Path, now: datetime | None = None) -> None:
        self.done: list[bytes] = []
        self.path, self.now = folder / "commands.json", now
        self.restart()

    def restart(self) -> None:
        self._once = OnlyOnce(self.path, self.done.append, vouched_time=lambda: self.now)

    def does(self, payload: bytes) -> bool:
        before = len(self.done)
        self._once(payload)
        return len(self.done) > before


def test_the_same_again_is_refused_also_after_a_restart(tmp_path: Path) -> None:
    node = Node(tmp_path)
    first = command()
    assert node.does(first)
    assert not node.does(first)
    node.restart()
    assert not node.does(first)
    assert node.does(command())


def test_what_ended_before_the_newest_was_given_is_past_whatever_the_clock_says(tmp_path: Path) -> None:
    node = Node(tmp_path)
    withheld, slow = command(NOON), command(NOON + MINUTE)
    assert node.does(command(NOON + 2 * MINUTE))
    assert not node.does(withheld)
    assert node.does(slow), "another process gave it a minute earlier, and it still holds"


def test_a_clock_that_is_vouched_for_is_asked(tmp_path: Path) -> None:
    node = Node(tmp_path, now=NOON + 2 * MINUTE + LATE)
    assert not node.does(command(NOON))
    assert node.does(command(NOON, lasts=3 * MINUTE))
    assert not node.does(command(datetime(2031, 1, 1, tzinfo=UTC))), "it would keep out all others till then"
    assert node.does(command(node.now))


def test_without_a_number_only_from_a_cloud_that_never_gave_one(tmp_path: Path) -> None:
    node = Node(tmp_path)
    bare = Command(command=StopLiveView(id=uuid7())).model_dump_json().encode()
    assert node.does(bare)
    assert node.does(command())
    assert not node.does(bare)
    node.restart()
    assert not node.does(bare)


def test_a_kind_that_is_not_known_is_passed_on_and_what_is_no_command_is_not(tmp_path: Path) -> None:
    node = Node(tmp_path)
    assert node.does(b'{"command": {"kind": "dance"}}')
    for wrong in (b"{", b"[]", b'{"id": "' + str(uuid7()).encode() + b'", "command": {}}'):
        assert not node.does(wrong)


def test_what_is_remembered_is_bounded_and_what_is_forgotten_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(once, "REMEMBERED", 3)
    node = Node(tmp_path)
    sent = [command(NOON + timedelta(seconds=n), lasts=60 * MINUTE) for n in range(6)]
    assert [node.does(each) for each in sent] == [True] * 6
    node.restart()
    assert [node.does(each) for each in sent] == [False] * 6
    assert node.path.stat().st_size < 1000


def test_a_disk_that_refuses_makes_nobody_deaf(tmp_path: Path) -> None:
    node = Node(tmp_path / "gone")
    first = command()
    assert node.does(first)
    assert not node.does(first)


def test_a_damaged_file_forgets_and_goes_on(tmp_path: Path) -> None:
    (tmp_path / "commands.json").write_bytes(b"\0\0")
    node = Node(tmp_path)
    assert node.does(command())
    node.restart()
    assert not node.does(node.done[0])
