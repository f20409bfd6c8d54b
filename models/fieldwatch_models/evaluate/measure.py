"""Measure an exported model: ``metrics.json`` in its folder."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fieldwatch_models.errors import ExtraMissingError, RecipeError
from fieldwatch_models.evaluate.ignition import Rule, summary, watch
from fieldwatch_models.evaluate.matching import Confusion
from fieldwatch_models.evaluate.runtime import Model

if TYPE_CHECKING:
    from pathlib import Path


def evaluate(folder: Path, data: Path, sequences: list[Path], rule: Rule) -> dict[str, Any]:
    """Measure ``folder/model.onnx`` on ``data``'s validation pictures; write and return the result.

    Average precision comes from Ultralytics; what a node sees at the card's threshold comes from
    the runtime that the node uses. ``sequences`` are folders of recorded ignitions, watched with
    ``rule``, or of labelled stills.
    """
    model = Model.load(folder)
    metrics: dict[str, Any] = {
        "version": model.card.version,
        "sha256": model.card.sha256,
        "imgsz": model.card.imgsz,
        "conf": model.card.conf,
        "average_precision": average_precision(folder, model, data),
        "validation": stills(model, data / "images" / "val", data / "labels" / "val"),
    }
    for path in sequences:
        if (path / "sequence.csv").exists():
            metrics.setdefault("ignitions", {})[path.name] = summary(watch(model, path), rule)
        else:
            metrics.setdefault("stills", {})[path.name] = stills(model, path, path)
    text = json.dumps(metrics, indent=1, ensure_ascii=False)
    (folder / "metrics.json").write_text(text + "\n", "utf-8")
    return metrics


def average_precision(folder: Path, model: Model, data: Path) -> dict[str, dict[str, float]]:
    """AP50 and AP50-95 for each class that ``data`` has, and their mean under ``all``."""
    try:
        from ultralytics import YOLO
    except ImportError as error:
        raise ExtraMissingError("ultralytics") from error

    box = (
        YOLO(folder / model.card.file, task="detect")
        .val(
            data=str(data / "data.yaml"),
            imgsz=model.card.imgsz,
            iou=model.card.iou,
            device="cpu",
            plots=False,
            verbose=False,
        )
        .box
    )
    table = {"all": {"ap50": round(float(box.map50), 4), "ap50_95": round(float(box.map), 4)}}
    for place, index in enumerate(box.ap_class_index):
        table[model.card.names[index]] = {
            "ap50": round(float(box.ap50[place]), 4),
            "ap50_95": round(float(box.ap[place]), 4),
        }
    return table


def stills(model: Model, images: Path, labels: Path) -> dict[str, Any]:
    """Precision, recall and confusion on labelled pictures at the card's threshold.

    CPU time per picture is summed over threads: unlike the clock it does not grow when a machine is
    busy with something else.
    """
    import cv2

    names = model.card.names
    confusion = Confusion.of(len(names))
    paths = sorted(p for p in images.iterdir() if p.suffix.lower() in {".jpg", ".jpeg", ".png"})
    if not paths:
        raise RecipeError(f"no pictures in {images}")
    seconds = 0.0
    for path in paths:
        image: Any = cv2.imread(str(path))
        if image is None:
            raise RecipeError(f"cannot read {path}")
        began = time.process_time()
        boxes = model.predict(image, model.card.conf)
        seconds += time.process_time() - began
        confusion.add(boxes, read_labels((labels / path.name).with_suffix(".txt")))
    return {
        "pictures": len(paths),
        "cpu_ms_per_picture": round(1000 * seconds / len(paths), 1),
        "classes": {
            name: {
                "labelled": int(confusion.matrix[:, index].sum()),
                "precision": confusion.precision(index),
                "recall": confusion.recall(index),
            }
            for index, name in enumerate(names)
        },
        "confusion_said_by_was": {
            "order": [*names, "background"],
            "matrix": confusion.matrix.tolist(),
        },
    }


def read_labels(path: Path) -> npt.NDArray[np.float64]:
    """YOLO labels as ``[M, 5]``: x1, y1, x2, y2 (shares of the picture) and class. No file: none."""
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    table = np.array([line.split()[:5] for line in lines if line.strip()], dtype=np.float64)
    table = table.reshape(-1, 5)
    centre, half = table[:, 1:3], table[:, 3:5] / 2
    return np.hstack([centre - half, centre + half, table[:, :1]])
