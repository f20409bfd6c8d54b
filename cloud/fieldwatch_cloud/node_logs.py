"""Logs and support bundles of nodes: asked for, uploaded once, kept for a while."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from fieldwatch_cloud.db import commands
from fieldwatch_cloud.db import node_logs as rows
from fieldwatch_cloud.errors import BusyError, MediaError, NotAllowedNowError, NotFoundError
from fieldwatch_shared.messages import Command, SendLog

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path
    from uuid import UUID

    from fieldwatch_cloud.db.node_logs import NodeLog
    from fieldwatch_cloud.db.pool import Connection, Database
    from fieldwatch_cloud.settings import CloudSettings

log = structlog.get_logger(__name__)

COMMAND_LASTS = timedelta(minutes=2)
UPLOAD_WITHIN = timedelta(minutes=30)
"""A thin line takes its time."""
LINES_BYTES = 2 * 1024**2
BUNDLE_BYTES = 16 * 1024**2
AT_ONCE = 2
"""Of one node: they share its line."""
KEPT = timedelta(days=30)


def folder(settings: CloudSettings) -> Path:
    """Where they lie, each under its id."""
    return settings.media_dir / "node-logs"


def ask(
    conn: Connection,
    settings: CloudSettings,
    node: str,
    *,
    bundle: bool,
    lines: int,
    by: UUID | None,
    now: datetime,
) -> UUID:
    """Have a node send the end of its log, or a support bundle.

    Raises:
        NotAllowedNowError: nobody has said where nodes reach this service.
        BusyError: it has some to send already.
    """
    if settings.node_url is None:
        raise NotAllowedNowError(
            "nodes do not know where to send their logs: set FIELDWATCH_HTTP_PUBLIC_URL to this service's"
            " address"
        )
    if rows.waiting(conn, node, now) >= AT_ONCE:
        raise BusyError(f"{node} has {AT_ONCE} logs to send already: wait for them")
    token = secrets.token_urlsafe(32)
    most = BUNDLE_BYTES if bundle else LINES_BYTES
    id_ = rows.add(
        conn,
        node,
        bundle=bundle,
        lines=lines,
        max_bytes=most,
        token_sha256=_digest(token),
        by=by,
        now=now,
        until=now + UPLOAD_WITHIN,
    )
    body = SendLog(
        id=id_,
        bundle=bundle,
        lines=lines,
        max_bytes=most,
        upload_url=f"{settings.node_url}/api/v1/node-logs/{id_}",
        token=token,
    )
    commands.send(conn, node, Command(command=body), now=now, lasts=COMMAND_LASTS, log_id=id_)
    return id_


def vouched(conn: Connection, id_: UUID, token: str) -> NodeLog:
    """The log that a node's token is for.

    Raises:
        NotFoundError: there is none, or the token is another's: it tells nobody which.
    """
    try:
        found = rows.get(conn, id_)
        expected = found.token_sha256
    except NotFoundError:
        found, expected = None, bytes(32)
    if not hmac.compare_digest(expected, _digest(token)) or found is None:
        raise NotFoundError(f"no such log: {id_}")
    return found


def keep(database: Database, settings: CloudSettings, id_: UUID, content: bytes, now: datetime) -> bool:
    """Keep what its node uploaded; False: it has come before, or its time is over.

    Raises:
        MediaError: the disk is full.
    """
    path = folder(settings) / str(id_)
    part = path.with_name(f".{id_}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with database.transaction() as conn:
            if not rows.here(conn, id_, bytes_=len(content), now=now):
                return False
            part.rename(path)
    except OSError as error:
        raise MediaError(f"cannot keep a node's log in {path.parent}: {error.strerror}") from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
    return True


def read(settings: CloudSettings, found: NodeLog) -> bytes:
    """Raises:
    NotFoundError: it has not come yet, or is here no more.
    """
    try:
        return (folder(settings) / str(found.id)).read_bytes()
    except OSError as error:
        raise NotFoundError(f"log {found.id} is not here: it is {found.state}") from error


def sweep(database: Database, settings: CloudSettings, now: datetime) -> int:
    """Give up what did not come, and forget what was kept long enough; returns how many were forgotten."""
    with database.transaction() as conn:
        rows.expire(conn, now)
        gone = rows.forget(conn, now - KEPT)
    for id_ in gone:
        try:
            (folder(settings) / str(id_)).unlink(missing_ok=True)
        except OSError as error:
            log.warning("node_log.not_removed", id=str(id_), reason=error.strerror)
    return len(gone)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
