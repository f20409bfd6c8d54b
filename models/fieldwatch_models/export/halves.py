"""Store a model's weights in half the bytes, and still compute in fp32.

A node on a metered link downloads models. fp16 arithmetic is slow or missing on its CPU, but fp16
*storage* costs nothing there: ONNX Runtime folds a Cast of a constant when it loads the model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fieldwatch_models.errors import ExportError, ExtraMissingError

if TYPE_CHECKING:
    from pathlib import Path

    import onnx

#: Below this many elements a Cast costs more bytes and nodes than fp16 saves.
SMALLEST = 64
#: The largest value that fp16 can hold.
FP16_MAX = float(np.finfo(np.float16).max)


def store_as_fp16(model: onnx.ModelProto) -> int:
    """Replace ``model``'s large fp32 initialisers by fp16 ones, each followed by a Cast to fp32.

    Returns how many were replaced. Names, shapes and types that the graph's nodes see stay as they
    were. Smaller tensors stay exact: among them are the shapes and scales that Resize reads.
    """
    try:
        from onnx import TensorProto, helper, numpy_helper
    except ImportError as error:
        raise ExtraMissingError("onnx") from error

    graph = model.graph
    casts = []
    for tensor in graph.initializer:
        values = numpy_helper.to_array(tensor)
        if tensor.data_type != TensorProto.FLOAT or values.size < SMALLEST:
            continue
        if np.abs(values).max() > FP16_MAX:
            raise ExportError(f"{tensor.name} has values that fp16 cannot hold")
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}.fp16"))
        casts.append(
            helper.make_node("Cast", [f"{name}.fp16"], [name], name=f"{name}.cast", to=TensorProto.FLOAT)
        )
    nodes = list(graph.node)
    del graph.node[:]
    graph.node.extend(casts + nodes)  # ONNX wants nodes in topological order
    return len(casts)


def largest_difference(left: Path, right: Path, shape: tuple[int, int, int, int]) -> float:
    """The largest absolute difference of two models' first outputs on one random picture.

    ``shape`` is the input's ``[B, 3, H, W]``. Box coordinates are in pixels and scores in 0..1, so
    the coordinates are divided by W first: the figure means the same for both.
    """
    import onnxruntime as ort

    image = np.random.default_rng(0).random(shape, dtype=np.float32)
    outputs = []
    for path in (left, right):
        session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        out = np.array(session.run(None, {session.get_inputs()[0].name: image})[0])
        out[:, :4] /= shape[3]
        outputs.append(out)
    return float(np.abs(outputs[0] - outputs[1]).max())
