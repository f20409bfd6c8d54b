"""Whom an incident calls: people and their devices, roster, plan, and how far its calling has come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from psycopg.rows import class_row

from fieldwatch_cloud.calls.plan import DEFAULT, Step
from fieldwatch_cloud.calls.roster import Shift
from fieldwatch_cloud.db.statements import statements
from fieldwatch_cloud.errors import NotFoundError, RowRefusedError
from fieldwatch_shared.ids import uuid7

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection

SQL = statements("calls")


@dataclass(frozen=True, slots=True)
class Incident:
    id: UUID
    reserve_id: UUID
    reserve: str
    """Slug."""
    timezone: str
    zone_id: UUID | None
    state: str
    drill: bool
    held_back: str | None
    merged: bool


@dataclass(frozen=True, slots=True)
class Person:
    id: UUID
    name: str
    language: str
    roles: list[str]
    devices: list[UUID]
    """Those that work. Empty also for somebody who is no member any more."""


@dataclass(frozen=True, slots=True)
class Zone:
    id: UUID
    name: str
    name_zh: str | None
    chief: UUID | None
    """The account that is called where no shift is."""


@dataclass(frozen=True, slots=True)
class ListedShift:
    id: UUID
    account_id: UUID
    account: str
    zone_id: UUID | None
    place: int
    starts_at: datetime
    ends_at: datetime
    repeats: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Escalation:
    began_at: datetime
    step: int
    """Of those made so far."""
    due_at: datetime
    ended_at: datetime | None
    outcome: str | None


@dataclass(frozen=True, slots=True)
class Called:
    """Somebody for whom a call was tried."""

    account_id: UUID
    name: str
    failed: bool
    """None of their devices could be reached."""
    step: int


def incident(conn: Connection, id_: UUID) -> Incident:
    """The incident, held until the transaction ends.

    Raises:
        NotFoundError: no such incident.
    """
    with conn.cursor(row_factory=class_row(Incident)) as cursor:
        found = cursor.execute(SQL["incident"], {"id": id_}).fetchone()
    if found is None:
        raise NotFoundError(f"no such incident: {id_}")
    return found


def people(conn: Connection, reserve_id: UUID) -> list[Person]:
    """Members of the reserve, and whoever its roster names, by name."""
    with conn.cursor(row_factory=class_row(Person)) as cursor:
        return cursor.execute(SQL["people"], {"reserve_id": reserve_id}).fetchall()


def webhooks(conn: Connection, reserve_id: UUID) -> list[UUID]:
    """Devices that serve the whole reserve."""
    return [id_ for (id_,) in conn.execute(SQL["webhooks"], {"reserve_id": reserve_id})]


def zones_of_incident(conn: Connection, incident: Incident) -> list[tuple[UUID, UUID | None]]:
    """(zone, its chief) where it burns; while that is not known, where it was seen from."""
    parameters = {
        "incident_id": incident.id,
        "reserve_id": incident.reserve_id,
        "zone_id": incident.zone_id,
    }
    return [(zone, chief) for zone, chief in conn.execute(SQL["zones_of_incident"], parameters)]


def zones_at(conn: Connection, reserve_id: UUID, lon: float, lat: float) -> list[tuple[UUID, UUID | None]]:
    """(zone, its chief) of those that hold the place (degrees, WGS 84)."""
    parameters = {"reserve_id": reserve_id, "lon": lon, "lat": lat}
    return [(zone, chief) for zone, chief in conn.execute(SQL["zones_at"], parameters)]


def zones(conn: Connection, reserve_id: UUID) -> list[Zone]:
    return [Zone(*row) for row in conn.execute(SQL["zones"], {"reserve_id": reserve_id})]


# Roster and plan ------------------------------------------------------------------------------------


def listed_shifts(conn: Connection, reserve_id: UUID) -> list[ListedShift]:
    with conn.cursor(row_factory=class_row(ListedShift)) as cursor:
        return cursor.execute(SQL["shifts"], {"reserve_id": reserve_id}).fetchall()


def shifts(conn: Connection, reserve_id: UUID) -> list[Shift]:
    return [
        Shift(s.account_id, s.zone_id, s.place, s.starts_at, s.ends_at, s.repeats, s.until)  # type: ignore[arg-type]
        for s in listed_shifts(conn, reserve_id)
    ]


def add_shift(conn: Connection, reserve_id: UUID, shift: Shift, *, id_: UUID | None = None) -> UUID:
    """Put somebody on duty; `shift` was checked by `calls.roster.checked`. The same id again changes nothing.

    Raises:
        NotFoundError: the zone is none of this reserve.
        RowRefusedError: the account is no member of the reserve.
    """
    if shift.zone_id is not None:
        parameters = {"zone_id": shift.zone_id, "reserve_id": reserve_id}
        if conn.execute(SQL["zone_in_reserve"], parameters).fetchone() is None:
            raise NotFoundError(f"no such zone in this reserve: {shift.zone_id}")
    parameters = {"account_id": shift.account_id, "reserve_id": reserve_id}
    if conn.execute(SQL["member_of_reserve"], parameters).fetchone() is None:
        raise RowRefusedError(f"no member of this reserve: {shift.account_id}")
    new = id_ or uuid7()
    conn.execute(
        SQL["add_shift"],
        {
            "id": new,
            "reserve_id": reserve_id,
            "zone_id": shift.zone_id,
            "account_id": shift.account_id,
            "place": shift.place,
            "starts_at": shift.starts_at,
            "ends_at": shift.ends_at,
            "repeats": shift.repeats,
            "until": shift.until,
        },
    )
    return new


def shift_reserve(conn: Connection, shift_id: UUID) -> str:
    """Slug of the shift's reserve.

    Raises:
        NotFoundError: no such shift.
    """
    row = conn.execute(SQL["shift_reserve"], {"id": shift_id}).fetchone()
    if row is None:
        raise NotFoundError(f"no such shift: {shift_id}")
    return str(row[0])


def delete_shift(conn: Connection, shift_id: UUID) -> None:
    conn.execute(SQL["delete_shift"], {"id": shift_id})


def plan(conn: Connection, reserve_id: UUID) -> tuple[Step, ...]:
    """The reserve's own, or the default."""
    rows = conn.execute(SQL["plan"], {"reserve_id": reserve_id}).fetchall()
    return tuple(Step(after_s, whom) for after_s, whom in rows) or DEFAULT


def set_plan(conn: Connection, reserve_id: UUID, steps: Sequence[Step]) -> None:
    """Replace it; `steps` were checked by `calls.plan.checked`. Calls that run go on by the new plan."""
    conn.execute(SQL["clear_plan"], {"reserve_id": reserve_id})
    with conn.cursor() as cursor:
        cursor.executemany(
            SQL["add_step"],
            [
                {"reserve_id": reserve_id, "step": n, "after_s": step.after_s, "whom": step.whom}
                for n, step in enumerate(steps, 1)
            ],
        )


# How far it has come ----------------------------------------------------------------------------------


def start(conn: Connection, incident_id: UUID, now: datetime) -> bool:
    """Begin calling; False: it calls already."""
    parameters = {"incident_id": incident_id, "now": now}
    return conn.execute(SQL["start"], parameters).fetchone() is not None


def escalation(conn: Connection, incident_id: UUID) -> Escalation | None:
    with conn.cursor(row_factory=class_row(Escalation)) as cursor:
        return cursor.execute(SQL["escalation"], {"incident_id": incident_id}).fetchone()


def advance(conn: Connection, incident_id: UUID, *, step: int, due_at: datetime, outcome: str | None) -> None:
    parameters = {"incident_id": incident_id, "step": step, "due_at": due_at, "outcome": outcome}
    conn.execute(SQL["advance"], parameters)


def end(conn: Connection, incident_id: UUID, outcome: str, now: datetime) -> bool:
    """Call no more; False: it did not call, or has ended in the same way before."""
    parameters = {"incident_id": incident_id, "outcome": outcome, "now": now}
    return conn.execute(SQL["end"], parameters).fetchone() is not None


def put_off(conn: Connection, incident_id: UUID, due_at: datetime) -> None:
    conn.execute(SQL["put_off"], {"incident_id": incident_id, "due_at": due_at})


def due(conn: Connection, now: datetime, *, without: Collection[UUID]) -> UUID | None:
    """An incident whose next step is due, or of whose newest step nobody can be reached; held until the
    transaction ends. Those that others hold are passed over."""
    row = conn.execute(SQL["due"], {"now": now, "without": list(without)}).fetchone()
    return row[0] if row else None


def called(conn: Connection, incident_id: UUID, since: datetime) -> list[Called]:
    with conn.cursor(row_factory=class_row(Called)) as cursor:
        return cursor.execute(SQL["called"], {"incident_id": incident_id, "since": since}).fetchall()


def to_tell(conn: Connection, incident_id: UUID, by: UUID | None) -> list[UUID]:
    """Devices that may have learnt of the incident, but those of the account `by`."""
    return [id_ for (id_,) in conn.execute(SQL["to_tell"], {"incident_id": incident_id, "by": by})]


def account_name(conn: Connection, account_id: UUID) -> str | None:
    row = conn.execute(SQL["account_name"], {"id": account_id}).fetchone()
    return row[0] if row else None
