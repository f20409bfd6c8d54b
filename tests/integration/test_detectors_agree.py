"""The shipped file, the PyTorch network behind it, and both backends of the node see the same.

Boxes within 1 px of the picture, scores within 0.01: on drawn pictures everywhere, and on 200 real ones
where they are (FIELDWATCH_REFERENCE names the folder that holds `data/`; default: `shared` beside the
checkout).
"""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import pytest

from fieldwatch_edge.detect.model_folder import sha256_of
from fieldwatch_edge.detect.ultralytics import from_ultralytics
from fieldwatch_models.export.agree import Agreement
from fieldwatch_models.export.detectors import open_detector
from fieldwatch_models.export.drawn import drawn
from fieldwatch_models.registry.cards import Card

if TYPE_CHECKING:
    from fieldwatch_edge.domain import Image

pytestmark = [pytest.mark.ultralytics, pytest.mark.timeout(900)]
pytest.importorskip("ultralytics", reason="the `models` extra is not installed")

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("FIELDWATCH_REFERENCE", ROOT.parent / "shared")) / "data"
PICTURES = 200
DRAWN = 50
"""Fewer: they are for machines that have no real ones, and hold little that real ones do not."""
CONF = {"drawn": 0.02, "real": 0.1}
"""Low, so that faint boxes are compared too; drawn pictures have no others for the fire detector."""


def real(model: str) -> list[Image]:
    folder = DATA / model / "images" / "val"
    if not folder.is_dir():
        pytest.skip(f"no {folder}: set FIELDWATCH_REFERENCE to the folder that holds data/{model}")
    files = random.Random(0).sample(sorted(folder.iterdir()), PICTURES)
    return [picture for file in files if (picture := cv2.imread(str(file))) is not None]


def as_checkpoint(model: Path, folder: Path) -> Path:
    """A model folder whose file is the PyTorch network with the weights of `model`."""
    from fieldwatch_models.export.readback import write_checkpoint

    folder.mkdir()
    write_checkpoint(model, folder / "model.pt")
    changed = {"file": "model.pt", "sha256": sha256_of(folder / "model.pt")}
    Card.read(model / "model.toml").model_copy(update=changed).write(folder / "model.toml")
    return folder


@pytest.fixture(params=["wildlife", "fire"])
def model(request: pytest.FixtureRequest) -> Path:
    return ROOT / "models" / request.param


@pytest.fixture(params=["drawn", "real"])
def material(request: pytest.FixtureRequest, model: Path) -> tuple[float, list[Image]]:
    """The least score to compare, and the pictures."""
    return CONF[request.param], list(drawn(DRAWN)) if request.param == "drawn" else real(model.name)


def test_the_node_the_second_backend_and_pytorch_see_the_same(
    model: Path, material: tuple[float, list[Image]], tmp_path: Path
) -> None:
    from ultralytics import YOLO

    conf, pictures = material
    card = Card.read(model / "model.toml")
    lean = open_detector(model, conf)
    others = {
        "ultralytics backend": open_detector(model, conf, backend="ultralytics"),
        "PyTorch": open_detector(as_checkpoint(model, tmp_path / "trained"), conf, backend="ultralytics"),
    }
    plain = YOLO(model / card.file, task="detect")
    found = {name: Agreement(conf) for name in (*others, "YOLO.predict")}
    for picture in pictures:
        seen = lean.detect(picture)
        for name, other in others.items():
            found[name].add(seen, other.detect(picture))
        told = plain.predict(picture, imgsz=card.imgsz, conf=conf, iou=card.iou, device="cpu", verbose=False)
        found["YOLO.predict"].add(seen, from_ultralytics(told[0]))
    for name, agreement in found.items():
        print(f"\n{model.name}, {name}: {json.dumps(agreement.report())}")
    assert all(agreement.pictures == len(pictures) for agreement in found.values())
    assert all(len(agreement.box_px) >= 20 for agreement in found.values()), "there was something to compare"
    assert {name: agreement.holds for name, agreement in found.items()} == dict.fromkeys(found, True)
