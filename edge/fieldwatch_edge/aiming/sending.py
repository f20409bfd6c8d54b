"""Tells the cloud of aimed cameras, once each, as soon as there is a link; then sends the view of the day."""

from __future__ import annotations

import random
import threading
from typing import TYPE_CHECKING, Any

import structlog

from fieldwatch_edge import vision
from fieldwatch_edge.aiming.record import DeploymentRecord, keep, records, to_be_told, view_of
from fieldwatch_edge.domain import Frame
from fieldwatch_edge.errors import ConfigError, EdgeError, RefusedError
from fieldwatch_edge.outbox import Entry, Outbox
from fieldwatch_edge.pictures import Pictures
from fieldwatch_shared.messages import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable

    from fieldwatch_edge.identity.session import CloudSession
    from fieldwatch_edge.settings import NodeSettings

log = structlog.get_logger(__name__)

LOOK_EVERY_S = 15.0
"""What was seen before the cloud knows the deployment waits there in quarantine, a fire too."""
LONGEST_S = 60.0
REFUSED_FOR_GOOD = frozenset({400, 404, 409, 413, 422})


def tell(session: CloudSession, record: DeploymentRecord) -> DeploymentRecord:
    """Tell the cloud of one deployment; the record as it is then. Twice does no harm.

    Raises:
        EdgeError: the cloud could not be reached, or does not know this node (any more).
    """
    try:
        session.post("/node/deployments", json=record.told.model_dump(mode="json"))
    except RefusedError as error:
        if error.status not in REFUSED_FOR_GOOD:
            raise
        return record.model_copy(update={"refused": error.detail or str(error)})
    return record.model_copy(update={"taken_at": utc_now()})


class DeploymentsTold:
    """A companion."""

    name = "deployments"

    def __init__(self, settings: NodeSettings, outbox: Outbox, notice: Callable[[str], None]) -> None:
        self._settings, self._outbox, self._notice = settings, outbox, notice
        self._state_dir = settings.node.state_dir
        self._stopping = threading.Event()
        self._said: set[str] = set()

    def run(self) -> None:
        wait_s = LOOK_EVERY_S
        while not self._stopping.is_set():
            wait_s = LOOK_EVERY_S if self.tell_all() else min(1.5 * wait_s, LONGEST_S)
            self._stopping.wait(wait_s * random.uniform(0.7, 1))  # noqa: S311 - nothing secret

    def stop(self) -> None:
        self._stopping.set()

    def report(self) -> dict[str, Any]:
        return {}

    def tell_all(self) -> bool:
        """Tell what waits; whether nothing does any more."""
        current = [camera.deployment_id for camera in self._settings.cameras]
        waiting = to_be_told(records(self._state_dir), current)
        if not waiting:
            return True
        # The HTTP client takes memory that a node with nothing to tell has a better use for.
        from fieldwatch_edge.identity.session import CloudSession

        try:
            with CloudSession.of(self._settings) as session:
                for record in waiting:
                    if self._stopping.is_set():
                        return False
                    self._tell(session, record)
        except ConfigError as error:
            self._say(f"deployments wait to be told to the cloud: {error}")
            return False
        except EdgeError as error:
            log.info("deployments.not_told", error=str(error), waiting=len(waiting))
            return False
        return True

    def _tell(self, session: CloudSession, record: DeploymentRecord) -> None:
        told = record.told
        if record.taken_at is None:
            record = tell(session, record)
            keep(self._state_dir, record)
            if record.refused is not None:
                log.error("deployments.refused", deployment=str(told.id), reason=record.refused)
                self._say(f"the cloud refuses the deployment {told.name!r}: {record.refused}")
                return
            log.info("deployments.told", deployment=str(told.id), replaces=str(told.replaces))
        path = view_of(self._state_dir, told.id)
        if path.exists():
            jpeg = path.read_bytes()
            frame = Frame(vision.decode(jpeg), told.started_at, record.clock, "aimed", jpeg)
            picture = Pictures(self._settings.node.id, told.id).still(frame)
            self._outbox.write(ready=[Entry.of(picture)])
        keep(self._state_dir, record.model_copy(update={"picture_kept": True}))

    def _say(self, sentence: str) -> None:
        if sentence not in self._said:
            self._said.add(sentence)
            self._notice(sentence)
