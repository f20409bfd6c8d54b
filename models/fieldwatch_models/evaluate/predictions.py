"""What the detector says of each picture, once, with the node's own code; every figure is made from this.

Boxes are shares of the picture (x1, y1, x2, y2, origin top left), scores are the network's own: before the
card's temperature, so that calibration and threshold can be studied on one set of predictions.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from fieldwatch_edge import vision
from fieldwatch_edge.detect.model_folder import ModelFolder
from fieldwatch_edge.detect.onnx import OnnxDetector
from fieldwatch_edge.errors import EdgeError
from fieldwatch_models.console import progress
from fieldwatch_models.errors import DataError, ExportError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from fieldwatch_models.data.catalogue import Picture

#: ``[N, 6]``: x1, y1, x2, y2 as shares of width and height, score, class; best first.
Boxes = npt.NDArray[np.float64]
#: ``[M, 5]``: x1, y1, x2, y2 as shares, class.
Labels = npt.NDArray[np.float64]

#: Lowest score that is kept. Average precision needs the faint boxes too; 0.001 is customary.
FLOOR = 0.001
#: A picture of less colour (mean saturation of 255) was taken in infrared ...
GREY = 10.0
#: ... and one darker than this (mean of 255), in the dark.
DARK = 30.0


@dataclass(frozen=True)
class Seen:
    """One picture: what the detector said of it, and what a person had labelled."""

    picture: Picture
    said: Boxes
    was: Labels
    #: ``[C]``: classes that whoever labelled the picture looked for.
    looked_for: npt.NDArray[np.bool_]
    light: Literal["day", "night"]
    #: SHA-256 of the file.
    digest: str

    def pixels(self, boxes: npt.NDArray[np.float64], imgsz: int) -> npt.NDArray[np.float64]:
        """Areas, ``[N]``, in px of the network's input, of ``boxes`` (``[N, 4+]``, shares)."""
        scale = imgsz / max(self.picture.width, self.picture.height)
        sides = (boxes[:, 2:4] - boxes[:, :2]) * [self.picture.width * scale, self.picture.height * scale]
        return np.asarray(np.clip(sides, 0, None).prod(1), np.float64)


@dataclass
class Predictor:
    """Runs one model as a node does, and remembers what it said of a picture it has already seen.

    With ``cache``, a folder, it also remembers across runs: by the model file's and the picture's SHA-256, so
    that neither a new model nor a changed picture is ever answered with old boxes.
    """

    folder: Path
    imgsz: int | None = None
    cache: Path | None = None
    threads: int = 2
    #: Boxes, and whether it looks like night, by SHA-256 of the picture.
    known: dict[str, tuple[Boxes, bool]] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        try:
            opened = ModelFolder.open(self.folder)
        except EdgeError as error:
            raise ExportError(str(error)) from error
        self.card = opened.card
        #: Without what the card adds to the network's answer: temperature and the name for the unknown.
        plain = self.card.model_copy(update={"temperature": 1.0, "fallback": None})
        #: Longer side of the network's input, px.
        self.size = self.imgsz or self.card.imgsz
        self.detector = OnnxDetector(
            replace(opened, card=plain), imgsz=self.size, conf=FLOOR, iou=self.card.iou, threads=self.threads
        )
        if self.cache is not None and self._file(self.cache).exists():
            self.known = _load(self._file(self.cache)) | self.known

    def see(self, pictures: Iterable[Picture], what: str) -> list[Seen]:
        """Run over ``pictures``, with a progress bar that says ``what`` they are.

        Raises:
            DataError: a picture cannot be read.
        """
        todo = list(pictures)
        names = [entry.name for entry in self.card.classes]
        seen = []
        before = len(self.known)
        with progress() as bar:
            for picture in bar.track(todo, description=what):
                said, night, digest = self._look(picture)
                light = picture.light or ("night" if night else "day")
                mask = _looked_for(picture, names)
                seen.append(Seen(picture, said, labels_of(picture, names), mask, light, digest))
        if self.cache is not None and len(self.known) > before:
            self.cache.mkdir(parents=True, exist_ok=True)
            _save(self._file(self.cache), self.known)
        return seen

    def _look(self, picture: Picture) -> tuple[Boxes, bool, str]:
        try:
            data = picture.path.read_bytes()
            digest = hashlib.sha256(data).hexdigest()
            if digest not in self.known:
                image = vision.decode(data)
                found = self.detector.detect(image)
                height, width = image.shape[:2]
                shares = found.boxes / np.array([width, height] * 2, np.float64)
                table = np.column_stack([shares, found.scores, found.classes]).astype(np.float64)
                self.known[digest] = (table, taken_at_night(image))
        except OSError as error:
            raise DataError(f"cannot read {picture.path}: {error.strerror}") from error
        except EdgeError as error:
            raise DataError(f"{picture.path}: {error}") from error
        return *self.known[digest], digest

    def _file(self, cache: Path) -> Path:
        return cache / f"{self.card.name}-{self.card.sha256[:16]}-{self.size}-{self.card.iou:g}.npz"


def taken_at_night(image: npt.NDArray[np.uint8]) -> bool:
    """Whether ``image`` (``[H, W, 3]``, BGR) has no colour, as under infrared lamps, or hardly any light."""
    pixels = image[::4, ::4].reshape(-1, 3).astype(np.float64)
    high, low = pixels.max(1), pixels.min(1)
    saturation = 255 * (high - low) / np.maximum(high, 1)
    return bool(saturation.mean() < GREY or high.mean() < DARK)


def labels_of(picture: Picture, names: list[str]) -> Labels:
    """The picture's boxes of classes that the model has."""
    rows = [
        (box.x, box.y, box.x + box.width, box.y + box.height, names.index(box.name))
        for box in picture.labels
        if box.name in names
    ]
    return np.array(rows, np.float64).reshape(-1, 5)


def _looked_for(picture: Picture, names: list[str]) -> npt.NDArray[np.bool_]:
    if picture.labelled_for is None:
        return np.ones(len(names), np.bool_)
    return np.array([name in picture.labelled_for for name in names], np.bool_)


def _save(path: Path, known: dict[str, tuple[Boxes, bool]]) -> None:
    # Written beside and moved: an interrupted run leaves the old file, not half a one.
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        np.savez_compressed(
            file,
            digests=np.array(list(known), "U64"),
            nights=np.array([night for _, night in known.values()], np.bool_),
            counts=np.array([len(boxes) for boxes, _ in known.values()], np.int64),
            boxes=np.vstack([boxes for boxes, _ in known.values()]),
        )
    part.replace(path)


def _load(path: Path) -> dict[str, tuple[Boxes, bool]]:
    try:
        with np.load(path, allow_pickle=False) as file:
            tables = np.split(file["boxes"], np.cumsum(file["counts"])[:-1])
            rows = zip(file["digests"], tables, file["nights"], strict=True)
            return {str(digest): (table, bool(night)) for digest, table, night in rows}
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"{path} is no cache of predictions; delete it: {error}") from error
