"""How much two activity patterns overlap: 0 never at the same time of day, 1 the same pattern."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from fieldwatch_cloud.counts.estimate import Estimate, Finding


@dataclass(frozen=True, slots=True)
class Overlap:
    """
    Attributes:
        estimates: `overlap` (the recommended one of the three), `overlap_dhat1`, `overlap_dhat4`,
            `overlap_dhat5`.
        times: (512,) radians.
        first, second: (512,) densities per radian, as Dhat4 uses them.
    """

    estimates: tuple[Estimate, ...]
    findings: tuple[Finding, ...]
    times: NDArray[np.float64]
    first: NDArray[np.float64]
    second: NDArray[np.float64]


def overlap(
    first: ArrayLike, second: ArrayLike, *, replicates: int = 1000, level: float = 0.95, seed: int = 1
) -> Overlap:
    """The coefficient of overlap of two taxa, areas or seasons.

    Args:
        first, second: (n,), (m,) times in radians, of independent records.

    Raises:
        ValueError: fewer than 2 times in either.
    """
    raise NotImplementedError
