from pathlib import Path

import numpy as np
import pytest

from fieldwatch_models.errors import ExportError
from fieldwatch_models.export.halves import largest_difference, store_as_fp16

onnx = pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

SHAPE = (1, 3, 32, 32)


def tiny(weight: float = 1.0):
    """One 3x3 convolution, 3 to 4 channels, with a bias too small to be worth a Cast."""
    helper, floats = onnx.helper, onnx.TensorProto.FLOAT
    rng = np.random.default_rng(1)
    weights = (rng.random((4, 3, 3, 3), dtype=np.float32) * weight).astype(np.float32)
    graph = helper.make_graph(
        [helper.make_node("Conv", ["images", "w", "b"], ["output0"], pads=[1, 1, 1, 1])],
        "tiny",
        [helper.make_tensor_value_info("images", floats, SHAPE)],
        [helper.make_tensor_value_info("output0", floats, (1, 4, 32, 32))],
        [onnx.numpy_helper.from_array(weights, "w"), onnx.numpy_helper.from_array(np.ones(4, "f"), "b")],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def test_large_weights_shrink_and_the_answer_stays(tmp_path: Path) -> None:
    model = tiny()
    onnx.save(model, tmp_path / "plain.onnx")
    assert store_as_fp16(model) == 1
    onnx.checker.check_model(model)
    onnx.save(model, tmp_path / "half.onnx")
    assert largest_difference(tmp_path / "plain.onnx", tmp_path / "half.onnx", SHAPE) < 1e-2
    stored = {tensor.name: tensor.data_type for tensor in model.graph.initializer}
    assert stored == {"w.fp16": onnx.TensorProto.FLOAT16, "b": onnx.TensorProto.FLOAT}


def test_weights_beyond_fp16_are_refused() -> None:
    with pytest.raises(ExportError, match="w has values"):
        store_as_fp16(tiny(weight=1e6))
