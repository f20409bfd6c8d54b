"""The maintenance plan of a reserve, out of what its nodes said over months."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from fieldwatch_cloud.db import maintenance
from fieldwatch_cloud.fleet.maintenance import plan

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection
    from fieldwatch_cloud.fleet.history import Item


def items(conn: Connection, reserve_id: UUID, now: datetime) -> list[Item]:
    """What needs a visit, the most urgent first."""
    zone = ZoneInfo(maintenance.timezone(conn, reserve_id))
    nodes, cards = maintenance.history(conn, reserve_id, now)
    return plan(nodes, cards, software=version("fieldwatch"), now=now.astimezone(zone))
