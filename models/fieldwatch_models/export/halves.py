"""Store a model's weights in half the bytes, and still compute in fp32.

A node on a metered link downloads models. fp16 arithmetic is slow or missing on its CPU, but fp16
*storage* costs nothing there: ONNX Runtime folds a Cast of a constant when it loads the model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fieldwatch_models.errors import ExportError, ExtraMissingError

if TYPE_CHECKING:
    import onnx

#: Below this many elements a Cast costs more bytes and nodes than fp16 saves.
SMALLEST = 64
#: The largest value that fp16 can hold.
FP16_MAX = float(np.finfo(np.float16).max)


@dataclass(frozen=True)
class Storage:
    """Which weights are stored as fp16."""

    name: str
    #: Of the convolutions in the order of the graph, the share whose weights stay fp32. A rounding error at
    #: the beginning goes through all layers that follow, and the first ones are small.
    exact_share: float


#: The smaller file first. Measured on a fire detector and 60 pictures at a threshold of 0.05, boxes against
#: fp32: with all weights rounded 1.1 px at the 99th percentile and one box 37 px off; with the first quarter
#: of the layers exact (5 % more bytes) 0.2 px at worst.
STORAGES = (Storage("fp16", 0.25), Storage("fp32", 1.0))


def store_as_fp16(model: onnx.ModelProto, storage: Storage = STORAGES[0], *, lossless: bool = False) -> int:
    """Replace ``model``'s large fp32 initialisers by fp16 ones, each followed by a Cast to fp32.

    Returns how many were replaced. Names, shapes and types that the graph's nodes see stay as they
    were. Smaller tensors stay exact: among them are the shapes and scales that Resize reads. With
    ``lossless`` only those are replaced whose values fp16 holds to the last bit.
    """
    if storage.exact_share == 1:
        return 0
    try:
        from onnx import TensorProto, helper, numpy_helper
    except ImportError as error:
        raise ExtraMissingError("onnx") from error

    graph = model.graph
    layers = [node for node in graph.node if node.op_type == "Conv"]
    exact = {name for node in layers[: int(len(layers) * storage.exact_share)] for name in node.input}
    casts = []
    for tensor in graph.initializer:
        values = numpy_helper.to_array(tensor)
        if tensor.data_type != TensorProto.FLOAT or values.size < SMALLEST or tensor.name in exact:
            continue
        if np.abs(values).max() > FP16_MAX:
            raise ExportError(f"{tensor.name} has values that fp16 cannot hold")
        if lossless and not np.array_equal(values.astype(np.float16).astype(np.float32), values):
            continue
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(values.astype(np.float16), f"{name}.fp16"))
        casts.append(
            helper.make_node("Cast", [f"{name}.fp16"], [name], name=f"{name}.cast", to=TensorProto.FLOAT)
        )
    nodes = list(graph.node)
    del graph.node[:]
    graph.node.extend(casts + nodes)  # ONNX wants nodes in topological order
    return len(casts)
