"""Where the model is good and where it is not: by size of the animal, light, site and source.

Precision and recall hold at the card's threshold and IoU 0.5; each with its count and its interval of 95 %.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from fieldwatch_models.evaluate.curves import Ranked, rank
from fieldwatch_models.evaluate.intervals import wilson

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt

    from fieldwatch_models.evaluate.predictions import Seen

#: Areas in px of the network's input, as COCO divides them.
SIZES = {"small": (0.0, 32.0**2), "medium": (32.0**2, 96.0**2), "large": (96.0**2, float("inf"))}


def at_threshold(ranked: Ranked, conf: float) -> dict[str, Any]:
    """Precision and recall of one class when boxes over ``conf`` are accepted."""
    said = int((ranked.scores > conf).sum())
    hits = int(ranked.right[:said, 0].sum())
    return {
        "labelled": ranked.labelled,
        "said": said,
        "right": hits,
        "precision": round(hits / said, 4) if said else None,
        "recall": round(hits / ranked.labelled, 4) if ranked.labelled else None,
        "precision_interval": wilson(hits, said),
        "recall_interval": wilson(hits, ranked.labelled),
    }


def ap_of(ranked: Ranked) -> dict[str, float] | None:
    """AP50 and AP50-95; none where nothing was labelled."""
    if not ranked.labelled:
        return None
    return {"ap50": round(float(ranked.ap[0]), 4), "ap50_95": round(float(ranked.ap.mean()), 4)}


def by_size(seen: Sequence[Seen], names: Sequence[str], imgsz: int, conf: float) -> dict[str, Any]:
    """For each class, small, medium and large boxes (px of the network's input) apart."""

    def kind(low: float, high: float) -> Callable[[Seen, npt.NDArray[np.float64]], npt.NDArray[np.bool_]]:
        def counts(each: Seen, boxes: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
            area = each.pixels(boxes, imgsz)
            return np.asarray((area >= low) & (area < high), np.bool_)

        return counts

    table: dict[str, Any] = {}
    for index, name in enumerate(names):
        for size, (low, high) in SIZES.items():
            ranked = rank(seen, index, kind(low, high))
            row = at_threshold(ranked, conf)
            known = {key: row[key] for key in ("labelled", "recall", "recall_interval")}
            ap = ap_of(ranked)
            table.setdefault(name, {})[size] = {**known, "ap50": ap and ap["ap50"]}
    return table


def by(
    seen: Sequence[Seen], names: Sequence[str], conf: float, key: Callable[[Seen], str | None]
) -> dict[str, Any]:
    """Figures over all classes, and of each class that occurs, for pictures that share a ``key``.

    Pictures without one are left out.
    """
    groups: dict[str, list[Seen]] = {}
    for each in seen:
        name = key(each)
        if name is not None:
            groups.setdefault(name, []).append(each)
    table = {}
    for name, pictures in sorted(groups.items()):
        ranked = [rank(pictures, index) for index in range(len(names))]
        present = [each for each in ranked if each.labelled]
        table[name] = {
            "pictures": len(pictures),
            "empty_pictures": sum(not len(each.was) for each in pictures),
            **at_threshold(pooled(ranked), conf),
            "ap50": round(float(np.mean([each.ap[0] for each in present])), 4) if present else None,
            "classes": {
                names[index]: at_threshold(each, conf)
                for index, each in enumerate(ranked)
                if each.labelled or (each.scores > conf).any()
            },
        }
    return table


def pooled(ranked: Sequence[Ranked]) -> Ranked:
    """Boxes of all classes in one ranking."""
    scores = np.concatenate([each.scores for each in ranked])
    right = np.concatenate([each.right for each in ranked])
    order = np.argsort(-scores, kind="stable")
    return Ranked(scores[order], right[order], sum(each.labelled for each in ranked))
