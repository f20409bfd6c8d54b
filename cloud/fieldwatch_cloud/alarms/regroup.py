"""Incidents that turn out to be one fire, or two. The caller has locked the reserve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import structlog

from fieldwatch_cloud.alarms import calls
from fieldwatch_cloud.alarms.news import incident_changed
from fieldwatch_cloud.alarms.placing import relocate
from fieldwatch_cloud.db import actions, incidents
from fieldwatch_cloud.errors import NotFoundError, RowRefusedError
from fieldwatch_cloud.incidents import life
from fieldwatch_cloud.incidents.locate import SAME_STATION_M
from fieldwatch_shared.ids import uuid7
from fieldwatch_shared.messages import utc_now

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.live import News
    from fieldwatch_cloud.db.pool import Connection
    from fieldwatch_cloud.incidents.fuse import Move

log = structlog.get_logger(__name__)


def split(
    conn: Connection,
    incident_id: UUID,
    suspicion_ids: Collection[UUID],
    news: News,
    *,
    account_id: UUID,
    action_id: UUID | None = None,
    done_at: datetime | None = None,
    note: str | None = None,
) -> UUID:
    """A person says that these suspicions are another fire; that one is returned, and calls people.

    Locks the reserve. Both records say so; `action_id` is kept in that of `incident_id`.

    Raises:
        NotFoundError: no such incident, or it has no such suspicion.
        RowRefusedError: nothing would remain of the incident, or it has been merged into another.
    """
    incidents.lock_reserve(conn, incidents.get(conn, incident_id).reserve)
    one = incidents.get(conn, incident_id)
    has = incidents.all_evidence(conn, incident_id)
    going = set(suspicion_ids)
    if one.merged_into is not None:
        raise RowRefusedError("this incident has been merged into another: split that one")
    if not going or not going <= set(has["suspicion"]):
        raise NotFoundError(f"the incident has no such suspicion: {', '.join(map(str, suspicion_ids))}")
    if len(going) == sum(map(len, has.values())):
        raise RowRefusedError("nothing would remain of the incident: leave at least one suspicion in it")
    now, other = utc_now(), uuid7()
    incidents.open_(
        conn, other, one.reserve, kind=one.kind, first_seen_at=now, last_seen_at=now, drill=one.drill
    )
    incidents.give(conn, "suspicion", going, other)
    by: dict[str, Any] = {"account_id": account_id, "done_at": done_at, "note": note}
    ids = sorted(map(str, going))
    incidents.log(
        conn, incident_id, "split", {"into": str(other), "suspicions": ids}, **by, action_id=action_id
    )
    incidents.log(conn, other, "opened", {"split_from": str(incident_id), "suspicions": ids}, **by)
    for id_ in (incident_id, other):
        incidents.measure(conn, id_)
        relocate(conn, id_)
    log.warning("incident.split", incident_id=str(incident_id), into=str(other))
    calls.begin(conn, other, now)
    for id_ in (incident_id, other):
        incident_changed(conn, id_, news)
    return other


def merge(
    conn: Connection,
    incident_id: UUID,
    into: UUID,
    news: News,
    *,
    account_id: UUID,
    action_id: UUID | None = None,
    done_at: datetime | None = None,
    note: str | None = None,
) -> UUID:
    """A person says that two incidents are one fire; the one that goes on (`into`) is returned.

    Locks the reserve. Both records say so; `action_id` is kept in that of `incident_id`. The state that
    follows from both records is the caller's to set.

    Raises:
        NotFoundError: no such incident.
        RowRefusedError: of two reserves, of a drill and not, of itself, or one of them is merged already.
    """
    incidents.lock_reserve(conn, incidents.get(conn, incident_id).reserve)
    one, other = incidents.get(conn, incident_id), incidents.get(conn, into)
    if incident_id == into:
        raise RowRefusedError("an incident cannot be merged into itself")
    if one.reserve != other.reserve:
        raise RowRefusedError("these incidents are of two reserves")
    if one.drill != other.drill:
        raise RowRefusedError("a drill and a real incident stay apart")
    if one.merged_into is not None or other.merged_into is not None:
        raise RowRefusedError("one of these incidents has been merged already")
    by: dict[str, Any] = {"account_id": account_id, "done_at": done_at, "note": note}
    incidents.log(conn, incident_id, "merge", {"into": str(into)}, **by, action_id=action_id)
    incidents.log(conn, into, "merged", {"from": str(incident_id)}, **by)
    _unite(conn, incident_id, into)
    relocate(conn, into)
    for id_ in (incident_id, into):
        incident_changed(conn, id_, news)
    return into


def merge_found(conn: Connection, ids: Sequence[UUID], why: dict[str, Any], news: News) -> UUID:
    """Evidence shows that these open incidents are one: the oldest goes on and is returned.

    What people did about any of them they did about the one: its state follows from all their records.
    The caller relocates it.
    """
    survivor, *others = sorted((incidents.get(conn, id_) for id_ in ids), key=lambda i: (i.opened_at, i.id))
    for other in others:
        incidents.log(conn, other.id, "merged", {"into": str(survivor.id), **why})
        incidents.log(conn, survivor.id, "merged", {"from": str(other.id), **why})
        _unite(conn, other.id, survivor.id)
        incident_changed(conn, other.id, news)
        log.warning("incident.merged", incident_id=str(other.id), into=str(survivor.id))
    record = [life.Done(*row) for row in actions.record(conn, survivor.id, life.MOVES)]
    after = life.standing(record).state
    # What one record closed, the other's evidence has opened again.
    if after not in life.OVER and after != survivor.state:
        incidents.set_state(conn, survivor.id, after)
        if survivor.state == "new":
            calls.stop(conn, survivor.id, "answered", utc_now())
    return survivor.id


def rearrange(conn: Connection, moves: Sequence[Move], why: dict[str, Any]) -> None:
    """What stations saw goes to the incidents that it is part of; an exchange is two moves."""
    going = [
        (move, incidents.of_station(conn, move.of, (move.lon, move.lat), SAME_STATION_M)) for move in moves
    ]
    for move, ids in going:
        incidents.give(conn, "suspicion", ids, move.to)
        details = {"suspicions": sorted(map(str, ids)), **why}
        incidents.log(conn, move.of, "rearranged", {"gave_to": str(move.to), **details})
        incidents.log(conn, move.to, "rearranged", {"got_from": str(move.of), **details})
    for id_ in sorted({id_ for move in moves for id_ in (move.of, move.to)}):
        incidents.measure(conn, id_)


def _unite(conn: Connection, gone: UUID, into: UUID) -> None:
    """Evidence moves, and nobody is called for the one that is gone; if it called, the other does."""
    one, other = incidents.get(conn, gone), incidents.get(conn, into)
    for what, ids in incidents.all_evidence(conn, gone).items():
        incidents.give(conn, what, ids, into)
    incidents.measure(conn, into)
    incidents.merge(conn, gone, into)
    calls.stop(conn, gone, "closed", utc_now())
    if other.held_back is not None and one.held_back is None:
        incidents.release(conn, into)
        incidents.log(conn, into, "released", {"held_back": other.held_back, "from": str(gone)})
        calls.begin(conn, into, utc_now())
