"""Whether a fire waits: then all else keeps off the line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fieldwatch_edge.errors import OutboxError

if TYPE_CHECKING:
    from fieldwatch_edge.outbox import Outbox


def fires_wait(outbox: Outbox) -> bool:
    """A damaged outbox may hold a fire too."""
    try:
        return outbox.fires_wait
    except OutboxError:
        return True
