"""Pictures that belong together, but lie on both sides of a split: found, refused, or left out."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from fieldwatch_models.data.duplicates import hashes, near_pairs
from fieldwatch_models.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from fieldwatch_models.data.catalogue import Catalogue, Picture

#: Where what leaks is left out: among the pictures to learn from, or among those to measure on.
Side = Literal["train", "val"]
#: Leaks, and pictures of one leak, that an error message names.
SHOWN_LEAKS, SHOWN_PICTURES = 10, 3


@dataclass(frozen=True)
class Leak:
    """Pictures in different splits that belong together."""

    #: "site sierra-at-tahoe", "sequence …", "near-duplicates (2 of 64 bits differ)"
    what: str
    pictures: tuple[Picture, ...]

    def __str__(self) -> str:
        sides = defaultdict(list)
        for picture in self.pictures:
            sides[picture.split].append(picture.path.name)
        return f"{self.what}: " + "; ".join(
            f"{split} {', '.join(sorted(names)[:SHOWN_PICTURES])}"
            + f" and {len(names) - SHOWN_PICTURES} more" * (len(names) > SHOWN_PICTURES)
            for split, names in sides.items()
        )


def find_leaks(catalogue: Catalogue, near_duplicates: bool = True, quiet: bool = False) -> list[Leak]:
    """Every site, sequence and pair of near-duplicates that lies in more than one split.

    `near_duplicates` decodes all pictures, which takes a minute for 50,000 (a progress bar unless `quiet`).

    Raises:
        DataError: a picture cannot be decoded.
    """
    pictures = [picture for picture in catalogue.pictures if picture.split]
    together: dict[str, list[Picture]] = defaultdict(list)
    for picture in pictures:
        for key in ties(picture):
            together[key].append(picture)
    leaks = [
        Leak(what, tuple(members))
        for what, members in together.items()
        if len({picture.split for picture in members}) > 1
    ]
    if near_duplicates and len({picture.split for picture in pictures}) > 1:
        table = hashes([picture.path for picture in pictures], quiet)
        sides = np.array([picture.split for picture in pictures])
        for split in sorted({str(side) for side in sides} - {"train"}, reverse=True):  # val before test
            here = np.flatnonzero(sides == split)
            there = np.flatnonzero((sides == "train") | ((sides == "val") & (split == "test")))
            for pair in near_pairs(table[here], table[there]):
                mirrored = ", mirrored" * pair.mirrored
                leaks.append(
                    Leak(
                        f"near-duplicates ({pair.distance} of 64 bits differ{mirrored})",
                        (pictures[here[pair.first]], pictures[there[pair.second]]),
                    )
                )
    return leaks


def check_split(catalogue: Catalogue, near_duplicates: bool = True, quiet: bool = False) -> None:
    """Refuse a split whose figures would flatter.

    Raises:
        DataError: naming what lies in more than one split, and the pictures.
    """
    leaks = find_leaks(catalogue, near_duplicates, quiet)
    if leaks:
        shown = "".join(f"\n  {leak}" for leak in leaks[:SHOWN_LEAKS])
        more = f"\n  … and {len(leaks) - SHOWN_LEAKS} more" * (len(leaks) > SHOWN_LEAKS)
        raise DataError(
            f"{len(leaks)} leak(s) between the splits:{shown}{more}\n"
            "Figures measured on such a split flatter. Leave these pictures out of the training set, or "
            "divide anew: fieldwatch models data … --leave-out train, or --split 0.8/0.2, with --out"
        )


def apart(
    catalogue: Catalogue, leaks: Iterable[Leak], side: Side = "train"
) -> tuple[Catalogue, tuple[Picture, ...]]:
    """The catalogue without the pictures that leak on one `side`, and those pictures.

    "train" is for a model yet to be trained: what is measured on stays as it is, so that figures remain
    comparable. What `val` and `test` share is taken from `val`, for the same reason.

    "val" is for a model that was trained on all of `train`: the pictures of `val` and `test` that belong
    with it go, and what `val` and `test` share is taken from `test`.
    """
    order = ("train", "val", "test")
    dropped: dict[Picture, None] = {}
    for leak in leaks:
        sides = [order.index(picture.split) for picture in leak.pictures if picture.split]
        kept_side = order[max(sides) if side == "train" else min(sides)]
        dropped |= dict.fromkeys(p for p in leak.pictures if p.split and p.split != kept_side)
    kept = tuple(picture for picture in catalogue.pictures if picture not in dropped)
    return catalogue.model_copy(update={"pictures": kept}), tuple(dropped)


def ties(picture: Picture) -> list[str]:
    """What holds a picture together with others of the same tie: its site and its sequence, where known."""
    known = [f"site {picture.site}"] if picture.site else []
    if picture.sequence:
        # A sequence's name means something within its source alone: many number theirs from 1.
        known.append(f"sequence {picture.source}/{picture.sequence}")
    return known
