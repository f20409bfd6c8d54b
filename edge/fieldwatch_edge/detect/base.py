"""What every detector backend offers to the pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from fieldwatch_edge.detect.model_folder import ModelFolder
    from fieldwatch_edge.domain import DetectedClass, Detections, Image


class Detector(Protocol):
    """Finds what its model knows in one picture. Not safe to share between threads."""

    @property
    def label(self) -> str:
        """`name@version`, as observations carry it."""

    @property
    def classes(self) -> tuple[DetectedClass, ...]:
        """What `Detections.classes` point into."""

    @property
    def conf(self) -> float:
        """Boxes score more than this."""

    def detect(self, image: Image) -> Detections:
        """Boxes on `image`, (height, width, 3) BGR, best first, in pixels of `image`.

        Raises:
            ModelError: the runtime refused the picture.
        """


class OfFolder:
    """What a backend says of itself, by the folder of its model."""

    def __init__(self, folder: ModelFolder, conf: float) -> None:
        self._folder, self.conf = folder, conf

    @property
    def label(self) -> str:
        return self._folder.label

    @property
    def classes(self) -> tuple[DetectedClass, ...]:
        return self._folder.classes
