"""Is it smoke? What a place showed over the window, asked on three levels, and tests of growth and motion.

Pure functions of a place's hits. Of a place that is held back, the test's name and its figure are told.
Which tests pay, and what was measured: docs/decisions/0014-confirmation-at-the-edge.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fieldwatch_edge.decide.places import Hit
    from fieldwatch_edge.settings import FireSettings
    from fieldwatch_edge.vision import Gray
    from fieldwatch_shared.messages import Box


class Level(StrEnum):
    """How surely a place was seen."""

    STRONG = "strong"
    PLAIN = "plain"
    FAINT = "faint"


@dataclass(frozen=True, slots=True)
class Change:
    """How a part of a picture differs from what it showed before."""

    grey: float
    """Of its mean grey level, of 255, beside what the whole picture did."""
    contrast: float
    """Of the natural logarithm of its standard deviation: 0.2 is a fifth."""


def level(hits: Sequence[Hit], settings: FireSettings, threshold: float, *, night: bool) -> Level | None:
    """The surest level that has enough frames; None: not enough of any.

    Args:
        hits: of the window, one a frame.
        threshold: the model's own, above which a box counts by itself.
        night: no faint level then: a lamp changes a place as smoke does, and nothing was measured.
    """
    # Scores are kept to four digits, so thresholds are: else one could fall under what it lay above.
    plain_from, strong_from = round(threshold, 4), round(settings.strong * threshold, 4)
    strong = [hit for hit in hits if hit.score >= strong_from]
    if settings.strong and len(strong) >= settings.strong_k and _apart(strong, settings.apart_s):
        return Level.STRONG
    if sum(hit.score >= plain_from for hit in hits) >= settings.k:
        return Level.PLAIN
    if settings.faint and not night and len(hits) >= settings.k and _apart(hits, settings.apart_s):
        return Level.FAINT
    return None


def _apart(hits: Sequence[Hit], apart_s: float) -> bool:
    """Whether the hits lie so far apart on average. One alone does."""
    span = abs((hits[-1].at - hits[0].at).total_seconds())
    return span >= apart_s * (len(hits) - 1)


def drift(hits: Sequence[Hit]) -> float:
    """How far the box moved as a whole over the window, in its own mean widths or heights, whichever is more.

    As a whole: opposite edges moved the same way, by at least so much. A cloud does; a plume that grows moves
    its edges apart, and one that leans keeps an edge where it is rooted.
    """
    first, last = hits[0].box, hits[-1].box
    across = _moved(first.x, first.x + first.width, last.x, last.x + last.width)
    up = _moved(first.y, first.y + first.height, last.y, last.y + last.height)
    return max(across, up)


def _moved(low: float, high: float, new_low: float, new_high: float) -> float:
    by_low, by_high = new_low - low, new_high - high
    if by_low * by_high <= 0:
        return 0.0
    return min(abs(by_low), abs(by_high)) / max((high - low + new_high - new_low) / 2, 1e-6)


def growth(hits: Sequence[Hit]) -> float:
    """The last box's area over the first one's."""
    first, last = hits[0].box, hits[-1].box
    return (last.width * last.height) / max(first.width * first.height, 1e-9)


def change(now: Gray, before: Gray, box: Box) -> Change:
    """How `box` changed from `before` to `now`, (height, width) each, of one size.

    What the whole picture did (a cloud before the sun, the camera's exposure) is taken off by its median.
    Rocks, roofs and roads that the detector takes for smoke stay as they were.
    """
    difference = now.astype(np.float32) - before.astype(np.float32)
    difference -= np.median(difference)
    grey = float(np.abs(_part(difference, box).mean()))
    was, is_ = (float(_part(picture, box).std()) for picture in (before, now))
    return Change(grey, abs(math.log((is_ + 1) / (was + 1))))


def _part(
    picture: NDArray[np.uint8] | NDArray[np.float32], box: Box
) -> NDArray[np.uint8] | NDArray[np.float32]:
    height, width = picture.shape
    left, top = min(int(box.x * width), width - 1), min(int(box.y * height), height - 1)
    right = max(math.ceil((box.x + box.width) * width), left + 1)
    bottom = max(math.ceil((box.y + box.height) * height), top + 1)
    return picture[top:bottom, left:right]


def failed(hits: Sequence[Hit], settings: FireSettings) -> str | None:
    """The test of motion or growth that speaks against smoke, with its figure; None: none does."""
    if settings.most_drift and drift(hits) > settings.most_drift:
        return f"drift {drift(hits):.2f}"
    if settings.least_growth and growth(hits) < settings.least_growth:
        return f"growth {growth(hits):.2f}"
    return None


def changed(seen: Change | None, settings: FireSettings) -> str | None:
    """Why the place did not change from before, as a faint one must; None: it did.

    Args:
        seen: None where there is no picture from before: nothing can be said then.
    """
    if seen is None:
        return "no_picture_from_before"
    if seen.grey >= settings.changed_grey or seen.contrast >= settings.changed_contrast:
        return None
    return f"unchanged: grey {seen.grey:.1f}, contrast {seen.contrast:.2f}"
