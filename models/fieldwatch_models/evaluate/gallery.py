"""Where the model fails, as pictures: what it invented, missed, and took for something else."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fieldwatch_edge import vision
from fieldwatch_edge.errors import EdgeError
from fieldwatch_models.errors import DataError
from fieldwatch_models.evaluate.figures import GREEN, RED
from fieldwatch_models.evaluate.matching import FOUND, overlaps
from fieldwatch_models.pages import thumbnail

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from fieldwatch_models.evaluate.predictions import Seen


#: A box that overlaps a label of its class by this much was meant for it.
NEAR = 0.1


@dataclass(frozen=True)
class Failure:
    """One picture of a gallery: its caption, its boxes (shares, caption, colour), how bad it is."""

    seen: Seen
    caption: str
    boxes: tuple[tuple[float, float, float, float, str, str], ...]
    weight: float

    def in_words(self) -> dict[str, str]:
        """For metrics.json and the card, which may not show other people's pictures."""
        what, _, name = self.caption.rpartition(" · ")
        return {"picture": name, "source": self.seen.picture.source, "what": what}

    def image(self) -> str:
        """As a data URI.

        Raises:
            DataError: the picture cannot be read any more.
        """
        path = self.seen.picture.path
        try:
            return thumbnail(vision.decode(path.read_bytes()), self.boxes)
        except (OSError, EdgeError) as error:
            raise DataError(f"cannot read {path}: {error}") from error


def galleries(
    seen: Sequence[Seen], names: Sequence[str], conf: float, size: int = 12
) -> dict[str, list[Failure]]:
    """The worst ``size`` of each kind, a picture each at most: what was missed by area, all else by score."""
    found: dict[str, list[Failure]] = {"invented": [], "misplaced": [], "confused": [], "missed": []}
    for each in seen:
        said = each.said[each.said[:, 4] > conf]
        said = said[each.looked_for[said[:, 5].astype(int)]]
        iou = overlaps(said[:, :4], each.was[:, :4])
        same = said[:, 5][:, None] == each.was[:, 4][None]
        touched = (iou >= FOUND).any(1)
        right = ((iou >= FOUND) & same).any(1)
        near = ((iou >= NEAR) & same).any(1)
        for kind, chosen in (("invented", ~touched & ~near), ("misplaced", ~touched & near)):
            for box in said[chosen][:1]:
                caption = f"{names[int(box[5])]} {box[4]:.2f}"
                text = f"said {caption}"
                found[kind].append(_failure(each, names, text, [(box, caption)], float(box[4])))
        for i in np.flatnonzero(touched & ~right)[:1]:
            box, was = said[i], each.was[iou[i].argmax()]
            caption = f"{names[int(box[5])]} {box[4]:.2f}"
            text = f"said {caption}, was {names[int(was[4])]}"
            found["confused"].append(_failure(each, names, text, [(box, caption)], float(box[4])))
        missed = each.was[~((iou >= FOUND) & same).any(0)] if len(said) else each.was
        if len(missed):
            areas = (missed[:, 2:4] - missed[:, :2]).prod(1)
            text = f"missed {names[int(missed[areas.argmax(), 4])]}"
            boxes = [(box, f"{names[int(box[5])]} {box[4]:.2f}") for box in said]
            found["missed"].append(_failure(each, names, text, boxes, float(areas.max())))
    return {kind: sorted(rows, key=lambda row: -row.weight)[:size] for kind, rows in found.items()}


def _failure(
    each: Seen,
    names: Sequence[str],
    caption: str,
    said: Sequence[tuple[npt.NDArray[np.float64], str]],
    weight: float,
) -> Failure:
    labels = [(*map(float, was[:4]), names[int(was[4])], GREEN) for was in each.was]
    boxes = [(*map(float, box[:4]), text, RED) for box, text in said]
    where = f"{caption} · {each.picture.path.name}"
    return Failure(each, where, (*labels, *boxes), weight)  # type: ignore[arg-type]  # four floats each
