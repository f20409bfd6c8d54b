"""The second backend: anything that ultralytics loads (PyTorch, OpenVINO, NCNN, TensorRT, ...).

Alone imports ultralytics, and only when a detector is made: the package, and PyTorch below it, come with
an extra that a node does not need.

It sees final boxes only, each with its best class: where the lean backend adds up the chances of all classes,
this one says "animal" only if the best class alone reaches the fallback's score, which is less often.
"""

from __future__ import annotations

import shutil
import weakref
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

import numpy as np

from fieldwatch_edge.detect.base import OfFolder
from fieldwatch_edge.detect.decode import Scoring, finish
from fieldwatch_edge.domain import Detections, Image
from fieldwatch_edge.errors import ModelError

if TYPE_CHECKING:
    from fieldwatch_edge.detect.model_folder import ModelFolder


class UltralyticsDetector(OfFolder):
    """Runs a model through `ultralytics.YOLO`."""

    def __init__(self, folder: ModelFolder, *, imgsz: int, conf: float, iou: float, threads: int) -> None:
        """Load the model. `imgsz`: its input's longer side in pixels.

        Raises:
            ModelError: ultralytics is not installed or cannot load the file, or the file disagrees with
                its card.
        """
        try:
            import torch
            from ultralytics import YOLO
        except ImportError as error:
            raise ModelError(
                f"the ultralytics backend needs a package that is missing ({error.name}): "
                'pip install "fieldwatch[models]", or set backend = "onnx"'
            ) from error
        super().__init__(folder, conf)
        self._scoring = Scoring.of(folder.card, conf=conf, iou=iou)
        self._options = {
            "imgsz": imgsz,
            "conf": self._scoring.final_floor,
            "iou": iou,
            "verbose": False,
            "device": "cpu",
        }
        torch.set_num_threads(threads)
        # Exported formats are opened at the first picture only, so a checked copy stays as long as this.
        scratch = Path(mkdtemp(prefix="fieldwatch-model-"))
        weakref.finalize(self, shutil.rmtree, scratch, ignore_errors=True)
        file = folder.copy_file(scratch)
        try:
            self._model = YOLO(file, task="detect")
            names = self._model.names
        except Exception as error:  # whatever the format's own loader raises
            raise ModelError(f"ultralytics cannot load {folder.file}: {error}") from error
        folder.check_width(len(names))

    def detect(self, image: Image) -> Detections:
        """Boxes on `image`, (height, width, 3) BGR, best first, in pixels of `image`."""
        try:
            results = self._model.predict(image, **self._options)
        except Exception as error:  # as above
            raise ModelError(f"{self._folder.file} failed on a picture: {error}") from error
        return finish(from_ultralytics(results[0]), self._scoring)


def from_ultralytics(results: Any) -> Detections:
    """An `ultralytics.engine.results.Results` as Detections, with the network's own scores."""
    boxes = results.boxes.cpu().numpy()
    return Detections(
        boxes.xyxy.astype(np.float32, copy=False),
        boxes.conf.astype(np.float32, copy=False),
        boxes.cls.astype(np.int64),
    )
