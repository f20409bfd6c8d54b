"""How soon after an ignition a camera would raise the alarm, and whether it ever cried wolf.

The edge has its own, richer confirmation; the rule here is the plainest that has its shape, so that
two versions of a detector can be compared on recorded ignitions.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fieldwatch_models.errors import RecipeError
from fieldwatch_models.evaluate.matching import overlaps

if TYPE_CHECKING:
    from pathlib import Path

    from fieldwatch_models.evaluate.runtime import Boxes, Model


@dataclass(frozen=True)
class Rule:
    """Alarm when a box of the newest frame has a partner in ``k`` of the last ``n`` frames.

    The newest counts as one of them. A partner overlaps by ``iou`` or more: a cloud's shadow or a
    car moves on, smoke stays rooted.
    """

    k: int = 3
    n: int = 5
    conf: float = 0.2
    iou: float = 0.1


@dataclass(frozen=True)
class Frame:
    """One frame of a recorded ignition: seconds from it, and what the detector saw."""

    seconds: int
    boxes: Boxes

    def score(self) -> float:
        """The best score in this frame, 0 where there is no box at all."""
        return round(float(self.boxes[:, 4].max()), 3) if len(self.boxes) else 0.0


def watch(model: Model, folder: Path, floor: float = 0.05, imgsz: int | None = None) -> list[Frame]:
    """Run ``model`` over a sequence: ``sequence.csv`` (file, seconds_from_ignition) and pictures.

    Boxes under ``floor`` are dropped: no rule would use them.
    """
    import cv2

    frames = []
    with (folder / "sequence.csv").open(encoding="utf-8", newline="") as rows:
        for row in csv.DictReader(rows):
            image: Any = cv2.imread(str(folder / row["file"]))
            if image is None:
                raise RecipeError(f"cannot read {folder / row['file']}")
            boxes = model.predict(image, floor, imgsz)
            frames.append(Frame(int(row["seconds_from_ignition"]), boxes))
    return frames


def alarms(frames: list[Frame], rule: Rule) -> list[int]:
    """The seconds from ignition of every frame in which ``rule`` holds."""
    strong = [frame.boxes[frame.boxes[:, 4] >= rule.conf] for frame in frames]
    raised = []
    for now, frame in enumerate(frames):
        window = strong[max(0, now - rule.n + 1) : now]
        for box in strong[now]:
            partners = sum(1 for past in window if len(past) and overlaps(box[None], past).max() >= rule.iou)
            if partners + 1 >= rule.k:
                raised.append(frame.seconds)
                break
    return raised


def summary(frames: list[Frame], rule: Rule) -> dict[str, Any]:
    """What a card says about one sequence: alarms before ignition, and the delay after it (s)."""
    raised = alarms(frames, rule)
    after = [seconds for seconds in raised if seconds >= 0]
    return {
        "rule": f"{rule.k} of {rule.n} frames, score {rule.conf}, overlap {rule.iou}",
        "frames_before": sum(frame.seconds < 0 for frame in frames),
        "alarm_frames_before": len(raised) - len(after),
        "first_alarm_s": after[0] if after else None,
        "alarm_frames_after": len(after),
        "scores": {str(frame.seconds): frame.score() for frame in frames},
    }
