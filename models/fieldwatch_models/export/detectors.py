"""Open any format's folder with the node's own backends, as the network alone speaks.

Without what a card adds (temperature, the name for the unknown), since formats are compared, not decisions;
and without asking for a signature, since whoever exports has just made the file.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fieldwatch_edge.detect.model_folder import ModelFolder
from fieldwatch_edge.errors import EdgeError
from fieldwatch_models.errors import ExportError

if TYPE_CHECKING:
    from pathlib import Path

    from fieldwatch_edge.detect import Detector


def backend_of(file: str) -> str:
    """The edge's backend for a model's file: the lean one reads ONNX, ultralytics all the rest."""
    return "onnx" if file.endswith(".onnx") else "ultralytics"


def open_detector(
    path: Path, conf: float, *, backend: str | None = None, imgsz: int | None = None, threads: int = 2
) -> Detector:
    """The model in the folder `path`, on the backend of its file or on `backend`.

    Raises:
        ExportError: the edge cannot load it, with the edge's reason.
    """
    try:
        opened = ModelFolder.open(path)
        card = opened.card.model_copy(update={"temperature": 1.0, "fallback": None})
        folder = replace(opened, card=card)
        size = imgsz or card.imgsz
        if (backend or backend_of(card.file)) == "onnx":
            from fieldwatch_edge.detect.onnx import OnnxDetector

            return OnnxDetector(folder, imgsz=size, conf=conf, iou=card.iou, threads=threads)
        from fieldwatch_edge.detect.ultralytics import UltralyticsDetector

        return UltralyticsDetector(folder, imgsz=size, conf=conf, iou=card.iou, threads=threads)
    except EdgeError as error:
        raise ExportError(str(error)) from error
