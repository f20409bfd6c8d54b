"""Weather in, fire danger out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from fieldwatch_cloud.db import weather
from fieldwatch_cloud.incidents.danger import Danger

if TYPE_CHECKING:
    from fieldwatch_cloud.db.pool import Connection

KNOWN_FOR = timedelta(hours=36)
"""A day's danger is that of the next morning too; after that nobody knows it."""


def danger_now(
    conn: Connection, reserve: str, at: datetime, near: tuple[float, float] | None = None
) -> Danger | None:
    """The fire danger that was known at `at`, or None: no station reported within `KNOWN_FOR` before.

    Args:
        reserve: its slug.
        near: lon, lat of the fire or the camera; None: the highest danger of the reserve's stations.
    """
    # A node's clock may stand where the calendar begins.
    oldest = max(at, datetime.min.replace(tzinfo=UTC) + KNOWN_FOR) - KNOWN_FOR
    found = weather.danger_now(conn, reserve, at, oldest, near)
    return Danger(*found) if found else None
