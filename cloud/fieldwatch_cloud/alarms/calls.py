"""Calling people for an incident: begun, carried on by the clock, ended by an answer.

Everything here happens in the caller's transaction: the rows that say who is to be called are committed with
the incident or not at all, and the workers of `notify` hear of them at the commit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection

Outcome = Literal["answered", "closed", "nobody_answered"]


def begin(conn: Connection, incident_id: UUID, now: datetime) -> int:
    """Call for an incident: the first step of its reserve's plan, and those after it which are due at once.

    An incident that calls already is left alone; one whose calls have ended (it was opened again) begins anew.

    Returns:
        calls that wait to be sent.
    """
    raise NotImplementedError("calls.begin: being built")


def stop(
    conn: Connection, incident_id: UUID, outcome: Outcome, now: datetime, *, by: UUID | None = None
) -> None:
    """Nobody needs to be called any more: what waits to be sent is cancelled, and those whom a call may have
    reached are told (kind `update`), except `by`.

    Args:
        by: account of who answered or closed it.
    """
    raise NotImplementedError("calls.stop: being built")


def tell(conn: Connection, incident_id: UUID, now: datetime, *, by: UUID | None = None) -> int:
    """Tell those who were called, except `by`, how the incident stands now; returns calls queued."""
    raise NotImplementedError("calls.tell: being built")


def answered(conn: Connection, incident_id: UUID, account_id: UUID, now: datetime) -> None:
    """This person acted on the incident: their calls count as answered. Ends no escalation; see `stop`."""
    raise NotImplementedError("calls.answered: being built")


def run_due(conn: Connection, now: datetime) -> int:
    """Carry on every incident whose next step is due at `now`; returns how many steps were made."""
    raise NotImplementedError("calls.run_due: being built")
