"""Calling people for an incident: begun, carried on by the clock, ended by an answer.

    begin ─▶ step 1 ─▶ step 2 ─▶ ... ─▶ all, again and again ─▶ stop: answered, closed
              due, or at once where nobody of the step before can be reached

Everything here happens in the caller's transaction: the rows that say who is to be called are committed with
the incident or not at all, and the workers of `notify` hear of them at the commit. Each function first holds
the incident's row, so that an escalation and an answer never wait for each other crosswise.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

import structlog

from fieldwatch_cloud.alarms.crew import Crew
from fieldwatch_cloud.alarms.news import announce_change
from fieldwatch_cloud.calls.plan import LOOK_AGAIN, REPEAT, REPEAT_FOR, Step, next_due
from fieldwatch_cloud.db import calls, deliveries, incidents
from fieldwatch_cloud.db.pool import translated
from fieldwatch_cloud.errors import DatabaseUnavailableError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.calls.facts import Kind
    from fieldwatch_cloud.db.calls import Called, Escalation, Incident, Person
    from fieldwatch_cloud.db.pool import Connection

log = structlog.get_logger(__name__)
Outcome = Literal["answered", "closed", "nobody_answered"]

LASTS = timedelta(hours=1)
"""A call that could not be sent by then is given up; the plan has called others long since."""
TRY_AGAIN = timedelta(seconds=30)
"""After an escalation that failed by an error of ours: the others must go on meanwhile."""


def begin(conn: Connection, incident_id: UUID, now: datetime) -> int:
    """Call for an incident: the first step of its reserve's plan, and those after it which are due at once.

    An incident that calls already is left alone, and so is one that somebody has answered or that has been
    merged into another; one whose calls have ended (it was reopened) begins anew. Should this fail by an
    error of ours, the fire is kept all the same and the clock tries again (`run_due`).

    Returns:
        calls that wait to be sent.

    Raises:
        NotFoundError: no such incident.
    """
    incident = calls.incident(conn, incident_id)
    # Only an answer to one that is new ends its calls: of any other they would go on.
    if incident.state != "new" or incident.merged or not calls.start(conn, incident_id, now):
        return 0
    try:
        with translated(), conn.transaction():
            return _Round(conn, incident, now).advance()
    except DatabaseUnavailableError:
        raise  # All is tried again, at once.
    except Exception:
        log.exception("calls.begin_failed", incident_id=str(incident_id))
        calls.put_off(conn, incident_id, now + TRY_AGAIN)
        return 0


def stop(
    conn: Connection, incident_id: UUID, outcome: Outcome, now: datetime, *, by: UUID | None = None
) -> None:
    """Nobody needs to be called any more: what waits to be sent is cancelled, and those whom a call may have
    reached are told (kind `update`), except `by`. The same outcome once more changes nothing.

    Args:
        by: account of who answered or closed it.

    Raises:
        NotFoundError: no such incident.
    """
    calls.incident(conn, incident_id)
    if calls.end(conn, incident_id, outcome, now):
        deliveries.cancel(conn, incident_id, now)
        tell(conn, incident_id, now, by=by)


def tell(conn: Connection, incident_id: UUID, now: datetime, *, by: UUID | None = None) -> int:
    """Tell those who were called, except `by`, how the incident stands now; returns calls queued.

    Raises:
        NotFoundError: no such incident.
    """
    incident = calls.incident(conn, incident_id)
    devices = calls.to_tell(conn, incident_id, by)
    if not devices:
        return 0
    details = {"by": calls.account_name(conn, by) if by is not None else None}
    deliveries.queue(
        conn,
        incident.reserve_id,
        "update",
        devices,
        now=now,
        lasts=LASTS,
        incident_id=incident_id,
        drill=incident.drill,
        details=details,
    )
    return len(devices)


def answered(conn: Connection, incident_id: UUID, account_id: UUID, now: datetime) -> None:
    """This person acted on the incident: their calls count as answered. Ends no escalation; see `stop`."""
    calls.incident(conn, incident_id)
    deliveries.answered(conn, incident_id, account_id, now)


def run_due(conn: Connection, now: datetime) -> int:
    """Carry on every incident whose next step is due at `now`, or of whose newest step nobody can be reached.

    One that fails is put off and does not hold up the others. Several processes may do this at once.

    Returns:
        how many incidents were carried on.
    """
    done: set[UUID] = set()
    carried_on = 0
    while (incident_id := calls.due(conn, now, without=done)) is not None:
        done.add(incident_id)
        try:
            with conn.transaction():
                carried_on += _carry_on(conn, incident_id, now)
        except Exception:
            # Whatever it is, the next incident's people must be called.
            log.exception("calls.escalation_failed", incident_id=str(incident_id))
            calls.put_off(conn, incident_id, now + TRY_AGAIN)
    return carried_on


def _carry_on(conn: Connection, incident_id: UUID, now: datetime) -> bool:
    incident = calls.incident(conn, incident_id)
    escalation = calls.escalation(conn, incident_id)
    if escalation is None or escalation.ended_at is not None:
        return False  # Answered while we waited for it.
    if now - escalation.began_at >= REPEAT_FOR:
        calls.end(conn, incident_id, "nobody_answered", now)
        _record(conn, incident_id, "calls_ended", now)
        log.error("calls.given_up", incident_id=str(incident_id), reserve=incident.reserve)
        return True
    _Round(conn, incident, now).advance()
    return True


@dataclass
class _Round:
    """One advance of one incident: the next step, and those after it as long as nobody can be reached."""

    conn: Connection
    incident: Incident
    now: datetime
    unreached: list[dict[str, Any]] = field(default_factory=list)
    """{account_id, name, why}; see `calls.facts.Unreached`."""
    told: set[UUID] = field(default_factory=set)
    """Who is called in this round."""

    def advance(self) -> int:
        """Returns calls queued."""
        conn, incident, now = self.conn, self.incident, self.now
        escalation = calls.escalation(conn, incident.id)
        assert escalation is not None  # noqa: S101  It was started, or found to be due.
        plan = calls.plan(conn, incident.reserve_id)
        crew = Crew.at(
            conn, incident.reserve_id, incident.timezone, calls.zones_of_incident(conn, incident), now
        )
        before = calls.called(conn, incident.id, escalation.began_at)
        self.unreached += [
            _unreached(who.account_id, who.name, "failed")
            for who in before
            if who.failed and who.step == escalation.step
        ]
        if escalation.step >= len(plan):
            return self._again(crew, escalation, len(plan), before)
        return self._steps(crew, escalation, plan, {who.account_id for who in before})

    def _steps(self, crew: Crew, escalation: Escalation, plan: Sequence[Step], called: set[UUID]) -> int:
        queued, step, nobody_on_duty = 0, escalation.step, False
        while step < len(plan) and not self.told:
            whom = plan[step].whom
            step += 1
            people = crew.whom(whom, called)
            nobody_on_duty |= whom == "duty" and not people
            queued += self._call("fire" if step == 1 else "escalation", people, step)
            called |= {person.id for person in people}
        queued += self._tell_managers(crew, nobody_on_duty=nobody_on_duty)
        due_at = next_due(plan, step, escalation.began_at, self.now)
        outcome = None
        if not self.told:
            outcome, due_at = "nobody_answered", self.now + LOOK_AGAIN
            self._nobody_reachable()
        calls.advance(self.conn, self.incident.id, step=step, due_at=due_at, outcome=outcome)
        return queued

    def _again(self, crew: Crew, escalation: Escalation, step: int, before: Sequence[Called]) -> int:
        """All steps are made, and nobody has answered: everybody once more."""
        first_time = escalation.outcome is None
        if first_time:
            self.unreached = [
                _unreached(who.account_id, who.name, "failed" if who.failed else "no_answer")
                for who in before
            ]
            details = {"unreached": self.unreached}
            _record(self.conn, self.incident.id, "nobody_answered", self.now, details)
            log.error(
                "calls.nobody_answered", incident_id=str(self.incident.id), reserve=self.incident.reserve
            )
        queued = 0
        due_at = escalation.due_at
        if due_at <= self.now:
            if reachable := [person for person in crew.whom("all", ()) if person.devices]:
                queued = self._call("escalation", reachable, step)
            due_at = self.now + (REPEAT if self.told else LOOK_AGAIN)
        if first_time:
            queued += self._tell_managers(crew, nobody_on_duty=False)
        calls.advance(self.conn, self.incident.id, step=step, due_at=due_at, outcome="nobody_answered")
        return queued

    def _call(self, kind: Literal["fire", "escalation"], people: Sequence[Person], step: int) -> int:
        """Queue the calls of a step; the reserve's own systems hear of its first."""
        self.unreached += [
            _unreached(person.id, person.name, "no_device") for person in people if not person.devices
        ]
        reached = [person for person in people if person.devices]
        self.told |= {person.id for person in reached}
        devices = [device for person in reached for device in person.devices]
        if step == 1:
            devices += calls.webhooks(self.conn, self.incident.reserve_id)
        self._queue(kind, devices, step)
        return len(devices)

    def _tell_managers(self, crew: Crew, *, nobody_on_duty: bool) -> int:
        """Whoever this round does not call anyway learns whom it could not reach."""
        if not (self.unreached or nobody_on_duty):
            return 0
        managers = [person for person in crew.managers if person.id not in self.told and person.devices]
        devices = [device for person in managers for device in person.devices]
        if devices:
            self._queue("undelivered", devices, None)
        return len(devices)

    def _queue(self, kind: Kind, devices: list[UUID], step: int | None) -> None:
        deliveries.queue(
            self.conn,
            self.incident.reserve_id,
            kind,
            devices,
            now=self.now,
            lasts=LASTS,
            incident_id=self.incident.id,
            step=step,
            drill=self.incident.drill,
            details={"unreached": self.unreached},
        )

    def _nobody_reachable(self) -> None:
        """The map shows it in red: that is all that is left."""
        details = {"unreached": self.unreached}
        _record(self.conn, self.incident.id, "nobody_reachable", self.now, details)
        log.error(
            "calls.nobody_reachable",
            incident_id=str(self.incident.id),
            reserve=self.incident.reserve,
            unreached=[who["name"] for who in self.unreached],
        )


def _record(
    conn: Connection, incident_id: UUID, action: str, now: datetime, details: dict[str, Any] | None = None
) -> None:
    """Onto the incident's record, as the system; whoever looks at it sees that it changed."""
    incidents.log(conn, incident_id, action, details, at=now)
    incidents.bump(conn, incident_id)
    announce_change(conn, incident_id)


def _unreached(account_id: UUID, name: str, why: str) -> dict[str, Any]:
    return {"account_id": str(account_id), "name": name, "why": why}
