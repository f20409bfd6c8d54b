"""PostgreSQL's notifications, as an asynchronous stream."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from fieldwatch_cloud.db.live import CHANNEL
from fieldwatch_cloud.db.pool import translated

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_ALIVE_EVERY_S = 30.0


async def notifications(url: str, channel: str = CHANNEL) -> AsyncIterator[str | None]:
    """Payloads of `channel`, on a connection of its own, for as long as that lasts.

    Yields None once, as soon as it listens: whatever is notified from then on is seen.

    Raises:
        DatabaseUnavailableError: there is no connection, or it was lost; payloads may have been missed.
    """
    with translated():
        async with await psycopg.AsyncConnection.connect(
            url, autocommit=True, connect_timeout=10, application_name="fieldwatch live"
        ) as conn:
            await conn.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
            yield None
            while True:
                async for notification in conn.notifies(timeout=_ALIVE_EVERY_S):
                    yield notification.payload
                # A peer that vanished without a word shows only when it is asked.
                await conn.execute("SELECT 1")
