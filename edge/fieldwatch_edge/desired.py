"""What the cloud wants of this node, kept in its state directory: it holds offline, and after a reboot."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

import structlog
from pydantic import ValidationError

from fieldwatch_shared.messages import DesiredState

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from uuid import UUID

    from fieldwatch_edge.settings import Polygon

log = structlog.get_logger(__name__)

DESIRED_FILE = "desired.json"


class Desired:
    """The newest desired state that came whole. The link offers, the cameras read; from any thread."""

    def __init__(self, path: Path) -> None:
        """`path`: the file that it is kept in. One that cannot be read is as good as none: the cloud's is
        retained at the broker, and comes again with the next connection."""
        self._path = path
        self._lock = threading.Lock()
        self._state: DesiredState | None = None
        self._masks: dict[UUID, Sequence[Polygon]] = {}
        try:
            self._apply(DesiredState.model_validate_json(path.read_bytes()))
        except FileNotFoundError:
            pass
        except (OSError, ValidationError) as error:
            log.error("desired.unreadable", path=str(path), error=str(error))  # noqa: TRY400  # a sentence

    @property
    def state(self) -> DesiredState | None:
        """What the node works by; None: by its settings alone."""
        return self._state

    @property
    def version(self) -> int | None:
        return None if self._state is None else self._state.version

    def masks(self, deployment_id: UUID) -> Sequence[Polygon]:
        """The ignore masks of that camera. The same object until they change."""
        return self._masks.get(deployment_id, ())

    def offer(self, payload: bytes) -> bool:
        """Take over the desired state in `payload`, JSON, where it is newer; whether it was.

        What cannot be read, is not newer, or cannot be kept on disk changes nothing: the last good one stays.
        """
        try:
            state = DesiredState.model_validate_json(payload)
        except ValidationError as error:
            log.error("desired.malformed", bytes=len(payload), error=str(error), kept=self.version)  # noqa: TRY400
            return False
        with self._lock:
            if self._state is not None and state.version <= self._state.version:
                # The broker repeats the retained one at each connection.
                if state != self._state:
                    log.warning("desired.not_newer", offered=state.version, kept=self._state.version)
                return False
            try:
                self._write(state)
            except OSError as error:
                log.error("desired.not_kept", version=state.version, error=str(error))  # noqa: TRY400
                return False
            self._apply(state)
        log.info(
            "desired.applied",
            version=state.version,
            masks=sum(len(camera.masks) for camera in state.cameras),
        )
        return True

    def _apply(self, state: DesiredState) -> None:
        masks = {
            camera.deployment_id: tuple(tuple(mask.polygon) for mask in camera.masks)
            for camera in state.cameras
        }
        # What did not change stays the same object: nothing is computed anew for it.
        known = self._masks
        self._masks = {id_: known[id_] if known.get(id_) == new else new for id_, new in masks.items()}
        self._state = state

    def _write(self, state: DesiredState) -> None:
        """Whole or not at all, also in a power cut."""
        part = self._path.with_suffix(".part")
        with part.open("w", encoding="utf-8") as file:
            file.write(state.model_dump_json())
            file.flush()
            os.fsync(file.fileno())
        part.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
