"""When animals are active, and for what share of the day, from the times at which cameras saw them.

    times ─▶ bandwidth ─▶ kernel density on the circle ─▶ activity level = mean height / greatest height

Times are radians: 0 and 2π are midnight, π noon. They may be clock time, or time told by the sun (see
`average_anchored`), which does not smear dawn and dusk where days change their length.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fieldwatch_cloud.counts.estimate import Estimate, Finding

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

CIRCLE = 2 * math.pi
GRID = 512
LEAST, ENOUGH = 50, 100
"""Records. Below 50 the level is unstable and its bootstrap too narrow; Rowcliffe et al. 2014 (Methods Ecol.
Evol. 5:1170-1179) find it nearly unbiased from about 100, and 20-50 enough only for flat patterns."""
STEEPEST = 709.0
"""Of the kernel's concentration: beyond it, its width is under 2.2°, or 9 minutes."""


@dataclass(frozen=True, slots=True)
class Activity:
    """The pattern over the day, and the share of it that is spent active.

    Attributes:
        estimates: `activity_level`.
        times: (512,) radians from 0, evenly spaced, without 2π.
        density: (512,) of a record at that time, per radian; its integral over the circle is 1.
        low, high: (512,) pointwise interval from the bootstrap, or None without one.
        bandwidth: the concentration κ of the kernel.
    """

    estimates: tuple[Estimate, ...]
    findings: tuple[Finding, ...]
    times: NDArray[np.float64]
    density: NDArray[np.float64]
    low: NDArray[np.float64] | None
    high: NDArray[np.float64] | None
    bandwidth: float


def activity(
    times: ArrayLike,
    *,
    adjust: float = 1.0,
    replicates: int = 1000,
    level: float = 0.95,
    seed: int = 1,
) -> Activity:
    """Fit the pattern and the activity level of one taxon.

        activity level = 1 / (2π · max f)

    the share of the day spent active if, at the peak, every animal is active (Rowcliffe et al. 2014, eq. 2).

    Args:
        times: (n,) radians, of independent records; taken modulo 2π.
        adjust: multiplies the bandwidth; below 1 is smoother.
        replicates: of the bootstrap over records; 0 for none.

    Raises:
        ValueError: fewer than 2 times, or one that is not finite.
    """
    raise NotImplementedError
