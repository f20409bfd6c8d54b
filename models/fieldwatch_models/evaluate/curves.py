"""Average precision and F1 from predictions alone: the figures that ultralytics' val gives, without PyTorch.

Matching and interpolation are COCO's: the best score first takes the label it overlaps most, at each of ten
overlaps from 0.50 to 0.95; precision is made monotone and read at 101 recalls.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from fieldwatch_models.evaluate.matching import overlaps

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fieldwatch_models.evaluate.predictions import Seen

#: Overlaps (IoU) at which a box counts as right, for AP50-95.
IOUS = np.linspace(0.5, 0.95, 10)
_RECALLS = np.linspace(0, 1, 101)


@dataclass(frozen=True)
class Ranked:
    """Boxes of one class over many pictures, best first."""

    scores: npt.NDArray[np.float64]
    #: ``[N, 10]``: whether the box is right at each of `IOUS`.
    right: npt.NDArray[np.bool_]
    #: How many there were to find.
    labelled: int

    @property
    def ap(self) -> npt.NDArray[np.float64]:
        """Average precision at each of `IOUS`, ``[10]``; nan where nothing was labelled."""
        if not self.labelled:
            return np.full(len(IOUS), np.nan)
        return np.array([average_precision(column, self.labelled) for column in self.right.T])

    def curve(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Precision and recall at IoU 0.5 when all boxes up to each one are accepted, ``[N]`` each."""
        hits = self.right[:, 0].cumsum()
        return hits / np.arange(1, len(hits) + 1), hits / max(self.labelled, 1)

    def best_f1(self) -> tuple[float, float] | None:
        """The highest F1 and the score from which on boxes are accepted to get it; none without boxes."""
        if not len(self.scores) or not self.labelled:
            return None
        precision, recall = self.curve()
        f1 = 2 * precision * recall / np.maximum(precision + recall, 1e-12)
        # Boxes of one score come or go together: only the last of them is a threshold.
        last = np.append(self.scores[1:] < self.scores[:-1], True)
        best = int(np.where(last, f1, -1).argmax())
        return float(f1[best]), float(self.scores[best])


def average_precision(right: npt.NDArray[np.bool_], labelled: int) -> float:
    """Area under the precision-recall curve of boxes sorted by score (``right``: ``[N]``), 101 points."""
    if not len(right) or not labelled:
        return 0.0
    hits = right.cumsum()
    recall, precision = hits / labelled, hits / np.arange(1, len(hits) + 1)
    recall = np.concatenate([[0.0], recall, [recall[-1], 1.0]])
    precision = np.concatenate([[1.0], precision, [0.0, 0.0]])
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.trapezoid(np.interp(_RECALLS, recall, envelope), _RECALLS))


def rank(
    seen: Sequence[Seen],
    index: int,
    counts: Callable[[Seen, npt.NDArray[np.float64]], npt.NDArray[np.bool_]] | None = None,
) -> Ranked:
    """The boxes of class ``index``, on pictures where somebody looked for it.

    With ``counts`` (which of these boxes of this picture are of the kind), only labels of the kind are to be
    found; a box on another label is neither right nor wrong, nor is one on nothing that is itself not of the
    kind. So one measures small animals without blaming the model for the large ones (COCO does the same).
    """
    scores: list[npt.NDArray[np.float64]] = []
    right: list[npt.NDArray[np.bool_]] = []
    labelled = 0
    for each in seen:
        if not each.looked_for[index]:
            continue
        said = each.said[each.said[:, 5] == index]
        was = each.was[each.was[:, 4] == index]
        wanted = np.ones(len(was), np.bool_) if counts is None else counts(each, was)
        labelled += int(wanted.sum())
        hit, spared = match(said, was, wanted)
        if counts is not None:
            spared |= ~hit & ~counts(each, said)[:, None]
        # A box that is spared at IoU 0.5 is so at all overlaps, or the curves would rank different boxes.
        kept = ~spared[:, 0]
        scores.append(said[kept, 4])
        right.append(hit[kept])
    if not scores:
        return Ranked(np.empty(0), np.empty((0, len(IOUS)), np.bool_), labelled)
    joined, hits = np.concatenate(scores), np.concatenate(right)
    order = np.argsort(-joined, kind="stable")
    return Ranked(joined[order], hits[order], labelled)


def match(
    said: npt.NDArray[np.float64], was: npt.NDArray[np.float64], wanted: npt.NDArray[np.bool_]
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Which boxes (``[N, 6]``, best first) are right, and which lie on labels not ``wanted``: ``[N, 10]``
    each."""
    hit = np.zeros((len(said), len(IOUS)), np.bool_)
    spared = np.zeros_like(hit)
    if not len(said) or not len(was):
        return hit, spared
    iou = overlaps(said[:, :4], was[:, :4])
    free = np.ones((len(was), len(IOUS)), np.bool_)
    places = np.arange(len(IOUS))
    for i in np.flatnonzero((iou >= IOUS[0]).any(1)):
        # Labels that are wanted come first, whatever the overlap: 2 is more than any IoU.
        left = np.where(free & (iou[i][:, None] >= IOUS), iou[i][:, None] + 2 * wanted[:, None], 0.0)
        best = left.argmax(0)
        found = left[best, places] > 0
        free[best[found], places[found]] = False
        hit[i] = found & wanted[best]
        spared[i] = found & ~wanted[best]
    return hit, spared
