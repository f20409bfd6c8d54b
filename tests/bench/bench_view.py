"""How surely a moved view is seen: `python -m tests.bench.bench_view`.

Three landscapes (of Debian's wallpapers) are taken through a window that is shifted by a known way, under
other light: a low sun, haze, animals in front, infrared by night. What is found is held against the truth.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage
from rich.console import Console
from rich.table import Table

from fieldwatch.demo import pictures
from fieldwatch_edge.view import STILL, SURE, edges, shift

if TYPE_CHECKING:
    from collections.abc import Callable

Picture = NDArray[np.uint8]
WIDTH, HEIGHT = 1280, 720
SHIFTS = (0.0, 0.01, 0.02, 0.04, 0.08, 0.15, 0.25)
PLACES = (pictures.MEADOW, pictures.SLOPE, pictures.ESTUARY)
DICE = np.random.default_rng(4)


def noisy(picture: NDArray[np.floating], sd: float) -> Picture:
    return np.clip(picture + DICE.normal(0, sd, picture.shape), 0, 255).astype(np.uint8)


def same_light(picture: Picture) -> Picture:
    return noisy(picture.astype(float), 4)


def infrared(picture: Picture) -> Picture:
    """Grey, lit from the middle, leaves bright, the sky black, and noise."""
    blue, green, red = (picture[..., n].astype(float) for n in range(3))
    grey = 0.7 * green + 0.5 * red - 0.3 * blue
    rows, columns = np.mgrid[-1 : 1 : picture.shape[0] * 1j, -1 : 1 : picture.shape[1] * 1j]
    lit = grey * np.exp(-1.2 * (rows**2 + columns**2))
    lit[blue > 170] *= 0.15
    return noisy(np.repeat(np.clip(0.8 * lit, 0, 255)[..., None], 3, axis=2), 12)


def haze(picture: Picture) -> Picture:
    return noisy(0.35 * picture + 0.65 * 205, 5)


def low_sun(picture: Picture) -> Picture:
    """Other shadows: half of the picture much darker, with a soft edge that goes across it."""
    columns = np.linspace(-4, 4, picture.shape[1])
    return noisy(picture * (0.25 + 0.75 / (1 + np.exp(3 * columns)))[None, :, None], 5)


def crowd(picture: Picture) -> Picture:
    """Dark bodies over a fifth of it."""
    there = picture.copy()
    for _ in range(9):
        x, y = (int(DICE.uniform(0, side)) for side in (WIDTH, HEIGHT))
        cv2.ellipse(there, (x, y), (110, 70), 0, 0, 360, (30, 40, 50), -1)
    return noisy(there.astype(float), 5)


LIGHTS: tuple[Callable[[Picture], Picture], ...] = (same_light, low_sun, haze, crowd, infrared)


def large(place: pictures.Place) -> Picture:
    """The landscape, larger than the window."""
    path = pictures._WALLPAPERS / place.wallpaper
    with PillowImage.open(path) as picture:
        scaled = picture.convert("RGB").resize((1920, 1080))
    return np.ascontiguousarray(np.asarray(scaled)[..., ::-1])


def through(scene: Picture, by: float) -> Picture:
    """The window, moved to the right and half as far down."""
    left, top = 80 + round(by * WIDTH), 120 + round(by * WIDTH / 2)
    return scene[top : top + HEIGHT, left : left + WIDTH]


def table() -> Table:
    made = Table("light", "shift", f"found, of {len(PLACES)}", "wrong", "least peak", "largest error, %")
    scenes = [large(place) for place in PLACES]
    for light in LIGHTS:
        for by in SHIFTS:
            found = [shift(edges(through(scene, 0)), edges(light(through(scene, by)))) for scene in scenes]
            sure = [each for each in found if each is not None and each.sure]
            errors = [float(np.hypot(each.right + by, each.down + by / 2)) for each in sure]
            wrong = sum(error > STILL for error in errors)
            made.add_row(
                light.__name__, f"{by:.0%}", str(len(sure)), str(wrong),
                f"{min(each.peak for each in found if each):.1f}", f"{100 * max(errors, default=0):.2f}",
            )  # fmt: skip
    chance = [
        each.peak
        for a in scenes for b in scenes if a is not b
        for light in LIGHTS
        if (each := shift(edges(through(a, 0)), edges(light(through(b, 0)))))
    ]  # fmt: skip
    made.caption = (
        f"Of other landscapes, the highest of {len(chance)} peaks: {max(chance):.1f}; sure from {SURE:g}."
    )
    return made


if __name__ == "__main__":
    Console().print(table())
