"""Which boxes found which animals: overlaps and the confusion matrix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Sequence

#: A box counts as found from this overlap on.
FOUND = 0.5


def overlaps(left: npt.NDArray[np.floating], right: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Intersection over union of ``[N, 4]`` and ``[M, 4]`` boxes (x1, y1, x2, y2): ``[N, M]``."""
    low = np.maximum(left[:, None, :2], right[None, :, :2])
    high = np.minimum(left[:, None, 2:4], right[None, :, 2:4])
    common = np.clip(high - low, 0, None).prod(2).astype(np.float64)
    areas = [np.clip(b[:, 2:4] - b[:, :2], 0, None).prod(1) for b in (left, right)]
    union = areas[0][:, None] + areas[1][None] - common
    return np.asarray(common / np.maximum(union, 1e-12), dtype=np.float64)


@dataclass
class Confusion:
    """Counts of (said, was); the last row and column are the background.

    ``matrix[said, was]``: a wrong class is counted once, as that confusion; a box on nothing is
    ``[said, -1]``; an animal that nothing was said about is ``[-1, was]``.
    """

    matrix: npt.NDArray[np.int64]

    @classmethod
    def of(cls, classes: int) -> Confusion:
        """An empty matrix for so many classes."""
        return cls(np.zeros((classes + 1, classes + 1), np.int64))

    def add(self, said: npt.NDArray[np.floating], was: npt.NDArray[np.floating]) -> None:
        """Count one picture.

        ``said`` is ``[N, 6]`` (box, score, class), ``was`` is ``[M, 5]`` (box, class). Pairs are
        made greedily by overlap, the same class first: two overlapping animals of different
        species must not take each other's box.
        """
        iou = overlaps(said[:, :4], was[:, :4])
        same = said[:, 5][:, None] == was[:, 4][None]
        free_said, free_was = set(range(len(said))), set(range(len(was)))
        for wanted in (same, ~same):
            pairs = np.argwhere((iou >= FOUND) & wanted)
            for i, j in sorted(map(tuple, pairs), key=lambda pair: -iou[pair]):
                if i in free_said and j in free_was:
                    free_said.remove(i)
                    free_was.remove(j)
                    self.matrix[int(said[i, 5]), int(was[j, 4])] += 1
        for i in free_said:
            self.matrix[int(said[i, 5]), -1] += 1
        for j in free_was:
            self.matrix[-1, int(was[j, 4])] += 1

    def as_json(self, names: Sequence[str]) -> dict[str, Any]:
        """For metrics.json: rows are what was said, columns what was there."""
        return {"order": [*names, "background"], "said_by_was": self.matrix.tolist()}
