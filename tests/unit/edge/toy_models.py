"""Small ONNX models whose right answer is known: they detect squares of pure red, green and blue."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from fieldwatch_edge.detect.model_folder import sha256_of

if TYPE_CHECKING:
    from pathlib import Path

CELL = 32

CARD = """
name = "toy"
version = "1.2"
sha256 = "{sha256}"
imgsz = 320
conf = 0.6
iou = 0.5
a_field_of_a_later_version = true

[[classes]]
name = "red"
kind = "animal"
scientific_name = "Rubrum"
name_zh = "红"
[[classes]]
name = "green"
kind = "smoke"
[[classes]]
name = "blue"
kind = "fire"
"""


def colour_model(size: tuple[int, int] | None = None, *, end_to_end: bool = False) -> onnx.ModelProto:
    """A box for each 32 x 32 cell of the input, its score per class the mean of a colour channel.

    Args:
        size: (width, height) of a fixed input; None: any multiple of 32.
        end_to_end: with the NMS-free head (1, 20, 6) in place of the raw one (1, 7, n).
    """
    constants = {
        "cell": np.float32(CELL),
        "half": np.float32(CELL / 2),
        "one": np.float32(1),
        "flat": np.array([1, 7, -1], np.int64),
        "x_axis": np.int64(3),
        "y_axis": np.int64(2),
        "top": np.array([20], np.int64),
        "parts": np.array([2, 2, 3], np.int64),
        "half_of": np.float32(0.5),
        "first": np.array([0], np.int64),
        "last": np.array([2], np.int64),
    }
    node = helper.make_node
    nodes = [
        node("AveragePool", ["images"], ["scores"], kernel_shape=[CELL, CELL], strides=[CELL, CELL]),
        node("ReduceMax", ["scores"], ["any"], axes=[1], keepdims=1),
        node("Sub", ["any", "any"], ["zeros"]),
        node("Add", ["zeros", "one"], ["ones"]),
        node("Mul", ["ones", "cell"], ["width"]),
        *_centre(node, "x"),
        *_centre(node, "y"),
        node("Concat", ["cx", "cy", "width", "width", "scores"], ["grid"], axis=1),
        node("Reshape", ["grid", "flat"], ["raw"]),
    ]
    output = helper.make_tensor_value_info("raw", TensorProto.FLOAT, [1, 7, "n"])
    if end_to_end:
        nodes += _end_to_end_head(node)
        output = helper.make_tensor_value_info("final", TensorProto.FLOAT, [1, 20, 6])
    width, height = size or ("width", "height")
    graph = helper.make_graph(
        nodes,
        "colours",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, height, width])],
        [output],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


def _centre(node, axis: str):
    return [
        node("CumSum", ["ones", f"{axis}_axis"], [f"{axis}_index"]),
        node("Mul", [f"{axis}_index", "cell"], [f"{axis}_end"]),
        node("Sub", [f"{axis}_end", "half"], [f"c{axis}"]),
    ]


def _end_to_end_head(node):
    """The 20 best boxes as x1, y1, x2, y2, score, class."""
    return [
        node("Transpose", ["raw"], ["rows"], perm=[0, 2, 1]),
        node("Split", ["rows", "parts"], ["centre", "extent", "classes"], axis=2),
        node("Mul", ["extent", "half_of"], ["reach"]),
        node("Sub", ["centre", "reach"], ["low"]),
        node("Add", ["centre", "reach"], ["high"]),
        node("ReduceMax", ["classes"], ["best"], axes=[2], keepdims=1),
        node("ArgMax", ["classes"], ["which"], axis=2, keepdims=1),
        node("Cast", ["which"], ["class"], to=TensorProto.FLOAT),
        node("Concat", ["low", "high", "best", "class"], ["unsorted"], axis=2),
        node("Squeeze", ["best", "last"], ["flat_best"]),
        node("TopK", ["flat_best", "top"], ["values", "order"], axis=1),
        node("Squeeze", ["order", "first"], ["picked"]),
        node("Gather", ["unsorted", "picked"], ["final"], axis=1),
    ]


def model_folder(folder: Path, model: onnx.ModelProto, card: str = CARD) -> Path:
    """Write `model` and its card below `folder`."""
    folder.mkdir(parents=True)
    onnx.save(model, folder / "model.onnx")
    (folder / "model.toml").write_text(card.format(sha256=sha256_of(folder / "model.onnx")))
    return folder
