"""The job that removes pictures: marked in the database first, in small pieces, then their files.

A crash between the two leaves marked rows whose files are still there; the next run begins with them. In the
other order it would leave a record of a picture that is gone without a word of why.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from fieldwatch_cloud.db import retention

if TYPE_CHECKING:
    from datetime import datetime

    from fieldwatch_cloud.db.pool import Database
    from fieldwatch_cloud.media.store import MediaStore
    from fieldwatch_cloud.media.thumbnails import Thumbnails

log = structlog.get_logger(__name__)
PIECE = 200
"""Pictures of one transaction: who labels one of them waits so long."""


def sweep(database: Database, store: MediaStore, thumbnails: Thumbnails, now: datetime) -> int:
    """Remove what every reserve's rules say; returns how many pictures went.

    Raises:
        MediaError: a file cannot be removed (a disk that is read-only, ...); what is marked stays marked.
    """
    _remove_files(database, store, thumbnails)
    with database.transaction() as conn:
        wanted = retention.all_rules(conn)
    total = 0
    for reserve_id, rule in wanted:
        until = now - timedelta(days=rule.keep_days)
        with database.transaction() as conn:
            deployments = retention.deployments(conn, reserve_id)
        went = 0
        for deployment in deployments:
            while True:
                with database.transaction() as conn:
                    looked, removed = retention.remove(conn, reserve_id, deployment, rule, until, limit=PIECE)
                went += removed
                if removed:
                    _remove_files(database, store, thumbnails)
                # None removed of many: each was labelled meanwhile; the next run looks again.
                if looked < PIECE or not removed:
                    break
        if went:
            log.info("retention.removed", reserve_id=str(reserve_id), kind=rule.kind, pictures=went)
        total += went
    return total


def _remove_files(database: Database, store: MediaStore, thumbnails: Thumbnails) -> None:
    while True:
        with database.transaction() as conn:
            found = retention.files(conn, PIECE)
        for file in found:
            if not file.shared:
                thumbnails.remove(file.sha256)
                store.remove(file.sha256)
        with database.transaction() as conn:
            retention.files_gone(conn, [file.media_id for file in found])
        if len(found) < PIECE:
            return
