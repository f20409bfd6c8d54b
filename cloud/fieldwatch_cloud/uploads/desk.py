"""An upload's life: announced, received part by part, taken in as a picture, swept when it expires.

What is finished takes the same way in as a picture over MQTT (`take_in`, wired by the command line): the file
first, then its row, exactly once by its id. The receipt is the header of the answer that says so; an answer
that was lost comes again, for the row of the upload, and then the picture's own, say that it is here.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from fieldwatch_cloud.db import node_intake, nodes, uploads
from fieldwatch_cloud.db.node_intake import Brought
from fieldwatch_cloud.errors import BusyError, InvalidMessageError, NotFoundError
from fieldwatch_shared.messages import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Database
    from fieldwatch_cloud.db.uploads import Upload
    from fieldwatch_cloud.settings import UploadSettings
    from fieldwatch_cloud.uploads.parts import Parts
    from fieldwatch_shared.messages import Media

log = structlog.get_logger(__name__)

ORPHANED_AFTER = timedelta(days=1)
"""A file of parts of which no row tells: the power was cut between the two."""


def begin(
    database: Database,
    settings: UploadSettings,
    node: str,
    record: Media,
    length: int,
    now: datetime,
    *,
    day_bytes: int,
) -> Upload | None:
    """Announce an upload, or find the one that was; None: the picture is here already.

    Args:
        day_bytes: pictures that the node may bring in a day (UTC), on whatever way.

    Raises:
        InvalidMessageError: the picture's deployment is not the node's, or it is too large.
        BusyError: as much as may be is open already, or came today.
    """
    if length > settings.max_bytes:
        raise InvalidMessageError(f"{length} bytes are more than the {settings.max_bytes} allowed")
    with database.transaction() as conn:
        if uploads.is_here(conn, node, record):
            return None
        found = uploads.get(conn, node, record.id)
        if found is not None:
            if found.length != length or found.record.sha256 != record.sha256:
                raise InvalidMessageError("another picture was announced under this id")
            return found
        known = nodes.known(conn, [record.deployment_id]).get(record.deployment_id)
        if known is None or known.node != node:
            raise InvalidMessageError(f"deployment {record.deployment_id} is not this node's")
        open_ = uploads.open_now(conn, node)
        if (
            open_.of_node >= settings.at_once_per_node
            or open_.bytes_of_node + length > settings.bytes_per_node
            or open_.bytes + length > settings.total_bytes
        ):
            raise BusyError("as much as may be is being uploaded already: later")
        at = node, node_intake.PICTURES
        today = node_intake.of_day(conn, [node], now.date()).get(at, Brought())
        over = today.bytes + length > day_bytes
        node_intake.add(conn, {at: Brought(refused=1) if over else Brought(1, length)}, now)
        if not over:
            uploads.begin(conn, node, record, length, now=now, expires_at=now + settings.kept)
        made = uploads.get(conn, node, record.id)
    if over:
        raise BusyError(f"{node} has brought as many pictures today as it may: later")
    if made is None:  # of another node, under the same id
        raise InvalidMessageError("another node has announced a picture under this id")
    return made


def find(database: Database, node: str, media_id: UUID) -> Upload:
    """Raises:
    NotFoundError: no such upload of this node, or it expired.
    """
    with database.transaction() as conn:
        found = uploads.get(conn, node, media_id)
    if found is None:
        raise NotFoundError("no such upload: it expired, or was never announced")
    return found


def received(database: Database, settings: UploadSettings, upload: Upload, offset: int) -> Upload:
    """Note that so much of it is safe."""
    now = utc_now()
    with database.transaction() as conn:
        uploads.received(conn, upload.media_id, offset, expires_at=now + settings.kept)
    return find(database, upload.node, upload.media_id)


def finish(
    database: Database,
    parts: Parts,
    upload: Upload,
    take_in: Callable[[], None],
) -> None:
    """Have the whole file taken in as a picture. Again changes nothing.

    Args:
        take_in: see `api.services.Operations`.

    Raises:
        InvalidMessageError: it is not the picture that was announced, or is refused: it is forgotten.
        DatabaseUnavailableError, MediaError: it cannot be kept now; what was received stays.
    """
    with database.transaction() as conn:
        here = uploads.is_here(conn, upload.node, upload.record)
    if not here:
        try:
            _check(parts, upload)
            take_in()
        except InvalidMessageError as error:
            log.warning("upload.refused", node=upload.node, media=str(upload.media_id), reason=str(error))
            with database.transaction() as conn:
                uploads.forget(conn, upload.media_id)
            parts.remove(upload.media_id)
            raise
    with database.transaction() as conn:
        uploads.finished(conn, upload.media_id, utc_now())
    parts.remove(upload.media_id)
    log.info("upload.finished", node=upload.node, media=str(upload.media_id), bytes=upload.length)


def _check(parts: Parts, upload: Upload) -> None:
    if parts.sha256(upload.media_id) != upload.record.sha256:
        raise InvalidMessageError("the SHA-256 of what came is not the one in the picture's record")


def sweep(database: Database, parts: Parts, now: datetime) -> int:
    """Forget what has expired, and delete what it left; returns how many."""
    with database.transaction() as conn:
        expired = uploads.forget_expired(conn, now)
    for media_id in expired:
        parts.remove(media_id)
    lying = parts.lying((now - ORPHANED_AFTER).timestamp())
    if lying:
        with database.transaction() as conn:
            known = uploads.open_ids(conn)
        for media_id in lying - known:
            parts.remove(media_id)
    return len(expired)
