"""From a report that was asked for to its files: takes what waits, makes it in another process, mails it.

    ask_due     what the schedules want by now, each once, whoever leads and however long nobody did
    make_all    what waits, one after the other; one whose maker died is taken again
    mail_all    made, and not mailed: into the outbox of calls, in the transaction that says so

WeasyPrint and matplotlib take seconds and a quarter of a gigabyte: in the worker's process, which ends.
"""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from fieldwatch_cloud.db import deliveries, reporting
from fieldwatch_cloud.db.pool import Database
from fieldwatch_cloud.errors import (
    BusyError,
    CloudError,
    DatabaseUnavailableError,
    MediaError,
    QuestionError,
)
from fieldwatch_cloud.estimates.workers import Workers
from fieldwatch_cloud.media.store import DiskStore
from fieldwatch_cloud.media.thumbnails import Thumbnails
from fieldwatch_cloud.reporting import files, spans
from fieldwatch_shared.messages import utc_now

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path
    from uuid import UUID

    from fieldwatch_cloud.settings import CloudSettings
    from fieldwatch_cloud.words import Language

log = structlog.get_logger(__name__)
LIMIT_S = 300.0
LEASE_S = LIMIT_S + 120.0
"""Longer than a process may take, with its start."""
MAIL_LASTS = timedelta(days=3)
"""A weekend, and a mail server that is away over it."""
_NO_ROOM = "its files cannot be written: the disk may be full"
_TOO_LONG = "it took too long, or the machine had too little memory for it"


def run(db: Database, settings: CloudSettings, now: datetime) -> int:
    """All three, in their order; returns how many reports were made."""
    ask_due(db, now)
    made = make_all(db, settings)
    mail_all(db, now)
    return made


def ask_due(db: Database, now: datetime) -> int:
    """Returns how many reports that is."""
    asked = 0
    with db.transaction() as conn:
        wanted = reporting.schedules(conn)
    for reserve_id, schedule in wanted:
        for due in spans.due(schedule, now):
            with db.transaction() as conn:
                for language in schedule.languages:
                    id_ = reporting.ask(
                        conn,
                        reserve_id,
                        kind=due.kind,
                        days=(due.span.first, due.span.last),
                        span=(due.span.since, due.span.until),
                        language=language,
                        due_at=due.at,
                        mail=True,
                    )
                    asked += id_ is not None
    return asked


def make_all(db: Database, settings: CloudSettings) -> int:
    """Whatever waits. What fails is tried again later, and then given up with its reason."""
    done = 0
    workers: Workers | None = None
    try:
        while True:
            with db.transaction() as conn:
                id_ = reporting.take(conn, LEASE_S)
            if id_ is None:
                return done
            workers = workers or Workers(processes=1, waiting=0, limit_s=LIMIT_S)
            try:
                made = workers.run(make, settings.database_url, settings.media_dir, id_)
                keep(db, settings.media_dir, id_, made)
            except DatabaseUnavailableError:
                raise  # Its lease runs out, and it is taken again.
            except (QuestionError, BusyError):
                _failed(db, id_, _TOO_LONG)
            except MediaError as error:
                # Its text names folders of this machine, which is nobody's business on a page.
                log.error("report.no_room", report_id=str(id_), reason=str(error))  # noqa: TRY400
                _failed(db, id_, _NO_ROOM)
            except CloudError as error:
                _failed(db, id_, str(error))
            except Exception as error:
                log.exception("report.failed", report_id=str(id_))
                _failed(db, id_, f"{type(error).__name__} in our software")
            else:
                done += 1
                log.info("report.made", report_id=str(id_), pages=made.pages, bytes=made.pdf_bytes)
    finally:
        if workers is not None:
            workers.close()


def make(database_url: str, media_dir: Path, id_: UUID) -> reporting.Made:
    """Read, draw and write one report; its files are in the store when this returns."""
    # Only in the worker's process, and in the command line's: they take seconds to load.
    from fieldwatch_cloud.reporting import write
    from fieldwatch_cloud.reporting.gather import SOFTWARE, gather
    from fieldwatch_cloud.reporting.words import words

    now = utc_now()
    with Database(database_url, size=2) as db:

        def tell(share: float) -> None:
            with db.transaction() as conn:
                reporting.progress(conn, id_, share)

        with db.transaction() as conn:
            report = reporting.report(conn, id_)
        thumbnails = Thumbnails(DiskStore(media_dir), media_dir / "thumbnails", most_bytes=2**40)
        facts = gather(
            db,
            report.reserve,
            report.kind,
            spans.Span(report.first_day, report.last_day, report.since, report.until),
            now=now,
            thumbnails=thumbnails,
            progress=lambda share: tell(0.4 * share),
        )
        drawn = write.figures(facts, report.language)
        tell(0.6)
        page = write.page(facts, report.language, drawn)
        pdf = write.pdf(page, lambda: tell(0.9))
    store = files.store(media_dir)
    names = []
    for content in (page.encode(), pdf.content):
        names.append(hashlib.sha256(content).hexdigest())
        store.put(names[-1], content)
    return reporting.Made(
        made_at=now,
        html_sha256=names[0],
        pdf_sha256=names[1],
        html_bytes=len(page.encode()),
        pdf_bytes=len(pdf.content),
        pages=pdf.pages,
        headlines=tuple(words(report.language).headlines(facts)),
        software=SOFTWARE,
    )


def keep(db: Database, media_dir: Path, id_: UUID, made: reporting.Made) -> None:
    """The report has these files now; those that it had before are deleted."""
    with db.transaction() as conn:
        unused = reporting.made(conn, id_, made)
    store = files.store(media_dir)
    for name in unused:
        store.path(name).unlink(missing_ok=True)


def mail_all(db: Database, now: datetime) -> int:
    """Into the outbox, once; returns to how many people."""
    told = 0
    with db.transaction() as conn:
        waiting = reporting.to_mail(conn)
    for id_ in waiting:
        with db.transaction() as conn:
            if not reporting.note_mailed(conn, id_, now):
                continue  # Somebody else did.
            report = reporting.report(conn, id_)
            # Not the schedule's: somebody may have asked for one language alone, and it is for all.
            languages = reporting.mailed_languages(conn, id_)
            people = [one for one in reporting.people(conn, report.reserve_id) if one.recipient]
            theirs = [one for one in people if _language(one.language, languages) == report.language]
            devices = [one.device_id for one in theirs if one.device_id is not None]
            missing = [
                {"account_id": str(one.account_id), "name": one.name, "why": "no_device"}
                for one in theirs
                if one.device_id is None
            ]
            if theirs:
                deliveries.queue(
                    conn,
                    report.reserve_id,
                    "report",
                    devices,
                    now=now,
                    lasts=MAIL_LASTS,
                    report_id=id_,
                    details={"unreached": missing} if missing else None,
                )
            told += len(devices)
    return told


def _language(wanted: Language, made: list[Language]) -> Language:
    """Of the languages in which a report is made, the one that somebody gets."""
    return wanted if wanted in made else made[0]


def _failed(db: Database, id_: UUID, why: str) -> None:
    with db.transaction() as conn:
        state = reporting.failed(conn, id_, why)
    log.error("report.not_made", report_id=str(id_), reason=why, again=state == "waiting")
