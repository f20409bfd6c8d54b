"""``fieldwatch models eval``: how good is this model, on pictures and on whole sequences?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from fieldwatch_models.console import Folder, console, plain_errors, quietly
from fieldwatch_models.errors import RecipeError
from fieldwatch_models.evaluate import page as evaluation_page
from fieldwatch_models.evaluate.ignition import recordings
from fieldwatch_models.evaluate.material import Material, gather
from fieldwatch_models.evaluate.measure import evaluate
from fieldwatch_models.evaluate.predictions import Predictor
from fieldwatch_models.evaluate.scale import moved
from fieldwatch_models.evaluate.sweep import parse, rules, sweep
from fieldwatch_models.registry.cards import Card

if TYPE_CHECKING:
    from collections.abc import Sequence

Data = Annotated[
    Path,
    typer.Option(
        envvar="FIELDWATCH_TRAINING_DATA",
        help="A catalogue (.jsonl), or a YOLO folder: images/{train,val}, labels/{train,val}, data.yaml.",
        exists=True,
    ),
]
Sequences = Annotated[
    list[Path] | None,
    typer.Option(
        "--sequence", help="A recorded ignition (sequence.csv) or labelled stills; repeatable.", exists=True
    ),
]
Cache = Annotated[
    Path | None,
    typer.Option(help="Keep predictions here, by SHA-256 of model and picture: a second run takes seconds."),
]
RULE = (
    'Fire: the rule to watch with, as in node.toml: "score=0.08 k=3 n=5"; default: the node\'s own defaults.'
)
SWEEP = 'Fire: compare rules instead of measuring: "default", or a grid such as "score=0.05,0.1 k=2,3 n=4,5".'


def eval_command(
    folder: Folder,
    data: Data,
    sequence: Sequences = None,
    page: Annotated[Path | None, typer.Option(help="Also write a page with charts and pictures.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where the figures go; default: FOLDER/metrics.json.")
    ] = None,
    cache: Cache = None,
    rule: Annotated[str, typer.Option(help=RULE)] = "",
    sweep_grid: Annotated[str | None, typer.Option("--sweep", help=SWEEP)] = None,
    rows: Annotated[int, typer.Option(min=1, help="With --sweep: rules to show.")] = 25,
    store_temperature: Annotated[
        bool,
        typer.Option(
            "--store-temperature",
            help="Write the fitted temperature to FOLDER/model.toml, and move its conf so that it selects "
            "the same boxes. Sign the folder anew afterwards.",
        ),
    ] = False,
    threads: Annotated[int, typer.Option(min=1, help="CPU threads of the detector.")] = 2,
) -> None:
    """Measure FOLDER's model on validation pictures and on recordings, as a node would see them.

    Predictions are made once, with the node's own detector and without PyTorch; fires are confirmed by the
    node's own rule. Writes metrics.json; --page also a page with charts, verdict and failures.
    """
    # The rule tells of each fire that it confirms; of a recording's, made-up dates and all, that is no news.
    with plain_errors(), quietly("fieldwatch_edge.decide"):
        predictor = Predictor(folder, cache=cache, threads=threads)
        names = tuple(entry.name for entry in predictor.card.classes)
        sources = folder / "sources.toml"
        material = gather(data, names, sequence or [], sources if sources.exists() else None)
        if sweep_grid is not None:
            _sweep(predictor, material, parse(sweep_grid), rows)
            return
        chosen = list(rules(parse(rule), predictor.card.conf))
        if len(chosen) != 1:
            raise RecipeError(f"--rule '{rule}' is not one rule that a node accepts: one value a name, k ≤ n")
        _, score, settings = chosen[0]
        measured = evaluate(predictor, material, settings, score)
        if store_temperature:
            _store_temperature(folder, measured.metrics["calibration"]["temperature"])
            # Figures belong to the card that they stand beside. The boxes are known: this takes seconds.
            known = predictor.known
            predictor = Predictor(folder, cache=cache, threads=threads, known=known)
            score = moved(score, measured.metrics["temperature"], predictor.card.temperature)
            measured = evaluate(predictor, material, settings, score)
        target = out or folder / "metrics.json"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(measured.metrics, indent=1, ensure_ascii=False) + "\n", "utf-8")
        if page is not None:
            evaluation_page.write(page, measured, predictor.card.name)
    _show(measured.metrics)
    console.print(f"Figures: {target}" + (f"\nPage: {page}" if page else ""))


def _store_temperature(folder: Path, temperature: float | None) -> None:
    if temperature is None:
        raise RecipeError("too few boxes to fit a temperature; nothing was written")
    path = folder / "model.toml"
    card = Card.read(path)
    # To four digits, not places: a small threshold must not become 0, which is none.
    conf = float(f"{moved(card.conf, card.temperature, temperature):.4g}")
    card.model_copy(update={"temperature": temperature, "conf": conf}).write(path)
    console.print(
        f"{path}: temperature {card.temperature:g} → {temperature:g}; conf {card.conf:g} → {conf:g}, which "
        "selects the same boxes. A `conf` that a node.toml sets for this model is on the old scale: move it "
        f"likewise. Next: fieldwatch models sign {folder}"
    )
    if card.fallback is not None:
        console.print(
            f"[fallback] score {card.fallback.score:g} is on the old scale too: measure and set it anew."
        )


def _sweep(predictor: Predictor, material: Material, grid: dict[str, list[float]], rows: int) -> None:
    card = predictor.card
    frames = predictor.see(material.sequences, "Recordings")
    found = recordings(frames, material.trained_on, material.trained_sites)
    if not found:
        raise RecipeError(
            "no recordings to try rules on: give --sequence, or data whose pictures have sequences"
        )
    table = sweep(found, predictor.detector.classes, grid, card.conf, card.temperature)
    _show_sweep(table[:rows])


def _show_sweep(found: Sequence[dict[str, Any]]) -> None:
    names = list(found[0]["rule"]) if found else []
    figures = ("found\nin 5", "false\nalarms", "delay,\nmin")
    table = Table(*names, *(f"{part}\n{figure}" for part in ("held out", "all") for figure in figures))
    for row in found:
        cells = [f"{row['rule'][name]:g}" for name in names]
        for part in (row["held_out"], row["all"]):
            delay = part["median_delay_s"]
            cells += [
                f"{part['found_within_5_frames']}/{part['sequences']}",
                f"{part['false_alarms']}+{part['false_alarms_untimed']}",
                "–" if delay is None else f"{delay / 60:g} ({part['delays_known']})",
            ]
        table.add_row(*cells)
    console.print(table)
    if found:
        held, all_ = (24 * found[0][part]["camera_days_watched"] for part in ("held_out", "all"))
        console.print(
            f"False alarms: in recordings whose times are known ({held:.1f} h held out, {all_:.1f} h in all) "
            "+ in the others. Delay: median, and over how many. The best of many rules on few recordings "
            "flatters."
        )


def _show(metrics: dict[str, Any]) -> None:
    table = Table("class", "labelled", "precision", "recall", "AP50", "AP50-95")
    for name, row in metrics["operating_point"].items():
        ap = metrics["average_precision"].get(name, {})
        cells = [
            _share(row["precision"], row["precision_interval"]),
            _share(row["recall"], row["recall_interval"]),
        ]
        table.add_row(
            name, str(row["labelled"]), *cells, str(ap.get("ap50", "–")), str(ap.get("ap50_95", "–"))
        )
    mean = metrics["average_precision"]["all"]
    table.add_row("all", str(metrics["data"]["boxes"]), "", "", str(mean["ap50"]), str(mean["ap50_95"]))
    console.print(table)
    for kind, sentences in metrics["verdict"].items():
        for sentence in sentences:
            console.print(f"[bold]{kind.replace('_', ' ')}[/bold]: {sentence}")


def _share(value: float | None, interval: list[float] | None) -> str:
    return "–" if value is None or interval is None else f"{value:.2f} ({interval[0]:.2f}–{interval[1]:.2f})"
