"""Outboxes that were carried here on a stick: the same way in as over MQTT, batch by batch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from fieldwatch_cloud.db import nodes
from fieldwatch_cloud.db.pool import connection
from fieldwatch_cloud.errors import DataFileError, InvalidMessageError, NotFoundError
from fieldwatch_cloud.ingest.intake import Intake, Refused
from fieldwatch_cloud.ingest.parse import Incoming, message_id, parse
from fieldwatch_shared.carried import CarriedError, CarriedFile, CarriedReceipt
from fieldwatch_shared.messages import utc_now
from fieldwatch_shared.topics import Topic

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from uuid import UUID

    from fieldwatch_cloud.ingest.intake import Item
    from fieldwatch_cloud.media.store import MediaStore
    from fieldwatch_shared.carried import Carried, Header

BATCH_MESSAGES = 200
BATCH_BYTES = 32 * 1024**2


@dataclass(slots=True)
class Outcome:
    header: Header
    taken: int = 0
    """Messages that are in the database now; those that were there before count too."""
    quarantined: list[str] = field(default_factory=list)
    """Why, of each message that went there."""
    lost: int = 0
    """Messages that not even quarantine could hold: the node must keep them."""
    message_ids: list[UUID] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    """Messages that could not be read out of the file, with the reason: the node has them still."""

    @property
    def receipt(self) -> CarriedReceipt:
        return CarriedReceipt(
            reserve=self.header.reserve, node=self.header.node, message_ids=self.message_ids
        )


def take_in(
    database_url: str,
    store: MediaStore,
    path: Path,
    *,
    largest_picture: int,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Outcome:
    """Take in one file. Again changes nothing.

    Args:
        progress: told after each batch how many messages of how many are done.

    Raises:
        DataFileError: it is no such file.
        NotFoundError: its node is none of ours.
        DatabaseUnavailableError, MediaError: nothing more can be kept now; what came before is in.
    """
    try:
        file = CarriedFile(path)
    except CarriedError as error:
        raise DataFileError(str(error)) from error
    with file, connection(database_url) as conn:
        header = file.header
        if not nodes.exists(conn, header.node, header.reserve):
            raise NotFoundError(f"there is no node {header.node!r} in reserve {header.reserve!r}")
        outcome = Outcome(header)
        intake = Intake(conn, store)
        batch: list[Item] = []
        size = done = 0

        def commit() -> None:
            nonlocal batch, size
            lost = {id(item) for item in intake.accept(batch)}
            for item in batch:
                if id(item) in lost:
                    outcome.lost += 1
                    continue
                if isinstance(item, Refused):
                    outcome.quarantined.append(item.reason)
                else:
                    outcome.taken += 1
                receipt_id = message_id(item.incoming)
                if receipt_id is not None:
                    outcome.message_ids.append(receipt_id)
            batch, size = [], 0
            progress(done, header.messages)

        for carried in file:
            batch.append(_item(carried, header, largest_picture))
            size += len(carried.payload)
            done += 1
            if len(batch) >= BATCH_MESSAGES or size >= BATCH_BYTES:
                commit()
        if batch:
            commit()
        outcome.damaged = file.damaged
    return outcome


def _item(carried: Carried, header: Header, largest_picture: int) -> Item:
    properties = {} if carried.media is None else {"media": carried.media}
    incoming = Incoming(str(Topic(header.reserve, header.node, carried.kind)), carried.payload, properties)
    try:
        return parse(incoming, utc_now(), largest_picture=largest_picture)
    except InvalidMessageError as error:
        return Refused(incoming, str(error))
