"""``fieldwatch models train``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fieldwatch_models.console import Folder, console, plain_errors
from fieldwatch_models.data import open_data
from fieldwatch_models.train.recipe import Recipe
from fieldwatch_models.train.run import train

Data = Annotated[
    Path,
    typer.Option(
        envvar="FIELDWATCH_TRAINING_DATA",
        help="Labelled pictures: a YOLO folder (images/, labels/, data.yaml) or a catalogue (.jsonl).",
        exists=True,
    ),
]
Device = Annotated[str, typer.Option(help="auto: a GPU where there is one, else the CPU. Or cpu, cuda:0, …")]
Threads = Annotated[int | None, typer.Option(min=1, help="CPU threads; default: all cores.")]


def whole_strides(pixels: int | None) -> int | None:
    """A size on the command line that networks can have.

    Raises:
        BadParameter: it is no multiple of 32.
    """
    if pixels is not None and pixels % 32:
        raise typer.BadParameter(f"give a multiple of 32, such as {max(32, round(pixels / 32) * 32)}")
    return pixels


def train_command(
    folder: Folder,
    data: Data,
    out: Annotated[Path, typer.Option(help="Where checkpoints go; outside the repository.", file_okay=False)],
    weights: Annotated[
        Path | None,
        typer.Option(
            help="State dict in COCO's classes to start from (.pt). Default: what train.toml says.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    device: Device = "auto",
    threads: Threads = None,
) -> None:
    """Train the model that FOLDER/train.toml describes.

    Run it again with the same --out to go on after an interruption, be it a power cut: finished stages
    are kept, and a stage that was cut off resumes after its last whole epoch. OUT/training.json
    says how the checkpoint came about.
    """
    with plain_errors():
        recipe = Recipe.read(folder / "train.toml")
        sources = folder / "sources.toml"
        catalogue = open_data(data, sources if sources.exists() else None, recipe.classes)
        checkpoint = train(recipe, catalogue, out, weights=weights, device=device, threads=threads)
    console.print(f"Trained. Next: fieldwatch models export {folder} --checkpoint {checkpoint}")
