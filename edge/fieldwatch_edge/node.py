"""A node: one thread for each camera, one for the link, one for heartbeats, and how they start and stop."""

from __future__ import annotations

import math
import os
import threading
import time
from collections import deque
from functools import partial
from typing import TYPE_CHECKING

import structlog

from fieldwatch_edge.aiming.record import view_of
from fieldwatch_edge.capture import open_source, system_clock
from fieldwatch_edge.capture.clock import ask_system
from fieldwatch_edge.clockwork import Clockwork
from fieldwatch_edge.companions import Beside, Surroundings, companions
from fieldwatch_edge.desired import DESIRED_FILE, Desired
from fieldwatch_edge.errors import CorruptOutboxError, EdgeError, OutboxError, StuckError
from fieldwatch_edge.fleet.ledger import FOLDER as FLEET_FOLDER
from fieldwatch_edge.fleet.means import Roots
from fieldwatch_edge.fleet.witness import ALBUM, Witness
from fieldwatch_edge.health import CameraMonitor, GivenUpLately, heartbeat
from fieldwatch_edge.identity.seal import Seal
from fieldwatch_edge.link import Link
from fieldwatch_edge.link.dispatch import Dispatch
from fieldwatch_edge.link.ledger import LEDGER_FILE, Ledger
from fieldwatch_edge.link.once import COMMANDS_FILE, OnlyOnce
from fieldwatch_edge.live_view import Handover, LiveViews, Several
from fieldwatch_edge.onvif import patrolled
from fieldwatch_edge.outbox import Entry, locked, memory_folder, note_damage, open_outbox
from fieldwatch_edge.pipeline import Pipeline
from fieldwatch_edge.power.pace import Pacer
from fieldwatch_edge.settings import FolderSource, VideoSource
from fieldwatch_edge.uploads import goes_in_parts
from fieldwatch_edge.view import ViewWatch
from fieldwatch_shared.messages import ClockQuality, utc_now
from fieldwatch_shared.topics import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from fieldwatch_edge.capture import Source
    from fieldwatch_edge.clockwork import Wrong
    from fieldwatch_edge.domain import Onlooker
    from fieldwatch_edge.fleet.origin import Origin
    from fieldwatch_edge.outbox import Outbox
    from fieldwatch_edge.settings import Camera, NodeSettings
    from fieldwatch_shared.messages import CameraHealth

log = structlog.get_logger(__name__)

OUTBOX_FILE, CLOCK_FILE = "outbox.sqlite", "clock.json"
RETRY_FIRST_S, RETRY_LONGEST_S = 5.0, 300.0
LIVE_BYTES = 500_000
"""A live view of half a minute: with less on the line's budget, none begins."""
STILL_S = 300.0
"""A thread that does nothing for so long will not do anything any more."""


class CameraWorker:
    """Keeps one camera going: a failure is reported in heartbeats and tried again, alone."""

    def __init__(
        self,
        settings: NodeSettings,
        camera: Camera,
        outbox: Outbox,
        desired: Desired,
        onlooker: Onlooker,
        *,
        search_path: Sequence[Path],
        stop: threading.Event,
        on_end: Callable[[], None],
        pacer: Pacer,
        witness: Witness,
    ) -> None:
        self._pacer, self._witness = pacer, witness
        self._settings, self.camera, self._outbox, self._desired = settings, camera, outbox, desired
        self._onlooker = onlooker
        self._search_path, self._stop, self._on_end = search_path, stop, on_end
        self._source: Source | None = None
        self.finite = is_finite(camera)
        self.stuck: str | None = None
        """Which camera hangs so that only a new process helps."""
        self.failure: str | None = None
        """Why a source that should have ended by itself could not be taken in, or what of it is missing."""
        self.monitor = CameraMonitor(
            settings.node.id,
            camera.deployment_id,
            max_gap_s=camera.max_gap_s,
            live=camera.source.kind in ("rtsp", "v4l2"),
            view=_view(settings, camera),
        )

    @property
    def source(self) -> Source | None:
        return self._source

    def run(self) -> None:
        try:
            self._run_until_done()
        finally:
            self._on_end()

    def _run_until_done(self) -> None:
        wait_s = RETRY_FIRST_S
        while not self._stop.is_set():
            frames_before = self.monitor.frames
            self.monitor.moved()
            try:
                self._run_once()
            except StuckError as error:
                self.monitor.problem = self.stuck = str(error)
                return
            except EdgeError as error:
                self.monitor.problem = str(error)
                log.error("camera.failed", deployment=str(self.camera.deployment_id), error=str(error))  # noqa: TRY400
            except Exception as error:  # a fault of ours must not end the other cameras, nor stay unseen
                self.monitor.problem = f"internal error: {error!r}"
                log.exception("camera.crashed", deployment=str(self.camera.deployment_id))
            else:
                if self.finite and not self._stop.is_set():
                    self.failure = self.monitor.problem
                return
            if self.finite:
                self.failure = self.monitor.problem
                return
            wait_s = (
                RETRY_FIRST_S if self.monitor.frames > frames_before else min(2 * wait_s, RETRY_LONGEST_S)
            )
            self._stop.wait(wait_s)

    def close(self) -> None:
        """Wake the camera's thread where it waits for a frame."""
        if self._source is not None:
            self._source.close()

    def _run_once(self) -> None:
        pipeline = Pipeline(
            self._settings.node.id,
            self.camera,
            self._outbox,
            self.monitor,
            search_path=self._search_path,
            stop=self._stop,
            # Drawn on a fixed view: of a camera that turns they would hide fires at a pose that is not known.
            masks=tuple
            if self.camera.patrol is not None
            else partial(self._desired.masks, self.camera.deployment_id),
            onlooker=self._onlooker,
            pacer=self._pacer,
            witness=self._witness.beside,
        )
        opened = open_source(
            self.camera.source, pipeline.position, pipeline.reached_at, pipeline.arrived_until
        )
        with patrolled(self.camera, opened) as source:
            self._source = source
            self.monitor.problem = None
            pipeline.run(source, finite=self.finite)


class Node:
    """All of one node's work, from `run` to its end."""

    def __init__(
        self,
        settings: NodeSettings,
        *,
        search_path: Sequence[Path],
        offline: bool = False,
        origin: Origin | None = None,
        notices: Sequence[str] = (),
    ) -> None:
        """
        Args:
            search_path: where models are looked up by name.
            offline: connect to no broker; all stays in the outbox.
            origin: where the settings come from; None: nothing is taken on from afar.
            notices: what is to be said of its beginning, for people.
        """
        self._settings, self._offline = settings, offline
        self._search_path = search_path
        self._stop = threading.Event()
        self._news = threading.Event()
        """A camera ended, a receipt came, or we are to stop."""
        self._started = self._beat_at = time.monotonic()
        self._notices: deque[str] = deque(notices, maxlen=20)
        """What the next heartbeat is to say of the node itself."""
        self._pacer = Pacer()
        self._given_up = GivenUpLately()
        album = settings.node.state_dir / FLEET_FOLDER / ALBUM
        self._witness = Witness(album if origin is not None else None)
        self._receipts = 0
        """So many times, the cloud has said that it has something."""
        self._roots = Roots(origin, self._witness, lambda: self._receipts) if origin is not None else None
        self._beside = Beside(())
        self._moved_at = time.monotonic()
        self._clockwork: Clockwork | None = None
        self.stuck: str | None = None
        """What hangs so that only a new process helps."""
        self.restarting = False
        """Whether it ended to begin anew, with settings and models read again."""
        self.workers: list[CameraWorker] = []

    def stop(self) -> None:
        """Have `run` end soon and cleanly. From any thread, but from no signal handler (it takes locks)."""
        self._stop.set()
        self._news.set()

    def restart(self) -> None:
        """Have `run` end soon and cleanly, to be begun anew by a new node. As `stop`."""
        self.restarting = True
        self.stop()

    def run(self, drain_timeout_s: float | None = None) -> bool:
        """Work until all sources have ended and the outbox is empty, or until `stop`.

        Args:
            drain_timeout_s: how long to wait for the outbox to empty when the sources have ended; default:
                for ever.

        Returns:
            Whether every source was taken in to its end and, unless offline, the cloud has it all.

        Raises:
            ConfigError: another node runs in the same state directory, or the broker's settings are wrong.
            OutboxError: the outbox cannot be opened.
            CorruptOutboxError: it was found damaged meanwhile. The next run begins with a new one.
        """
        state_dir = self._settings.node.state_dir
        with locked(state_dir):
            path = state_dir / OUTBOX_FILE
            budget = self._settings.outbox
            folder = memory_folder(self._settings.node.id, os.environ)
            memory = None if folder is None else folder / OUTBOX_FILE
            outbox, notice = open_outbox(path, budget.max_bytes, memory, budget.memory_bytes)
            if notice is not None:
                self._notices.append(notice)
            try:
                return self._run(outbox, drain_timeout_s)
            except CorruptOutboxError:
                if outbox.path == path:
                    note_damage(path)
                raise
            finally:
                outbox.close()

    def _run(self, outbox: Outbox, drain_timeout_s: float | None) -> bool:
        settings = self._settings
        desired = Desired(settings.node.state_dir / DESIRED_FILE, Seal.of(settings), self._notices.append)
        handovers = {camera.deployment_id: Handover() for camera in settings.cameras}
        views = {camera.deployment_id: Handover() for camera in settings.cameras}
        clockwork = self._clockwork = Clockwork(
            outbox,
            settings.node.state_dir / CLOCK_FILE,
            lambda: ask_system().quality,
            self._clock_was_wrong,
            self._notices.append,
            live=frozenset(
                str(each.deployment_id) for each in settings.cameras if each.source.kind in ("rtsp", "v4l2")
            ),
        )
        ledger = Ledger(
            settings.node.state_dir / LEDGER_FILE,
            settings.link,
            synchronised=_synchronised,
        )
        link, live_views = None, None
        if not self._offline:
            live_views = LiveViews(
                settings,
                handovers,
                fires_wait=partial(_fires_wait, outbox),
                may_spend=self._pacer.may_spend,
                line_left=partial(Dispatch(settings.link, ledger).line_left, LIVE_BYTES),
                spent=ledger.count,
            )
            link = Link(
                settings.node,
                settings.broker,
                settings.outbox,
                outbox,
                self._received,
                desired,
                OnlyOnce(
                    settings.node.state_dir / COMMANDS_FILE,
                    partial(self._commanded, live_views),
                    vouched_time=_vouched_time,
                ),
                line=settings.link,
                ledger=ledger,
                in_parts=goes_in_parts(settings),
                seal=Seal.of(settings, Kind.COMMAND),
                time_unknown=lambda: clockwork.holds,
            )
        self.workers = [
            CameraWorker(
                settings,
                camera,
                outbox,
                desired,
                Several(handovers[camera.deployment_id], views[camera.deployment_id]),
                search_path=self._search_path,
                stop=self._stop,
                on_end=self._news.set,
                pacer=self._pacer,
                witness=self._witness,
            )
            for camera in settings.cameras
        ]
        log.info(
            "node.started",
            node=settings.node.id,
            cameras=len(self.workers),
            offline=self._offline,
            desired_version=desired.version,
        )
        cameras = [
            threading.Thread(target=worker.run, name=f"camera-{worker.camera.deployment_id}")
            for worker in self.workers
        ]
        linking = threading.Thread(target=link.run, name="link") if link is not None else None
        self._beside = Beside(
            companions(
                Surroundings(
                    settings=settings,
                    outbox=outbox,
                    outbox_path=settings.node.state_dir / OUTBOX_FILE,
                    desired=desired,
                    search_path=self._search_path,
                    offline=self._offline,
                    notice=self._notices.append,
                    restart=self.restart,
                    frames_seen=lambda: sum(worker.monitor.frames for worker in self.workers),
                    views=views,
                    pacer=self._pacer,
                    roots=self._roots,
                    ledger=ledger,
                    clockwork=clockwork,
                    complaints=partial(self._complaints, cameras, linking),
                )
            )
        )
        for thread in [*cameras, *([linking] if linking is not None else [])]:
            thread.start()
        done = False
        try:
            self._beside.start()
            self._beat_while(outbox, lambda: any(thread.is_alive() for thread in cameras))
            for worker in self.workers:
                worker.close()
            for thread in cameras:
                thread.join()
            self._beat(outbox, final=True)
            # What was taken in is sent whether or not it is all: one bad picture keeps back no archive.
            sent = not self._stop.is_set() and (link is None or self._drained(outbox, drain_timeout_s))
            done = sent and all(worker.failure is None for worker in self.workers)
        finally:
            # Also when something above failed: threads that go on would keep the process alive for ever.
            self._stop.set()
            self._beside.close()
            if live_views is not None:
                live_views.close()
            for worker in self.workers:
                worker.close()
            for thread in cameras:
                thread.join()
            if link is not None and linking is not None:
                link.stop()
                linking.join()
            ledger.close()
        log.info("node.stopped", node=settings.node.id, waiting=sum(outbox.statistics().records.values()))
        return done

    def _complaints(
        self, cameras: Sequence[threading.Thread], linking: threading.Thread | None
    ) -> Sequence[str]:
        """What of the node does not live, in words. A camera that gives no frames but is tried does."""
        now, said = time.monotonic(), []
        if now - self._moved_at > STILL_S:
            said.append("heartbeats have stopped")
        if linking is not None and not linking.is_alive():
            said.append("the link has ended")
        for worker, thread in zip(self.workers, cameras, strict=True):
            name = worker.camera.deployment_id
            if thread.is_alive() and now - worker.monitor.moved_at > STILL_S + RETRY_LONGEST_S:
                said.append(f"camera {name} stands still")
            elif not thread.is_alive() and not worker.finite and worker.stuck is None:
                said.append(f"camera {name} has ended")
        return said

    def _clock_was_wrong(self, wrong: Wrong) -> None:
        for worker in self.workers:
            if worker.camera.source.kind in ("rtsp", "v4l2"):
                worker.monitor.clock_was_wrong(wrong.covers, wrong.offset_s)

    def _received(self) -> None:
        self._receipts += 1
        self._news.set()

    def _commanded(self, live_views: LiveViews, payload: bytes) -> None:
        live_views.offer(payload)
        self._beside.command(payload)

    def _beat_while(self, outbox: Outbox, busy: Callable[[], bool], until: float = math.inf) -> None:
        """Heartbeats while there is something to do, until `stop` or the monotonic time `until`."""
        while not self._stop.is_set() and time.monotonic() < until:
            self._news.clear()
            if outbox.corrupt:
                raise CorruptOutboxError("the outbox is damaged: start the node again, with a new one")
            self._moved_at = time.monotonic()
            self.stuck = next((worker.stuck for worker in self.workers if worker.stuck), None)
            if self.stuck is not None:
                log.error("node.stuck", camera=self.stuck)
                self._stop.set()
            if not busy():
                return
            if time.monotonic() >= self._beat_at:
                self._beat(outbox)
                self._beat_at = time.monotonic() + self._settings.heartbeat_s
            # At least twice a second: the thread that gave the last news may not have ended yet.
            self._news.wait(max(min(self._beat_at, until, time.monotonic() + 0.5) - time.monotonic(), 0))

    def _beat(self, outbox: Outbox, *, final: bool = False) -> None:
        """Write a heartbeat; the last one is as many as it takes to carry all effort."""
        while True:
            try:
                said = len(self._notices)
                notices = list(self._notices)
                health = [worker.monitor.health() for worker in self.workers]
                # Effort with an impossible time waits until that is known; health does not.
                waits = not final and self._clockwork is not None and self._clockwork.holds
                spans = [span for each in self.workers for span in each.monitor.pending() if not waits]
                statistics = outbox.statistics()
                record = heartbeat(
                    clock=system_clock(),
                    cameras=[_noticed(each, notices) for each in health],
                    effort=spans,
                    outbox=statistics,
                    state_dir=self._settings.node.state_dir,
                    uptime_s=time.monotonic() - self._started,
                    next_within_s=self._settings.heard_within_s,
                    given_up_lately=self._given_up.of(sum(statistics.given_up.values())),
                )
                report = self._beside.report()
                notices += report.pop("notices", [])  # their own, which are no camera's problem
                record = record.model_copy(update={"notices": notices[:20], **report})
                outbox.write(ready=[Entry.of(record)])
                self._beside.reported(record)
            except (OutboxError, OSError) as error:
                # Its effort stays with the monitors, and goes into the next one.
                log.error("node.heartbeat_not_written", error=str(error))  # noqa: TRY400
                return
            except Exception:  # a fault of ours must not end the cameras, which still see fires
                log.exception("node.heartbeat_failed")
                return
            for worker, each in zip(self.workers, health, strict=True):
                worker.monitor.reported(each, spans)
            for _ in range(min(said, len(self._notices))):
                self._notices.popleft()
            if not final or not any(worker.monitor.pending() for worker in self.workers):
                return

    def _drained(self, outbox: Outbox, timeout_s: float | None) -> bool:
        """Wait until the cloud has everything; False where that takes too long, or on `stop`."""
        until = math.inf if timeout_s is None else time.monotonic() + timeout_s
        self._beat_while(outbox, lambda: not outbox.empty, until)
        waiting = sum(outbox.statistics().records.values())
        if waiting:
            log.warning("node.not_drained", waiting=waiting)
        return waiting == 0


def _noticed(health: CameraHealth, notices: Sequence[str]) -> CameraHealth:
    """`health` with what is to be said of the node: people look at cameras."""
    said = "; ".join(each for each in (*notices, health.problem) if each)
    return health.model_copy(update={"problem": said[:500] or None})


def _synchronised() -> bool:
    return system_clock().quality in (ClockQuality.GNSS, ClockQuality.NTP)


def _vouched_time() -> datetime | None:
    return utc_now() if _synchronised() else None


def _fires_wait(outbox: Outbox) -> bool:
    """Whether all else must keep off the line. A damaged outbox may hold a fire too."""
    try:
        return outbox.fires_wait
    except OutboxError:
        return True


def is_finite(camera: Camera) -> bool:
    """Whether the camera's source ends by itself."""
    source = camera.source
    return isinstance(source, VideoSource) or (isinstance(source, FolderSource) and not source.follow)


def _view(settings: NodeSettings, camera: Camera) -> ViewWatch | None:
    """Of a camera that is to stand still; footage was taken before, and a patrol turns on purpose."""
    if camera.source.kind not in ("rtsp", "v4l2") or camera.patrol is not None:
        return None
    return ViewWatch(view_of(settings.node.state_dir, camera.deployment_id))
