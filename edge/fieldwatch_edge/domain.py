"""The edge's own types: what a camera shows, what a detector sees in it, what was followed through time.

Pixel coordinates have their origin at the top left corner of the picture, x to the right, y down.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from datetime import datetime

    from fieldwatch_shared.messages import Clock, Media, Pose

Image = NDArray[np.uint8]
"""(height, width, 3), BGR as OpenCV has it."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture with the time at which it was seen."""

    image: Image
    at: datetime
    """UTC."""
    clock: Clock
    position: str
    """Names the frame within its source for ever: a file name, or `clip.mp4#120`. Part of record ids."""
    encoded: bytes | None = None
    """The file's own bytes where the frame came as a JPEG, so that a kept picture is the original."""
    pose: Pose | None = None
    """How a camera that turns was aimed; None: as its settings say."""


class Onlooker(Protocol):
    """Who looks at pictures beside the detectors, now and then. From any thread."""

    def due(self) -> bool:
        """Whether a picture is wanted now: asked at each frame, so it must cost nothing."""

    def put(self, image: Image) -> None:
        """Here is one. It is copied: the caller goes on with its own."""


@dataclass(frozen=True, slots=True)
class DetectedClass:
    """What a detector's class index means, from the model's card."""

    name: str
    kind: Literal["animal", "human", "vehicle", "smoke", "fire"]
    scientific_name: str | None = None
    unknown: bool = False
    """Said of an animal that the model cannot name."""


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """What a detector saw in one frame: n boxes."""

    boxes: NDArray[np.float32]
    """(n, 4): x1, y1, x2, y2 in pixels of the frame."""
    scores: NDArray[np.float32]
    """(n,): confidence, 0 to 1."""
    classes: NDArray[np.int64]
    """(n,): index into the detector's classes."""

    def __len__(self) -> int:
        return len(self.scores)

    @classmethod
    def none(cls) -> Detections:
        return cls(np.empty((0, 4), np.float32), np.empty(0, np.float32), np.empty(0, np.int64))

    def where(self, keep: NDArray[np.bool_]) -> Detections:
        """Those for which `keep`, (n,), is true."""
        return Detections(self.boxes[keep], self.scores[keep], self.classes[keep])


@dataclass(frozen=True, slots=True, eq=False)
class TrackedDetections:
    """Detections of one frame, each with the id of the track that it continues."""

    detections: Detections
    track_ids: NDArray[np.int64]
    """(n,): unique within one run of the tracker."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A frame that is kept: its record and its bytes."""

    media: Media
    encoded: bytes
