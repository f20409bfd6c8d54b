"""PostgreSQL's notifications, as a stream."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from fieldwatch_cloud.db.live import CHANNEL
from fieldwatch_cloud.db.pool import translated

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

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


def waking(url: str, channel: str, *, look_up_s: float) -> Iterator[str | None]:
    """As `notifications`, for a thread: yields None when it listens, and then every `look_up_s` in which
    nothing came, so that its user can see whether it is to stop.

    Raises:
        DatabaseUnavailableError: there is no connection, or it was lost; payloads may have been missed.
    """
    with (
        translated(),
        psycopg.connect(
            url, autocommit=True, connect_timeout=10, application_name="fieldwatch notify"
        ) as conn,
    ):
        conn.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
        yield None
        asked = time.monotonic()
        while True:
            for notification in conn.notifies(timeout=look_up_s):
                yield notification.payload
            yield None
            if time.monotonic() - asked > _ALIVE_EVERY_S:
                conn.execute("SELECT 1")
                asked = time.monotonic()
