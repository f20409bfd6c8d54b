"""The stages of one camera, for smoke, for animals, or both: a detector, and who decides upon what it saw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fieldwatch_edge.decide import FireWatch, WildlifeWatch
from fieldwatch_edge.detect import Detector, load_detector
from fieldwatch_edge.gate import Gate
from fieldwatch_edge.track import Tracker

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from fieldwatch_edge import vision
    from fieldwatch_edge.domain import Frame, Picture
    from fieldwatch_edge.pictures import Pictures
    from fieldwatch_edge.settings import Camera, FireSettings, Polygon, WildlifeSettings
    from fieldwatch_shared.messages import Observation

    Witness = Callable[[Detector, str, float], Detector]
    """Given a detector, its name in the settings and its threshold; gives the one to use."""


@dataclass(frozen=True, slots=True)
class Fire:
    """The stages that look for smoke."""

    detector: Detector
    watch: FireWatch

    @classmethod
    def of(
        cls,
        node: str,
        camera: Camera,
        settings: FireSettings,
        search_path: Sequence[Path],
        pictures: Pictures,
        masks: Callable[[], Sequence[Polygon]],
        witness: Witness,
    ) -> Fire:
        """
        Raises:
            ModelError: the model cannot be loaded.
        """
        share = settings.faint or 1.0
        detector = load_detector(settings.detector, search_path, down_to=share)
        watch = FireWatch(
            node,
            camera,
            settings,
            model=detector.label,
            classes=detector.classes,
            threshold=detector.conf / share,
            pictures=pictures,
            masks=masks,
        )
        return cls(witness(detector, settings.detector.model, detector.conf / share), watch)


@dataclass(slots=True)
class Wildlife:
    """The stages that look for animals."""

    settings: WildlifeSettings
    detector: Detector
    tracker: Tracker
    watch: WildlifeWatch
    gate: Gate
    followed: bool = False
    """Whether the tracker remembers anything."""

    @classmethod
    def of(
        cls,
        node: str,
        camera: Camera,
        settings: WildlifeSettings,
        search_path: Sequence[Path],
        pictures: Pictures,
        witness: Witness,
    ) -> Wildlife:
        """
        Raises:
            ModelError: the model cannot be loaded.
        """
        detector = load_detector(settings.detector, search_path)
        detector = witness(detector, settings.detector.model, detector.conf)
        watch = WildlifeWatch(
            node,
            camera.deployment_id,
            settings,
            model=detector.label,
            classes=detector.classes,
            keep=pictures.still,
        )
        unknown = next((index for index, known in enumerate(detector.classes) if known.unknown), None)
        return cls(settings, detector, Tracker(settings.lost_s, unknown), watch, Gate(settings.gate))

    @property
    def quiet(self) -> bool:
        """Nothing is being followed: a restart from here gives the same records."""
        return self.watch.quiet and not self.followed

    def look(self, frame: Frame, thumbnail: vision.Gray) -> list[Observation | Picture]:
        """Gate, detect, track, decide; returns what ended."""
        if not self.gate.lets_through(thumbnail, frame.at):
            return []
        detections = self.detector.detect(frame.image)
        if len(detections):
            self.gate.saw_something(frame.at)
        self.followed = self.followed or len(detections) > 0
        records = self.watch.see(frame, self.tracker.update(detections, frame.at))
        if self.followed and not len(detections) and self.watch.quiet:
            # Where nothing is followed the tracker forgets: a run that is resumed here then gives the same
            # tracks as one that was never cut off.
            self.tracker.reset()
            self.followed = False
        return records

    def end(self) -> list[Observation | Picture]:
        """The sequence is over: end all tracks, and begin another."""
        records = self.watch.end()
        self.tracker.reset()
        self.gate = Gate(self.settings.gate)
        self.followed = False
        return records
