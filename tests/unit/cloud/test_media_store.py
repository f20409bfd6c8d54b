"""The media store on a real disk."""

from __future__ import annotations

import hashlib
import stat
from typing import TYPE_CHECKING

import pytest

from fieldwatch_cloud.errors import MediaError
from fieldwatch_cloud.media.store import DiskStore

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CONTENT = b"a picture"
SUM = hashlib.sha256(CONTENT).hexdigest()


def test_what_is_put_is_read(tmp_path: Path) -> None:
    store = DiskStore(tmp_path / "media")
    store.put(SUM, CONTENT)
    store.put(SUM, CONTENT)
    assert store.read(SUM) == CONTENT
    assert [path for path in (tmp_path / "media").rglob("*") if path.is_file()] == [store.path(SUM)]
    assert stat.S_IMODE(store.path(SUM).stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda path: path.unlink(), "cannot be read: No such file"),
        (lambda path: path.write_bytes(b"bit rot"), "is damaged"),
    ],
)
def test_harm_is_noticed(tmp_path: Path, harm: Callable[[Path], object], said: str) -> None:
    store = DiskStore(tmp_path)
    store.put(SUM, CONTENT)
    harm(store.path(SUM))
    with pytest.raises(MediaError, match=said):
        store.read(SUM)


def test_a_disk_that_does_not_take_it_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    store = DiskStore(tmp_path)
    (tmp_path / SUM[:2]).mkdir()
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(MediaError, match="No space left on device"):
        store.put(SUM, CONTENT)
    assert list((tmp_path / SUM[:2]).iterdir()) == []
