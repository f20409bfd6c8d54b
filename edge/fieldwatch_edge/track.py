"""Track: one id for one animal through many frames.

The tracker is ByteTrack (`bytetrack`), run as it runs at a roost camera with 25 frames a second and at a trap
with one a second or less, which decides its parameters:

- It is given capture times, not frame numbers, so that gaps count as long as they were.
- Boxes are grown before their overlap is measured (buffered IoU, Yang et al. 2023,
  https://arxiv.org/abs/2211.14317), the more, the longer the gap: within a second a walking animal leaves
  its own box, within 40 ms a grown box would only invite its neighbour.
- An animal that the detector cannot name in one frame ("animal") continues the track that it has under a name
  from another, and the other way round: else one deer would be counted as a deer and as an unknown. A track
  takes one name at most: it moves to the tracker of that name and stays there.
- Scores are withheld. ByteTrack would start no track from a low score, but the detector's threshold has
  already been applied, and what is seen once must be followed to be seen twice.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fieldwatch_edge.bytetrack import ByteTrack, overlap
from fieldwatch_edge.domain import Detections, TrackedDetections

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from numpy.typing import NDArray

_KALMAN_HZ = 5.0
"""The rate at which ByteTrack's noise is taken as it stands; at 30 the filter trusts its guess of a speed
too long for stills, at 1 it doubts every measurement of a video."""
_LEAST_OVERLAP = 0.05
_SAME_NAME = 0.25
"""What a common name is worth beside overlap, from 0 to 1."""
_TICK_S = 0.001


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a track was seen last."""

    box: NDArray[np.float32]
    followed_as: int
    """The class by whose tracker."""
    seconds: float


class Tracker:
    """Gives detections track ids, each class by itself: a zebra never continues a lion's track."""

    def __init__(self, lost_s: float, unknown: int | None = None) -> None:
        """
        Args:
            lost_s: a track that was not seen for so many seconds of capture time is not continued.
            unknown: the class of animals without a name, where the detector has one.
        """
        self._lost_s = lost_s
        self._unknown = unknown
        self._last: dict[int, _Place] = {}
        self._ids = itertools.count()
        self._by_class: dict[int, ByteTrack] = {}
        self._last_at: datetime | None = None
        self._seconds = 0.0

    def update(self, detections: Detections, at: datetime) -> TrackedDetections:
        """The detections of the frame seen `at`, in the order given, each with an id, on first sight too.

        Feed it every frame that the detector looked at, also those in which it saw nothing. A frame from
        before the last one (the clock was set back) begins all tracks anew.
        """
        gap_s = self._advance(at)
        grown = min(1.0, 0.3 + 0.5 * gap_s)
        followed_as, named = detections.classes, dict[int, int]()
        if self._unknown is not None:
            followed_as, named = self._followed_as(detections, grown, self._unknown)
        for index in set(followed_as.tolist()) - self._by_class.keys():
            self._by_class[index] = self._new_tracker()
        track_ids = np.empty(len(detections), np.int64)
        # The nameless last: by then, tracks that got a name have left them.
        for index, tracker in sorted(self._by_class.items(), key=lambda item: item[0] == self._unknown):
            rows = np.flatnonzero(followed_as == index)
            inherited = [named.get(int(row)) for row in rows]
            track_ids[rows] = self._follow(tracker, detections.boxes[rows], grown, inherited)
        if self._unknown is not None:
            for track_id, box, index in zip(track_ids, detections.boxes, followed_as, strict=True):
                self._last[int(track_id)] = _Place(box, int(index), self._seconds)
        return TrackedDetections(detections, track_ids)

    def reset(self) -> None:
        """Forget all tracks: another sequence begins. Ids are never used again."""
        self._by_class.clear()
        self._last.clear()
        self._last_at = None

    @property
    def alive(self) -> frozenset[int]:
        """The tracks that the next frame may continue."""
        return frozenset(track.tracker_id for tracker in self._by_class.values() for track in tracker.tracks)

    def _followed_as(
        self, detections: Detections, grown: float, unknown: int
    ) -> tuple[NDArray[np.int64], dict[int, int]]:
        """The class, (n,), among whose tracks each box is looked for; and, by row, the nameless tracks that
        get a name by this frame.

        Boxes and the places where tracks were seen last are paired, the best overlap first, where the names
        agree or one side has none. Of two that overlap much alike, the one of the same name is preferred.
        """
        classes = detections.classes.copy()
        since = self._seconds - self._lost_s
        self._last = {key: place for key, place in self._last.items() if place.seconds >= since}
        if not self._last or not len(classes):
            return classes, {}
        ids, places = list(self._last), list(self._last.values())
        of_place = np.array([place.followed_as for place in places])
        shared = overlap(detections.boxes, np.array([place.box for place in places]), grown)
        same = classes[:, None] == of_place
        nameless = (classes[:, None] == unknown) | (of_place == unknown)
        worth = np.where((shared >= _LEAST_OVERLAP) & (same | nameless), shared + _SAME_NAME * same, 0.0)
        named = {}
        while worth.any():
            row, place = np.unravel_index(worth.argmax(), worth.shape)
            if classes[row] == unknown:
                classes[row] = of_place[place]
            elif of_place[place] == unknown:
                named[int(row)] = ids[place]
            worth[row], worth[:, place] = 0.0, 0.0
        return classes, named

    def _advance(self, at: datetime) -> float:
        """Set the time to `at`; seconds since the last frame."""
        if self._last_at is not None and at < self._last_at:
            self.reset()
        if self._last_at is None:
            self._last_at = at
            return 0.0
        # The frames of a burst may carry one and the same second; the filter needs time to pass.
        gap_s = max((at - self._last_at).total_seconds(), _TICK_S)
        self._last_at = at
        self._seconds += gap_s
        return gap_s

    def _new_tracker(self) -> ByteTrack:
        return ByteTrack(self._lost_s, _KALMAN_HZ, _LEAST_OVERLAP)

    def _follow(
        self,
        tracker: ByteTrack,
        boxes: NDArray[np.float32],
        grown: float,
        named: Sequence[int | None],
    ) -> NDArray[np.int64]:
        """Track ids of `boxes`, (n, 4), all of one class; `named`, (n,): the nameless track that a box
        continues where it continues none of this class."""
        ids = np.empty(len(boxes), np.int64)
        for row, track in enumerate(tracker.update(boxes, self._seconds, grown)):
            if track.tracker_id == -1:
                inherited = named[row]
                if inherited is not None:
                    self._drop_nameless(inherited)
                track.tracker_id = next(self._ids) if inherited is None else inherited
            ids[row] = track.tracker_id
        return ids

    def _drop_nameless(self, track_id: int) -> None:
        nameless = self._by_class.get(self._unknown) if self._unknown is not None else None
        if nameless is not None:
            nameless.tracks = [track for track in nameless.tracks if track.tracker_id != track_id]
