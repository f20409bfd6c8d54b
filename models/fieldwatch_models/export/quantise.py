"""INT8: weights and activations in a quarter of the bits, their ranges taken from real pictures.

Only convolutions are quantised, each output channel with a scale of its own. The last convolutions and all
that follows stay float: there, one scale would have to hold box edges in pixels and scores from 0 to 1.
"""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fieldwatch_edge import vision
from fieldwatch_edge.errors import EdgeError
from fieldwatch_models.console import progress
from fieldwatch_models.errors import DataError, ExportError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    import numpy.typing as npt
    import onnx

    from fieldwatch_edge.domain import Image


def quantise(source: Path, target: Path, pictures: Sequence[Path], imgsz: int) -> None:
    """Write the float model ``source`` to ``target`` as INT8, calibrated on ``pictures`` at ``imgsz``.

    Raises:
        DataError: a picture cannot be read.
        ExportError: the model has no convolution that could be quantised.
    """
    import onnx
    import onnxslim
    from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    for path in pictures:  # before the minute that the rest takes
        _decoded(path)
    with tempfile.TemporaryDirectory() as scratch:
        plain = Path(scratch) / "plain.onnx"
        model = onnxslim.slim(onnx.load(source))  # folds the stored fp16 back to fp32
        onnx.save(model, plain)
        quant_pre_process(str(plain), str(plain), skip_symbolic_shape=True)
        graph = onnx.load(plain).graph
        exact = last_convolutions(graph)
        if len(exact) == sum(node.op_type == "Conv" for node in graph.node):
            raise ExportError(f"{source} has no convolution to quantise")
        with progress() as bar:
            seen = bar.track(_inputs(pictures, imgsz), total=len(pictures), description="Calibrating")
            logging.getLogger().setLevel(logging.ERROR)  # it recommends the step before, which was done
            quantize_static(
                str(plain),
                str(target),
                _Reader(graph.input[0].name, iter(seen)),
                quant_format=QuantFormat.QDQ,
                op_types_to_quantize=["Conv"],
                per_channel=True,
                activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8,
                nodes_to_exclude=exact,
                calibrate_method=CalibrationMethod.MinMax,
            )
    _carry_metadata(model, target)


def last_convolutions(graph: onnx.GraphProto) -> list[str]:
    """Names of the convolutions from which nothing but arithmetic leads to the output.

    A convolution with a single output channel is not counted as one: it is the mean over the distribution of
    a box's edge (DFL), which is such arithmetic.
    """
    maker = {name: node for node in graph.node for name in node.output}
    channels = {tensor.name: tensor.dims[0] for tensor in graph.initializer if tensor.dims}
    found, todo, met = [], [graph.output[0].name], set[str]()
    while todo:
        node = maker.get(todo.pop())
        if node is None or node.name in met:
            continue
        met.add(node.name)
        if node.op_type == "Conv":
            found.append(node.name)
            if channels.get(node.input[1]) != 1:
                continue
        if node.op_type != "Shape":  # which leads to no numbers of the picture
            todo += node.input
    return sorted(found)


def _inputs(pictures: Sequence[Path], imgsz: int) -> Iterator[npt.NDArray[np.float32]]:
    """What a node would give the network for each picture."""
    for path in pictures:
        image = _decoded(path)
        box = vision.Letterbox.fit(image.shape[1], image.shape[0], imgsz)
        blob = vision.empty_input(box)
        vision.fill_input(image, box, blob)
        yield blob


def _decoded(path: Path) -> Image:
    try:
        return vision.decode(path.read_bytes())
    except (OSError, EdgeError) as error:
        raise DataError(f"cannot calibrate on {path}: {error}") from error


class _Reader:
    """The calibrator's way of asking for the next input."""

    def __init__(self, name: str, blobs: Iterator[npt.NDArray[np.float32]]) -> None:
        self._name, self._blobs = name, blobs

    def get_next(self) -> dict[str, Any] | None:
        blob = next(self._blobs, None)
        return None if blob is None else {self._name: blob}


def _carry_metadata(model: onnx.ModelProto, target: Path) -> None:
    """Quantisation drops what the model says of itself: its classes' names, and the shape of its output."""
    import onnx

    made = onnx.load(target)
    del made.metadata_props[:]
    made.metadata_props.extend(model.metadata_props)
    del made.graph.output[:]
    made.graph.output.extend(model.graph.output)
    del made.graph.value_info[:]
    onnx.save(made, target)
