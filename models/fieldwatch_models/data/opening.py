"""Open labelled pictures in whatever form they come, as the one catalogue that all steps speak."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fieldwatch_models.data.catalogue import Catalogue
from fieldwatch_models.data.formats.yolo import read_yolo
from fieldwatch_models.data.sources import SourceRules
from fieldwatch_models.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

#: Problems that an error message lists; `fieldwatch models data` shows them all.
SHOWN = 20


def open_data(path: Path, sources: Path | None = None, classes: tuple[str, ...] | None = None) -> Catalogue:
    """Open a YOLO folder (or its data.yaml) or a catalogue file (.jsonl); picture paths become absolute.

    `sources` is a sources.toml whose rules say what file names tell. `classes` puts the classes in a model's
    order; without it they are in the data's own.

    Raises:
        DataError: naming every row that is wrong and every class that is not among `classes`. Nothing is
            left out silently.
    """
    if path.suffix == ".jsonl":
        read = Catalogue.read(path)
        folder = path.absolute().parent
        pictures = [p.model_copy(update={"path": folder / p.path}) for p in read.pictures]
        names, known, problems = read.classes, dict(read.sources), []
    else:
        reading = read_yolo(path)
        names, pictures, problems, known = reading.classes, reading.pictures, reading.problems, {}
    rules = SourceRules.read(sources) if sources else SourceRules()
    pictures, described, wrong = rules.describe(pictures)
    refuse([*problems, *wrong])
    if classes is not None:
        strange = {label.name for p in pictures for label in p.labels} - set(classes)
        if strange:
            raise DataError(f"{path}: labels of classes that are not wanted: {', '.join(sorted(strange))}")
    return Catalogue(classes=classes or names, sources=described | known, pictures=tuple(pictures))


def refuse(problems: list[str]) -> None:
    """Raise a DataError that names the `problems`, if there are any."""
    if problems:
        shown = "".join(f"\n  {problem}" for problem in problems[:SHOWN])
        more = f"\n  … and {len(problems) - SHOWN} more: fieldwatch models data lists all" * (
            len(problems) > SHOWN
        )
        raise DataError(f"{len(problems)} problem(s) in the data:{shown}{more}")
