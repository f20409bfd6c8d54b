"""Whether a camera still looks where it was aimed: its view now against the one of the day it was put up.

Both pictures are reduced to where their edges are, each edge weighed by its surroundings, so that neither day
nor night nor a cloud's shadow matters much; then laid over each other in all ways at once (phase correlation:
Kuglin and Hines 1975, "The phase correlation image alignment method"). Where they fit, the correlation has
one sharp peak: its place is the shift, its height above the rest says how surely.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import structlog

from fieldwatch_edge import vision, whole
from fieldwatch_edge.errors import PictureError

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from fieldwatch_edge.domain import Image

log = structlog.get_logger(__name__)

WIDTH = 320
SURE = 9.0
"""Standard deviations by which a true peak stands above the rest: see `tests.bench.bench_view`."""
STILL = 0.015
"""Of the width: wind shakes a mast by less."""
EVERY_S = 300.0
IN_A_ROW = 3
LOST_IN_A_ROW = 24
"""Two hours in which nothing fits the views before, though all fits itself: it looks elsewhere."""
RECENT_EVERY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class Shift:
    """By how much a picture lies beside another, as shares of the width."""

    right: float
    down: float
    peak: float
    """Standard deviations above the rest."""

    @property
    def sure(self) -> bool:
        return self.peak >= SURE

    @property
    def size(self) -> float:
        return float(np.hypot(self.right, self.down))


def edges(image: Image) -> NDArray[np.float32]:
    """Where the edges of `image` are: (h, 320), windowed towards the frame's borders."""
    found = vision.edges(vision.grey(image, WIDTH))
    height, width = found.shape
    window = np.outer(np.hanning(height), np.hanning(width)).astype(np.float32)
    windowed: NDArray[np.float32] = (found - found.mean()) * window
    return windowed


def shift(before: NDArray[np.float32], now: NDArray[np.float32]) -> Shift | None:
    """Of two `edges`; None where they are of different sizes."""
    if before.shape != now.shape:
        return None
    crossed = np.fft.rfft2(now) * np.conj(np.fft.rfft2(before))
    surface = np.fft.irfft2(crossed / np.maximum(np.abs(crossed), 1e-9), s=before.shape)
    height, width = surface.shape
    # Shaken or a little turned, a peak is spread over its neighbours.
    near = np.sum([np.roll(surface, (y, x), (0, 1)) for y in (-1, 0, 1) for x in (-1, 0, 1)], axis=0)
    row, column = np.unravel_index(int(near.argmax()), near.shape)
    down, right = (
        (int(row) + height // 2) % height - height // 2,
        (int(column) + width // 2) % width - width // 2,
    )
    return Shift(right / width, down / width, float((near[row, column] - near.mean()) / near.std()))


class ViewWatch:
    """One fixed camera's. Its camera's thread alone."""

    def __init__(self, view: Path) -> None:
        """`view`: the reference view, as `edge aim` keeps it; without one, the first sharp picture by day."""
        self._path, self._recent_path = view, view.with_suffix(".recent.jpg")
        self._reference = _read(view)
        self._recent = _read(self._recent_path)
        self._before: NDArray[np.float32] | None = None
        self._due = self._recent_due = 0.0
        self._shifts: deque[Shift] = deque(maxlen=IN_A_ROW)
        self._lost = 0
        self.moved = False

    def due(self, now: float | None = None) -> bool:
        """Whether to look at a picture again. Costs nothing."""
        return (time.monotonic() if now is None else now) >= self._due

    def look(self, image: Image, now: float | None = None) -> None:
        """Compare; `image` is bright enough and sharp."""
        now = time.monotonic() if now is None else now
        self._due = now + EVERY_S
        found = edges(image)
        before, self._before = self._before, found
        if self._reference is None or self._reference.shape != found.shape:
            self._keep(self._path, image)
            self._reference, self._recent = found, None
            return
        best = max(
            (
                each
                for view in (self._reference, self._recent)
                if view is not None and (each := shift(view, found))
            ),
            key=lambda each: each.peak,
        )
        if best.sure:
            self._lost = 0
            self._shifts.append(best)
            if len(self._shifts) == IN_A_ROW and all(
                each.size > STILL and abs(each.right - best.right) + abs(each.down - best.down) < STILL
                for each in self._shifts
            ):
                self._say(moved=True, by=best.size)
            elif best.size <= STILL:
                self._say(moved=False, by=best.size)
                if now >= self._recent_due:
                    # Snow comes and leaves fall: what fits today is what tomorrow is held against.
                    self._recent_due, self._recent = now + RECENT_EVERY_S, found
                    self._keep(self._recent_path, image)
            return
        itself = shift(before, found) if before is not None else None
        self._lost = self._lost + 1 if itself is not None and itself.sure and itself.size <= STILL else 0
        if self._lost >= LOST_IN_A_ROW:
            self._say(moved=True, by=None)

    def _say(self, *, moved: bool, by: float | None) -> None:
        if moved != self.moved:
            log.warning("view.moved" if moved else "view.back", view=str(self._path), by=by)
        self.moved = moved

    def _keep(self, path: Path, image: Image) -> None:
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            whole.write(path, vision.jpeg(image).data)
        except (OSError, PictureError) as error:  # a full disk is told of elsewhere
            log.info("view.not_kept", path=str(path), error=str(error))


def _read(path: Path) -> NDArray[np.float32] | None:
    try:
        return edges(vision.decode(path.read_bytes()))
    except (OSError, PictureError):
        return None
