"""The command line of this package; ``fieldwatch models`` mounts ``app``."""

from __future__ import annotations

import typer

from fieldwatch_models.bench.command import bench_command
from fieldwatch_models.compare import compare_command
from fieldwatch_models.data.command import data_command
from fieldwatch_models.evaluate.command import eval_command
from fieldwatch_models.export.command import export_command
from fieldwatch_models.registry.command import (
    card_command,
    key_command,
    list_command,
    sign_command,
    verify_command,
)
from fieldwatch_models.review.command import app as review
from fieldwatch_models.species.command import species_command
from fieldwatch_models.train.command import train_command

app = typer.Typer(
    no_args_is_help=True,
    help=(
        "Train, export and measure detectors.\n\n"
        "A model is a folder: train.toml says how it is made, model.toml is its card for machines, "
        "CARD.md the one for people. The usual way is train, then export, then eval, then a look "
        "at CARD.md before anyone relies on it."
    ),
)

app.command("data")(data_command)
app.add_typer(review, name="review", help="What people labelled in the cloud, as pictures to train on.")
app.command("train")(train_command)
app.command("export")(export_command)
app.command("eval")(eval_command)
app.command("bench")(bench_command)
app.command("card")(card_command)
app.command("key")(key_command)
app.command("sign")(sign_command)
app.command("verify")(verify_command)
app.command("list")(list_command)
app.command("compare")(compare_command)
app.command("species")(species_command)
