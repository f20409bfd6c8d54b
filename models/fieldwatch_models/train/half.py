"""A YOLOv8 that trains in bfloat16 on a CPU. Imports PyTorch: load it inside a function only.

With AVX512-BF16 or AMX a step takes half the time of fp32, and needs no loss scaler. Ultralytics
refuses bf16 on CPUs, so the model itself opens the autocast region. The class has to live in a
module, because checkpoints pickle the whole model.
"""

from __future__ import annotations

from typing import Any

import torch
from ultralytics.nn.tasks import DetectionModel


class Bf16DetectionModel(DetectionModel):  # type: ignore[misc]  # ultralytics has no types
    """Convolutions in bf16 while training, the loss in fp32 (its box distances need the digits)."""

    def loss(self, batch: dict[str, Any], preds: Any = None) -> Any:
        """Ultralytics' loss of ``batch`` (``img``: ``[B, 3, H, W]``, 0..1)."""
        if preds is None:
            with torch.autocast("cpu", torch.bfloat16, enabled=self.training):
                preds = self.forward(batch["img"])
        return super().loss(batch, _float(preds))


def _float(value: Any) -> Any:
    """``value`` with every tensor in it, however nested, in fp32."""
    if isinstance(value, torch.Tensor):
        return value.float()
    if isinstance(value, dict):
        return {key: _float(item) for key, item in value.items()}
    return type(value)(_float(item) for item in value)
