"""Run an exported model the way a node does: ONNX Runtime and OpenCV, no PyTorch.

What a card claims is measured on the exported file with this, not on the training checkpoint.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from fieldwatch_models.registry.cards import Card

if TYPE_CHECKING:
    from pathlib import Path

#: Boxes of one picture: ``[N, 6]`` of x1, y1, x2, y2 (share of width and height), score, class.
Boxes = npt.NDArray[np.float32]

STRIDE = 32
#: The grey that Ultralytics pads with, so that the model sees padding as it did in training.
GREY = 114


@dataclass(frozen=True)
class Model:
    """A loaded model and its card."""

    card: Card
    session: Any

    @classmethod
    def load(cls, folder: Path, threads: int = 2) -> Model:
        """Load ``folder/model.toml`` and the file that it names."""
        import onnxruntime as ort

        card = Card.read(folder / "model.toml")
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        session = ort.InferenceSession(str(folder / card.file), options, providers=["CPUExecutionProvider"])
        return cls(card, session)

    def predict(self, image: npt.NDArray[np.uint8], conf: float, imgsz: int | None = None) -> Boxes:
        """Boxes on ``image`` (``[H, W, 3]``, BGR) with a score of ``conf`` or more, best first."""
        import cv2

        blob, width, height = letterbox(image, imgsz or self.card.imgsz)
        raw = np.asarray(self.session.run(None, {"images": blob})[0][0]).T  # [N, 4 + classes]
        scores = raw[:, 4:].max(1)
        raw = raw[scores >= conf]
        classes, scores = raw[:, 4:].argmax(1), raw[:, 4:].max(1)
        corner = raw[:, :2] - raw[:, 2:4] / 2
        # NMS within a class, as Ultralytics does: a lion before a zebra is two animals.
        keep = cv2.dnn.NMSBoxesBatched(
            np.hstack([corner, raw[:, 2:4]]).tolist(),
            scores.tolist(),
            classes.tolist(),
            conf,
            self.card.iou,
        )
        kept = np.asarray(keep, dtype=np.int64).reshape(-1)
        xyxy = np.hstack([corner, corner + raw[:, 2:4]])[kept]
        xyxy = np.clip(xyxy / [width, height, width, height], 0, 1)
        table = np.hstack([xyxy, scores[kept, None], classes[kept, None]])
        return np.asarray(table, dtype=np.float32).reshape(-1, 6)


def letterbox(image: npt.NDArray[np.uint8], imgsz: int) -> tuple[npt.NDArray[np.float32], int, int]:
    """The network's input for ``image``, and the width and height (px) the picture has in it.

    The longer side becomes ``imgsz``; the shorter is padded below or on the right only up to the
    next multiple of 32, so a 4:3 picture costs a quarter less than a square one.
    """
    import cv2

    scale = imgsz / max(image.shape[:2])
    height, width = (max(1, round(side * scale)) for side in image.shape[:2])
    resized = cv2.resize(image, (width, height), interpolation=cv2.INTER_LINEAR)
    padded = np.full((-(-height // STRIDE) * STRIDE, -(-width // STRIDE) * STRIDE, 3), GREY, "uint8")
    padded[:height, :width] = resized
    blob = padded[None, :, :, ::-1].transpose(0, 3, 1, 2).astype(np.float32) / 255
    return np.ascontiguousarray(blob), width, height
