"""From a training checkpoint to the ONNX file that a node can load."""

from __future__ import annotations

import ast
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fieldwatch_edge.detect.model_folder import sha256_of
from fieldwatch_models.errors import ExportError, ExtraMissingError
from fieldwatch_models.export.agree import Agreement
from fieldwatch_models.export.detectors import open_detector
from fieldwatch_models.export.halves import STORAGES, store_as_fp16
from fieldwatch_models.registry.cards import Card

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    import onnx

    from fieldwatch_edge.domain import Detections, Image

#: The checks are run with a threshold low enough that each picture has boxes to compare.
CHECKED_FROM = 0.05
#: What `train` writes beside the checkpoint.
TRAINING = "training.json"


def export(
    checkpoint: Path, folder: Path, created: date, pictures: Sequence[Image], imgsz: int | None = None
) -> tuple[Card, Agreement]:
    """Export ``checkpoint`` to ``folder/model.onnx`` and bring ``folder/model.toml`` up to date.

    The card must exist: the names of the classes and the thresholds are a person's decision. Its version
    becomes the date ``created``. ``imgsz`` (px) replaces the card's inference size.

    The file and the checkpoint in PyTorch are run over ``pictures``. Weights are stored as fp16 as far as
    both see the same; where they do not, the layers that are to blame stay fp32, up to all.

    Raises:
        ExportError: the checkpoint is not what the card describes, or no storage made both agree.
    """
    card = Card.read(folder / "model.toml")
    size = imgsz or card.imgsz
    with tempfile.TemporaryDirectory() as scratch:
        # Ultralytics writes the ONNX file beside the checkpoint it was given.
        copy = Path(scratch) / "model.pt"
        copy.write_bytes(checkpoint.read_bytes())
        plain = through_ultralytics(copy, "onnx", imgsz=size, dynamic=True, simplify=True)
        made = card.model_copy(
            update={"version": f"{created:%Y.%m.%d}", "created": created, "imgsz": size, "file": "model.onnx"}
        )
        trained = _folder(Path(scratch) / "trained", made.model_copy(update={"file": "model.pt"}), copy)
        expected = [open_detector(trained, CHECKED_FROM, backend="ultralytics").detect(p) for p in pictures]
        for storage in STORAGES:
            model = _load(plain)
            _tidy(model, card)
            _check_head(model, plain, len(card.classes), size)
            store_as_fp16(model, storage)
            exported, found = _stored(Path(scratch) / storage.name, made, model, pictures, expected)
            if found.holds:
                break
        else:
            raise ExportError(
                f"the exported file and PyTorch do not see the same, not even with fp32 weights: "
                f"{found.report()}. Nothing was written to {folder}"
            )
        card = Card.read(exported / "model.toml")
        (folder / card.file).write_bytes((exported / card.file).read_bytes())
        card.write(folder / "model.toml")
    training = checkpoint.parent / TRAINING
    if training.exists():  # how these very weights came about
        (folder / TRAINING).write_bytes(training.read_bytes())
    return card, found


def through_ultralytics(checkpoint: Path, form: str, **options: Any) -> Path:
    """Let ultralytics export ``checkpoint`` to ``form``; where it put the result (beside the checkpoint).

    Raises:
        ExtraMissingError: it is not installed.
        ExportError: it cannot read the checkpoint, or the export failed.
    """
    # It would install what it misses, and report what it does to an analytics service.
    os.environ.setdefault("YOLO_AUTOINSTALL", "false")
    os.environ.setdefault("YOLO_OFFLINE", "true")
    try:
        from ultralytics import YOLO
    except ImportError as error:
        raise ExtraMissingError(error.name or "ultralytics") from error
    try:
        model = YOLO(checkpoint)
        if getattr(model.model.model[-1], "one2one_cv2", None) is not None:
            options["nms"] = False  # it has a head that needs none; without this word the other one is taken
        return Path(model.export(format=form, device="cpu", verbose=False, **options))
    except Exception as error:  # whatever the format's own converter raises
        raise ExportError(f"ultralytics cannot export {checkpoint} to {form}: {error}") from error


def _stored(
    folder: Path, card: Card, model: onnx.ModelProto, pictures: Sequence[Image], expected: list[Detections]
) -> tuple[Path, Agreement]:
    """A model folder with ``model``, and how it agrees with what is ``expected`` on ``pictures``."""
    import onnx

    folder.mkdir()
    onnx.save(model, folder / card.file)
    card.model_copy(update={"sha256": sha256_of(folder / card.file)}).write(folder / "model.toml")
    detector = open_detector(folder, CHECKED_FROM)
    found = Agreement(CHECKED_FROM)
    for picture, boxes in zip(pictures, expected, strict=True):
        found.add(boxes, detector.detect(picture))
    return folder, found


def _folder(folder: Path, card: Card, file: Path) -> Path:
    folder.mkdir()
    (folder / card.file).write_bytes(file.read_bytes())
    card.model_copy(update={"sha256": sha256_of(file)}).write(folder / "model.toml")
    return folder


def _load(path: Path) -> onnx.ModelProto:
    import onnx

    return onnx.load(path)


def _check_head(model: onnx.ModelProto, file: Path, classes: int, size: int) -> None:
    """Give the output its real shape, and refuse one that does not fit so many classes.

    Ultralytics calls the last axis of every detector "anchors" and lets it vary; that of the NMS-free head
    (boxes, 6) does not, and it is by this 6 that a node tells the heads apart.
    """
    import onnxruntime as ort

    session = ort.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    blank = np.zeros((1, 3, size, size), np.float32)
    rows, columns = session.run(None, {session.get_inputs()[0].name: blank})[0].shape[1:]
    names = {item.key: item.value for item in model.metadata_props}.get("names", "")
    said = len(ast.literal_eval(names)) if names else classes
    end_to_end = columns == 6 and rows != 4 + classes
    if said != classes or (not end_to_end and rows != 4 + classes):
        raise ExportError(
            f"the checkpoint tells {said if end_to_end else rows - 4} classes apart, the card names {classes}"
        )
    if end_to_end:
        shape = model.graph.output[0].type.tensor_type.shape
        shape.dim[1].dim_value, shape.dim[2].dim_value = rows, columns


def _tidy(model: onnx.ModelProto, card: Card) -> None:
    """Drop what only the machine that exported knows: its paths, and shapes that can be inferred.

    The description that Ultralytics writes holds the path of the training data; the keys kept are
    the ones that its own ONNX backend reads.
    """
    keep = {"stride", "task", "head", "batch", "imgsz", "names", "channels", "end2end", "license"}
    kept = {item.key: item.value for item in model.metadata_props if item.key in keep}
    del model.metadata_props[:]
    for key, value in {"description": f"Fieldwatch {card.name} detector", **kept}.items():
        item = model.metadata_props.add()
        item.key, item.value = key, value
    del model.graph.value_info[:]
