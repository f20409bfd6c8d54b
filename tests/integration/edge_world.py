"""A small world with a known truth: red squares are animals, blue ones smoke; real ONNX models see them."""

from __future__ import annotations

import hashlib
import sys
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import cv2
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

if TYPE_CHECKING:
    from collections.abc import Container
    from pathlib import Path

EDGE = [sys.executable, "-m", "fieldwatch", "edge"]
WIDTH, HEIGHT, SIDE, STEP = 320, 192, 32, 16
START = datetime(2026, 5, 1, 6, tzinfo=UTC)
DEPLOYMENT = "0198c0de-0000-7000-8000-000000000001"


def make_model(folder: Path, name: str, kind: str, channel: int) -> None:
    """A detector with YOLOv8's head: the score of each 32 px cell is how much more of `channel` (RGB) it
    shows than of the others."""
    columns, rows = (WIDTH - SIDE) // STEP + 1, (HEIGHT - SIDE) // STEP + 1
    ys, xs = np.mgrid[0:rows, 0:columns]
    centres = np.stack([xs * STEP + SIDE / 2, ys * STEP + SIDE / 2]).reshape(2, -1)
    boxes = np.concatenate([centres, np.full_like(centres, SIDE)]).astype(np.float32)[None]
    weights = np.full((1, 3, 1, 1), -0.5, np.float32)
    weights[0, channel] = 1.0
    graph = helper.make_graph(
        [
            helper.make_node("Conv", ["images", "weights"], ["colour"]),
            helper.make_node(
                "AveragePool", ["colour"], ["cells"], kernel_shape=[SIDE, SIDE], strides=[STEP, STEP]
            ),
            helper.make_node("Reshape", ["cells", "shape"], ["scores"]),
            helper.make_node("Concat", ["boxes", "scores"], ["output"], axis=1),
        ],
        name,
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [1, 3, HEIGHT, WIDTH])],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, [1, 5, rows * columns])],
        [
            numpy_helper.from_array(weights, "weights"),
            numpy_helper.from_array(boxes, "boxes"),
            numpy_helper.from_array(np.array([1, 1, -1], np.int64), "shape"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    data: bytes = model.SerializeToString()
    onnx.checker.check_model(model)
    folder = folder / name
    folder.mkdir(parents=True)
    (folder / "model.onnx").write_bytes(data)
    (folder / "model.toml").write_text(
        f'name = "{name}"\nversion = "1"\nsha256 = "{hashlib.sha256(data).hexdigest()}"\n'
        f'imgsz = {WIDTH}\nconf = 0.45\niou = 0.2\n[[classes]]\nname = "{name}"\nkind = "{kind}"\n'
        f'scientific_name = "{name}us"\n'
    )


def make_models(folder: Path) -> Path:
    make_model(folder, "square", "animal", 0)
    make_model(folder, "plume", "smoke", 2)
    return folder


def make_pictures(folder: Path, minutes: int, *, every_min: int = 6, smoke: Container[int] = (2,)) -> None:
    """A frame a second, in sequences of one minute that begin `every_min` minutes after each other.

    Each minute an animal walks through from second 5 to 17, in even minutes a second one below it from 10
    to 22 (while it is followed, the first one ends), and another from second 30 to 40. In minutes of `smoke`,
    smoke stands.
    """
    folder.mkdir(parents=True)
    noise = np.random.default_rng(5)
    background = noise.integers(90, 110, (HEIGHT, WIDTH, 1), np.uint8).repeat(3, axis=2)
    for minute in range(minutes):
        for second in range(60):
            image = background + noise.integers(0, 4, background.shape, np.uint8)
            if 5 <= second < 18:
                _square(image, (second - 5) * 16, 20, (0, 0, 255))
            if minute % 2 == 0 and 10 <= second < 23:
                _square(image, (second - 10) * 16, 80, (0, 0, 255))
            if 30 <= second < 41:
                _square(image, 272 - (second - 30) * 16, 144, (0, 0, 255))
            if minute in smoke:
                _square(image, 256, 64, (255, 0, 0))
            at = START + timedelta(minutes=every_min * minute, seconds=second)
            cv2.imwrite(str(folder / f"{at:%Y%m%d_%H%M%S}.jpg"), image)


def animals(minutes: int) -> int:
    """How many walk through."""
    return sum(3 if minute % 2 == 0 else 2 for minute in range(minutes))


def _square(image: np.ndarray, x: int, y: int, colour: tuple[int, int, int]) -> None:
    cv2.rectangle(image, (x, y), (x + SIDE - 1, y + SIDE - 1), colour, -1)


def write_config(folder: Path, *, url: str = "mqtt://127.0.0.1:1", name: str = "node.toml") -> Path:
    """A node over `folder`/pictures that looks for both."""
    config = folder / name
    config.write_text(
        f"""
heartbeat_s = 1
[node]
id = "mast-1"
reserve = "qinling"
state_dir = "{name}.state"
[broker]
url = "{url}"
[outbox]
batch = 3
[[camera]]
deployment_id = "{DEPLOYMENT}"
source = {{ kind = "folder", path = "pictures", times = {{ kind = "name", pattern = "%Y%m%d_%H%M%S" }} }}
heading_deg = 90
field_of_view_deg = 60
[camera.wildlife]
detector = {{ model = "square", threads = 1, allow_unsigned = true }}
lost_s = 3
[camera.fire]
detector = {{ model = "plume", threads = 1, allow_unsigned = true }}
every_s = 5
"""
    )
    return config
