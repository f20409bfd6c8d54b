"""Smoke that stays becomes a suspicion: enough of the last n frames must show it at the same place.

A cloud's shadow or a car moves on; smoke stays rooted while it drifts and grows. So boxes belong to the same
place when they share enough of the smaller one (not by IoU, which growth alone would bring down). How many
frames are enough, and what else is asked: `levels`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import structlog

from fieldwatch_edge import vision
from fieldwatch_edge.decide.album import Album
from fieldwatch_edge.decide.geometry import aim, fraction_box, pose_of, same_view
from fieldwatch_edge.decide.levels import Change, Level, change, changed, drift, failed, growth, level
from fieldwatch_edge.decide.masks import masked
from fieldwatch_edge.decide.places import FireState, Hit, Place, Shown, View
from fieldwatch_edge.pictures import CLIPS
from fieldwatch_shared.ids import uuid7_from
from fieldwatch_shared.messages import FireKind, Pose, Suspicion

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from fieldwatch_edge.decide.masks import Outline
    from fieldwatch_edge.domain import DetectedClass, Detections, Frame, Image
    from fieldwatch_edge.pictures import Pictures
    from fieldwatch_edge.settings import Camera, FireSettings, Polygon

log = structlog.get_logger(__name__)

MOST_VIEWS = 32
"""Of a camera that turns; the one not looked at for longest is forgotten. Each costs some megabytes."""


@dataclass(frozen=True, slots=True, eq=False)
class Alarm:
    """A suspicion, and what its pictures are made from. The suspicion names them already: it goes first."""

    suspicion: Suspicion
    frame: Frame
    before: tuple[Shown, bytes] | None
    """The same view before, and its JPEG."""
    clip: list[Image]
    """The frames that confirmed it, small, oldest first; empty where no clip is to be made."""


class FireWatch:
    """Watches one camera's frames for fires.

    Hysteresis: a suspected place raises no second suspicion until nothing was seen there for `clear_s`.
    Several fires in one picture are several suspicions; what is much fainter than a suspected one
    (`second_share`) is taken for its smoke that drifted, not for another fire.

    A camera that turns has several views, each with places of its own. Masks are drawn on the fixed view, so
    they hold for frames without a pose.
    """

    def __init__(
        self,
        node: str,
        camera: Camera,
        settings: FireSettings,
        *,
        model: str,
        classes: Sequence[DetectedClass],
        threshold: float,
        pictures: Pictures,
        masks: Callable[[], Sequence[Polygon]] = tuple,
    ) -> None:
        """
        Args:
            threshold: the model's own. What is to count as faint must be detected below it.
            masks: those that hold now, beside the camera's own; asked at each frame.
        """
        self._name = (node, str(camera.deployment_id))
        self._camera = camera
        self._settings = settings
        self._model = model
        self._kinds = [FireKind(c.kind) if c.kind in tuple(FireKind) else None for c in classes]
        self._threshold = threshold
        self._pictures = pictures
        self._wanted_masks = masks
        self._masks: tuple[Sequence[Polygon], list[Outline]] = ((), _arrays(camera.masks))
        self._views: list[View] = []
        self._album = Album()
        self._ignored = frozenset[str]()
        """Why boxes of the last frame did not count."""
        self.verdicts = Counter[str]()
        """How often each level confirmed, and each test held back, since this watch was made."""

    @property
    def state(self) -> FireState:
        return FireState(views=self._views).model_copy(deep=True)

    def restore(self, state: FireState) -> None:
        self._views = list(state.views)

    def recall(self, again: Callable[[str, datetime], Frame | None]) -> None:
        """After `restore`, read again the pictures that it refers to.

        Args:
            again: gives the frame of a position and time, where its source still has it.
        """
        self._album.recall(self._views, again)

    @property
    def suspects(self) -> bool:
        """Whether some place smokes that is not yet reported."""
        return any(place.hits and place.suspected is None for view in self._views for place in view.places)

    def suspects_at(self, pose: Pose | None) -> bool:
        """Whether some place of that view smokes that is not yet reported."""
        view = self._view_of(pose)
        return view is not None and any(p.hits and p.suspected is None for p in view.places)

    def due(self, at: datetime, pose: Pose | None = None, every_s: float = 0.0) -> bool:
        """Whether a frame of this time is to be looked at: by the settings, at most each `every_s`."""
        view = self._view_of(pose)
        if view is None or not view.looked_at:
            return True
        # Half a period of tolerance would halve the rate of a camera that is slightly early; a tenth will do.
        passed = (at - view.looked_at[-1]).total_seconds()
        # A clock that was set back may take years to come past the last look again: do not wait for it.
        return passed < 0 or passed >= 0.9 * max(self._settings.every_s, every_s)

    def see(self, frame: Frame, detections: Detections) -> list[Alarm]:
        """Take in what was detected in `frame`; returns new suspicions."""
        view = self._view(frame.pose)
        view.look(frame.at, self._settings)
        night = len(detections) > 0 and vision.by_night(frame.image)
        hits = self._hits(frame, detections, night=night)
        for hit in hits:
            view.add(hit, self._settings.overlap)
        shown = Shown.of(frame)
        if hits:
            view.smoking.append(shown)
            self._album.smoking(frame)
        found = []
        for place in sorted(view.places, key=lambda place: -place.strength):
            if place.suspected is None and self._confirmed(view, place, frame, night=night):
                found.append(self._alarm(view, place, frame))
                place.suspected = found[-1].suspicion.box
        self._album.earlier(view, frame, shown, self._settings)
        self._album.forget_all_but(self._views)
        return found

    # What is asked of a place

    def _confirmed(self, view: View, place: Place, frame: Frame, *, night: bool) -> bool:
        if not place.hits:
            return False
        reached = level(place.hits, self._settings, self._threshold, night=night)
        if reached is None:
            return False
        against = self._against(view, place, frame, reached)
        name = against.split(" ")[0].rstrip(":") if against is not None else str(reached)
        if against is None or name != place.held_back:
            self.verdicts[name] += 1
            log.info(
                "fire.confirmed" if against is None else "fire.held_back",
                deployment=self._name[1],
                observed_at=frame.at.isoformat(),
                level=str(reached),
                against=against,
                night=night,
                frames=len(place.hits),
                score=round(place.strength, 3),
                drift=round(drift(place.hits), 2),
                growth=round(growth(place.hits), 2),
                so_far=self.verdicts[name],
            )
        place.held_back = None if against is None else name
        return against is None

    def _against(self, view: View, place: Place, frame: Frame, reached: Level) -> str | None:
        """What speaks against this place; None: nothing."""
        strongest = max((p.strength for p in view.places if p.suspected is not None), default=0.0)
        if place.strength < self._settings.second_share * strongest:
            return f"fainter than the fire beside it: {place.strength:.2f} of {strongest:.2f}"
        if (found := failed(place.hits, self._settings)) is not None:
            return found
        if reached is Level.FAINT:
            return changed(self._change(view, place, frame), self._settings)
        return None

    def _change(self, view: View, place: Place, frame: Frame) -> Change | None:
        before = self._before(view, place)
        if before is None:
            return None
        # From the same kind of bytes: JPEG blurs both alike.
        image = frame.image if frame.encoded is None else vision.decode(frame.encoded)
        now, was = vision.grey(image), vision.grey(vision.decode(before[1]))
        return change(now, was, place.hits[-1].box) if now.shape == was.shape else None

    def _before(self, view: View, place: Place) -> tuple[Shown, bytes] | None:
        """The last picture of the view from before the window showed anything at this place."""
        for shown in view.earlier_than(place.hits[0].at):
            still = self._album.still(shown)
            if still is not None:
                return shown, still
        return None

    # What a frame shows

    def _hits(self, frame: Frame, detections: Detections, *, night: bool) -> list[Hit]:
        """Smoke and fire in the frame that counts, best first."""
        height, width = frame.image.shape[:2]
        hits, ignored = [], Counter[str]()
        least = {
            FireKind.SMOKE: self._settings.night_smoke if night else 0.0,
            FireKind.FIRE: self._settings.night_fire if night else 0.0,
        }
        masks = self._masks_now() if frame.pose is None else []
        for box, score, class_ in zip(detections.boxes, detections.scores, detections.classes, strict=True):
            kind = self._kinds[class_]
            if kind is None:
                continue
            if score < least[kind]:
                ignored["night"] += 1
                continue
            fraction = fraction_box(box, width, height)
            if masked(fraction, masks):
                ignored["masked"] += 1
            else:
                hits.append(Hit(at=frame.at, kind=kind, box=fraction, score=round(float(score), 4)))
        self.verdicts.update(ignored)
        for why in ignored.keys() - self._ignored:  # a chimney smokes for hours: told when it begins
            log.info(
                "fire.ignored",
                deployment=self._name[1],
                observed_at=frame.at.isoformat(),
                why=why,
                boxes=ignored[why],
                so_far=self.verdicts[why],
            )
        self._ignored = frozenset(ignored)
        return sorted(hits, key=lambda hit: -hit.score)

    def _masks_now(self) -> list[Outline]:
        wanted = self._wanted_masks()
        if wanted is not self._masks[0]:
            self._masks = (wanted, _arrays([*self._camera.masks, *wanted]))
        return self._masks[1]

    def _view_of(self, pose: Pose | None) -> View | None:
        return next((view for view in self._views if same_view(view.pose, pose)), None)

    def _view(self, pose: Pose | None) -> View:
        """The view of a frame that comes; the last looked at is the last of the list."""
        view = self._view_of(pose)
        if view is None:
            view = View(pose=pose)
        else:
            self._views.remove(view)
        self._views = [*self._views, view][-MOST_VIEWS:]
        return view

    # What is said of it

    def _alarm(self, view: View, place: Place, frame: Frame) -> Alarm:
        newest = place.hits[-1]
        name = f"{newest.box.x},{newest.box.y},{newest.box.width},{newest.box.height}"
        before = self._before(view, place)
        seen = {hit.at for hit in place.hits}
        clip = self._album.clip(shown for shown in view.smoking if shown.at in seen)
        if not CLIPS or len({image.shape for image in clip}) != 1 or len(clip) < 2:
            clip = []  # one frame moves nothing
        suspicion = self._suspicion(frame, place, name).model_copy(
            update={
                "before_media_id": before and self._pictures.still_id(before[0].at, before[0].position),
                "clip_media_id": self._pictures.clip_id(frame.at, frame.position, name) if clip else None,
            }
        )
        return Alarm(suspicion, frame, before, clip)

    def _suspicion(self, frame: Frame, place: Place, name: str) -> Suspicion:
        scores = {kind: sum(h.score for h in place.hits if h.kind is kind) for kind in FireKind}
        height, width = frame.image.shape[:2]
        box = place.hits[-1].box
        pose = frame.pose or pose_of(self._camera)
        aimed = None if pose is None else aim(box, pose, self._camera, width / height)
        return Suspicion(
            id=uuid7_from(frame.at, *self._name, frame.position, "suspicion", name),
            deployment_id=self._camera.deployment_id,
            observed_at=frame.at,
            clock=frame.clock,
            kind=max(scores, key=scores.__getitem__),
            first_seen_at=place.hits[0].at,
            confidence=max(hit.score for hit in place.hits),
            box=box,
            bearing_deg=aimed and aimed.bearing_deg,
            bearing_sd_deg=aimed and aimed.bearing_sd_deg,
            elevation_deg=aimed and aimed.elevation_deg,
            elevation_sd_deg=aimed and aimed.elevation_sd_deg,
            pose=frame.pose,
            media_id=self._pictures.still_id(frame.at, frame.position),
            model=self._model,
        )


def _arrays(masks: Sequence[Polygon]) -> list[Outline]:
    return [np.array(mask, np.float64) for mask in masks]
