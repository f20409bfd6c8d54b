"""What is looked at: the validation pictures, recordings of fires, folders of labelled stills."""

from __future__ import annotations

import csv
import hashlib
from dataclasses import dataclass
from pathlib import Path

from fieldwatch_edge.detect.model_folder import sha256_of
from fieldwatch_models.data.catalogue import Catalogue, Label, Picture
from fieldwatch_models.data.formats.reading import SUFFIXES, size_of
from fieldwatch_models.data.leaks import ties
from fieldwatch_models.data.opening import open_data, refuse
from fieldwatch_models.data.sources import SourceRules
from fieldwatch_models.errors import DataError

#: Labels that make an untimed sequence a record of a fire.
SMOKES = frozenset({"smoke"})
#: Column of sequence.csv with boxes as `cx:cy:w:h`, shares of the picture, separated by blanks.
BOXES = "smoke_boxes_cx:cy:w:h"


@dataclass(frozen=True)
class Material:
    """Pictures by what they are for."""

    catalogue: Catalogue
    val: tuple[Picture, ...]
    #: Frames of all recordings, those of the catalogue's training pictures included.
    sequences: tuple[Picture, ...]
    #: Folders of labelled stills, by name.
    stills: dict[str, tuple[Picture, ...]]
    #: Names and SHA-256 of the training pictures that belong to a recording.
    trained_on: frozenset[str]

    @property
    def trained_sites(self) -> frozenset[str]:
        """Sites that training pictures are from."""
        return frozenset(p.site for p in self.catalogue.of("train") if p.site is not None)

    @property
    def akin_to_training(self) -> int:
        """How many validation pictures share a site or a sequence with training pictures."""
        trained = {tie for picture in self.catalogue.of("train") for tie in ties(picture)}
        return sum(not trained.isdisjoint(ties(picture)) for picture in self.val)

    @property
    def digest(self) -> str:
        """SHA-256 over names, labels and groups of the validation pictures, wherever the files lie."""
        rows = sorted(p.model_copy(update={"path": Path(p.path.name)}).model_dump_json() for p in self.val)
        return hashlib.sha256("\n".join(rows).encode()).hexdigest()


def gather(data: Path, names: tuple[str, ...], folders: list[Path], sources: Path | None) -> Material:
    """Open ``data`` and ``folders``, each a recorded ignition (sequence.csv) or labelled stills.

    ``names`` are the model's classes; ``sources`` is the sources.toml that reads file names.

    Raises:
        DataError: something cannot be read, or there is nothing to validate on.
    """
    catalogue = open_data(data, sources, names)
    val = tuple(catalogue.of("val"))
    if not val:
        raise DataError(
            f"{data} has no validation pictures (split 'val'); fieldwatch models data can split it"
        )
    recorded = recorded_among(catalogue.pictures)
    rules = SourceRules.read(sources) if sources else SourceRules()
    stills: dict[str, tuple[Picture, ...]] = {}
    for folder in folders:
        if (folder / "sequence.csv").exists():
            # Names tell the site here too: without it, a view that was trained on would count as unseen.
            frames, _, wrong = rules.describe(read_sequence(folder))
            refuse(wrong)
            recorded += frames
        else:
            stills[folder.name] = read_stills(folder, names)
    marks: set[str] = {picture.path.name for picture in catalogue.of("train")}
    marks |= {digest(picture.path) for picture in catalogue.of("train") if picture.sequence is not None}
    return Material(catalogue, val, tuple(recorded), stills, frozenset(marks))


def recorded_among(pictures: tuple[Picture, ...]) -> list[Picture]:
    """The frames of still views: those whose time from ignition is known, else of a known site, with labels.

    Other sequences are only what must stay together in a split, such as blocks of a collection.
    """
    groups: dict[str, list[Picture]] = {}
    for picture in pictures:
        if picture.sequence is not None and (picture.from_ignition_s is not None or picture.site is not None):
            groups.setdefault(picture.sequence, []).append(picture)
    return [
        frame
        for frames in groups.values()
        for frame in frames
        if all(each.from_ignition_s is not None for each in frames)
        or all(any(label.name in SMOKES for label in each.labels) for each in frames)
    ]


def read_sequence(folder: Path) -> list[Picture]:
    """Frames of ``folder/sequence.csv``: file, seconds_from_ignition and, where known, smoke boxes.

    Where nothing ever burnt, give all frames negative seconds: they count as time watched.
    """
    path = folder / "sequence.csv"
    pictures = []
    with path.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), 2):
            try:
                width, height = size_of(folder / row["file"])
                pictures.append(
                    Picture(
                        path=folder / row["file"],
                        width=width,
                        height=height,
                        labels=tuple(_smoke(text) for text in (row.get(BOXES) or "").split()),
                        source=folder.name,
                        sequence=folder.name,
                        from_ignition_s=float(row["seconds_from_ignition"]),
                    )
                )
            except (KeyError, ValueError, OSError) as error:
                raise DataError(f"{path}, line {number}: {error!r}") from error
    return pictures


def read_stills(folder: Path, names: tuple[str, ...]) -> tuple[Picture, ...]:
    """Pictures of ``folder``, each with YOLO labels (class numbers as in ``names``) beside it or none."""
    pictures = []
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in SUFFIXES:
            continue
        text = path.with_suffix(".txt")
        lines = text.read_text("utf-8").splitlines() if text.exists() else []
        try:
            labels = [_yolo(line.split(), names) for line in lines if line.strip()]
            width, height = size_of(path)
        except (ValueError, IndexError, OSError) as error:
            raise DataError(f"{text}: {error}") from error
        pictures.append(
            Picture(path=path, width=width, height=height, labels=tuple(labels), source=folder.name)
        )
    if not pictures:
        raise DataError(
            f"no pictures in {folder}: it is neither a recording (sequence.csv) nor labelled stills"
        )
    return tuple(pictures)


def digest(path: Path) -> str:
    """SHA-256 of the file, in hex."""
    try:
        return sha256_of(path)
    except OSError as error:
        raise DataError(f"cannot read {path}: {error.strerror}") from error


def _smoke(text: str) -> Label:
    return _box("smoke", [float(part) for part in text.split(":")])


def _yolo(parts: list[str], names: tuple[str, ...]) -> Label:
    return _box(names[int(parts[0])], [float(part) for part in parts[1:5]])


def _box(name: str, centred: list[float]) -> Label:
    x, y, width, height = centred
    left, top = max(0.0, x - width / 2), max(0.0, y - height / 2)
    right, bottom = min(1.0, x + width / 2), min(1.0, y + height / 2)
    return Label(name=name, x=left, y=top, width=right - left, height=bottom - top)
