"""Camera-trap distance sampling: density from distances at snapshot moments (Howe et al. 2017)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from fieldwatch_cloud.counts.density import Part
    from fieldwatch_cloud.counts.estimate import Estimate, Finding, Fit

Key = Literal["best", "half-normal", "hazard-rate"]


@dataclass(frozen=True, slots=True)
class DistanceFit:
    """
    Attributes:
        estimates: `density` (1/km2), `detection_probability` (1), `effective_radius` (m),
            `encounter_rate` (1/d if moments_per_day... else per moment).
        fit: of the detection function.
        key: the function that was taken.
        aic: of each that was fitted.
        distances, detection: (100,) m and g(r), to plot.
        breaks, expected, observed: (b+1,), (b,), (b,): counts per distance band.
    """

    estimates: tuple[Estimate, ...]
    findings: tuple[Finding, ...]
    fit: Fit
    key: str
    aic: Mapping[str, float]
    distances: NDArray[np.float64]
    detection: NDArray[np.float64]
    breaks: NDArray[np.float64]
    observed: NDArray[np.float64]
    expected: NDArray[np.float64]


def distance_sampling(
    distances: ArrayLike,
    cameras: ArrayLike,
    moments: ArrayLike,
    *,
    angle: float,
    right: float,
    left: float = 0.0,
    breaks: ArrayLike | None = None,
    key: Key = "best",
    activity: Part | None = None,
    level: float = 0.95,
) -> DistanceFit:
    """Density from the distances of animals at snapshot moments.

    Args:
        distances: (n,) m, one per animal and moment at which it was seen.
        cameras: (n,) int, index into `moments`: at which camera.
        moments: (K,) snapshot moments at each camera (its effort in s / interval between moments in s).
        angle: of the camera's view in rad, full.
        right, left: truncation in m; what lies outside is left out.
        breaks: (b+1,) limits of distance bands in m, where distances were taken in bands; None: exact.
        key: `best` takes the smaller AIC, corrected for overdispersion.
        activity: share of the day in which animals could be seen; None where effort is only of times at
            which all are active.

    Raises:
        ValueError: shapes differ, breaks outside the truncation, fewer distances than parameters.
    """
    raise NotImplementedError
