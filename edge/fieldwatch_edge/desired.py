"""What the cloud wants of this node, kept in its state directory: it holds offline, and after a reboot.

A node that was enrolled takes over only what its cloud has signed, and keeps it with the signature, which is
checked again at each start: whoever can write to the broker, or to the disk, cannot tell it what to do.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import structlog
from pydantic import BaseModel, ValidationError

from fieldwatch_edge import whole
from fieldwatch_shared.messages import DesiredState
from fieldwatch_shared.signing import KEY_ID, SIGNATURE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path
    from uuid import UUID

    from fieldwatch_edge.identity.seal import Seal
    from fieldwatch_edge.settings import Polygon

log = structlog.get_logger(__name__)

DESIRED_FILE = "desired.json"


class _FlawError(Exception):
    """Why what lies on the disk does not count."""


class _Sealed(BaseModel):
    """How a signed one is kept: to the byte, since that is what was signed."""

    payload: str
    beside: dict[str, str]


class Desired:
    """The newest desired state that came whole. The link offers, the cameras read; from any thread."""

    def __init__(
        self, path: Path, seal: Seal | None = None, notice: Callable[[str], None] = lambda _: None
    ) -> None:
        """
        Args:
            path: the file that it is kept in. One that cannot be read, or was tampered with, is as good as
                none: the cloud's is retained at the broker, and comes again with the next connection.
            seal: what it must bear; None: the node was not enrolled, and takes what comes.
            notice: told, once each, of what was refused, for people.
        """
        self._path, self._seal, self._notice = path, seal, notice
        self._lock = threading.Lock()
        self._state: DesiredState | None = None
        self._masks: dict[UUID, Sequence[Polygon]] = {}
        self._refused: bytes | None = None
        """The last one: the broker repeats it at each connection."""
        try:
            self._apply(self._read(path.read_bytes()))
        except FileNotFoundError:
            pass
        except (OSError, ValidationError) as error:
            log.error("desired.unreadable", path=str(path), error=str(error))  # noqa: TRY400  # a sentence
        except _FlawError as error:
            log.error("desired.tampered", path=str(path), error=str(error))  # noqa: TRY400
            notice(f"what this node was to do, as kept on its disk, is passed over: {error}")

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

    def offer(self, payload: bytes, beside: Mapping[str, str] | None = None) -> bool:
        """Take over the desired state in `payload`, JSON, where it is newer; whether it was.

        What cannot be read, is not signed as it must be (`beside` holds `signature` and `key-id`), is not
        newer, or cannot be kept on disk changes nothing: the last good one stays.
        """
        beside = beside or {}
        flaw = None if self._seal is None else self._seal.flaw(payload, beside)
        if flaw is not None:
            log.error("desired.refused", reason=flaw, bytes=len(payload), kept=self.version)
            if payload != self._refused:
                self._refused = payload
                self._notice(f"what the broker told this node to do was refused: {flaw}")
            return False
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
                self._write(payload, beside)
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

    def _read(self, content: bytes) -> DesiredState:
        try:
            sealed = _Sealed.model_validate_json(content)
        except ValidationError:
            if self._seal is not None:
                raise _FlawError("it is not signed") from None
            return DesiredState.model_validate_json(content)
        payload = sealed.payload.encode()
        if self._seal is not None and (flaw := self._seal.flaw(payload, sealed.beside)):
            raise _FlawError(flaw)
        return DesiredState.model_validate_json(payload)

    def _write(self, payload: bytes, beside: Mapping[str, str]) -> None:
        """Whole or not at all, also in a power cut."""
        content = payload
        if SIGNATURE in beside:
            signed = {name: beside[name] for name in (SIGNATURE, KEY_ID) if name in beside}
            content = _Sealed(payload=payload.decode(), beside=signed).model_dump_json().encode()
        whole.write(self._path, content)
