"""A node: what runs in it, how that starts and stops, and what it does meanwhile.

worker.py       one camera, in a thread of its own
cloud_line.py   the way to the cloud, in a thread of its own
companions.py   what else runs beside the cameras
beats.py        heartbeats, from the thread that `Node.run` was called in
"""

from __future__ import annotations

import math
import os
import threading
import time
from typing import TYPE_CHECKING

import structlog

from fieldwatch_edge.beats import Heartbeats
from fieldwatch_edge.capture.clock import ask_system
from fieldwatch_edge.clockwork import Clockwork
from fieldwatch_edge.cloud_line import CloudLine
from fieldwatch_edge.companions import Beside, Surroundings, companions
from fieldwatch_edge.desired import DESIRED_FILE, Desired
from fieldwatch_edge.errors import CorruptOutboxError
from fieldwatch_edge.fleet.ledger import FOLDER as FLEET_FOLDER
from fieldwatch_edge.fleet.means import Roots
from fieldwatch_edge.fleet.witness import ALBUM, Witness
from fieldwatch_edge.identity.seal import Seal
from fieldwatch_edge.live_view import Handover, Several
from fieldwatch_edge.outbox import locked, memory_folder, note_damage, open_outbox
from fieldwatch_edge.power.pace import Pacer
from fieldwatch_edge.worker import RETRY_LONGEST_S, CameraWorker

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from fieldwatch_edge.clockwork import Wrong
    from fieldwatch_edge.fleet.origin import Origin
    from fieldwatch_edge.outbox import Outbox
    from fieldwatch_edge.settings import NodeSettings

log = structlog.get_logger(__name__)

OUTBOX_FILE, CLOCK_FILE = "outbox.sqlite", "clock.json"
STILL_S = 300.0
"""A thread that does nothing for so long will not do anything any more."""


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
        self._heartbeats = Heartbeats(settings, notices)
        self._pacer = Pacer()
        album = settings.node.state_dir / FLEET_FOLDER / ALBUM
        self._witness = Witness(album if origin is not None else None)
        self._receipts = 0
        """So many times, the cloud has said that it has something."""
        self._roots = Roots(origin, self._witness, lambda: self._receipts) if origin is not None else None
        self._beside = Beside(())
        self._line: CloudLine | None = None
        self._cameras: list[threading.Thread] = []
        """In the order of `workers`."""
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
                self._heartbeats.notice(notice)
            try:
                return self._run(outbox, drain_timeout_s)
            except CorruptOutboxError:
                if outbox.path == path:
                    note_damage(path)
                raise
            finally:
                outbox.close()

    def _run(self, outbox: Outbox, drain_timeout_s: float | None) -> bool:
        line = self._made(outbox)
        for thread in self._cameras:
            thread.start()
        line.start()
        done = False
        try:
            self._beside.start()
            self._beat_while(outbox, lambda: any(thread.is_alive() for thread in self._cameras))
            self._end_cameras()
            self._beat(outbox, final=True)
            # What was taken in is sent whether or not it is all: one bad picture keeps back no archive.
            sent = not self._stop.is_set() and (self._offline or self._drained(outbox, drain_timeout_s))
            done = sent and all(worker.failure is None for worker in self.workers)
        finally:
            # Also when something above failed: threads that go on would keep the process alive for ever.
            self._stop.set()
            self._beside.close()
            line.close_views()
            self._end_cameras()
            line.close()
        waiting = sum(outbox.statistics().records.values())
        log.info("node.stopped", node=self._settings.node.id, waiting=waiting)
        return done

    def _made(self, outbox: Outbox) -> CloudLine:
        """All that runs in it, not yet begun."""
        settings, state_dir, notice = self._settings, self._settings.node.state_dir, self._heartbeats.notice
        desired = Desired(state_dir / DESIRED_FILE, Seal.of(settings), notice)
        handovers = {camera.deployment_id: Handover() for camera in settings.cameras}
        views = {camera.deployment_id: Handover() for camera in settings.cameras}
        clockwork = self._clockwork = Clockwork(
            outbox,
            state_dir / CLOCK_FILE,
            lambda: ask_system().quality,
            self._clock_was_wrong,
            notice,
            live=settings.live_deployments,
        )
        line = self._line = CloudLine(
            settings,
            outbox,
            desired,
            self._pacer,
            handovers,
            offline=self._offline,
            on_receipt=self._received,
            on_command=self._commanded,
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
        self._cameras = [
            threading.Thread(target=worker.run, name=f"camera-{worker.camera.deployment_id}")
            for worker in self.workers
        ]
        self._beside = Beside(
            companions(
                Surroundings(
                    settings=settings,
                    outbox=outbox,
                    outbox_path=state_dir / OUTBOX_FILE,
                    desired=desired,
                    search_path=self._search_path,
                    offline=self._offline,
                    notice=notice,
                    restart=self.restart,
                    frames_seen=lambda: sum(worker.monitor.frames for worker in self.workers),
                    views=views,
                    pacer=self._pacer,
                    roots=self._roots,
                    ledger=line.ledger,
                    clockwork=clockwork,
                    complaints=self._complaints,
                )
            )
        )
        return line

    def _end_cameras(self) -> None:
        for worker in self.workers:
            worker.close()
        for thread in self._cameras:
            thread.join()

    def _complaints(self) -> Sequence[str]:
        """What of the node does not live, in words. A camera that gives no frames but is tried does."""
        now, said = time.monotonic(), []
        if now - self._moved_at > STILL_S:
            said.append("heartbeats have stopped")
        if self._line is not None and self._line.has_ended:
            said.append("the link has ended")
        for worker, thread in zip(self.workers, self._cameras, strict=True):
            name = worker.camera.deployment_id
            if thread.is_alive() and now - worker.monitor.moved_at > STILL_S + RETRY_LONGEST_S:
                said.append(f"camera {name} stands still")
            elif not thread.is_alive() and not worker.finite and worker.stuck is None:
                said.append(f"camera {name} has ended")
        return said

    def _clock_was_wrong(self, wrong: Wrong) -> None:
        for worker in self.workers:
            if worker.camera.is_live:
                worker.monitor.clock_was_wrong(wrong.covers, wrong.offset_s)

    def _received(self) -> None:
        self._receipts += 1
        self._news.set()

    def _commanded(self, payload: bytes) -> None:
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
            if time.monotonic() >= self._heartbeats.due_at:
                self._beat(outbox)
            # At least twice a second: the thread that gave the last news may not have ended yet.
            soon = min(self._heartbeats.due_at, until, time.monotonic() + 0.5)
            self._news.wait(max(soon - time.monotonic(), 0))

    def _beat(self, outbox: Outbox, *, final: bool = False) -> None:
        holds = self._clockwork is not None and self._clockwork.holds
        self._heartbeats.write(outbox, self.workers, self._beside, time_unknown=holds, final=final)

    def _drained(self, outbox: Outbox, timeout_s: float | None) -> bool:
        """Wait until the cloud has everything; False where that takes too long, or on `stop`."""
        until = math.inf if timeout_s is None else time.monotonic() + timeout_s
        self._beat_while(outbox, lambda: not outbox.empty, until)
        waiting = sum(outbox.statistics().records.values())
        if waiting:
            log.warning("node.not_drained", waiting=waiting)
        return waiting == 0
