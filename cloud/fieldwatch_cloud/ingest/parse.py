"""Reading a node's message: bytes and topic in, typed content out, or the reason why not. Pure."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias
from uuid import UUID

from pydantic import ValidationError

from fieldwatch_cloud.db.flights import Placed, has_place, placed
from fieldwatch_cloud.db.staging import Row, row
from fieldwatch_cloud.errors import InvalidMessageError
from fieldwatch_cloud.ingest.true_time import dated_right, looked_right
from fieldwatch_cloud.media.store import MIME_TYPES
from fieldwatch_shared import packing
from fieldwatch_shared.messages import (
    EffortSpan,
    Heartbeat,
    Media,
    NodeState,
    ObservationBatch,
    ReadingBatch,
    Suspicion,
    SuspicionMessage,
)
from fieldwatch_shared.quantities import wrong
from fieldwatch_shared.topics import Kind, Topic

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

AHEAD = timedelta(days=1)
"""A record seen later than this from now was stamped by a clock that cannot be believed."""
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
"""A record seen before this, too: clocks that lost power start in 1970 or 1980."""
LONGEST_SPAN = timedelta(days=366)
"""Of effort. A live camera's is as long as a heartbeat's interval; archived pictures may pass through months
in that time. Each day is a row to unite, so it must not be decades."""
LARGEST_UNPACKED = 8 * 1024**2
"""Bytes of a packed message: a full batch of observations has half a megabyte."""
_MESSAGE_ID = re.compile(rb'"message_id"\s*:\s*"([0-9a-fA-F-]{36})"')


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message as the broker gave it. `properties` are MQTT 5 user properties."""

    topic: str
    payload: bytes
    properties: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Observations:
    rows: list[Row]
    deployments: frozenset[UUID]
    places: tuple[Placed, ...] = ()
    """Of those of a deployment that moves."""


@dataclass(frozen=True, slots=True)
class Picture:
    record: Media
    content: bytes | Path
    """A large one that came in parts lies in a file."""

    @property
    def size(self) -> int:
        """Bytes."""
        return len(self.content) if isinstance(self.content, bytes) else self.content.stat().st_size


Content: TypeAlias = Observations | Suspicion | Picture | Heartbeat | ReadingBatch | NodeState


@dataclass(frozen=True, slots=True)
class Message:
    """A message that could be read; whether its deployments exist is not known yet.

    `id` is None only for a node's state, which needs no receipt.
    """

    incoming: Incoming
    topic: Topic
    id: UUID | None
    content: Content

    @property
    def deployments(self) -> frozenset[UUID]:
        """The deployments that it speaks of; all must be the node's own."""
        content = self.content
        if isinstance(content, Observations):
            return content.deployments
        if isinstance(content, Suspicion):
            return frozenset({content.deployment_id})
        if isinstance(content, Picture):
            return frozenset({content.record.deployment_id})
        if isinstance(content, Heartbeat):
            return frozenset(
                {camera.deployment_id for camera in content.cameras}
                | {span.deployment_id for span in content.effort}
            )
        return frozenset()

    @property
    def places(self) -> tuple[Placed, ...]:
        """Of records that have their own."""
        if isinstance(self.content, Picture):
            record = self.content.record
            return (placed(record),) if record.place is not None else ()
        return self.content.places if isinstance(self.content, Observations) else ()


def parse(incoming: Incoming, now: datetime, *, largest_picture: int) -> Message:
    """Read a message, packed or not; it keeps the payload as it came.

    Raises:
        InvalidMessageError: it cannot be read; its text says what is wrong and where.
    """
    try:
        topic = Topic.parse(incoming.topic)
    except ValueError as error:
        raise InvalidMessageError(str(error)) from error
    try:
        id_, content = _content(_unpacked(incoming), topic.kind, now, largest_picture)
    except ValidationError as error:
        raise InvalidMessageError(_reason(error)) from error
    return Message(incoming, topic, id_, content)


def message_id(incoming: Incoming) -> UUID | None:
    """The id of a message that may be unreadable otherwise: its node waits for a receipt all the same."""
    found = _MESSAGE_ID.search(incoming.properties.get("media", "").encode(errors="replace"))
    try:
        found = found or _MESSAGE_ID.search(_unpacked(incoming).payload)
        return UUID(found[1].decode()) if found else None
    except (InvalidMessageError, ValueError):
        return None


def _unpacked(incoming: Incoming) -> Incoming:
    encoding = incoming.properties.get(packing.PROPERTY)
    if encoding is None:
        return incoming
    try:
        payload = packing.unpack(incoming.payload, encoding, largest=LARGEST_UNPACKED)
    except packing.PackingError as error:
        raise InvalidMessageError(str(error)) from error
    return replace(incoming, payload=payload)


def _content(
    incoming: Incoming, kind: Kind, now: datetime, largest_picture: int
) -> tuple[UUID | None, Content]:
    payload = incoming.payload
    match kind:
        case Kind.OBSERVATIONS:
            batch = ObservationBatch.model_validate_json(payload)
            seen = [dated_right(o, "ended_at") for o in batch.observations]
            _check_times((o.observed_at for o in seen), now)
            _check_times((o.ended_at for o in seen), now)
            rows = [row(o) for o in seen]
            return batch.message_id, Observations(
                rows, frozenset(o.deployment_id for o in seen), tuple(map(placed, filter(has_place, seen)))
            )
        case Kind.SUSPICIONS:
            # A fire is never refused for its clock: it is shown with the time that the node believed.
            message = SuspicionMessage.model_validate_json(payload)
            return message.message_id, dated_right(message.suspicion, "first_seen_at")
        case Kind.MEDIA:
            picture = _picture(incoming, largest_picture)
            return picture.record.message_id, picture
        case Kind.HEARTBEAT:
            # Itself too: what it says of power belongs to the hour and the night in which it was said.
            heartbeat = dated_right(Heartbeat.model_validate_json(payload))
            heartbeat = heartbeat.model_copy(update={"effort": looked_right(heartbeat.effort)})
            _check_times((span.started_at for span in heartbeat.effort), now)
            _check_times((span.ended_at for span in heartbeat.effort), now)
            _check_lengths(heartbeat.effort)
            return heartbeat.message_id, heartbeat
        case Kind.STATE:
            return None, NodeState.model_validate_json(payload)
        case Kind.READINGS:
            readings = ReadingBatch.model_validate_json(payload)
            right = [dated_right(reading) for reading in readings.readings]
            readings = readings.model_copy(update={"readings": right})
            _check_times((reading.observed_at for reading in readings.readings), now)
            for reading in readings.readings:
                if (why := wrong(reading.quantity, reading.value, reading.over_s)) is not None:
                    raise InvalidMessageError(f"sensor {reading.sensor}: {why}: is it broken?")
            return readings.message_id, readings
        case Kind.RECEIPT | Kind.DESIRED | Kind.COMMAND:
            raise InvalidMessageError(f"topics of kind {kind.value!r} go from the cloud to nodes")


def _picture(incoming: Incoming, largest: int) -> Picture:
    described = incoming.properties.get("media")
    if described is None:
        raise InvalidMessageError("a picture without its record: the user property `media` is missing")
    record = dated_right(Media.model_validate_json(described))
    if record.mime not in MIME_TYPES:
        raise InvalidMessageError(f"{record.mime} is not kept, only {', '.join(sorted(MIME_TYPES))}")
    if len(incoming.payload) > largest:
        raise InvalidMessageError(f"{len(incoming.payload)} bytes are more than the {largest} allowed")
    if hashlib.sha256(incoming.payload).hexdigest() != record.sha256:
        raise InvalidMessageError("the picture's SHA-256 is not the one in its record")
    return Picture(record, incoming.payload)


def _check_times(times: Iterable[datetime], now: datetime) -> None:
    latest = now + AHEAD
    for at in times:
        if not EARLIEST <= at <= latest:
            raise InvalidMessageError(
                f"time {at.isoformat()} cannot be: the node's clock was wrong (it is {now.isoformat()} here)"
            )


def _check_lengths(spans: Iterable[EffortSpan]) -> None:
    for span in spans:
        if span.ended_at - span.started_at > LONGEST_SPAN:
            raise InvalidMessageError(
                f"effort from {span.started_at.isoformat()} to {span.ended_at.isoformat()} cannot be: "
                f"no camera looks for more than {LONGEST_SPAN.days} days between two heartbeats"
            )


def _reason(error: ValidationError) -> str:
    problems = [
        f"{'.'.join(map(str, problem['loc'])) or 'message'}: {problem['msg']}"
        for problem in error.errors(include_url=False, include_context=False, include_input=False)
    ]
    more = f" (and {len(problems) - 5} more)" if len(problems) > 5 else ""
    return "; ".join(problems[:5]) + more
