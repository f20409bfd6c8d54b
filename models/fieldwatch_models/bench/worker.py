"""One format in a process, `python -m fieldwatch_models.bench.worker`, so that its memory is its own.

It reads one JSON object a line and answers each with one: first `{"do": "load", "folder": …, "threads": …}`,
then `look`, `model` and `memory` (below). It imports what a node imports and nothing more.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fieldwatch_edge import vision
from fieldwatch_edge.detect.model_folder import ModelFolder
from fieldwatch_models.export.detectors import backend_of, open_detector

if TYPE_CHECKING:
    from collections.abc import Callable

    from fieldwatch_edge.detect import Detector


class Worker:
    """A loaded model and what is measured on it."""

    def __init__(self, folder: str, threads: int, conf: float) -> None:
        began = time.perf_counter()
        self.folder, self.threads = Path(folder), threads
        self.detector: Detector = open_detector(self.folder, conf, threads=threads)
        self.loaded_s = time.perf_counter() - began

    def look(self, pictures: list[str], boxes: bool = False) -> dict[str, Any]:
        """The whole pipeline over files: decode, letterbox, infer, NMS. Milliseconds each, of the clock and
        of all cores together; with `boxes` also what was seen: x1, y1, x2, y2 in shares, score, class."""
        wall, cpu, seen = [], [], []
        for path in pictures:
            data = Path(path).read_bytes()
            began, spent = time.perf_counter(), time.process_time()
            image = vision.decode(data)
            found = self.detector.detect(image)
            wall.append(1000 * (time.perf_counter() - began))
            cpu.append(1000 * (time.process_time() - spent))
            if boxes:
                sides = [image.shape[1], image.shape[0]] * 2
                seen.append(
                    [
                        [
                            *(float(edge) / side for edge, side in zip(box, sides, strict=True)),
                            float(score),
                            int(c),
                        ]
                        for box, score, c in zip(found.boxes, found.scores, found.classes, strict=True)
                    ]
                )
        return {"wall_ms": wall, "cpu_ms": cpu, "seen": seen}

    def model(self, picture: tuple[int, int], imgsz: int, times: int) -> dict[str, Any]:
        """The network alone, on the input that a picture of (width, height) would be."""
        infer = self._network(picture, imgsz)
        wall = []
        for _ in range(times):
            began = time.perf_counter()
            infer()
            wall.append(1000 * (time.perf_counter() - began))
        return {"wall_ms": wall}

    def memory(self) -> dict[str, Any]:
        """The most that was resident so far, MiB. Not getrusage's: Linux counts there what the parent had
        before this program was started in its place."""
        status = Path("/proc/self/status")
        if status.exists():
            line = next(row for row in status.read_text("ascii").splitlines() if row.startswith("VmHWM"))
            return {"peak_mib": int(line.split()[1]) / 1024}
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return {"peak_mib": peak / 2**20 if sys.platform == "darwin" else peak / 1024}

    def _network(self, picture: tuple[int, int], imgsz: int) -> Callable[[], Any]:
        if hasattr(self, "_infer"):
            return self._infer
        import numpy as np

        box = vision.Letterbox.fit(*picture, imgsz)
        file = ModelFolder.open(self.folder).file
        self._infer: Callable[[], Any]
        if backend_of(file.name) == "onnx":
            import onnxruntime as ort

            options = ort.SessionOptions()
            options.intra_op_num_threads = self.threads
            options.add_session_config_entry("session.intra_op.allow_spinning", "0")
            session = ort.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
            name, shape = session.get_inputs()[0].name, session.get_inputs()[0].shape
            fixed = isinstance(shape[2], int)
            blob = np.full((1, 3, shape[2], shape[3]) if fixed else (1, 3, *box.size[::-1]), 0.4, np.float32)
            self._infer = lambda: session.run(None, {name: blob})
        else:
            import torch
            from ultralytics.nn.autobackend import AutoBackend

            network = AutoBackend(str(file), device=torch.device("cpu"), verbose=False)
            size = box.size[::-1] if getattr(network, "dynamic", False) else (imgsz, imgsz)
            tensor = torch.full((1, 3, *size), 0.4)
            self._infer = lambda: network(tensor)
        return self._infer


def main() -> None:
    """Answer until the input ends."""
    # Runtimes print what they like; the answers go out on a channel of their own.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    worker: Worker | None = None
    for line in sys.stdin:
        asked = json.loads(line)
        do = asked.pop("do")
        try:
            if worker is None:
                worker = Worker(**asked)
                answer: dict[str, Any] = {"loaded_s": worker.loaded_s}
            else:
                answer = getattr(worker, do)(**asked)
        except Exception as error:  # noqa: BLE001  # told to whoever asked, in the one place that can
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
