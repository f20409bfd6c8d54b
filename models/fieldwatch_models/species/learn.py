"""The steps from a folder of labelled pictures to a model. Each can be repeated."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from fieldwatch_edge.settings import FireSettings
from fieldwatch_models.console import model_folder
from fieldwatch_models.data.catalogue import Catalogue, Picture, Source, Split
from fieldwatch_models.data.formats.loose import read_loose
from fieldwatch_models.data.opening import open_data, refuse
from fieldwatch_models.data.sources import SourceRules
from fieldwatch_models.data.splits import split_by_group
from fieldwatch_models.errors import DataError, RecipeError
from fieldwatch_models.registry.cards import Card, DetectedClass
from fieldwatch_models.registry.measured import read_json
from fieldwatch_models.species import texts
from fieldwatch_models.train.layout import searched
from fieldwatch_models.train.recipe import Recipe
from fieldwatch_models.train.record import FILE as RECORD

if TYPE_CHECKING:
    from rich.console import Console

OWN, NEGATIVES = "own", "negatives"
#: Epochs see at least about so many pictures; fewer are shown several times.
EPOCH = 300
#: Under so many pictures, three tenths are kept for validation instead of two.
ENOUGH_FOR_A_FIFTH = 400
#: Pictures on which the exported file is held against PyTorch.
COMPARED = 40


@dataclass(frozen=True)
class Species:
    """What the model is to find."""

    name: str
    name_zh: str
    scientific_name: str | None = None
    gbif: int | None = None


@dataclass(frozen=True)
class Plan:
    """How it is to learn that."""

    pictures: Path
    out: Path
    work: Path
    negatives: Path | None = None
    #: Class in the data that is the species, where there are several.
    label: str | None = None
    sources: Path | None = None
    start: str = "wildlife"
    #: Classes of the start that it resembles; none: the mean of all.
    like: tuple[str, ...] = ()
    epochs: int = 20
    imgsz: int | None = None
    seed: int = 1
    device: str = "auto"
    threads: int | None = None


def gather(species: Species, plan: Plan, console: Console) -> Catalogue:
    """The labelled pictures and the negatives as one catalogue, split by site, sequence and likeness.

    A split that the data have is kept where it is whole. The result is also in ``plan.work``.

    Raises:
        DataError: no labelled animal, unreadable pictures, or several classes and no word which.
    """
    catalogue = _open(species, plan)
    wanted = plan.label or (catalogue.classes[0] if len(catalogue.classes) == 1 else species.name)
    if wanted not in catalogue.classes:
        raise DataError(
            f"the data have the classes {', '.join(catalogue.classes)}: say with --label which is "
            f"{species.name}"
        )
    catalogue = searched(catalogue, (wanted,), console)
    pictures = [_as(picture, species.name, wanted) for picture in catalogue.pictures]
    sources = dict(catalogue.sources)
    if plan.negatives is not None:
        found = read_loose(plan.negatives, species.name, NEGATIVES)
        refuse(found.problems)
        strange = [p.path.name for p in found.pictures if p.labels]
        if strange:
            raise DataError(f"negatives must not show the animal, but {strange[0]} has labels")
        # They may lie in a folder among the others, and were read with them.
        twice = {picture.path.resolve() for picture in found.pictures}
        pictures = [picture for picture in pictures if picture.path.resolve() not in twice]
        pictures += found.pictures
        sources[NEGATIVES] = Source(title="pictures without the species")
    if not any(picture.labels for picture in pictures):
        raise DataError(f"{plan.pictures}: not one labelled animal")
    named = Catalogue(classes=(species.name,), sources=sources, pictures=tuple(pictures))
    given = {picture.split for picture in named.pictures}
    if given - {"test"} != {"train", "val"}:
        if given != {None}:
            console.print("Not every picture has a split of its own: all are divided anew.")
        # Of few pictures, a fifth would leave nothing to measure with.
        val = 0.3 if len(named.pictures) < ENOUGH_FOR_A_FIFTH else 0.2
        shares = cast("dict[Split, float]", {"train": 1 - val, "val": val})
        named = split_by_group(named, shares, plan.seed, quiet=not console.is_terminal)
    plan.work.mkdir(parents=True, exist_ok=True)
    (plan.work / ".gitignore").write_text("*\n", "utf-8")
    named.write(plan.work / "catalogue.jsonl")
    return named


def write_recipe(species: Species, plan: Plan, catalogue: Catalogue) -> Recipe:
    """``plan.out/train.toml``, suited to so many pictures; one that is there is left as it is and used.

    Raises:
        RecipeError: there is no such start, or the recipe in place is of other classes.
    """
    path = plan.out / "train.toml"
    if not path.exists():
        start = model_folder(Path(plan.start))
        known = Card.read(start / "model.toml")
        shown = list(catalogue.of("train"))
        fine = max(1, round(plan.epochs * 0.4))
        imgsz = plan.imgsz or known.imgsz
        text = texts.recipe(
            species.name,
            _architecture(start),
            plan.start,
            list(plan.like or (known.names if species.name not in known.names else [species.name])),
            seed=plan.seed,
            repeat=min(8, max(1, round(EPOCH / (2 * max(1, len(shown)))))),
            nights=max(1, len(shown) // 3),
            coarse=max(1, plan.epochs - fine),
            fine=fine,
            small=max(32, round(imgsz * 0.75 / 32) * 32),
            imgsz=imgsz,
        )
        plan.out.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    recipe = Recipe.read(path)
    if recipe.classes != (species.name,):
        raise RecipeError(f"{path} is a recipe for {', '.join(recipe.classes)}: give another --out")
    return recipe


def train_and_export(
    species: Species, plan: Plan, recipe: Recipe, catalogue: Catalogue, console: Console
) -> Card:
    """The model file in ``plan.out``, its card and how it was trained.

    Raises:
        ModelsError: as `train` and `export`.
    """
    from fieldwatch_edge import vision
    from fieldwatch_models.export.onnx_file import export
    from fieldwatch_models.train.run import train

    checkpoint = train(
        recipe, catalogue, plan.work, device=plan.device, threads=plan.threads, console=console
    )
    start = Card.read(model_folder(Path(plan.start)) / "model.toml")
    today = datetime.now(UTC).date()
    Card(
        name=species.name,
        version=f"{today:%Y.%m.%d}",
        created=today,
        sha256="0" * 64,
        imgsz=int(recipe.options_of(recipe.stages[-1]).get("imgsz", start.imgsz)),
        conf=0.25,
        iou=start.iou,
        classes=(
            DetectedClass(
                name=species.name,
                name_zh=species.name_zh,
                kind="animal",
                scientific_name=species.scientific_name,
                gbif=species.gbif,
            ),
        ),
    ).write(plan.out / "model.toml")
    shown = [*catalogue.of("val"), *catalogue.of("train")][:COMPARED]
    card, _ = export(checkpoint, plan.out, today, [vision.decode(p.path.read_bytes()) for p in shown])
    shutil.copy(checkpoint.parent / RECORD, plan.out / RECORD)
    return card


def measure(plan: Plan) -> dict[str, Any]:
    """``plan.out/metrics.json`` and a page with pictures in ``plan.work``.

    The card's threshold becomes the one at which precision and recall are best together, where there are
    enough labels to choose it by.
    """
    from fieldwatch_models.evaluate import page
    from fieldwatch_models.evaluate.material import gather as material_of
    from fieldwatch_models.evaluate.measure import evaluate
    from fieldwatch_models.evaluate.predictions import Predictor

    card = Card.read(plan.out / "model.toml")
    material = material_of(plan.work / "catalogue.jsonl", card.names, [], None)
    predictor = Predictor(plan.out, threads=plan.threads or 2)
    measured = evaluate(predictor, material, FireSettings())
    best = measured.metrics["best_f1"]
    if best and measured.metrics["data"]["boxes"] >= texts.BELIEVABLE:
        chosen = card.model_copy(update={"conf": round(min(0.7, max(0.1, best["conf"])), 3)})
        chosen.write(plan.out / "model.toml")
        predictor = Predictor(plan.out, threads=plan.threads or 2, known=predictor.known)
        measured = evaluate(predictor, material, FireSettings())
    text = json.dumps(measured.metrics, indent=1, ensure_ascii=False)
    (plan.out / "metrics.json").write_text(text + "\n", "utf-8")
    page.write(plan.work / "evaluation.html", measured, card.name)
    return measured.metrics


def write_card(species: Species, plan: Plan, catalogue: Catalogue) -> None:
    """``plan.out/CARD.md``: words to begin with, where there are none yet, and today's figures."""
    from fieldwatch_models.registry.card_page import CARD_PAGE, refresh

    path = plan.out / CARD_PAGE
    empty = sum(not picture.labels for picture in catalogue.pictures)
    if not path.exists():
        start = read_json(plan.out / RECORD).get("start")
        text = texts.card(
            name=species.name,
            name_zh=species.name_zh,
            scientific_name=species.scientific_name or "scientific name not given",
            pictures=len(catalogue.pictures),
            boxes=sum(len(picture.labels) for picture in catalogue.pictures),
            start=start.get("from") if isinstance(start, dict) else start,
            negatives=f"seen in {empty} pictures without the animal at most"
            if empty
            else "never seen in training",
        )
        path.write_text(text, "utf-8")
    refresh(plan.out)


def _open(species: Species, plan: Plan) -> Catalogue:
    path = plan.pictures
    if path.is_file() or (path / "images" / "train").is_dir():
        return open_data(path, plan.sources)
    reading = read_loose(path, species.name, OWN if plan.sources is None else "")
    rules = SourceRules.read(plan.sources) if plan.sources else SourceRules()
    pictures, sources, wrong = rules.describe(reading.pictures)
    refuse([*reading.problems, *wrong])
    sources |= {OWN: Source(title="own pictures")}
    return Catalogue(classes=reading.classes, sources=sources, pictures=tuple(pictures))


def _as(picture: Picture, name: str, wanted: str) -> Picture:
    """``picture`` with the boxes of the class ``wanted`` alone, under ``name``."""
    labels = tuple(b.model_copy(update={"name": name}) for b in picture.labels if b.name == wanted)
    return picture.model_copy(update={"labels": labels, "labelled_for": None})


def _architecture(folder: Path) -> str:
    """What the model in ``folder`` is built as: its record or its recipe says."""
    recorded = read_json(folder / RECORD).get("architecture")
    if recorded:
        return str(recorded)
    recipe = folder / "train.toml"
    if recipe.exists():
        return Recipe.read(recipe).start.architecture
    raise RecipeError(f"{folder} says neither in training.json nor in train.toml which architecture it has")
