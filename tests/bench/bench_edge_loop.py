"""How much the whole edge loop costs beside the detector's model call alone.

Two ways over the same 1080p pictures at 640 px, taken in turns so that a busy machine slows both alike:

- `model`: the ONNX session's `run` on inputs that were prepared before: what any loop must spend.
- `loop`: `Pipeline.run` over a folder of JPEG files: read, decode, times from EXIF, health, gate, scale,
  model, boxes, NMS, tracks, observations, pictures that are kept, outbox on disk. The gate is closed for no
  picture: it would only save model calls.

    python tests/bench/bench_edge_loop.py [--frames 80] [--repeat 5] [--threads 2]
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
import structlog
from PIL import Image

from fieldwatch.demo.footage import file_name, with_capture_time
from fieldwatch.demo.pictures import SLOPE
from fieldwatch.demo.scenes import plan_animals
from fieldwatch_edge import vision
from fieldwatch_edge.capture import open_source
from fieldwatch_edge.detect import load_detector, model_search_path
from fieldwatch_edge.health import CameraMonitor
from fieldwatch_edge.outbox import Outbox
from fieldwatch_edge.pipeline import Pipeline
from fieldwatch_edge.settings import (
    Camera,
    DetectorSettings,
    FolderSource,
    GateSettings,
    WildlifeSettings,
)

if TYPE_CHECKING:
    import numpy as np

    from fieldwatch_edge.detect.onnx import OnnxDetector

SIZE = (1920, 1080)
IMGSZ = 640
MOST = 1.3


def write_pictures(folder: Path, frames: int) -> None:
    """Animals that walk, two pictures a second, as JPEG files of a 1080p camera."""
    scene, start = plan_animals(SLOPE, 2, frames / 2), datetime(2026, 6, 1, 8, tzinfo=UTC)
    folder.mkdir()
    for number in range(frames):
        at = start + timedelta(seconds=number / 2)
        file = folder / file_name(at)
        scene.draw(number / 2)[0].resize(SIZE, Image.Resampling.BICUBIC).save(file, quality=85)
        file.write_bytes(with_capture_time(file.read_bytes(), at))


def model_alone(detector: OnnxDetector, inputs: list[np.ndarray[Any, Any]]) -> float:
    start = time.perf_counter()
    for blob in inputs:
        detector._session.run(None, {detector._input_name: blob})
    return time.perf_counter() - start


def whole_loop(camera: Camera, state: Path) -> tuple[float, int]:
    """Seconds, and how many records it left in the outbox. Loading the model is not counted: once a start."""
    outbox = Outbox(state / "outbox.sqlite", 2**30)
    monitor = CameraMonitor("bench", camera.deployment_id, max_gap_s=60, live=False)
    pipeline = Pipeline(
        "bench", camera, outbox, monitor, search_path=model_search_path(None), stop=threading.Event()
    )
    start = time.perf_counter()
    with open_source(camera.source, None) as source:
        pipeline.run(source, finite=True)
    seconds = time.perf_counter() - start
    records = sum(1 for _ in outbox)
    outbox.close()
    return seconds, records


def measure(folder: Path, frames: int, repeat: int, threads: int) -> dict[str, Any]:
    pictures = folder / "pictures"
    write_pictures(pictures, frames)
    settings = DetectorSettings(model="wildlife", imgsz=IMGSZ, threads=threads)
    camera = Camera(
        deployment_id=uuid4(),
        source=FolderSource(kind="folder", path=pictures),
        wildlife=WildlifeSettings(detector=settings, gate=GateSettings(enabled=False)),
    )
    detector: Any = load_detector(settings, model_search_path(None))
    inputs = []
    for file in sorted(pictures.iterdir()):
        detector._prepare(vision.decode(file.read_bytes()))
        inputs.append(detector._blob.copy())
    model_alone(detector, inputs[:5])
    seconds: dict[str, list[float]] = {"model": [], "loop": []}
    for turn in range(repeat):
        state = folder / f"state-{turn}"
        state.mkdir()
        seconds["model"].append(model_alone(detector, inputs))
        with structlog.testing.capture_logs():
            spent, records = whole_loop(camera, state)
        seconds["loop"].append(spent)
        assert records > 0, "a loop that sees nothing is no loop"
    ratios = [loop / model for model, loop in zip(seconds["model"], seconds["loop"], strict=True)]
    return {
        "frames": frames,
        "repeat": repeat,
        "threads": threads,
        "input": "x".join(map(str, inputs[0].shape[:1:-1])),
        "ms": {way: 1000 * statistics.median(values) / frames for way, values in seconds.items()},
        "ratio": statistics.median(ratios),
    }


def show(figures: dict[str, Any]) -> str:
    ms = figures["ms"]
    return (
        f"| way ({figures['frames']} frames of 1080p, {figures['threads']} threads, median of "
        f"{figures['repeat']}) | ms per frame |\n|---|---|\n"
        f"| model call alone, input {figures['input']} | {ms['model']:.1f} |\n"
        f"| whole loop, JPEG file to outbox | {ms['loop']:.1f} |\n\n"
        f"The loop against the model alone: {figures['ratio']:.2f} times (wanted: at most {MOST})."
    )


@pytest.mark.bench
@pytest.mark.timeout(900)
def test_the_loop_costs_little_beside_the_model(tmp_path: Path) -> None:
    figures = measure(tmp_path, 80, 5, 2)
    print("\n" + show(figures))
    assert figures["ratio"] <= MOST


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--frames", type=int, default=80)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="fwb-") as folder:
        print(show(measure(Path(folder), arguments.frames, arguments.repeat, arguments.threads)))


if __name__ == "__main__":
    main()
