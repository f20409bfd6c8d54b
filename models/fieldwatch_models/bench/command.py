"""``fieldwatch models bench``."""

from __future__ import annotations

import json
import random
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from fieldwatch_models.bench.run import compare, machine
from fieldwatch_models.console import Folder, console, plain_errors
from fieldwatch_models.data import open_data
from fieldwatch_models.errors import DataError, ModelsError
from fieldwatch_models.export.formats import Format, Request, make
from fieldwatch_models.export.readback import write_checkpoint
from fieldwatch_models.registry.cards import Card

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from fieldwatch_models.data.catalogue import Catalogue, Picture

COLUMNS = {
    "file_mb": "MB",
    "model_ms": "model ms",
    "model_ratio": "×",
    "pipeline_ms": "picture ms",
    "pipeline_ratio": "×",
    "cpu_ms": "CPU ms",
    "cpu_ratio": "×",
    "peak_mib": "MiB",
    "ap50": "AP50",
    "ap50_lost": "lost",
}


def bench_command(
    folder: Folder,
    data: Annotated[
        Path,
        typer.Option(
            envvar="FIELDWATCH_TRAINING_DATA",
            help="Labelled pictures: a YOLO folder or a catalogue. Formats are calibrated on its training "
            "pictures and compared on its validation pictures.",
            exists=True,
        ),
    ],
    form: Annotated[
        list[Format] | None, typer.Option("--format", help="What to compare; repeatable. Default: all.")
    ] = None,
    checkpoint: Annotated[
        Path | None,
        typer.Option(help="For OpenVINO and NCNN; default: weights read back.", exists=True, dir_okay=False),
    ] = None,
    keep: Annotated[
        Path | None,
        typer.Option(help="Keep the formats here, a model folder each, and use those that are there."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Default: FOLDER/bench.json.", dir_okay=False)] = None,
    pictures: Annotated[int, typer.Option(min=4, help="Validation pictures.")] = 200,
    calibrate: Annotated[int, typer.Option(min=8, help="Training pictures to calibrate INT8 on.")] = 100,
    turns: Annotated[int, typer.Option(min=1, help="How often each format has its turn at the clock.")] = 20,
    threads: Annotated[int, typer.Option(min=1, help="As a node uses them.")] = 2,
) -> None:
    """Compare what each format costs on this machine, and what it loses.

    The formats take turns, each in a process of its own. What counts are the ratios to the shipped file:
    they hold on another day, milliseconds do not. Run it on the computer that is to go into the field.
    """
    with plain_errors(), tempfile.TemporaryDirectory() as scratch:
        card = Card.read(folder / "model.toml")
        sources = folder / "sources.toml"
        catalogue = open_data(data, sources if sources.exists() else None, card.names)
        shown = _some(catalogue, pictures)
        calibration = [p.path for p in _lot([*catalogue.of("train")], calibrate)]
        wanted = [f for f in form or Format if f is not Format.ONNX]
        folders, skipped = _formats(folder, wanted, keep or Path(scratch), checkpoint, calibration)
        rows, failed = compare({Format.ONNX: folder, **folders}, shown, threads=threads, turns=turns)
        result = {
            "version": card.version,
            "sha256": card.sha256,
            "imgsz": card.imgsz,
            "machine": machine() | {"threads": threads},
            "pictures": len(shown),
            "calibrated_on": len(calibration),
            "turns": turns,
            "formats": rows,
            "skipped": skipped | failed,
        }
        target = out or folder / "bench.json"
        target.write_text(json.dumps(result, indent=1, ensure_ascii=False) + "\n", "utf-8")
        _show(result)
        console.print(f"Written to {target}")


def _formats(
    folder: Path, wanted: Sequence[Format], keep: Path, checkpoint: Path | None, calibration: list[Path]
) -> tuple[dict[str, Path], dict[str, str]]:
    """Make each format that can be made here; why each other one cannot."""
    made, skipped = {}, {}
    sha256 = Card.read(folder / "model.toml").sha256
    for form in wanted:
        target = keep / str(form)
        if _made_from(target) == sha256:
            made[str(form)] = target
        elif missing := form.missing():
            skipped[str(form)] = f"{', '.join(missing)} not installed: pip install 'fieldwatch[formats]'"
        else:
            console.print(f"Making {form}")
            try:
                make(Request(form, folder, target, checkpoint, calibration), [], write_checkpoint)
                made[str(form)] = target
            except ModelsError as error:
                skipped[str(form)] = str(error)
    return made, skipped


def _made_from(target: Path) -> str | None:
    record = target / "export.json"
    return json.loads(record.read_text("utf-8"))["made_from"]["sha256"] if record.exists() else None


def _some(catalogue: Catalogue, count: int) -> list[Picture]:
    found = _lot([*catalogue.of("val")], count)
    if not found:
        raise DataError("no validation pictures to compare formats on; see fieldwatch models data")
    return found


def _lot(pictures: list[Picture], count: int) -> list[Picture]:
    lot = random.Random(0)  # noqa: S311  # no secret here; the same ones in each run
    return lot.sample(pictures, min(count, len(pictures)))


def _show(result: Mapping[str, Any]) -> None:
    table = Table("format", *COLUMNS.values())
    for name, row in result["formats"].items():
        cells = ("–" if row[column] is None else str(row[column]) for column in COLUMNS)
        table.add_row(name, *cells)
    console.print(table)
    cpu = result["machine"]
    console.print(f"× is the ratio to the shipped file. {cpu['cpu']}, {cpu['threads']} threads.")
    for name, why in result["skipped"].items():
        console.print(f"{name} left out: {why}")
