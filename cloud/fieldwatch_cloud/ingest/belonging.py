"""Whether what a message says belongs to the deployments that it names. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from fieldwatch_cloud.db.quarantine import unknown_deployment
from fieldwatch_cloud.ingest.parse import Message, Observations
from fieldwatch_shared.messages import Heartbeat

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.nodes import Known


def not_its_own(message: Message, deployments: Mapping[UUID, Known]) -> str | None:
    """Why the message is refused: it names a deployment that is not its node's."""
    expected = (message.topic.node, message.topic.reserve)
    for id_ in message.deployments:
        found = deployments.get(id_)
        if found is None:
            return unknown_deployment(id_)
        if (found.node, found.reserve) != expected:
            return (
                f"deployment {id_} belongs to node {found.node!r} in reserve {found.reserve!r}, "
                f"but the message came as {expected[0]!r} in {expected[1]!r}"
            )
    for place in message.places:
        if not deployments[place.deployment_id].moves:
            # Counted as seen by a camera that stood somewhere, it would be in the wrong place for ever.
            return (
                f"deployment {place.deployment_id} stands still, but this has a place of its own: add the"
                " flight as a deployment that moves (fieldwatch cloud deployment add --moves)"
            )
    return None


def until_the_end(message: Message, deployments: Mapping[UUID, Known]) -> tuple[Message | None, str | None]:
    """What may be counted of the message, and why the rest may not: it began after its deployment's end.

    The camera was moved, and counting on would place there what it sees elsewhere. A node's other cameras
    must not suffer from that: the message is kept without those records. Fires and pictures are let through
    always: nobody counts them, and an alarm with a doubtful place is better than none.

    Returns:
        the message as far as it holds, None if nothing of it does; the reason, None if all of it does.
    """
    late: dict[UUID, datetime] = {}

    def in_time(id_: UUID, at: datetime) -> bool:
        ended_at = deployments[id_].ended_at
        if ended_at is None or at <= ended_at:
            return True
        late[id_] = min(at, late.get(id_, at))
        return False

    kept: Message | None = message
    if all(deployments[id_].ended_at is None for id_ in message.deployments):
        return message, None
    match message.content:
        case Observations(rows) as content:
            # Of db.staging.row: id, deployment, observed_at, ...
            left = [row for row in rows if in_time(row[1], row[2])]
            content = replace(content, rows=left, deployments=frozenset(row[1] for row in left))
            kept = replace(message, content=content) if left else None
        case Heartbeat(effort=effort) as heartbeat:
            spans = [span for span in effort if in_time(span.deployment_id, span.started_at)]
            kept = replace(message, content=heartbeat.model_copy(update={"effort": spans}))
    if not late:
        return message, None
    ends = "; ".join(
        f"deployment {id_} ended at {deployments[id_].ended_at}, but this began at {at}"
        for id_, at in sorted(late.items())
    )
    return kept, ends
