"""The command line of this package; ``fieldwatch models`` mounts ``app``."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from fieldwatch_models.console import Folder, console, plain_errors
from fieldwatch_models.evaluate.ignition import Rule
from fieldwatch_models.evaluate.measure import evaluate
from fieldwatch_models.export.onnx_file import export
from fieldwatch_models.train.recipe import Recipe
from fieldwatch_models.train.run import train

app = typer.Typer(
    no_args_is_help=True,
    help=(
        "Train, export and measure detectors.\n\n"
        "A model is a folder: train.toml says how it is made, model.toml is its card for machines, "
        "CARD.md the one for people. The usual way is train, then export, then eval, then a look "
        "at CARD.md before anyone relies on it."
    ),
)

Data = Annotated[
    Path,
    typer.Option(
        envvar="FIELDWATCH_TRAINING_DATA",
        help="Pictures in YOLO format: images/{train,val}, labels/{train,val} and data.yaml.",
        exists=True,
        file_okay=False,
    ),
]


@app.command("train")
def train_command(
    folder: Folder,
    data: Data,
    weights: Annotated[
        Path,
        typer.Option(help="COCO state dict to start from (.pt, fp16 or fp32).", exists=True),
    ],
    out: Annotated[Path, typer.Option(help="Where checkpoints go; not into the repository.")],
    threads: Annotated[int, typer.Option(min=1, help="CPU threads to use.")] = 2,
) -> None:
    """Train the model that FOLDER/train.toml describes.

    Run it again with the same --out to go on after an interruption: finished stages are kept, and
    a stage that was cut off resumes after its last whole epoch.
    """
    with plain_errors():
        checkpoint = train(Recipe.read(folder / "train.toml"), data, weights, out, threads)
    console.print(f"Trained. Next: fieldwatch models export {folder} --checkpoint {checkpoint}")


@app.command("export")
def export_command(
    folder: Folder,
    checkpoint: Annotated[Path, typer.Option(help="What train printed.", exists=True)],
    imgsz: Annotated[
        int | None, typer.Option(help="Inference size in px, a multiple of 32; default: the card's")
    ] = None,
) -> None:
    """Write FOLDER/model.onnx from a checkpoint and bring FOLDER/model.toml up to date.

    Weights are stored as fp16 and computed with as fp32: half the download, the same speed.
    """
    with plain_errors():
        card = export(checkpoint, folder, datetime.now(UTC).date(), imgsz)
    console.print(f"{card.name} {card.version}, sha256 {card.sha256[:12]}…")
    console.print(f"Next: fieldwatch models eval {folder} --data DATA")


@app.command("eval")
def eval_command(
    folder: Folder,
    data: Data,
    sequence: Annotated[
        list[Path] | None,
        typer.Option(help="A recorded ignition (sequence.csv) or labelled stills; repeatable."),
    ] = None,
    k: Annotated[int, typer.Option(min=1, help="Ignitions: so many frames …")] = 3,
    n: Annotated[int, typer.Option(min=1, help="… of the last so many must agree.")] = 5,
    score: Annotated[float, typer.Option(min=0, max=1, help="Ignitions: lowest score.")] = 0.2,
) -> None:
    """Measure FOLDER/model.onnx and write FOLDER/metrics.json.

    Precision and recall hold at the card's threshold, on the file that nodes run.
    """
    with plain_errors():
        metrics = evaluate(folder, data, sequence or [], Rule(k=k, n=n, conf=score))
    table = Table("class", "labelled", "precision", "recall", "AP50", "AP50-95")
    for name, row in metrics["validation"]["classes"].items():
        ap = metrics["average_precision"].get(name, {})
        cells = (row["labelled"], row["precision"], row["recall"], ap.get("ap50"), ap.get("ap50_95"))
        table.add_row(name, *("–" if cell is None else str(cell) for cell in cells))
    console.print(table)
    for name, seen in metrics.get("ignitions", {}).items():
        console.print(
            f"{name}: {seen['alarm_frames_before']} alarms in {seen['frames_before']} frames before "
            f"ignition; first alarm after {seen['first_alarm_s']} s"
        )
