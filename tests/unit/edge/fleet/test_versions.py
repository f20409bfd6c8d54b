"""Versions from afar, where nobody could take them back, and the files that the starter shares."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from tests.unit.edge.fleet.world import World, artifact

from fieldwatch_edge.fleet.software import Software
from fieldwatch_edge.fleet.versions import FOLDER_VARIABLE, Running, Versions
from fieldwatch_edge.fleet.witness import Witness
from fieldwatch_shared.messages import RolloutState

if TYPE_CHECKING:
    from pathlib import Path


def test_without_the_starter_a_version_is_refused_and_the_agent_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    world = World(tmp_path / "node")
    software = Software(
        world.origin,
        world.origin.settings(),
        Witness(None),
        frames_seen=lambda: 0,
        receipts=lambda: 0,
        restart=lambda: pytest.fail("it began"),
        notice=pytest.fail,
    )
    (tmp_path / "a.whl").write_bytes(b"a wheel")
    wanted = artifact(tmp_path / "a.whl", "fieldwatch", "9.9")
    for _ in range(2):
        software.take_on(wanted, lambda *_: pytest.fail("it fetched"), lambda: False)
    (said,) = software.outcomes
    assert said.state is RolloutState.REFUSED
    assert "fieldwatch-edge-start" in (said.reason or "")
    assert not software.on_trial


def test_what_the_starter_reads_is_written_for_it(tmp_path: Path) -> None:
    versions = Versions(tmp_path)
    (tmp_path / "versions/1").mkdir(parents=True)
    about = Running(rollout_id=UUID(int=1), sha256="ab", lasts_s=10.2)
    versions.begin_trial("versions/1", about)
    trial = tmp_path / "trial"
    said = {path.name: path.read_text() for path in trial.iterdir() if path.suffix != ".json"}
    assert said == {"to": "versions/1", "former": "", "seconds": "71"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in trial.iterdir()} == {0o644}
    assert (tmp_path / "current").resolve() == tmp_path / "versions/1"
    versions.leave("it does\nnot start")
    assert (trial / "reason").read_text() == "it does not start"  # the script reads one line
    assert not versions.on_trial
    assert versions.about() == about
