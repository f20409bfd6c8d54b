"""``fieldwatch models review``."""

from __future__ import annotations

from pathlib import Path  # noqa: TC003  # typer reads it
from typing import Annotated

import typer

from fieldwatch_models.console import console, model_folder, plain_errors
from fieldwatch_models.registry.cards import Card
from fieldwatch_models.review.cloud import Cloud
from fieldwatch_models.review.pull import FILE, pull

app = typer.Typer(no_args_is_help=True)


@app.command("pull")
def pull_command(
    url: Annotated[str, typer.Option(help="The service: https://…")],
    token: Annotated[
        str, typer.Option(envvar="FIELDWATCH_TOKEN", help="An API token, fwt_…; better in the variable.")
    ],
    reserve: Annotated[str, typer.Option(help="The reserve's short name.")],
    licence: Annotated[
        str, typer.Option(help="Of the reserve's pictures, e.g. CC-BY-4.0, or in words; goes into the card.")
    ],
    out: Annotated[Path, typer.Option(help="Where pictures and catalogue.jsonl go; again: what is new.")],
    model: Annotated[
        Path | None,
        typer.Option(
            help="Call classes as this model does: its folder or name.", callback=lambda given: given
        ),
    ] = None,
    val: Annotated[
        float,
        typer.Option(min=0, max=0.9, help="Share for validation, whole cameras at a time; 0: no split."),
    ] = 0.2,
) -> None:
    """Bring what people labelled in the cloud here, as --data for train, eval and species."""
    with plain_errors():
        card = Card.read(model_folder(model) / "model.toml") if model is not None else None
        pulled = pull(
            Cloud(url, token),
            reserve,
            out,
            licence=licence,
            card=card,
            val=val,
            quiet=not console.is_terminal,
        )
    pictures = pulled.catalogue.pictures
    sides = {side: sum(p.split == side for p in pictures) for side in ("train", "val")}
    console.print(
        f"{len(pictures)} pictures ({pulled.fetched} new, {pulled.negatives} false alarms of fire) of "
        f"{len({p.site for p in pictures})} cameras; train {sides['train']}, val {sides['val']}"
    )
    if pulled.undecided:
        console.print(
            f"{pulled.undecided} left out: a label there says animal or unknown, and may be any class"
        )
    if val > 0 and not sides["val"]:
        console.print("All of one camera, so there is nothing to validate on: give other data to eval.")
    console.print(f"Next: fieldwatch models data {out / FILE}, then train … --data {out / FILE}")
