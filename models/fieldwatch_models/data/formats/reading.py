"""What every reader returns, and what they share: pictures' sizes, boxes cut to the picture."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from PIL import Image, UnidentifiedImageError

from fieldwatch_models.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from fieldwatch_models.data.catalogue import Picture

#: How far a box may reach out of its picture, as a share of it, before it is taken for a mistake.
#: Tools that round to whole pixels overshoot by one; more is another picture's box, or other units.
OVERSHOOT = 0.02
SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"})
_ORIENTATION = 0x0112
_ON_ITS_SIDE = frozenset({5, 6, 7, 8})


@dataclass
class Reading:
    """Pictures as a file describes them, with the file's own class names, and what was wrong in it.

    A picture's `source` is empty until the rules of a sources.toml, or the reader's caller, name it.
    """

    classes: tuple[str, ...]
    pictures: list[Picture] = field(default_factory=list)
    #: One sentence each, beginning with the file and the line or record.
    problems: list[str] = field(default_factory=list)
    #: What was left out on purpose, one sentence each: no mistake, but nobody should wonder where it is.
    left_out: list[str] = field(default_factory=list)


def size_of(path: Path) -> tuple[int, int]:
    """Width and height in px as a viewer shows the picture, from its header alone.

    Raises:
        DataError: the file is missing or no picture.
    """
    try:
        with Image.open(path) as image:
            width, height = image.size
            turned = image.getexif().get(_ORIENTATION) in _ON_ITS_SIDE
    except UnidentifiedImageError as error:
        raise DataError(f"{path}: not a picture that can be read") from error
    except OSError as error:
        raise DataError(f"{path}: {error.strerror or error}") from error
    return (height, width) if turned else (width, height)


def cut(x1: float, y1: float, x2: float, y2: float) -> tuple[float, float, float, float]:
    """A box by its corners (shares of the picture) as x, y, width, height, cut to the picture.

    Raises:
        ValueError: it has no area, or reaches further out than rounding explains.
    """
    edges = (x1, y1, x2, y2)
    if not all(-OVERSHOOT <= edge <= 1 + OVERSHOOT for edge in edges):  # also refuses nan
        raise ValueError("reaches out of the picture: " + " ".join(f"{edge:.4g}" for edge in edges))
    x1, y1, x2, y2 = (min(max(edge, 0.0), 1.0) for edge in edges)
    if x2 <= x1 or y2 <= y1:
        raise ValueError("has no area")
    return x1, y1, x2 - x1, y2 - y1
