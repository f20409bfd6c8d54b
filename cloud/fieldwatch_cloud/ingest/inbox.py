"""What the network thread hands to the worker: everything that came, in order, with its acknowledgement."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID

    from fieldwatch_cloud.ingest.intake import Item


@dataclass(frozen=True, slots=True)
class Token:
    """What acknowledges a message to the broker: its number, and the connection in which that counts."""

    connection: int
    mid: int
    qos: int


@dataclass(frozen=True, slots=True)
class Delivery:
    item: Item
    token: Token
    receipt_id: UUID | None
    """The message id that the node waits for, where the message has one."""

    @property
    def size(self) -> int:
        return len(self.item.incoming.payload)


class Inbox:
    """Bounded by the broker's receive maximum: it sends no more than that ahead of our acknowledgements, if
    what an ended connection left behind is dropped."""

    def __init__(self) -> None:
        self._deliveries: deque[Delivery] = deque()
        self._changed = threading.Condition()
        self._closed = False

    def put(self, delivery: Delivery) -> None:
        with self._changed:
            self._deliveries.append(delivery)
            self._changed.notify()

    def connection_ended(self) -> None:
        """Drop what cannot be acknowledged any more: the broker sends it again on the next connection, and
        each of a row of short connections would leave a whole receive maximum in memory. Without QoS it is
        sent just once."""
        with self._changed:
            self._deliveries = deque(d for d in self._deliveries if d.token.qos == 0)

    def close(self) -> None:
        """Let `take` return at once, now and from now on, with an empty list."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def take(self, *, messages: int, size: int) -> list[Delivery]:
        """Wait for a message, then take all that are here: at most `messages`, and at most `size` bytes
        unless the first alone is larger. No lingering: under load the next batch gathers while this one is
        committed, and without load nobody waits."""
        with self._changed:
            while not self._deliveries and not self._closed:
                self._changed.wait()
            taken: list[Delivery] = []
            room = size
            while self._deliveries and not self._closed and len(taken) < messages:
                if taken and self._deliveries[0].size > room:
                    break
                delivery = self._deliveries.popleft()
                room -= delivery.size
                taken.append(delivery)
            return taken
