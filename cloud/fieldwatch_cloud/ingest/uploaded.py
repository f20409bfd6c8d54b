"""A large picture that came in parts: from its file the same way in as over MQTT."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fieldwatch_cloud.db.pool import connection
from fieldwatch_cloud.ingest.intake import Intake
from fieldwatch_cloud.ingest.parse import Incoming, Message, Picture
from fieldwatch_shared.topics import Kind, Topic

if TYPE_CHECKING:
    from pathlib import Path

    from fieldwatch_cloud.media.store import MediaStore
    from fieldwatch_shared.messages import Media


def take_in(database_url: str, store: MediaStore, reserve: str, node: str, record: Media, file: Path) -> None:
    """Commit a picture whose hash is known to be right. Again changes nothing; the file stays.

    Raises:
        InvalidMessageError: its deployment is not its node's.
        DatabaseUnavailableError, MediaError: nothing can be kept now.
    """
    topic = Topic(reserve, node, Kind.MEDIA)
    incoming = Incoming(str(topic), b"", {"media": record.model_dump_json()})
    message = Message(incoming, topic, record.message_id, Picture(record, file))
    with connection(database_url) as conn:
        Intake(conn, store).accept_one(message)
