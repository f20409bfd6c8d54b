"""A network whose head knows our classes, made from one that knows others', or from nothing."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from fieldwatch_models.errors import ExtraMissingError, RecipeError

if TYPE_CHECKING:
    from fieldwatch_models.train.origins import Origin
    from fieldwatch_models.train.recipe import Start

#: Both heads of an end-to-end architecture (YOLO26) have these parts; the others have the first of each pair.
_TWINS = (("cv2", "one2one_cv2"), ("cv3", "one2one_cv3"))


def rows_for(start: Start, classes: tuple[str, ...], known: tuple[str, ...]) -> list[list[int]]:
    """Which of the ``known`` classes are behind each of ours; an empty list where there are none.

    What the recipe says, and without a word from it, the class of the same name.
    """
    rows = []
    for name in classes:
        behind = start.rows.get(name, (name,) if name in known else ())
        unknown = [other for other in behind if other not in known]
        if unknown:
            raise RecipeError(f"the start does not know: {', '.join(unknown)}; it knows {', '.join(known)}")
        rows.append([known.index(other) for other in behind])
    return rows


def build(start: Start, classes: tuple[str, ...], origin: Origin | None) -> Any:
    """A ``Bf16DetectionModel`` for ``classes`` with the weights of ``origin``; without one, random ones.

    Only the last 1×1 convolutions of the classifier, ``[known classes, width, 1, 1]`` on each scale, are
    replaced by ``[len(classes), width, 1, 1]``. A head built anew for few classes would be narrower inside,
    and everything that the classifier had learnt would be lost.
    """
    if origin is None:
        return skeleton(start.architecture, None, classes)
    model = skeleton(start.architecture, origin.width, origin.names)
    _load(model, origin, start.architecture)
    rows = rows_for(start, classes, origin.names)
    head: Any = model.model[-1]
    for branches in _classifiers(head):
        for branch, stride in zip(branches, head.stride.tolist(), strict=True):
            branch[-1] = _narrow(branch[-1], rows, stride)
    return _named(model, classes)


def skeleton(architecture: str, width: int | None, classes: tuple[str, ...]) -> Any:
    """``architecture`` for ``classes``, its classifier ``width`` channels wide inside, with random weights.

    Ultralytics derives that width from the number of classes; without a ``width`` it is left to do so.
    """
    try:
        import torch
        from torch import nn

        from fieldwatch_models.train.half import Bf16DetectionModel
    except ImportError as error:
        raise ExtraMissingError("ultralytics") from error
    try:
        model = Bf16DetectionModel(architecture, nc=width or len(classes), verbose=False)
    except FileNotFoundError as error:
        raise RecipeError(f"ultralytics knows no architecture {architecture}") from error
    head: Any = model.model[-1]
    if head.nc != len(classes):
        for branches in _classifiers(head):
            for branch in branches:
                branch[-1] = nn.Conv2d(branch[-1].in_channels, len(classes), 1)
        with torch.no_grad():
            head.nc = len(classes)
            head.bias_init()
    if width is not None and head.cv3[0][-1].in_channels != width:
        raise RecipeError(f"{architecture} cannot have a classifier {width} channels wide, as the start has")
    return _named(model, classes)


def width_of(model: Any) -> int:
    """Channels inside the classifier of ``model``."""
    return int(model.model[-1].cv3[0][-1].in_channels)


def _named(model: Any, classes: tuple[str, ...]) -> Any:
    """``model`` with everything that it says about its classes set to ``classes``."""
    head: Any = model.model[-1]
    head.nc = len(classes)
    head.no = len(classes) + head.reg_max * 4
    model.nc = len(classes)
    model.yaml["nc"] = len(classes)
    model.names = dict(enumerate(classes))
    return model


def _classifiers(head: Any) -> list[Any]:
    """The classifier's branches, one a scale; of both heads where there are two."""
    found = (getattr(head, name, None) for name in _TWINS[1])
    return [branches for branches in found if branches is not None]


def _load(model: Any, origin: Origin, architecture: str) -> None:
    """Copy ``origin`` into ``model``. A fused convolution's bias becomes that of its normalisation, which is
    set to do nothing else; `rebase` gives it statistics again."""
    import torch

    state = model.state_dict()
    given = dict(origin.state)
    last = len(model.model) - 1
    for many, one in _TWINS:  # an export holds one head of the two; the other starts as its copy
        for key in [k for k in state if k.startswith((f"model.{last}.{many}.", f"model.{last}.{one}."))]:
            twin = (
                key.replace(f".{one}.", f".{many}.", 1)
                if f".{one}." in key
                else key.replace(f".{many}.", f".{one}.", 1)
            )
            for mine, others in ((key, twin), (_fused_bias(key), _fused_bias(twin))):
                if mine not in given and others in given:
                    given[mine] = given[others]
    eps = {f"{name}.": module.eps for name, module in model.named_modules() if hasattr(module, "running_var")}
    faults = []
    for key, tensor in state.items():
        if key not in given and ".bn." in key:
            norm, part = key[: key.index(".bn.") + 4], key.rpartition(".")[2]
            identity = {
                "weight": torch.full_like(tensor, math.sqrt(1 + eps[norm])),
                "bias": given.get(_fused_bias(key)),
                "running_mean": torch.zeros_like(tensor),
                "running_var": torch.ones_like(tensor),
                "num_batches_tracked": tensor,
            }
            given[key] = identity[part]
        if given.get(key) is None or given[key].shape != tensor.shape:
            faults.append(key)
        else:
            state[key] = given[key]
    if faults:
        raise RecipeError(
            f"{origin.label} does not fit {architecture}: {len(faults)} of {len(state)} tensors are missing "
            f"or of another shape, {faults[0]} the first"
        )
    model.load_state_dict(state)


def _fused_bias(key: str) -> str:
    """Where a fused network keeps what ``key`` (`….bn.…`) is the bias of."""
    return f"{key.partition('.bn.')[0]}.conv.bias" if ".bn." in key else key


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
        for index, known in enumerate(rows):
            if known:
                new.weight[index] = old.weight[known].mean(0)
                new.bias[index] = old.bias[known].mean()
    return new
