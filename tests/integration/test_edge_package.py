"""What the node's Debian package does as root, in a copy of this machine's root of which nothing stays.

The package itself is built, installed and used in `tests/bench/bench_debian.py`.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.bench.bench_debian import inside, machine

if TYPE_CHECKING:
    from collections.abc import Iterator

POSTINST = Path(__file__).parents[2] / "deploy/debian/postinst"
STATE = "var/lib/fieldwatch-edge"


@pytest.fixture
def root() -> Iterator[Path]:
    """A machine on which the package has been configured once."""
    if os.getuid() or shutil.which("adduser") is None:
        pytest.skip("needs root, and Debian's adduser")
    try:
        with machine() as copy:
            shutil.copyfile(POSTINST, copy / "srv/postinst")
            (copy / "etc/fieldwatch").mkdir(exist_ok=True)
            (copy / "etc/fieldwatch/edge.env").touch()
            inside(copy, "sh", "/srv/postinst", "configure")
            yield copy
    except PermissionError as error:
        pytest.skip(f"nothing can be mounted here: {error}")


def as_node(root: Path, *command: str) -> None:
    inside(root, "setpriv", "--reuid=fieldwatch", "--regid=fieldwatch", "--clear-groups", *command)


def test_an_installed_version_takes_the_place_of_one_from_afar(root: Path) -> None:
    software = f"/{STATE}/software"
    as_node(root, "mkdir", "-p", f"{software}/versions/9.1", f"{software}/trial")
    as_node(root, "ln", "-s", "versions/9.1", f"{software}/current")
    inside(root, "sh", "/srv/postinst", "configure")
    assert [path.name for path in (root / STATE / "software").iterdir()] == ["versions"]


def test_root_deletes_nothing_by_a_link_of_the_node(root: Path) -> None:
    """A node that somebody broke into waits for the next upgrade."""
    precious = root / "srv/precious"
    for name in ("current", "trial"):
        (precious / name).mkdir(parents=True)
    as_node(root, "ln", "-s", "/srv/precious", f"/{STATE}/software")
    said = inside(root, "sh", "/srv/postinst", "configure")
    assert {path.name for path in precious.iterdir()} == {"current", "trial"}
    assert "a version from afar may still run" in said
