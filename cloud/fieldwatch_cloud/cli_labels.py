"""`fieldwatch cloud labels`: labelling sets out to other tools and back, straight from the database."""

import sys
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, BinaryIO, Literal
from uuid import UUID

import typer

from fieldwatch_cloud.cli_setup import State, database, reporting, utc

labels = typer.Typer(name="labels", no_args_is_help=True)

# As `exchange`, `labels.outgoing` and `labels.domain` have them, which are not imported for the help's sake.
Format = Literal["coco", "label_studio", "yolo"]
Which = Literal["labelled", "proposed", "both"]


class Reason(StrEnum):  # typer knows no list of Literals.
    FALSE_ALARM = "false_alarm"
    DISAGREEMENT = "disagreement"
    FIRST_OF_SPECIES = "first_of_species"
    LOW_CONFIDENCE = "low_confidence"
    RANDOM = "random"


Reserve = Annotated[str, typer.Option(help="Slug of the reserve.")]


@labels.command("export")
def export_labels(
    file: Annotated[Path, typer.Argument(help="The zip to write; - for standard output.", dir_okay=False)],
    reserve: Reserve,
    format_: Annotated[Format, typer.Option("--format", help="For which tool.")],
    which: Annotated[Which, typer.Option(help="People's labels, detectors' proposals, or both.")] = "both",
    reason: Annotated[list[Reason] | None, typer.Option(help="Only with one of these; repeatable.")] = None,
    reviewed: Annotated[
        bool | None,
        typer.Option("--reviewed/--waiting", help="Only what somebody has labelled, or nobody has."),
    ] = None,
    taxon: Annotated[str | None, typer.Option(help="Scientific name, proposed or labelled.")] = None,
    deployment: Annotated[UUID | None, typer.Option(help="Of this one alone.")] = None,
    since: Annotated[datetime | None, typer.Option("--from", help="Taken at or after (UTC).")] = None,
    until: Annotated[datetime | None, typer.Option("--to", help="Taken before (UTC).")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="The most telling so many.")] = None,
    links: Annotated[
        str | None, typer.Option(help="Address of the site: name pictures by it instead of packing them.")
    ] = None,
    state: State = None,
) -> None:
    """Write a labelling set: the pictures of the review list with what was proposed and labelled."""
    with reporting(), database(state) as settings:
        from fieldwatch_cloud import exchange
        from fieldwatch_cloud.db import geography
        from fieldwatch_cloud.db.labels import Filter
        from fieldwatch_cloud.db.pool import Database
        from fieldwatch_cloud.errors import SettingsError
        from fieldwatch_cloud.media.store import DiskStore

        with Database(settings.database_url, size=1) as db:
            with db.transaction() as conn:
                reserve_id = geography.reserve_id(conn, reserve)
            order = exchange.Order(
                Filter(reserve_id, utc(since), utc(until), deployment, taxon),
                format_,
                which,
                [one.value for one in reason] if reason else None,
                reviewed,
                links=links.rstrip("/") if links else None,
                limit=limit or exchange.MAX_PICTURES,
            )
            packing = exchange.export_set(db, DiskStore(settings.media_dir), order)
            try:
                if str(file) == "-":
                    _write(sys.stdout.buffer, packing.pieces)
                else:
                    # Whole, or not there: a set that was there stays until the new one is complete.
                    part = file.with_name(f".{file.name}.part")
                    try:
                        with part.open("wb") as out:
                            _write(out, packing.pieces)
                        part.replace(file)
                    finally:
                        part.unlink(missing_ok=True)
            except OSError as error:
                raise SettingsError(f"cannot write {file}: {error.strerror}") from error
        typer.echo(
            f"{packing.pictures} pictures{'' if packing.pictures else ': none is within this filter'}",
            err=True,
        )


def _write(out: BinaryIO, pieces: Iterable[bytes]) -> None:
    for piece in pieces:
        out.write(piece)
    out.flush()


@labels.command("import")
def import_labels(
    file: Annotated[
        Path, typer.Argument(help="COCO, or Label Studio's JSON export.", exists=True, dir_okay=False)
    ],
    reserve: Reserve,
    account: Annotated[
        str, typer.Option("--as", help="E-mail address of the account whose labels these are.")
    ],
    format_: Annotated[
        Literal["coco", "label_studio"] | None,
        typer.Option("--format", help="Default: as the file looks.", show_default=False),
    ] = None,
    confirm: Annotated[
        bool,
        typer.Option(
            "--confirm", help="Boxes exactly as a detector proposed them are that person's word too."
        ),
    ] = False,
    state: State = None,
) -> None:
    """Keep what was labelled in another tool. The same file again adds nothing; bad rows are named."""
    with reporting(), database(state) as settings:
        from fieldwatch_cloud import exchange
        from fieldwatch_cloud.db import accounts, geography
        from fieldwatch_cloud.db.pool import Database

        with Database(settings.database_url, size=1) as db:
            with db.transaction() as conn:
                geography.reserve_id(conn, reserve)
                person = accounts.account_of_email(conn, account)
            outcome = exchange.import_file(
                db,
                file.read_bytes(),
                reserve=reserve,
                account_id=person.id,
                format_=format_,
                confirm=confirm,
            )
        for where, why in outcome.errors:
            typer.echo(f"{where}: {why}", err=True)
        typer.echo(
            f"{outcome.stored} stored, {outcome.unchanged} unchanged, {outcome.untouched} not labelled "
            f"in the file, {len(outcome.errors)} left out"
        )
        if outcome.errors:
            raise typer.Exit(1)
