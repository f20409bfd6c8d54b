"""Open labelled pictures in whatever form they come, as the one catalogue that all steps speak."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from fieldwatch_models.data.catalogue import Catalogue
from fieldwatch_models.data.formats.coco import load, read_coco
from fieldwatch_models.data.formats.megadetector import read_megadetector
from fieldwatch_models.data.formats.reading import Reading
from fieldwatch_models.data.formats.yolo import read_yolo
from fieldwatch_models.data.sources import SourceRules
from fieldwatch_models.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fieldwatch_models.data.catalogue import Picture, Source
    from fieldwatch_models.data.classmap import ClassMap

Format = Literal["auto", "catalogue", "yolo", "coco", "cct", "megadetector"]
#: Problems that an error message lists; `fieldwatch models data` shows them all.
SHOWN = 20


@dataclass
class Opened:
    """A catalogue of what could be read, what was wrong, and what was left out on purpose."""

    catalogue: Catalogue
    problems: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def open_data(path: Path, sources: Path | None = None, classes: tuple[str, ...] | None = None) -> Catalogue:
    """Open a YOLO folder (or its data.yaml), a catalogue file (.jsonl), or a JSON file in COCO, COCO Camera
    Traps or MegaDetector format; picture paths become absolute.

    `sources` is a sources.toml whose rules say what file names tell. `classes` puts the classes in a model's
    order; without it they are in the data's own. One that the data do not name was not looked for in any
    picture (`Picture.labelled_for`).

    Raises:
        DataError: naming every row that is wrong and every class that is not among `classes`. What a format
            itself marks as of no use (a corrupt picture, an animal without a box) is left out.
    """
    rules = SourceRules.read(sources) if sources else SourceRules()
    opened = read_data([path], rules)
    refuse(opened.problems)
    if classes is None:
        return opened.catalogue
    strange = {label.name for p in opened.catalogue.pictures for label in p.labels} - set(classes)
    if strange:
        raise DataError(
            f"{path}: labels of classes that are not wanted: {', '.join(sorted(strange))}. To drop their "
            f'boxes: fieldwatch models data … --classes map.toml --out, with a line "{min(strange)}" = false'
        )
    named = opened.catalogue.classes
    pictures = tuple(_searched_for(picture, named, classes) for picture in opened.catalogue.pictures)
    return opened.catalogue.model_copy(update={"classes": classes, "pictures": pictures})


def read_data(
    paths: Sequence[Path],
    rules: SourceRules,
    form: Format = "auto",
    classes: ClassMap | None = None,
    pictures: Path | None = None,
) -> Opened:
    """Read several folders and files into one catalogue, and collect what is wrong.

    `pictures` is the folder that JSON files name their pictures from (default: beside them). Classes keep the
    order in which they are met, or that of the map `classes`. What only some of the data name was not looked
    for in the pictures of the others (`Picture.labelled_for`).

    Raises:
        DataError: a path that is nothing of the kind, or a class that the map says nothing of.
    """
    whole = Opened(Catalogue(classes=(), sources={}, pictures=()))
    names: dict[str, None] = {}
    known: dict[str, Source] = {}
    found: list[Picture] = []
    named: list[tuple[str, ...]] = []  # for each picture, what its own data name
    for path in paths:
        reading, described = _read(path, format_of(path) if form == "auto" else form, pictures)
        names |= dict.fromkeys(reading.classes)
        known |= described
        found += reading.pictures
        named += [reading.classes] * len(reading.pictures)
        whole.problems += reading.problems
        whole.left_out += reading.left_out
    twice = [p for p, times in Counter(p.path for p in found).items() if times > 1]
    whole.problems += [f"{path}: listed more than once" for path in twice]
    if classes:
        found, names = classes.apply(found), dict.fromkeys(classes.ours)
        named = [classes.renamed(theirs) for theirs in named]
    found, described, wrong = rules.describe(found)
    whole.problems += wrong
    # After the rules: what a sources.toml says of a picture goes before what its whole data set names.
    found = [_searched_for(p, theirs, tuple(names)) for p, theirs in zip(found, named, strict=True)]
    whole.catalogue = Catalogue(classes=tuple(names), sources=described | known, pictures=tuple(found))
    return whole


def format_of(path: Path) -> Format:
    """What `path` holds, judged by its kind and, of a JSON file, by its keys.

    Raises:
        DataError: nothing that can be read.
    """
    if path.suffix == ".jsonl":
        return "catalogue"
    if path.is_dir() or path.suffix in {".yaml", ".yml"}:
        return "yolo"
    if path.suffix == ".json":
        document = load(path)
        if isinstance(document, dict) and "detection_categories" in document:
            return "megadetector"
        if isinstance(document, dict) and "annotations" in document:
            return "coco"
    raise DataError(
        f"{path} is no YOLO folder, no catalogue (.jsonl), and no JSON file in COCO, COCO Camera Traps or "
        "MegaDetector format"
    )


def _read(path: Path, form: Format, pictures: Path | None) -> tuple[Reading, dict[str, Source]]:
    if form == "catalogue":
        read = Catalogue.read(path)
        folder = path.absolute().parent
        here = [p.model_copy(update={"path": folder / p.path}) for p in read.pictures]
        return Reading(read.classes, here), dict(read.sources)
    if form == "yolo":
        return read_yolo(path), {}
    read_json = read_megadetector if form == "megadetector" else read_coco
    try:
        return read_json(path, pictures), {}
    except DataError as error:
        raise error if str(path) in str(error) else DataError(f"{path}: {error}") from error


def refuse(problems: list[str]) -> None:
    """Raise a DataError that names the `problems`, if there are any."""
    if problems:
        shown = "".join(f"\n  {problem}" for problem in problems[:SHOWN])
        more = f"\n  … and {len(problems) - SHOWN} more: fieldwatch models data lists all"
        text = f"{len(problems)} problem(s) in the data:{shown}"
        raise DataError(text + more * (len(problems) > SHOWN))


def _searched_for(picture: Picture, named: tuple[str, ...], classes: tuple[str, ...]) -> Picture:
    """`picture`, of data that name only `named`, among others that name all `classes`."""
    if picture.labelled_for is None and not set(classes) <= set(named):
        return picture.model_copy(update={"labelled_for": tuple(c for c in classes if c in named)})
    return picture
