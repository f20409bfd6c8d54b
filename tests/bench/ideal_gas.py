"""Animals on simulated paths, and cameras that see them: the world that REM and its kin reason about.

Correlated random walks on a torus; cameras are sectors at random places and headings. Nothing here knows a
formula of any estimator.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE = 2000.0
"""m: the world is a square of 4 km²."""


@dataclass(frozen=True)
class Paths:
    """Straight steps of equal duration: start (n, 2) m, heading (n,) rad, speed (n,) m/s, time (n,) s."""

    start: NDArray[np.float64]
    heading: NDArray[np.float64]
    speed: NDArray[np.float64]
    time: NDArray[np.float64]
    step: float


@dataclass(frozen=True)
class Cameras:
    """Sectors: places (K, 2) m, headings (K,) rad, radii (K,) m, one full angle in rad."""

    places: NDArray[np.float64]
    headings: NDArray[np.float64]
    radii: NDArray[np.float64]
    angle: float


def walk(
    rng: np.random.Generator, animals: int, steps: int, step: float, *, mean: float = 0.3, spread: float = 0.5
) -> Paths:
    """Each step's speed is log-normal with the given mean (m/s) and standard deviation of logarithms."""
    turn = rng.normal(0, 0.6, (animals, steps))
    turn[:, 0] = rng.uniform(0, math.tau, animals)
    heading = np.cumsum(turn, axis=1)
    speed = rng.lognormal(math.log(mean) - spread**2 / 2, spread, (animals, steps))
    move = (speed * step)[..., None] * np.stack([np.cos(heading), np.sin(heading)], axis=-1)
    place = rng.uniform(0, SIDE, (animals, 1, 2)) + np.cumsum(move, axis=1) - move
    time = np.broadcast_to(np.arange(steps) * step, (animals, steps))
    return Paths((place % SIDE).reshape(-1, 2), heading.ravel(), speed.ravel(), time.ravel().copy(), step)


def place(rng: np.random.Generator, count: int, radius: float, angle: float) -> Cameras:
    return Cameras(
        rng.uniform(0, SIDE, (count, 2)), rng.uniform(0, math.tau, count), np.full(count, radius), angle
    )


def passages(
    paths: Paths, cameras: Cameras, every: float
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_]]:
    """Which steps come near which cameras, and where they are then.

    Args:
        every: s between the points at which a step is looked at.

    Returns:
        step (c,), camera (c,), distance (c, p) m from the camera at p points from the step's start to its
        end, inside (c, p) whether the point is in view.
    """
    length = paths.speed * paths.step
    along = np.stack([np.cos(paths.heading), np.sin(paths.heading)], axis=-1)
    middle = (paths.start + along * length[:, None] / 2) % SIDE
    # Fast steps are long: looked for by themselves, or they would widen the search for all.
    step, camera = [], []
    for low, high in ((0, 40), (40, 80), (80, 160), (160, 1e9)):
        some = np.flatnonzero((length >= low) & (length < high))
        if not len(some):
            continue
        reach = float(length[some].max()) / 2 + cameras.radii
        tree = cKDTree(middle[some], boxsize=SIDE)
        for k, near in enumerate(tree.query_ball_point(cameras.places, reach)):
            step.append(some[near])
            camera.append(np.full(len(near), k))
    steps, at = np.concatenate(step), np.concatenate(camera)
    points = np.arange(0, paths.step + every / 2, every)
    moved = (paths.speed[steps, None] * points)[..., None] * along[steps][:, None, :]
    offset = paths.start[steps][:, None, :] + moved - cameras.places[at][:, None, :]
    offset = (offset + SIDE / 2) % SIDE - SIDE / 2
    distance = np.hypot(offset[..., 0], offset[..., 1])
    bearing = np.arctan2(offset[..., 1], offset[..., 0]) - cameras.headings[at, None]
    aside = np.abs((bearing + math.pi) % math.tau - math.pi)
    return steps, at, distance, (distance < cameras.radii[at, None]) & (aside < cameras.angle / 2)


def entries(
    paths: Paths, cameras: Cameras, every: float
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Entries into view: camera (n,), time (n,) s, speed (n,) m/s. Who is there at the start is none."""
    steps, at, _, inside = passages(paths, cameras, every)
    row, point = np.nonzero(~inside[:, :-1] & inside[:, 1:])
    return at[row], paths.time[steps[row]] + (point + 1) * every, paths.speed[steps[row]]
