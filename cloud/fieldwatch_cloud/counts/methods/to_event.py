"""Time to event, space to event, instantaneous sampling: densities of animals that are not told apart.

Moeller, Lukacs & Horne 2018, Ecosphere 9:e02331.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from fieldwatch_cloud.counts.density import Density


@dataclass(frozen=True, slots=True)
class History:
    """What was searched until an animal came, or in vain: one row per occasion and camera.

    Attributes:
        exposure: (n,) m² · sampling periods until the event or, without one, to the occasion's end.
        event: (n,) bool.
        camera: (n,) int.
    """

    exposure: NDArray[np.float64]
    event: NDArray[np.bool_]
    camera: NDArray[np.int64]


def crossing_time(area: ArrayLike, perimeter: ArrayLike, speed: float) -> NDArray[np.float64]:
    """(K,) s that an animal at `speed` m/s needs to cross a convex view on average: π A / (P v)."""
    raise NotImplementedError


def time_to_event_history(
    entered: ArrayLike,
    cameras: ArrayLike,
    looked: ArrayLike,
    areas: ArrayLike,
    *,
    starts: ArrayLike,
    length: float,
    period: ArrayLike,
) -> History:
    """Cut detections into occasions, and take the first of each occasion and camera.

    Args:
        entered: (n,) s, when an animal came into view, on any clock.
        cameras: (n,) int, at which camera.
        looked: (m, 3) spans in which a camera looked: (camera, start s, end s). An occasion counts only
            where one span covers it whole.
        areas: (m,) m² of the view in each span.
        starts: (o,) s at which occasions start.
        length: s of each occasion.
        period: s, or (K,) per camera: the time that an animal needs to cross the view.
    """
    raise NotImplementedError


def time_to_event(history: History, *, level: float = 0.95) -> Density:
    raise NotImplementedError


def space_to_event(seen: ArrayLike, areas: ArrayLike, *, level: float = 0.95) -> Density:
    """
    Args:
        seen: (o, K) 1 where the camera held an animal at that moment, 0 where not, NaN where it did not look.
        areas: (K,) or (o, K) m² of each view.
    """
    raise NotImplementedError


def instantaneous(counts: ArrayLike, areas: ArrayLike, *, level: float = 0.95) -> Density:
    """
    Args:
        counts: (o, K) animals in view at that moment, NaN where the camera did not look.
        areas: (K,) or (o, K) m² of each view.
    """
    raise NotImplementedError
