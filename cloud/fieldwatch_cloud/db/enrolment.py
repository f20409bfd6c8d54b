"""How boxes become nodes: one-time codes, and the sessions in which nodes ask things over HTTPS."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fieldwatch_cloud.db.statements import statements

if TYPE_CHECKING:
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection

SQL = statements("enrolment")


@dataclass(frozen=True, slots=True)
class Session:
    """Whose a session is."""

    node: str
    reserve_id: UUID
    reserve: str
    serial: str
    """Of the certificate that opened it."""


def session_of(conn: Connection, token: str) -> Session | None:
    """None: unknown, over, or its node or certificate was revoked."""
    found = conn.execute(SQL["session_of"], {"hash": secret_hash(token)}).fetchone()
    return Session(*found) if found else None


def secret_hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
