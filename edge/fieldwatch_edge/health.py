"""Health is what the camera sees, not whether the process lives; effort is when it really looked.

Effort is counted in capture time, from the frames that came. It is reported in spans, each once; what a
heartbeat has not carried yet is part of each checkpoint: a crash costs a live camera the seconds since
its last checkpoint, and a replayed source nothing (the cloud takes the union of what it is told twice).
"""

from __future__ import annotations

import shutil
import threading
import time
from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel

from fieldwatch_edge import vision
from fieldwatch_edge.sysfs import since_boot_s
from fieldwatch_shared.ids import uuid7, uuid7_from
from fieldwatch_shared.messages import CameraHealth, Clock, EffortSpan, Heartbeat, utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from fieldwatch_edge.domain import Frame
    from fieldwatch_edge.outbox import Statistics
    from fieldwatch_edge.view import ViewWatch
    from fieldwatch_edge.vision import Gray

FROZEN_AFTER = 5
"""Identical frames in a row. A living sensor's noise never repeats a picture."""
DARK_BELOW = 12.0
"""Mean grey level, of 255."""
BLURRED_BELOW = 20.0
"""`vision.sharpness`."""
SHARPNESS_EVERY_S = 10.0
"""Of the wall clock: it costs some milliseconds."""
LATELY_S = 24 * 3600.0
MAX_SPANS = 500
"""In one heartbeat; what is left goes into the next."""


class Span(BaseModel):
    started_at: datetime
    ended_at: datetime
    frames: int
    clock_offset_s: float | None = None
    over: bool = False
    """Looking ended with it: what comes next is another span, however soon."""
    former: bool = False
    """Dated by the clock of a boot before this one: the error of this one's is not its error."""


class EffortMeter:
    """The time spans in which frames came, of one deployment."""

    def __init__(self, node: str, deployment_id: UUID, max_gap_s: float) -> None:
        """A gap of more than `max_gap_s` seconds between frames ends a span."""
        self._name = (node, str(deployment_id))
        self._deployment_id = deployment_id
        self._max_gap = timedelta(seconds=max_gap_s)
        self._spans: list[Span] = []  # the last one may grow

    def seen(self, at: datetime) -> None:
        """A frame of this capture time came, perhaps out of order with its neighbours."""
        last = self._spans[-1] if self._spans else None
        if last and not last.over and last.started_at - self._max_gap <= at <= last.ended_at + self._max_gap:
            last.started_at, last.ended_at = min(last.started_at, at), max(last.ended_at, at)
            last.frames += 1
        else:
            self._spans.append(Span(started_at=at, ended_at=at, frames=1))

    def pause(self) -> None:
        """Nobody looks any more, though frames may come."""
        if self._spans:
            self._spans[-1].over = True

    def pending(self) -> list[EffortSpan]:
        """What no heartbeat has carried yet. The same spans again give the same ids."""
        return [
            EffortSpan(
                id=uuid7_from(span.started_at, *self._name, "effort", span.ended_at.isoformat()),
                deployment_id=self._deployment_id,
                started_at=span.started_at,
                ended_at=span.ended_at,
                frames=span.frames,
                clock_offset_s=span.clock_offset_s,
            )
            for span in self._spans
            if span.frames > 0
        ][:MAX_SPANS]

    def reported(self, spans: Sequence[EffortSpan]) -> None:
        """These are safe in the outbox. A span that still grows goes on where the report of it ended; one
        that grew backwards meanwhile is reported again, as a whole."""
        done = {span.started_at: span for span in spans}
        for span in self._spans:
            if (report := done.get(span.started_at)) is not None:
                span.started_at = report.ended_at
                span.frames -= report.frames
        self._spans = [span for span in self._spans[:-1] if span.frames > 0] + self._spans[-1:]

    def clock_was_wrong(self, covers: Callable[[datetime], bool], offset_s: float) -> None:
        """Of spans that are `covers`ed, by their own clock: its error, clock minus UTC."""
        for span in self._spans:
            known = span.former or span.clock_offset_s is not None
            if not known and covers(span.started_at) and covers(span.ended_at):
                span.clock_offset_s, span.over = offset_s, True

    @property
    def state(self) -> list[Span]:
        return [span.model_copy() for span in self._spans]

    def restore(self, state: list[Span], *, former: bool = False) -> None:
        """Go on from there.

        Args:
            former: the clock of a boot before this one dated it. Nothing that comes now belongs to the same
                span, though a clock that begins anew with each boot may say the same times.
        """
        self._spans = [
            span.model_copy(update={"over": True, "former": True}) if former else span for span in state
        ]


@dataclass(slots=True)
class _Looks:
    frozen: bool = False
    dark: bool = False
    blurred: bool = False


class CameraMonitor:
    """What one camera shows, and when it looked. The camera's thread writes, the heartbeat's reads."""

    def __init__(
        self,
        node: str,
        deployment_id: UUID,
        *,
        max_gap_s: float,
        live: bool,
        view: ViewWatch | None = None,
    ) -> None:
        """
        Args:
            live: repeated pictures mean a frozen camera; in archived footage they do not.
            view: of a camera that is to stand still.
        """
        self._view = view
        self._deployment_id = deployment_id
        self._live = live
        self._lock = threading.Lock()
        self._effort = EffortMeter(node, deployment_id, max_gap_s)
        self._looks = _Looks()
        self._fingerprint, self._repeats = 0, 0
        self._sharpness_due = 0.0
        self._frames_reported = 0
        self._restored = False
        self.frames = 0
        """Since the process started."""
        self.last_frame_at: datetime | None = None
        self.problem: str | None = None
        self.moved_at = time.monotonic()
        """When its thread last did something, if only waiting for a frame."""

    def moved(self) -> None:
        self.moved_at = time.monotonic()

    def saw(self, frame: Frame, thumbnail: Gray, *, looked: bool = True) -> None:
        """Take in a frame; `thumbnail` as of `vision.thumbnail`.

        Args:
            looked: whether it was looked at for what this camera's effort stands for. Where not, the span of
                effort before it is over.
        """
        looks = _Looks(dark=vision.brightness(thumbnail) < DARK_BELOW, blurred=self._looks.blurred)
        if self._live:
            fingerprint = vision.fingerprint(frame.image)
            self._repeats = self._repeats + 1 if fingerprint == self._fingerprint else 0
            self._fingerprint = fingerprint
            looks.frozen = self._repeats >= FROZEN_AFTER - 1
        if (now := time.monotonic()) >= self._sharpness_due:
            self._sharpness_due = now + SHARPNESS_EVERY_S
            # In the dark there is nothing to be sharp.
            looks.blurred = not looks.dark and vision.sharpness(frame.image) < BLURRED_BELOW
            if self._view is not None and not (looks.dark or looks.blurred) and self._view.due():
                self._view.look(frame.image)
        with self._lock:
            self._looks = looks
            self.frames += 1
            self.last_frame_at = frame.at
            # A frozen picture shows when it froze, not now: nobody looked.
            if not looked:
                self._effort.pause()
            elif not looks.frozen:
                self._effort.seen(frame.at)

    def pending(self) -> list[EffortSpan]:
        with self._lock:
            return self._effort.pending()

    def health(self) -> CameraHealth:
        with self._lock:
            return CameraHealth(
                deployment_id=self._deployment_id,
                last_frame_at=self.last_frame_at,
                frames=self.frames - self._frames_reported,
                frozen=self._looks.frozen,
                dark=self._looks.dark,
                blurred=self._looks.blurred,
                moved=self._view is not None and self._view.moved,
                problem=self.problem[:500] if self.problem else None,
            )

    def reported(self, health: CameraHealth, spans: Sequence[EffortSpan]) -> None:
        """This went into a heartbeat that is safe in the outbox."""
        with self._lock:
            self._frames_reported += health.frames
            self._effort.reported([span for span in spans if span.deployment_id == self._deployment_id])

    def clock_was_wrong(self, covers: Callable[[datetime], bool], offset_s: float) -> None:
        with self._lock:
            self._effort.clock_was_wrong(covers, offset_s)

    def effort_state(self) -> list[Span]:
        with self._lock:
            return self._effort.state

    def restore(self, effort: list[Span], *, former: bool = False) -> None:
        """Effort of a process before this one, once; `former`: as of `EffortMeter.restore`."""
        with self._lock:
            # A camera that is tried again in the same process: what we have is newer than any checkpoint.
            if self._restored or self.frames:
                return
            self._restored = True
            self._effort.restore(effort, former=former)


class GivenUpLately:
    """How many records were given up in the last day, from how many there were since the outbox was made.

    That number stays for ever, and a complaint with it, long after somebody has come and mended the cause.
    """

    def __init__(self, clock: Callable[[], float] = since_boot_s) -> None:
        """`clock`: seconds that no setting of the time changes."""
        self._clock = clock
        self._steps: deque[tuple[float, int]] = deque()
        """When there were how many, oldest first; the first one is what was there before."""

    def of(self, total: int) -> int:
        """`total`: so many by now. What was there when this process began was told by the one before."""
        now = self._clock()
        if self._steps and total < self._steps[-1][1]:  # a new outbox
            self._steps.clear()
            self._steps.append((now, 0))
        if not self._steps or total > self._steps[-1][1]:
            self._steps.append((now, total))
        while len(self._steps) > 1 and self._steps[1][0] <= now - LATELY_S:
            self._steps.popleft()
        return total - self._steps[0][1]


def heartbeat(
    *,
    clock: Clock,
    cameras: list[CameraHealth],
    effort: list[EffortSpan],
    outbox: Statistics,
    state_dir: Path,
    uptime_s: float,
    next_within_s: float,
    given_up_lately: int | None = None,
) -> Heartbeat:
    """A node's health at this moment."""
    now = utc_now()
    id_ = uuid7(now)
    return Heartbeat(
        id=id_,
        message_id=id_,
        observed_at=now,
        clock=clock,
        uptime_s=round(uptime_s, 1),
        software=software(),
        cameras=cameras,
        effort=effort,
        outbox_records=sum(outbox.records.values()),
        outbox_bytes=outbox.bytes,
        given_up=sum(outbox.given_up.values()),
        given_up_lately=given_up_lately,
        disk_free_bytes=shutil.disk_usage(state_dir).free,
        cpu_celsius=cpu_celsius(),
        next_within_s=next_within_s,
    )


def cpu_celsius(thermal: Path = Path("/sys/class/thermal")) -> float | None:
    """The hottest thermal zone that the kernel knows; None where it knows none."""
    found = []
    for file in thermal.glob("thermal_zone*/temp"):
        try:
            found.append(int(file.read_text()) / 1000)
        except (OSError, ValueError):  # a zone that is switched off answers with an error
            continue
    return max(found, default=None)


def software() -> str:
    """What runs here, as heartbeats say it."""
    try:
        return f"fieldwatch {version('fieldwatch')}"
    except PackageNotFoundError:  # a checkout that was not installed
        return "fieldwatch"
