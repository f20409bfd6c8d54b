"""From labelled pictures to a detector that a node trusts and runs, through the real commands.

The animals are drawn: large striped and plain shapes on the grounds of five places. Training takes real
steps, enough to learn just that; what is asserted is what each step hands to the next.
"""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
import pytest

from fieldwatch_edge.detect import load_detector
from fieldwatch_edge.errors import SignatureError
from fieldwatch_edge.settings import DetectorSettings
from fieldwatch_models.data.catalogue import Catalogue
from fieldwatch_models.registry.cards import Card, DetectedClass

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.ultralytics, pytest.mark.timeout(1800)]

SITES = {"ridge": (70, 90, 60), "marsh": (90, 110, 80), "glade": (50, 100, 90), "scree": (110, 110, 115)}
SITES["dune"] = (120, 170, 190)
EACH = 12
WIDTH, HEIGHT = 128, 96
CLASSES = ("zebra", "elephant")

TRAIN = """
name = "drawn"
seed = 7
classes = ["zebra", "elephant"]
[start]
architecture = "yolov8n.yaml"
model = "wildlife"
[options]
batch = 8
nbs = 8
imgsz = 96
workers = 0
optimizer = "AdamW"
lr0 = 0.002
warmup_epochs = 0
mosaic = 0.0
[[stages]]
name = "all"
epochs = 10
"""
SOURCES = """
[[source]]
prefix = ""
name = "drawn"
title = "Drawn for this test"
licence = "CC0-1.0"
site = '^(?P<site>[a-z]+)_'
"""


def draw(site: str, number: int) -> tuple[np.ndarray, list[str]]:
    """One picture and its rows of labels; each fourth has no animal in it."""
    rng = np.random.default_rng([number, *site.encode()])
    coarse = np.clip(rng.normal(SITES[site], 25, (6, 8, 3)), 0, 255).astype(np.uint8)
    image = cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    if number % 4 == 3:
        return image, []
    kind = number % 2
    half_w, half_h = int(rng.integers(18, 30)), int(rng.integers(14, 22))
    x, y = int(rng.integers(half_w, WIDTH - half_w)), int(rng.integers(half_h, HEIGHT - half_h))
    if kind == 0:
        cv2.rectangle(image, (x - half_w, y - half_h), (x + half_w, y + half_h), (245, 245, 245), -1)
        for stripe in range(x - half_w, x + half_w, 8):
            cv2.rectangle(image, (stripe, y - half_h), (stripe + 3, y + half_h), (10, 10, 10), -1)
    else:
        cv2.ellipse(image, (x, y), (half_w, half_h), 0, 0, 360, (140, 60, 200), -1)
    box = (x / WIDTH, y / HEIGHT, 2 * half_w / WIDTH, 2 * half_h / HEIGHT)
    return image, [f"{kind} " + " ".join(f"{side:.5f}" for side in box)]


def fieldwatch(*words: str | Path, fails: bool = False) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "fieldwatch", "models", *map(str, words)],
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )
    told = done.stdout + done.stderr
    assert (done.returncode != 0) is fails, told
    return " ".join(told.split())


@pytest.fixture(scope="module")
def factory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the pictures and a model folder that says how it is to be trained."""
    root = tmp_path_factory.mktemp("factory")
    data = root / "pictures"
    for kind in ("images", "labels"):
        (data / kind / "train").mkdir(parents=True)
    for site in SITES:
        for number in range(EACH):
            image, rows = draw(site, number)
            cv2.imwrite(str(data / f"images/train/{site}_{number:02}.png"), image)
            (data / f"labels/train/{site}_{number:02}.txt").write_text("\n".join(rows))
    (data / "data.yaml").write_text("train: images/train\nnames: {0: zebra, 1: elephant}\n")
    model = root / "drawn"
    model.mkdir()
    (model / "train.toml").write_text(TRAIN)
    (model / "sources.toml").write_text(SOURCES)
    Card(
        name="drawn",
        version="0",
        created=date(2026, 1, 1),
        sha256="0" * 64,
        imgsz=96,
        conf=0.3,
        iou=0.5,
        classes=(
            DetectedClass(name="zebra", name_zh="斑马", kind="animal", scientific_name="Equus"),
            DetectedClass(name="elephant", name_zh="象", kind="animal", scientific_name="Elephantidae"),
        ),
    ).write(model / "model.toml")
    return root


def read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def test_from_pictures_to_a_node(factory: Path) -> None:
    model, catalogue = factory / "drawn", factory / "catalogue.jsonl"

    # Data: one catalogue, divided by site.
    page = factory / "data.html"
    told = fieldwatch(
        *("data", factory / "pictures", "--sources", model / "sources.toml"),
        *("--split", "0.6/0.4", "--out", catalogue, "--page", page),
    )
    assert "60 pictures, 45 boxes of 2 classes; 0 problems, 0 leaks" in told
    read_back = Catalogue.read(catalogue)
    sides = {split: {picture.site for picture in read_back.of(split)} for split in ("train", "val")}
    assert sides["train"] | sides["val"] == set(SITES)
    assert not sides["train"] & sides["val"], "a site lies on one side"
    assert sides["train"]
    assert sides["val"]
    html = page.read_text("utf-8")
    assert html.count("data:image/jpeg;base64,") > 10
    assert "CC0-1.0" in html

    # Train: from the weights of the shipped model.
    told = fieldwatch("train", model, "--data", catalogue, "--out", factory / "runs", "--device", "cpu")
    checkpoint = factory / "runs" / "model.pt"
    assert f"--checkpoint {checkpoint}" in told
    assert (factory / "runs" / "1-all" / "done").exists()

    # Export: the card is brought up to date, and the file agrees with PyTorch.
    told = fieldwatch("export", model, "--checkpoint", checkpoint, "--data", catalogue)
    assert "Next: fieldwatch models eval" in told
    assert "than rounding explains" not in told
    card = Card.read(model / "model.toml")
    assert card.version != "0"
    assert card.names == CLASSES
    assert (model / "model.onnx").stat().st_size > 3_000_000

    # Evaluate: it has learnt what there was to learn.
    page = factory / "eval.html"
    fieldwatch("eval", model, "--data", catalogue, "--page", page)
    metrics = read(model / "metrics.json")
    assert metrics["sha256"] == card.sha256
    assert metrics["data"]["pictures"] == len(list(read_back.of("val")))
    assert set(metrics["by_site"]) == sides["val"]
    print("AP50", metrics["average_precision"])
    assert metrics["average_precision"]["all"]["ap50"] > 0.3
    assert page.read_text("utf-8").count("<svg") >= 3

    # Bench: the formats of ONNX Runtime, which are there wherever a node is.
    told = fieldwatch(
        *("bench", model, "--data", catalogue, "--turns", "2", "--calibrate", "16", "--pictures", "16"),
        *("--format", "onnx-static", "--format", "onnx-int8", "--keep", factory / "formats"),
    )
    bench = read(model / "bench.json")
    assert bench["sha256"] == card.sha256
    assert bench["skipped"] == {}
    rows = bench["formats"]
    assert list(rows) == ["onnx", "onnx-static", "onnx-int8"]
    assert rows["onnx"]["model_ratio"] == rows["onnx"]["pipeline_ratio"] == 1.0
    assert rows["onnx"]["ap50_lost"] == 0.0
    assert rows["onnx-int8"]["file_mb"] < rows["onnx"]["file_mb"]
    assert all(40 < row["peak_mib"] < 2000 and row["model_ms"] > 0 for row in rows.values())
    assert "onnx-int8" in told

    # Sign and verify: the folder, and the quantised one made from it.
    fieldwatch("key", "--signer", "Test reserve", "--out", factory, "--name", "test")
    for folder in (model, factory / "formats" / "onnx-int8"):
        fieldwatch("sign", folder, "--key", factory / "test.key")
        assert "Test reserve" in fieldwatch("verify", folder, "--key", factory / "test.pub")
        assert "does not trust" in fieldwatch("verify", folder, fails=True), "without the key: a stranger's"

    # The node refuses a stranger's model, takes a trusted one, and sees what is there.
    with pytest.raises(SignatureError):
        load_detector(DetectorSettings(model=str(model)), [])
    trusted = DetectorSettings(model=str(model), trusted_keys=(factory / "test.pub",))
    detector = load_detector(trusted, [])
    assert detector.label == f"drawn@{card.version}"
    right = shown = 0
    for picture in read_back.of("val"):
        if picture.labels:
            found = detector.detect(cv2.imread(str(catalogue.parent / picture.path)))  # type: ignore[arg-type]
            shown += 1
            right += bool(len(found)) and CLASSES[found.classes[0]] == picture.labels[0].name
    print(f"{right} of {shown} animals named by the node")
    assert right >= shown / 3
