"""Reports: asked for, taken by whoever makes them, made, mailed; the schedule, and for whom.

waiting ─▶ making ─▶ made ─▶ (mailed)
   ▲         └──▶ failed, or waiting for the next attempt
   └── asked for again
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from psycopg.rows import class_row

from fieldwatch_cloud.db.pool import translated
from fieldwatch_cloud.db.statements import statements
from fieldwatch_cloud.errors import BusyError, NotFoundError, RowRefusedError
from fieldwatch_shared.ids import uuid7

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Connection
    from fieldwatch_cloud.words import Language

SQL = statements("reporting")
Kind = Literal["weekly", "monthly"]
State = Literal["waiting", "making", "made", "failed"]
MOST_WAITING = 12
"""Of one reserve: each takes seconds of a core."""
MOST_ATTEMPTS, AGAIN_AFTER_S = 3, 60.0
_ONE = b"\n".join((SQL["report"], SQL["one"]))
_SIBLING = b"\n".join((SQL["report"], SQL["sibling"]))
_OF_RESERVE = b"\n".join((SQL["report"], SQL["of_reserve"]))


@dataclass(frozen=True, slots=True)
class Report:
    id: UUID
    reserve: str
    """Slug."""
    reserve_id: UUID
    timezone: str
    kind: Kind
    first_day: date
    last_day: date
    """Included. Local days of the reserve."""
    since: datetime
    until: datetime
    language: Language
    asked_at: datetime
    made_by: UUID | None
    """None: the schedule."""
    made_by_name: str | None
    due_at: datetime | None
    mail: bool
    mailed_at: datetime | None
    state: State
    progress: float
    """0 to 1."""
    failure: str | None
    made_at: datetime | None
    html_sha256: str | None
    pdf_sha256: str | None
    html_bytes: int | None
    pdf_bytes: int | None
    pages: int | None
    headlines: list[str]
    software: str | None
    mails_waiting: int
    mails_sent: int
    mails_failed: int


@dataclass(frozen=True, slots=True)
class Made:
    """The files of one report, and what is told of it in a list."""

    made_at: datetime
    html_sha256: str
    pdf_sha256: str
    html_bytes: int
    pdf_bytes: int
    pages: int
    headlines: tuple[str, ...]
    software: str


@dataclass(frozen=True, slots=True)
class Schedule:
    timezone: str
    weekly: bool
    weekly_weekday: int
    """0: Monday."""
    weekly_hour: int
    """Local time of the reserve."""
    weekly_since: datetime
    """Nothing that was due before is made."""
    monthly: bool
    monthly_day: int
    monthly_hour: int
    monthly_since: datetime
    languages: list[Language]


@dataclass(frozen=True, slots=True)
class Person:
    """A member of the reserve."""

    account_id: UUID
    name: str
    language: Language
    role: str
    device_id: UUID | None
    """By which a mail reaches them; None: none does."""
    recipient: bool


def ask(
    conn: Connection,
    reserve_id: UUID,
    *,
    kind: Kind,
    days: tuple[date, date],
    span: tuple[datetime, datetime],
    language: Language,
    made_by: UUID | None = None,
    due_at: datetime | None = None,
    mail: bool = False,
) -> UUID | None:
    """Have a report made, or made anew.

    Args:
        days: first and last local day, both included; `span` is the same as instants.
        due_at: the schedule wants it, as of then.

    Returns:
        its id; None: the schedule had it made before.

    Raises:
        BusyError: too many of this reserve wait.
    """
    (waiting,) = conn.execute(SQL["waiting_of"], {"reserve_id": reserve_id})
    if due_at is None and waiting[0] >= MOST_WAITING:
        raise BusyError("many reports of this reserve are being made at this moment: try again in a minute")
    parameters = {
        "id": uuid7(),
        "reserve_id": reserve_id,
        "kind": kind,
        "first_day": days[0],
        "last_day": days[1],
        "since": span[0],
        "until": span[1],
        "language": language,
        "made_by": made_by,
        "due_at": due_at,
        "mail": mail,
    }
    row = conn.execute(SQL["ask"], parameters).fetchone()
    return row[0] if row else None


def take(conn: Connection, lease_s: float, *, only: UUID | None = None) -> UUID | None:
    """A report to make now, leased to the caller; None: none waits. Commit before making it."""
    row = conn.execute(SQL["take"], {"lease_s": lease_s, "id": only}).fetchone()
    return row[0] if row else None


def progress(conn: Connection, id_: UUID, share: float) -> None:
    conn.execute(SQL["progress"], {"id": id_, "progress": share})


def made(conn: Connection, id_: UUID, result: Made) -> list[str]:
    """It is there; returns the names (SHA-256) of files that no report needs any more."""
    parameters = {
        "id": id_,
        "made_at": result.made_at,
        "html_sha256": result.html_sha256,
        "pdf_sha256": result.pdf_sha256,
        "html_bytes": result.html_bytes,
        "pdf_bytes": result.pdf_bytes,
        "pages": result.pages,
        "headlines": json.dumps(result.headlines),
        "software": result.software,
    }
    row = conn.execute(SQL["made"], parameters).fetchone()
    names = [name for name in row or () if name is not None]
    return [name for (name,) in conn.execute(SQL["unused"], {"names": names})]


def failed(conn: Connection, id_: UUID, why: str) -> State:
    """It is tried again after a while, unless that was the last time."""
    parameters = {"id": id_, "why": why, "most": MOST_ATTEMPTS, "after_s": AGAIN_AFTER_S}
    (row,) = conn.execute(SQL["failed"], parameters)
    state: State = row[0]
    return state


def to_mail(conn: Connection) -> list[UUID]:
    """Reports that are made and wait to be sent to the recipients."""
    return [id_ for (id_,) in conn.execute(SQL["to_mail"])]


def mailed_languages(conn: Connection, id_: UUID) -> list[Language]:
    """Those in which the report of the same reserve, kind and days goes out by mail."""
    return [language for (language,) in conn.execute(SQL["languages"], {"id": id_})]


def note_mailed(conn: Connection, id_: UUID, now: datetime) -> bool:
    """False: it was mailed already, or is not to be."""
    return conn.execute(SQL["mailed"], {"id": id_, "now": now}).fetchone() is not None


def report(conn: Connection, id_: UUID) -> Report:
    """Raises:
    NotFoundError: no such report.
    """
    with conn.cursor(row_factory=class_row(Report)) as cursor:
        found = cursor.execute(_ONE, {"id": id_}).fetchone()
    if found is None:
        raise NotFoundError(f"no such report: {id_}")
    return found


def in_language(conn: Connection, id_: UUID, language: Language) -> Report:
    """The report of the same reserve, kind and days in that language.

    Raises:
        NotFoundError: no such report, or not in this language.
    """
    with conn.cursor(row_factory=class_row(Report)) as cursor:
        found = cursor.execute(_SIBLING, {"id": id_, "language": language}).fetchone()
    if found is None:
        raise NotFoundError(f"no such report in this language: {id_}")
    return found


def of_reserve(conn: Connection, reserve_id: UUID, limit: int = 200) -> list[Report]:
    """By their days, newest first."""
    with conn.cursor(row_factory=class_row(Report)) as cursor:
        return cursor.execute(_OF_RESERVE, {"reserve_id": reserve_id, "limit": limit}).fetchall()


def schedule(conn: Connection, reserve_id: UUID) -> Schedule | None:
    """None: nobody has set one up."""
    with conn.cursor(row_factory=class_row(Schedule)) as cursor:
        return cursor.execute(SQL["schedule"], {"reserve_id": reserve_id}).fetchone()


def schedules(conn: Connection) -> list[tuple[UUID, Schedule]]:
    """Those by which anything is made, with their reserves."""
    return [(row[0], Schedule(*row[1:])) for row in conn.execute(SQL["schedules"])]


def set_schedule(
    conn: Connection,
    reserve_id: UUID,
    *,
    weekly: tuple[bool, int, int],
    monthly: tuple[bool, int, int],
    languages: Sequence[Language],
    recipients: Collection[UUID],
    now: datetime,
    changed_by: UUID | None,
) -> None:
    """In place of the one before.

    Args:
        weekly: on or off, weekday (0: Monday), hour.
        monthly: on or off, day of the month, hour.

    Raises:
        RowRefusedError: a recipient is no member of the reserve, or a figure is out of its range.
    """
    parameters = {
        "reserve_id": reserve_id,
        **dict(zip(("weekly", "weekly_weekday", "weekly_hour"), weekly, strict=True)),
        **dict(zip(("monthly", "monthly_day", "monthly_hour"), monthly, strict=True)),
        "languages": list(dict.fromkeys(languages)),
        "now": now,
        "changed_by": changed_by,
    }
    with translated():
        conn.execute(SQL["set_schedule"], parameters)
        conn.execute(SQL["clear_recipients"], {"reserve_id": reserve_id})
        named = {"reserve_id": reserve_id, "accounts": list(recipients)}
        known = {id_ for (id_,) in conn.execute(SQL["add_recipients"], named)}
    if missing := set(recipients) - known:
        raise RowRefusedError(f"no member of this reserve: {', '.join(sorted(map(str, missing)))}")


def people(conn: Connection, reserve_id: UUID) -> list[Person]:
    """The reserve's members, by name."""
    with conn.cursor(row_factory=class_row(Person)) as cursor:
        return cursor.execute(SQL["people"], {"reserve_id": reserve_id}).fetchall()
