"""Smoke that stays becomes a suspicion: k of the last n frames must show it at the same place.

A cloud's shadow or a car moves on; smoke stays rooted while it drifts and grows. So boxes belong to the same
place when they share enough of the smaller one (not by IoU, which growth alone would bring down).
"""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

from fieldwatch_edge.decide.geometry import direction, fraction_box, share_of_smaller
from fieldwatch_shared.ids import uuid7_from
from fieldwatch_shared.messages import Box, FireKind, Suspicion

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from fieldwatch_edge.domain import DetectedClass, Detections, Frame, Picture
    from fieldwatch_edge.settings import Camera, FireSettings


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


class FireState(BaseModel):
    """All that a watch remembers. Part of a checkpoint, so a restart neither forgets nor repeats a fire."""

    looked_at: list[datetime] = Field([], description="Times of the last n frames.")
    places: list[Place] = []


class FireWatch:
    """Watches one camera's frames for fires.

    Hysteresis: a suspected place raises no second suspicion until nothing was seen there for `clear_s`.
    Several fires in one picture are several suspicions; what is much fainter than a suspected one
    (`second_share`) is taken for its smoke that drifted, not for another fire.
    """

    def __init__(
        self,
        node: str,
        camera: Camera,
        settings: FireSettings,
        *,
        model: str,
        classes: Sequence[DetectedClass],
        keep: Callable[[Frame], Picture],
    ) -> None:
        """`keep` makes the picture of a frame; asked for the same frame twice, it gives the same record."""
        self._name = (node, str(camera.deployment_id))
        self._camera = camera
        self._settings = settings
        self._model = model
        self._kinds = [FireKind(c.kind) if c.kind in tuple(FireKind) else None for c in classes]
        self._keep = keep
        self._looked_at: deque[datetime] = deque(maxlen=settings.n)
        self._places: list[Place] = []

    @property
    def state(self) -> FireState:
        return FireState(looked_at=list(self._looked_at), places=self._places).model_copy(deep=True)

    def restore(self, state: FireState) -> None:
        self._looked_at = deque(state.looked_at, maxlen=self._settings.n)
        self._places = list(state.places)

    def due(self, at: datetime) -> bool:
        """Whether a frame of this time is to be looked at (`every_s`)."""
        if not self._looked_at:
            return True
        # Half a period of tolerance would halve the rate of a camera that is slightly early; a tenth will do.
        passed = (at - self._looked_at[-1]).total_seconds()
        # A clock that was set back may take years to come past the last look again: do not wait for it.
        return passed < 0 or passed >= 0.9 * self._settings.every_s

    def see(self, frame: Frame, detections: Detections) -> list[Suspicion | Picture]:
        """Take in what was detected in `frame`; returns new suspicions, each followed by its picture."""
        self._looked_at.append(frame.at)
        self._forget(frame.at)
        for hit in self._hits(frame, detections):
            self._place(hit)
        found: list[Suspicion | Picture] = []
        for place in sorted(self._places, key=lambda place: -place.strength):
            if place.suspected is None and len(place.hits) >= self._settings.k and self._stands_alone(place):
                picture = self._keep(frame)
                suspicion = self._suspicion(frame, place, picture.media.id)
                place.suspected = suspicion.box
                found += [suspicion, picture]
        return found

    def _stands_alone(self, place: Place) -> bool:
        strongest = max((p.strength for p in self._places if p.suspected is not None), default=0.0)
        return place.strength >= self._settings.second_share * strongest

    def _forget(self, now: datetime) -> None:
        """Drop hits that left the window and places where nothing is left to remember.

        Times may run backwards, a little where pictures arrive out of order, far where a clock is set back.
        So the last n frames are those that came last, whatever their times, the window reaches both ways,
        and nothing was seen later than now: else a place would stay silent until the clock has caught up.
        """
        window = timedelta(seconds=self._settings.window_s)
        clear = timedelta(seconds=self._settings.clear_s)
        for place in self._places:
            place.hits = [
                hit for hit in place.hits if hit.at in self._looked_at and abs(now - hit.at) <= window
            ]
            place.last_seen_at = min(place.last_seen_at, now)
        self._places = [
            place
            for place in self._places
            if (now - place.last_seen_at < clear if place.suspected is not None else place.hits)
        ]

    def _hits(self, frame: Frame, detections: Detections) -> list[Hit]:
        """Smoke and fire in the frame, best first."""
        height, width = frame.image.shape[:2]
        hits = []
        for box, score, class_ in zip(detections.boxes, detections.scores, detections.classes, strict=True):
            kind = self._kinds[class_]
            if kind is not None:
                fraction = fraction_box(box, width, height)
                hits.append(Hit(at=frame.at, kind=kind, box=fraction, score=round(float(score), 4)))
        return sorted(hits, key=lambda hit: -hit.score)

    def _place(self, hit: Hit) -> None:
        """Add the hit to the place that it lies at; it joins places that it bridges; else it founds one."""
        near = [p for p in self._places if p.closeness(hit.box) >= self._settings.overlap]
        if not near:
            self._places.append(Place(hits=[hit], last_seen_at=hit.at))
            return
        near.sort(key=lambda place: (place.suspected is not None, place.closeness(hit.box)), reverse=True)
        home, *joined = near
        for other in joined:
            # Two fires that were reported apart stay apart: each goes on silencing its own place.
            if other.suspected is None:
                home.hits += other.hits
                self._places.remove(other)
        home.last_seen_at = hit.at
        # One hit a frame and place, the best: k counts frames, not boxes.
        by_time: dict[datetime, Hit] = {}
        for each in sorted([*home.hits, hit], key=lambda each: each.score):
            by_time[each.at] = each
        home.hits = sorted(by_time.values(), key=lambda each: each.at)

    def _suspicion(self, frame: Frame, place: Place, media_id: UUID) -> Suspicion:
        scores = {kind: sum(h.score for h in place.hits if h.kind is kind) for kind in FireKind}
        newest = place.hits[-1]
        height, width = frame.image.shape[:2]
        bearing, sd, elevation = self._aim(newest.box, width / height)
        place_name = f"{newest.box.x},{newest.box.y},{newest.box.width},{newest.box.height}"
        return Suspicion(
            id=uuid7_from(frame.at, *self._name, frame.position, "suspicion", place_name),
            deployment_id=self._camera.deployment_id,
            observed_at=frame.at,
            clock=frame.clock,
            kind=max(scores, key=scores.__getitem__),
            first_seen_at=place.hits[0].at,
            confidence=max(hit.score for hit in place.hits),
            box=newest.box,
            bearing_deg=bearing,
            bearing_sd_deg=sd,
            elevation_deg=elevation,
            media_id=media_id,
            model=self._model,
        )

    def _aim(self, box: Box, aspect: float) -> tuple[float | None, float | None, float | None]:
        """Bearing, its standard deviation and elevation of the foot of the plume, where the fire is.

        The fire may stand under any part of the box: half its angular width counts as one standard
        deviation, added in quadrature to how well the heading is known.
        """
        heading, view = self._camera.heading_deg, self._camera.field_of_view_deg
        if heading is None or view is None:
            return None, None, None

        def look(x: float) -> tuple[float, float]:
            return direction(
                x,
                box.y + box.height,
                heading_deg=heading,
                tilt_deg=self._camera.tilt_deg,
                field_of_view_deg=view,
                aspect=aspect,
            )

        bearing, elevation = look(box.x + box.width / 2)
        left, right = look(box.x)[0], look(box.x + box.width)[0]
        half_width = ((right - left) % 360) / 2
        sd = (half_width**2 + self._camera.heading_sd_deg**2) ** 0.5
        # Rounding may reach 360, which is 0.
        return round(bearing, 2) % 360, round(sd, 2), round(elevation, 2)
