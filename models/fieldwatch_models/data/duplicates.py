"""Near-duplicates: pictures that a person would call the same, whatever their size and compression.

A picture's hash is the signs of its 64 lowest cosine frequencies, relative to their median (the well-known
"pHash"). Re-encoding and resizing change a few bits of 64 at most; other pictures differ in about 32.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image
from rich.progress import track

from fieldwatch_models.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

#: Of 64 bits: how many may differ between near-duplicates.
NEAR = 4
_SIDE = 32  # px of the square that the frequencies are taken from
_LOW = 8  # frequencies kept in each direction
#: Rows compared at once: bounds the memory at rows × pictures × 9 bytes.
_ROWS = 256


@dataclass(frozen=True)
class Pair:
    """Two pictures (by their places in the sequences given) that are nearly the same."""

    first: int
    second: int
    distance: int
    mirrored: bool


def hashes(paths: Sequence[Path], quiet: bool = False) -> NDArray[np.uint64]:
    """Hash every picture: `[N, 2]`, as it is and mirrored left to right.

    Raises:
        DataError: naming the first picture that cannot be decoded.
    """
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        rows = track(
            pool.map(picture_hash, paths),
            f"hashing {len(paths)} pictures",
            total=len(paths),
            disable=quiet,
            transient=True,
        )
        return np.array(list(rows), np.uint64).reshape(-1, 2)


def picture_hash(path: Path) -> tuple[int, int]:
    """The hash of one picture, and of its mirror image.

    Raises:
        DataError: it cannot be decoded.
    """
    try:
        with Image.open(path) as image:
            image.draft("L", (4 * _SIDE, 4 * _SIDE))  # JPEG: decode at the smallest scale that is enough
            small = image.convert("L").resize((_SIDE, _SIDE), Image.Resampling.BOX)
    except (OSError, SyntaxError) as error:  # what Pillow raises for broken JPEG and PNG files
        raise DataError(f"{path}: cannot be decoded: {error}") from error
    low = np.asarray(cv2.dct(np.asarray(small, np.float32)), np.float32)[:_LOW, :_LOW]
    # The mirror image has the same frequencies; the odd ones in x change sign.
    mirrored = low * np.where(np.arange(_LOW) % 2, -1, 1).astype(np.float32)
    return _bits(low), _bits(mirrored)


def _bits(low: NDArray[np.float32]) -> int:
    return int.from_bytes(np.packbits(low > np.median(low)).tobytes(), "big")


def near_pairs(
    first: NDArray[np.uint64], second: NDArray[np.uint64] | None = None, near: int = NEAR
) -> list[Pair]:
    """All near-duplicates between `first` and `second` (`[N, 2]` each), or within `first` alone."""
    within = second is None
    other = first if second is None else second
    pairs = []
    for start in range(0, len(first), _ROWS):
        rows = first[start : start + _ROWS]
        plain = np.bitwise_count(rows[:, None, 0] ^ other[None, :, 0])
        flipped = np.bitwise_count(rows[:, None, 0] ^ other[None, :, 1])
        for row, column in np.argwhere(np.minimum(plain, flipped) <= near):
            if within and column <= row + start:
                continue
            distance = int(min(plain[row, column], flipped[row, column]))
            mirrored = bool(flipped[row, column] < plain[row, column])
            pairs.append(Pair(int(row) + start, int(column), distance, mirrored))
    return pairs
