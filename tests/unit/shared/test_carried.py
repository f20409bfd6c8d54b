"""Outboxes on a stick."""

from __future__ import annotations

import zipfile
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from fieldwatch_shared.carried import HEADER, Carried, CarriedError, CarriedFile, write
from fieldwatch_shared.topics import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
MESSAGES = [
    Carried(Kind.SUSPICIONS, b'{"message_id": "1"}'),
    Carried(Kind.MEDIA, b"\xff\xd8\xff", '{"mime": "image/jpeg"}'),
    Carried(Kind.OBSERVATIONS, b"{}" * 5000),
]


def test_what_was_written_is_read_in_its_order(tmp_path: Path) -> None:
    path = tmp_path / "ridge-01.fieldwatch"
    header = write(path, "foping", "ridge-01", MESSAGES, NOW)
    with CarriedFile(path) as file:
        assert file.header == header
        assert (header.reserve, header.node, header.written_at, header.messages) == (
            "foping",
            "ridge-01",
            NOW,
            3,
        )
        assert list(file) == MESSAGES
    assert path.stat().st_size < 2000
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


def test_nothing_is_left_of_a_file_that_could_not_be_finished(tmp_path: Path) -> None:
    def full() -> Iterator[Carried]:
        yield MESSAGES[0]
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        write(tmp_path / "a.fieldwatch", "foping", "ridge-01", full(), NOW)
    assert list(tmp_path.iterdir()) == []


def test_no_file_of_ours(tmp_path: Path) -> None:
    path = tmp_path / "holiday.zip"
    path.write_bytes(b"PK nothing")
    with pytest.raises(CarriedError, match="no outbox"):
        CarriedFile(path)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("beach.jpg", b"")
    with pytest.raises(CarriedError, match="no outbox"):
        CarriedFile(path)


def test_all_but_what_is_damaged_is_read(tmp_path: Path) -> None:
    path = tmp_path / "ridge-01.fieldwatch"
    write(path, "foping", "ridge-01", MESSAGES, NOW)
    content = bytearray(path.read_bytes())
    content[content.index(b"\xff\xd8\xff")] ^= 1
    path.write_bytes(content)
    with CarriedFile(path) as file:
        assert list(file) == [MESSAGES[0], MESSAGES[2]]
        (damage,) = file.damaged
    assert damage.startswith("000002.media: ")


def test_a_message_that_says_to_be_gigabytes_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "bomb.fieldwatch"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(HEADER, b" " * (65 * 1024**2))
    with pytest.raises(CarriedError, match="too large"):
        CarriedFile(path)
