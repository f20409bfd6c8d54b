"""`fieldwatch edge outbox`: what waits, on a screen, in a script, on a stick for the office."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

import typer

from fieldwatch_edge.cli_options import Config, StateDir  # noqa: TC001  # typer reads the types
from fieldwatch_edge.console import progress, sentences
from fieldwatch_edge.errors import EdgeError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fieldwatch_edge.outbox import Outbox
    from fieldwatch_edge.settings import NodeSettings

T = TypeVar("T")

outbox_app = typer.Typer(no_args_is_help=True, help="What waits for the cloud's receipt.")


@outbox_app.command("show")
def show(config: Config = Path("node.toml"), state_dir: StateDir = None) -> None:
    """Show how much waits, by kind."""
    from rich.console import Console
    from rich.table import Table

    from fieldwatch_edge.fleet.origin import Origin

    with sentences():
        outbox = _open(Origin(config, state_dir).settings())
        statistics = outbox.statistics()
        outbox.close()
    table = Table("Kind", "Waiting", "Given up", title=f"{statistics.bytes / 1024**2:.1f} MiB")
    for kind in sorted({*statistics.records, *statistics.given_up}):
        table.add_row(kind, str(statistics.records.get(kind, 0)), str(statistics.given_up.get(kind, 0)))
    console = Console()
    console.print(table)
    if statistics.open_tracks:
        console.print(f"{statistics.open_tracks} more are being followed, and not ready to be sent.")


@outbox_app.command("export")
def export(
    config: Config = Path("node.toml"),
    state_dir: StateDir = None,
    kind: Annotated[
        Literal["suspicions", "observations", "heartbeat", "media"] | None,
        typer.Option(help="Only records of this kind."),
    ] = None,
    pictures: Annotated[
        Path | None, typer.Option(help="Write the pictures to this folder, as <id>.jpg, clips as <id>.webp.")
    ] = None,
) -> None:
    """Print what waits, a JSON object a line: {"kind": ..., "record": {...}}, in the order of sending."""
    from fieldwatch_edge.fleet.origin import Origin

    with sentences():
        outbox = _open(Origin(config, state_dir).settings())
        for entry in outbox:
            if kind is not None and entry.kind != kind:
                continue
            typer.echo(f'{{"kind":"{entry.kind}","record":{entry.body}}}')
            if pictures is not None and entry.attachment is not None:
                pictures.mkdir(parents=True, exist_ok=True)
                suffix = json.loads(entry.body)["mime"].partition("/")[2].replace("jpeg", "jpg")
                (pictures / f"{entry.id}.{suffix}").write_bytes(entry.attachment)
        outbox.close()


@outbox_app.command("carry")
def carry(
    to: Annotated[Path, typer.Argument(help="Folder, a mounted stick say.", exists=True, file_okay=False)],
    config: Config = Path("node.toml"),
    state_dir: StateDir = None,
) -> None:
    """Copy all that waits onto a stick, to be taken in at the office: `fieldwatch cloud import-outbox FILE`.

    Nothing is deleted here before the cloud's receipt, over the link or by `outbox receipt`. What arrives
    both ways is stored once. The node may run meanwhile.
    """
    from fieldwatch_edge.fleet.origin import Origin
    from fieldwatch_shared import carried
    from fieldwatch_shared.messages import utc_now

    with sentences():
        settings = Origin(config, state_dir).settings()
        outbox = _open(settings)
        now, node = utc_now(), settings.node
        path = to / f"{node.id}-{now:%Y%m%dT%H%M%SZ}{carried.SUFFIX}"
        messages = (
            carried.Carried(each.kind, each.payload, each.media)
            for each in outbox.carry(settings.outbox.batch)
        )
        try:
            header = carried.write(path, node.reserve, node.id, _counted(messages), now)
        except OSError as error:
            raise EdgeError(f"cannot write to {to}: {error.strerror}") from error
        finally:
            outbox.close()
        typer.echo(f"{header.messages} messages, {path.stat().st_size / 1024**2:.1f} MiB: {path}")


@outbox_app.command("receipt")
def receipt(
    file: Annotated[
        Path, typer.Argument(help="As `import-outbox` wrote it beside the file.", exists=True, dir_okay=False)
    ],
    config: Config = Path("node.toml"),
    state_dir: StateDir = None,
) -> None:
    """Delete here what the office has taken in. Where the link comes back, the cloud says so by itself."""
    from pydantic import ValidationError

    from fieldwatch_edge.fleet.origin import Origin
    from fieldwatch_shared.carried import CarriedReceipt

    with sentences():
        settings = Origin(config, state_dir).settings()
        try:
            receipt = CarriedReceipt.model_validate_json(file.read_bytes())
        except (OSError, ValidationError) as error:
            raise EdgeError(f"{file} is no receipt: {error}") from error
        if (receipt.reserve, receipt.node) != (settings.node.reserve, settings.node.id):
            raise EdgeError(f"{file} is for {receipt.node} in {receipt.reserve}, not for this node")
        outbox = _open(settings)
        gone = outbox.forget(receipt.message_ids)
        outbox.close()
        typer.echo(f"{gone} records deleted")


def _counted(messages: Iterable[T]) -> Iterator[T]:
    """With a line on a terminal that counts them."""
    from rich.progress import SpinnerColumn, TextColumn

    with progress(SpinnerColumn(), TextColumn("{task.completed} messages")) as bar:
        task = bar.add_task("", total=None)
        for message in messages:
            yield message
            bar.advance(task)


def _open(settings: NodeSettings) -> Outbox:
    """The node's outbox, also while the node runs."""
    from fieldwatch_edge.errors import OutboxError
    from fieldwatch_edge.node import OUTBOX_FILE
    from fieldwatch_edge.outbox import Outbox

    path = settings.node.state_dir / OUTBOX_FILE
    if not path.exists():
        raise OutboxError(f"there is no outbox at {path}: the node has not run yet")
    return Outbox(path, settings.outbox.max_bytes)
