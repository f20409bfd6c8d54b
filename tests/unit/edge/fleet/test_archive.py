"""Zips that nobody of good will has made: each is refused, and none leaves a file beside its folder."""

from __future__ import annotations

import stat
import zipfile
from typing import TYPE_CHECKING

import pytest

from fieldwatch_edge.fleet import archive

if TYPE_CHECKING:
    from pathlib import Path

FILE, LINK = stat.S_IFREG | 0o644, stat.S_IFLNK | 0o777


@pytest.mark.parametrize(
    "members",
    [
        [("../x", b"1", FILE)],
        [("/x", b"1", FILE)],
        [("l", b"/etc", LINK), ("l/x", b"1", FILE)],
        [("a", bytes(50_000_000), FILE)],
        [("a", b"1", FILE), ("./a", b"2", FILE)],
        [("a", b"1", FILE), ("a/b", b"2", FILE)],
        [("a/b", b"1", FILE), ("a", b"2", FILE)],
        [("a" * 300, b"1", FILE)],
        [("a/" * 1000 + "b", b"1", FILE)],
    ],
    ids=["beside", "absolute", "link", "bomb", "twice", "folder", "folder-first", "long", "deep"],
)
def test_what_is_no_honest_zip_is_refused(tmp_path: Path, members: list[tuple[str, bytes, int]]) -> None:
    zipped = tmp_path / "a.zip"
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content, mode in members:
            info = zipfile.ZipInfo(name)
            info.external_attr, info.compress_type = mode << 16, zipfile.ZIP_DEFLATED
            made.writestr(info, content)
    with pytest.raises(archive.ArchiveError):
        archive.unpack(zipped, tmp_path / "out" / "model")
    assert {path.name for path in tmp_path.iterdir()} <= {"a.zip", "out"}
