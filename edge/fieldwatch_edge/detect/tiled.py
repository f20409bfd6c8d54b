"""A detector for large pictures: it looks at them piece by piece, at the size that it was trained for.

A picture of 4000 pixels, scaled to a model's 640, shows an antelope as a dot. After Akyon et al. 2022,
"Slicing aided hyper inference": overlapping pieces at full resolution, and the whole once for what is larger
than a piece; then of boxes that cover each other the best one. Measured against the smaller of two boxes,
since a piece's edge cuts animals, and the part lies within the whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fieldwatch_edge.domain import Detections

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from fieldwatch_edge.detect.base import Detector
    from fieldwatch_edge.domain import DetectedClass, Image

OVERLAP = 0.25
"""Of a piece's side: an animal of at most that size lies whole in one of them."""
SAME = 0.5
"""Boxes that share so much of the smaller one show the same animal."""


class TiledDetector:
    """`Detector` over pieces of `tile` pixels a side."""

    def __init__(self, detector: Detector, tile: int) -> None:
        self._detector, self._tile = detector, tile

    @property
    def label(self) -> str:
        return self._detector.label

    @property
    def classes(self) -> tuple[DetectedClass, ...]:
        return self._detector.classes

    @property
    def conf(self) -> float:
        return self._detector.conf

    def detect(self, image: Image) -> Detections:
        """As `Detector.detect`; one box for each animal, whichever pieces showed it."""
        height, width = image.shape[:2]
        found = [self._detector.detect(image)]
        if max(height, width) > self._tile:
            for left, top in pieces(width, height, self._tile):
                piece = image[top : top + self._tile, left : left + self._tile]
                seen = self._detector.detect(np.ascontiguousarray(piece))
                shift = np.array([left, top, left, top], np.float32)
                found.append(Detections(seen.boxes + shift, seen.scores, seen.classes))
        return merged(
            Detections(
                np.concatenate([each.boxes for each in found]),
                np.concatenate([each.scores for each in found]),
                np.concatenate([each.classes for each in found]),
            )
        )


def pieces(width: int, height: int, tile: int) -> Iterator[tuple[int, int]]:
    """(left, top) of pieces that cover the picture, spread evenly, overlapping by `OVERLAP` or more."""
    for top in _starts(height, tile):
        for left in _starts(width, tile):
            yield left, top


def _starts(length: int, tile: int) -> list[int]:
    if length <= tile:
        return [0]
    steps = -(-(length - tile) // max(1, int(tile * (1 - OVERLAP))))
    return [round(step * (length - tile) / steps) for step in range(steps + 1)]


def merged(seen: Detections) -> Detections:
    """Best first, without those of which a better box shares more than `SAME` of the smaller one's area,
    whatever either is called: two pieces may disagree about one animal."""
    kept: list[int] = []
    for index in np.argsort(-seen.scores, kind="stable").tolist():
        if not kept or _shares(seen.boxes[index], seen.boxes[kept]).max() <= SAME:
            kept.append(index)
    order = np.array(kept, np.int64)
    return Detections(seen.boxes[order], seen.scores[order], seen.classes[order])


def _shares(box: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    low, high = np.maximum(box[:2], others[:, :2]), np.minimum(box[2:], others[:, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=1)
    smaller = np.minimum((box[2:] - box[:2]).prod(), (others[:, 2:] - others[:, :2]).prod(axis=1))
    return np.asarray(shared / np.maximum(smaller, 1e-9), np.float32)
