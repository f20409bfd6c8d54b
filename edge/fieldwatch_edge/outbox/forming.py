"""How records that wait become a message, and how large it is. Pure: the store says which records."""

from __future__ import annotations

from uuid import UUID

from fieldwatch_edge.outbox.records import BATCHED, Message
from fieldwatch_shared.topics import Kind

Row = tuple[str, str, int | None]
"""Id, body and checksum of a record, as the store has them."""

MESSAGE_BYTES = 80
"""What is around the records of a message."""


def within(rows: list[Row], largest: int) -> list[Row]:
    """As many of these as fit into a message of so many bytes, and at least one."""
    size = MESSAGE_BYTES
    for number, (_, body, _) in enumerate(rows):
        size += len(body.encode()) + 1
        if number and size > largest:
            return rows[:number]
    return rows


def message_of(kind: Kind, message_id: str, bodies: list[str], attachment: bytes | None) -> Message:
    """What is published of records: one, or a batch of those that are many."""
    body = bodies[0]
    if kind is Kind.MEDIA:
        return Message(UUID(message_id), kind, attachment or b"", media=body)
    records = len(bodies)
    if kind in BATCHED:
        body = f'{{"message_id":"{message_id}","{BATCHED[kind]}":[{",".join(bodies)}]}}'
    elif kind is Kind.SUSPICIONS:
        body = f'{{"message_id":"{message_id}","suspicion":{body}}}'
    return Message(UUID(message_id), kind, body.encode(), records=records)
