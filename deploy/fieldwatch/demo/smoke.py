"""Smoke, drawn: puffs that rise from one point, drift with the wind, widen and thin out, broken up by noise.

Everything is a closed function of time, so any moment can be drawn without those before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from fieldwatch.demo.pictures import HEIGHT, WIDTH

Field = NDArray[np.float32]

_PUFFS_PER_S = 3.0
_LIFE_S = 60.0
_GROWS_FOR_S = 90.0


@dataclass(frozen=True, slots=True)
class Plume:
    source: tuple[float, float]
    """x and y in pixels of the frame: where it burns."""
    ignition_s: float
    """Seconds from the scene's start; before it there is nothing."""
    seed: int
    wind: float = 3.5
    """Pixels a second, to the right."""


def opacity(plume: Plume, at_s: float) -> Field:
    """(HEIGHT, WIDTH), 0 (nothing) to 1 (opaque), `at_s` seconds from the scene's start."""
    # Half resolution: smoke has no edges that would show it, and this is the costliest part of a frame.
    height, width = HEIGHT // 2, WIDTH // 2
    depth = np.zeros((height, width), np.float32)
    first = max(0, int((at_s - plume.ignition_s - _LIFE_S) * _PUFFS_PER_S))
    last = int((at_s - plume.ignition_s) * _PUFFS_PER_S)
    for number in range(first, last + 1):
        born_s = number / _PUFFS_PER_S
        age = at_s - plume.ignition_s - born_s
        if age < 0:
            break
        vigour = 0.25 + 0.75 * min(1.0, born_s / _GROWS_FOR_S)
        draw = np.random.default_rng([plume.seed, number]).uniform(-1, 1, 4)
        x = plume.source[0] / 2 + plume.wind / 2 * age * (1 + 0.35 * draw[0]) + 3 * draw[1] * vigour
        # Hot air slows as it cools: the column bends over with the wind.
        y = plume.source[1] / 2 - 5.0 * vigour * age**0.82 * (1 + 0.2 * draw[2])
        radius = (3.0 + 0.75 * age) * vigour * (1 + 0.3 * draw[3])
        thickness = 0.55 * min(1.0, age / 2) * (1 - age / _LIFE_S)
        _add_puff(depth, x, y, radius, thickness)
    if last >= 0:
        depth *= _turbulence(plume.seed, at_s)
    alpha = 1 - np.exp(-depth)
    return np.asarray(alpha.repeat(2, axis=0).repeat(2, axis=1), np.float32)


def blend(picture: NDArray[np.uint8], alpha: Field, seed: int) -> NDArray[np.uint8]:
    """The picture, (HEIGHT, WIDTH, 3), with smoke of that opacity before it: grey, paler where thin."""
    tone = 188 + 30 * (_turbulence(seed + 1, 0.0).repeat(2, axis=0).repeat(2, axis=1) - 0.9)
    colour = np.stack([tone, tone + 1, tone + 4], axis=2)
    mixed = picture + (colour - picture) * (0.9 * alpha)[..., None]
    return np.asarray(np.clip(mixed, 0, 255), np.uint8)


def bounds(alpha: Field, visible: float = 0.15) -> tuple[float, float, float, float] | None:
    """Where it can be seen: x, y, width, height as fractions of the frame; None while it cannot.

    Args:
        alpha: (HEIGHT, WIDTH).
        visible: opacity from which a person would mark it.
    """
    rows, columns = (np.flatnonzero((alpha > visible).any(axis=axis)) for axis in (1, 0))
    if not rows.size or rows.size * columns.size < 60:
        return None
    x, y = columns[0] / WIDTH, rows[0] / HEIGHT
    return float(x), float(y), float((columns[-1] + 1) / WIDTH - x), float((rows[-1] + 1) / HEIGHT - y)


def _add_puff(depth: Field, x: float, y: float, radius: float, thickness: float) -> None:
    reach = int(2.5 * radius) + 1
    top, left = max(0, int(y) - reach), max(0, int(x) - reach)
    bottom, right = min(depth.shape[0], int(y) + reach + 1), min(depth.shape[1], int(x) + reach + 1)
    if top >= bottom or left >= right:
        return
    down = np.exp(-((np.arange(top, bottom, dtype=np.float32) - y) ** 2) / (2 * radius**2))
    across = np.exp(-((np.arange(left, right, dtype=np.float32) - x) ** 2) / (2 * radius**2))
    depth[top:bottom, left:right] += np.float32(thickness) * np.outer(down, across).astype(np.float32)


def _turbulence(seed: int, at_s: float) -> Field:
    """(HEIGHT / 2, WIDTH / 2), about 0.2 to 1.6, mean 0.9: rises slowly with time."""
    texture = _texture(seed)
    return np.roll(texture, -int(6 * at_s), axis=0)[: HEIGHT // 2, : WIDTH // 2]


@cache
def _texture(seed: int) -> Field:
    """Periodic noise with a 1/f spectrum, as turbulent density has on the scale of a picture."""
    size = 1024
    spectrum = np.fft.rfft2(np.random.default_rng(seed).standard_normal((size, size)))
    frequency = np.hypot(np.fft.fftfreq(size)[:, None], np.fft.rfftfreq(size)[None, :])
    frequency[0, 0] = 1.0
    noise = np.fft.irfft2(spectrum / np.maximum(frequency, 4 / size) ** 1.6, s=(size, size))
    noise = (noise - noise.mean()) / noise.std()
    return np.asarray(np.clip(0.9 + 0.35 * noise, 0.2, 1.6), np.float32)
