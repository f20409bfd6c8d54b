"""``fieldwatch models export``."""

from __future__ import annotations

import random
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fieldwatch_edge import vision
from fieldwatch_edge.errors import EdgeError
from fieldwatch_models.console import Folder, console, plain_errors
from fieldwatch_models.data import open_data
from fieldwatch_models.errors import DataError, ExportError
from fieldwatch_models.export.drawn import drawn
from fieldwatch_models.export.formats import Format, Request, make
from fieldwatch_models.export.onnx_file import export
from fieldwatch_models.export.readback import write_checkpoint
from fieldwatch_models.registry.cards import Card

if TYPE_CHECKING:
    from fieldwatch_edge.domain import Image
    from fieldwatch_models.export.agree import Agreement

#: Which pictures are drawn by lot must not change from one export to the next.
SEED = 0


def export_command(
    folder: Folder,
    checkpoint: Annotated[
        Path | None,
        typer.Option(
            help="What train printed. Without one, a format is made from FOLDER/model.onnx.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    form: Annotated[
        Format,
        typer.Option(
            "--format", help="onnx goes into FOLDER itself, each other one into a folder of its own."
        ),
    ] = Format.ONNX,
    out: Annotated[
        Path | None, typer.Option(help="The new model folder; default: NAME-FORMAT here.", file_okay=False)
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            envvar="FIELDWATCH_TRAINING_DATA",
            help="Labelled pictures (YOLO folder or catalogue), to calibrate INT8 on and to check with. "
            "Without them the check is made on drawn ones.",
            exists=True,
        ),
    ] = None,
    calibrate: Annotated[int, typer.Option(min=8, help="Training pictures to calibrate on.")] = 100,
    check: Annotated[int, typer.Option(min=1, help="Validation pictures to check with.")] = 50,
    camera: Annotated[
        str | None, typer.Option(help="onnx-static: size of the camera's pictures, such as 1920x1080.")
    ] = None,
    imgsz: Annotated[
        int | None, typer.Option(help="onnx: inference size in px, a multiple of 32; default: the card's.")
    ] = None,
) -> None:
    """Export a trained model, and check that the result sees what the original does.

    onnx, which folders ship: dynamic size, weights stored as fp16 and computed with as fp32: half the
    download, the same speed. The others are for computers on which `fieldwatch models bench` finds them
    worth it. Nodes run ONNX with their default backend, OpenVINO and NCNN with backend = "ultralytics".
    """
    with plain_errors():
        card = Card.read(folder / "model.toml")
        calibration, checked = _pictures(folder, card, data, calibrate, check)
        if form is Format.ONNX:
            if checkpoint is None:
                raise ExportError(
                    f"{folder} has its ONNX file: give a --checkpoint to replace it, or a --format"
                )
            card, found = export(checkpoint, folder, datetime.now(UTC).date(), checked, imgsz)
            where = folder
            record = checkpoint.parent / "training.json"  # how it was trained goes with it, for the card
            if record.exists():
                shutil.copy(record, folder / record.name)
        else:
            where = out or Path(f"{card.name}-{form}")
            size = _size(camera) if form is Format.ONNX_STATIC else None
            request = Request(form, folder, where, checkpoint, calibration, size)
            card, found = make(request, checked, write_checkpoint)
    console.print(f"{card.name} {card.version} in {where}, sha256 {card.sha256[:12]}…")
    _tell(form, found)
    console.print(f"Next: fieldwatch models eval {where} --data DATA, then sign {where} --key KEY")


def _pictures(
    folder: Path, card: Card, data: Path | None, calibrate: int, check: int
) -> tuple[list[Path], list[Image]]:
    """Paths to calibrate on, and pictures to check with."""
    if data is None:
        return [], list(drawn(check))
    sources = folder / "sources.toml"
    catalogue = open_data(data, sources if sources.exists() else None, card.names)
    lot = random.Random(SEED)  # noqa: S311  # no secret here
    train, val = ([p.path for p in catalogue.of(split)] for split in ("train", "val"))
    if not train or not val:
        raise DataError(f"{data} needs pictures to train on and to validate with; see fieldwatch models data")
    calibration = lot.sample(train, min(calibrate, len(train)))
    return calibration, [_read(path) for path in lot.sample(val, min(check, len(val)))]


def _read(path: Path) -> Image:
    try:
        return vision.decode(path.read_bytes())
    except (OSError, EdgeError) as error:
        raise DataError(f"cannot read {path}: {error}") from error


def _size(camera: str | None) -> tuple[int, int] | None:
    if camera is None:
        return None
    width, _, height = camera.partition("x")
    if not (width.isdigit() and height.isdigit() and int(width) and int(height)):
        raise ExportError(f"--camera {camera}: give width and height in pixels, such as 1920x1080")
    return int(width), int(height)


def _tell(form: Format, found: Agreement) -> None:
    report = found.report()
    told = (
        f"{report['boxes_compared']} boxes in {report['pictures']} pictures compared: at worst "
        f"{report['box_px']['worst']:.3g} px and {report['score']['worst']:.2g} in score apart, "
        f"{report['on_one_side_only']['clear']} seen by one side only"
    )
    console.print(told)
    if not found.holds:
        console.print(
            "That is another detector than the original: measure it with eval before it replaces anything."
            if form.calibrated
            else "That is more than rounding explains: measure it with eval before it replaces anything."
        )
