"""What is written for mosquitto, and files that nobody else may read."""

from __future__ import annotations

import base64
import os
import stat
import subprocess
from pathlib import Path

import pytest

from fieldwatch_cloud.db.nodes import Access
from fieldwatch_cloud.private import is_locked, kept_secret, locked, write_private
from fieldwatch_cloud.services.mosquitto_files import access_list, hash_password, passwords
from fieldwatch_cloud.services.programs import ServiceUser


def test_hash_is_mosquittos_own(tmp_path: Path) -> None:
    """With the salt that mosquitto_passwd drew, ours is its hash."""
    file = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-c", "-b", file, "node-1", "hunter2"], check=True)
    user, _, theirs = file.read_text().strip().partition(":")
    assert user == "node-1"
    assert hash_password("hunter2", salt=base64.b64decode(theirs.split("$")[3])) == theirs
    assert hash_password("hunter2") != theirs


def test_access_list_of_a_node() -> None:
    lines = access_list([Access("node-1", "ridge", "$7$...")], workers=1).splitlines()
    branch = "fieldwatch/v1/ridge/node-1"
    own = [line for line in lines[lines.index("user node-1") + 1 :] if line]
    assert own == [
        f"topic write {branch}/observations",
        f"topic write {branch}/suspicions",
        f"topic write {branch}/media",
        f"topic write {branch}/heartbeat",
        f"topic write {branch}/readings",
        f"topic write {branch}/state",
        f"topic read {branch}/receipt",
        f"topic read {branch}/desired",
        f"topic read {branch}/command",
    ]


def test_a_node_without_a_password_has_no_line() -> None:
    nodes = [Access("node-1", "ridge", None), Access("node-2", "ridge", "$7$...")]
    lines = passwords(nodes, "secret", workers=0, also={"node-1": "of the moment"}).splitlines()
    assert [line.partition(":")[0] for line in lines] == ["node-2", "node-1"]


def test_a_user_for_each_connection_of_each_worker() -> None:
    users = [line.partition(":")[0] for line in passwords([], "secret", workers=2).splitlines()]
    lanes = ("", "_urgent", "_pictures", "_downlink")
    assert users == [f"_ingest_{worker}{lane}" for worker in (0, 1) for lane in lanes]


def test_private_files_are_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    write_private(path, "one")
    write_private(path, "two")
    assert path.read_text() == "two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_a_secret_is_made_once(tmp_path: Path) -> None:
    made = kept_secret(tmp_path / "secret")
    assert len(made) == 43
    assert kept_secret(tmp_path / "secret") == made


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can hand files to another user")
def test_reach(tmp_path: Path) -> None:
    nobody = ServiceUser("nobody", 65534, 65534)
    shut = tmp_path / "shut"
    shut.mkdir(mode=0o700)
    assert not nobody.reaches(shut / "not" / "there")
    assert nobody.reaches(Path("/usr/lib"))


def test_a_lock_is_ours_alone_and_can_be_asked_about(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    path.touch(mode=0o644)
    assert not is_locked(path)
    with locked(path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert is_locked(path)
        with pytest.raises(BlockingIOError), locked(path, wait=False):
            pass
    assert not is_locked(path)
    assert not is_locked(tmp_path / "none")
