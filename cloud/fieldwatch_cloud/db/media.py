"""Rows about pictures; the pictures themselves lie in the media store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fieldwatch_cloud.db.statements import statements

if TYPE_CHECKING:
    from fieldwatch_cloud.db.pool import Connection
    from fieldwatch_shared.messages import Media

SQL = statements("media")


def insert(conn: Connection, media: Media, size: int) -> bool:
    """Keep the record of a picture of `size` bytes; False if it was there already."""
    parameters = {
        "id": media.id,
        "deployment_id": media.deployment_id,
        "observed_at": media.observed_at,
        "mime": media.mime,
        "sha256": media.sha256,
        "bytes": size,
        "width": media.width,
        "height": media.height,
        "clock_quality": media.clock.quality.value,
        "clock_offset_s": media.clock.offset_s,
    }
    return conn.execute(SQL["insert"], parameters).rowcount > 0
