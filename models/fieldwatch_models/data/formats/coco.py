"""COCO instances, also as Label Studio writes them, and their superset COCO Camera Traps.

Camera Traps adds to each picture `location`, `datetime`, `seq_id` and `corrupt`, has a category "empty",
and often says what is in a picture without saying where (no `bbox`). Such a picture teaches a detector
nothing, and as a negative it would teach it something wrong: it is left out, and the reading says so.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from pydantic import BaseModel, ValidationError

from fieldwatch_models.data.catalogue import Label, Picture, Split
from fieldwatch_models.data.formats.reading import Reading, cut, size_of
from fieldwatch_models.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

#: Category names that mean: nothing is here.
EMPTY = frozenset({"empty", "blank"})
#: Beside ISO 8601. Times are the camera's own clock.
TIMES = ("%Y:%m:%d %H:%M:%S", "%m/%d/%Y %H:%M", "%d-%b-%Y %H:%M:%S")
#: Relative difference of shape (width over height) from which boxes were drawn on another picture.
SHAPE = 0.02


class CocoImage(BaseModel):
    """One row of `images`. Fields of other tools are ignored."""

    id: int | str
    file_name: str
    width: int | None = None
    height: int | None = None
    datetime: str | None = None
    location: int | str | None = None
    seq_id: str | None = None
    corrupt: bool = False


class CocoAnnotation(BaseModel):
    """One row of `annotations`: a box in px, or as shares of the picture, or a category of the whole."""

    image_id: int | str
    category_id: int | str
    bbox: tuple[float, float, float, float] | None = None
    bbox_relative: tuple[float, float, float, float] | None = None
    iscrowd: bool = False
    score: float | None = None


@dataclass
class Contents:
    """A parsed file: categories by id, pictures, each picture's annotations with their place in the file."""

    names: dict[str, str]
    images: list[CocoImage] = field(default_factory=list)
    annotations: dict[str, list[tuple[int, CocoAnnotation]]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def parse(document: Any) -> Contents:
    """Check every row of a decoded file, without looking at any picture.

    Raises:
        DataError: it is no COCO file at all.
    """
    try:
        categories, images, annotations = (document[key] for key in ("categories", "images", "annotations"))
        contents = Contents({str(row["id"]): str(row["name"]) for row in categories})
    except (TypeError, KeyError) as error:
        raise DataError(f"not in COCO format: no usable {error}") from error
    seen: set[str] = set()
    for place, row in enumerate(images):
        try:
            image = CocoImage.model_validate(row)
        except ValidationError as error:
            contents.problems.append(f"images[{place}]: {_first(error)}")
            continue
        if str(image.id) in seen:
            contents.problems.append(f"images[{place}]: a second picture with id {image.id}")
            continue
        seen.add(str(image.id))
        contents.images.append(image)
    grouped = defaultdict(list)
    for place, row in enumerate(annotations):
        try:
            annotation = CocoAnnotation.model_validate(row)
        except ValidationError as error:
            contents.problems.append(f"annotations[{place}]: {_first(error)}")
            continue
        if str(annotation.image_id) not in seen:
            contents.problems.append(
                f"annotations[{place}]: there is no picture with id {annotation.image_id}"
            )
        elif str(annotation.category_id) not in contents.names:
            contents.problems.append(f"annotations[{place}]: there is no category {annotation.category_id}")
        else:
            grouped[str(annotation.image_id)].append((place, annotation))
    contents.annotations = dict(grouped)
    return contents


def labels_of(
    annotations: Sequence[tuple[int, CocoAnnotation]], names: dict[str, str], width: float, height: float
) -> tuple[tuple[Label, ...], list[str], str | None]:
    """A picture's labels, what is wrong with which annotation, and why the picture is of no use (or none).

    `width` and `height` are of the picture that the boxes were drawn on, px.
    """
    labels: list[Label] = []
    wrong: list[str] = []
    for place, annotation in annotations:
        name = names[str(annotation.category_id)]
        if name.lower() in EMPTY:
            continue
        if annotation.iscrowd:
            return (), wrong, f"{name}: a crowd, not one box each"
        if annotation.bbox:
            x, y, w, h = annotation.bbox
            x, y, w, h = x / width, y / height, w / width, h / height
        elif annotation.bbox_relative:
            x, y, w, h = annotation.bbox_relative
        else:
            return (), wrong, f"{name}: somewhere in the picture, but no box says where"
        try:
            left, top, across, down = cut(x, y, x + w, y + h)
            labels.append(Label(name=name, x=left, y=top, width=across, height=down, score=annotation.score))
        except ValueError as error:
            wrong.append(f"annotations[{place}]: the box {error}")
    return tuple(dict.fromkeys(labels)), wrong, None


def read_coco(path: Path, pictures: Path | None = None) -> Reading:
    """Read a JSON file whose pictures lie under the folder `pictures` (default: beside it, or in images/).

    The split is taken from the file's name if that has train, val or test in it, as instances_train2017.json.

    Raises:
        DataError: no COCO file.
    """
    contents = parse(load(path))
    reading = Reading(tuple(name for name in contents.names.values() if name.lower() not in EMPTY))
    reading.problems = [f"{path}, {problem}" for problem in contents.problems]
    find = finder(pictures or path.parent)
    for image in contents.images:
        if image.corrupt:
            reading.left_out.append(f"{image.file_name}: marked as corrupt")
            continue
        try:
            file = find(image.file_name)
            width, height = size_of(file)
        except DataError as error:
            reading.problems.append(str(error))
            continue
        drawn = (image.width or width, image.height or height)
        if abs(drawn[0] * height / (drawn[1] * width) - 1) > SHAPE:
            boxes = f"its boxes are for {drawn[0]}×{drawn[1]}"
            reading.problems.append(f"{file}: is {width}×{height} px, but {boxes}")
            continue
        annotations = contents.annotations.get(str(image.id), [])
        labels, wrong, useless = labels_of(annotations, contents.names, *drawn)
        reading.problems += [f"{path}, {problem}" for problem in wrong]
        if useless:
            reading.left_out.append(f"{file}: {useless}")
            continue
        try:
            taken_at = parse_time(image.datetime) if image.datetime else None
        except ValueError as error:
            reading.problems.append(f"{path}, picture {image.id}: {error}")
            taken_at = None
        reading.pictures.append(
            Picture(
                path=file,
                width=width,
                height=height,
                labels=labels,
                source="",
                split=split_in(path.stem),
                # Places are numbered from 0 in many files; in two of them 7 is not the same place.
                site=None if image.location is None else f"{path.stem}:{image.location}",
                sequence=image.seq_id,
                taken_at=taken_at,
            )
        )
    return reading


def load(path: Path) -> Any:
    """A decoded JSON file.

    Raises:
        DataError: it cannot be read.
    """
    try:
        return json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from error
    except ValueError as error:
        raise DataError(f"{path}: not JSON: {error}") from error


def finder(folder: Path) -> Callable[[str], Path]:
    """A function that finds the picture that a file names, where tools usually put it.

    Label Studio writes images/…, backslashes on Windows, or a link with ?d=…; others an absolute path of the
    machine they ran on.
    """

    def find(name: str) -> Path:
        asked = PurePosixPath(unquote(name.rpartition("?d=")[2]).replace("\\", "/"))
        for place in (
            folder / asked,
            folder / "images" / asked,
            folder / "images" / asked.name,
            folder / asked.name,
        ):
            if place.is_file():
                return place.absolute()
        raise DataError(f"{folder / asked}: no such picture, nor in {folder / 'images'}")

    return find


def parse_time(text: str) -> datetime:
    """A camera's local time.

    Raises:
        ValueError: in no known form.
    """
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        for form in TIMES:
            try:
                return datetime.strptime(text, form)  # noqa: DTZ007  # which zone, the file does not say
            except ValueError:
                continue
    raise ValueError(f"a time that cannot be read: {text}")


def split_in(stem: str) -> Split | None:
    """The split that a file's name speaks of."""
    splits: tuple[Split, ...] = ("train", "val", "test")
    named = [split for split in splits if split in stem.lower()]
    return named[0] if len(named) == 1 else None


def _first(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"{'.'.join(map(str, first['loc'])) or 'row'}: {first['msg']}"
