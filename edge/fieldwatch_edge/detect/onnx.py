"""The lean backend: an exported model in ONNX Runtime, without PyTorch. Alone imports onnxruntime."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import numpy as np
import onnxruntime

from fieldwatch_edge import vision
from fieldwatch_edge.detect.base import OfFolder
from fieldwatch_edge.detect.decode import Scoring, decode_end_to_end, decode_raw
from fieldwatch_edge.domain import Detections, Image
from fieldwatch_edge.errors import ModelError

if TYPE_CHECKING:
    from fieldwatch_edge.detect.model_folder import ModelFolder


class OnnxDetector(OfFolder):
    """Runs a detection model with the raw YOLOv8 head (1, 4 + classes, n) or the NMS-free one (1, n, 6)."""

    def __init__(self, folder: ModelFolder, *, imgsz: int, conf: float, iou: float, threads: int) -> None:
        """Load the model. `imgsz`: its input's longer side in pixels.

        Raises:
            ModelError: the file is not an ONNX model that this backend can run, or disagrees with its card.
        """
        super().__init__(folder, conf)
        self._imgsz, self._scoring = imgsz, Scoring.of(folder.card, conf=conf, iou=iou)
        self._session = _session(folder, threads)
        self._fixed_size, self._end_to_end = _check_contract(self._session, folder)
        self._input_name = self._session.get_inputs()[0].name
        # Kept between frames: a camera's pictures all have one size.
        self._letterbox: vision.Letterbox | None = None
        self._blob = np.empty((1, 3, 0, 0), np.float32)

    def detect(self, image: Image) -> Detections:
        """Boxes on `image`, (height, width, 3) BGR, best first, in pixels of `image`."""
        letterbox = self._prepare(image)
        try:
            output = self._session.run(None, {self._input_name: self._blob})[0]
        except Exception as error:  # onnxruntime's own exceptions share no base class
            raise ModelError(f"{self._folder.file} failed on a picture: {error}") from error
        # NaN is above no threshold: a model that gives it would see nothing, and nobody would hear of it.
        if not np.isfinite(output).all():
            raise ModelError(f"{self._folder.file} gives numbers that are not finite")
        if self._end_to_end:
            seen = decode_end_to_end(output[0], self._scoring)
        else:
            seen = decode_raw(output[0], self._scoring)
        return Detections(letterbox.to_picture(seen.boxes), seen.scores, seen.classes)

    def _prepare(self, image: Image) -> vision.Letterbox:
        """Fill the model's input with `image`."""
        height, width = image.shape[:2]
        letterbox = self._letterbox
        if letterbox is None or letterbox.picture != (width, height):
            if self._fixed_size is None:
                letterbox = vision.Letterbox.fit(width, height, self._imgsz)
            else:
                letterbox = vision.Letterbox.fit_within(width, height, self._fixed_size)
            self._letterbox = letterbox
            self._blob = vision.empty_input(letterbox)
        vision.fill_input(image, letterbox, self._blob)
        return letterbox


def _session(folder: ModelFolder, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    # Threads that spin while they wait for the next frame would burn the battery of a node.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 4
    data = folder.read_file()
    try:
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # as above
        raise ModelError(
            f"ONNX Runtime {onnxruntime.__version__} cannot load {folder.file}: {error}"
        ) from error


def _check_contract(
    session: onnxruntime.InferenceSession, folder: ModelFolder
) -> tuple[tuple[int, int] | None, bool]:
    """The input's (width, height) where it is fixed, and whether the head is the NMS-free one.

    Raises:
        ModelError: input or output are not what this backend knows, or not what the card says.
    """
    inputs, output = session.get_inputs(), session.get_outputs()[0]
    shape = inputs[0].shape
    if len(inputs) != 1 or len(shape) != 4 or shape[1] != 3 or inputs[0].type != "tensor(float)":
        described = ", ".join(f"{i.name} {i.type} {i.shape}" for i in inputs)
        raise ModelError(f"{folder.file} wants {described}; a detector takes one float [1, 3, height, width]")
    fixed = (shape[3], shape[2]) if isinstance(shape[2], int) and isinstance(shape[3], int) else None

    metadata = session.get_modelmeta().custom_metadata_map
    if len(output.shape) != 3:
        raise ModelError(f"{folder.file} gives {output.shape}; a detector gives [1, 4 + classes, n]")
    rows, columns = output.shape[1:]
    # Two classes make the raw head (1, 6, n), so its width alone does not tell the heads apart.
    end_to_end = columns == 6 and rows != 4 + len(folder.card.classes)
    if not end_to_end and isinstance(rows, int):
        folder.check_width(rows - 4)
    elif "names" in metadata:
        folder.check_width(len(ast.literal_eval(metadata["names"])))
    return fixed, end_to_end
