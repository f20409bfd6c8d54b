"""A detector that trains in bfloat16 on a CPU. Imports PyTorch: load it inside a function only.

With AVX512-BF16 or AMX a step takes little more than half the time of fp32, and needs no loss scaler.
Ultralytics refuses bf16 on CPUs, so the model itself opens the autocast region. The class has to live in a
module, because checkpoints pickle the whole model.
"""

from __future__ import annotations

from typing import Any

import torch
from ultralytics.nn.tasks import DetectionModel


class Bf16DetectionModel(DetectionModel):  # type: ignore[misc]  # ultralytics has no types
    """Convolutions in bf16 while training on a CPU that has it, the loss in fp32 (boxes need the digits).

    On a GPU it is ultralytics' own model and nothing else.
    """

    def loss(self, batch: dict[str, Any], preds: Any = None) -> Any:
        """Ultralytics' loss of ``batch`` (``img``: ``[B, 3, H, W]``, 0..1)."""
        images = batch["img"]
        if preds is None and self.training and images.device.type == "cpu":
            with torch.autocast("cpu", torch.bfloat16, enabled=cpu_gains_from_bf16()):
                # Channels last, as the weights are: 10 % faster again, for oneDNN need not reorder.
                preds = self.forward(images.contiguous(memory_format=torch.channels_last))
            preds = _float(preds)
        return super().loss(batch, preds)


def cpu_gains_from_bf16() -> bool:
    """Whether this CPU multiplies bf16 in hardware; where it does not, PyTorch imitates it, slowly."""
    able = cpu_capabilities()
    return any(able.get(name, False) for name in ("avx512_bf16", "amx_bf16", "bf16", "sve_bf16"))


def cpu_capabilities() -> dict[str, Any]:
    """What this CPU can do, and its name; empty where PyTorch is too old to say."""
    return dict(getattr(torch.cpu, "get_capabilities", dict)())


def plain(model: DetectionModel) -> DetectionModel:
    """``model`` as ultralytics' own class, so that its checkpoint opens where there is no Fieldwatch."""
    model.__class__ = DetectionModel
    return model


def _float(value: Any) -> Any:
    """``value`` with every tensor in it, however nested, in fp32."""
    if isinstance(value, torch.Tensor):
        return value.float()
    if isinstance(value, dict):
        return {key: _float(item) for key, item in value.items()}
    return type(value)(_float(item) for item in value)
