"""Spatial capture-recapture: density from animals that are told apart, at known detectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from fieldwatch_cloud.counts.estimate import Fit

Detector = Literal["proximity", "count"]
Shape = Literal["half-normal", "hazard-half-normal"]


@dataclass(frozen=True, slots=True)
class Mask:
    """Where activity centres may lie: cell centres in metres (east, north) of a plane projection.

    Attributes:
        centres: (M, 2).
        cell: m² of one cell.
    """

    centres: NDArray[np.float64]
    cell: float


def mask_around(traps: ArrayLike, buffer: float, spacing: float) -> Mask:
    """Square cells of `spacing` m whose centres lie within `buffer` m of a trap."""
    raise NotImplementedError


def capture_recapture(
    captures: ArrayLike,
    traps: ArrayLike,
    mask: Mask | None = None,
    *,
    occasions: ArrayLike = 1,
    detector: Detector = "proximity",
    shape: Shape = "half-normal",
    level: float = 0.95,
) -> Fit:
    """
    Args:
        captures: (n, J) how often each animal was detected at each trap: on how many occasions
            (`proximity`) or how many times (`count`).
        traps: (J, 2) m, (east, north) of a plane projection, in the mask's coordinates.
        mask: None: one is made with a buffer of four times a first sigma.
        occasions: how many, or (J,) on how many each trap worked.
    """
    raise NotImplementedError
