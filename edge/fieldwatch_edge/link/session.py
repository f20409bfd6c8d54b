"""One connection, from CONNACK to its end: what is on its way, and what a fire would have to wait for."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fieldwatch_edge.outbox import Priority
from fieldwatch_shared.topics import Kind

if TYPE_CHECKING:
    from uuid import UUID

    import paho.mqtt.client as mqtt

    from fieldwatch_edge.outbox import Message

BYTES_AHEAD_OF_RECEIPTS = 64 * 1024**2
"""So much is sent on one connection before all but fires wait for the cloud's receipts: where the cloud is
down and the line comes and goes, the whole backlog would else be sent again and again."""
LEAST_AHEAD, FIRST_AHEAD = 8 * 1024, 64 * 1024
SLOW_S, QUICK_S = 3.0, 1.5


@dataclass(slots=True)
class Ahead:
    """How many bytes may be on their way before all but fires wait, so that a fire is there in seconds.

    No table knows how fast a line is today: the same mast has 20 Mbit/s at noon and 64 kbit/s in rain. What
    an acknowledgement took says it: halved where that was long, raised by a quarter where it was short
    (additive increase would take minutes to come back from rain).
    """

    most: int
    """Of this kind of line."""
    bytes: int = field(init=False)

    def __post_init__(self) -> None:
        self.bytes = min(FIRST_AHEAD, self.most)

    def acknowledged(self, took_s: float) -> None:
        """A message was acknowledged so long after it was sent."""
        if took_s > SLOW_S:
            self.bytes = max(min(LEAST_AHEAD, self.most), self.bytes // 2)
        elif took_s < QUICK_S:
            self.bytes = min(self.most, self.bytes + self.bytes // 4)


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A message that the broker has not acknowledged yet."""

    id: UUID
    size: int
    sent_at: float
    """Monotonic time."""
    fire: bool


@dataclass(slots=True)
class Session:
    """One connection."""

    client: mqtt.Client
    limit: int
    largest_packet: int
    began: float
    """Monotonic time."""
    ahead: Ahead
    in_flight: dict[int, UnderWay] = field(default_factory=dict)
    """By paho's message number."""
    held_until: float = 0.0
    """Monotonic time before which nothing is sent: nobody would take it."""
    refusals: int = 0
    unreceipted: dict[UUID, int] = field(default_factory=dict)
    """Messages sent on this connection of which the cloud has not said that it has them, and their bytes."""
    bytes_unreceipted: int = 0
    heard: float = 0.0
    """Monotonic time when something was last sent, or came."""

    def sent(self, number: int, message: Message, size: int) -> None:
        """`number`: paho's; `size`: of the payload as it went."""
        now = time.monotonic()
        self.in_flight[number] = UnderWay(message.id, size, now, message.kind is Kind.SUSPICIONS)
        self.settle(message.id)
        self.unreceipted[message.id] = len(message.payload)
        self.bytes_unreceipted += len(message.payload)
        self.heard = now

    def acknowledged(self, number: int) -> UnderWay | None:
        """The message of that number is no longer under way; None: it was none of ours."""
        found = self.in_flight.pop(number, None)
        if found is not None:
            self.ahead.acknowledged(time.monotonic() - found.sent_at)
        return found

    def settle(self, message_id: UUID) -> None:
        """No receipt of this message is waited for any more."""
        self.bytes_unreceipted -= self.unreceipted.pop(message_id, 0)

    def settle_all(self) -> None:
        self.unreceipted.clear()
        self.bytes_unreceipted = 0

    @property
    def waits_for_receipts(self) -> bool:
        return self.bytes_unreceipted >= BYTES_AHEAD_OF_RECEIPTS

    @property
    def bytes_in_flight(self) -> int:
        return sum(each.size for each in self.in_flight.values())

    def narrowed(self, most: dict[Priority, int]) -> dict[Priority, int]:
        """Of what may go (`Dispatch.most`), what may go now: one place is kept free for a fire, and few bytes
        are ever ahead of it."""
        one_left = len(self.in_flight) >= max(self.limit - 1, 1)
        full = self.bytes_in_flight >= self.ahead.bytes or self.waits_for_receipts
        return {Priority.SUSPICION: most[Priority.SUSPICION]} if one_left or full else most

    def fire_since(self) -> float | None:
        """Monotonic time since which the broker owes an answer for a fire; None: it owes none."""
        return min((each.sent_at for each in self.in_flight.values() if each.fire), default=None)

    def fire_stalls(self, now: float, answer_s: float) -> bool:
        """Whether the broker owes an answer for a fire for more than `answer_s` seconds. After an outage the
        kernel sends again ever more seldom, minutes apart at last; a new connection gets through as soon as
        the line is back."""
        since = self.fire_since()
        return since is not None and now > since + answer_s

    def is_over(self, now: float, answer_s: float) -> bool:
        """Whether all is said. The cloud's receipts are waited for, but no longer than `answer_s` seconds:
        the broker has what they are for."""
        if self.in_flight:
            return False
        return not self.unreceipted or now - self.heard > answer_s or self.held_until > now
