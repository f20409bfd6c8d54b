"""The random encounter model: density from how often animals that are not told apart meet cameras."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from fieldwatch_cloud.counts.density import Density, Part


def random_encounter(
    encounters: ArrayLike,
    camera_days: ArrayLike,
    *,
    speed: Part,
    activity: Part,
    radius: Part,
    angle: Part,
    level: float = 0.95,
) -> Density:
    """Rowcliffe et al. 2008, J. Appl. Ecol. 45:1228-1236, eq. 4: D = (y/t) · π / (v r (2 + θ)).

    Args:
        encounters: (K,) entries of animals (or groups) into each camera's view.
        camera_days: (K,) days in which each camera looked.
        speed: m/s while active.
        activity: share of the day spent active, 0 to 1.
        radius: effective detection distance in m.
        angle: effective detection angle in rad, full, not half.

    Raises:
        ValueError: no effort, or shapes that differ.
    """
    raise NotImplementedError
