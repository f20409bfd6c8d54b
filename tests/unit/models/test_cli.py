import shutil
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from fieldwatch_models.cli import app

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("command", ["train", "export", "eval"])
def test_help_needs_no_detector(command: str) -> None:
    result = CliRunner().invoke(app, [command, "--help"])
    assert result.exit_code == 0
    assert "FOLDER" in result.output


def test_a_bad_recipe_is_a_sentence_not_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "train.toml").write_text("nmae = 'x'")
    weights = tmp_path / "w.pt"
    weights.touch()
    options = ["--data", str(tmp_path), "--weights", str(weights), "--out", str(tmp_path / "out")]
    result = CliRunner().invoke(app, ["train", str(tmp_path), *options])
    assert result.exit_code == 1
    assert "cannot use" in result.output


@pytest.mark.parametrize("command", ["compare", "species"])
def test_a_size_that_no_network_has_is_refused_before_any_training(command: str, tmp_path: Path) -> None:
    own = {
        "compare": [str(tmp_path), "--data", str(tmp_path), "--architecture", "yolov8n.yaml"],
        "species": [str(tmp_path), "--name", "ibis"],
    }
    result = CliRunner().invoke(app, [command, *own[command], "--out", str(tmp_path / "o"), "--imgsz", "100"])
    assert result.exit_code == 2
    assert "multiple of 32, such as 96" in result.output


def test_a_missing_extra_says_how_to_install_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ultralytics", None)  # as if not installed
    shutil.copy(ROOT / "models" / "wildlife" / "model.toml", tmp_path)  # what export asks for before it
    (tmp_path / "c.pt").touch()
    options = ["--checkpoint", str(tmp_path / "c.pt"), "--check", "1"]
    result = CliRunner().invoke(app, ["export", str(tmp_path), *options])
    assert result.exit_code == 1
    assert "fieldwatch[models]" in result.output
