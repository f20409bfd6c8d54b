"""`fieldwatch cloud hotspots` and `fieldwatch cloud weather`: what satellites and stations tell, by hand."""

from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn
from rich.table import Table

from fieldwatch_cloud.cli_setup import State, database, reporting, utc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from fieldwatch_cloud.alarms.hotspots import Outcome
    from fieldwatch_cloud.incidents.table import Rejected

hotspots = typer.Typer(name="hotspots", no_args_is_help=True)
weather = typer.Typer(name="weather", no_args_is_help=True)

MOST_REJECTED = 30
Files = Annotated[list[Path], typer.Argument(help="CSV.", exists=True, dir_okay=False)]


@hotspots.command("import")
def import_hotspots(
    files: Files,
    reserve: Annotated[str | None, typer.Option(help="Only hotspots in this one; default: any.")] = None,
    state: State = None,
) -> None:
    """Keep what NASA FIRMS' files hold (VIIRS, MODIS). The same file again adds nothing.

    A hotspot in a reserve joins the fire that others see, or opens one and calls people; one that is older
    than a day opens none. Rows that cannot be read are named and lie in quarantine; then the exit code is 1.
    """
    with reporting(), database(state) as settings:
        from fieldwatch_cloud.alarms.hotspots import import_file
        from fieldwatch_cloud.db import geography
        from fieldwatch_cloud.db.pool import Database

        broken = 0
        with Database(settings.database_url, size=1) as db:
            if reserve is not None:
                with db.transaction() as conn:
                    geography.reserve_id(conn, reserve)
            for file in files:
                with _progress(file.name) as progress:
                    outcome = import_file(db, file.read_bytes(), file.name, only=reserve, progress=progress)
                typer.echo(f"{file.name}: {_summary(outcome)}")
                _show_rejected(file.name, outcome.rejected)
                broken += len(outcome.rejected)
    if broken:
        raise typer.Exit(1)


@hotspots.command("fetch")
def fetch_hotspots(state: State = None) -> None:
    """Ask FIRMS now for the last two days around every reserve, as the service does by itself.

    Needs FIELDWATCH_FIRMS_MAP_KEY; FIELDWATCH_FIRMS_SOURCES names other products.
    """
    with reporting(), database(state) as settings:
        from fieldwatch_cloud.alarms import firms_feed
        from fieldwatch_cloud.db.pool import Database
        from fieldwatch_shared.messages import utc_now

        def show(name: str, outcome: "Outcome") -> None:
            typer.echo(f"{name}: {_summary(outcome)}")
            _show_rejected(name, outcome.rejected)

        with Database(settings.database_url, size=1) as db:
            firms_feed.fetch(db, settings.firms, utc_now(), progress=show)


@hotspots.command("list")
def list_hotspots(
    reserve: Annotated[str, typer.Option(help="Slug of the reserve.")],
    since: Annotated[
        datetime | None, typer.Option("--from", help="Seen at or after (UTC); default: the last 7 days.")
    ] = None,
    until: Annotated[datetime | None, typer.Option("--to", help="Seen before (UTC).")] = None,
    state: State = None,
) -> None:
    """Show the hotspots in a reserve and within 50 km around it, newest first."""
    with reporting(), database(state) as settings:
        from fieldwatch_cloud.db import geography
        from fieldwatch_cloud.db import hotspots as stored
        from fieldwatch_cloud.db.pool import connection
        from fieldwatch_shared.messages import utc_now

        with connection(settings.database_url) as conn:
            found = stored.of_reserve(
                conn,
                geography.reserve_id(conn, reserve),
                since=utc(since) or utc_now() - timedelta(days=7),
                until=utc(until),
            )
        table = Table("seen (UTC)", "satellite", "lon", "lat", "confidence", "MW", "where", "incident")
        for one in found:
            table.add_row(
                f"{one.observed_at:%Y-%m-%d %H:%M}",
                one.satellite,
                f"{one.lon:.4f}",
                f"{one.lat:.4f}",
                one.confidence if one.confidence_percent is None else f"{one.confidence_percent} %",
                "" if one.frp_mw is None else f"{one.frp_mw:.1f}",
                "inside" if one.inside else "near",
                str(one.incident_id or ""),
            )
        _console().print(table)


@weather.command("import")
def import_weather(
    files: Files,
    reserve: Annotated[str, typer.Option(help="Slug of the reserve.")],
    state: State = None,
) -> None:
    """Keep what stations measured, and compute the fire danger of the days.

    Columns: station, observed_at (with its time zone), temperature_c, humidity_percent, wind_kmh,
    rain_24h_mm; and longitude and latitude of the station. Rows that cannot be read are named; then the exit
    code is 1.
    """
    with reporting(), database(state) as settings:
        from fieldwatch_cloud.alarms.weather import import_file
        from fieldwatch_cloud.db import geography
        from fieldwatch_cloud.db.pool import Database

        broken = 0
        with Database(settings.database_url, size=1) as db:
            with db.transaction() as conn:
                reserve_id = geography.reserve_id(conn, reserve)
            for file in files:
                with _progress(file.name) as progress:
                    outcome = import_file(db, reserve_id, file.read_bytes(), file.name, progress=progress)
                typer.echo(
                    f"{file.name}: {outcome.stored} stored, {outcome.unchanged} known, "
                    f"{len(outcome.rejected)} rejected"
                )
                _show_rejected(file.name, outcome.rejected)
                broken += len(outcome.rejected)
    if broken:
        raise typer.Exit(1)


def _summary(outcome: "Outcome") -> str:
    return (
        f"{outcome.new} new in {len(outcome.incidents)} incidents, {outcome.known} known, {outcome.outside} "
        f"outside (of them {outcome.near} new and near), {len(outcome.rejected)} rejected"
    )


@contextmanager
def _progress(name: str) -> "Iterator[Callable[[int, int], None]]":
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(name, total=None)
        yield lambda done, of: shown.update(task, completed=done, total=of)


def _show_rejected(name: str, rejected: "Sequence[Rejected]") -> None:
    if not rejected:
        return
    table = Table("line", "why", title=f"Rejected in {name}", title_justify="left")
    for row in rejected[:MOST_REJECTED]:
        table.add_row(str(row.row), row.reason)
    if len(rejected) > MOST_REJECTED:
        table.add_row("...", f"{len(rejected) - MOST_REJECTED} more")
    _console(stderr=True).print(table)


def _console(*, stderr: bool = False) -> Console:
    """As wide as the terminal; where there is none, wide enough that nothing is cut."""
    console = Console(stderr=stderr)
    return console if console.is_terminal else Console(stderr=stderr, width=200)
