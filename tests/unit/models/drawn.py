"""Pictures drawn for tests of training: bright squares on a dark, noisy ground; a seed makes them again."""

from pathlib import Path

import cv2
import numpy as np

CLASSES = ("square", "disc")


def draw(
    path: Path, seed: int, size: int = 64, objects: int = 1
) -> list[tuple[int, float, float, float, float]]:
    """Write one picture; its labels: class, centre x, centre y, width, height as shares."""
    random = np.random.default_rng(seed)
    image = random.integers(0, 60, (size, size, 3)).astype(np.uint8)
    labels = []
    for _ in range(objects):
        kind, half = int(random.integers(2)), int(random.integers(size // 10, size // 5))
        x, y = (int(v) for v in random.integers(half + 1, size - half - 1, 2))
        if kind == 0:
            cv2.rectangle(image, (x - half, y - half), (x + half, y + half), (60, 90, 250), -1)
        else:
            cv2.circle(image, (x, y), half, (250, 200, 60), -1)
        labels.append((kind, x / size, y / size, 2 * half / size, 2 * half / size))
    cv2.imwrite(str(path), image)
    return labels


def data_set(folder: Path, train: int = 8, val: int = 4, size: int = 64, prefix: str = "cam") -> Path:
    """A YOLO folder; every fourth picture is empty. Names are `<prefix><n>_<split>.png`."""
    for split, number in (("train", train), ("val", val)):
        for kind in ("images", "labels"):
            (folder / kind / split).mkdir(parents=True, exist_ok=True)
        for index in range(number):
            stem = f"{prefix}{index}_{split}"
            seed = index + (1000 if split == "val" else 0)
            labels = draw(folder / "images" / split / f"{stem}.png", seed, size, int(index % 4 != 3))
            lines = (" ".join(str(v) for v in label) for label in labels)
            (folder / "labels" / split / f"{stem}.txt").write_text("\n".join(lines))
    names = ", ".join(f"{index}: {name}" for index, name in enumerate(CLASSES))
    config = f"train: images/train\nval: images/val\nnames: {{{names}}}\n"
    (folder / "data.yaml").write_text(config)
    return folder
