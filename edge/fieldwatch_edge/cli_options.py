"""Options that several of a node's commands have."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[
    Path,
    typer.Option("--config", "-c", help="The node's settings. Relative paths in it count from its folder."),
]
StateDir = Annotated[
    Path | None, typer.Option(help="Use this folder instead of the state_dir in the settings.")
]
Models = Annotated[
    str | None,
    typer.Option(
        envvar="FIELDWATCH_MODELS",
        help="Folders in which models are looked up by name first, separated by ':'.",
        show_default=False,
    ),
]
