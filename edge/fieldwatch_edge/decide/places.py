"""What a fire watch remembers: per view (a fixed camera has one), the places that smoke in it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field, model_validator

from fieldwatch_edge.decide.geometry import share_of_smaller
from fieldwatch_shared.messages import Box, Clock, FireKind, Pose

if TYPE_CHECKING:
    from fieldwatch_edge.domain import Frame
    from fieldwatch_edge.settings import FireSettings


class Hit(BaseModel):
    """What one frame showed at one place: its best box there."""

    at: datetime
    kind: FireKind
    box: Box
    score: float


class Place(BaseModel):
    """A part of the picture that smokes: a candidate, and once suspected, where we stay silent."""

    hits: list[Hit]
    last_seen_at: datetime
    suspected: Box | None = None
    held_back: str | None = None
    """What the last look at it found wanting, so that it is told once, not at each frame."""

    @property
    def strength(self) -> float:
        """Mean score of the window's hits, 0 where there are none."""
        return sum(hit.score for hit in self.hits) / len(self.hits) if self.hits else 0.0

    def closeness(self, box: Box) -> float:
        """Largest share of the smaller box with any box that this place had within the window."""
        boxes = [hit.box for hit in self.hits]
        if self.suspected is not None:
            boxes.append(self.suspected)
        return max((share_of_smaller(box, other) for other in boxes), default=0.0)


class Shown(BaseModel):
    """A frame of which more than its boxes is remembered: enough to find it again in its source."""

    at: datetime
    clock: Clock
    position: str

    @classmethod
    def of(cls, frame: Frame) -> Shown:
        return cls(at=frame.at, clock=frame.clock, position=frame.position)


class View(BaseModel):
    """One aim of the camera."""

    pose: Pose | None = None
    looked_at: list[datetime] = Field([], description="Times of the last n frames, in the order they came.")
    places: list[Place] = []
    earlier: list[Shown] = Field([], description="Frames from before, some time apart; newest last.")
    smoking: list[Shown] = Field([], description="Frames of the window in which something was seen.")

    def look(self, now: datetime, settings: FireSettings) -> None:
        """Another frame of it comes: forget what left the window, and places where nothing is left.

        Times may run backwards, a little where pictures arrive out of order, far where a clock is set back.
        So the last n frames are those that came last, whatever their times, the window reaches both ways,
        and nothing was seen later than now: else a place would stay silent until the clock has caught up.
        """
        self.looked_at = [*self.looked_at, now][-settings.n :]
        window = timedelta(seconds=settings.window_s)
        clear = timedelta(seconds=settings.clear_s)
        for place in self.places:
            place.hits = [
                hit for hit in place.hits if hit.at in self.looked_at and abs(now - hit.at) <= window
            ]
            place.last_seen_at = min(place.last_seen_at, now)
        self.places = [
            place
            for place in self.places
            if (now - place.last_seen_at < clear if place.suspected is not None else place.hits)
        ]
        seen = {hit.at for place in self.places for hit in place.hits}
        self.smoking = [shown for shown in self.smoking if shown.at in seen]

    def add(self, hit: Hit, overlap: float) -> None:
        """Add the hit to the place that it lies at; it joins places that it bridges; else it founds one."""
        near = [p for p in self.places if p.closeness(hit.box) >= overlap]
        if not near:
            self.places.append(Place(hits=[hit], last_seen_at=hit.at))
            return
        near.sort(key=lambda place: (place.suspected is not None, place.closeness(hit.box)), reverse=True)
        home, *joined = near
        for other in joined:
            # Two fires that were reported apart stay apart: each goes on silencing its own place.
            if other.suspected is None:
                home.hits += other.hits
                self.places.remove(other)
        home.last_seen_at = hit.at
        # One hit a frame and place, the best: k counts frames, not boxes.
        by_time: dict[datetime, Hit] = {}
        for each in sorted([*home.hits, hit], key=lambda each: each.score):
            by_time[each.at] = each
        home.hits = sorted(by_time.values(), key=lambda each: each.at)

    def earlier_than(self, at: datetime) -> list[Shown]:
        """Frames from before that time, newest first."""
        return sorted((shown for shown in self.earlier if shown.at < at), key=lambda s: s.at, reverse=True)


class FireState(BaseModel):
    """All that a watch remembers. Part of a checkpoint, so a restart neither forgets nor repeats a fire."""

    views: list[View] = []

    @model_validator(mode="before")
    @classmethod
    def _before_there_were_views(cls, raw: Any) -> Any:
        """A checkpoint of an earlier version knew one view only."""
        if isinstance(raw, dict) and "views" not in raw and "looked_at" in raw:
            return {"views": [raw]}
        return raw
