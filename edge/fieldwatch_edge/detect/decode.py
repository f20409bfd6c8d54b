"""From a network's numbers to boxes with calibrated scores: for both heads and both backends. Pure functions.

A card may say two things about scores. Its `temperature` T makes them chances: a network's score s counts as
sigmoid(logit(s) / T). That never changes which of two scores is higher, so thresholds are taken back to the
network's scale once, NMS runs on few boxes, and only what is left is calibrated.

Its `fallback` names an animal that the model cannot name: a box whose best class stays at or below `conf`,
though the chance that it is any animal, 1 - product(1 - p) over the animal classes, reaches the fallback's
score. Only the raw head tells all p. Where final boxes come (the NMS-free head, ultralytics) the best p
stands for that chance, which is never above it, so fewer boxes are called "animal" there, and none where the
fallback's score is above `conf`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fieldwatch_edge import vision
from fieldwatch_edge.domain import Detections

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fieldwatch_edge.detect.model_folder import Card

MAX_DETECTIONS = 300
"""As in ultralytics: more boxes than this in one picture are noise, and NMS is quadratic in them."""


@dataclass(frozen=True, slots=True)
class Scoring:
    """Which boxes count, and what for. All scores but the floors are calibrated ones."""

    conf: float
    iou: float
    temperature: float = 1.0
    fallback: float | None = None
    """The chance of any animal from which on a box is one; None: unnamed boxes are nothing."""
    animals: tuple[int, ...] = ()
    """The classes that are animals, by index."""
    unknown: int = 0
    """The index of the class "animal"."""

    @classmethod
    def of(cls, card: Card, *, conf: float, iou: float) -> Scoring:
        animals = tuple(index for index, known in enumerate(card.classes) if known.kind == "animal")
        fallback = card.fallback.score if card.fallback is not None and animals else None
        return cls(conf, iou, card.temperature, fallback, animals, len(card.classes))

    @property
    def raw_conf(self) -> float:
        """`conf` on the network's scale."""
        return uncalibrated(self.conf, self.temperature)

    @property
    def raw_floor(self) -> float:
        """On the network's scale: a box of the raw head whose best class is below can be nothing."""
        if self.fallback is None:
            return self.raw_conf
        # k classes together reach a chance of f only if the best one reaches 1 - (1 - f)^(1/k).
        least = 1 - (1 - self.fallback) ** (1 / len(self.animals))
        return uncalibrated(min(self.conf, least), self.temperature)

    @property
    def final_floor(self) -> float:
        """On the network's scale: a final box below can be nothing."""
        least = self.conf if self.fallback is None else min(self.conf, self.fallback)
        return uncalibrated(least, self.temperature)

    def calibrated(self, scores: NDArray[np.float32]) -> NDArray[np.float32]:
        """`scores` of the network, of any shape, as chances."""
        if self.temperature == 1:
            return scores
        clipped = np.clip(scores, 1e-12, 1 - 1e-7, dtype=np.float64)
        odds = (clipped / (1 - clipped)) ** (1 / self.temperature)
        return np.asarray(odds / (1 + odds), np.float32)


def uncalibrated(score: float, temperature: float) -> float:
    """The network's score that `temperature` makes `score`: sigmoid(temperature * logit(score))."""
    if temperature == 1 or not 0 < score < 1:
        return score
    odds = (score / (1 - score)) ** temperature
    return float(odds / (1 + odds))


def decode_raw(output: NDArray[np.float32], scoring: Scoring) -> Detections:
    """YOLOv8's head, (4 + classes, n): centre x, centre y, width, height in input pixels, then a score per
    class. Keeps each box's best class where it exceeds `conf`, then NMS per class; best first."""
    class_scores = output[4:]
    best = class_scores.max(axis=0)
    candidates = np.flatnonzero(best >= scoring.raw_floor)
    # Of thousands of boxes a handful is left here; all else works on those.
    class_scores, centred, best = class_scores[:, candidates], output[:4, candidates], best[candidates]
    half = centred[2:] / 2
    boxes = np.concatenate([centred[:2] - half, centred[:2] + half]).T
    is_named = best > scoring.raw_conf
    named = _suppressed(
        boxes[is_named],
        scoring.calibrated(best[is_named]),
        class_scores[:, is_named].argmax(axis=0),
        scoring.iou,
    )
    if scoring.fallback is None or is_named.all():
        return named
    chances = scoring.calibrated(class_scores[:, ~is_named][list(scoring.animals)])
    any_animal = np.asarray(1 - np.prod(1 - chances, axis=0), np.float32)
    return _with_unknown(named, boxes[~is_named], any_animal, scoring)


def decode_end_to_end(output: NDArray[np.float32], scoring: Scoring) -> Detections:
    """The NMS-free head, (n, 6): x1, y1, x2, y2 in input pixels, score, class; best first."""
    return finish(Detections(output[:, :4], output[:, 4], output[:, 5].astype(np.int64)), scoring)


def finish(seen: Detections, scoring: Scoring) -> Detections:
    """Final boxes with the network's scores, best first, as those that count, with calibrated scores."""
    is_named = seen.scores > scoring.raw_conf
    named = seen.where(is_named)
    named = Detections(named.boxes, scoring.calibrated(named.scores), named.classes)
    if scoring.fallback is None:
        return named
    others = seen.where(~is_named & np.isin(seen.classes, scoring.animals))
    return _with_unknown(named, others.boxes, scoring.calibrated(others.scores), scoring)


def _suppressed(
    boxes: NDArray[np.float32], scores: NDArray[np.float32], classes: NDArray[np.int64], iou: float
) -> Detections:
    order = np.argsort(-scores, kind="stable")
    boxes, scores, classes = boxes[order], scores[order], classes[order]
    kept = vision.nms(boxes, scores, classes, iou)[:MAX_DETECTIONS]
    return Detections(boxes[kept], scores[kept], classes[kept])


def _with_unknown(
    named: Detections, boxes: NDArray[np.float32], chances: NDArray[np.float32], scoring: Scoring
) -> Detections:
    """`named`, and of the nameless `boxes`, (n, 4), those that are some animal by their `chances`, (n,), and
    not the body of a named one."""
    some_animal = chances >= np.float32(scoring.fallback or 0)
    boxes, chances = boxes[some_animal], chances[some_animal]
    if len(boxes) and len(named):
        free = (_overlaps(boxes, named.boxes) < scoring.iou).all(axis=1)
        boxes, chances = boxes[free], chances[free]
    if not len(boxes):
        return named
    unknown = _suppressed(boxes, chances, np.full(len(boxes), scoring.unknown, np.int64), scoring.iou)
    scores = np.concatenate([named.scores, unknown.scores])
    order = np.argsort(-scores, kind="stable")[:MAX_DETECTIONS]
    return Detections(
        np.concatenate([named.boxes, unknown.boxes])[order],
        scores[order],
        np.concatenate([named.classes, unknown.classes])[order],
    )


def _overlaps(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """Intersection over union of each of `a`, (n, 4), with each of `b`, (m, 4): (n, m)."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=2)
    areas = [(boxes[:, 2:] - boxes[:, :2]).prod(axis=1) for boxes in (a, b)]
    return np.asarray(shared / np.maximum(areas[0][:, None] + areas[1][None] - shared, 1e-9), np.float32)
