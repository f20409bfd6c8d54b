"""What one node may bring in a day: a stolen one must not fill the disk on which all others' records lie.

Generous: a node's own outbox holds 2 GiB, so one that was cut off for a season still brings all in a day.
What is beyond it is neither kept nor receipted, so the node keeps it and sends it again: an honest one loses
nothing. Counted is what came over the broker; who brings a stick is a person, and knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from enum import StrEnum
from typing import TYPE_CHECKING

import structlog

from fieldwatch_cloud.db import node_intake
from fieldwatch_cloud.db.node_intake import Brought
from fieldwatch_cloud.ingest.parse import Message, Observations, Picture
from fieldwatch_shared.messages import Heartbeat, ReadingBatch, Suspicion
from fieldwatch_shared.topics import node_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from fieldwatch_cloud.db.pool import Connection
    from fieldwatch_cloud.ingest.intake import Item
    from fieldwatch_cloud.settings import IngestSettings

log = structlog.get_logger(__name__)

OBSERVATION_BYTES, READING_BYTES, SPAN_BYTES = 400, 150, 150
"""Of a row with its indices, about: a packed message of a few bytes may make thousands."""


class Share(StrEnum):
    RECORDS = "records"
    """Observations, heartbeats, readings."""
    PICTURES = node_intake.PICTURES
    FIRES = "fires"
    QUARANTINE = "quarantine"
    """Whatever was refused for another reason."""


@dataclass(frozen=True, slots=True)
class Limit:
    """In a day (UTC); None: without a bound."""

    messages: int | None = None
    bytes: int | None = None

    def allows(self, brought: Brought) -> bool:
        return (self.messages is None or brought.messages <= self.messages) and (
            self.bytes is None or brought.bytes <= self.bytes
        )


Limits = dict[Share, Limit]


def limits(settings: IngestSettings) -> Limits:
    return {
        Share.RECORDS: Limit(bytes=settings.node_record_bytes),
        Share.PICTURES: Limit(bytes=settings.node_picture_bytes),
        Share.FIRES: Limit(messages=settings.node_fires),
        Share.QUARANTINE: Limit(settings.node_refused_messages, settings.node_refused_bytes),
    }


class Count:
    """What one batch brings, beside what its nodes brought before on that day."""

    def __init__(
        self, conn: Connection, limits: Mapping[Share, Limit], items: Sequence[Item], now: datetime
    ) -> None:
        self._conn, self._limits, self._now = conn, limits, now.astimezone(UTC)
        self._nodes = [_node(item) for item in items]
        self._before = node_intake.of_day(conn, set(self._nodes), self._now.date())
        self._new: dict[tuple[str, str], Brought] = {}

    def admits(self, item: Item) -> bool:
        """Whether it may come in; it is counted either way."""
        weighed = weigh(item)
        if weighed is None:
            return True
        share, size = weighed
        at = (_node(item), str(share))
        before, new = self._before.get(at, Brought()), self._new.get(at, Brought())
        after = Brought(new.messages + 1, new.bytes + size, new.refused)
        total = Brought(before.messages + after.messages, before.bytes + after.bytes)
        if self._limits[share].allows(total):
            self._new[at] = after
            return True
        if not before.refused and not new.refused:
            # Once a day: a line for each would fill the disk in another place.
            log.warning(
                "ingest.over_quota", node=at[0], share=at[1], messages=before.messages, bytes=before.bytes
            )
        self._new[at] = Brought(new.messages, new.bytes, new.refused + 1)
        return False

    def keep(self) -> None:
        """Last in the transaction: the rows are everybody's."""
        node_intake.add(self._conn, self._new, self._now)


def weigh(item: Item) -> tuple[Share, int] | None:
    """Against which share it counts, and as how many bytes; None: a state replaces the one before."""
    if not isinstance(item, Message):
        incoming = item.incoming
        beside = sum(len(key) + len(value) for key, value in incoming.properties.items())
        return Share.QUARANTINE, len(incoming.topic) + len(incoming.payload) + beside
    match item.content:
        case Observations(rows):
            return Share.RECORDS, max(len(item.incoming.payload), OBSERVATION_BYTES * len(rows))
        case Heartbeat() as heartbeat:
            body = len(heartbeat.model_dump_json())
            return Share.RECORDS, body + SPAN_BYTES * len(heartbeat.effort)
        case ReadingBatch(readings=readings):
            return Share.RECORDS, max(len(item.incoming.payload), READING_BYTES * len(readings))
        case Picture() as picture:
            return Share.PICTURES, picture.size
        case Suspicion():
            return Share.FIRES, len(item.incoming.payload)
    return None


def _node(item: Item) -> str:
    """As the topic says; the broker lets no node speak as another one. Empty: it says nothing."""
    return (node_in(item.incoming.topic) or "")[:63]
