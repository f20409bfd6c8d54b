"""What a catalogue holds, counted: the tables and charts of its page."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fieldwatch_models.data.catalogue import Catalogue

#: The order of columns; pictures without a split come last.
SPLITS = ("train", "val", "test", "none")
#: Edges of small, medium and large, px of the square root of a box's area in a picture LONGER px on its
#: longer side: COCO's 32 and 96, at the size that detectors see.
SMALL, LARGE, LONGER = 32, 96, 640


@dataclass(frozen=True)
class Row:
    """One line of a table: a name and counts by split."""

    name: str
    pictures: Counter[str]
    boxes: Counter[str]


@dataclass(frozen=True)
class Site:
    """One camera or place."""

    name: str
    pictures: Counter[str]
    boxes: Counter[str]  # by class
    sources: tuple[str, ...]


def splits(catalogue: Catalogue) -> list[str]:
    """The splits in use, in order."""
    used = {picture.split or "none" for picture in catalogue.pictures}
    return [split for split in SPLITS if split in used]


def by_class(catalogue: Catalogue) -> list[Row]:
    """Pictures and boxes of each class, then the pictures without a label."""
    pictures: dict[str, Counter[str]] = defaultdict(Counter)
    boxes: dict[str, Counter[str]] = defaultdict(Counter)
    for picture in catalogue.pictures:
        split = picture.split or "none"
        for name in {label.name for label in picture.labels} or {""}:
            pictures[name][split] += 1
        for label in picture.labels:
            boxes[label.name][split] += 1
    return [Row(name, pictures[name], boxes[name]) for name in (*catalogue.classes, "")]


def by_source(catalogue: Catalogue) -> list[Row]:
    """Pictures and boxes of each source, the largest first."""
    pictures: dict[str, Counter[str]] = defaultdict(Counter)
    boxes: dict[str, Counter[str]] = defaultdict(Counter)
    for picture in catalogue.pictures:
        pictures[picture.source][picture.split or "none"] += 1
        boxes[picture.source][picture.split or "none"] += len(picture.labels)
    rows = [Row(name, pictures[name], boxes[name]) for name in pictures]
    return sorted(rows, key=lambda row: -row.pictures.total())


def by_light(catalogue: Catalogue) -> list[Row]:
    """Pictures by day, by night, and of unknown light."""
    pictures: dict[str, Counter[str]] = {name: Counter() for name in ("day", "night", "unknown")}
    for picture in catalogue.pictures:
        pictures[picture.light or "unknown"][picture.split or "none"] += 1
    return [Row(name, counts, Counter()) for name, counts in pictures.items() if counts]


def by_site(catalogue: Catalogue) -> list[Site]:
    """Every known site, the one with most pictures first."""
    pictures: dict[str, Counter[str]] = defaultdict(Counter)
    boxes: dict[str, Counter[str]] = defaultdict(Counter)
    sources: dict[str, dict[str, None]] = defaultdict(dict)
    for picture in catalogue.pictures:
        if picture.site:
            pictures[picture.site][picture.split or "none"] += 1
            boxes[picture.site].update(label.name for label in picture.labels)
            sources[picture.site][picture.source] = None
    sites = [Site(name, pictures[name], boxes[name], tuple(sources[name])) for name in pictures]
    return sorted(sites, key=lambda site: -site.pictures.total())


def box_sizes(catalogue: Catalogue) -> dict[str, NDArray[np.float64]]:
    """Of each class, its boxes' sizes: square root of the area, px of a picture `LONGER` px long."""
    sizes: dict[str, list[float]] = {name: [] for name in catalogue.classes}
    for picture in catalogue.pictures:
        scale = LONGER / max(picture.width, picture.height)
        for label in picture.labels:
            area = label.width * picture.width * label.height * picture.height
            sizes.setdefault(label.name, []).append(scale * area**0.5)
    return {name: np.array(values) for name, values in sizes.items()}


def centres(catalogue: Catalogue, cells: int = 24) -> dict[str, NDArray[np.float64]]:
    """Of each class, how many boxes have their centre where: `[cells, cells]`, rows from the top, sum 1."""
    maps: dict[str, NDArray[np.float64]] = {}
    for picture in catalogue.pictures:
        for label in picture.labels:
            row = min(cells - 1, int((label.y + label.height / 2) * cells))
            column = min(cells - 1, int((label.x + label.width / 2) * cells))
            maps.setdefault(label.name, np.zeros((cells, cells)))[row, column] += 1
    return {name: maps[name] / maps[name].sum() for name in catalogue.classes if name in maps}
