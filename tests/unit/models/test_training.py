"""What needs PyTorch: the steps before the first epoch, and real epochs on drawn pictures of 64 px."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import cv2
import numpy as np
import pytest
from rich.console import Console
from tests.unit.models.drawn import CLASSES, data_set

from fieldwatch_models.data import open_data
from fieldwatch_models.errors import DataError, RecipeError
from fieldwatch_models.train.origins import Origin, origin_of
from fieldwatch_models.train.recipe import Recipe, Start
from fieldwatch_models.train.run import train
from fieldwatch_models.train.start import build

torch = pytest.importorskip("torch")
pytest.importorskip("ultralytics")
pytestmark = [
    pytest.mark.ultralytics,
    pytest.mark.timeout(
        900
    ),  # seconds on a quiet machine; on a busy one, importing PyTorch alone takes minutes
    # PyTorch warns of itself: of schedulers that ultralytics steps first, of what it will rename.
    pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning", "ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::torch.jit.TracerWarning"),  # of ultralytics' export
]

ROOT = Path(__file__).parents[3]
OPTIONS = {
    "imgsz": 64,
    "batch": 4,
    "nbs": 4,
    "optimizer": "AdamW",
    "lr0": 0.001,
    "workers": 0,
    "mosaic": 0.0,
    "cache": "ram",
}


def recipe(*epochs: int, **start: object) -> Recipe:
    stages = [{"name": f"stage{i}", "epochs": n} for i, n in enumerate(epochs)]
    values = {
        "name": "x",
        "seed": 1,
        "classes": CLASSES,
        "start": start,
        "options": OPTIONS,
        "stages": stages,
    }
    return Recipe.model_validate(values)


def test_rebase_changes_training_mode_and_nothing_else() -> None:
    from fieldwatch_models.train.rebase import rebase

    torch.manual_seed(0)
    model = torch.nn.Sequential(
        torch.nn.Conv2d(3, 4, 3),
        torch.nn.BatchNorm2d(4),  # as built: the identity, as in a fused network
        torch.nn.ReLU(),
        torch.nn.Conv2d(4, 2, 3, bias=False),
        torch.nn.BatchNorm2d(2),
    ).eval()
    batch = torch.rand(8, 3, 16, 16)
    with torch.no_grad():
        before = model(batch)
        rebase(model, [batch[:4], batch[4:]])
        assert torch.allclose(model(batch), before, atol=1e-5)
        # On the very pictures that the statistics are from, both modes agree.
        assert torch.allclose(model.train()(batch), before, atol=1e-2)


def test_a_class_starts_as_the_mean_of_its_coco_rows(tmp_path: Path) -> None:
    from ultralytics.nn.tasks import DetectionModel

    coco = DetectionModel("yolov8n.yaml", nc=80, verbose=False)
    state = {key: value.half() for key, value in coco.state_dict().items()}
    torch.save(state, tmp_path / "coco.pt")
    start = Start(rows={"zebra": ("zebra",)}, weights=str(tmp_path / "coco.pt"))
    model = build(start, ("zebra", "smoke"), origin_of(start))

    head = model.model[-1]
    old = state["model.22.cv3.0.2.weight"].float()
    assert (head.nc, head.no) == (2, 66)
    assert torch.equal(head.cv3[0][-1].weight[0], old[22])
    with torch.no_grad():
        out = model.eval()(torch.zeros(1, 3, 64, 64))[0]
    assert out.shape == (1, 6, 84)


@pytest.mark.parametrize("architecture", ["yolov8n.yaml", "yolo11n.yaml", "yolo26n.yaml"])
def test_weights_of_another_architecture_are_refused(architecture: str) -> None:
    tensors = {"model.22.cv3.0.2.weight": torch.zeros(7, 80, 1, 1)}
    with pytest.raises(RecipeError, match="does not fit"):
        build(Start(architecture=architecture), ("a",), Origin("other", "0", ("deer",) * 7, tensors))


@pytest.mark.parametrize("name", ["wildlife", "fire"])
def test_a_shipped_model_is_read_back_and_computes_what_its_file_does(name: str) -> None:
    import onnxruntime

    start = Start(model=str(ROOT / "models" / name))
    origin = origin_of(start)
    model = build(start, origin.names, origin).eval()
    image = np.random.default_rng(0).random((1, 3, 128, 160), dtype=np.float32)
    session = onnxruntime.InferenceSession(str(ROOT / "models" / name / "model.onnx"))
    was = session.run(None, {"images": image})[0]
    with torch.no_grad():
        now = model(torch.from_numpy(image))[0].numpy()
    assert now.shape == was.shape
    assert np.abs(now - was)[:, :4].max() < 0.05  # px
    assert np.abs(now - was)[:, 4:].max() < 1e-3


def test_a_new_species_starts_as_the_mean_of_those_it_resembles() -> None:
    start = Start(model=str(ROOT / "models" / "wildlife"), rows={"ibis": ("egret", "deer")})
    origin = origin_of(start)
    model = build(start, ("lion", "ibis", "quagga"), origin)
    old, new = origin.state["model.22.cv3.1.2.weight"], model.model[-1].cv3[1][-1].weight
    assert torch.equal(new[0], old[origin.names.index("lion")])
    assert torch.allclose(new[1], (old[origin.names.index("egret")] + old[origin.names.index("deer")]) / 2)
    assert new[2].abs().max() < 0.1
    with pytest.raises(RecipeError, match="quagga"):
        build(Start(rows={"ibis": ("quagga",)}), ("ibis",), origin)


def test_a_file_that_is_no_state_dict_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "coco.pt").write_text("no")
    with pytest.raises(RecipeError, match="not a state dict"):
        origin_of(Start(), tmp_path / "coco.pt")
    with pytest.raises(RecipeError, match="cannot start from"):
        origin_of(Start(model=str(tmp_path)))


def test_random_weights_are_not_frozen(tmp_path: Path) -> None:
    frozen = recipe(1).model_copy(update={"options": OPTIONS | {"freeze": 4}})
    with pytest.raises(RecipeError, match="random weights"):
        train(frozen, open_data(data_set(tmp_path / "in")), tmp_path / "out", device="cpu")


def test_an_unknown_device_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="no device"):
        train(recipe(1), open_data(data_set(tmp_path / "in")), tmp_path / "out", device="abacus")


@pytest.mark.parametrize("architecture", ["yolov8n.yaml", "yolo11n.yaml", "yolo26n.yaml"])
def test_from_nothing_to_a_file_and_back(
    tmp_path: Path, architecture: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Two real stages, the export, and what the export holds, read back as the next start."""
    from ultralytics import YOLO

    from fieldwatch_models.export.onnx_file import export
    from fieldwatch_models.registry.cards import Card, DetectedClass

    catalogue = open_data(data_set(tmp_path / "in"))
    with (tmp_path / "log").open("w") as log:
        wanted = recipe(1, 1, architecture=architecture)
        checkpoint = train(
            wanted, catalogue, tmp_path / "out", device="cpu", console=Console(file=log, width=200)
        )
    assert "Caching" not in capfd.readouterr().err  # ultralytics' own bars
    lines = (tmp_path / "log").read_text().splitlines()
    assert [line[:28] for line in lines] == ["stage0 (1/2) epoch 1/1: box ", "stage1 (2/2) epoch 1/1: box "]

    record = json.loads((tmp_path / "out" / "training.json").read_text())
    assert record["architecture"] == architecture
    assert [stage["epochs"][0]["epoch"] for stage in record["stages"]] == [1, 1]
    assert record["data"]["pictures_by_source"]["train"] == {"undescribed": 8}
    assert str(tmp_path) not in (tmp_path / "out" / "training.json").read_text()
    # Nothing of ours is needed to open the checkpoint.
    assert type(YOLO(checkpoint).model).__module__ == "ultralytics.nn.tasks"

    folder = tmp_path / "model"
    folder.mkdir()
    classes = tuple(DetectedClass(name=name, name_zh="–", kind="animal") for name in CLASSES)
    card = Card(
        name="model",
        version="0",
        created=date(2026, 1, 1),
        sha256="0" * 64,
        imgsz=64,
        conf=0.5,
        iou=0.5,
        classes=classes,
    )
    card.write(folder / "model.toml")
    pictures = [cv2.imread(str(p.path)) for p in catalogue.of("val")]
    export(checkpoint, folder, date(2026, 1, 1), pictures)
    start = Start(architecture=architecture, model=str(folder))
    model = build(start, CLASSES, origin_of(start)).eval()
    with torch.no_grad():
        image = torch.rand(1, 3, 64, 64)
        trained = YOLO(checkpoint).model.float().eval()
        if architecture == "yolo26n.yaml":  # of its two heads, the exported one
            trained.end2end = model.end2end = True
            scores = [m(image)[0][..., 4] for m in (trained, model)]
            assert torch.allclose(*scores, atol=0.01)
        else:
            assert torch.allclose(model(image)[0], trained(image)[0], atol=0.05)


def test_the_same_recipe_trains_the_same_weights(tmp_path: Path) -> None:
    catalogue = open_data(data_set(tmp_path / "in"))
    wanted = recipe(2).model_copy(update={"options": OPTIONS | {"mosaic": 0.5}})
    states = []
    for out in ("one", "two"):
        checkpoint = train(wanted, catalogue, tmp_path / out, device="cpu", threads=2)
        states.append(torch.load(checkpoint, weights_only=False)["model"].state_dict())
    assert all(torch.equal(tensor, states[1][key]) for key, tensor in states[0].items())


def test_pictures_on_both_sides_of_the_split_stop_the_training(tmp_path: Path) -> None:
    folder = data_set(tmp_path / "in")
    for kind, suffix in (("images", "png"), ("labels", "txt")):
        path = folder / kind
        shutil.copy(path / "train" / f"cam0_train.{suffix}", path / "val" / f"copied.{suffix}")
    with pytest.raises(DataError, match="leak"):
        train(recipe(1), open_data(folder), tmp_path / "out", device="cpu")


def test_what_another_recipe_made_is_not_taken_for_ones_own(tmp_path: Path) -> None:
    catalogue, out = open_data(data_set(tmp_path / "in")), tmp_path / "out"
    train(recipe(1), catalogue, out, device="cpu")
    before = (out / "1-stage0" / "weights" / "last.pt").stat().st_mtime_ns
    train(recipe(1, 1), catalogue, out, device="cpu")  # a stage more: the first is kept
    assert (out / "1-stage0" / "weights" / "last.pt").stat().st_mtime_ns == before
    with pytest.raises(RecipeError, match="another recipe"):
        train(recipe(2), catalogue, out, device="cpu")


TRAIN = """
import sys
from pathlib import Path
from fieldwatch_models.data import open_data
from fieldwatch_models.train.recipe import Recipe
from fieldwatch_models.train.run import train
recipe = Recipe.model_validate_json(sys.argv[1])
train(recipe, open_data(Path(sys.argv[2])), Path(sys.argv[3]), device="cpu", threads=1)
"""


def test_a_killed_training_goes_on_after_its_last_whole_epoch(tmp_path: Path) -> None:
    folder, out = data_set(tmp_path / "in", train=24), tmp_path / "out"
    wanted = recipe(1, 4).model_dump_json()
    command = [sys.executable, "-c", TRAIN, wanted, str(folder), str(out)]
    paths = [str(ROOT / name) for name in ("models", "edge", "shared")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    notes = out / "2-stage1" / "epochs.jsonl"

    with subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) as process:
        # The second epoch of the second stage has been noted: the third is running.
        while process.poll() is None and not (notes.exists() and notes.read_text().count("\n") >= 2):
            time.sleep(0.02)
        assert process.poll() is None, process.stderr.read()
        time.sleep(0.3)
        process.send_signal(signal.SIGKILL)
    assert not (out / "2-stage1" / "done").exists()
    whole = torch.load(out / "2-stage1" / "weights" / "last.pt", weights_only=False)["epoch"] + 1
    assert 1 <= whole < 4

    again = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert "stage0" not in again.stderr
    assert f"stage1 (2/2) epoch {whole}/4" not in again.stderr
    assert f"stage1 (2/2) epoch {whole + 1}/4" in again.stderr
    record = json.loads((out / "training.json").read_text())
    assert [row["epoch"] for row in record["stages"][1]["epochs"]] == [1, 2, 3, 4]
    assert (out / "model.pt").exists()


def test_a_stage_that_was_cut_off_while_being_tidied_is_complete(tmp_path: Path) -> None:
    catalogue, out = open_data(data_set(tmp_path / "in")), tmp_path / "out"
    train(recipe(1), catalogue, out, device="cpu")
    (out / "1-stage0" / "done").unlink()
    train(recipe(1), catalogue, out, device="cpu")
    assert (out / "1-stage0" / "done").exists()
