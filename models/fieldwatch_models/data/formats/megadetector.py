"""MegaDetector batch results (format 1.x): what a detector saw, as labels that carry its score.

A classifier's answer, where there is one, names the label; else the detector's category (animal, person,
vehicle).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ValidationError

from fieldwatch_models.data.catalogue import Label, Picture
from fieldwatch_models.data.formats.coco import finder, load
from fieldwatch_models.data.formats.reading import SUFFIXES, Reading, cut, size_of
from fieldwatch_models.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

#: Under this, version 5 of the detector is more often wrong than right; its authors' typical threshold.
SCORE = 0.2


class Detection(BaseModel):
    """One box: left, upper edge, width and height as shares of the picture."""

    category: str
    conf: float
    bbox: tuple[float, float, float, float]
    classifications: list[tuple[str, float]] = []


class Result(BaseModel):
    """One picture, or why there is nothing to say of it."""

    file: str
    detections: list[Detection] | None = None
    failure: str | None = None


def parse(document: Any) -> tuple[dict[str, str], dict[str, str], list[Result], list[str]]:
    """Categories, classes, results and problems of a decoded file.

    Raises:
        DataError: it is no result of MegaDetector, or of a version that is not known.
    """
    try:
        version = str(document["info"]["format_version"])
        categories, images = dict(document["detection_categories"]), list(document["images"])
    except (TypeError, KeyError, ValueError) as error:
        raise DataError(f"no MegaDetector results: no usable {error}") from error
    if not version.startswith("1."):
        raise DataError(f"MegaDetector results in format {version}; 1.x can be read")
    results, problems = [], []
    for place, row in enumerate(images):
        try:
            results.append(Result.model_validate(row))
        except ValidationError as error:
            first = error.errors()[0]
            problems.append(f"images[{place}]: {'.'.join(map(str, first['loc']))}: {first['msg']}")
    return categories, dict(document.get("classification_categories") or {}), results, problems


def label(detection: Detection, categories: dict[str, str], classes: dict[str, str]) -> Label:
    """A detection as a label.

    Raises:
        ValueError: a category or class that the file does not list, or a box that is none.
    """
    name = categories.get(detection.category)
    if name is None:
        raise ValueError(f"there is no category {detection.category}")
    if detection.classifications:
        best = max(detection.classifications, key=lambda pair: pair[1])[0]
        if best not in classes:
            raise ValueError(f"there is no class {best}")
        name = classes[best]
    x, y, width, height = detection.bbox
    left, top, across, down = cut(x, y, x + width, y + height)
    return Label(name=name, x=left, y=top, width=across, height=down, score=detection.conf)


def read_megadetector(path: Path, pictures: Path | None = None, score: float = SCORE) -> Reading:
    """Read a results file whose pictures lie under the folder `pictures` (default: beside it).

    Boxes under `score` are left out, and so are videos and pictures that the detector failed on.

    Raises:
        DataError: no MegaDetector results.
    """
    categories, classes, results, problems = parse(load(path))
    reading = Reading(tuple(dict.fromkeys([*categories.values(), *classes.values()])))
    reading.problems = [f"{path}, {problem}" for problem in problems]
    find = finder(pictures or path.parent)
    weak = 0
    for result in results:
        if result.failure or result.detections is None:
            reading.left_out.append(f"{result.file}: {result.failure or 'no detections were made'}")
            continue
        suffix = "." + result.file.rpartition(".")[2].lower()
        if suffix not in SUFFIXES:
            reading.left_out.append(f"{result.file}: not a still picture")
            continue
        try:
            file = find(result.file)
            width, height = size_of(file)
        except DataError as error:
            reading.problems.append(str(error))
            continue
        labels = []
        for place, detection in enumerate(result.detections):
            if detection.conf < score:
                weak += 1
                continue
            try:
                labels.append(label(detection, categories, classes))
            except ValueError as error:
                reading.problems.append(f"{path}, {result.file}, detections[{place}]: {error}")
        reading.pictures.append(
            Picture(path=file, width=width, height=height, labels=tuple(labels), source="")
        )
    if weak:
        reading.left_out.append(f"{path}: {weak} boxes with a score under {score:g}")
    return reading
