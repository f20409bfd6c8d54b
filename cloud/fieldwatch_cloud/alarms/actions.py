"""What a person did about an incident: onto its record, and what follows from it, in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog

from fieldwatch_cloud.alarms import calls, evidence
from fieldwatch_cloud.alarms.news import incident_changed
from fieldwatch_cloud.db import actions, incidents, labels
from fieldwatch_cloud.errors import AlreadyExistsError, NotAllowedNowError, RowRefusedError
from fieldwatch_cloud.incidents import life
from fieldwatch_cloud.labels.domain import Label

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.live import News
    from fieldwatch_cloud.db.pool import Connection
    from fieldwatch_cloud.incidents.life import Action, Done, State

log = structlog.get_logger(__name__)


def act(
    conn: Connection, incident_id: UUID, account_id: UUID, action: Action, now: datetime, news: News
) -> UUID:
    """Do what the action says, once: an action whose id is on record changes nothing.

    What was sent to an incident that has been merged into another since is done to that other. The caller has
    checked that this person may act here (`life.ACTORS`).

    Returns:
        the incident that it was done to.

    Raises:
        NotFoundError: no such incident, or none of it that the action names.
        NotAllowedNowError: it contradicts what was done before. Nothing has changed.
        AlreadyExistsError: the id is that of another action.
        RowRefusedError: see `evidence.split` and `evidence.merge`.
    """
    # The reserve before the incident, as whoever brings evidence does: so nobody waits for each other.
    evidence.lock_reserves(conn, [actions.reserve_of(conn, incident_id)])
    incident = actions.lock(conn, incident_id)
    known = actions.known(conn, action.id)
    if known is not None:
        at = actions.lock(conn, known.incident_id).id
        if (known.account_id, known.action, at) != (account_id, action.kind, incident.id):
            raise AlreadyExistsError(f"the id {action.id} is that of another action")
        return incident.id
    done_at = life.done_at(action.done_at, action.sent_at, now)
    by: dict[str, Any] = {
        "account_id": account_id,
        "action_id": action.id,
        "done_at": done_at,
        "note": action.note,
    }
    if action.kind == "split" and action.suspicion_id is not None:
        evidence.split(conn, incident.id, [action.suspicion_id], news, **by)
        calls.answered(conn, incident.id, account_id, now)
        return incident.id
    if action.kind == "merge" and action.into is not None:
        return _merge(conn, incident, action.into, by, now, news)
    details: dict[str, Any] = {}
    if done_at != action.done_at:
        details["phone_said"] = action.done_at.isoformat()
    if action.reason is not None:
        details["reason"] = action.reason
    after = incident.state
    if action.kind in life.MOVES:
        done = life.Done(action.kind, done_at, account_id)
        judged = life.judge(record_of(conn, incident.id), done)
        if not judged.allowed:
            raise NotAllowedNowError(_contradiction(action.kind))
        after = judged.after
        details |= {"before": incident.state, "after": after}
    if action.kind == "release" and incident.held_back is not None:
        details["held_back"] = incident.held_back
        incidents.release(conn, incident.id)
    incidents.log(conn, incident.id, action.kind, **by, details=details)
    incidents.set_state(conn, incident.id, after)
    log.info("incident.action", incident_id=str(incident.id), action=action.kind, state=after)
    if action.kind != "note":
        calls.answered(conn, incident.id, account_id, now)
    _follow(conn, incident, after, account_id, now)
    if action.kind == "release" and incident.held_back is not None and after == "new":
        calls.begin(conn, incident.id, now)
    incident_changed(conn, incident.id, news)
    return incident.id


@dataclass(frozen=True, slots=True)
class Taken:
    """A picture from the field; the file itself is in the media store."""

    id: UUID
    """Made on the phone."""
    taken_at: datetime
    sha256: str
    mime: str
    size: int
    note: str | None = None
    lon: float | None = None
    lat: float | None = None


def add_picture(conn: Connection, incident_id: UUID, account_id: UUID, taken: Taken, news: News) -> UUID:
    """Put a picture on an incident's record, once; returns the incident, as `act` does.

    Raises:
        NotFoundError: no such incident.
        AlreadyExistsError: the id is that of another picture.
        RowRefusedError: only one of its coordinates is given.
    """
    if (taken.lon is None) != (taken.lat is None):
        raise RowRefusedError("a place needs both, lon and lat")
    evidence.lock_reserves(conn, [actions.reserve_of(conn, incident_id)])
    incident = actions.lock(conn, incident_id)
    known = actions.picture(conn, taken.id)
    if known is not None:
        into = actions.lock(conn, known.incident_id).id
        if (known.account_id, known.sha256, into) != (account_id, taken.sha256, incident.id):
            raise AlreadyExistsError(f"the id {taken.id} is that of another picture")
        return incident.id
    actions.add_picture(
        conn,
        taken.id,
        incident.id,
        account_id=account_id,
        taken_at=taken.taken_at,
        lon=taken.lon,
        lat=taken.lat,
        note=taken.note,
        mime=taken.mime,
        sha256=taken.sha256,
        size=taken.size,
    )
    incidents.log(
        conn,
        incident.id,
        "picture",
        account_id=account_id,
        done_at=taken.taken_at,
        note=taken.note,
        details={"picture_id": str(taken.id)},
    )
    incidents.set_state(conn, incident.id, incident.state)
    incident_changed(conn, incident.id, news)
    return incident.id


def record_of(conn: Connection, incident_id: UUID) -> list[Done]:
    """What its state is computed from; also what was done to incidents that were merged into it."""
    return [life.Done(*row) for row in actions.record(conn, incident_id, life.MOVES)]


def _merge(
    conn: Connection, incident: actions.Locked, into: UUID, by: dict[str, Any], now: datetime, news: News
) -> UUID:
    actions.reserve_of(conn, into)  # Raises where there is none.
    goal = actions.lock(conn, into).id
    goes_on = actions.lock(conn, evidence.merge(conn, incident.id, goal, news, **by))
    calls.answered(conn, goes_on.id, by["account_id"], now)
    after = life.standing(record_of(conn, goes_on.id)).state
    if after != goes_on.state:
        incidents.set_state(conn, goes_on.id, after)
        _follow(conn, goes_on, after, by["account_id"], now)
        incident_changed(conn, goes_on.id, news)
    return goes_on.id


def _follow(
    conn: Connection, incident: actions.Locked, after: State, account_id: UUID, now: datetime
) -> None:
    """What a change of state brings with it: calls end or begin anew, people are told, pictures labelled."""
    before = incident.state
    if after == before:
        return
    if after in life.OVER:
        calls.stop(conn, incident.id, "closed", now, by=account_id)
    elif after == "new":
        calls.begin(conn, incident.id, now)
    elif before == "new":
        calls.stop(conn, incident.id, "answered", now, by=account_id)
    elif before in life.OVER:
        calls.tell(conn, incident.id, now, by=account_id)
    if "false_alarm" in (before, after) and not incident.drill:
        _teach(conn, incident.id, account_id, blank=after == "false_alarm")


def _teach(conn: Connection, incident_id: UUID, account_id: UUID, *, blank: bool) -> None:
    """The pictures that raised a false alarm show no fire: training learns from that. Should it burn after
    all, they show what the camera said.

    What a person has said of a picture by itself stands; so does a picture with an animal in it, of which a
    ranger who looks for smoke says nothing.
    """
    labels.lock(conn, [one.media_id for one in actions.confirming(conn, incident_id)])
    for one in actions.confirming(conn, incident_id):
        x, y, width, height = one.box
        if blank and one.blank is not True:
            said = []
        elif not blank and one.blank is True:
            said = [Label(one.kind, None, (x, y, width, height))]
        else:
            continue
        labels.add(conn, one.media_id, said, based_on=one.revision, account_id=account_id, origin="incident")


def _contradiction(kind: str) -> str:
    if kind == "false_alarm":
        return "somebody contained this fire: it was no false alarm"
    return "this incident is not over: there is nothing to reopen"
