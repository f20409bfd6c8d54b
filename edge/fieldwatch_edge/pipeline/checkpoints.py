"""Where a camera goes on after a restart, and what its stages remember there.

A checkpoint says: every frame up to this position is accounted for in the outbox. It is taken only where
nothing is being followed, so that a source that can replay goes on from there with the very same records;
what a live source was following in a crash is kept as an open track.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from pydantic import BaseModel

from fieldwatch_edge.decide.places import FireState
from fieldwatch_edge.health import Span

if TYPE_CHECKING:
    from fieldwatch_edge.domain import Frame
    from fieldwatch_edge.health import CameraMonitor
    from fieldwatch_edge.pipeline.stages import Fire, Wildlife


@dataclass(slots=True)
class Place:
    """Where a camera stands in its source."""

    last_at: datetime | None = None
    """Capture time of the frame that came last."""
    position: str | None = None
    """Of the last frame that is accounted for: where the source goes on."""
    reached_at: datetime | None = None
    """Capture time of that frame."""
    arrived_until: int | None = None
    """The source's, then."""

    def took(self, frame: Frame, *, arrives_late: bool) -> None:
        """That frame is accounted for.

        Args:
            arrives_late: whether frames of this source may come after later ones, as pictures in a folder do.
        """
        self.last_at = frame.at
        # A picture that comes late to its folder must not make the next run show again what lies behind it.
        if (
            not arrives_late
            or self.reached_at is None
            or (self.reached_at, self.position or "") < (frame.at, frame.position)
        ):
            self.reached_at, self.position = frame.at, frame.position


class State(BaseModel):
    """What a checkpoint remembers of one camera, beside its position."""

    last_at: datetime | None = None
    reached_at: datetime | None = None
    arrived_until: int | None = None
    """As of `Place`."""
    last_picture_at: datetime | None = None
    gate: str | None = None
    """Base64 of `Gate.state`."""
    fire: FireState | None = None
    effort: list[Span] = []
    boot: str | None = None
    """In which start of the machine this was written: by its clock, a live camera's effort is dated. None: by
    an older version, which did not say."""

    @classmethod
    def of(
        cls, place: Place, monitor: CameraMonitor, fire: Fire | None, wildlife: Wildlife | None, boot: str
    ) -> State:
        state = cls(
            last_at=place.last_at,
            reached_at=place.reached_at,
            arrived_until=place.arrived_until,
            effort=monitor.effort_state(),
            boot=boot,
        )
        if wildlife is not None:
            state.last_picture_at = wildlife.watch.last_picture_at
            state.gate = base64.b64encode(wildlife.gate.state()).decode()
        if fire is not None:
            state.fire = fire.watch.state
        return state

    def place(self, position: str | None) -> Place:
        return Place(self.last_at, position, self.reached_at or self.last_at, self.arrived_until)

    def restore(
        self, monitor: CameraMonitor, fire: Fire | None, wildlife: Wildlife | None, *, former: bool
    ) -> None:
        """Have all of them go on from here.

        Args:
            former: whether what this says was dated by the clock of a boot before this one.
        """
        monitor.restore(self.effort, former=former)
        if wildlife is not None:
            wildlife.watch.last_picture_at = self.last_picture_at
            if self.gate is not None:
                wildlife.gate.restore(base64.b64decode(self.gate))
        if fire is not None and self.fire is not None:
            fire.watch.restore(self.fire)
