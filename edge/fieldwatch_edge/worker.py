"""One camera of a node, in a thread of its own: begun, followed, and begun again where it fails."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import structlog

from fieldwatch_edge.aiming.record import view_of
from fieldwatch_edge.capture import open_source
from fieldwatch_edge.errors import EdgeError, StuckError
from fieldwatch_edge.health import CameraMonitor
from fieldwatch_edge.onvif import patrolled
from fieldwatch_edge.pipeline import Pipeline
from fieldwatch_edge.view import ViewWatch

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from fieldwatch_edge.capture import Source
    from fieldwatch_edge.desired import Desired
    from fieldwatch_edge.domain import Onlooker
    from fieldwatch_edge.fleet.witness import Witness
    from fieldwatch_edge.outbox import Outbox
    from fieldwatch_edge.power.pace import Pacer
    from fieldwatch_edge.settings import Camera, NodeSettings

log = structlog.get_logger(__name__)

RETRY_FIRST_S, RETRY_LONGEST_S = 5.0, 300.0


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
        self.finite = camera.is_finite
        self.stuck: str | None = None
        """Which camera hangs so that only a new process helps."""
        self.failure: str | None = None
        """Why a source that should have ended by itself could not be taken in, or what of it is missing."""
        self.monitor = CameraMonitor(
            settings.node.id,
            camera.deployment_id,
            max_gap_s=camera.max_gap_s,
            live=camera.is_live,
            view=watched_view(settings, camera),
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


def watched_view(settings: NodeSettings, camera: Camera) -> ViewWatch | None:
    """Of a camera that is to stand still; footage was taken before, and a patrol turns on purpose."""
    if not camera.is_live or camera.patrol is not None:
        return None
    return ViewWatch(view_of(settings.node.state_dir, camera.deployment_id))
