"""Tracks become observations: one for each animal, person or vehicle that was followed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from fieldwatch_edge.decide.geometry import fraction_box
from fieldwatch_shared.ids import uuid7_from
from fieldwatch_shared.messages import Box, Clock, Observation, ObservationType

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from fieldwatch_edge.domain import DetectedClass, Frame, Picture, TrackedDetections
    from fieldwatch_edge.settings import WildlifeSettings

_TYPES = {
    "animal": ObservationType.ANIMAL,
    "human": ObservationType.HUMAN,
    "vehicle": ObservationType.VEHICLE,
}
_BETTER_BY = 0.05
"""A frame replaces a track's picture when it is worth so much more: each picture costs an encoding."""
_CUT_OFF = 0.3
"""What a frame is worth less in which the edge of the picture cuts the animal off: detectors are often surest
of an animal that is half in, and people are not."""


@dataclass(slots=True)
class _Track:
    id: UUID
    started_at: datetime
    ended_at: datetime
    clock: Clock
    frames: int = 0
    scores: dict[int, list[float]] = field(default_factory=dict)
    """A confidence a frame, by class."""
    picture_worth: float = -1.0
    picture: Picture | None = None
    box: Box | None = None


class WildlifeWatch:
    """Follows the tracks of one camera.

    A track counts once it was seen in `min_frames` frames, and has ended when it was not seen for `lost_s`.
    Its class is the one with the largest summed confidence; "animal" only if it had no name in `min_frames`
    frames. Its confidence is the best of the frames that this was decided on; its box lies in its picture.
    """

    def __init__(
        self,
        node: str,
        deployment_id: UUID,
        settings: WildlifeSettings,
        *,
        model: str,
        classes: Sequence[DetectedClass],
        keep: Callable[[Frame], Picture],
    ) -> None:
        """`keep` makes the picture of a frame; asked for the same frame twice, it gives the same record."""
        self._name = (node, str(deployment_id))
        self._deployment_id = deployment_id
        self._settings = settings
        self._model = model
        self._classes = classes
        self._keep = keep
        self._lost = timedelta(seconds=settings.lost_s)
        self._tracks: dict[int, _Track] = {}
        self.last_picture_at: datetime | None = None
        """Capture time of the newest picture that an observation refers to; part of a checkpoint."""

    @property
    def quiet(self) -> bool:
        """Nothing is being followed: a restart from here gives the same records."""
        return not self._tracks

    def see(self, frame: Frame, tracked: TrackedDetections) -> list[Observation | Picture]:
        """Take in what was tracked in `frame`; returns what ended before it, pictures first."""
        ended = self.until(frame.at)
        kept: Picture | None = None
        height, width = frame.image.shape[:2]
        detections = tracked.detections
        for box, score, class_, track_id in zip(
            detections.boxes, detections.scores, detections.classes, tracked.track_ids, strict=True
        ):
            if self._classes[class_].kind not in _TYPES:
                continue
            track = self._tracks.get(int(track_id))
            if track is None:
                name = f"{class_} " + ",".join(f"{x:.0f}" for x in box)
                track = self._tracks[int(track_id)] = self._start(frame, name)
            confidence = round(float(score), 4)
            track.ended_at = frame.at
            track.frames += 1
            track.scores.setdefault(int(class_), []).append(confidence)
            whole = box[0] > 1 and box[1] > 1 and box[2] < width - 1 and box[3] < height - 1
            worth = confidence if whole else confidence - _CUT_OFF
            if worth >= track.picture_worth + _BETTER_BY:
                kept = kept or self._keep(frame)
                track.picture_worth, track.picture = worth, kept
                track.box = fraction_box(box, width, height)
        return ended

    def until(self, at: datetime) -> list[Observation | Picture]:
        """End the tracks that were last seen more than `lost_s` before `at`, looked at or not."""
        return self._end([key for key, track in self._tracks.items() if at - track.ended_at > self._lost])

    def end(self) -> list[Observation | Picture]:
        """End all tracks: the sequence is over."""
        return self._end(list(self._tracks))

    def open(self) -> list[Observation]:
        """The tracks that would count if they ended now, without pictures."""
        return [
            self._observation(track, None)
            for track in self._tracks.values()
            if track.frames >= self._settings.min_frames
        ]

    def _start(self, frame: Frame, name: str) -> _Track:
        # Named by its first box, not by the tracker's number: after a restart numbers begin anew.
        id_ = uuid7_from(frame.at, *self._name, frame.position, "observation", name)
        return _Track(id_, frame.at, frame.at, frame.clock)

    def _end(self, keys: list[int]) -> list[Observation | Picture]:
        tracks = [self._tracks.pop(key) for key in keys]
        pictures: dict[UUID, Picture] = {}
        observations = []
        for track in sorted(tracks, key=lambda track: (track.started_at, track.id)):
            if track.frames < self._settings.min_frames:
                continue
            picture = track.picture if self._wanted(track.picture) else None
            if picture is not None:
                pictures[picture.media.id] = picture
                self.last_picture_at = picture.media.observed_at
            observations.append(self._observation(track, picture))
        return [*pictures.values(), *observations]

    def _wanted(self, picture: Picture | None) -> bool:
        """Whether the rest since the last picture is over; one frame may serve many tracks."""
        if picture is None or self.last_picture_at is None:
            return picture is not None
        rest = abs((picture.media.observed_at - self.last_picture_at).total_seconds())
        return rest == 0 or rest >= self._settings.picture_every_s

    def _observation(self, track: _Track, picture: Picture | None) -> Observation:
        named = {index: each for index, each in track.scores.items() if not self._classes[index].unknown}
        # A name in fewer frames would not be reported by itself either: it must not outvote "animal".
        is_named = sum(map(len, named.values())) >= self._settings.min_frames
        candidates = named if is_named else track.scores
        class_ = self._classes[max(candidates, key=lambda index: sum(candidates[index]))]
        return Observation(
            id=track.id,
            deployment_id=self._deployment_id,
            observed_at=track.started_at,
            clock=track.clock,
            ended_at=track.ended_at,
            observation_type=_TYPES[class_.kind],
            scientific_name="Homo sapiens" if class_.kind == "human" else class_.scientific_name,
            count=1,
            confidence=max(max(scores) for scores in candidates.values()),
            frames=track.frames,
            box=track.box,
            media_id=picture.media.id if picture is not None else None,
            model=self._model,
        )
