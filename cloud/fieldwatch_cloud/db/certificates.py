"""Certificates of nodes: which there are, and which hold no more."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from fieldwatch_cloud.db.statements import statements

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from fieldwatch_cloud.db.pool import Connection

SQL = statements("certificates")


@dataclass(frozen=True, slots=True)
class OfKey:
    serial: str
    pem: str
    not_after: datetime
    new: bool
    """Issued within the time that was asked for."""


@dataclass(frozen=True, slots=True)
class Certificate:
    node: str
    pem: str
    valid_days: int
    revoked: bool
    """It, or all of its node."""


@dataclass(frozen=True, slots=True)
class Revoked:
    serial: str
    at: datetime


def keep(
    conn: Connection,
    node: str,
    *,
    serial: str,
    key_sha256: bytes,
    pem: str,
    not_after: datetime,
    valid_days: int,
) -> None:
    values = {
        "serial": serial,
        "node": node,
        "key": key_sha256,
        "pem": pem,
        "not_after": not_after,
        "valid_days": valid_days,
    }
    conn.execute(SQL["keep"], values)


def lock(conn: Connection, node: str) -> None:
    """Until the transaction ends, nobody else gives the node a certificate, or takes them from it."""
    conn.execute(SQL["lock"], {"node": node})


def issued(conn: Connection, node: str, *, within: timedelta) -> int:
    """How many the node was given lately."""
    (row,) = conn.execute(SQL["issued"], {"node": node, "within": within})
    return int(row[0])


def of_key(conn: Connection, node: str, key_sha256: bytes, *, within: timedelta) -> OfKey | None:
    """The node's newest certificate of that key that was not revoked.

    Args:
        within: what counts as new.
    """
    values = {"node": node, "key": key_sha256, "within": within}
    found = conn.execute(SQL["of_key"], values).fetchone()
    return OfKey(*found) if found else None


def get(conn: Connection, serial: str) -> Certificate | None:
    found = conn.execute(SQL["one"], {"serial": serial}).fetchone()
    return Certificate(*found) if found else None


def revoke(conn: Connection, node: str, reason: Literal["revoked", "superseded"]) -> list[str]:
    """None of the node's certificates holds any more; returns the serials of those that did."""
    return [row[0] for row in conn.execute(SQL["revoke"], {"node": node, "reason": reason})]


def revoked(conn: Connection) -> list[Revoked]:
    """Of all nodes; without those that have ended by themselves."""
    return [Revoked(*row) for row in conn.execute(SQL["revoked"])]
