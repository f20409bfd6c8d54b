"""An ONNX file whose input has one size, for runtimes and accelerators that want to know it beforehand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fieldwatch_edge import vision
from fieldwatch_models.export.halves import store_as_fp16

if TYPE_CHECKING:
    from pathlib import Path

    from fieldwatch_edge.domain import Image


def fixed_size(imgsz: int, camera: tuple[int, int] | None) -> tuple[int, int]:
    """(width, height) of an input for a ``camera``'s pictures, or for any."""
    return vision.Letterbox.fit(*camera, imgsz).size if camera else (imgsz, imgsz)


def as_shown(picture: Image, imgsz: int, camera: tuple[int, int] | None) -> Image:
    """``picture`` with the grey around it that it gets in an input of fixed size: (height, width, 3)."""
    size = fixed_size(imgsz, camera)
    box = vision.Letterbox.fit_within(picture.shape[1], picture.shape[0], size)
    blob = vision.empty_input(box)
    vision.fill_input(picture, box, blob)
    return np.ascontiguousarray(np.rint(blob[0, ::-1].transpose(1, 2, 0) * 255).astype(np.uint8))


def with_fixed_size(source: Path, target: Path, imgsz: int, camera: tuple[int, int] | None = None) -> None:
    """Write the dynamic ``source`` to ``target`` with the input that a camera's pictures need.

    ``camera``: (width, height) of its pictures. Without it, a square of ``imgsz``, into which any picture
    fits; but a picture of 16:9 leaves four tenths of it grey, and that is computed all the same.
    """
    import onnx
    import onnxslim

    model = onnx.load(source)
    fp16 = any(tensor.data_type == onnx.TensorProto.FLOAT16 for tensor in model.graph.initializer)
    width, height = fixed_size(imgsz, camera)
    shape = model.graph.input[0].type.tensor_type.shape
    for place, value in enumerate((1, 3, height, width)):
        shape.dim[place].dim_value = value
    for entry in model.metadata_props:
        if entry.key == "imgsz":  # what ultralytics feeds it, height first
            entry.value = str([height, width])
    del model.graph.output[0].type.tensor_type.shape.dim[:]  # inferred anew from the fixed input
    model = onnxslim.slim(model)  # folds all that depended on the size, and the stored fp16 to fp32
    if fp16:
        store_as_fp16(model, lossless=True)
    onnx.save(model, target)
