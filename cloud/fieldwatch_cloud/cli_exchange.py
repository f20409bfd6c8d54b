"""`fieldwatch cloud dataset`: data sets of others in, and out again as they came."""

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from fieldwatch_cloud.cli_setup import State, database, reporting

dataset = typer.Typer(name="dataset", no_args_is_help=True)
Reserve = Annotated[str, typer.Option(help="Slug of the reserve.")]
MOST_NAMED = 20


@dataset.command("import")
def import_dataset(
    file: Annotated[
        Path, typer.Argument(help="Camtrap DP 1.0: a zip, its folder, or datapackage.json.", exists=True)
    ],
    reserve: Reserve,
    account: Annotated[
        str | None, typer.Option("--as", help="E-mail address of the account that imports it.")
    ] = None,
    state: State = None,
) -> None:
    """Make a data set of others countable beside one's own. Again changes nothing; bad rows are named."""
    with reporting(), database(state) as settings:
        from fieldwatch_cloud.camtrap.source import FolderSource, PackageError, Source, ZipSource
        from fieldwatch_cloud.db import accounts, geography
        from fieldwatch_cloud.db.pool import Database
        from fieldwatch_cloud.errors import DataFileError
        from fieldwatch_cloud.exports.datasets import import_package
        from fieldwatch_cloud.media.store import DiskStore
        from fieldwatch_shared.messages import utc_now

        with Database(settings.database_url, size=1) as db:
            with db.transaction() as conn:
                reserve_id = geography.reserve_id(conn, reserve)
                person = accounts.account_of_email(conn, account).id if account else None
            with ExitStack() as opened:
                try:
                    source: Source
                    if file.is_dir() or file.name == "datapackage.json":
                        source = FolderSource(file)
                    else:
                        source = ZipSource(opened.enter_context(file.open("rb")))
                except PackageError as error:
                    raise DataFileError(f"{file} is no Camtrap DP that can be read: {error}") from error
                outcome = import_package(
                    db,
                    DiskStore(settings.media_dir),
                    source,
                    reserve_id=reserve_id,
                    account_id=person,
                    now=utc_now(),
                    progress=lambda table, rows: typer.echo(f"  {table}: {rows} rows", err=True),
                )
        for table, row, why in outcome.rejected[:MOST_NAMED]:
            typer.echo(f"{table}, row {row}: {why}", err=True)
        if outcome.rejected_rows:
            typer.echo(f"{outcome.rejected_rows} rows were left out", err=True)
        if not outcome.new:
            typer.echo("This very package is here already: nothing changed.", err=True)
        else:
            effort = "from deployment dates" if outcome.effort_from_dates else "as the package tells it"
            typer.echo(
                f"{outcome.name}: {outcome.deployments} deployments, {outcome.media} media "
                f"({outcome.pictures} pictures kept here), {outcome.observations} observations, of which "
                f"{outcome.counted} count; effort {effort}",
                err=True,
            )
        typer.echo(str(outcome.id))


@dataset.command("export")
def export_dataset(
    id_: Annotated[UUID, typer.Argument(metavar="ID", help="As `dataset list` shows it.")],
    file: Annotated[Path, typer.Argument(help="The zip to write.", dir_okay=False)],
    state: State = None,
) -> None:
    """Write a data set as it came, table by table."""
    with reporting(), database(state) as settings:
        from fieldwatch_cloud.db.pool import Database
        from fieldwatch_cloud.errors import SettingsError
        from fieldwatch_cloud.exports import datasets
        from fieldwatch_cloud.media.store import DiskStore

        # Whole, or not there.
        part = file.with_name(f".{file.name}.part")
        try:
            with Database(settings.database_url, size=1) as db, part.open("wb") as out:
                datasets.export_dataset(db, DiskStore(settings.media_dir), id_, out)
            part.replace(file)
        except OSError as error:
            raise SettingsError(f"cannot write {file}: {error.strerror}") from error
        finally:
            part.unlink(missing_ok=True)


@dataset.command("list")
def list_datasets(reserve: Reserve, state: State = None) -> None:
    """Data sets of others in a reserve: id, name, licence, rows."""
    with reporting(), database(state) as settings:
        from fieldwatch_cloud.db import datasets, geography
        from fieldwatch_cloud.db.pool import connection

        with connection(settings.database_url) as conn:
            for one in datasets.of_reserve(conn, geography.reserve_id(conn, reserve)):
                typer.echo(
                    f"{one.id}  {one.name}  {one.licence or 'no licence'}  {one.deployments} deployments, "
                    f"{one.media} media, {one.observations} observations"
                )


@dataset.command("remove")
def remove_dataset(
    id_: Annotated[UUID, typer.Argument(metavar="ID", help="As `dataset list` shows it.")],
    state: State = None,
) -> None:
    """Take a data set out with all that came with it; not once people have worked on it."""
    with reporting(), database(state) as settings:
        from fieldwatch_cloud.db import datasets
        from fieldwatch_cloud.db.pool import connection

        with connection(settings.database_url) as conn, conn.transaction():
            datasets.one(conn, id_)
            datasets.remove(conn, id_)
