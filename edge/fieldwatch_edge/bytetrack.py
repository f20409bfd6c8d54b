"""ByteTrack's association of boxes with tracks (Zhang et al. 2022, https://arxiv.org/abs/2110.06864).

As the library `trackers` 2.6 does it where detections carry no scores, step by step; a test holds the two
against each other. The library itself would bring SciPy, Matplotlib and a second OpenCV onto each node.

Its filter is a Kalman filter over the corners of a box and their velocities, with the same noise for all four
corners, which do not influence each other: so one 2 x 2 covariance serves them all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_MEASURED, _ACCELERATED = 0.1, 0.01
"""Variances: of a measured corner, px²; of a velocity's change within one frame."""
_NOMINAL_S = 0.004
"""A step that differs from a frame's by less is one."""


@dataclass(slots=True, eq=False)
class Track:
    """One animal, followed."""

    position: NDArray[np.float64]
    """(4,): x1, y1, x2, y2."""
    velocity: NDArray[np.float64]
    """(4,): px a frame."""
    tracker_id: int = -1
    unseen_s: float = 0.0
    var_position: float = 1.0
    covariance: float = 0.0
    var_velocity: float = 1.0

    def predict(self, frames: float, hz: float) -> None:
        """Go on for so many `frames` at `hz` a second."""
        if abs(frames - 1) <= _NOMINAL_S * hz:
            noise = (_ACCELERATED, 0.0, _ACCELERATED)
        else:  # discrete white noise of acceleration
            noise = (_ACCELERATED * frames**4 / 4, _ACCELERATED * frames**3 / 2, _ACCELERATED * frames**2)
        self.position = self.position + frames * self.velocity
        self.var_position += 2 * frames * self.covariance + frames**2 * self.var_velocity + noise[0]
        self.covariance += frames * self.var_velocity + noise[1]
        self.var_velocity += noise[2]
        self.unseen_s += frames / hz

    def update(self, box: NDArray[np.float64]) -> None:
        """It was seen at `box`, (4,)."""
        of_all = self.var_position + _MEASURED
        gain, gain_velocity = self.var_position / of_all, self.covariance / of_all
        off = box - self.position
        self.position, self.velocity = self.position + gain * off, self.velocity + gain_velocity * off
        self.var_velocity -= gain_velocity * self.covariance
        self.var_position *= 1 - gain
        self.covariance *= 1 - gain
        self.unseen_s = 0.0


class ByteTrack:
    """Tracks of one class."""

    def __init__(self, lost_s: float, hz: float, least_overlap: float) -> None:
        """
        Args:
            lost_s: a track that was not seen for longer is not continued.
            hz: frames a second for which the filter's noise is meant.
            least_overlap: below it, a box continues no track.
        """
        self._lost_s, self._hz, self._least = lost_s, hz, least_overlap
        self._seconds: float | None = None
        self.tracks: list[Track] = []

    def update(self, boxes: NDArray[np.float32], seconds: float, grown: float) -> list[Track]:
        """The track of each of `boxes`, (n, 4); new ones where they continue none.

        Args:
            seconds: when they were seen; later than the last time.
            grown: by how much of its size each box is grown before overlaps are measured.
        """
        gap_s = 1 / self._hz if self._seconds is None else seconds - self._seconds
        self._seconds = seconds
        for track in self.tracks:
            track.predict(gap_s * self._hz, self._hz)
        self.tracks = [track for track in self.tracks if track.unseen_s <= self._lost_s]
        places = np.array([track.position for track in self.tracks]).reshape(-1, 4)
        shared = overlap(places, boxes, grown)
        found: list[Track | None] = [None] * len(boxes)
        for row, column in assign(shared):
            if shared[row, column] >= self._least:
                found[column] = self.tracks[row]
                self.tracks[row].update(boxes[column].astype(np.float64))
        followed: list[Track] = []
        for each, box in zip(found, boxes, strict=True):
            track = each or Track(box.astype(np.float64), np.zeros(4))
            if each is None:
                self.tracks.append(track)
            followed.append(track)
        return followed


def overlap(one: NDArray[np.floating], other: NDArray[np.floating], grown: float) -> NDArray[np.float64]:
    """Intersection over union, (n, m), of boxes (n, 4) and (m, 4), each grown on all sides by `grown` of its
    width and height (buffered IoU, Yang et al. 2023, https://arxiv.org/abs/2211.14317)."""
    one, other = _grown(one, grown)[:, None], _grown(other, grown)[None]
    sides = np.minimum(one[..., 2:], other[..., 2:]) - np.maximum(one[..., :2], other[..., :2])
    common = np.maximum(sides, 0).prod(axis=-1)
    all_ = _area(one) + _area(other) - common
    shared: NDArray[np.float64] = np.divide(common, all_, out=np.zeros_like(common), where=all_ > 0)
    return shared


def _grown(boxes: NDArray[np.floating], share: float) -> NDArray[np.float64]:
    boxes = boxes.astype(np.float64)
    margin = share * (boxes[:, 2:] - boxes[:, :2])
    return np.concatenate([boxes[:, :2] - margin, boxes[:, 2:] + margin], axis=1)


def _area(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    area: NDArray[np.float64] = (boxes[..., 2:] - boxes[..., :2]).prod(axis=-1)
    return area


def assign(worth: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Pairs (row, column), each in one pair at most, of the largest sum of `worth`, (n, m), none below 0.

    Rows and columns that are linked by no worth do not compete: each group of linked ones is solved by
    itself, and most are of one pair.
    """
    pairs: list[tuple[int, int]] = []
    left = set(np.flatnonzero(worth.any(axis=1)).tolist())
    while left:
        rows, columns = {left.pop()}, set[int]()
        while True:
            columns = set(np.flatnonzero(worth[list(rows)].any(axis=0)).tolist())
            linked = set(np.flatnonzero(worth[:, list(columns)].any(axis=1)).tolist())
            if linked == rows:
                break
            rows = linked
        left -= rows
        here, there = sorted(rows), sorted(columns)
        block = worth[np.ix_(here, there)]
        solved = _assign(block) if len(here) <= len(there) else [(b, a) for a, b in _assign(block.T)]
        pairs += [(here[row], there[column]) for row, column in solved]
    return sorted(pairs)


def _assign(worth: NDArray[np.float64]) -> list[tuple[int, int]]:
    """The Hungarian algorithm with potentials (Kuhn 1955, Munkres 1957), for no more rows than columns."""
    count, width = worth.shape
    if count == 1:
        return [(0, int(worth[0].argmax()))]
    of_row, of_column = np.zeros(count + 1), np.zeros(width + 1)
    holder, way = np.zeros(width + 1, np.int64), np.zeros(width + 1, np.int64)
    for row in range(1, count + 1):
        holder[0], column = row, 0
        least, used = np.full(width + 1, np.inf), np.zeros(width + 1, np.bool_)
        while True:
            used[column] = True
            reduced = -worth[holder[column] - 1] - of_row[holder[column]] - of_column[1:]
            better = ~used[1:] & (reduced < least[1:])
            least[1:][better], way[1:][better] = reduced[better], column
            nearest = int(np.where(used, np.inf, least).argmin())
            step = least[nearest]
            of_row[holder[used]] += step
            of_column[used] -= step
            least[~used] -= step
            column = nearest
            if holder[column] == 0:
                break
        while column:
            holder[column] = holder[way[column]]
            column = int(way[column])
    return [(int(row) - 1, column) for column, row in enumerate(holder[1:]) if row]
