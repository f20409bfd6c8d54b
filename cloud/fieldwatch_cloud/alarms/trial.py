"""A call that only asks whether a device can be reached: the owner sees it go through, or why not."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from fieldwatch_cloud.db import deliveries, devices
from fieldwatch_cloud.errors import BusyError, RowRefusedError

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection

LASTS = timedelta(minutes=10)
MOST, WITHIN = 5, timedelta(minutes=10)
"""An SMS costs money, and a gateway blocks whoever sends too many."""


def call(conn: Connection, device_id: UUID, now: datetime) -> UUID:
    """Queue one; returns the delivery's id.

    Raises:
        NotFoundError: no such device.
        RowRefusedError: it is disabled, or its owner is a member of no reserve.
        BusyError: it was tried too often just now.
    """
    device = devices.get(conn, device_id)
    if device.disabled_at is not None:
        raise RowRefusedError(f"this device is not called any more: {device.disabled_reason}")
    if devices.tests_since(conn, device_id, now - WITHIN) >= MOST:
        raise BusyError(f"at most {MOST} tests within {WITHIN.seconds // 60} minutes: wait a little")
    reserve_id = devices.a_reserve(conn, device_id)
    if reserve_id is None:
        raise RowRefusedError("its owner is a member of no reserve, and nobody would call them")
    (delivery_id,) = deliveries.queue(conn, reserve_id, "test", [device_id], now=now, lasts=LASTS)
    return delivery_id
