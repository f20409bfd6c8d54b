"""The node's Debian package, built, installed, used and purged in a copy of this machine's root: an overlay,
of which nothing stays. As root.

    python -m tests.bench.bench_debian [--deb FILE]
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
NODE = """
[node]
id = "ridge-01"
reserve = "qinling"
state_dir = "/var/lib/fieldwatch-edge"
[[camera]]
deployment_id = "0198c0de-0000-7000-8000-000000000001"
source = { kind = "rtsp", url = "rtsp://127.0.0.1:1/none" }
fire = {}
wildlife = {}
"""


@contextmanager
def machine() -> Iterator[Path]:
    """A root like this one's, to be changed at will.

    Raises:
        PermissionError: mounting is not allowed here.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        mounted: list[Path] = []

        def mount(at: Path, *arguments: str) -> None:
            at.mkdir(exist_ok=True)
            done = subprocess.run(["mount", *arguments, at], capture_output=True, text=True, check=False)
            if done.returncode:
                raise PermissionError(done.stderr.strip())
            mounted.append(at)

        try:
            mount(folder / "over", "-t", "tmpfs", "tmpfs")
            for each in ("upper", "work"):
                (folder / "over" / each).mkdir()
            layers = f"lowerdir=/,upperdir={folder}/over/upper,workdir={folder}/over/work"
            mount(folder / "root", "-t", "overlay", "overlay", "-o", layers)
            mount(folder / "root" / "proc", "-t", "proc", "proc")
            yield folder / "root"
        finally:
            for at in reversed(mounted):
                subprocess.run(["umount", "-l", at], check=False)


def inside(root: Path, *command: str, ok: bool = True) -> str:
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "COLUMNS": "200"}
    done = subprocess.run(
        ["chroot", root, *command], capture_output=True, text=True, env=environment, check=False, timeout=300
    )
    assert done.returncode == 0 or not ok, f"{command}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout + done.stderr


def build(out: Path) -> Path:
    subprocess.run([ROOT / "deploy" / "debian" / "build.sh", "--out", out], check=True)
    (deb,) = out.glob("*.deb")
    return deb


def try_out(deb: Path) -> None:
    with machine() as root:
        (root / "srv" / deb.name).write_bytes(deb.read_bytes())
        said = inside(root, "dpkg", "-i", f"/srv/{deb.name}")
        assert "enrol this node" in said
        groups = inside(root, "id", "-nG", "fieldwatch").split()
        assert "video" in groups
        assert inside(root, "dpkg", "-V", "fieldwatch-edge") == "", "files are not as they were packed"
        (root / "etc/fieldwatch/node.toml").write_text(NODE)
        config = ("-c", "/etc/fieldwatch/node.toml")
        as_node = ("runuser", "-u", "fieldwatch", "--")
        found = inside(root, *as_node, "fieldwatch", "edge", "doctor", *config, ok=False)
        for line in ("model fire", "signature of fire", "model wildlife", "does not answer"):
            assert line in found, found
        assert "Traceback" not in found, found
        assert inside(root, "find", "/opt/fieldwatch", "-user", "fieldwatch") == "", (
            "the node may not change it"
        )
        # Run by its starter, as the unit does; nothing is there to be seen, so it is stopped.
        starter = ("/opt/fieldwatch/fieldwatch-edge-start", "/opt/fieldwatch/bin/fieldwatch", "--log-json")
        ran = inside(
            root, *as_node, "timeout", "-s", "TERM", "20", *starter, "edge", "run", *config, ok=False
        )
        assert "node.stopped" in ran, ran
        assert (root / "var/lib/fieldwatch-edge/outbox.sqlite").exists()
        inside(root, "dpkg", "-i", f"/srv/{deb.name}")  # once more, as an upgrade does
        assert (root / "etc/fieldwatch/node.toml").read_text() == NODE
        inside(root, "dpkg", "--purge", "fieldwatch-edge")
        left = inside(root, "find", "/opt/fieldwatch", "/etc/fieldwatch", "/usr/bin/fieldwatch", ok=False)
        assert left.count("No such file") == 3, left
        assert (root / "var/lib/fieldwatch-edge/outbox.sqlite").exists(), "what was seen stays"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deb", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        deb = options.deb or build(Path(name))
        try_out(deb)
        print(f"{deb.name}: installed, examined, run, upgraded and purged; {deb.stat().st_size / 1e6:.0f} MB")


@pytest.mark.bench
def test_debian(tmp_path: Path) -> None:
    if os.getuid():
        pytest.skip("mounting a file system is for root alone")
    try_out(build(tmp_path))


if __name__ == "__main__":
    sys.exit(main())
