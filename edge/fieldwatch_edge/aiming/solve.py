"""Heading, tilt and field of view from what is known, by weighted least squares.

The camera is the one of `decide.geometry.direction`: what turns a landmark's pixel into its bearing here is
what turns a fire's pixel into its bearing later, so that what this lens does otherwise goes into the
deviations of both alike. That model knows no roll: a camera is turned until it stands level.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fieldwatch_edge.aiming.level import TAP_SD
from fieldwatch_edge.errors import EdgeError
from fieldwatch_shared.looking import PINHOLE_LIMIT_DEG, direction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Array = NDArray[np.float64]

LEVEL_SD_DEG = 10.0
"""Nobody knows the tilt: cameras look about level."""
NARROWEST_DEG, WIDEST_DEG = 1.0, PINHOLE_LIMIT_DEG - 1
STEPS = 60
STRANGE = 3.0
"""Standard deviations from which on a landmark is taken for another one, or its place for wrong."""


class AimingError(EdgeError):
    """What is known does not say how the camera looks. `code` names the sentence for the page."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True, slots=True)
class Known:
    """Something that is known before, degrees, with its standard deviation."""

    value: float
    sd: float


Knowns = tuple[Known | None, Known | None, Known | None]
"""Of heading, tilt, field of view."""


@dataclass(frozen=True, slots=True)
class Sight:
    """A point of the picture whose direction is known, or only its bearing, or only its elevation."""

    name: str
    x: float
    y: float
    """Fractions of width and height, from the top left corner."""
    bearing: Known | None = None
    elevation: Known | None = None


@dataclass(frozen=True, slots=True)
class Residual:
    """By how much a sight lies beside where the solution puts it."""

    name: str
    bearing_deg: float | None
    elevation_deg: float | None
    strange: bool
    """Further off than it should: another landmark, or a place typed wrong."""


@dataclass(frozen=True, slots=True)
class Solution:
    heading: Known
    tilt: Known
    field_of_view: Known
    residuals: tuple[Residual, ...]
    misfit: float | None
    """Root of the mean squared residual in standard deviations; about 1 is as it should be. None: nothing is
    known twice, so that nothing can be checked."""


def solve(
    sights: Sequence[Sight],
    *,
    aspect: float,
    heading: Known | None = None,
    tilt: Known | None = None,
    field_of_view: Known | None = None,
) -> Solution:
    """The pose that fits best all that is known.

    Args:
        aspect: width over height of the picture.
        heading, tilt, field_of_view: of a compass, a level and a data sheet.

    Raises:
        AimingError: too little is known, or it contradicts itself beyond sense.
    """
    bearings = sorted(sight.x for sight in sights if sight.bearing is not None)
    if heading is None and not bearings:
        raise AimingError("no_heading", "give a compass reading, or tap a landmark whose place you know")
    if field_of_view is None and len(bearings) < (2 if heading is None else 1):
        raise AimingError(
            "no_field_of_view", "give the field of view of the data sheet, or one more landmark"
        )
    if field_of_view is None and heading is None and bearings[-1] - bearings[0] < 0.05:
        raise AimingError("too_close", "these landmarks lie too close together: choose two far apart")
    if tilt is None and not any(sight.elevation is not None for sight in sights):
        tilt = Known(0.0, LEVEL_SD_DEG)
    known = (heading, tilt, field_of_view)
    best = min(
        (_fit(start, sights, known, aspect) for start in _starts(sights, known, aspect)),
        key=lambda fit: fit[1],
        default=None,
    )
    if best is None or not math.isfinite(best[1]):
        raise AimingError("no_solution", "no camera could see these landmarks so: check which is which")
    pose, cost = best
    residuals, slopes = _linear(pose, sights, known, aspect)
    try:
        covariance = np.linalg.inv(slopes.T @ slopes)
    except np.linalg.LinAlgError as error:
        raise AimingError("too_close", "these landmarks say too little: choose others, far apart") from error
    checks = len(residuals) - 3
    misfit = math.sqrt(cost / checks) if checks > 0 else None
    sds = np.sqrt(np.diag(covariance)) * max(1.0, misfit or 1.0)
    return Solution(
        heading=Known(float(pose[0]) % 360, min(float(sds[0]), 180.0)),
        tilt=Known(float(pose[1]), float(sds[1])),
        field_of_view=Known(float(pose[2]), float(sds[2])),
        residuals=tuple(_residual(sight, pose, aspect) for sight in sights),
        misfit=misfit,
    )


def _starts(sights: Sequence[Sight], known: Knowns, aspect: float) -> list[Array]:
    """Poses to begin at: over all fields of view, the heading that suits the first landmark."""
    heading, tilt, field_of_view = known
    views = [field_of_view.value] if field_of_view is not None else [8.0, 20.0, 40.0, 70.0, 110.0, 150.0]
    first = next((sight for sight in sights if sight.bearing is not None), None)
    starts = []
    level = tilt.value if tilt is not None else 0.0
    for view in views:
        begin = heading.value if heading is not None else 0.0
        if heading is None and first is not None and first.bearing is not None:
            beside, _ = _look((0.0, level, view), first.x, first.y, aspect)
            begin = first.bearing.value - beside
        starts.append(np.array([begin, level, min(max(view, NARROWEST_DEG), WIDEST_DEG)]))
    return starts


def _fit(start: Array, sights: Sequence[Sight], known: Knowns, aspect: float) -> tuple[Array, float]:
    """Levenberg and Marquardt: (pose, sum of squared residuals)."""
    pose, damping = start, 1e-3
    residuals, slopes = _linear(pose, sights, known, aspect)
    cost = float(residuals @ residuals)
    for _ in range(STEPS):
        normal = slopes.T @ slopes
        step = np.linalg.solve(
            normal + damping * np.diag(np.maximum(np.diag(normal), 1e-12)), -slopes.T @ residuals
        )
        tried = pose + step
        tried[1] = min(max(tried[1], -89.0), 89.0)
        tried[2] = min(max(tried[2], NARROWEST_DEG), WIDEST_DEG)
        next_residuals, next_slopes = _linear(tried, sights, known, aspect)
        next_cost = float(next_residuals @ next_residuals)
        if next_cost > cost:
            damping *= 8
            if damping > 1e9:
                break
            continue
        moved = float(np.abs(tried - pose).max())
        pose, residuals, slopes, cost = tried, next_residuals, next_slopes, next_cost
        damping = max(damping / 8, 1e-12)
        if moved < 1e-9:
            break
    return pose, cost


def _linear(pose: Array, sights: Sequence[Sight], known: Knowns, aspect: float) -> tuple[Array, Array]:
    """Residuals in standard deviations, (n,), and their slopes, (n, 3), at a pose: heading, tilt, view."""
    residuals, slopes = [], []
    steps = np.eye(3) * 1e-4
    for sight in sights:
        here = _look(pose, sight.x, sight.y, aspect)
        moved = [_look(pose + step, sight.x, sight.y, aspect) for step in steps]
        sds = _tap(pose, sight, aspect)
        for which, value in enumerate((sight.bearing, sight.elevation)):
            if value is None:
                continue
            sd = math.hypot(value.sd, sds[which])
            residuals.append(_wrap(here[which] - value.value) / sd)
            slopes.append([_wrap(other[which] - here[which]) / 1e-4 / sd for other in moved])
    for which, prior in enumerate(known):
        if prior is not None:
            residuals.append(
                (_wrap(pose[0] - prior.value) if which == 0 else pose[which] - prior.value) / prior.sd
            )
            slopes.append([1 / prior.sd if n == which else 0.0 for n in range(3)])
    return np.array(residuals), np.array(slopes)


def _tap(pose: Array, sight: Sight, aspect: float) -> tuple[float, float]:
    """What a finger's breadth is in degrees there: of bearing and of elevation."""
    points = [(sight.x, sight.y), (sight.x + TAP_SD, sight.y), (sight.x, sight.y + TAP_SD * aspect)]
    here, across, down = (_look(pose, x, y, aspect) for x, y in points)
    return (
        math.hypot(_wrap(across[0] - here[0]), _wrap(down[0] - here[0])),
        math.hypot(across[1] - here[1], down[1] - here[1]),
    )


def _residual(sight: Sight, pose: Array, aspect: float) -> Residual:
    here, sds = _look(pose, sight.x, sight.y, aspect), _tap(pose, sight, aspect)
    off: list[float | None] = [None, None]
    strange = False
    for which, value in enumerate((sight.bearing, sight.elevation)):
        if value is not None:
            off[which] = _wrap(here[which] - value.value)
            strange |= abs(_wrap(here[which] - value.value)) > STRANGE * math.hypot(value.sd, sds[which])
    return Residual(sight.name, off[0], off[1], strange)


def _look(pose: Array | tuple[float, float, float], x: float, y: float, aspect: float) -> tuple[float, float]:
    return direction(
        x,
        y,
        heading_deg=float(pose[0]),
        tilt_deg=float(pose[1]),
        field_of_view_deg=float(pose[2]),
        aspect=aspect,
    )


def _wrap(degrees: float) -> float:
    """-180 to 180."""
    return (float(degrees) + 180) % 360 - 180
