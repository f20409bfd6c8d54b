"""Weights that others trained, read into the names that ultralytics' architectures give to their tensors.

Two kinds: a state dict in the classes of COCO, and the exported file of a model folder, in which every batch
normalisation is folded into its convolution (and the weights are stored as fp16).
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fieldwatch_edge.detect.model_folder import ModelFolder, sha256_of
from fieldwatch_edge.errors import ModelError
from fieldwatch_models.console import model_folder
from fieldwatch_models.errors import ExtraMissingError, RecipeError

if TYPE_CHECKING:
    from fieldwatch_models.train.recipe import Start

#: COCO's classes in the order of its detectors' outputs.
# fmt: off
COCO = (
    "person", "bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck", "boat",
    "traffic_light", "fire_hydrant", "stop_sign", "parking_meter", "bench", "bird", "cat",
    "dog", "horse", "sheep", "cow", "elephant", "bear", "zebra", "giraffe", "backpack",
    "umbrella", "handbag", "tie", "suitcase", "frisbee", "skis", "snowboard", "sports_ball",
    "kite", "baseball_bat", "baseball_glove", "skateboard", "surfboard", "tennis_racket",
    "bottle", "wine_glass", "cup", "fork", "knife", "spoon", "bowl", "banana", "apple",
    "sandwich", "orange", "broccoli", "carrot", "hot_dog", "pizza", "donut", "cake", "chair",
    "couch", "potted_plant", "bed", "dining_table", "toilet", "tv", "laptop", "mouse", "remote",
    "keyboard", "cell_phone", "microwave", "oven", "toaster", "sink", "refrigerator", "book",
    "clock", "vase", "scissors", "teddy_bear", "hair_drier", "toothbrush",
)
# fmt: on

#: The last 1×1 convolution of the classifier on the first scale, whatever the layer's number.
_CLASSIFIER = re.compile(r"model\.\d+\.(?:one2one_)?cv3\.0\.\d+\.weight")


@dataclass(frozen=True)
class Origin:
    """Weights to start from."""

    #: For people and for the record: where they are from, without this machine's paths.
    label: str
    #: Hex digest of the file that they were read from.
    sha256: str
    #: Class names in the order of the classifier's rows.
    names: tuple[str, ...]
    #: fp32 tensors by name. In a fused one, convolutions have the bias and normalisations are absent.
    state: dict[str, Any]

    @property
    def width(self) -> int:
        """Channels inside the classifier: it is not the architecture alone that decides them."""
        keys = [key for key in self.state if _CLASSIFIER.fullmatch(key)]
        if not keys:
            raise RecipeError(f"{self.label} holds no detection head of ultralytics")
        last = max(keys, key=lambda key: int(key.rsplit(".", 2)[1]))
        return int(self.state[last].shape[1])


def origin_of(start: Start, weights: Path | None = None) -> Origin | None:
    """What ``start`` names; ``weights``, from the command line, goes before it. None: random weights.

    Raises:
        RecipeError: there is no such model or file, or it cannot be read back.
    """
    if weights is not None:
        return _state_dict(weights)
    if start.weights is not None:
        return _state_dict(Path(start.weights))
    if start.model is not None:
        return _exported(model_folder(Path(start.model)))
    return None


def _state_dict(path: Path) -> Origin:
    try:
        import torch
    except ImportError as error:
        raise ExtraMissingError("torch") from error
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        tensors = {key: value.float() for key, value in state.items()}
        return Origin(path.name, sha256_of(path), COCO, tensors)
    except Exception as error:  # whatever unpickling a wrong file raises
        raise RecipeError(f"{path} is not a state dict of a detector: {error}") from error


def _exported(folder: Path) -> Origin:
    """Read the convolutions of ``folder``'s ONNX file back."""
    try:
        import onnx
        import torch
        from onnx import numpy_helper
    except ImportError as error:
        raise ExtraMissingError(error.name or "onnx") from error
    try:
        opened = ModelFolder.open(folder)
    except ModelError as error:
        raise RecipeError(f"cannot start from {folder.name}: {error}") from error
    if opened.file.suffix != ".onnx":
        raise RecipeError(f"cannot start from {opened.file}: only an ONNX file can be read back")
    model = onnx.load(opened.file)
    stored = {tensor.name: tensor for tensor in model.graph.initializer}
    floats = {onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16}

    def tensor(name: str) -> Any:
        found = stored.get(name) or stored.get(f"{name}.fp16")  # halves.py: a Cast has the plain name
        if found is None or found.data_type not in floats:
            raise RecipeError(
                f"cannot start from {opened.file}: {name} is not stored as a float (quantised?)"
            )
        return torch.from_numpy(numpy_helper.to_array(found).astype("float32"))

    state = {}
    for node in model.graph.node:
        if node.op_type == "Conv":
            weight, *bias = node.input[1:]
            state[weight] = tensor(weight)
            if bias:  # by the node, not by name: equal tensors may have been merged into one
                state[weight.removesuffix("weight") + "bias"] = tensor(bias[0])
    metadata = {item.key: item.value for item in model.metadata_props}
    names = tuple(c.name for c in opened.card.classes)
    if "names" in metadata and tuple(ast.literal_eval(metadata["names"]).values()) != names:
        raise RecipeError(f"{opened.file} names other classes than its card; copy the model folder anew")
    return Origin(opened.label, opened.card.sha256, names, state)
