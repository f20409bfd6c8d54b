"""The life of a live view: asked for, prolonged, fed by its node, watched, over.

Each function works within the caller's transaction, and tells the live stream of every change of state.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from fieldwatch_cloud.db import commands, live_view
from fieldwatch_cloud.db.live import News
from fieldwatch_cloud.errors import BusyError, NotAllowedNowError, NotFoundError
from fieldwatch_cloud.live_view import rules
from fieldwatch_cloud.live_view.rules import Facts, Limits, Reason, State
from fieldwatch_shared.messages import Command, LiveView, StopLiveView

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.live_view import Session
    from fieldwatch_cloud.db.pool import Connection, Database
    from fieldwatch_cloud.live_view.shelf import Shelf
    from fieldwatch_cloud.settings import CloudSettings

log = structlog.get_logger(__name__)

COMMAND_LASTS = timedelta(seconds=30)
"""On its way to the node: shorter than `rules.ANSWER_WITHIN`, so that none begins after we gave it up."""
KEPT = timedelta(seconds=30)
"""After the end, what was seen last is kept so long: players come to its end."""


def ask(
    conn: Connection,
    settings: CloudSettings,
    deployment_id: UUID,
    *,
    account_id: UUID,
    minutes: int,
    now: datetime,
) -> Session:
    """See that camera live for so many minutes: begin, or join and prolong what is going on.

    A node that is not connected is told of in the answer's state.

    Raises:
        NotFoundError: no node of ours stands there.
        NotAllowedNowError: the deployment is over, or nobody has said where nodes reach this service.
        BusyError: as many cameras as may be are on show already.
    """
    online, ended = live_view.lock_node(conn, deployment_id, now)
    if ended:
        raise NotAllowedNowError("this deployment is over: its camera stands there no more")
    if not settings.live.enabled:
        raise NotAllowedNowError("live view is switched off in this service's settings")
    limits = _limits(settings)
    going_on = live_view.running_of(conn, deployment_id)
    if going_on is not None and not _end_if_over(conn, going_on, now):
        return _join(conn, going_on, limits, account_id=account_id, minutes=minutes, now=now)
    if settings.node_url is None:
        raise NotAllowedNowError(
            "nodes do not know where to send their pictures: set FIELDWATCH_HTTP_PUBLIC_URL to this service's"
            " address"
        )
    until = rules.until(now, now, minutes, limits)
    token = secrets.token_urlsafe(32)
    id_ = live_view.add(
        conn,
        deployment_id,
        state=State.ASKED if online else State.UNREACHABLE,
        reason=None if online else Reason.OFFLINE,
        now=now,
        until=until,
        max_bytes=rules.most_bytes(now, until, limits),
        token=token,
    )
    live_view.ask(conn, id_, account_id=account_id, now=now, minutes=minutes, until=until)
    session = live_view.get(conn, id_)
    if online:
        _check_room(conn, settings, session)
        wanted = settings.live
        body = LiveView(
            id=id_,
            deployment_id=deployment_id,
            until=until,
            lasts_s=(until - now).total_seconds(),
            max_bytes=session.max_bytes,
            upload_url=f"{settings.node_url}/api/v1/live-views/{id_}",
            token=token,
            width=wanted.width,
            fps=wanted.fps,
            segment_s=wanted.segment_s,
            kbit_per_s=wanted.kbit_per_s,
        )
        _command(conn, session, body, now)
    _tell(conn, session)
    return session


def stop(conn: Connection, session: Session, *, account_id: UUID, now: datetime) -> Session:
    """End it, for everybody. Once more changes nothing."""
    if live_view.end(conn, session.id, state=State.ENDED, reason=Reason.STOPPED, now=now, by=account_id):
        _command(conn, session, StopLiveView(id=session.id), now)
        return _ended(conn, session.id)
    return live_view.get(conn, session.id)


def _command(conn: Connection, session: Session, body: LiveView | StopLiveView, now: datetime) -> None:
    told = Command(command=body)
    commands.send(conn, session.node_id, told, now=now, lasts=COMMAND_LASTS, session_id=session.id)


def vouched(conn: Connection, id_: UUID, token: str) -> Session:
    """The live view that a node's token is for.

    Raises:
        NotFoundError: there is none, or the token is another's: it tells nobody which.
    """
    try:
        session = live_view.get(conn, id_)
        expected = session.token_sha256
    except NotFoundError:
        session, expected = None, bytes(32)
    if not hmac.compare_digest(expected, live_view.digest(token)) or session is None:
        raise NotFoundError(f"no such live view: {id_}")
    return session


def take(
    database: Database,
    shelf: Shelf,
    id_: UUID,
    *,
    number: int,
    milliseconds: int,
    content: bytes,
    node_left: int | None,
    now: datetime,
) -> Session:
    """Keep a piece that its node has uploaded, if the view still goes on; look at `ended_at` of the answer.

    Raises:
        MediaError: the disk is full.
    """
    with database.transaction() as conn:
        session = live_view.get(conn, id_)
        if session.ended_at is not None:
            return session
        if _end_if_over(conn, session, now):
            return live_view.get(conn, id_)
    shelf.put(id_, number, milliseconds, content)
    with database.transaction() as conn:
        live_view.took(conn, id_, bytes_=len(content), segments=int(number > 0), now=now, node_left=node_left)
        after = live_view.get(conn, id_)
        if after.state != session.state:
            log.info("live_view.streaming", id=str(id_), after_s=(now - session.asked_at).total_seconds())
            _tell(conn, after)
    return after


def ended_by_node(
    conn: Connection, session: Session, reason: Reason, detail: str | None, now: datetime
) -> None:
    """Its node says that no more will come, and why."""
    state = rules.said_by_node(reason, anything_seen=session.segments > 0)
    if live_view.end(conn, session.id, state=state, reason=reason, now=now, detail=detail):
        _ended(conn, session.id)


def unheard(conn: Connection, id_: UUID, now: datetime) -> None:
    """The broker says that nobody listens for the node's commands."""
    if live_view.end(conn, id_, state=State.UNREACHABLE, reason=Reason.NOT_LISTENING, now=now):
        _ended(conn, id_)


def sweep(database: Database, shelf: Shelf, now: datetime) -> int:
    """End what hangs, delete what nobody needs any more; returns how many were ended."""
    ended = 0
    with database.transaction() as conn:
        for id_ in live_view.running(conn):
            session = live_view.get(conn, id_, lock=True)
            if session.ended_at is None and _end_if_over(conn, session, now):
                ended += 1
    lying = shelf.views()
    if lying:
        with database.transaction() as conn:
            gone = live_view.ended_before(conn, lying, now - KEPT)
        for id_ in gone:
            shelf.clear(id_)
    return ended


def _join(
    conn: Connection, session: Session, limits: Limits, *, account_id: UUID, minutes: int, now: datetime
) -> Session:
    until = rules.until(session.asked_at, now, minutes, limits)
    live_view.ask(conn, session.id, account_id=account_id, now=now, minutes=minutes, until=until)
    if until > session.until:
        most = rules.most_bytes(session.asked_at, until, limits)
        live_view.prolong(conn, session.id, until=until, max_bytes=most, now=now)
        session = live_view.get(conn, session.id)
        _tell(conn, session)
    return session


def _check_room(conn: Connection, settings: CloudSettings, session: Session) -> None:
    running = live_view.running(conn)
    of_node = sum(node == session.node_id for node in running.values())
    if of_node > settings.live.at_once_per_node:
        raise BusyError("other cameras of this node are on show already, and share its line: stop one first")
    if len(running) > settings.live.at_once:
        raise BusyError("too many cameras are on show already: try again in some minutes")


def _end_if_over(conn: Connection, session: Session, now: datetime) -> bool:
    verdict = rules.over(
        Facts(
            session.asked_at,
            session.until,
            session.max_bytes,
            session.bytes,
            session.first_segment_at,
            session.last_segment_at,
            session.watched_at,
        ),
        now,
    )
    if verdict is None:
        return False
    state, reason = verdict
    if live_view.end(conn, session.id, state=state, reason=reason, now=now):
        _ended(conn, session.id)
    return True


def _ended(conn: Connection, id_: UUID) -> Session:
    session = live_view.get(conn, id_)
    log.info(
        "live_view.ended",
        id=str(id_),
        state=session.state,
        reason=session.reason,
        segments=session.segments,
        bytes=session.bytes,
    )
    _tell(conn, session)
    return session


def _tell(conn: Connection, session: Session) -> None:
    news = News()
    news.add(
        session.reserve,
        "live_view",
        {
            "id": str(session.id),
            "deployment_id": str(session.deployment_id),
            "state": session.state,
            "reason": session.reason,
            "until": session.until.isoformat(),
        },
    )
    news.announce(conn)


def _limits(settings: CloudSettings) -> Limits:
    return Limits(settings.live.minutes, settings.live.longest_minutes, settings.live.kbit_per_s)
