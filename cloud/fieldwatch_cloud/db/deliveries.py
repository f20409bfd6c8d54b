"""The outbox of calls, and the ledger of what became of each.

    queued ─▶ (attempted) ─▶ sent ─▶ delivered ─▶ opened ─▶ answered
       └▶ failed, cancelled

A confirmation may overtake `sent`: the phone is quicker than the answer of the service on the way. States
only move to the right; a call that has been confirmed is never sent again.
"""

from __future__ import annotations

import hmac
import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from psycopg.rows import class_row, dict_row

from fieldwatch_cloud.db.statements import statements
from fieldwatch_cloud.errors import NotFoundError
from fieldwatch_shared.ids import uuid7

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime, timedelta
    from uuid import UUID

    from fieldwatch_cloud.calls.message import MessageKind
    from fieldwatch_cloud.db.pool import Connection
    from fieldwatch_cloud.words import Language

SQL = statements("deliveries")
CHANNEL = "fieldwatch_delivery"
"""Notified at the commit of new deliveries; the payload names their channels, separated by commas."""
Event = Literal["delivered", "opened"]


@dataclass(frozen=True, slots=True)
class Claimed:
    """A delivery that this worker, and no other, is to send now."""

    id: UUID
    attempts: int
    """This one included. Says whose attempt it is: another worker's is another number."""
    secret: str
    notification_id: UUID
    expires_at: datetime
    device_id: UUID
    channel: Literal["web_push", "email", "sms", "voice", "webhook"]
    device_name: str
    address: dict[str, Any]
    language: Language
    disabled: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of an incident's ledger."""

    id: UUID
    kind: str
    step: int | None
    drill: bool
    account_id: UUID | None
    account: str | None
    """Name; None: a webhook of the reserve."""
    device: str
    channel: str
    state: str
    attempts: int
    failure: str | None
    queued_at: datetime
    attempted_at: datetime | None
    sent_at: datetime | None
    delivered_at: datetime | None
    opened_at: datetime | None
    answered_at: datetime | None


def queue(
    conn: Connection,
    reserve_id: UUID,
    kind: MessageKind,
    devices: Sequence[UUID],
    *,
    now: datetime,
    lasts: timedelta,
    incident_id: UUID | None = None,
    alert_id: UUID | None = None,
    report_id: UUID | None = None,
    step: int | None = None,
    drill: bool = False,
    details: Mapping[str, Any] | None = None,
) -> list[UUID]:
    """Record that these devices are to be called, and wake the workers at the commit.

    A notification without devices is recorded, too: it tells that somebody was to be called and could not.

    Args:
        lasts: no attempt is made later than that.
        details: unreached, by; see `db.migrations.0005`.

    Returns:
        ids of the deliveries, in the order of the devices.
    """
    notification_id = uuid7()
    conn.execute(
        SQL["add_notification"],
        {
            "id": notification_id,
            "reserve_id": reserve_id,
            "incident_id": incident_id,
            "alert_id": alert_id,
            "report_id": report_id,
            "kind": kind,
            "step": step,
            "drill": drill,
            "details": json.dumps(details or {}),
            "now": now,
        },
    )
    ids = [uuid7() for _ in devices]
    if ids:
        parameters = {
            "notification_id": notification_id,
            "ids": ids,
            "devices": list(devices),
            "secrets": [secrets.token_urlsafe(24) for _ in devices],
            "now": now,
            "expires_at": now + lasts,
        }
        conn.execute(SQL["add_deliveries"], parameters)
        conn.execute(SQL["log_queued"], {"ids": ids, "now": now})
        conn.execute(SQL["notify"], {"devices": list(devices)})
    return ids


def cancel(conn: Connection, incident_id: UUID, now: datetime) -> None:
    """What waits to be sent for this incident is not sent any more."""
    conn.execute(SQL["cancel"], {"incident_id": incident_id, "now": now})


def answered(conn: Connection, incident_id: UUID, account_id: UUID, now: datetime) -> None:
    """The person has acted: all their calls for this incident have done their work."""
    conn.execute(SQL["answered"], {"incident_id": incident_id, "account_id": account_id, "now": now})


# For the workers; by the database's clock, which all of them share ------------------------------------


def waiting_channels(conn: Connection) -> list[str]:
    """Channels for which a call waits now."""
    return [channel for (channel,) in conn.execute(SQL["waiting_channels"])]


def claim(
    conn: Connection, channel: str, lease_s: float, *, without: Collection[UUID] = ()
) -> Claimed | None:
    """One delivery to send now, leased to the caller; the ledger says `attempted`. Commit before sending.

    Args:
        without: those that the caller has in hand, whatever became of their leases.
    """
    parameters = {"channel": channel, "lease_s": lease_s, "without": list(without)}
    row = conn.execute(SQL["claim"], parameters).fetchone()
    if row is None:
        return None
    claimed = Claimed(*row)
    _log(conn, claimed.id, "attempted", f"attempt {claimed.attempts}")
    return claimed


def sent(conn: Connection, claimed: Claimed, detail: str | None) -> None:
    _log(conn, claimed.id, "sent", detail)
    conn.execute(SQL["sent"], {"id": claimed.id})


def postponed(conn: Connection, claimed: Claimed, why: str, after_s: float) -> None:
    parameters = {"id": claimed.id, "attempts": claimed.attempts, "why": why, "after_s": after_s}
    if conn.execute(SQL["postponed"], parameters).fetchone() is not None:
        _log(conn, claimed.id, "postponed", why)


def failed(conn: Connection, claimed: Claimed, why: str) -> bool:
    """Whether that is news: not if it was confirmed or cancelled meanwhile."""
    parameters = {"id": claimed.id, "attempts": claimed.attempts, "why": why}
    if conn.execute(SQL["failed"], parameters).fetchone() is None:
        return False
    _log(conn, claimed.id, "failed", why)
    return True


def gone(conn: Connection, claimed: Claimed, why: str) -> None:
    """The device's address is dead: it is disabled, and what waits for it has failed."""
    conn.execute(SQL["disable_device"], {"device_id": claimed.device_id, "why": why})
    conn.execute(SQL["fail_device"], {"device_id": claimed.device_id, "why": why})


def expire(conn: Connection) -> int:
    """Those that nobody could send in time have failed; returns how many."""
    return conn.execute(SQL["expire"]).rowcount


def facts(conn: Connection, notification_id: UUID) -> dict[str, Any]:
    """What a notification is about, as it stands now: the columns of the statement `facts`.

    Raises:
        NotFoundError: it is gone.
    """
    with conn.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(SQL["facts"], {"notification_id": notification_id}).fetchone()
    if found is None:
        raise NotFoundError(f"no such notification: {notification_id}")
    return found


# What came back ---------------------------------------------------------------------------------------


def confirm(conn: Connection, delivery_id: UUID, secret: str, event: Event, at: datetime) -> None:
    """A device says that it got the message, or that somebody opened it. The same again changes nothing;
    whoever opened it has got it, also where that word was lost or comes later.

    Args:
        at: the device's own time; it is kept beside ours.

    Raises:
        NotFoundError: no such delivery, or not its secret: to a stranger there is no difference.
    """
    row = conn.execute(SQL["secret"], {"id": delivery_id}).fetchone()
    known: str = row[0] if row else ""
    if not hmac.compare_digest(known.encode(), secret.encode(errors="replace")) or row is None:
        raise NotFoundError(f"no such delivery: {delivery_id}")
    logged = {name for (name,) in conn.execute(SQL["logged"], {"id": delivery_id})}
    for passed in ("delivered", "opened") if event == "opened" else ("delivered",):
        if passed not in logged:
            _log(conn, delivery_id, passed, f"by the device's clock {at.isoformat()}")
    if row[1] not in ("answered", "opened", event):
        conn.execute(SQL["confirm"], {"id": delivery_id, "state": event})


def ledger(conn: Connection, incident_id: UUID) -> list[Entry]:
    """All calls of an incident, in the order in which they were made."""
    with conn.cursor(row_factory=class_row(Entry)) as cursor:
        return cursor.execute(SQL["ledger"], {"incident_id": incident_id}).fetchall()


def _log(conn: Connection, delivery_id: UUID, event: str, detail: str | None) -> None:
    conn.execute(SQL["log"], {"id": delivery_id, "event": event, "detail": detail})
