"""How boxes become nodes: one-time codes, and the sessions in which nodes ask things over HTTPS."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from psycopg.types.json import Jsonb

from fieldwatch_cloud.db.statements import statements

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection

SQL = statements("enrolment")
AGAIN = timedelta(hours=1)
"""The answer to an enrolment may be lost on its way: the same key may ask so long again."""
SESSION = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Code:
    """What is known of a code whose secret somebody has shown."""

    node: str
    name: str
    reserve_id: UUID
    reserve: str
    valid_days: int
    expires_at: datetime
    expired: bool
    used_at: datetime | None
    used_key: bytes | None
    used_long_ago: bool | None
    """Longer than `AGAIN`; None: it was not used."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A camera of a node's that stands now. Degrees and metres, WGS 84."""

    id: UUID
    name: str
    lon: float
    lat: float
    heading_deg: float | None
    tilt_deg: float | None
    field_of_view_deg: float | None
    height_m: float | None
    detection_distance_m: float | None
    started_at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """Whose a session is."""

    node: str
    reserve_id: UUID
    reserve: str
    serial: str
    """Of the certificate that opened it."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A node, and how it may log in: the newest of its certificates, and its code."""

    id: str
    name: str
    online: bool
    created_at: datetime
    revoked_at: datetime | None
    has_password: bool
    hardware: dict[str, str] | None
    serial: str | None
    issued_at: datetime | None
    not_after: datetime | None
    certificate_revoked_at: datetime | None
    certificate_reason: str | None
    code_created_at: datetime | None
    code_expires_at: datetime | None
    code_used_at: datetime | None
    code_refused_at: datetime | None


def put_code(
    conn: Connection, node: str, hash_: bytes, *, by: UUID | None, lasts: timedelta, valid_days: int
) -> datetime:
    """Give the node a code; one of before is good no more. Returns when it ends."""
    values = {"node": node, "hash": hash_, "by": by, "lasts": lasts, "valid_days": valid_days}
    (row,) = conn.execute(SQL["put_code"], values)
    ends: datetime = row[0]
    return ends


def code(conn: Connection, hash_: bytes) -> Code | None:
    """The code with that hash, locked until the transaction ends; None: there is none."""
    found = conn.execute(SQL["code"], {"hash": hash_, "again": AGAIN}).fetchone()
    return Code(*found) if found else None


def use_code(conn: Connection, node: str, key_sha256: bytes) -> None:
    conn.execute(SQL["use_code"], {"node": node, "key": key_sha256})


def refuse_code(conn: Connection, node: str) -> None:
    """Note that another key tried a code that was used."""
    conn.execute(SQL["refuse_code"], {"node": node})


def tried_again(conn: Connection, reserve_id: UUID, since: datetime) -> list[tuple[str, str, datetime]]:
    """Nodes (id, name) whose used code another box tried, and when: somebody else has seen it."""
    return [
        (node, name, at)
        for node, name, at in conn.execute(SQL["tried_again"], {"reserve_id": reserve_id, "since": since})
    ]


def admit(conn: Connection, node: str, hardware: Mapping[str, str]) -> None:
    """The node may log in, by certificate; its password, if it had one, ends."""
    conn.execute(SQL["admit"], {"node": node, "hardware": Jsonb(dict(hardware))})


def put_out(conn: Connection, node: str) -> None:
    """The node may log in no more: by nothing, nowhere."""
    conn.execute(SQL["put_out"], {"node": node})
    conn.execute(SQL["drop_code"], {"node": node})
    end_sessions(conn, node)


def end_sessions(conn: Connection, node: str) -> None:
    """Whoever was this node until now asks and sends nothing more over HTTPS."""
    for statement in ("end_sessions", "forget_live_views", "forget_logs"):
        conn.execute(SQL[statement], {"node": node})


def deployments(conn: Connection, node: str) -> list[Standing]:
    """Those that have not ended, oldest first."""
    return [Standing(*row) for row in conn.execute(SQL["deployments"], {"node": node})]


def open_session(conn: Connection, node: str, serial: str, challenge: str) -> str | None:
    """The token of a new session; None: the challenge has opened one already."""
    conn.execute(SQL["remove_ended_sessions"])
    token = f"fwn_{secrets.token_urlsafe(32)}"
    values: dict[str, Any] = {
        "hash": secret_hash(token),
        "challenge": secret_hash(challenge),
        "node": node,
        "serial": serial,
        "lasts": SESSION,
    }
    return token if conn.execute(SQL["open_session"], values).rowcount else None


def session_of(conn: Connection, token: str) -> Session | None:
    """None: unknown, over, or its node or certificate was revoked."""
    found = conn.execute(SQL["session_of"], {"hash": secret_hash(token)}).fetchone()
    return Session(*found) if found else None


def of_reserve(conn: Connection, reserve_id: UUID) -> list[Listed]:
    """All nodes of the reserve, by id."""
    return [Listed(*row) for row in conn.execute(SQL["of_reserve"], {"reserve_id": reserve_id})]


def secret_hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
