"""What an alarm becomes: a suspicion at once, then the pictures that it names."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import structlog

from fieldwatch_edge import vision
from fieldwatch_edge.domain import Frame
from fieldwatch_edge.errors import PictureError
from fieldwatch_edge.outbox import Entry, Priority

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from fieldwatch_edge.decide.fire import Alarm
    from fieldwatch_edge.decide.places import Shown
    from fieldwatch_edge.domain import Picture
    from fieldwatch_edge.outbox import Outbox
    from fieldwatch_edge.pictures import Pictures
    from fieldwatch_edge.pipeline.writing import Writer

log = structlog.get_logger(__name__)


class Alarms:
    """Of one camera."""

    def __init__(self, camera: str, outbox: Outbox, pictures: Pictures, writer: Writer) -> None:
        self._camera, self._outbox, self._pictures, self._write = camera, outbox, pictures, writer

    def tell(self, alarms: Sequence[Alarm]) -> None:
        """Write suspicions at once: a fire waits neither for animals in the picture nor for an encoding."""
        ready = [Entry.of(alarm.suspicion) for alarm in alarms]
        self._write(lambda: self._outbox.write(ready=ready))
        for alarm in alarms:
            suspicion = alarm.suspicion
            log.warning(
                "pipeline.suspicion",
                kind=suspicion.kind.value,
                observed_at=suspicion.observed_at.isoformat(),
                confidence=suspicion.confidence,
                bearing_deg=suspicion.bearing_deg,
            )

    def show(self, alarms: Sequence[Alarm]) -> None:
        """Write the picture of each, then what it looked like before, then the clip."""
        for alarm in alarms:
            self._keep(Priority.SUSPICION_PICTURE, partial(self._pictures.still, alarm.frame))
        for alarm in alarms:
            if alarm.before is not None:
                self._keep(Priority.SUSPICION_CONTEXT, partial(_before, self._pictures, *alarm.before))
            if (clip_id := alarm.suspicion.clip_media_id) is not None:
                self._keep(Priority.SUSPICION_CONTEXT, partial(_clip, self._pictures, clip_id, alarm))

    def _keep(self, priority: Priority, make: Callable[[], Picture]) -> None:
        """One that cannot be made must not take the others with it."""
        try:
            picture = make()
        except PictureError as error:
            log.error("pipeline.picture_not_made", deployment=self._camera, error=str(error))  # noqa: TRY400
            return
        self._write(lambda: self._outbox.write(ready=[Entry.of(picture, priority)]))


def _before(pictures: Pictures, shown: Shown, jpeg: bytes) -> Picture:
    return pictures.still(Frame(vision.decode(jpeg), shown.at, shown.clock, shown.position, jpeg))


def _clip(pictures: Pictures, id_: UUID, alarm: Alarm) -> Picture:
    """From the view before, where it is known, to the frame that confirmed."""
    images = alarm.clip
    if alarm.before is not None:
        before = vision.small(vision.decode(alarm.before[1]), images[0].shape[1])
        if before.shape == images[0].shape:
            images = [before, *images]
    return pictures.clip(id_, alarm.frame.at, alarm.frame.clock, images)
