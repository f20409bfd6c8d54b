"""Divide pictures into training and validation so that figures do not flatter.

Frames of one camera show the same trees; a detector that has seen them in training finds the animal in front
of them more easily than it will at the next camera. So what belongs together stays together: pictures of one
site, else of one sequence, and near-duplicates in any case.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from fieldwatch_models.data.duplicates import hashes, near_pairs
from fieldwatch_models.data.leaks import ties
from fieldwatch_models.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fieldwatch_models.data.catalogue import Catalogue, Picture, Split


def split_by_group(
    catalogue: Catalogue, shares: Mapping[Split, float], seed: int = 0, quiet: bool = False
) -> Catalogue:
    """Divide all pictures anew, in about the given `shares`, whole groups at a time.

    Groups are spread so that every class, every source and the pictures without an animal come near their
    share in each split, as far as the groups allow. The same seed and pictures give the same split.

    Raises:
        DataError: fewer groups than splits, or a picture that cannot be decoded.
    """
    total = sum(shares.values())
    if not shares or min(shares.values()) <= 0:
        raise DataError(f"shares of a split are positive, not {', '.join(map(str, shares.values()))}")
    groups = _groups(catalogue.pictures, quiet)
    if len(groups) < len(shares):
        raise DataError(
            f"{len(catalogue.pictures)} pictures of only {len(groups)} site(s), sequence(s) or clusters of "
            f"near-duplicates cannot be divided into {len(shares)} splits"
        )
    strata = [Counter(s for i in group for s in _strata(catalogue.pictures[i])) for group in groups]
    everything = Counter[str]()
    for stratum in strata:
        everything.update(stratum)
    wanted = {split: share / total for split, share in shares.items()}
    has: dict[Split, Counter[str]] = {split: Counter() for split in shares}
    sides: dict[int, Split] = {}
    order = list(range(len(groups)))
    random.Random(seed).shuffle(order)  # noqa: S311  # no secret here
    # Large groups first: small ones then even out what is left.
    for place, number in enumerate(sorted(order, key=lambda n: -len(groups[n]))):
        empty = [split for split in shares if not has[split]]
        choice = empty if len(groups) - place <= len(empty) else list(shares)
        sides_best = min(choice, key=lambda split: _error(split, strata[number], has, everything, wanted))
        has[sides_best].update(strata[number])
        sides |= dict.fromkeys(groups[number], sides_best)
    pictures = tuple(p.model_copy(update={"split": sides[i]}) for i, p in enumerate(catalogue.pictures))
    return catalogue.model_copy(update={"pictures": pictures})


def _error(
    split: Split,
    more: Counter[str],
    has: Mapping[Split, Counter[str]],
    everything: Counter[str],
    wanted: Mapping[Split, float],
) -> float:
    """How much further from its wanted shares everything would be with `more` in `split`.

    Only the strata in `more` and only this split change, so the difference is what to compare.
    """
    return sum(
        ((has[split][s] + n) / everything[s] - wanted[split]) ** 2
        - (has[split][s] / everything[s] - wanted[split]) ** 2
        for s, n in more.items()
    )


def _strata(picture: Picture) -> list[str]:
    """In an order that is always the same: the sums of `_error` depend on it in their last digit."""
    names = dict.fromkeys(label.name for label in picture.labels) or ["no label"]
    return [f"source {picture.source}", *names, "any"]


def _groups(pictures: tuple[Picture, ...], quiet: bool) -> list[list[int]]:
    """Which pictures (by their places) belong together, directly or by way of others."""
    above = list(range(len(pictures)))

    def top(place: int) -> int:
        while above[place] != place:
            above[place] = place = above[above[place]]
        return place

    first: dict[str, int] = {}
    for place, picture in enumerate(pictures):
        for key in ties(picture):
            above[top(place)] = top(first.setdefault(key, place))
    for pair in near_pairs(hashes([picture.path for picture in pictures], quiet)):
        above[top(pair.first)] = top(pair.second)
    groups = defaultdict(list)
    for place in range(len(pictures)):
        groups[top(place)].append(place)
    return list(groups.values())
