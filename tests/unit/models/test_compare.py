import json
from pathlib import Path

import pytest
from tests.unit.models.drawn import data_set
from typer.testing import CliRunner

from fieldwatch_models.cli import app
from fieldwatch_models.compare import Row, brief
from fieldwatch_models.train.recipe import Recipe

RECIPE = """
name = "shapes"
seed = 1
classes = ["square", "disc"]
[start]
model = "wildlife"
[options]
batch = 4
nbs = 4
optimizer = "AdamW"
lr0 = 0.001
freeze = 4
workers = 0
[[take]]
prefix = "cam1"
keep = 1
[[stages]]
name = "first"
epochs = 9
[[stages]]
name = "second"
epochs = 9
"""


def test_the_brief_training_is_the_first_stage_from_nothing(tmp_path: Path) -> None:
    (tmp_path / "train.toml").write_text(RECIPE)
    recipe = Recipe.read(tmp_path / "train.toml")
    short = brief(recipe, "yolo11n.yaml", 2, 96)
    assert (short.start.architecture, short.start.model, short.start.weights) == ("yolo11n.yaml", None, None)
    assert [(stage.epochs, stage.options["imgsz"]) for stage in short.stages] == [(2, 96)]
    assert "freeze" not in short.options_of(short.stages[0])
    assert (short.seed, short.take) == (recipe.seed, recipe.take)


def test_accuracy_is_weighed_against_time() -> None:
    quick = Row("quick", 0.4, 0.2, 10, 1, 3, 60)
    slow = Row("slow", 0.5, 0.3, 20, 2, 6, 90)
    assert quick.ap50_per_10_ms == pytest.approx(0.4)
    assert slow.ap50_per_10_ms == pytest.approx(0.25)
    assert Row("none", None, None, 10, 1, 3, 60).ap50_per_10_ms == 0


@pytest.mark.ultralytics
@pytest.mark.timeout(900)
@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning", "ignore::DeprecationWarning")
def test_two_architectures_on_drawn_pictures(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("ultralytics")
    (tmp_path / "shapes").mkdir()
    (tmp_path / "shapes" / "train.toml").write_text(RECIPE)
    data = data_set(tmp_path / "in")
    command = [
        "compare", str(tmp_path / "shapes"), "--data", str(data), "--out", str(tmp_path / "out"),
        "--architecture", "yolov8n.yaml", "--architecture", "yolo26n.yaml",
        "--epochs", "1", "--imgsz", "64", "--device", "cpu",
    ]  # fmt: skip
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", torch.jit.TracerWarning)
        result = CliRunner().invoke(app, command, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    facts = json.loads((tmp_path / "out" / "comparison.json").read_text())
    assert [row["architecture"] for row in facts["architectures"]] == ["yolov8n.yaml", "yolo26n.yaml"]
    assert facts["architectures"][0]["cpu_ratio"] == 1
    assert all(row["cpu_ms"] > 0 and row["training_s"] > 0 for row in facts["architectures"])
    assert all(0 <= row["ap50"] <= 1 for row in facts["architectures"])
    table = (tmp_path / "out" / "comparison.md").read_text()
    assert "| yolo26n.yaml |" in table
