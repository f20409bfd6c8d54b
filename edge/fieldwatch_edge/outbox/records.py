"""What goes into the outbox and what comes out of it."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import TYPE_CHECKING, Self

from fieldwatch_edge.domain import Picture
from fieldwatch_shared.messages import Heartbeat, Observation, Reading, Suspicion
from fieldwatch_shared.topics import Kind

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID


class Priority(IntEnum):
    """What is sent first. A heartbeat goes before observations: after an outage it says at once that the
    node lives, and it carries the effort without which counts mean nothing."""

    SUSPICION = 0
    SUSPICION_PICTURE = 1
    SUSPICION_CONTEXT = 2
    """What it looked like before, and the clip: no other fire's picture waits for them."""
    HEARTBEAT = 3
    OBSERVATION = 4
    PICTURE = 5


BATCHED = {Kind.OBSERVATIONS: "observations", Kind.READINGS: "readings"}
"""What travels many in one message, and the field that holds them."""

GIVEN_UP_FIRST = (
    Priority.PICTURE,
    Priority.SUSPICION_CONTEXT,
    Priority.SUSPICION_PICTURE,
    Priority.OBSERVATION,
    Priority.HEARTBEAT,
    Priority.SUSPICION,
)
"""In which order records are given up, the oldest first, when the budget on disk is used up."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One record as the store keeps it."""

    id: str
    kind: Kind
    priority: Priority
    body: str
    attachment: bytes | None = None
    message_id: str | None = None
    """Set from the start for what travels alone: the message bears the record's own id."""

    @property
    def size(self) -> int:
        return len(self.body.encode()) + len(self.attachment or b"")

    @property
    def checksum(self) -> int:
        """Of all but the attachment, whose hash is in the body."""
        return checksum(self.id, self.kind, self.body)

    @classmethod
    def of(
        cls,
        record: Observation | Suspicion | Heartbeat | Reading | Picture,
        priority: Priority = Priority.PICTURE,
    ) -> Self:
        """`priority`: of a picture; those of a suspicion go sooner."""
        if isinstance(record, Picture):
            id_ = str(record.media.id)
            return cls(id_, Kind.MEDIA, priority, record.media.model_dump_json(), record.encoded, id_)
        id_, body = str(record.id), record.model_dump_json()
        if isinstance(record, Suspicion):
            return cls(id_, Kind.SUSPICIONS, Priority.SUSPICION, body, message_id=id_)
        if isinstance(record, Heartbeat):
            return cls(id_, Kind.HEARTBEAT, Priority.HEARTBEAT, body, message_id=str(record.message_id))
        kind = Kind.READINGS if isinstance(record, Reading) else Kind.OBSERVATIONS
        return cls(id_, kind, Priority.OBSERVATION, body)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where a camera goes on after a restart."""

    position: str | None
    """Source position of the last frame that is fully accounted for; None where a source cannot replay."""
    state: str
    """JSON: what the stages remember at that frame."""

    def checksum(self, camera: str) -> int:
        return checksum(camera, self.position or "", self.state)


@dataclass(frozen=True, slots=True)
class Message:
    """What is published at once. A message that is sent again is the same, its id included."""

    id: UUID
    kind: Kind
    payload: bytes
    media: str | None = None
    """The record that travels beside a picture, JSON."""

    records: int = 1

    @property
    def gathers(self) -> bool:
        """Whether it holds as many records as there are."""
        return self.kind in BATCHED

    @property
    def content_type(self) -> str:
        if self.media is None:
            return "application/json"
        return str(json.loads(self.media)["mime"])


@dataclass(frozen=True, slots=True)
class Large:
    """A picture that is too large for one message."""

    id: UUID
    body: str
    """Its record, JSON."""
    priority: Priority
    bytes: int
    """Of the picture."""
    seq: int
    """Where it lies in the store."""


@dataclass(frozen=True, slots=True)
class Statistics:
    records: dict[Kind, int]
    """Waiting for the cloud's receipt, by kind."""
    open_tracks: int
    """Not counted in `records`: kept in case of a crash, not ready to be sent."""
    bytes: int
    given_up: dict[Kind, int]
    """Given up because the budget was used up, since this outbox was made."""


def checksum(*parts: str) -> int:
    """CRC-32 of texts, kept beside them: a store of which a disk has changed a bit can still be read, and a
    confidence of 0.9 that became 0.1 is as good JSON as it was."""
    return zlib.crc32("\n".join(parts).encode())


def with_clock_error(
    kind: Kind, body: str, covers: Callable[[datetime], bool], offset_s: float, live: frozenset[str]
) -> str | None:
    """The record with the known error of the clock that dated it; None where that clock is another, or its
    error was known, or the body is none: what a disk has changed is found when it is to be sent.

    Args:
        covers, offset_s, live: as of `Outbox.clock_was_wrong`.
    """
    try:
        record = json.loads(body)
    except ValueError:
        return None
    clock = record.get("clock") or {}
    before = json.dumps(record)
    ours = kind is Kind.HEARTBEAT or kind is Kind.READINGS or record.get("deployment_id") in live
    if (
        ours
        and clock.get("quality") in ("rtc", "unsynchronised")
        and clock.get("offset_s") is None
        and covers(datetime.fromisoformat(record["observed_at"]))
    ):
        clock["offset_s"] = offset_s
    for span in record.get("effort", ()):
        if (
            span["deployment_id"] in live
            and span.get("clock_offset_s") is None
            and covers(datetime.fromisoformat(span["started_at"]))
            and covers(datetime.fromisoformat(span["ended_at"]))
        ):
            span["clock_offset_s"] = offset_s
    return json.dumps(record, separators=(",", ":")) if json.dumps(record) != before else None
