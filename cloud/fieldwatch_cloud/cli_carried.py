"""`fieldwatch cloud import-outbox`: what nodes without a link have seen, carried here on a stick."""

from pathlib import Path
from typing import Annotated

import typer

from fieldwatch_cloud.cli_setup import State, database, reporting

MOST_NAMED = 20


def import_outbox(
    files: Annotated[
        list[Path],
        typer.Argument(help="As `fieldwatch edge outbox carry` wrote them.", exists=True, dir_okay=False),
    ],
    receipts: Annotated[
        bool, typer.Option(help="Write a receipt beside each file, for `fieldwatch edge outbox receipt`.")
    ] = True,
    state: State = None,
) -> None:
    """Take in outboxes that were carried here. Again, or also by the link, changes nothing."""
    with reporting(), database(state) as settings:
        from rich.console import Console
        from rich.progress import Progress

        from fieldwatch_cloud.errors import SettingsError
        from fieldwatch_cloud.ingest.carried import take_in
        from fieldwatch_cloud.media.store import DiskStore

        whole = True
        for file in files:
            with Progress(console=Console(stderr=True), transient=True) as bar:
                task = bar.add_task(file.name)
                outcome = take_in(
                    settings.database_url,
                    DiskStore(settings.media_dir),
                    file,
                    largest_picture=settings.media.max_bytes,
                    progress=lambda done, all_: bar.update(task, completed=done, total=all_),  # noqa: B023
                )
            header = outcome.header
            typer.echo(
                f"{header.node} in {header.reserve}, {header.written_at:%Y-%m-%d %H:%M} UTC: "
                f"{outcome.taken} of {header.messages} messages are here"
            )
            for reason in outcome.quarantined[:MOST_NAMED]:
                typer.echo(f"  in quarantine: {reason}", err=True)
            if len(outcome.quarantined) > MOST_NAMED:
                typer.echo(f"  {len(outcome.quarantined) - MOST_NAMED} more in quarantine", err=True)
            if outcome.lost:
                typer.echo(f"  {outcome.lost} could not be kept, not even in quarantine", err=True)
            for damage in outcome.damaged[:MOST_NAMED]:
                typer.echo(f"  damaged in the file: {damage}", err=True)
            if outcome.lost or outcome.damaged:
                typer.echo("  what is missing stays on the node until its receipt: carry it again", err=True)
                whole = False
            if receipts:
                try:
                    file.with_suffix(".receipt.json").write_text(outcome.receipt.model_dump_json())
                except OSError as error:
                    raise SettingsError(f"cannot write the receipt of {file}: {error.strerror}") from error
    if not whole:
        raise typer.Exit(1)
