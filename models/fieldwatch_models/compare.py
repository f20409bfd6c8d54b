"""``fieldwatch models compare``: architectures on one task, by accuracy for each CPU millisecond on a node.

All start from random weights and see the same pictures in the same order for the same number of epochs. So
few epochs do not show how good each becomes, but which learns this task soonest for what it costs to run;
weights that one of them could have started from are left out on purpose.
"""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path  # noqa: TC003  # typer reads it
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer
from rich.table import Table

from fieldwatch_edge import vision
from fieldwatch_models.console import Folder, console, plain_errors, progress
from fieldwatch_models.data import open_data
from fieldwatch_models.errors import DataError
from fieldwatch_models.evaluate.curves import rank
from fieldwatch_models.evaluate.measure import on_pictures
from fieldwatch_models.evaluate.predictions import Predictor
from fieldwatch_models.registry.cards import Card, DetectedClass
from fieldwatch_models.train.command import Data, Device, Threads, whole_strides
from fieldwatch_models.train.recipe import Recipe, Start

if TYPE_CHECKING:
    from fieldwatch_edge.domain import Image
    from fieldwatch_models.data.catalogue import Catalogue

NAME = "comparison"
#: Pictures that are timed, and how often each: the quickest of some turns is what the work itself takes.
TIMED, TURNS = 30, 5
#: Options of a recipe that presume weights to start from.
NEEDS_WEIGHTS = {"freeze"}


@dataclass(frozen=True)
class Row:
    """One architecture."""

    architecture: str
    ap50: float | None
    ap50_95: float | None
    #: Median over pictures of the CPU time, all threads together, of decoding done to boxes drawn.
    cpu_ms: float
    #: Against the first architecture.
    cpu_ratio: float
    megabytes: float
    training_s: float

    @property
    def ap50_per_10_ms(self) -> float:
        """What the comparison is for."""
        return (self.ap50 or 0.0) / self.cpu_ms * 10


def compare(
    recipe: Recipe,
    classes: tuple[DetectedClass, ...],
    catalogue: Catalogue,
    out: Path,
    *,
    architectures: list[str],
    epochs: int,
    imgsz: int,
    edge_imgsz: int,
    device: str = "auto",
    threads: int | None = None,
) -> list[Row]:
    """Train, export and measure each of ``architectures``; ``out/comparison.json`` and ``.md``.

    Sizes in px: trained at ``imgsz``, measured at ``edge_imgsz``. Trainings resume as `train` does.

    Raises:
        ModelsError: as `train` and `export`.
    """
    from fieldwatch_models.export.onnx_file import export
    from fieldwatch_models.train.run import train

    val = list(catalogue.of("val"))
    images = [vision.decode(picture.path.read_bytes()) for picture in val[:TIMED]]
    if not images:
        raise DataError("no validation pictures to compare on")
    folders: dict[str, Path] = {}
    for architecture in architectures:
        folder = out / architecture.removesuffix(".yaml")
        own = brief(recipe, architecture, epochs, imgsz)
        checkpoint = train(
            own, catalogue, folder / "training", device=device, threads=threads, console=console
        )
        folders[architecture] = folder / "model"
        folders[architecture].mkdir(exist_ok=True)
        today = datetime.now(UTC).date()
        name = f"{recipe.name}-{folder.name}"
        card = Card(
            name=name,
            version="0",
            created=today,
            sha256="0" * 64,
            imgsz=edge_imgsz,
            conf=0.25,
            iou=0.5,
            classes=classes,
        )
        card.write(folders[architecture] / "model.toml")
        export(checkpoint, folders[architecture], today, images)
    predictors = {name: Predictor(path, threads=threads or 2) for name, path in folders.items()}
    spent = cpu_ms(predictors, images)
    first = spent[architectures[0]]
    rows = []
    for name, predictor in predictors.items():
        seen = predictor.see(val, name)
        ranked = [rank(seen, index) for index in range(len(classes))]
        ap = on_pictures(seen, ranked, list(recipe.classes), predictor.card.conf)["average_precision"]["all"]
        record = json.loads((folders[name].parent / "training" / "training.json").read_text("utf-8"))
        rows.append(
            Row(
                architecture=name,
                ap50=ap["ap50"],
                ap50_95=ap["ap50_95"],
                cpu_ms=round(spent[name], 2),
                cpu_ratio=round(spent[name] / first, 3),
                megabytes=round((folders[name] / predictor.card.file).stat().st_size / 1e6, 2),
                training_s=round(sum(stage["seconds"] for stage in record["stages"]), 1),
            )
        )
    write(rows, recipe, out, epochs, imgsz, edge_imgsz)
    return rows


def brief(recipe: Recipe, architecture: str, epochs: int, imgsz: int) -> Recipe:
    """``recipe``'s first stage alone, from random weights, with another architecture, length and size."""
    first = recipe.stages[0]
    options = {k: v for k, v in recipe.options_of(first).items() if k not in NEEDS_WEIGHTS}
    stage = first.model_copy(
        update={"name": "brief", "epochs": epochs, "options": options | {"imgsz": imgsz}}
    )
    start = Start(architecture=architecture)
    return recipe.model_copy(update={"start": start, "stages": (stage,), "options": {}})


def cpu_ms(predictors: dict[str, Predictor], images: list[Image]) -> dict[str, float]:
    """CPU milliseconds of the whole detector a picture, by architecture.

    Measured turn by turn, so that whatever else the machine does strikes all alike, and as CPU time, which
    does not grow while another process has the core.
    """
    quickest = {name: np.full(len(images), np.inf) for name in predictors}
    with progress() as bar:
        for turn in bar.track(range(TURNS + 1), description="Timing"):
            for place, image in enumerate(images):
                for name, predictor in predictors.items():
                    began = time.process_time()
                    predictor.detector.detect(image)
                    if turn:  # the first is for caches to fill
                        spent = 1000 * (time.process_time() - began)
                        quickest[name][place] = min(quickest[name][place], spent)
    return {name: float(np.median(each)) for name, each in quickest.items()}


def write(rows: list[Row], recipe: Recipe, out: Path, epochs: int, imgsz: int, edge_imgsz: int) -> None:
    """``out/comparison.json`` and ``out/comparison.md``."""
    facts = {
        "recipe": recipe.name,
        "seed": recipe.seed,
        "epochs": epochs,
        "trained_at_px": imgsz,
        "measured_at_px": edge_imgsz,
        "architectures": [asdict(row) | {"ap50_per_10_ms": round(row.ap50_per_10_ms, 4)} for row in rows],
    }
    (out / f"{NAME}.json").write_text(json.dumps(facts, indent=1) + "\n", "utf-8")
    lines = [
        f"{recipe.name}, {epochs} epochs from random weights at {imgsz} px, measured at {edge_imgsz} px.",
        "",
        "| architecture | AP50 | AP50-95 | CPU ms a picture | ratio | AP50 per 10 ms | MB | training |",
        "|---|---|---|---|---|---|---|---|",
        *("| " + " | ".join(_cells(row)) + " |" for row in rows),
    ]
    (out / f"{NAME}.md").write_text("\n".join(lines) + "\n", "utf-8")


def _cells(row: Row) -> list[str]:
    shares = ("–" if share is None else f"{share:.3f}" for share in (row.ap50, row.ap50_95))
    figures = (f"{row.cpu_ms:.1f}", f"{row.cpu_ratio:.2f}", f"{row.ap50_per_10_ms:.3f}")
    return [row.architecture, *shares, *figures, f"{row.megabytes:.1f}", f"{row.training_s / 60:.1f} min"]


def compare_command(
    folder: Folder,
    data: Data,
    out: Annotated[Path, typer.Option(help="Where trainings and tables go; outside the repository.")],
    architecture: Annotated[
        list[str], typer.Option(help="An architecture of ultralytics: yolo11n.yaml; repeatable.")
    ],
    epochs: Annotated[int, typer.Option(min=1, help="Of each training.")] = 5,
    imgsz: Annotated[
        int, typer.Option(min=32, help="Size of the trainings, px.", callback=whole_strides)
    ] = 320,
    edge_imgsz: Annotated[
        int | None,
        typer.Option(
            min=32, help="Size to measure at, px; default: that of FOLDER/model.toml.", callback=whole_strides
        ),
    ] = None,
    device: Device = "auto",
    threads: Threads = None,
) -> None:
    """Compare architectures on FOLDER's task by accuracy per CPU millisecond on a node.

    Each is trained briefly with the first stage of FOLDER/train.toml, exported, and run as a node runs it,
    side by side. Let nothing else run on the machine meanwhile. Interrupted, the same command goes on.
    """
    with plain_errors():
        recipe = Recipe.read(folder / "train.toml")
        sources = folder / "sources.toml"
        catalogue = open_data(data, sources if sources.exists() else None, recipe.classes)
        card = Card.read(folder / "model.toml") if (folder / "model.toml").exists() else None
        unnamed = tuple(DetectedClass(name=name, name_zh=name, kind="animal") for name in recipe.classes)
        rows = compare(
            recipe,
            card.classes if card else unnamed,
            catalogue,
            out,
            architectures=architecture,
            epochs=epochs,
            imgsz=imgsz,
            edge_imgsz=edge_imgsz or (card.imgsz if card else imgsz),
            device=device,
            threads=threads,
        )
    table = Table("architecture", "AP50", "AP50-95", "CPU ms", "ratio", "AP50/10 ms", "MB", "training")
    for row in rows:
        table.add_row(*_cells(row))
    console.print(table)
    console.print(f"Also in {out / NAME}.md and .json", markup=False)
