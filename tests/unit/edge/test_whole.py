"""How a small file is written whole: its rights, links, and what a power cut left."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from fieldwatch_edge import whole

if TYPE_CHECKING:
    from pathlib import Path


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o000])
def test_a_new_file_has_the_rights_that_were_asked_for_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        whole.write(tmp_path / "state.json", "{}")
        whole.write(tmp_path / "to", "versions/1", 0o644)
    finally:
        os.umask(before)
    assert (mode(tmp_path / "state.json"), mode(tmp_path / "to")) == (0o600, 0o644)


def test_a_file_that_is_there_keeps_its_rights(tmp_path: Path) -> None:
    settings = tmp_path / "node.toml"
    settings.write_text("a = 1\n")
    settings.chmod(0o640)
    whole.write(settings, b"a = 2\n")
    assert (settings.read_text(), mode(settings)) == ("a = 2\n", 0o640)
    assert list(tmp_path.iterdir()) == [settings]


def test_through_a_link_what_it_leads_to_is_written(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    settings = tmp_path / "etc" / "node.toml"
    settings.write_text("old")
    link = tmp_path / "node.toml"
    link.symlink_to(settings)
    whole.write(link, "new")
    assert link.is_symlink()
    assert settings.read_text() == "new"


@pytest.mark.parametrize("left", ["half a fi", None])
def test_what_lies_in_its_way_is_neither_followed_nor_in_the_way(tmp_path: Path, left: str | None) -> None:
    """Half a file, of a power cut; or a link, by which root would write over a file of its own."""
    precious = tmp_path / "precious"
    precious.write_text("mine")
    part = tmp_path / ".state.json.part"
    if left is None:
        part.symlink_to(precious)
    else:
        part.write_text(left)
    whole.write(tmp_path / "state.json", "new")
    assert (tmp_path / "state.json").read_text() == "new"
    assert not (tmp_path / "state.json").is_symlink()
    assert precious.read_text() == "mine"


def test_where_it_cannot_be_written_the_old_one_is_there(tmp_path: Path) -> None:
    kept = tmp_path / ("n" * 255)  # a name to which nothing can be added
    kept.write_text("old")
    with pytest.raises(OSError, match="too long"):
        whole.write(kept, "new")
    assert kept.read_text() == "old"
