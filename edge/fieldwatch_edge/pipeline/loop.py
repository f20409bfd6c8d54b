"""One camera, frame by frame."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from pydantic import ValidationError

from fieldwatch_edge import vision
from fieldwatch_edge.errors import OutboxError
from fieldwatch_edge.outbox import Checkpoint, Entry
from fieldwatch_edge.pictures import Pictures
from fieldwatch_edge.pipeline.alarms import Alarms
from fieldwatch_edge.pipeline.checkpoints import Place, State
from fieldwatch_edge.pipeline.failures import Failures
from fieldwatch_edge.pipeline.stages import Fire, Wildlife
from fieldwatch_edge.pipeline.vigil import Vigil
from fieldwatch_edge.pipeline.writing import Writer
from fieldwatch_edge.power.pace import Pacer
from fieldwatch_edge.sysfs import boot_id
from fieldwatch_shared.messages import Observation

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from fieldwatch_edge.capture import Source
    from fieldwatch_edge.detect import Detector
    from fieldwatch_edge.domain import Frame, Onlooker, Picture
    from fieldwatch_edge.health import CameraMonitor
    from fieldwatch_edge.outbox import Outbox
    from fieldwatch_edge.pipeline.stages import Witness
    from fieldwatch_edge.power.pace import Pace
    from fieldwatch_edge.settings import Camera, Polygon

log = structlog.get_logger(__name__)

SAVE_EVERY_S = 2.0
"""Of the wall clock: how much a crash may cost a live camera. Each save waits for the disk."""


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
        witness: Witness | None = None,
        boot: str | None = None,
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
            boot: an id of this start of the machine; default: the kernel's.

        Raises:
            ModelError: a model cannot be loaded.
            OutboxError: the checkpoint cannot be read.
        """
        self._camera, self._outbox, self._monitor = camera, outbox, monitor
        self._name = str(camera.deployment_id)
        self._boot = boot_id() if boot is None else boot
        self._stop, self._onlooker = stop, onlooker
        # Where a source ends by itself, nothing comes after a frame that is left out.
        self._pacer = pacer if pacer is not None and not camera.is_finite else Pacer()
        self._rests = False
        """Whether animals are not looked for just now."""
        self._source: Source | None = None
        self._saved_at = self._came_at = time.monotonic()
        self._place, self._vigil, self._failures = Place(), Vigil(), Failures(self._name)
        self._write = Writer(self._name, monitor, stop)
        pictures, witness = Pictures(node, camera.deployment_id), witness or _as_it_is
        self._alarms = Alarms(self._name, outbox, pictures, self._write)
        self._fire: Fire | None = None
        self._wildlife: Wildlife | None = None
        if camera.fire is not None:
            self._fire = Fire.of(node, camera, camera.fire, search_path, pictures, masks, witness)
        if camera.wildlife is not None:
            self._wildlife = Wildlife.of(node, camera, camera.wildlife, search_path, pictures, witness)
        self._restore()

    @property
    def position(self) -> str | None:
        """Where the source goes on: the position of the last frame that is accounted for."""
        return self._place.position

    @property
    def reached_at(self) -> datetime | None:
        """The capture time of that frame."""
        return self._place.reached_at

    @property
    def arrived_until(self) -> int | None:
        """The source's `arrived_until` then."""
        return self._place.arrived_until

    def run(self, source: Source, *, finite: bool) -> None:
        """Take in the frames of `source` until it ends or `stop` is set.

        A frame that cannot be worked on is passed over. What could not be taken in of a source that has ended
        is the monitor's problem then.

        Args:
            finite: the source ends by itself: how fast its frames come says nothing about time.

        Raises:
            SourceError: the source gives no pictures as it is configured.
            Exception: what ailed the last of `failures.IN_A_ROW` frames. The checkpoint lies before them.
        """
        self._source = source
        if not source.replayable:
            self._write(lambda: self._outbox.release(self._name))  # of a run that was cut off
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
            self._place.arrived_until = source.arrived_until
            if not finite:
                self._idle()
        if not self._stop.is_set():
            self._place.arrived_until = source.arrived_until
            self._end_sequence(force=True)
            self._write(lambda: self._outbox.release(self._name))
            self._monitor.problem = self._failures.missing(source.status)
        elif not source.replayable:
            self._end_sequence(force=True)
        else:
            # What can be replayed is left open: the next run will see how it ends.
            self._save([], force=True)

    # One frame, or none

    def _take(self, frame: Frame) -> None:
        self._came_at = time.monotonic()
        if self._onlooker is not None and self._onlooker.due():
            self._onlooker.put(frame.image)
        last_at = self._place.last_at
        if last_at is not None and not timedelta(0) <= frame.at - last_at <= self._camera.sequence_gap:
            self._end_sequence()
        # What ended before this frame, or in it, is safe from whatever the frame does.
        ended = [] if self._wildlife is None else self._wildlife.watch.until(frame.at)
        try:
            self._look(frame, ended)
        except OutboxError:
            raise
        except Exception as error:  # one bad frame must not hold up all that come behind it
            self._failures.note(frame, error)
            self._monitor.problem = self._failures.last
            if self._failures.too_many:
                self._save(ended)
                raise
        else:
            self._failures.in_a_row = 0
        self._place.took(frame, arrives_late=self._camera.source.kind == "folder")
        # Not sooner: a checkpoint that ends a sequence before this frame must not count it as shown.
        if self._source is not None:
            self._place.arrived_until = self._source.arrived_until
        self._save(ended)

    def _look(self, frame: Frame, ended: list[Observation | Picture]) -> None:
        """Have all stages look at a frame; what ended with it is appended to `ended`."""
        thumbnail = vision.thumbnail(frame.image)
        pace = self._pacer()
        if self._fire is not None:
            self._look_for_fire(self._fire, frame, pace)
        # Of a camera that looks for animals, effort is when it did: rates are per camera-day of that. Of one
        # that watches for fire alone, when it looked at all; the floor of fire watch ends no span of it.
        looks = self._wildlife is None or pace.looks_for_animals(frame.at)
        if self._wildlife is not None and looks:
            ended += self._wildlife.look(frame, thumbnail)
        elif self._wildlife is not None and not self._rests:
            ended += self._wildlife.end()
        self._rests = not looks
        self._monitor.saw(frame, thumbnail, looked=looks)  # last: who could not work on it made no effort

    def _look_for_fire(self, fire: Fire, frame: Frame, pace: Pace) -> None:
        # What the power budget asks for; nothing, while something is suspected.
        every_s = 0.0 if self._vigil.lasts else pace.fire_every_s
        if not fire.watch.due(frame.at, frame.pose, every_s):
            return
        alarms = fire.watch.see(frame, fire.detector.detect(frame.image))
        if alarms:
            self._alarms.tell(alarms)
        self._vigil.saw(frame.at, suspects=fire.watch.suspects, alarmed=bool(alarms))
        self._stay_awake()
        if self._source is not None and frame.pose is not None:
            self._source.suspects(frame.pose if fire.watch.suspects_at(frame.pose) else None)
        self._pacer.looked(self._name)
        if alarms:
            self._alarms.show(alarms)

    def _stay_awake(self) -> None:
        why = f"camera {self._name} watches a fire" if self._vigil.lasts else None
        self._pacer.stay_awake(self._name, why)

    def _idle(self) -> None:
        """No frame comes: after the length of a sequence gap, what was followed has gone."""
        if self._vigil.given_up():
            self._stay_awake()
        if time.monotonic() - self._came_at > self._camera.sequence_gap_s:
            self._came_at = time.monotonic()
            self._end_sequence()
        else:
            self._save([])

    def _end_sequence(self, *, force: bool = False) -> None:
        self._save([] if self._wildlife is None else self._wildlife.end(), force=force)

    # What is kept

    def _save(self, records: list[Observation | Picture], *, force: bool = False) -> None:
        """Put `records` into the outbox, with a checkpoint or the open tracks where it is time for them."""
        due = force or time.monotonic() - self._saved_at >= SAVE_EVERY_S
        if not records and not due:
            return
        quiet = self._wildlife is None or self._wildlife.quiet
        # Frames that fail one after the other may all be seen once what ails them is mended.
        accounted = quiet and not self._failures.in_a_row
        # A live source never goes back: where it stands is worth keeping at any time.
        checkpoint = self._checkpoint() if accounted or self._camera.is_live else None
        open_tracks = [] if quiet or self._wildlife is None else self._wildlife.watch.open()
        self._write(
            lambda: self._outbox.write(
                self._name,
                ready=[Entry.of(record) for record in records],
                open_tracks=[Entry.of(observation) for observation in open_tracks],
                checkpoint=checkpoint,
            )
        )
        self._saved_at = time.monotonic()
        for record in records:
            if isinstance(record, Observation):
                log.info(
                    "pipeline.observation",
                    species=record.scientific_name or record.observation_type.value,
                    observed_at=record.observed_at.isoformat(),
                    frames=record.frames,
                    confidence=record.confidence,
                )

    def _checkpoint(self) -> Checkpoint:
        state = State.of(self._place, self._monitor, self._fire, self._wildlife, self._boot)
        return Checkpoint(None if self._camera.is_live else self._place.position, state.model_dump_json())

    def _restore(self) -> None:
        checkpoint = self._outbox.checkpoint(self._name)
        if checkpoint is None:
            return
        try:
            state = State.model_validate_json(checkpoint.state)
        except ValidationError as error:
            log.warning("pipeline.checkpoint_unreadable", deployment=self._name, error=str(error))
            return
        self._place = state.place(checkpoint.position)
        # What is replayed bears times of its own, whichever boot looks at it.
        former = self._camera.is_live and state.boot is not None and state.boot != self._boot
        state.restore(self._monitor, self._fire, self._wildlife, former=former)
        if self._fire is not None and self._fire.watch.suspects:
            self._vigil.resume(state.last_at)
        log.info("pipeline.resumed", deployment=self._name, position=self._place.position)


def _as_it_is(detector: Detector, model: str, threshold: float) -> Detector:
    del model, threshold
    return detector
