"""Views that look alike across a split: the same camera, perhaps, where no name says so.

Two pictures of one camera share their background and differ in the animal, so a whole-picture hash misses
them. Compared here is where edges are: fine texture and light fall away, trunks, rocks and horizons stay. It
suggests and does not decide; a person looks at the pairs on the page.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from rich.progress import track

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fieldwatch_models.data.catalogue import Catalogue, Picture

#: Correlation of two edge maps from which a pair is worth a look. One still camera gives 0.3 to 0.75;
#: of millions of pairs of different ones, some dozen of plain horizons are over it too.
ALIKE = 0.3
_WIDTH, _HEIGHT = 96, 72
#: Share of each side that is left out: frames, and the strips that cameras burn in.
_MARGIN = 0.08
#: Standard deviation of grey under which a whole row or column is a bar that somebody added.
_PLAIN = 2.0


@dataclass(frozen=True)
class AlikeViews:
    """Two pictures on different sides of a split, and how alike their edges are (1: the same)."""

    first: Picture
    second: Picture
    correlation: float


def alike_views(catalogue: Catalogue, most: int = 16, quiet: bool = False) -> list[AlikeViews]:
    """The pairs of a training and another picture with the most alike views, the most alike first; at most
    one for each picture that is not trained on.

    Only within a source, and not where both places are known: those are the same or they are not. All
    pictures are decoded.
    """
    pictures = [picture for picture in catalogue.pictures if picture.split]
    sides = np.array([picture.split == "train" for picture in pictures])
    if sides.all() or not sides.any():
        return []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        maps = pool.map(_edges, pictures)
        bar = track(maps, "comparing views", total=len(pictures), disable=quiet, transient=True)
        table = np.array(list(bar), np.float32)
    # What all pictures of a source share (black bars, a frame) is no view.
    for source in {picture.source for picture in pictures}:
        rows = np.array([picture.source == source for picture in pictures])
        if rows.sum() > 1:
            table[rows] -= table[rows].mean(axis=0)
    table /= np.linalg.norm(table, axis=1, keepdims=True) + 1e-6
    pairs = []
    for source in dict.fromkeys(picture.source for picture in pictures):
        same = np.array([picture.source == source for picture in pictures])
        there = np.flatnonzero(same & sides)
        trained = table[there]
        placed = np.array([pictures[i].site is not None for i in there], bool)
        for place in np.flatnonzero(same & ~sides) if len(there) else ():
            first = pictures[place]
            alike = trained @ table[place]
            if first.site:
                alike[placed] = -1
            best = int(alike.argmax())
            if alike[best] >= ALIKE:
                pairs.append(AlikeViews(first, pictures[there[best]], float(alike[best])))
    return sorted(pairs, key=lambda pair: -pair.correlation)[:most]


def _edges(picture: Picture) -> NDArray[np.float32]:
    """Where a picture has edges: `[_WIDTH × _HEIGHT]`, mean about 0; zeros where it cannot be decoded."""
    image = cv2.imread(str(picture.path), cv2.IMREAD_REDUCED_GRAYSCALE_2)
    if image is None:
        return np.zeros(_WIDTH * _HEIGHT, np.float32)
    lively = image.std(axis=1) > _PLAIN, image.std(axis=0) > _PLAIN  # not the black bars above or beside
    if all(side.any() for side in lively):
        image = image[lively[0]][:, lively[1]]
    top, left = (int(_MARGIN * side) for side in image.shape)
    inner = image[top : image.shape[0] - top, left : image.shape[1] - left]
    small = cv2.resize(inner, (_WIDTH, _HEIGHT), interpolation=cv2.INTER_AREA).astype(np.float32)
    edges = np.log1p(np.hypot(cv2.Sobel(small, cv2.CV_32F, 1, 0), cv2.Sobel(small, cv2.CV_32F, 0, 1)))
    # Against their surroundings: a thicket is not an edge everywhere.
    sharp = cv2.GaussianBlur(edges, (0, 0), 1) - cv2.GaussianBlur(edges, (0, 0), 8)
    return np.asarray(sharp, np.float32).ravel()
