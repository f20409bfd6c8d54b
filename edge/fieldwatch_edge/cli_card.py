"""`fieldwatch edge card`: a camera trap's memory card, taken in at the office."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from uuid import UUID  # noqa: TC003  # typer reads the types

import typer

from fieldwatch_edge.cli_options import Models  # noqa: TC001  # typer reads the types
from fieldwatch_edge.console import complain, meanwhile, progress, sentences, stop_on_signals

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fieldwatch_edge.node import Node


def card(
    folder: Annotated[
        Path, typer.Argument(help="The card's folder of pictures, such as /media/CARD/DCIM.", file_okay=False)
    ],
    deployment: Annotated[
        UUID, typer.Option(help="Of the camera that the card was in, as the cloud's list of cameras has it.")
    ],
    timezone: Annotated[
        str, typer.Option(help="IANA zone by which the camera's clock was set, such as Asia/Shanghai.")
    ],
    config: Annotated[
        Path, typer.Option("--config", "-c", help="Settings of the office's node, for identity and broker.")
    ] = Path("node.toml"),
    keep: Annotated[
        Path | None,
        typer.Option(help="Copy the pictures to a folder below this one first, and read each copy again."),
    ] = None,
    model: Annotated[str, typer.Option(help="Detector, by name or folder.")] = "wildlife",
    time_lapse: Annotated[
        float | None,
        typer.Option(
            min=1,
            help="It took a picture each so many seconds. Default: when something moved, and it is"
            " taken to have looked from the first picture to the last.",
        ),
    ] = None,
    offline: Annotated[
        bool, typer.Option("--offline", help="Send nothing yet: the same command without this goes on.")
    ] = False,
    allow_unsigned: Annotated[
        bool, typer.Option("--allow-unsigned", help="Take a model that nobody has signed.")
    ] = False,
    models: Models = None,
) -> None:
    """Take in the memory card of a camera trap: detect, send, and say whether it may be wiped.

    Broken off at any moment, the same command goes on where it was; a card that was read before adds nothing.
    The deployment must be one of this node's. Was the camera's clock wrong? Correct it afterwards for the
    whole deployment, in the web app's review.

    Exit code 0: all is in the cloud. 1: an error. 3: pictures that could not be read, or not all was sent.
    """
    from fieldwatch_edge.cards import Card, settings_of
    from fieldwatch_edge.cards import keep as copies
    from fieldwatch_edge.detect import model_search_path
    from fieldwatch_edge.node import Node
    from fieldwatch_edge.outbox import locked
    from fieldwatch_edge.settings import NodeSettings, Times

    with sentences():
        own = NodeSettings.read(config)
        found = Card.read(folder)
        if keep is not None:
            with _counting("copying", len(found.names)) as advance:
                for _ in copies(found, keep):
                    advance()
        settings = settings_of(
            own, found, deployment, times=Times(kind="exif", timezone=timezone), model=model,
            time_lapse_s=time_lapse, allow_unsigned=allow_unsigned,
        )  # fmt: skip
        # The broker knows the office's node by one name: two that use it would throw each other out.
        with locked(own.node.state_dir):
            node = Node(settings, search_path=model_search_path(models), offline=offline)
            stopped = stop_on_signals(node)
            with _watching(node, len(found.names)):
                complete = node.run()
        worker = node.workers[0]
        if worker.failure is not None:
            complain(worker.failure)
        if stopped.is_set() or not complete or offline:
            typer.echo(f"{worker.monitor.frames} pictures looked at. Not all of it is in the cloud yet:")
            typer.echo("do not wipe the card, and give the same command again.")
            raise typer.Exit(0 if offline and worker.failure is None else 3)
        shutil.rmtree(settings.node.state_dir)
    typer.echo(f"{worker.monitor.frames} pictures looked at, and all that was found in them is in the cloud.")
    if keep is not None:
        typer.echo(f"They are kept in {keep / found.fingerprint}: the card may be wiped.")
    else:
        typer.echo(
            "The cloud has pictures of what was found, not all: keep the card's own before you wipe it."
        )


@contextmanager
def _watching(node: Node, pictures: int) -> Iterator[None]:
    """A bar that follows the node's work."""
    seen = 0

    def follow() -> None:
        nonlocal seen
        for worker in node.workers:
            for _ in range(worker.monitor.frames - seen):
                advance()
            seen = worker.monitor.frames

    with _counting("looking", pictures) as advance, meanwhile(follow, every_s=0.2):
        yield


@contextmanager
def _counting(what: str, total: int) -> Iterator[Callable[[], None]]:
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

    with progress(TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()) as bar:
        task = bar.add_task(what, total=total)
        yield lambda: bar.advance(task)
