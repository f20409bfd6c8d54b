"""Young smoke, drawn: a wisp of a few pixels above a slope. Pure functions on arrays, as in derive.py.

Of distant smoke in its first minutes there are few pictures, and those of a handful of views; a network that
has only these learns the views. A plume is drawn as puffs that rise from one point, drift with the wind, grow
and thin out, and that let the landscape through.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np

from fieldwatch_models.train.derive import corners, touches, window

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Share of the picture's sides that is shown: a plume is drawn into a window of it.
SHOWN = (0.5, 1.0)
#: Height of a plume as a share of the window's; most are small, for the logarithm is drawn evenly.
HEIGHT = (0.03, 0.25)
#: Where it rises from, as a share of the window's height ...
FOOT = (0.2, 0.95)
#: ... and on land: the grey levels around it differ by so much (standard deviation). The sky is smoother, and
#: smoke drawn there would be clouds.
ROUGH = 6.0
#: What changes its place by fewer grey levels than this, on average, nobody could see.
VISIBLE = 12.0
#: Opacity of its densest part: what is fainter than this nobody would call smoke in one picture.
DENSEST = (0.35, 0.9)
#: What is fainter than this share of the densest part belongs to no box.
EDGE = 0.25


def plume(
    image: NDArray[np.uint8], boxes: NDArray[np.float64], draw: np.random.Generator, label: int
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """A window of the picture with one or two plumes in it, each a box of class ``label``.

    None is drawn over another box; where there is no room, there are fewer, or none.
    """
    image, boxes = window(image, boxes, draw, SHOWN)
    shown, rows = image.astype(np.float32), [boxes]
    height, width = image.shape[:2]
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.float32)
    for _ in range(1 + (draw.random() < 0.3)):
        foot = _on_land(grey, draw)
        if foot is None:
            continue
        opacity = _rising(height, width, foot, draw)
        dense = opacity > EDGE * opacity.max()
        ys, xs = np.flatnonzero(dense.any(1)), np.flatnonzero(dense.any(0))
        if not len(ys):
            continue
        low, high = np.array([xs[0], ys[0]]), np.array([xs[-1] + 1, ys[-1] + 1])
        centre, sides = (low + high) / 2 / (width, height), (high - low) / (width, height)
        row = np.array([[label, *centre, *sides]])
        if touches(corners(row)[0], corners(np.vstack(rows))):
            continue
        # As bright as the light allows: white smoke at dusk is grey. A little of it is dark.
        light = float(np.percentile(grey, 90)) * (0.4 if draw.random() < 0.15 else 1)
        shade = np.clip(light * draw.uniform(0.75, 1.15), 30, 245) + draw.uniform(-6, 6, 3)
        after = shown * (1 - opacity[..., None]) + shade * opacity[..., None]
        if np.abs(after - shown)[dense].mean() < VISIBLE:
            continue
        shown = after
        rows.append(row)
    return np.clip(shown, 0, 255).round().astype(np.uint8), np.vstack(rows)


def _on_land(grey: NDArray[np.float32], draw: np.random.Generator) -> tuple[float, float] | None:
    """A place, x and y in pixels, from which smoke could rise; none where ten draws hit the sky."""
    height, width = grey.shape
    for _ in range(10):
        x, y = draw.uniform(0.05, 0.95) * width, draw.uniform(*FOOT) * height
        around = grey[int(y) : int(y) + 12, max(int(x) - 8, 0) : int(x) + 8]
        if around.size and around.std() >= ROUGH:
            return float(x), float(y)
    return None


def _rising(
    height: int, width: int, foot: tuple[float, float], draw: np.random.Generator
) -> NDArray[np.float32]:
    """The opacity, ``[height, width]``, 0..1, of one plume that rises from ``foot``."""
    tall = height * np.exp(draw.uniform(*np.log(HEIGHT)))
    lean, bend = draw.normal(0, 0.5), draw.uniform(0.8, 2.0)
    spread, thinning = draw.uniform(0.1, 0.35), draw.uniform(0.5, 2.5)
    clear = np.ones((height, width), np.float32)
    for share in np.linspace(0, 1, int(draw.integers(12, 30))):
        radius = max(0.7, tall * (0.04 + spread * share) * draw.uniform(0.7, 1.3))
        x = foot[0] + tall * lean * share**bend + draw.normal(0, 0.4 * radius)
        y = foot[1] - tall * share + draw.normal(0, 0.3 * radius)
        reach = int(3 * radius) + 2
        left, top = int(x) - reach, int(y) - reach
        cut = np.s_[max(top, 0) : max(top + 2 * reach, 0), max(left, 0) : max(left + 2 * reach, 0)]
        part = clear[cut]
        if not part.size:
            continue
        rows = np.arange(part.shape[0])[:, None] + cut[0].start - y
        columns = np.arange(part.shape[1])[None] + cut[1].start - x
        puff = np.exp(-(rows**2 + columns**2) / (2 * radius**2)) * np.exp(-thinning * share)
        part *= (1 - 0.6 * puff).astype(np.float32)
    grain = cv2.resize(
        draw.uniform(0.55, 1, (max(2, height // 6), max(2, width // 6))).astype(np.float32), (width, height)
    )
    dense = (1 - clear) * grain
    return np.asarray(dense * (draw.uniform(*DENSEST) / max(float(dense.max()), 1e-6)), np.float32)
