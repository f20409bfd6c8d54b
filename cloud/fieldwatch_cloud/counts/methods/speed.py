"""How fast animals move, from the speeds of those that passed a camera.

A fast animal passes more cameras, so passages are a sample biased by size: a speed y is met in proportion to
y · f(y) (Rowcliffe et al. 2016, Remote Sensing in Ecology and Conservation 2:84-94).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike

    from fieldwatch_cloud.counts.estimate import Estimate, Finding

Model = Literal["best", "harmonic", "lognormal", "gamma", "weibull"]


@dataclass(frozen=True, slots=True)
class Speed:
    """
    Attributes:
        estimates: `speed` in m/s while moving.
        model: the one that gave it.
        aic: of each size-biased distribution that was fitted.
    """

    estimates: tuple[Estimate, ...]
    findings: tuple[Finding, ...]
    model: str
    aic: Mapping[str, float]


def animal_speed(speeds: ArrayLike, *, model: Model = "best", level: float = 0.95) -> Speed:
    """Mean speed while moving.

    Args:
        speeds: (n,) m/s, of independent passages, above 0.
        model: `best` takes the distribution with the least AIC.

    Raises:
        ValueError: fewer than 2 speeds, or one that is not above 0.
    """
    raise NotImplementedError
