"""Drills: a marked incident through the real chain, and what came of it.

A drill's suspicion is written as if its camera had sent it, and everything after that is the real thing: the
incident, the calls, their escalation, the phones. It meets no real incident, and no statistics know it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import structlog

from fieldwatch_cloud.alarms import calls as calling
from fieldwatch_cloud.alarms.evidence import lock_reserves, record_suspicion
from fieldwatch_cloud.alarms.news import announce_change
from fieldwatch_cloud.db import calls, deliveries, drills, incidents
from fieldwatch_cloud.errors import AlreadyExistsError
from fieldwatch_shared.ids import uuid7
from fieldwatch_shared.messages import Box, Clock, ClockQuality, FireKind, Suspicion

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.calls.plan import Step
    from fieldwatch_cloud.db.deliveries import Entry
    from fieldwatch_cloud.db.live import News
    from fieldwatch_cloud.db.pool import Connection

log = structlog.get_logger(__name__)

ENDS_AFTER = timedelta(hours=1)
ON_TIME_S = 2.0
"""Escalations are looked for every second; what comes within two is on time."""
MODEL = "drill"
"""Stands where a detector's name would."""


@dataclass(frozen=True, slots=True)
class MadeStep:
    step: int
    whom: str
    planned_s: float
    """Seconds after the start."""
    made_s: float | None
    """None: it was not needed, or has not come."""
    on_time: bool | None
    """Early is on time: nobody of the step before could be reached. None: it was not due."""


@dataclass(frozen=True, slots=True)
class Report:
    """Seconds are from the start of the drill."""

    drill: drills.Drill
    steps: list[MadeStep]
    calls: list[Entry]
    """Of fire and escalation, in the order in which they were made."""
    unreached: list[dict[str, Any]]
    """{account_id, name, why} of whom no call reached: no_device, failed, or no_confirmation."""
    first_delivered_s: float | None
    first_answered_s: float | None


def start(
    conn: Connection,
    reserve: str,
    deployment_id: UUID,
    account_id: UUID,
    now: datetime,
    news: News,
    *,
    bearing_deg: float | None = None,
    note: str | None = None,
) -> UUID:
    """Begin a drill as if that camera saw smoke now; returns the drill's id.

    Args:
        bearing_deg: clockwise from true north; None: in the middle of the camera's view.

    Raises:
        NotFoundError: no such deployment in this reserve.
        RowRefusedError: the deployment has ended.
        AlreadyExistsError: a drill runs in this reserve: whoever is called twice answers neither.
    """
    heading = drills.heading(conn, reserve, deployment_id, now)
    lock_reserves(conn, [reserve])
    if drills.running(conn, reserve) is not None:
        raise AlreadyExistsError("a drill is running in this reserve: end it first")
    bearing = bearing_deg if bearing_deg is not None else heading
    suspicion = Suspicion(
        id=uuid7(now),
        deployment_id=deployment_id,
        observed_at=now,
        first_seen_at=now,
        clock=Clock(quality=ClockQuality.NTP),
        kind=FireKind.SMOKE,
        confidence=1.0,
        box=Box(x=0.45, y=0.4, width=0.1, height=0.15),
        bearing_deg=bearing,
        bearing_sd_deg=None if bearing is None else 2.0,
        model=MODEL,
    )
    incident_id = record_suspicion(conn, reserve, suspicion, news, drill=True)
    assert incident_id is not None  # noqa: S101  Its id is new, so it was not there.
    drill_id = drills.add(conn, reserve, incident_id, account_id, now, note)
    calling.begin(conn, incident_id, now)
    log.warning("drill.started", drill_id=str(drill_id), reserve=reserve)
    return drill_id


def end(conn: Connection, drill_id: UUID, now: datetime, *, by: UUID | None = None) -> None:
    """Close its incident and call nobody any more; once more changes nothing.

    Raises:
        NotFoundError: no such drill.
    """
    drill = drills.get(conn, drill_id)
    calls.incident(conn, drill.incident_id)
    if not drills.end(conn, drill_id, now):
        return
    if drills.close_incident(conn, drill.incident_id):
        incidents.log(conn, drill.incident_id, "drill_ended", at=now)
        incidents.bump(conn, drill.incident_id)
    calling.stop(conn, drill.incident_id, "closed", now, by=by)
    announce_change(conn, drill.incident_id)
    log.warning("drill.ended", drill_id=str(drill_id), reserve=drill.reserve)


def end_due(conn: Connection, now: datetime) -> int:
    """End those that somebody forgot; returns how many."""
    found = drills.due(conn, now - ENDS_AFTER)
    for drill_id, _ in found:
        try:
            with conn.transaction():
                end(conn, drill_id, now)
        except Exception:
            # The others are over, too.
            log.exception("drill.end_failed", drill_id=str(drill_id))
    return len(found)


def report(conn: Connection, drill_id: UUID, now: datetime) -> Report:
    """How far the chain came, as the ledger has it.

    Raises:
        NotFoundError: no such drill.
    """
    drill = drills.get(conn, drill_id)
    plan = calls.plan(conn, drill.reserve_id)
    made = drills.steps(conn, drill.incident_id)
    escalation = calls.escalation(conn, drill.incident_id)
    called = [
        entry for entry in deliveries.ledger(conn, drill.incident_id) if entry.kind in ("fire", "escalation")
    ]
    until = (escalation.ended_at if escalation else None) or drill.ended_at or now
    delivered = [e.delivered_at for e in called if e.delivered_at is not None]
    answered = [e.answered_at for e in called if e.answered_at is not None]
    return Report(
        drill,
        judged_steps(plan, {step: at for step, at, _ in made}, drill.started_at, until),
        called,
        _unreached(called, [who for _, _, unreached in made for who in unreached]),
        (min(delivered) - drill.started_at).total_seconds() if delivered else None,
        (min(answered) - drill.started_at).total_seconds() if answered else None,
    )


def judged_steps(
    plan: Sequence[Step], made: dict[int, datetime], started_at: datetime, until: datetime
) -> list[MadeStep]:
    """Each step of the plan: when it was to come, when it came.

    Args:
        made: when each step (from 1) was made.
        until: when calling ended; steps planned after that were not due.
    """
    ran_s = (until - started_at).total_seconds()
    steps = []
    for number, step in enumerate(plan, 1):
        at = made.get(number)
        made_s = None if at is None else (at - started_at).total_seconds()
        on_time: bool | None = None
        if made_s is not None:
            on_time = made_s <= step.after_s + ON_TIME_S
        elif ran_s > step.after_s + ON_TIME_S:
            on_time = False
        steps.append(MadeStep(number, step.whom, step.after_s, made_s, on_time))
    return steps


def _unreached(called: Sequence[Entry], missed: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Whoever has no device, and whose every call ended without a word from a device of theirs."""
    found = {who["account_id"]: who for who in missed}
    for entry in called:
        if entry.account_id is None:
            continue
        key = str(entry.account_id)
        reached = entry.delivered_at or entry.opened_at or entry.answered_at
        if reached is not None:
            found[key] = {}
        elif found.get(key) != {}:
            why = "failed" if entry.state == "failed" else "no_confirmation"
            found[key] = {"account_id": key, "name": entry.account, "why": why}
    return [who for who in found.values() if who]
