"""Detect: a model folder in, boxes out, through one of two interchangeable backends."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from fieldwatch_edge.detect.base import Detector
from fieldwatch_edge.detect.model_folder import find_model, model_search_path
from fieldwatch_edge.errors import SignatureError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fieldwatch_edge.detect.model_folder import ModelFolder
    from fieldwatch_edge.detect.signature import Signature
    from fieldwatch_edge.settings import DetectorSettings

__all__ = ["Detector", "check_signature", "load_detector", "model_search_path", "trained_size"]

log = structlog.get_logger(__name__)


def check_signature(settings: DetectorSettings, search_path: Sequence[Path]) -> tuple[Signature, list[str]]:
    """Who signed the model that `settings` ask for, and which of its papers are not the signed ones.

    Raises:
        SignatureError: nobody whom the package or `settings` trust.
        ModelError: there is no such model, or its file is not the one that its card describes.
    """
    folder = find_model(settings.model, search_path)
    signature = _verify(folder, settings)
    return signature, signature.changed_papers(folder.path)


def _verify(folder: ModelFolder, settings: DetectorSettings) -> Signature:
    from fieldwatch_edge.detect.signature import shipped_keys, trusted_keys, verify

    return verify(folder, (*shipped_keys(), *trusted_keys(settings.trusted_keys)))


def load_detector(
    settings: DetectorSettings, search_path: Sequence[Path], *, down_to: float = 1.0
) -> Detector:
    """The detector that `settings` ask for, its model looked up in `search_path`.

    Args:
        down_to: share of the threshold (of settings or card) down to which boxes are given.

    Raises:
        SignatureError: nobody whom this node trusts has signed it, and `settings` do not allow that.
        ModelError: there is no such model, its file is not the one that its card describes, or the
            backend is not installed or cannot run it.
    """
    folder = find_model(settings.model, search_path)
    try:
        _verify(folder, settings)
    except SignatureError as error:
        if not settings.allow_unsigned:
            raise
        log.warning("model.unsigned", model=folder.label, why=str(error))
    card = folder.card
    imgsz = settings.imgsz or card.imgsz
    conf = (card.conf if settings.conf is None else settings.conf) * down_to
    iou = card.iou if settings.iou is None else settings.iou
    if settings.backend == "ultralytics":
        from fieldwatch_edge.detect.ultralytics import UltralyticsDetector

        return UltralyticsDetector(folder, imgsz=imgsz, conf=conf, iou=iou, threads=settings.threads)
    from fieldwatch_edge.detect.onnx import OnnxDetector

    return OnnxDetector(folder, imgsz=imgsz, conf=conf, iou=iou, threads=settings.threads)


def trained_size(settings: DetectorSettings, search_path: Sequence[Path]) -> int:
    """The longest side in pixels at which that model looks at a picture.

    Raises:
        ModelError: there is no such model.
    """
    return settings.imgsz or find_model(settings.model, search_path).card.imgsz
