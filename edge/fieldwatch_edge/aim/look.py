"""What the detectors see in the pictures of the page: the node's own models, as its settings have them."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog

from fieldwatch_edge.decide.geometry import fraction_box
from fieldwatch_edge.detect import load_detector
from fieldwatch_edge.errors import EdgeError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from fieldwatch_edge.aim.feed import Feed
    from fieldwatch_edge.detect import Detector
    from fieldwatch_edge.domain import Image
    from fieldwatch_edge.settings import Camera

log = structlog.get_logger(__name__)

MOST_BOXES = 20
LIVING = frozenset({"human", "animal"})


@dataclass(frozen=True, slots=True)
class Look:
    """At one picture."""

    at: float
    """Monotonic seconds."""
    score: float
    """Best of a person or an animal; 0: none was seen."""
    height_px: float
    """Of that one's box."""
    kind: str
    """Of that one: human, animal, or empty."""


class Looker:
    """Of one camera, from `start` to `close`."""

    def __init__(
        self,
        camera: Camera,
        feed: Feed,
        search_path: Sequence[Path],
        wanted: Callable[[], bool] = lambda: True,
    ) -> None:
        """`wanted`: whether anybody looks; a phone in a pocket costs the battery nothing."""
        self._camera, self._feed, self._search_path = camera, feed, search_path
        self._wanted = wanted
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="aim-look", daemon=True)
        self.problems: list[str] = []
        """Models that cannot be loaded."""
        self.boxes: list[dict[str, Any]] = []
        """Of the newest picture that was looked at: x, y, width, height as fractions, name, kind, score."""
        self.of_picture = 0
        """Its number."""
        self.took_ms: float | None = None
        """Of all models together."""
        self.looks: deque[Look] = deque(maxlen=2000)
        """Of the wildlife model."""

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._closed.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        detectors = self._loaded()
        while not self._closed.is_set() and detectors:
            if not self._wanted():
                self._closed.wait(0.2)
                continue
            shown = self._feed.newest(after=self.of_picture, within_s=0.5)
            if shown is None:
                continue
            began = time.monotonic()
            boxes: list[dict[str, Any]] = []
            for task, detector in detectors:
                try:
                    boxes += self._look(task, detector, shown.image)
                except EdgeError as error:
                    self.problems = [*self.problems, str(error)][-4:]
            self.took_ms = (time.monotonic() - began) * 1000
            self.boxes, self.of_picture = boxes[:MOST_BOXES], shown.number

    def _loaded(self) -> list[tuple[str, Detector]]:
        loaded = []
        for task, settings in (("wildlife", self._camera.wildlife), ("fire", self._camera.fire)):
            if settings is None or self._closed.is_set():
                continue
            try:
                loaded.append((task, load_detector(settings.detector, self._search_path)))
            except EdgeError as error:
                self.problems = [*self.problems, str(error)]
        return loaded

    def _look(self, task: str, detector: Detector, image: Image) -> list[dict[str, Any]]:
        height, width = image.shape[:2]
        seen = detector.detect(image)
        boxes, best = [], Look(time.monotonic(), 0.0, 0.0, "")
        for box, score, index in zip(seen.boxes, seen.scores, seen.classes, strict=True):
            known = detector.classes[int(index)]
            place = fraction_box(box, width, height)
            boxes.append(
                {
                    **place.model_dump(),
                    "name": known.name,
                    "scientific_name": known.scientific_name,
                    "kind": known.kind,
                    "score": round(float(score), 3),
                }
            )
            if known.kind in LIVING and score > best.score:
                best = Look(best.at, float(score), float(box[3] - box[1]), known.kind)
        if task == "wildlife":
            self.looks.append(best)
        return boxes
