"""What the doctor says of a node that no broker and no model is needed for."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from tests.unit.edge.pictures import encoded, landscape
from tests.unit.edge.toy_models import colour_model, model_folder
from typer.testing import CliRunner

from fieldwatch_edge.cli import app
from fieldwatch_edge.doctor import Check, examine
from fieldwatch_edge.outbox import locked
from fieldwatch_edge.settings import NodeSettings
from fieldwatch_models.registry.signature import make_key, sign

if TYPE_CHECKING:
    from pathlib import Path

START = datetime(2026, 5, 1, 12, tzinfo=UTC)
NODE = """
[node]
id = "mast-1"
reserve = "qinling"
state_dir = "state"
[broker]
url = "mqtt://127.0.0.1:1"
password_file = "password"
[[camera]]
deployment_id = "0198c0de-0000-7000-8000-000000000001"
source = { kind = "folder", path = "pictures", times = { kind = "name", pattern = "%Y%m%d_%H%M%S" } }
wildlife = { detector = { model = "[camera]" } }
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "node.toml").write_text(NODE)
    (tmp_path / "password").write_text("s3cret")
    (tmp_path / "password").chmod(0o640)
    pictures(tmp_path, every_s=1)
    return tmp_path / "node.toml"


def pictures(folder: Path, every_s: float) -> None:
    folder = folder / "pictures"
    folder.mkdir(exist_ok=True)
    for file in folder.iterdir():
        file.unlink()
    for i in range(4):
        at = START + timedelta(seconds=i * every_s)
        (folder / f"{at:%Y%m%d_%H%M%S}.jpg").write_bytes(encoded(landscape(64, 48)))


def checks(config: Path) -> dict[str, Check]:
    return {check.what.split()[0]: check for check in examine(NodeSettings.read(config), [])}


def test_pictures_too_far_apart_for_effort_and_tracks_are_told(config: Path) -> None:
    assert not {"effort", "tracks"} & checks(config).keys()
    pictures(config.parent, every_s=300)
    found = checks(config)
    assert found["effort"].status == found["tracks"].status == "warn"
    assert found["effort"].advice.endswith("max_gap_s = 450")


def test_a_password_file_may_be_read_by_the_nodes_group_but_not_by_everyone(config: Path) -> None:
    assert "password" not in checks(config)
    (config.parent / "password").chmod(0o644)
    assert "chmod o-r" in checks(config)["password"].advice


def test_a_state_directory_that_cannot_be_used_ends_the_examination(config: Path) -> None:
    (config.parent / "state").write_text("a file")
    found = checks(config)
    assert list(found) == ["settings", "state"]
    assert found["state"].status == "fail"
    assert "chown" in found["state"].advice


def test_a_node_at_work_is_no_fault(config: Path) -> None:
    with locked(config.parent / "state"):
        assert checks(config)["state"].status == "warn"


def test_brackets_in_findings_are_shown_as_they_are(config: Path) -> None:
    config.write_text(NODE.replace('"pictures"', '"[/x]"'))
    done = CliRunner().invoke(app, ["doctor", "-c", str(config)], env={"COLUMNS": "400"})
    assert done.exit_code == 1, done.exception
    assert "[/x] is not a folder" in done.stdout
    assert "check [camera] source" in done.stdout
    assert "model [camera]" in done.stdout


@pytest.fixture
def signed(config: Path) -> Path:
    """The node's model is one that somebody has signed whom it trusts."""
    private, _ = make_key(config.parent, "ibis", "Red Hills reserve")
    folder = model_folder(config.parent / "toy", colour_model())
    (folder / "CARD.md").write_text("# Toy\n")
    sign(folder, private)
    detector = '{ model = "./toy", trusted_keys = ["ibis.pub"] }'
    config.write_text(NODE.replace('{ model = "[camera]" }', detector))
    return config


def test_the_doctor_says_who_signed_a_model(signed: Path) -> None:
    found = checks(signed)
    assert found["model"].status == "ok"
    assert found["signature"].status == "ok"
    assert "Red Hills reserve" in found["signature"].finding


def test_a_model_that_nobody_signed_fails_and_the_finding_says_what_to_do(signed: Path) -> None:
    (signed.parent / "toy/model.sig").unlink()
    found = checks(signed)
    assert found["model"].status == "fail"
    assert "fieldwatch models sign" in found["model"].finding
    assert "signature" not in found


def test_a_model_that_is_allowed_though_nobody_signed_it_is_told_each_time(signed: Path) -> None:
    (signed.parent / "toy/model.sig").unlink()
    signed.write_text(signed.read_text().replace('"./toy",', '"./toy", allow_unsigned = true,'))
    found = checks(signed)
    assert found["model"].status == "ok"
    assert found["signature"].status == "warn"
    assert "is not signed" in found["signature"].finding


def test_papers_that_changed_and_a_way_out_that_is_not_needed_are_told(signed: Path) -> None:
    (signed.parent / "toy/CARD.md").write_text("# Toy\n\nThe best.\n")
    assert "CARD.md not as signed" in checks(signed)["signature"].finding
    (signed.parent / "toy/CARD.md").write_text("# Toy\n")
    signed.write_text(signed.read_text().replace('"./toy",', '"./toy", allow_unsigned = true,'))
    assert checks(signed)["signature"].advice == "remove allow_unsigned"


def test_a_key_that_is_none_fails_with_its_path(signed: Path) -> None:
    (signed.parent / "ibis.pub").write_text("ssh-rsa AAAA me\n")
    assert "ibis.pub is no public key" in checks(signed)["model"].finding


def test_the_doctor_says_by_which_desired_state_the_node_works(config: Path) -> None:
    assert "by its settings alone" in checks(config)["desired"].finding
    polygon = [[0.1, 0.1], [0.2, 0.1], [0.2, 0.3]]
    mask = {"id": "0198c0de-0000-7000-8000-00000000000a", "polygon": polygon}
    ours, strange = (f"0198c0de-0000-7000-8000-00000000000{n}" for n in (1, 2))
    file = config.parent / "state/desired.json"
    file.write_text(json.dumps({"version": 7, "cameras": [{"deployment_id": ours, "masks": [mask]}]}))
    assert checks(config)["desired"] == Check("desired state", "ok", "version 7, 1 ignore mask(s)")
    file.write_text(json.dumps({"version": 8, "cameras": [{"deployment_id": strange, "masks": [mask]}]}))
    assert checks(config)["desired"].status == "warn"
    assert strange in checks(config)["desired"].advice
