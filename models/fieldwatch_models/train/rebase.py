"""Give a fused network its batch normalisation back. Imports PyTorch: load inside a function only.

Weights that were published for inference have their normalisation folded into the convolutions:
every BatchNorm is the identity. Such a network predicts well and trains badly, because in training
mode BatchNorm replaces these identities by the statistics of the batch, and nothing fits any more
(seen here: the loss of a nearly trained network jumped to that of a random one).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Iterable


def rebase(model: nn.Module, batches: Iterable[torch.Tensor]) -> None:
    """Set every BatchNorm2d of ``model`` to the statistics that its input has over ``batches``.

    ``batches`` are ``[B, 3, H, W]``, 0..1. Weight and bias are moved against the statistics, so the
    network computes exactly what it did in evaluation mode, and nearly that in training mode.
    """
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    sums: dict[nn.Module, list[Any]] = {norm: [0.0, 0.0, 0] for norm in norms}

    def count(norm: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        values = inputs[0].double()
        entry = sums[norm]
        entry[0] = entry[0] + values.sum((0, 2, 3))
        entry[1] = entry[1] + values.square().sum((0, 2, 3))
        entry[2] += values.numel() // values.shape[1]

    hooks = [norm.register_forward_pre_hook(count) for norm in norms]
    was_training = model.training
    model.eval()
    with torch.no_grad():
        for batch in batches:
            model(batch)
        for norm in norms:
            _move(norm, *sums[norm])
    model.train(was_training)
    for hook in hooks:
        hook.remove()


def _move(norm: nn.BatchNorm2d, total: Any, squares: Any, n: int) -> None:
    """Give ``norm`` the statistics of ``n`` values a channel; their sums are ``[C]``, float64."""
    if norm.running_mean is None or norm.running_var is None:
        return  # a BatchNorm that keeps no statistics has none to lose
    mean = total / n
    # Not below a small floor: a channel that never varies would get a zero weight and stay dead.
    var = (squares / n - mean.square()).clamp_min(1e-4)
    gain = norm.weight.double() / torch.sqrt(norm.running_var.double() + norm.eps)
    bias = norm.bias.double() + (mean - norm.running_mean.double()) * gain
    norm.weight.copy_(gain * torch.sqrt(var + norm.eps))
    norm.bias.copy_(bias)
    norm.running_mean.copy_(mean)
    norm.running_var.copy_(var)
