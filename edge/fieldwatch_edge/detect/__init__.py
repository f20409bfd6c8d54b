"""Detect: a model folder in, boxes out, through one of two interchangeable backends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fieldwatch_edge.detect.base import Detector
from fieldwatch_edge.detect.model_folder import find_model, model_search_path

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fieldwatch_edge.settings import DetectorSettings

__all__ = ["Detector", "load_detector", "model_search_path"]


def load_detector(settings: DetectorSettings, search_path: Sequence[Path]) -> Detector:
    """The detector that `settings` ask for, its model looked up in `search_path`.

    Raises:
        ModelError: there is no such model, its file is not the one that its card describes, or the
            backend is not installed or cannot run it.
    """
    folder = find_model(settings.model, search_path)
    card = folder.card
    imgsz = settings.imgsz or card.imgsz
    conf = card.conf if settings.conf is None else settings.conf
    iou = card.iou if settings.iou is None else settings.iou
    if settings.backend == "ultralytics":
        from fieldwatch_edge.detect.ultralytics import UltralyticsDetector

        return UltralyticsDetector(folder, imgsz=imgsz, conf=conf, iou=iou, threads=settings.threads)
    from fieldwatch_edge.detect.onnx import OnnxDetector

    return OnnxDetector(folder, imgsz=imgsz, conf=conf, iou=iou, threads=settings.threads)
