"""YOLO: images/{train,val,test}, labels/ likewise with one text file a picture, and data.yaml with names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from fieldwatch_models.data.catalogue import Label, Picture, Split
from fieldwatch_models.data.formats.reading import SUFFIXES, Reading, cut, size_of
from fieldwatch_models.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator

SPLITS: tuple[Split, ...] = ("train", "val", "test")
NUMBERS = {5: "a box", 6: "a detector's box and its score"}


def parse_names(text: str) -> tuple[str, ...]:
    """The class names of a data.yaml, by number.

    Raises:
        ValueError: there are none, or their numbers leave gaps.
    """
    try:
        names = _mapping(text).get("names")
    except yaml.YAMLError as error:
        raise ValueError(f"not YAML: {error}") from error
    if isinstance(names, list):
        names = dict(enumerate(names))
    if not isinstance(names, dict) or not names:
        raise ValueError("names no classes (names: {0: deer, …})")
    if sorted(names) != list(range(len(names))):
        raise ValueError(f"the classes' numbers are {sorted(names)}, not 0 to {len(names) - 1}")
    return tuple(str(names[number]) for number in range(len(names)))


def parse_labels(text: str, names: tuple[str, ...]) -> tuple[tuple[Label, ...], list[tuple[int, str]]]:
    """The labels of one picture, and what is wrong with which line (from 1).

    A row is class, centre x, centre y, width, height (shares of the picture) and, of a detector, the score;
    or class and the corners of a polygon, of which the enclosing box is taken.
    """
    labels: list[Label] = []
    wrong: list[tuple[int, str]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            label = _label(line.split(), names)
        except ValueError as error:
            wrong.append((number, str(error)))
            continue
        if label in labels:
            wrong.append((number, "the same box as in a line before"))
        else:
            labels.append(label)
    return tuple(labels), wrong


def _label(cells: list[str], names: tuple[str, ...]) -> Label:
    try:
        number, *values = (float(cell) for cell in cells)
    except ValueError as error:
        raise ValueError(f"not numbers: {' '.join(cells[:6])}") from error
    if number != int(number) or not 0 <= number < len(names):
        raise ValueError(f"class {cells[0]} is none of the {len(names)} in data.yaml")
    score = None
    if len(cells) in NUMBERS:
        x, y, width, height = values[:4]
        corners = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
        score = values[4] if len(cells) == 6 else None
        if score is not None and not 0 <= score <= 1:
            raise ValueError(f"a score of {score:g}")
    elif len(cells) >= 7 and len(cells) % 2:
        corners = (min(values[::2]), min(values[1::2]), max(values[::2]), max(values[1::2]))
    else:
        raise ValueError(f"{len(cells)} numbers instead of 5")
    try:
        left, top, across, down = cut(*corners)
    except ValueError as error:
        raise ValueError(f"the box {error}") from error
    return Label(name=names[int(number)], x=left, y=top, width=across, height=down, score=score)


def read_yolo(folder: Path) -> Reading:
    """Read a data set's folder, or the folder whose data.yaml is given.

    A picture without a label file has no animals in it. A label file without a picture is a problem, and so
    is a picture that cannot be opened.

    Raises:
        DataError: there is no usable data.yaml, or no picture at all.
    """
    configuration = folder if folder.suffix in {".yaml", ".yml"} else folder / "data.yaml"
    try:
        text = configuration.read_text("utf-8")
        names = parse_names(text)
    except OSError as error:
        raise DataError(f"cannot read {configuration}: {error.strerror}") from error
    except ValueError as error:
        raise DataError(f"{configuration}: {error}") from error
    reading = Reading(names)
    for split, images in _folders(configuration, _mapping(text)):
        if images.is_dir():
            _read_split(reading, images, split)
        else:
            reading.problems.append(f"{configuration}: {split} names {images}, and there is no such folder")
    if not reading.pictures:
        detail = "".join(f"\n  {problem}" for problem in reading.problems)
        raise DataError(
            f"{configuration.parent}: no pictures in images/train, images/val or images/test{detail}"
        )
    return reading


def _mapping(text: str) -> dict[str, Any]:
    read = yaml.safe_load(text)
    return read if isinstance(read, dict) else {}


def _folders(configuration: Path, values: dict[str, Any]) -> Iterator[tuple[Split, Path]]:
    """The folders of pictures that data.yaml names for each split, there or not, or the usual ones."""
    root = configuration.parent / str(values.get("path") or ".")
    if not root.is_dir():  # a `path` from another machine, as exports of labelling tools have it
        root = configuration.parent
    for split in SPLITS:
        given = values.get(split) or [f"images/{split}"] * (root / "images" / split).is_dir()
        for entry in [given] if isinstance(given, str) else given:
            images = root / str(entry)
            if not images.exists():  # Roboflow writes ../train/images and means the folder of data.yaml
                beside = root / str(entry).removeprefix("../")
                images = beside if beside.is_dir() else images
            if images.is_file():
                raise DataError(f"{configuration}: {split} is a list of files; give a folder of pictures")
            yield split, images.absolute()


def _read_split(reading: Reading, images: Path, split: Split) -> None:
    labels = _labels_beside(images)
    left = {path for path in labels.rglob("*.txt") if path.stem != "classes"}
    for path in sorted(images.rglob("*")):  # cameras may have folders of their own below
        if path.suffix.lower() not in SUFFIXES:
            continue
        file = labels / path.relative_to(images).with_suffix(".txt")
        left.discard(file)
        try:
            width, height = size_of(path)
            text = file.read_text("utf-8") if file.exists() else ""
        except DataError as error:
            reading.problems.append(str(error))
            continue
        except (OSError, UnicodeDecodeError) as error:
            reading.problems.append(f"{file}: cannot be read: {error}")
            continue
        found, wrong = parse_labels(text, reading.classes)
        reading.problems += [f"{file}, line {number}: {what}" for number, what in wrong]
        reading.pictures.append(
            Picture(path=path, width=width, height=height, labels=found, source="", split=split)
        )
    reading.problems += [f"{file}: there is no picture of this name" for file in sorted(left)]


def _labels_beside(images: Path) -> Path:
    """`…/images/…` with the last `images` replaced by `labels`: where YOLO looks."""
    parts = list(images.parts)
    for index in range(len(parts) - 1, -1, -1):
        if parts[index] == "images":
            return Path(*parts[:index], "labels", *parts[index + 1 :])
    return images
