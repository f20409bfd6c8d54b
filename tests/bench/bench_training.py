"""A training step on a CPU, with freed memory kept and given back: `fieldwatch_models.train.memory`.

    .venv-models/bin/python -m tests.bench.bench_training

Each in a process of its own, in turns; the ratio is of the medians.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from types import SimpleNamespace

TURNS, WARM, STEPS = 3, 4, 10
SIZE, BATCH = 320, 16


def steps(*, keep: bool) -> list[float]:
    """Seconds of each of `STEPS` steps of YOLOv8n, forwards and backwards."""
    import torch

    from fieldwatch_models.train.half import Bf16DetectionModel
    from fieldwatch_models.train.memory import keep_freed_memory

    if keep and not keep_freed_memory():
        sys.exit("this C library cannot keep what is freed")
    torch.set_num_threads(os.cpu_count() or 1)
    torch.manual_seed(1)
    model = Bf16DetectionModel("yolov8n.yaml", nc=2, verbose=False)
    model.args = SimpleNamespace(box=7.5, cls=0.5, dfl=1.5)
    model.train().to(memory_format=torch.channels_last)
    batch = {
        "img": torch.rand(BATCH, 3, SIZE, SIZE),
        "batch_idx": torch.arange(BATCH, dtype=torch.float32),
        "cls": torch.zeros(BATCH, 1),
        "bboxes": torch.tensor([[0.5, 0.5, 0.3, 0.3]]).repeat(BATCH, 1),
    }
    taken = []
    for _ in range(WARM + STEPS):
        began = time.perf_counter()
        loss, _ = model.loss(batch)
        loss.sum().backward()
        model.zero_grad(set_to_none=True)
        taken.append(time.perf_counter() - began)
    return taken[WARM:]


def main() -> None:
    if len(sys.argv) > 1:
        print(*steps(keep=sys.argv[1] == "kept"))
        return
    medians: dict[str, list[float]] = {"given back": [], "kept": []}
    for turn in range(TURNS):
        for name, found in medians.items():
            done = subprocess.run(
                [sys.executable, "-m", "tests.bench.bench_training", name],
                capture_output=True,
                text=True,
                check=True,
            )
            found.append(statistics.median(float(word) for word in done.stdout.splitlines()[-1].split()))
            print(f"turn {turn + 1}: {name} {found[-1]:.3f} s a step", flush=True)
    ratio = statistics.median(medians["kept"]) / statistics.median(medians["given back"])
    print(f"freed memory kept: {ratio:.2f} of the time of a step with it given back")


if __name__ == "__main__":
    main()
