"""Whether two forms of one model see the same: the exported file and PyTorch, one backend and the other.

Boxes are paired by overlap within a class; what counts is the worst pair. A box that only one side reports is
no disagreement if its score lies at the threshold; any other is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fieldwatch_edge.detect import Detector
    from fieldwatch_edge.domain import Detections, Image

#: The most that a box may differ, in px of the picture, and a score, between two forms of one model.
BOX_PX, SCORE = 1.0, 0.01
#: Boxes of two sides that overlap less (IoU) are two things.
SAME = 0.5


@dataclass
class Agreement:
    """What was found over some pictures. Grows with `add`."""

    conf: float
    """The threshold that both sides were run at."""
    pictures: int = 0
    box_px: list[float] = field(default_factory=list)
    """Of each pair: the largest difference of its four edges."""
    scores: list[float] = field(default_factory=list)
    """Of each pair, absolute."""
    alone: list[float] = field(default_factory=list)
    """Scores of boxes, clearly over the threshold, that only one side reports."""
    at_threshold: int = 0
    """Boxes that only one side reports and whose score is within `SCORE` of the threshold."""

    def add(self, left: Detections, right: Detections) -> None:
        """Compare what the two sides say of one picture."""
        self.pictures += 1
        pairs = paired(left, right)
        for i, j in pairs:
            self.box_px.append(float(np.abs(left.boxes[i] - right.boxes[j]).max()))
            self.scores.append(abs(float(left.scores[i]) - float(right.scores[j])))
        for side, taken in ((left, {i for i, _ in pairs}), (right, {j for _, j in pairs})):
            lonely = [float(score) for index, score in enumerate(side.scores) if index not in taken]
            clear = [score for score in lonely if score > self.conf + SCORE]
            self.alone += clear
            self.at_threshold += len(lonely) - len(clear)

    @property
    def holds(self) -> bool:
        """Whether every pair is within `BOX_PX` and `SCORE`, and no clear box is missing on a side."""
        return (
            not self.alone and max(self.box_px, default=0) <= BOX_PX and max(self.scores, default=0) <= SCORE
        )

    def report(self) -> dict[str, Any]:
        """For a JSON file and for people: the worst pair, and the one that 99 of 100 are better than."""
        return {
            "pictures": self.pictures,
            "conf": self.conf,
            "boxes_compared": len(self.box_px),
            "box_px": _summary(self.box_px),
            "score": _summary(self.scores),
            "on_one_side_only": {
                "clear": len(self.alone),
                "best_score": round(max(self.alone, default=0.0), 4),
                "at_threshold": self.at_threshold,
            },
            "within_tolerance": self.holds,
        }


def agreement(left: Detector, right: Detector, pictures: Iterable[Image], conf: float) -> Agreement:
    """Run both detectors, each made with the threshold `conf`, over `pictures` and compare."""
    found = Agreement(conf)
    for picture in pictures:
        found.add(left.detect(picture), right.detect(picture))
    return found


def paired(left: Detections, right: Detections) -> list[tuple[int, int]]:
    """Indices of boxes of the same class that overlap by `SAME` or more, best overlap first; each once."""
    iou = _overlaps(left.boxes, right.boxes)
    iou[left.classes[:, None] != right.classes[None]] = 0
    pairs: list[tuple[int, int]] = []
    for place in np.argsort(-iou, axis=None, kind="stable"):
        i, j = divmod(int(place), iou.shape[1])
        if iou[i, j] < SAME:  # too little overlap, or one of the two has its partner already
            continue
        pairs.append((i, j))
        iou[i, :] = iou[:, j] = 0
    return pairs


def _overlaps(left: npt.NDArray[np.float32], right: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Intersection over union, `[N, M]`."""
    a, b = left.astype(np.float64), right.astype(np.float64)
    low, high = np.maximum(a[:, None, :2], b[None, :, :2]), np.minimum(a[:, None, 2:], b[None, :, 2:])
    common = np.clip(high - low, 0, None).prod(2)
    area_a, area_b = ((side[:, 2:] - side[:, :2]).prod(1) for side in (a, b))
    return np.asarray(common / np.maximum(area_a[:, None] + area_b[None] - common, 1e-12), np.float64)


def _summary(values: list[float]) -> dict[str, float]:
    table = np.array(values or [0.0])
    return {"worst": round(float(table.max()), 5), "p99": round(float(np.percentile(table, 99)), 5)}
