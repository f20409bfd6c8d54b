"""One camera, frame by frame: health, fire watch, gate, detect, track, decide, outbox.

A checkpoint says: every frame up to this position is accounted for in the outbox. It is taken only where
nothing is being followed, so that a source that can replay goes on from there with the very same records;
what a live source was following in a crash is kept as an open track.
"""

from __future__ import annotations

import base64
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import structlog
from pydantic import BaseModel, ValidationError

from fieldwatch_edge import vision
from fieldwatch_edge.decide import FireWatch, WildlifeWatch
from fieldwatch_edge.decide.places import FireState
from fieldwatch_edge.detect import Detector, load_detector
from fieldwatch_edge.domain import Frame, Picture
from fieldwatch_edge.errors import EdgeError, OutboxError, PictureError
from fieldwatch_edge.gate import Gate
from fieldwatch_edge.health import CameraMonitor, Span
from fieldwatch_edge.outbox import Checkpoint, Entry, Outbox, Priority
from fieldwatch_edge.pictures import Pictures
from fieldwatch_edge.power.pace import Pacer
from fieldwatch_edge.track import Tracker
from fieldwatch_shared.messages import Observation, Suspicion

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from uuid import UUID

    from fieldwatch_edge.capture import Source, SourceStatus
    from fieldwatch_edge.decide.fire import Alarm
    from fieldwatch_edge.decide.places import Shown
    from fieldwatch_edge.domain import Onlooker
    from fieldwatch_edge.power.pace import Pace
    from fieldwatch_edge.settings import Camera, Polygon, WildlifeSettings

log = structlog.get_logger(__name__)

SAVE_EVERY_S = 2.0
"""Of the wall clock: how much a crash may cost a live camera. Each save waits for the disk."""
SUSPECT_AT_MOST = timedelta(minutes=15)
"""So long does one suspicion, or a fire that was told, suspend the power budget."""
FAILURES_IN_A_ROW = 20
"""One frame may be bad; when so many fail one after the other, it is not the frames."""


class State(BaseModel):
    """What a checkpoint remembers of one camera."""

    last_at: datetime | None = None
    reached_at: datetime | None = None
    """Capture time of the frame at the checkpoint's position."""
    arrived_until: int | None = None
    """The source's, then."""
    last_picture_at: datetime | None = None
    gate: str | None = None
    """Base64 of `Gate.state`."""
    fire: FireState | None = None
    effort: list[Span] = []


@dataclass(slots=True)
class Wildlife:
    """The stages that look for animals."""

    settings: WildlifeSettings
    detector: Detector
    tracker: Tracker
    watch: WildlifeWatch
    gate: Gate
    followed: bool = field(default=False)
    """Whether the tracker remembers anything."""

    def begin_sequence(self) -> None:
        self.tracker.reset()
        self.gate = Gate(self.settings.gate)
        self.followed = False


@dataclass(frozen=True, slots=True)
class Fire:
    """The stages that look for smoke."""

    detector: Detector
    watch: FireWatch


class Pipeline:
    """Takes one camera's frames to the outbox. One thread."""

    def __init__(
        self,
        node: str,
        camera: Camera,
        outbox: Outbox,
        monitor: CameraMonitor,
        *,
        search_path: Sequence[Path],
        stop: threading.Event,
        masks: Callable[[], Sequence[Polygon]] = tuple,
        onlooker: Onlooker | None = None,
        pacer: Pacer | None = None,
        witness: Callable[[Detector, str, float], Detector] | None = None,
    ) -> None:
        """Load the camera's models and take up its last checkpoint.

        Args:
            search_path: where models are looked up by name.
            stop: set from outside to have `run` return soon.
            masks: the ignore masks that the cloud wants now, asked at each frame.
            onlooker: who may want to see pictures live.
            pacer: how much may be looked, asked at each frame; None: as the settings say, always. Pictures
                that were taken long ago are looked at as if there were none: they are all there will be.
            witness: given each detector, its name in the settings and its threshold; gives the one to use.

        Raises:
            ModelError: a model cannot be loaded.
            OutboxError: the checkpoint cannot be read.
        """
        self._node, self._camera, self._outbox, self._monitor = node, camera, outbox, monitor
        self._name = str(camera.deployment_id)
        self._stop, self._onlooker = stop, onlooker
        self._pacer = pacer if pacer is not None and _goes_on(camera) else Pacer()
        self._calm_at: datetime | None = None
        self._suspicious_since: datetime | None = None
        self._rests = False
        """Whether animals are not looked for just now."""
        self._last_at: datetime | None = None
        self._position: str | None = None
        self._reached_at: datetime | None = None
        self._arrived_until: int | None = None
        self._source: Source | None = None
        self._saved_at = self._came_at = self._watched_at = time.monotonic()
        self._failed, self._failed_in_a_row = 0, 0
        self._last_failure = ""
        self._pictures = Pictures(node, camera.deployment_id)
        self._fire, self._wildlife = _stages(
            node, camera, search_path, self._pictures, masks, witness or _as_it_is
        )
        self._restore()

    @property
    def position(self) -> str | None:
        """Where the source goes on: the position of the last frame that is accounted for."""
        return self._position

    @property
    def reached_at(self) -> datetime | None:
        """The capture time of that frame."""
        return self._reached_at

    @property
    def arrived_until(self) -> int | None:
        """The source's `arrived_until` then."""
        return self._arrived_until

    def run(self, source: Source, *, finite: bool) -> None:
        """Take in the frames of `source` until it ends or `stop` is set.

        A frame that cannot be worked on is passed over. What could not be taken in of a source that has ended
        is the monitor's problem then.

        Args:
            finite: the source ends by itself: how fast its frames come says nothing about time.

        Raises:
            SourceError: the source gives no pictures as it is configured.
            Exception: what ailed the last of `FAILURES_IN_A_ROW` frames. The checkpoint lies before them.
        """
        self._source = source
        if not source.replayable:
            self._try(lambda: self._outbox.release(self._name))  # of a run that was cut off
        elif self._fire is not None:
            self._fire.watch.recall(source.again)
        if self._onlooker is not None:
            source.show_to(self._onlooker)
        for frame in source.frames():
            if self._stop.is_set():
                break
            self._monitor.moved()
            self._monitor.problem = source.status.problem
            if frame is not None:
                self._take(frame)
                continue
            self._arrived_until = source.arrived_until
            if not finite:
                self._idle()
        if not self._stop.is_set():
            self._arrived_until = source.arrived_until
            self._end_sequence(force=True)
            self._try(lambda: self._outbox.release(self._name))
            self._monitor.problem = self._given_up(source.status)
        elif not source.replayable:
            self._end_sequence(force=True)
        else:
            # What can be replayed is left open: the next run will see how it ends.
            self._save([], force=True)

    def _take(self, frame: Frame) -> None:
        self._came_at = time.monotonic()
        if self._onlooker is not None and self._onlooker.due():
            self._onlooker.put(frame.image)
        if self._last_at is not None and not timedelta(0) <= frame.at - self._last_at <= self._gap:
            self._end_sequence()
        # What ended before this frame is safe from whatever the frame does.
        records = [] if self._wildlife is None else self._wildlife.watch.until(frame.at)
        try:
            records += self._look(frame)
        except OutboxError:
            raise
        except Exception as error:  # one bad frame must not hold up all that come behind it
            self._note_failure(frame, error)
            if self._failed_in_a_row >= FAILURES_IN_A_ROW:
                self._save(records)
                raise
        else:
            self._failed_in_a_row = 0
        self._last_at = frame.at
        # A picture that comes late to its folder must not make the next run show again what lies behind it.
        if (
            self._camera.source.kind != "folder"
            or self._reached_at is None
            or (self._reached_at, self._position or "") < (frame.at, frame.position)
        ):
            self._reached_at, self._position = frame.at, frame.position
        # Not sooner: a checkpoint that ends a sequence before this frame must not count it as shown.
        if self._source is not None:
            self._arrived_until = self._source.arrived_until
        self._save(records)

    def _look(self, frame: Frame) -> list[Observation | Picture]:
        thumbnail = vision.thumbnail(frame.image)
        pace = self._pacer()
        if self._fire is not None and self._fire.watch.due(frame.at, frame.pose, self._fire_every_s(pace)):
            alarms = self._fire.watch.see(frame, self._fire.detector.detect(frame.image))
            self._watch_out(self._fire.watch, frame.at, alarmed=bool(alarms))
            if self._source is not None and frame.pose is not None:
                self._source.suspects(frame.pose if self._fire.watch.suspects_at(frame.pose) else None)
            self._pacer.looked(self._name)
            if alarms:
                self._raise(alarms)
        # Of a camera that looks for animals, effort is when it did: rates are per camera-day of that. Of one
        # that watches for fire alone, when it looked at all; the floor of fire watch ends no span of it.
        looks = self._wildlife is None or pace.looks_for_animals(frame.at)
        records: list[Observation | Picture] = []
        if self._wildlife is not None and looks:
            records = _look_for_animals(self._wildlife, frame, thumbnail)
        elif self._wildlife is not None and not self._rests:
            records = self._wildlife.watch.end()
            self._wildlife.begin_sequence()
        self._rests = not looks
        self._monitor.saw(frame, thumbnail, looked=looks)  # last: who could not work on it made no effort
        return records

    def _fire_every_s(self, pace: Pace) -> float:
        """What the power budget asks for; nothing, while something is suspected."""
        return 0.0 if self._suspicious_since is not None else pace.fire_every_s

    def _watch_out(self, watch: FireWatch, at: datetime, *, alarmed: bool) -> None:
        """While something is suspected look as often as without a power budget, and do not sleep; but not for
        ever, or a chimney would empty the battery, and nobody would see the next fire."""
        self._watched_at = time.monotonic()
        if not watch.suspects and not alarmed:
            self._suspicious_since = self._calm_at = None
        elif self._calm_at is None or alarmed:
            self._suspicious_since = self._calm_at = at
        elif abs(at - self._calm_at) > SUSPECT_AT_MOST:
            self._suspicious_since = None
        why = None if self._suspicious_since is None else f"camera {self._name} watches a fire"
        self._pacer.stay_awake(self._name, why)

    def _raise(self, alarms: list[Alarm]) -> None:
        """Write suspicions at once: a fire waits neither for the animals in the picture nor for any encoding.
        Then its picture, then what it looked like before, then the clip."""
        suspicions = [alarm.suspicion for alarm in alarms]
        self._try(lambda: self._outbox.write(ready=[Entry.of(suspicion) for suspicion in suspicions]))
        _report(suspicions)
        for alarm in alarms:
            self._keep(Priority.SUSPICION_PICTURE, partial(self._pictures.still, alarm.frame))
        for alarm in alarms:
            if alarm.before is not None:
                self._keep(Priority.SUSPICION_CONTEXT, partial(_before, self._pictures, *alarm.before))
            if (clip_id := alarm.suspicion.clip_media_id) is not None:
                self._keep(Priority.SUSPICION_CONTEXT, partial(_clip, self._pictures, clip_id, alarm))

    def _keep(self, priority: Priority, make: Callable[[], Picture]) -> None:
        """Write a picture of a suspicion. One that cannot be made must not take the others with it."""
        try:
            picture = make()
        except PictureError as error:
            log.error("pipeline.picture_not_made", deployment=self._name, error=str(error))  # noqa: TRY400
            return
        self._try(lambda: self._outbox.write(ready=[Entry.of(picture, priority)]))

    def _note_failure(self, frame: Frame, error: Exception) -> None:
        self._failed += 1
        self._failed_in_a_row += 1
        self._last_failure = f"{frame.position}: {error}"
        self._monitor.problem = self._last_failure
        log.error(
            "pipeline.frame_failed",
            deployment=self._name,
            position=frame.position,
            failed=self._failed,
            error=str(error),
            exc_info=not isinstance(error, EdgeError),  # of ours: a sentence says all
        )

    def _given_up(self, status: SourceStatus) -> str | None:
        """What is missing of a source that has ended; None where nothing is."""
        skipped = status.skipped + self._failed
        last = self._last_failure or status.problem
        if not skipped:
            return last
        return f"pictures that could not be taken in: {skipped}, {last or 'which the log names'}"

    def _idle(self) -> None:
        """No frame comes: after the length of a sequence gap, what was followed has gone."""
        if (
            self._suspicious_since is not None
            and time.monotonic() - self._watched_at > SUSPECT_AT_MOST.total_seconds()
        ):  # a camera that is gone sees no fire: it must not empty the battery of those that do
            self._suspicious_since = None
            self._pacer.stay_awake(self._name, None)
        if time.monotonic() - self._came_at > self._camera.sequence_gap_s:
            self._came_at = time.monotonic()
            self._end_sequence()
        else:
            self._save([])

    def _end_sequence(self, *, force: bool = False) -> None:
        records: list[Observation | Picture] = []
        if self._wildlife is not None:
            records = self._wildlife.watch.end()
            self._wildlife.begin_sequence()
        self._save(records, force=force)

    def _save(self, records: list[Observation | Picture], *, force: bool = False) -> None:
        """Put `records` into the outbox, with a checkpoint or the open tracks where it is time for them."""
        due = force or time.monotonic() - self._saved_at >= SAVE_EVERY_S
        if not records and not due:
            return
        quiet = self._wildlife is None or (self._wildlife.watch.quiet and not self._wildlife.followed)
        # Frames that fail one after the other may all be seen once what ails them is mended.
        accounted = quiet and not self._failed_in_a_row
        # A live source never goes back: where it stands is worth keeping at any time.
        checkpoint = self._checkpoint() if accounted or not self._replays else None
        open_tracks = [] if quiet or self._wildlife is None else self._wildlife.watch.open()
        self._try(
            lambda: self._outbox.write(
                self._name,
                ready=[Entry.of(record) for record in records],
                open_tracks=[Entry.of(observation) for observation in open_tracks],
                checkpoint=checkpoint,
            )
        )
        self._saved_at = time.monotonic()
        _report(records)

    def _checkpoint(self) -> Checkpoint:
        state = State(
            last_at=self._last_at,
            reached_at=self._reached_at,
            arrived_until=self._arrived_until,
            effort=self._monitor.effort_state(),
        )
        if self._wildlife is not None:
            state.last_picture_at = self._wildlife.watch.last_picture_at
            state.gate = base64.b64encode(self._wildlife.gate.state()).decode()
        if self._fire is not None:
            state.fire = self._fire.watch.state
        return Checkpoint(self._position if self._replays else None, state.model_dump_json())

    def _restore(self) -> None:
        checkpoint = self._outbox.checkpoint(self._name)
        if checkpoint is None:
            return
        try:
            state = State.model_validate_json(checkpoint.state)
        except ValidationError as error:
            log.warning("pipeline.checkpoint_unreadable", deployment=self._name, error=str(error))
            return
        self._position, self._last_at = checkpoint.position, state.last_at
        self._reached_at, self._arrived_until = state.reached_at or state.last_at, state.arrived_until
        if self._monitor.frames == 0:  # else this is no new process, and the monitor knows better
            self._monitor.restore(state.effort)
        if self._wildlife is not None:
            self._wildlife.watch.last_picture_at = state.last_picture_at
            if state.gate is not None:
                self._wildlife.gate.restore(base64.b64decode(state.gate))
        if self._fire is not None and state.fire is not None:
            self._fire.watch.restore(state.fire)
            if self._fire.watch.suspects:  # what a restart cut off is looked at as closely as before it
                self._suspicious_since = self._calm_at = self._last_at
        log.info("pipeline.resumed", deployment=self._name, position=self._position)

    @property
    def _replays(self) -> bool:
        return self._camera.source.kind in ("folder", "video")

    @property
    def _gap(self) -> timedelta:
        return self._camera.sequence_gap

    def _try(self, write: Callable[[], object]) -> None:
        """Write to the outbox; while the disk refuses, say so and try again: nothing may be skipped."""
        wait_s = 1.0
        while True:
            self._monitor.moved()
            try:
                write()
            except OutboxError as error:
                self._monitor.problem = str(error)
                log.error("pipeline.outbox_unusable", deployment=self._name, error=str(error), wait_s=wait_s)  # noqa: TRY400
                if self._stop.wait(wait_s):
                    raise
                wait_s = min(2 * wait_s, 60.0)
            else:
                return


def _goes_on(camera: Camera) -> bool:
    """Whether the camera looks at what is now: there, a frame that is left out has another after it."""
    source = camera.source
    return source.kind in ("rtsp", "v4l2") or (source.kind == "folder" and source.follow)


def _look_for_animals(stages: Wildlife, frame: Frame, thumbnail: vision.Gray) -> list[Observation | Picture]:
    """Gate, detect, track, decide; returns what ended."""
    if not stages.gate.lets_through(thumbnail, frame.at):
        return []
    detections = stages.detector.detect(frame.image)
    if len(detections):
        stages.gate.saw_something(frame.at)
    stages.followed = stages.followed or len(detections) > 0
    records = stages.watch.see(frame, stages.tracker.update(detections, frame.at))
    if stages.followed and not len(detections) and stages.watch.quiet:
        # Where nothing is followed the tracker forgets: a run that is resumed here then gives the same
        # tracks as one that was never cut off.
        stages.tracker.reset()
        stages.followed = False
    return records


def _before(pictures: Pictures, shown: Shown, jpeg: bytes) -> Picture:
    return pictures.still(Frame(vision.decode(jpeg), shown.at, shown.clock, shown.position, jpeg))


def _clip(pictures: Pictures, id_: UUID, alarm: Alarm) -> Picture:
    """From the view before, where it is known, to the frame that confirmed."""
    images = alarm.clip
    if alarm.before is not None:
        before = vision.small(vision.decode(alarm.before[1]), images[0].shape[1])
        if before.shape == images[0].shape:
            images = [before, *images]
    return pictures.clip(id_, alarm.frame.at, alarm.frame.clock, images)


def _as_it_is(detector: Detector, model: str, threshold: float) -> Detector:
    del model, threshold
    return detector


def _stages(
    node: str,
    camera: Camera,
    search_path: Sequence[Path],
    pictures: Pictures,
    masks: Callable[[], Sequence[Polygon]],
    witness: Callable[[Detector, str, float], Detector],
) -> tuple[Fire | None, Wildlife | None]:
    fire, wildlife = None, None
    if camera.fire is not None:
        share = camera.fire.faint or 1.0
        detector = load_detector(camera.fire.detector, search_path, down_to=share)
        watch = FireWatch(
            node,
            camera,
            camera.fire,
            model=detector.label,
            classes=detector.classes,
            threshold=detector.conf / share,
            pictures=pictures,
            masks=masks,
        )
        fire = Fire(witness(detector, camera.fire.detector.model, detector.conf / share), watch)
    if camera.wildlife is not None:
        settings = camera.wildlife
        detector = load_detector(settings.detector, search_path)
        detector = witness(detector, settings.detector.model, detector.conf)
        animals = WildlifeWatch(
            node,
            camera.deployment_id,
            settings,
            model=detector.label,
            classes=detector.classes,
            keep=pictures.still,
        )
        unknown = next((index for index, known in enumerate(detector.classes) if known.unknown), None)
        tracker = Tracker(settings.lost_s, unknown)
        wildlife = Wildlife(settings, detector, tracker, animals, Gate(settings.gate))
    return fire, wildlife


def _report(records: Sequence[Observation | Suspicion | Picture]) -> None:
    for record in records:
        if isinstance(record, Suspicion):
            log.warning(
                "pipeline.suspicion",
                kind=record.kind.value,
                observed_at=record.observed_at.isoformat(),
                confidence=record.confidence,
                bearing_deg=record.bearing_deg,
            )
        elif isinstance(record, Observation):
            log.info(
                "pipeline.observation",
                species=record.scientific_name or record.observation_type.value,
                observed_at=record.observed_at.isoformat(),
                frames=record.frames,
                confidence=record.confidence,
            )
