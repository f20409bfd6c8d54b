"""Pictures and label files as labelling tools leave them: beside each other, or in images/ and labels/.

Label files are YOLO's (one `.txt` a picture). Class names stand in classes.txt or data.yaml, or nowhere,
where there is only one class.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fieldwatch_models.data.catalogue import Picture
from fieldwatch_models.data.formats.reading import SUFFIXES, Reading, size_of
from fieldwatch_models.data.formats.yolo import parse_labels, parse_names
from fieldwatch_models.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path


def read_loose(folder: Path, only_class: str, source: str) -> Reading:
    """Read every picture at or below `folder`; its labels lie beside it or where images/ is called labels/.

    A picture without a label file, or with an empty one, has no animals in it. `only_class` names class 0
    where nothing else does. The folder that a picture lies in is its site if there are several.

    Raises:
        DataError: no picture, or names that cannot be read.
    """
    if not folder.is_dir():
        raise DataError(f"{folder} is no folder of pictures")
    reading = Reading(_names(folder, only_class))
    paths = [p for p in sorted(folder.rglob("*")) if p.suffix.lower() in SUFFIXES]
    places = {_place(path, folder) for path in paths}
    for path in paths:
        text = _labels_of(path, folder)
        labels, wrong = parse_labels(text.read_text("utf-8"), reading.classes) if text else ((), [])
        reading.problems += [f"{text}, line {number}: {fault}" for number, fault in wrong]
        try:
            width, height = size_of(path)
        except DataError as error:
            reading.problems.append(str(error))
            continue
        site = _place(path, folder) if len(places) > 1 else None
        reading.pictures.append(
            Picture(path=path.absolute(), width=width, height=height, labels=labels, source=source, site=site)
        )
    if not reading.pictures:
        raise DataError(f"{folder}: no pictures ({', '.join(sorted(SUFFIXES))})")
    return reading


def _names(folder: Path, only_class: str) -> tuple[str, ...]:
    listed, configured = folder / "classes.txt", folder / "data.yaml"
    try:
        if listed.exists():
            return tuple(line.strip() for line in listed.read_text("utf-8").splitlines() if line.strip())
        if configured.exists():
            return parse_names(configured.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{listed if listed.exists() else configured}: {error}") from error
    return (only_class,)


def _labels_of(path: Path, folder: Path) -> Path | None:
    """The label file of the picture at `path`, if it has one."""
    inside = path.relative_to(folder)
    parallel = folder.joinpath(*("labels" if part == "images" else part for part in inside.parts))
    for candidate in (path.with_suffix(".txt"), parallel.with_suffix(".txt")):
        if candidate.exists():
            return candidate
    return None


def _place(path: Path, folder: Path) -> str:
    parts = [part for part in path.parent.relative_to(folder).parts if part not in {"images", "train", "val"}]
    return "/".join(parts)
