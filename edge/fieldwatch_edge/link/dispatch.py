"""What may go over the line now, by its kind and its budget; and whether to hold it open at all."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from fieldwatch_edge.link.budget import UNBOUNDED, Lane
from fieldwatch_edge.outbox import Priority

if TYPE_CHECKING:
    from collections.abc import Callable

    from fieldwatch_edge.link.ledger import Ledger
    from fieldwatch_edge.outbox import Message, Outbox
    from fieldwatch_edge.settings import LinkSettings

LANES = {
    Priority.SUSPICION: Lane.FIRE,
    Priority.SUSPICION_PICTURE: Lane.FIRE,
    # What it looked like before, and the clip: they say more, but a fire is known without them.
    Priority.SUSPICION_CONTEXT: Lane.OBSERVATIONS,
    Priority.HEARTBEAT: Lane.HEALTH,
    Priority.OBSERVATION: Lane.OBSERVATIONS,
    Priority.PICTURE: Lane.MEDIA,
}
MEDIA = frozenset({Priority.SUSPICION_PICTURE, Priority.SUSPICION_CONTEXT, Priority.PICTURE})
LARGEST_MEDIA = 1024**2
"""Of a picture over MQTT: what the cloud takes that way. Larger ones go in parts over HTTPS."""
MESSAGE_BYTES = 600
"""What a message takes beside its payload: topic and properties, acknowledgement, receipt, their headers."""
CALL_BYTES = 8 * 1024
"""To connect and say who we are, with certificates both ways."""
HOLD_BYTES = 2 * 1024
"""With less left for health, the connection is not held open only to show that it lives."""


def cost(payload: int) -> int:
    """Bytes on the line for a message with such a payload, about."""
    return payload + payload // 20 + MESSAGE_BYTES


class Dispatch:
    """Of one node. All but `affordable` and `line_left` is for the link's thread alone."""

    def __init__(
        self,
        settings: LinkSettings,
        ledger: Ledger,
        *,
        in_parts: bool = False,
        time_unknown: Callable[[], bool] = lambda: False,
    ) -> None:
        """
        Args:
            in_parts: large media are taken to the cloud by `uploads`, and left to it.
            time_unknown: whether what was seen waits until its time is known; fires and health do not.
        """
        self._time_unknown = time_unknown
        self._settings, self._line = settings, settings.line
        self._ledger, self._in_parts = ledger, in_parts
        self._observations_at = 0.0
        """Monotonic time before which others gather."""
        self._call_at = -math.inf

    def most(self, now: float, largest_packet: int = UNBOUNDED) -> dict[Priority, int]:
        """By priority, how large a record (a batch) may be that goes now; one that is not named stays.

        Args:
            now: monotonic clock, seconds.
            largest_packet: that the broker takes, bytes.
        """
        most = {}
        waits = self._time_unknown()
        for priority, largest in self.affordable().items():
            if waits and priority in (Priority.OBSERVATION, Priority.PICTURE):
                continue
            if priority in MEDIA:
                largest = min(largest, self.largest_media(priority))
            elif priority is Priority.OBSERVATION and now < self._observations_at:
                continue
            if largest > 0:
                most[priority] = min(largest, largest_packet - 4096)
        return most

    def affordable(self) -> dict[Priority, int]:
        """As `most`, but for what the budget and the settings hold back alone."""
        rooms = {lane: _payload(self._ledger.room(lane)) for lane in Lane}
        most = {priority: rooms[lane] for priority, lane in LANES.items()}
        if not self._settings.takes_media:
            most[Priority.SUSPICION_CONTEXT] = most[Priority.PICTURE] = 0
        return most

    def line_left(self, size: int) -> str | None:
        """Why so many bytes of media may not be spent now, in words; None: they may."""
        if not self._settings.takes_media:
            return "no pictures go over this line"
        if self._ledger.room(Lane.MEDIA) < size:
            return "the line's budget leaves no room for pictures now"
        return None

    def largest_media(self, priority: Priority) -> int:
        """Of such a picture over MQTT, bytes."""
        if priority is Priority.SUSPICION_PICTURE:
            return LARGEST_MEDIA  # at once, without a login over HTTPS before it
        if not self._settings.takes_media:
            return 0
        return min(LARGEST_MEDIA, self._settings.large_bytes) if self._in_parts else LARGEST_MEDIA

    def sent(self, message: Message, batch: int, now: float) -> None:
        """Note a message that went, for those that are to gather behind it."""
        if self._line.stays and message.gathers and message.records < batch:
            self._observations_at = now + self._line.gather_s

    def gathered_in(self, now: float) -> float:
        """Seconds until observations may go; 0: now."""
        return max(0.0, self._observations_at - now)

    @property
    def holds(self) -> bool:
        """Whether the connection is held open when there is nothing to send."""
        return self._line.stays and self._ledger.room(Lane.HEALTH) > HOLD_BYTES

    def call_in(self, now: float, outbox: Outbox) -> float:
        """Seconds until a call is due, as things stand: 0 where the connection is held; infinity: nothing to
        send, or nothing left to spend.

        Raises:
            OutboxError: it cannot be read.
        """
        if self.holds or outbox.fire_to_send(LARGEST_MEDIA):
            return 0.0
        most = self.most(now)
        if self._ledger.room(Lane.HEALTH) < CALL_BYTES or not outbox.any_to_send(most):
            return math.inf
        return max(0.0, self._call_at - now)

    def called(self, now: float) -> None:
        """A call ended well: the next one that is no fire's waits."""
        self._call_at = now + (self._line.gather_s if not self._line.stays else 0)


def _payload(room: int) -> int:
    """The largest payload whose `cost` is within `room`."""
    return room if room == UNBOUNDED else max(0, (room - MESSAGE_BYTES) * 20 // 21)
