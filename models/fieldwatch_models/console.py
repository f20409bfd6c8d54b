"""What all commands share: a model's folder by name or path, errors in plain words, console, progress."""

from __future__ import annotations

import logging
import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from fieldwatch_edge.detect.model_folder import CARD, model_search_path
from fieldwatch_models.errors import ModelsError

if TYPE_CHECKING:
    from collections.abc import Iterator

console = Console()


def model_folder(name: Path) -> Path:
    """The folder `name`, or where there is none, the model called so on the nodes' search path.

    A model that is still to be trained has a folder but no model.toml; that is for the caller to mind.
    """
    if name.is_dir() or len(name.parts) != 1:
        return name
    for folder in model_search_path(os.environ.get("FIELDWATCH_MODELS")):
        if (folder / name / CARD).is_file():
            return folder / name
    return name


Folder = Annotated[
    Path,
    typer.Argument(
        metavar="FOLDER",
        help="The model's folder, e.g. models/wildlife, or the name of a model: wildlife.",
        callback=model_folder,
    ),
]


@contextmanager
def plain_errors() -> Iterator[None]:
    """Show what this package raises on purpose as one sentence, and leave with 1."""
    try:
        yield
    except ModelsError as error:
        typer.secho(str(error), fg="red", err=True)
        raise typer.Exit(1) from error


@contextmanager
def quietly(name: str) -> Iterator[None]:
    """Without the log lines below a warning of the package ``name``."""
    logger = logging.getLogger(name)
    before = logger.level
    logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        logger.setLevel(before)


def progress() -> Progress:
    """A bar with counts and the time that is left; on stderr, so that output can be piped."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
