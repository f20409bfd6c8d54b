"""A camera that turns from pose to pose, as a source of frames that each know how it was aimed.

A thread tells the camera to turn and waits until it stands; frames that come meanwhile are dropped. Where
it cannot be told to turn, or does not, that is its problem in heartbeats, and fire watch goes on where it
stands, by frames without a pose: no bearing rather than a wrong one.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import structlog

from fieldwatch_edge import vision
from fieldwatch_edge.capture.source import Source, SourceStatus
from fieldwatch_edge.onvif.client import OnvifError, Turner
from fieldwatch_shared.messages import Pose

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fieldwatch_edge.domain import Frame, Onlooker
    from fieldwatch_edge.onvif.client import Status
    from fieldwatch_edge.settings import Camera, Patrol
    from fieldwatch_edge.settings.patrol import PatrolPose

log = structlog.get_logger(__name__)

ASK_EVERY_S = 0.5
TURN_S = 45.0
"""The slowest heads turn half round in less."""
AGAIN_S = 10.0
"""After a failure the camera is told again so much later."""
UNSEEN_S = 10.0
"""So long a pose waits for its first frame: a stream that is dead must not stop the round."""
STILL_GREY = 6.0
"""Two frames that differ by less, of 255, on average at 160 pixels' width, show a camera that stands."""
MOST_UNQUIET = 20
"""Frames: by then it is the wind, not the motor."""
SAME_PLACE = 0.002
"""Of the camera's own coordinates: encoders are no more exact."""


@dataclass(frozen=True, slots=True)
class Aim:
    """How the camera is aimed, from some moment on."""

    number: int
    stands: bool
    pose: Pose | None = None
    """None while it moves, and where it is not known."""
    sure: bool = True
    """False: the camera does not say whether it stands; its pictures must."""


def patrolled(camera: Camera, source: Source) -> Source:
    """`source`, turned from pose to pose where the camera's settings say so."""
    return source if camera.patrol is None else PatrolSource(source, camera.patrol)


class PatrolSource(Source):
    """The frames of a camera that stands, each with its pose."""

    replayable: ClassVar[bool] = False

    def __init__(self, source: Source, patrol: Patrol) -> None:
        self._source, self._patrol = source, patrol
        self._stop = threading.Event()
        self._aim = Aim(0, stands=False)
        self._shown = 0
        """The number of the aim of which a frame was given last."""
        self._problem: str | None = None
        self._suspects: Pose | None = None
        """The pose at which something is suspected now."""
        self._thread: threading.Thread | None = None

    @property
    def status(self) -> SourceStatus:
        found = self._source.status
        told = "; ".join(each for each in (found.problem, self._problem) if each)
        return replace(found, problem=told or None)

    def show_to(self, onlooker: Onlooker) -> None:
        self._source.show_to(onlooker)

    def suspects(self, pose: Pose | None) -> None:
        self._suspects = pose

    def close(self) -> None:
        self._stop.set()
        self._source.close()
        if self._thread is not None:
            self._thread.join(timeout=2)  # a call to the camera ends by its own time-out

    def frames(self, idle_s: float = 1.0) -> Iterator[Frame | None]:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="patrol", daemon=True)
            self._thread.start()
        before: tuple[Aim, Frame] | None = None
        unquiet = 0
        for frame in self._source.frames(idle_s):
            if frame is None:
                yield None
                continue
            aim = self._aim
            # The first frame since it stands may have been taken before, and have waited.
            held = before is not None and before[0].number == aim.number
            if not held:
                unquiet = 0
            elif not aim.sure and before is not None and unquiet < MOST_UNQUIET:
                still = _alike(before[1], frame)
                unquiet = MOST_UNQUIET if still else unquiet + 1
                held = still or unquiet >= MOST_UNQUIET
            before = (aim, frame)
            if aim.stands and held:
                self._shown = aim.number
                yield replace(frame, pose=aim.pose)
            else:
                yield None

    # In the patrol's own thread

    def _run(self) -> None:
        turner: Turner | None = None
        former: tuple[PatrolPose | None, Status] | None = None
        number = 0
        while not self._stop.is_set():
            pose = self._patrol.poses[number % len(self._patrol.poses)]
            try:
                turner = turner or Turner(self._patrol)
                former = former or (None, turner.status())
                aim, status = self._turn(turner, pose, former)
            except OnvifError as error:
                self._fail(str(error))
                self._stop.wait(AGAIN_S)
                continue
            except Exception as error:  # a fault of ours must not end the watch of this camera
                log.exception("patrol.failed")
                self._fail(f"internal error: {error!r}")
                self._stop.wait(AGAIN_S)
                continue
            former = (pose, status)
            if self._problem is not None:
                log.info("patrol.turns_again", pose=pose.name)
            self._problem, self._aim = None, aim
            self._dwell(aim)
            number += 1
        if turner is not None:
            turner.close()

    def _turn(
        self, turner: Turner, pose: PatrolPose, former: tuple[PatrolPose | None, Status]
    ) -> tuple[Aim, Status]:
        """Turn to that pose, and return when the camera stands.

        Raises:
            OnvifError: it cannot be told, or did not get there.
        """
        if former[0] == pose and self._aim.pose is not None:  # there is but one
            return self._aim, former[1]
        if self._aim.pose is not None:
            self._aim = Aim(self._aim.number + 1, stands=False)
        turner.go(pose.preset, pose.position)
        # One that stood who knows where was watched until it took the order.
        self._aim = Aim(self._aim.number + 1, stands=False)
        status = self._stands(turner)
        stayed = _at_one_place(former[1], status)
        if stayed and former[0] is not None and not _alike_aimed(former[0], pose):
            raise OnvifError(f"the camera did not turn from {former[0].name} to {pose.name}")
        told: Pose | None = Pose(
            heading_deg=pose.heading_deg, tilt_deg=pose.tilt_deg, field_of_view_deg=pose.field_of_view_deg
        )
        if stayed and former[0] is None and len(self._patrol.poses) > 1:
            # It may stand there already, or not turn at all: the next pose will tell.
            told = None
        return Aim(self._aim.number + 1, stands=True, pose=told, sure=status.moving is False), status

    def _stands(self, turner: Turner) -> Status:
        """Wait until the camera stands, and `settle_s` more; by its word where it gives one."""
        until = time.monotonic() + TURN_S
        self._stop.wait(ASK_EVERY_S)  # a motor that begins late says idle before
        while True:
            status = turner.status()
            if status.moving is not True:
                self._stop.wait(self._patrol.settle_s)
                after = turner.status() if status.moving is False else status
                if after.moving is not True:
                    return after
            if self._stop.wait(ASK_EVERY_S):
                return status
            if time.monotonic() > until:
                raise OnvifError(f"the camera has not come to a stand for {TURN_S:.0f} s")

    def _dwell(self, aim: Aim) -> None:
        """Stay `dwell_s` from the first frame on (a slow machine turned away from what it had not looked at),
        and where something is suspected there until it is decided, `hold_s` at most."""
        arrived = time.monotonic()
        began: float | None = None
        while not self._stop.wait(min(ASK_EVERY_S, self._patrol.dwell_s)):
            now = time.monotonic()
            if began is None and (self._shown == aim.number or now - arrived >= UNSEEN_S):
                began = now
            held = self._suspects is not None and self._suspects == aim.pose
            stay_s = self._patrol.dwell_s + (self._patrol.hold_s if held else 0)
            if began is not None and now - began >= stay_s:
                return

    def _fail(self, why: str) -> None:
        """Go on where it stands, not knowing where that is."""
        if self._problem != why:
            log.warning("patrol.does_not_turn", reason=why)
        self._problem = f"patrol: {why}; it watches where it stands, without bearings"
        if not self._aim.stands or self._aim.pose is not None:
            self._aim = Aim(self._aim.number + 1, stands=True)


def _at_one_place(was: Status, now: Status) -> bool:
    """Whether the camera's coordinates are the same; False where it tells none."""
    if was.position is None or now.position is None:
        return False
    return all(abs(a - b) <= SAME_PLACE for a, b in zip(was.position, now.position, strict=True))


def _alike_aimed(one: PatrolPose, other: PatrolPose) -> bool:
    return (one.heading_deg, one.tilt_deg, one.field_of_view_deg) == (
        other.heading_deg,
        other.tilt_deg,
        other.field_of_view_deg,
    )


def _alike(one: Frame, other: Frame) -> bool:
    a, b = vision.thumbnail(one.image), vision.thumbnail(other.image)
    return a.shape == b.shape and float(np.abs(a.astype(np.int16) - b).mean()) < STILL_GREY
