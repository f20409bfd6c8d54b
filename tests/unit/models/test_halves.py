from pathlib import Path

import numpy as np
import pytest

from fieldwatch_models.errors import ExportError
from fieldwatch_models.export.halves import Storage, store_as_fp16

onnx = pytest.importorskip("onnx")
ort = pytest.importorskip("onnxruntime")

SHAPE = (1, 3, 32, 32)


def chain(layers: int = 1, weight: float = 1.0):
    """`layers` 3x3 convolutions, their biases too small to be worth a Cast."""
    helper, floats = onnx.helper, onnx.TensorProto.FLOAT
    rng = np.random.default_rng(1)
    nodes, tensors, channels = [], [], 3
    for layer in range(layers):
        weights = (rng.random((4, channels, 3, 3), dtype=np.float32) * weight / 36).astype(np.float32)
        tensors.append(onnx.numpy_helper.from_array(weights, f"w{layer}"))
        tensors.append(onnx.numpy_helper.from_array(np.ones(4, "f"), f"b{layer}"))
        source, made = (
            f"x{layer}" if layer else "images",
            f"x{layer + 1}" if layer + 1 < layers else "output0",
        )
        nodes.append(helper.make_node("Conv", [source, f"w{layer}", f"b{layer}"], [made], pads=[1, 1, 1, 1]))
        channels = 4
    graph = helper.make_graph(
        nodes,
        "chain",
        [helper.make_tensor_value_info("images", floats, SHAPE)],
        [helper.make_tensor_value_info("output0", floats, (1, 4, 32, 32))],
        tensors,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


def answer(model, folder: Path) -> np.ndarray:
    onnx.save(model, folder / "some.onnx")
    session = ort.InferenceSession(str(folder / "some.onnx"), providers=["CPUExecutionProvider"])
    picture = np.random.default_rng(0).random(SHAPE, dtype=np.float32)
    return np.asarray(session.run(None, {"images": picture})[0])


def test_large_weights_shrink_and_the_answer_stays(tmp_path: Path) -> None:
    model = chain()
    before = answer(model, tmp_path)
    assert store_as_fp16(model) == 1
    onnx.checker.check_model(model)
    after = answer(model, tmp_path)
    assert after == pytest.approx(before, abs=1e-2)
    assert not np.array_equal(after, before), "fp16 is not exact: else nothing was stored so"
    stored = {tensor.name: tensor.data_type for tensor in model.graph.initializer}
    assert stored == {"w0.fp16": onnx.TensorProto.FLOAT16, "b0": onnx.TensorProto.FLOAT}


@pytest.mark.parametrize(("share", "exact"), [(0.0, set()), (0.25, {"w0"}), (0.5, {"w0", "w1"})])
def test_the_first_layers_stay_exact(share: float, exact: set[str]) -> None:
    model = chain(layers=4)
    store_as_fp16(model, Storage("some", share))
    assert {
        t.name for t in model.graph.initializer if t.name.startswith("w") and "fp16" not in t.name
    } == exact


def test_all_layers_can_stay_exact(tmp_path: Path) -> None:
    model = chain(layers=2)
    before = answer(model, tmp_path)
    assert store_as_fp16(model, Storage("fp32", 1.0)) == 0
    assert np.array_equal(answer(model, tmp_path), before)


def test_without_loss_only_what_fp16_holds_is_stored_so(tmp_path: Path) -> None:
    model = chain(layers=2)
    first = model.graph.initializer[0]
    rounded = onnx.numpy_helper.to_array(first).astype(np.float16).astype(np.float32)
    first.CopyFrom(onnx.numpy_helper.from_array(rounded, "w0"))
    before = answer(model, tmp_path)
    assert store_as_fp16(model, lossless=True) == 1
    assert np.array_equal(answer(model, tmp_path), before)


def test_weights_beyond_fp16_are_refused() -> None:
    with pytest.raises(ExportError, match="w0 has values"):
        store_as_fp16(chain(weight=1e8))
