"""Pictures made from pictures, for what the training set has too little of. Pure functions on arrays.

Pictures are ``[H, W, 3]`` uint8, BGR; boxes ``[M, 5]``: class, then centre x, centre y, width and height as
shares of the picture, as YOLO label files have them. Each function draws from the generator that it is given
and from nothing else, so that a derived picture can be made again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    Derivation = Callable[[NDArray[np.uint8], NDArray[np.float64], np.random.Generator], tuple[Any, Any]]

#: A box of which a tile shows less than this share is left out of its labels ...
LEAST_SHOWN = 0.4
#: ... unless that part fills this share of the tile: a window into a plume is no picture without smoke.
FILLS = 0.2


def tile(
    image: NDArray[np.uint8], boxes: NDArray[np.float64], draw: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """A window of 40 to 60 % of each side, around one of the boxes where there are any.

    Smoke that has just begun is a speck; seen through a window it has the size that a network learns from.
    """
    return window(image, boxes, draw, (0.4, 0.6))


def window(
    image: NDArray[np.uint8],
    boxes: NDArray[np.float64],
    draw: np.random.Generator,
    shares: tuple[float, float],
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """A part of the picture, its sides a share between ``shares`` of the picture's, around one of the boxes
    that fit into it, where there are any."""
    height, width = image.shape[:2]
    share = draw.uniform(*shares)
    small = boxes[boxes[:, 3:].max(1) < share] if len(boxes) else boxes
    if len(small):
        _, cx, cy, w, h = small[draw.integers(len(small))]
        low = np.array([cx + w / 2, cy + h / 2]) - share
        high = np.array([cx - w / 2, cy - h / 2])
        low, high = np.clip(low, 0, 1 - share), np.clip(high, 0, 1 - share)
        x, y = draw.uniform(np.minimum(low, high), np.maximum(low, high))
    else:
        x, y = draw.uniform(0, 1 - share, 2)
    left, top = round(x * width), round(y * height)
    w_px, h_px = round(share * width), round(share * height)
    place = np.array([left / width, top / height, (left + w_px) / width, (top + h_px) / height])
    return image[top : top + h_px, left : left + w_px].copy(), _within(boxes, place)


def night(
    image: NDArray[np.uint8], boxes: NDArray[np.float64], draw: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """As an infrared flash shows it: no colour, bright in the middle, dark and noisy around."""
    height, width = image.shape[:2]
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY).astype(np.float32) / 255
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j].astype(np.float32)
    flash = np.exp(-(x**2 + y**2) * draw.uniform(0.3, 1.0))
    lit = grey ** draw.uniform(0.8, 1.4) * flash * draw.uniform(0.6, 1.0)
    noisy = lit + draw.normal(0, draw.uniform(0.01, 0.04), lit.shape)
    shown = np.clip(noisy * 255, 0, 255).astype(np.uint8)
    return cv2.cvtColor(shown, cv2.COLOR_GRAY2BGR), boxes


def fog(
    image: NDArray[np.uint8], boxes: NDArray[np.float64], draw: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """Through mist that is denser in drifting banks. Of a picture without smoke it makes a negative that a
    smoke detector has to withstand."""
    height, width = image.shape[:2]
    coarse = draw.random((draw.integers(2, 5), draw.integers(2, 5))).astype(np.float32)
    banks = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    density = np.clip(draw.uniform(0.15, 0.45) + 0.35 * (banks - 0.5), 0, 0.85)[..., None]
    shade = draw.uniform(150, 235)
    return (image * (1 - density) + shade * density).astype(np.uint8), boxes


@dataclass(frozen=True)
class Cutout:
    """An object with a margin around it, to be pasted elsewhere."""

    #: ``[h, w, 3]`` uint8, BGR.
    pixels: NDArray[np.uint8]
    #: ``[h, w, 1]``, 0..1: one on the object, fading to nothing at the edge of the margin.
    opacity: NDArray[np.float32]
    #: Class, then the object's left, top, width and height in pixels of the cutout.
    box: tuple[int, int, int, int, int]


def cut_out(image: NDArray[np.uint8], boxes: NDArray[np.float64]) -> list[Cutout]:
    """The objects of ``image`` that may be pasted: at most half a side large, whole, and 8 px or more.

    One that touches the picture's edge is cut off there, and would be a half animal in open air.
    """
    height, width = image.shape[:2]
    size = np.array([width, height])
    found = []
    for label, cx, cy, w, h in boxes:
        low = np.floor((np.array([cx - w / 2, cy - h / 2])) * size).astype(int)
        high = np.ceil((np.array([cx + w / 2, cy + h / 2])) * size).astype(int)
        margin = np.maximum((high - low) // 5, 2)
        outer_low, outer_high = low - margin, high + margin
        whole = (outer_low >= 0).all() and (outer_high <= size).all()
        if not whole or max(w, h) > 0.5 or min(high - low) < 8:
            continue
        pixels = image[outer_low[1] : outer_high[1], outer_low[0] : outer_high[0]].copy()
        step = np.zeros(pixels.shape[:2], np.float32)
        step[margin[1] : -margin[1], margin[0] : -margin[0]] = 1
        # A box filter as wide as the margin turns the step into a ramp that ends at the edge.
        kernel = (2 * int(margin[0]) + 1, 2 * int(margin[1]) + 1)
        opacity = np.asarray(cv2.blur(step, kernel, borderType=cv2.BORDER_CONSTANT), np.float32)
        box_w, box_h = (int(v) for v in high - low)
        box = (int(label), int(margin[0]), int(margin[1]), box_w, box_h)
        found.append(Cutout(pixels, opacity[..., None], box))
    return found


def paste(
    image: NDArray[np.uint8],
    boxes: NDArray[np.float64],
    draw: np.random.Generator,
    cutouts: Sequence[Cutout],
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """``image`` with one to three of the ``cutouts`` on it, mirrored or not, at 0.6 to 1.2 of their size.

    None covers another or what is in the picture already; where there is no room, fewer are pasted.
    """
    height, width = image.shape[:2]
    shown, rows = image.astype(np.float32), [boxes]
    taken = corners(boxes)
    for index in draw.integers(len(cutouts), size=draw.integers(1, 4)):
        chosen = cutouts[index]
        scale, mirrored = draw.uniform(0.6, 1.2), draw.random() < 0.5
        h, w = (max(1, round(side * scale)) for side in chosen.pixels.shape[:2])
        if h >= height or w >= width:
            continue
        left, top = int(draw.integers(width - w + 1)), int(draw.integers(height - h + 1))
        place = np.array([left / width, top / height, (left + w) / width, (top + h) / height])
        if touches(place, taken):
            continue
        pixels = cv2.resize(chosen.pixels, (w, h), interpolation=cv2.INTER_AREA).astype(np.float32)
        opacity = cv2.resize(chosen.opacity, (w, h), interpolation=cv2.INTER_AREA)[..., None]
        label, x, y, box_w, box_h = chosen.box
        if mirrored:
            pixels, opacity = pixels[:, ::-1], opacity[:, ::-1]
            x = chosen.pixels.shape[1] - x - box_w
        window = shown[top : top + h, left : left + w]
        window[:] = window * (1 - opacity) + pixels * opacity
        centre = ((left + (x + box_w / 2) * scale) / width, (top + (y + box_h / 2) * scale) / height)
        rows.append(np.array([[label, *centre, box_w * scale / width, box_h * scale / height]]))
        taken.append(place)
    return shown.round().astype(np.uint8), np.vstack(rows)


#: Those that need nothing but the picture itself.
DERIVATIONS: dict[str, Derivation] = {"tile": tile, "night": night, "fog": fog}


def corners(boxes: NDArray[np.float64]) -> list[NDArray[np.float64]]:
    """x1, y1, x2 and y2 of each of ``boxes``, as shares of the picture."""
    return [np.concatenate([b[1:3] - b[3:] / 2, b[1:3] + b[3:] / 2]) for b in boxes]


def touches(place: NDArray[np.float64], taken: Sequence[NDArray[np.float64]]) -> bool:
    """Whether ``place`` (x1, y1, x2, y2) covers part of one of ``taken``."""
    return any((np.maximum(place[:2], t[:2]) < np.minimum(place[2:], t[2:])).all() for t in taken)


def _within(boxes: NDArray[np.float64], window: NDArray[np.float64]) -> NDArray[np.float64]:
    """``boxes`` in the coordinates of ``window`` (x1, y1, x2, y2 as shares), cut at its edges."""
    low = boxes[:, 1:3] - boxes[:, 3:] / 2
    high = boxes[:, 1:3] + boxes[:, 3:] / 2
    cut_low, cut_high = np.maximum(low, window[:2]), np.minimum(high, window[2:])
    area = np.clip(cut_high - cut_low, 0, None).prod(1)
    shown = area / np.maximum((high - low).prod(1), 1e-12)
    size = window[2:] - window[:2]
    centre = ((cut_low + cut_high) / 2 - window[:2]) / size
    inside = np.hstack([boxes[:, :1], centre, (cut_high - cut_low) / size])
    return np.asarray(inside[(shown >= LEAST_SHOWN) | (area / size.prod() >= FILLS)])
