"""Messages, and rows of hotspots, out of quarantine and, now that the cause is gone, into the database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog

from fieldwatch_cloud.alarms import hotspots
from fieldwatch_cloud.db import quarantine
from fieldwatch_cloud.db.pool import connection, translated
from fieldwatch_cloud.errors import (
    DatabaseUnavailableError,
    DataFileError,
    InvalidMessageError,
    MediaError,
    RowRefusedError,
)
from fieldwatch_cloud.ingest.intake import Intake
from fieldwatch_cloud.ingest.parse import Incoming, parse

if TYPE_CHECKING:
    from uuid import UUID

    from fieldwatch_cloud.media.store import MediaStore

log = structlog.get_logger(__name__)


def replay(database_url: str, store: MediaStore, entry: UUID, *, largest_picture: int) -> None:
    """Read one message of the quarantine again and commit it; replayed twice, it is stored once.

    Raises:
        NotFoundError: no such entry.
        InvalidMessageError: it is still refused, or we fail over it; the reason is noted with it.
        DatabaseUnavailableError, MediaError: nothing can be kept now.
    """
    with connection(database_url) as conn, translated():
        held = quarantine.get(conn, entry)
        incoming = Incoming(held.topic, held.payload, held.properties)
        try:
            if held.topic.startswith(hotspots.TOPIC):
                with conn.transaction():
                    hotspots.replay(conn, held.topic, held.payload)
            else:
                # Judged by when it arrived: a clock that was wrong then does not become right by waiting.
                message = parse(incoming, held.received_at, largest_picture=largest_picture)
                Intake(conn, store).accept_one(message)
        except (DatabaseUnavailableError, MediaError):
            raise
        except Exception as error:
            # As on the way in: whatever a message brings to light, it is about this message.
            expected = isinstance(error, (DataFileError, InvalidMessageError, RowRefusedError))
            if not expected:
                log.exception("replay.failed", entry=str(entry))
            reason = str(error) if expected else f"{type(error).__name__}: {error}"
            quarantine.still_refused(conn, entry, reason)
            raise InvalidMessageError(reason) from error
        quarantine.mark_replayed(conn, entry)
