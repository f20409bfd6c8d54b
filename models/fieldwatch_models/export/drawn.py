"""Pictures that are drawn, for checks where nobody has given real ones: the same ones each time, everywhere.

They are no measure of what a detector is worth. They are good enough to see whether two forms of one model
compute the same, since a network answers to anything at a low enough threshold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fieldwatch_edge.domain import Image

#: Of cameras and of stills, lying and standing; some are not a multiple of anything.
SIZES = ((640, 480), (1280, 720), (640, 427), (500, 375), (480, 640), (333, 500))


def drawn(count: int, seed: int = 0) -> Iterator[Image]:
    """`count` scenes, (height, width, 3) BGR: hills, animals of ellipses with legs, plumes, noise."""
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        width, height = SIZES[number % len(SIZES)]
        image = _ground(rng, width, height)
        for _ in range(int(rng.integers(1, 5))):
            (_animal if rng.random() < 0.7 else _plume)(rng, image)
        noise = rng.normal(0, rng.uniform(1, 8), image.shape)
        yield np.clip(image + noise, 0, 255).astype(np.uint8)


def _ground(rng: np.random.Generator, width: int, height: int) -> Image:
    coarse = rng.integers(30, 220, (6, 10, 3)).astype(np.uint8)
    image = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    horizon = int(height * rng.uniform(0.2, 0.6))
    image[:horizon] = cv2.addWeighted(image[:horizon], 0.4, np.full_like(image[:horizon], 210), 0.6, 0)
    return np.asarray(image, np.uint8)


def _animal(rng: np.random.Generator, image: Image) -> None:
    height, width = image.shape[:2]
    size = int(min(height, width) * rng.uniform(0.06, 0.3))
    x, y = int(rng.integers(0, width)), int(rng.integers(height // 3, height))
    coat = tuple(int(level) for level in rng.integers(10, 230, 3))
    for leg in (-0.7, -0.45, 0.45, 0.7):
        foot = (int(x + leg * size), y + size)
        cv2.line(image, (foot[0], y), foot, coat, max(2, size // 8))
    cv2.ellipse(image, (x, y), (size, int(size * 0.55)), 0, 0, 360, coat, -1, cv2.LINE_AA)
    cv2.circle(image, (int(x + size * 1.1), int(y - size * 0.5)), max(2, size // 3), coat, -1, cv2.LINE_AA)
    if rng.random() < 0.5:
        for stripe in np.linspace(-0.8, 0.8, 7):
            top, foot = (int(x + stripe * size), y - size // 3), (int(x + stripe * size), y + size // 3)
            cv2.line(image, top, foot, (240, 240, 240), max(1, size // 14), cv2.LINE_AA)


def _plume(rng: np.random.Generator, image: Image) -> None:
    height, width = image.shape[:2]
    x, y = int(rng.integers(0, width)), int(height * rng.uniform(0.3, 0.7))
    smoke = image.copy()
    for step in range(10):
        radius = int(4 + step * min(height, width) * 0.012)
        grey = int(rng.integers(150, 235))
        cv2.circle(smoke, (x + step * 5, y - step * radius // 2), radius, (grey, grey, grey), -1, cv2.LINE_AA)
    image[:] = cv2.addWeighted(smoke, 0.7, image, 0.3, 0)
