"""Where people, and reserves' own systems, are reached."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from psycopg.rows import class_row

from fieldwatch_cloud.db.statements import statements
from fieldwatch_cloud.errors import NotFoundError, RowRefusedError
from fieldwatch_shared.ids import uuid7

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection

SQL = statements("devices")
MOST = 20
"""Of one person, or one reserve: each is called for each fire."""


@dataclass(frozen=True, slots=True)
class Device:
    id: UUID
    channel: str
    name: str
    address: dict[str, Any]
    language: str
    created_at: datetime
    disabled_at: datetime | None
    disabled_reason: str | None


@dataclass(frozen=True, slots=True)
class Owned(Device):
    account_id: UUID | None
    slug: str | None
    """Of the reserve whose webhook it is."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Of somebody's device, what others may know."""

    id: UUID
    account_id: UUID
    channel: str
    name: str
    disabled_reason: str | None


@dataclass(frozen=True, slots=True)
class Webhook:
    id: UUID
    name: str
    address: dict[str, Any]
    language: str
    disabled_reason: str | None


def of_account(conn: Connection, account_id: UUID) -> list[Device]:
    """Those that work, and those whose address turned out to be dead."""
    with conn.cursor(row_factory=class_row(Device)) as cursor:
        return cursor.execute(SQL["of_account"], {"account_id": account_id}).fetchall()


def get(conn: Connection, device_id: UUID) -> Owned:
    """Raises:
    NotFoundError: no such device.
    """
    with conn.cursor(row_factory=class_row(Owned)) as cursor:
        found = cursor.execute(SQL["one"], {"id": device_id}).fetchone()
    if found is None:
        raise NotFoundError(f"no such device: {device_id}")
    return found


def register(
    conn: Connection,
    *,
    channel: str,
    name: str,
    address: Mapping[str, Any],
    language: str,
    account_id: UUID | None = None,
    reserve_id: UUID | None = None,
) -> tuple[UUID, bool]:
    """The device of that owner (one of the two) with that address; made, or enabled again, where need be.

    Args:
        address: checked by `calls.addresses.checked`.

    Returns:
        its id, and whether it is new.

    Raises:
        RowRefusedError: the owner has `MOST` devices.
    """
    owner = account_id or reserve_id
    text = json.dumps(address)
    row = conn.execute(SQL["same_address"], {"channel": channel, "address": text, "owner": owner}).fetchone()
    if row is not None:
        id_: UUID = row[0]
        conn.execute(SQL["renew"], {"id": id_, "name": name, "language": language})
    else:
        (count,) = conn.execute(SQL["count"], {"owner": owner})
        if count[0] >= MOST:
            raise RowRefusedError(f"there are {MOST} devices already: remove one first")
        id_ = uuid7()
        parameters = {
            "id": id_,
            "account_id": account_id,
            "reserve_id": reserve_id,
            "channel": channel,
            "name": name,
            "address": text,
            "language": language,
        }
        conn.execute(SQL["add"], parameters)
    if channel == "web_push":
        conn.execute(SQL["move_endpoint"], {"endpoint": address["endpoint"], "id": id_})
    elif channel == "webhook":
        conn.execute(SQL["replace_webhook"], {"url": address["url"], "id": id_, "owner": owner})
    return id_, row is None


def remove(conn: Connection, device_id: UUID) -> None:
    """It is called no more; the ledger keeps what was sent to it."""
    conn.execute(SQL["remove"], {"id": device_id})


def of_reserve(conn: Connection, reserve_id: UUID) -> list[Reach]:
    """Devices of the reserve's members."""
    with conn.cursor(row_factory=class_row(Reach)) as cursor:
        return cursor.execute(SQL["of_reserve"], {"reserve_id": reserve_id}).fetchall()


def webhooks(conn: Connection, reserve_id: UUID) -> list[Webhook]:
    with conn.cursor(row_factory=class_row(Webhook)) as cursor:
        return cursor.execute(SQL["webhooks"], {"reserve_id": reserve_id}).fetchall()


def a_reserve(conn: Connection, device_id: UUID) -> UUID | None:
    """A reserve of its owner; None: the owner is a member of none."""
    row = conn.execute(SQL["a_reserve"], {"id": device_id}).fetchone()
    return row[0] if row else None


def tests_since(conn: Connection, device_id: UUID, since: datetime) -> int:
    (row,) = conn.execute(SQL["tests_since"], {"id": device_id, "since": since})
    return int(row[0])


def delivery_state(conn: Connection, delivery_id: UUID) -> tuple[str, str | None]:
    """(state, failure) of a delivery that exists."""
    (row,) = conn.execute(SQL["state"], {"id": delivery_id})
    return row[0], row[1]
