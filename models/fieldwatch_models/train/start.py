"""A YOLOv8 whose head knows our classes, made from one that knows COCO's."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from fieldwatch_models.errors import ExtraMissingError, RecipeError

if TYPE_CHECKING:
    from pathlib import Path

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


def rows_for(start: Start, classes: tuple[str, ...]) -> list[list[int]]:
    """The COCO class indices behind each of our classes; an empty list where there are none."""
    rows = []
    for name in classes:
        unknown = [coco for coco in start.rows.get(name, ()) if coco not in COCO]
        if unknown:
            raise RecipeError(f"not COCO classes: {', '.join(unknown)}")
        rows.append([COCO.index(coco) for coco in start.rows.get(name, ())])
    return rows


def build(start: Start, weights: Path, classes: tuple[str, ...]) -> Any:
    """A ``Bf16DetectionModel`` for ``classes``, from a COCO state dict (fp16 or fp32) in ``weights``.

    Only the last 1×1 convolutions of the classifier, ``[80, 80, 1, 1]`` on each of three scales,
    are replaced by ``[len(classes), 80, 1, 1]``. A head built for few classes would be narrower
    inside (64 channels), and everything that COCO taught it would be lost.
    """
    try:
        import torch

        from fieldwatch_models.train.half import Bf16DetectionModel
    except ImportError as error:
        raise ExtraMissingError("ultralytics") from error

    model = Bf16DetectionModel(start.architecture, nc=len(COCO), verbose=False)
    state = torch.load(weights, map_location="cpu", weights_only=True)
    missing = model.load_state_dict({k: v.float() for k, v in state.items()}, strict=False)
    if missing.missing_keys:
        raise RecipeError(f"{weights} is not a {start.architecture} state dict: {missing}")

    head: Any = model.model[-1]
    rows = rows_for(start, classes)
    for branch, stride in zip(head.cv3, head.stride.tolist(), strict=True):
        branch[-1] = _narrow(branch[-1], rows, stride)
    head.nc = len(classes)
    head.no = len(classes) + head.reg_max * 4
    model.nc = len(classes)
    model.yaml["nc"] = len(classes)
    model.names = dict(enumerate(classes))
    return model


def _narrow(old: Any, rows: list[list[int]], stride: float) -> Any:
    """The classifier ``old`` (a Conv2d) with one output per entry of ``rows``: the mean of those outputs."""
    import torch
    from torch import nn

    new = nn.Conv2d(old.in_channels, len(rows), 1)
    # Ultralytics' own prior: about five objects in a 640 px picture.
    prior = math.log(5 / len(rows) / (640 / stride) ** 2)
    with torch.no_grad():
        nn.init.normal_(new.weight, std=0.01)
        nn.init.constant_(new.bias, prior)
        for index, coco in enumerate(rows):
            if coco:
                new.weight[index] = old.weight[coco].mean(0)
                new.bias[index] = old.bias[coco].mean()
    return new
