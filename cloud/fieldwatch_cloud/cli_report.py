"""`fieldwatch cloud report`: weekly and monthly reports, made now, and those that there are."""

import time
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from fieldwatch_cloud.cli_setup import State, database, reporting

if TYPE_CHECKING:
    from uuid import UUID

    from fieldwatch_cloud.db.pool import Database
    from fieldwatch_cloud.db.reporting import Report
    from fieldwatch_cloud.settings import CloudSettings

report = typer.Typer(name="report", no_args_is_help=True)
Reserve = Annotated[str, typer.Option(help="Slug of the reserve.")]
_LOOK_EVERY_S = 0.5


class Kind(StrEnum):
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class Language(StrEnum):
    EN = "en"
    ZH = "zh"


@report.command("make")
def make_report(
    reserve: Reserve,
    kind: Annotated[Kind, typer.Option(help="Seven days, or a month.")] = Kind.WEEKLY,
    ending: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="Its last day, in the reserve's time zone; default: of the last week or month that is over.",
        ),
    ] = None,
    language: Annotated[list[Language] | None, typer.Option(help="May be repeated; default: both.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder that the files are written to, too.", file_okay=False)
    ] = None,
    mail: Annotated[bool, typer.Option(help="Send it to the reserve's recipients.")] = False,
    state: State = None,
) -> None:
    """Make a report now, as PDF and as a page. One of the same days is made anew."""
    with reporting(), database(state) as settings:
        from fieldwatch_cloud.db import geography
        from fieldwatch_cloud.db import reporting as stored
        from fieldwatch_cloud.db.pool import Database
        from fieldwatch_cloud.errors import QuestionError
        from fieldwatch_cloud.reporting import spans
        from fieldwatch_shared.messages import utc_now

        with Database(settings.database_url, size=2) as db:
            with db.transaction() as conn:
                reserve_id = geography.reserve_id(conn, reserve)
                timezone = geography.reserves(conn, [reserve])[0].timezone
                try:
                    span = spans.asked(kind.value, ending.date() if ending else None, timezone, utc_now())
                except ValueError as error:
                    raise QuestionError(str(error)) from error
                asked = [
                    stored.ask(
                        conn,
                        reserve_id,
                        kind=kind.value,
                        days=(span.first, span.last),
                        span=(span.since, span.until),
                        language=one.value,
                        mail=mail,
                    )
                    for one in dict.fromkeys(language or Language)
                ]
            for id_ in filter(None, asked):
                made = _made(db, settings, id_)
                for form, sha256 in (("html", made.html_sha256), ("pdf", made.pdf_sha256)):
                    typer.echo(str(_file(settings, made, form, sha256 or "", out)))


@report.command("list")
def list_reports(reserve: Reserve, state: State = None) -> None:
    """Show the reports of a reserve, newest first."""
    with reporting(), database(state) as settings:
        from fieldwatch_cloud.db import geography
        from fieldwatch_cloud.db import reporting as stored
        from fieldwatch_cloud.db.pool import connection

        with connection(settings.database_url) as conn:
            found = stored.of_reserve(conn, geography.reserve_id(conn, reserve))
        table = Table("kind", "days", "language", "state", "made (UTC)", "pages", "mailed", "by")
        for one in found:
            table.add_row(
                one.kind,
                f"{one.first_day} – {one.last_day}",
                one.language,
                one.failure or one.state,
                f"{one.made_at:%Y-%m-%d %H:%M}" if one.made_at else "",
                str(one.pages or ""),
                f"{one.mails_sent} of {one.mails_sent + one.mails_waiting + one.mails_failed}"
                if one.mailed_at
                else "",
                "schedule" if one.due_at else one.made_by_name or "",
            )
        Console().print(table)


def _made(db: "Database", settings: "CloudSettings", id_: "UUID") -> "Report":
    """The report, once it is made: by us, or by the service where that was quicker.

    Raises:
        QuestionError: it could not be made; says why.
    """
    from fieldwatch_cloud.db import reporting as stored
    from fieldwatch_cloud.errors import QuestionError
    from fieldwatch_cloud.reporting import make
    from fieldwatch_shared.messages import utc_now

    with db.transaction() as conn:
        ours = stored.take(conn, make.LEASE_S, only=id_) is not None
    if ours:
        make.keep(db, settings.media_dir, id_, make.make(settings.database_url, settings.media_dir, id_))
        make.mail_all(db, utc_now())
    while True:
        with db.transaction() as conn:
            found = stored.report(conn, id_)
        if found.state == "made":
            return found
        if found.state == "failed":
            raise QuestionError(f"the report was not made: {found.failure}")
        time.sleep(_LOOK_EVERY_S)


def _file(settings: "CloudSettings", made: "Report", form: str, sha256: str, out: Path | None) -> Path:
    """Where the file lies: in the store, or as it is called, in `out`."""
    from fieldwatch_cloud.reporting import files

    store = files.store(settings.media_dir)
    if out is None:
        return store.path(sha256)
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"{files.name(made)}.{form}"
    path.write_bytes(store.read(sha256))
    return path
