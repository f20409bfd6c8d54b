"""Evidence into the database, and to the incident that it belongs to; a new incident calls people.

    suspicion, hotspot, report ─▶ which incident (incidents.fuse) ─▶ row ─▶ place, zone (placing)
      ─▶ its record ─▶ held back (incidents.gate), or calls begin (alarms.calls)

All in the caller's transaction, which must hold the reserve by `lock_reserves`: what is committed is whole.

A fire is not lost because we fail over it: where its place cannot be told it is kept without one, and what
cannot be held against the fires that are known opens an incident of its own. Either calls people.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from fieldwatch_cloud.alarms import calls
from fieldwatch_cloud.alarms.news import incident_changed
from fieldwatch_cloud.alarms.placing import known, relocate
from fieldwatch_cloud.alarms.regroup import merge, merge_found, rearrange, split
from fieldwatch_cloud.alarms.weather import danger_now
from fieldwatch_cloud.db import incidents, suspicions, weather
from fieldwatch_cloud.db.live import News
from fieldwatch_cloud.db.pool import translated
from fieldwatch_cloud.errors import DatabaseUnavailableError
from fieldwatch_cloud.incidents import fuse, gate
from fieldwatch_cloud.incidents.domain import (
    Evidence,
    FireKind,
    Hotspot,
    Report,
    Sighting,
    Spot,
    evidence_of_report,
)
from fieldwatch_shared.ids import uuid7
from fieldwatch_shared.messages import utc_now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection
    from fieldwatch_cloud.incidents.danger import Danger
    from fieldwatch_cloud.incidents.fuse import Candidate, Decision
    from fieldwatch_shared.messages import Suspicion

__all__ = ["lock_reserves", "merge", "record_hotspot", "record_report", "record_suspicion", "split"]

log = structlog.get_logger(__name__)

LATE = timedelta(minutes=30)
"""What arrives so long after it was seen is shown as late."""
OLDEST_ALARM = timedelta(hours=24)
"""A hotspot older than this calls nobody: files of last year's fires are read too."""


def lock_reserves(conn: Connection, reserves: Iterable[str]) -> None:
    """Be alone in deciding on these reserves' incidents until the transaction ends. All that it will need,
    at once and in one order for all: workers that took them one by one would wait for each other."""
    for reserve in sorted(reserves):
        incidents.lock_reserve(conn, reserve)


def record_suspicion(
    conn: Connection, reserve: str, suspicion: Suspicion, news: News, *, drill: bool = False
) -> UUID | None:
    """Insert the suspicion, unless it is there, into an incident of the reserve or into a new one.

    Args:
        drill: it is an exercise: it meets none of the real incidents, and opens one that is marked. The calls
            of a drill are its own to begin.

    Returns:
        the incident; None: the suspicion was there, and nothing has changed.
    """
    if suspicions.exists(conn, suspicion.id):
        return None
    lon, lat, height_m = suspicions.station(conn, suspicion.deployment_id)
    sighting = Sighting(
        suspicion.deployment_id,
        lon,
        lat,
        suspicion.observed_at,
        suspicion.bearing_deg,
        suspicion.bearing_sd_deg,
        suspicion.elevation_deg,
        suspicion.elevation_sd_deg,
        height_m,
        id=suspicion.id,
        kind=suspicion.kind.value,
    )

    def held_back(danger: Danger | None) -> str | None:
        least = weather.gate(conn, suspicion.deployment_id).least
        return gate.held_back(
            suspicion.confidence, least, danger.danger_class if danger else None
        ) or gate.flooded(incidents.calling_of(conn, suspicion.deployment_id, utc_now() - gate.FLOOD_WITHIN))

    return _never_lost(
        conn,
        reserve,
        _New(
            sighting,
            suspicion.kind.value,
            suspicions.believed_first_seen(suspicion),
            lambda incident_id: suspicions.insert(conn, suspicion, incident_id),
            held_back,
            {"suspicion": str(suspicion.id)},
        ),
        news,
        drill=drill,
    )


def record_hotspot(conn: Connection, reserve: str, hotspot: Hotspot, news: News) -> UUID | None:
    """Find or open the incident of a hotspot whose row is in the database already, and write it there.

    Returns:
        the incident; None: the row had one, or the hotspot is older than `OLDEST_ALARM` and belongs to no
        known incident.

    Raises:
        NotFoundError: its row is not there.
    """
    if incidents.incident_of_hotspot(conn, hotspot.id) is not None:
        return None
    return _admit(
        conn,
        reserve,
        _New(
            Spot.of_hotspot(hotspot),
            "fire",
            hotspot.observed_at,
            lambda incident_id: incidents.give(conn, "hotspot", [hotspot.id], incident_id),
            lambda _: gate.hotspot_held_back(hotspot.confidence),
            {"hotspot": str(hotspot.id)},
            opens=utc_now() - hotspot.observed_at <= OLDEST_ALARM,
        ),
        news,
    )


def record_report(conn: Connection, reserve: str, report: Report, news: News) -> UUID:
    """Find or open the incident of a person's report whose row is in the database already.

    Returns:
        the incident, also where the row had it already.

    Raises:
        NotFoundError: its row is not there.
    """
    there = incidents.incident_of_report(conn, report.id)
    if there is not None:
        return there
    incident_id = _never_lost(
        conn,
        reserve,
        _New(
            evidence_of_report(report),
            report.kind,
            report.observed_at,
            lambda incident_id: incidents.give(conn, "report", [report.id], incident_id),
            lambda _: None,
            {"report": str(report.id), "account": str(report.account_id)},
        ),
        news,
    )
    assert incident_id is not None  # noqa: S101  A report always opens one.
    return incident_id


@dataclass(frozen=True, slots=True)
class _New:
    """Evidence of one of the three kinds, as far as its way is the same."""

    evidence: Evidence
    kind: FireKind
    first_seen_at: datetime
    keep: Callable[[UUID], None]
    """Writes the row to this incident."""
    held_back: Callable[[Danger | None], str | None]
    """Why it calls nobody by itself."""
    details: dict[str, object]
    """For the record."""
    opens: bool = True


def _never_lost(conn: Connection, reserve: str, new: _New, news: News, *, drill: bool = False) -> UUID | None:
    """`_admit`, or should we fail over it, an incident of its own. Hotspots have no need of this: whoever
    brings them is told which failed."""
    changed = News()
    with _or_without(conn, "fusion", new.details):
        incident_id = _admit(conn, reserve, new, changed, drill=drill)
        news.take(changed)
        return incident_id
    held_back = None
    with _or_without(conn, "gate", new.details):
        held_back = None if drill else new.held_back(None)
    incident_id = uuid7()
    incidents.open_(
        conn,
        incident_id,
        reserve,
        kind=new.kind,
        first_seen_at=new.first_seen_at,
        last_seen_at=new.evidence.observed_at,
        drill=drill,
        held_back=held_back,
    )
    new.keep(incident_id)
    incidents.log(conn, incident_id, "opened", {**new.details, "by_itself": True})
    if held_back is not None:
        incidents.log(conn, incident_id, "held_back", {**new.details, "reason": held_back})
    elif not drill:
        calls.begin(conn, incident_id, utc_now())
    incident_changed(conn, incident_id, news)
    return incident_id


@contextmanager
def _or_without(conn: Connection, what: str, details: dict[str, object]) -> Iterator[None]:
    """Whatever fails inside is undone, and told in the log of the service; what follows goes on without it.

    Raises:
        DatabaseUnavailableError: the whole transaction is to be tried again.
    """
    try:
        with translated(), conn.transaction():
            yield
    except DatabaseUnavailableError:
        raise
    except Exception:
        log.exception("evidence.failed", what=what, **details)


def _admit(conn: Connection, reserve: str, new: _New, news: News, *, drill: bool = False) -> UUID | None:
    now = utc_now()
    candidates = known(conn, reserve, new.evidence, drill=drill)
    if drill:
        # One that is over, and be it a false alarm, is no part of the next.
        candidates = [candidate for candidate in candidates if candidate.state == "open"]
    decision = fuse.decide(new.evidence, candidates)
    late = fuse.lateness(new.evidence.observed_at, now)
    details = new.details | ({"late_s": round(late.total_seconds())} if late > LATE else {})
    if decision.joins is None:
        if not new.opens:
            return None
        incident_id, calling = _open(conn, reserve, new, details, drill=drill)
    else:
        incident_id, calling = _join(conn, new, decision, candidates, details, news)
    if late > LATE and _is_first(new, decision, candidates):
        incidents.log(conn, incident_id, "late", details)
    touched = {incident_id, *(id_ for move in decision.moves for id_ in (move.of, move.to))}
    touched |= _doubtful(new.evidence, candidates, without={*touched, *decision.merges})
    others = known(conn, reserve, new.evidence, drill=drill) if len(candidates) > 1 else candidates
    for id_ in sorted(touched):
        with _or_without(conn, "place", {"incident": str(id_)}):
            relocate(conn, id_, others)
    # After it has a place: that decides whose zone it is.
    if calling and not drill:
        calls.begin(conn, incident_id, now)
    for id_ in sorted(touched):
        incident_changed(conn, id_, news)
    return incident_id


def _open(
    conn: Connection, reserve: str, new: _New, details: dict[str, object], *, drill: bool
) -> tuple[UUID, bool]:
    # Of now, not of the picture: the id is ours, and it is we who open the incident.
    incident_id, now = uuid7(), utc_now()
    danger = danger_now(conn, reserve, now, (new.evidence.lon, new.evidence.lat))
    held_back = None if drill else new.held_back(danger)
    incidents.open_(
        conn,
        incident_id,
        reserve,
        kind=new.kind,
        first_seen_at=new.first_seen_at,
        last_seen_at=new.evidence.observed_at,
        drill=drill,
        fwi=danger.fwi if danger else None,
        held_back=held_back,
    )
    new.keep(incident_id)
    incidents.log(conn, incident_id, "opened", details)
    if held_back is not None:
        incidents.log(conn, incident_id, "held_back", {**details, "reason": held_back})
    log.warning("incident.opened", incident_id=str(incident_id), reserve=reserve, kind=new.kind, drill=drill)
    return incident_id, held_back is None


def _join(
    conn: Connection,
    new: _New,
    decision: Decision,
    candidates: Sequence[Candidate],
    details: dict[str, object],
    news: News,
) -> tuple[UUID, bool]:
    assert decision.joins is not None  # noqa: S101  Else it opens one.
    incident_id = decision.joins
    rearrange(conn, decision.moves, details)
    incidents.extend(
        conn,
        incident_id,
        kind=new.kind,
        first_seen_at=new.first_seen_at,
        last_seen_at=new.evidence.observed_at,
    )
    new.keep(incident_id)
    (joined,) = [candidate for candidate in candidates if candidate.incident_id == incident_id]
    if _is_first(new, decision, candidates):
        incidents.log(conn, incident_id, "joined", details)
    if decision.held_back is not None:
        incidents.log(conn, incident_id, "held_back", {**details, "reason": decision.held_back})
        return incident_id, False
    if decision.merges:
        incident_id = merge_found(conn, [incident_id, *decision.merges], details, news)
    return incident_id, joined.state == "open" and _releases(conn, incident_id, new, joined, details)


def _is_first(new: _New, decision: Decision, candidates: Sequence[Candidate]) -> bool:
    """Whether nobody has seen the fire from there before: a camera that looks at it for hours, or a pass over
    a large fire, would fill the record."""
    return not any(
        e.source == new.evidence.source or _from_above(e, new.evidence)
        for c in candidates
        if c.incident_id == decision.joins
        for e in c.evidence
    )


def _from_above(a: Evidence, b: Evidence) -> bool:
    return isinstance(a, Spot) and isinstance(b, Spot) and a.method == b.method == "hotspot"


def _releases(
    conn: Connection, incident_id: UUID, new: _New, joined: Candidate, details: dict[str, object]
) -> bool:
    """Whether an incident that was held back calls now: for evidence that would call by itself, or because
    somebody else sees it too."""
    incident = incidents.get(conn, incident_id)
    if incident.held_back is None:
        return False
    alone = not gate.seen_by_another(new.evidence, joined.evidence)
    danger = danger_now(conn, incident.reserve, utc_now(), (new.evidence.lon, new.evidence.lat))
    if alone and new.held_back(danger) is not None:
        return False
    incidents.release(conn, incident_id)
    incidents.log(conn, incident_id, "released", {**details, "held_back": incident.held_back})
    return True


def _doubtful(new: Evidence, candidates: Sequence[Candidate], without: set[UUID]) -> set[UUID]:
    """Incidents whose two bearings could mean another fire of the same stations: with what is new, that may
    be settled, or begin."""
    if not isinstance(new, Sighting):
        return set()
    return {
        c.incident_id
        for c in candidates
        if c.state == "open" and c.incident_id not in without and fuse.shares_station(new, c)
    }
