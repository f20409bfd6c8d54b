"""Scenes whose truth is known frame by frame: photographed animals walk through photographed landscapes.

A scene is planned first (who walks where, when), from a seed, and then drawn frame by frame; each frame
comes with its truth. Any frame can be drawn alone, and the same seed gives the same pixels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
from PIL import Image, ImageFilter

from fieldwatch.demo import smoke
from fieldwatch.demo.pictures import CAST, HEIGHT, WIDTH, Place, Stamp, cut_out, landscape

if TYPE_CHECKING:
    from numpy.typing import NDArray

Fractions = tuple[float, float, float, float]
"""x, y, width, height as fractions of the frame; origin at its top left corner."""

_NOISE_SD = 2.5
_PAUSE_S = 7.0
"""Nobody in sight between two groups: longer than the edge needs to end a track."""


@dataclass(frozen=True, slots=True)
class Walk:
    """One animal's way through the picture, from one side to the other."""

    individual: str
    stamp: Stamp
    heading: Literal["left", "right"]
    height: int
    """Pixels."""
    feet: int
    """y in pixels of where it treads."""
    width: int
    enters_s: float
    speed: float
    """Pixels a second."""

    def left(self, at_s: float) -> float:
        """x of its left edge in pixels; outside of 0 to WIDTH - width it is partly out of sight."""
        way = (at_s - self.enters_s) * self.speed
        return way - self.width if self.heading == "right" else WIDTH - way

    def leaves_s(self) -> float:
        return self.enters_s + (WIDTH + self.width) / self.speed

    def top(self, at_s: float) -> float:
        # Two gentle bobs a stride of half a body: a cut-out that slides on rails looks it.
        stride = (at_s - self.enters_s) * self.speed / (self.width / 2)
        return self.feet - self.height + 0.006 * self.height * math.sin(2 * math.pi * 2 * stride)


@dataclass(frozen=True, slots=True)
class Animal:
    """Where an animal is in one frame."""

    individual: str
    taxon: str
    box: Fractions
    visible: float
    """Share of its width that is inside the frame."""


@dataclass(frozen=True, slots=True)
class Truth:
    animals: tuple[Animal, ...] = ()
    smoke: Fractions | None = None


@dataclass(frozen=True)
class Scene:
    place: Place
    seed: int
    seconds: float
    walks: tuple[Walk, ...] = ()
    plume: smoke.Plume | None = None

    def draw(self, at_s: float) -> tuple[Image.Image, Truth]:
        """The frame at `at_s` seconds from the scene's start, RGB 1280 x 720, and what is in it."""
        picture = self._background.copy()
        here = [walk for walk in self.walks if walk.enters_s < at_s < walk.leaves_s()]
        # Those further away first: nearer ones may hide them.
        animals = [self._place(picture, walk, at_s) for walk in sorted(here, key=lambda walk: walk.feet)]
        pixels = np.asarray(picture)
        seen = None
        if self.plume is not None:
            alpha = smoke.opacity(self.plume, at_s)
            pixels, seen = smoke.blend(pixels, alpha, self.plume.seed), smoke.bounds(alpha)
        return Image.fromarray(self._with_noise(pixels, at_s)), Truth(tuple(animals), seen)

    @cached_property
    def _background(self) -> Image.Image:
        return landscape(self.place)

    @cached_property
    def _sprites(self) -> dict[str, Image.Image]:
        return {
            walk.individual: _lit_like(cut_out(walk.stamp, walk.height, walk.heading), self._background, walk)
            for walk in self.walks
        }

    @cached_property
    def _noise(self) -> NDArray[np.int16]:
        # Larger than a frame: each frame takes another window of it, which costs less than drawing anew.
        generator = np.random.default_rng(self.seed)
        noise = generator.normal(0, _NOISE_SD, (HEIGHT + 128, WIDTH + 128, 3))
        return np.rint(noise).astype(np.int16)

    def _place(self, picture: Image.Image, walk: Walk, at_s: float) -> Animal:
        left, top = round(walk.left(at_s)), round(walk.top(at_s))
        shadow = _shadow(walk.width, walk.height)
        at = (left - (shadow.width - walk.width) // 2, walk.feet - shadow.height // 2)
        picture.paste((12, 14, 10), at, shadow)
        sprite = self._sprites[walk.individual]
        picture.paste(sprite, (left, top), sprite)
        right, bottom = min(WIDTH, left + walk.width), min(HEIGHT, top + walk.height)
        x, y = max(0, left), max(0, top)
        box = (x / WIDTH, y / HEIGHT, (right - x) / WIDTH, (bottom - y) / HEIGHT)
        return Animal(walk.individual, walk.stamp.taxon, box, (right - x) / walk.width)

    def _with_noise(self, pixels: NDArray[np.uint8], at_s: float) -> NDArray[np.uint8]:
        generator = np.random.default_rng([self.seed, round(at_s * 1000)])
        down, across = generator.integers(0, 128, 2)
        window = self._noise[down : down + HEIGHT, across : across + WIDTH]
        return np.asarray(np.clip(pixels + window, 0, 255), np.uint8)


def plan_animals(place: Place, seed: int, seconds: float) -> Scene:
    """Groups of one to three of a kind that walk through `place`, one group after the other.

    Args:
        place: with `ground` and `taxa`.
        seed: decides everything.
        seconds: of the whole scene; the last group has left by then.
    """
    generator = np.random.default_rng(seed)
    cast = [stamp for stamp in CAST if stamp.taxon in place.taxa]
    walks: list[Walk] = []
    begins, first_turn, turn = 2.0, int(generator.integers(len(cast))), 0
    while True:
        # In turn rather than by lot: a short scene shall show each of the cast.
        stamp = cast[(first_turn + turn) % len(cast)]
        group = _plan_group(place, stamp, generator, begins, f"{place.name}-{turn}")
        if max(walk.leaves_s() for walk in group) > seconds:
            return Scene(place, seed, seconds, tuple(walks))
        walks += group
        begins = max(walk.leaves_s() for walk in group) + _PAUSE_S
        turn += 1


def plan_fire(place: Place, seed: int, seconds: float, ignition_s: float) -> Scene:
    """Nothing but landscape until `ignition_s`, smoke that grows from then on."""
    assert place.burns_at is not None, f"nothing can burn at {place.name}"  # noqa: S101 - a slip of ours
    return Scene(place, seed, seconds, plume=smoke.Plume(place.burns_at, ignition_s, seed))


def _plan_group(
    place: Place, stamp: Stamp, generator: np.random.Generator, begins_s: float, name: str
) -> list[Walk]:
    heading: Literal["left", "right"] = "left" if generator.random() < 0.5 else "right"
    size = int(generator.choice([1, 2, 3], p=[0.4, 0.35, 0.25]))
    low, high = stamp.heights
    far, near = place.ground
    walks: list[Walk] = []
    enters_s, speed, nearness = begins_s, 0.0, float(generator.random())
    for number in range(size):
        # A herd keeps its pace, roughly its line, and a body's length between two.
        nearness = min(1.0, max(0.0, nearness + float(generator.uniform(-0.15, 0.15))))
        height = round(low + nearness * (high - low))
        width = cut_out(stamp, height, heading).width
        speed = speed or min(130.0, 0.42 * width)
        walks.append(
            Walk(
                individual=f"{name}-{number}",
                stamp=stamp,
                heading=heading,
                height=height,
                feet=round(far + nearness * (near - far)),
                width=width,
                enters_s=round(enters_s, 3),
                speed=round(speed, 2),
            )
        )
        enters_s += width * float(generator.uniform(1.35, 1.8)) / speed
    return walks


def _lit_like(animal: Image.Image, background: Image.Image, walk: Walk) -> Image.Image:
    """The animal's brightness pulled a quarter of the way to that of the ground on which it walks."""
    band = background.crop((0, walk.feet - walk.height, WIDTH, min(HEIGHT, walk.feet + 10)))
    ground = float(np.asarray(band.convert("L")).mean())
    opaque = np.asarray(animal.getchannel("A")) > 128
    own = float(np.asarray(animal.convert("L"))[opaque].mean())
    gain = 1 + 0.25 * (ground / own - 1)
    red, green, blue, alpha = animal.split()
    lit = [channel.point(lambda value: min(255, round(value * gain))) for channel in (red, green, blue)]
    # Scissors leave a hard edge that no lens would.
    return Image.merge("RGBA", [*lit, alpha.filter(ImageFilter.GaussianBlur(0.8))])


def _shadow(width: int, height: int) -> Image.Image:
    """A soft ellipse under the feet: how dark, as a mask."""
    wide, high = round(width * 1.1), max(8, round(height * 0.16))
    y, x = np.mgrid[-1 : 1 : high * 1j, -1 : 1 : wide * 1j]
    return Image.fromarray((110 * np.clip(1 - x**2 - y**2, 0, 1) ** 0.8).astype(np.uint8))
