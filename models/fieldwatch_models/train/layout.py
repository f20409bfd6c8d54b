"""A stage's pictures on disk, as ultralytics reads them: chosen, repeated, derived, with their labels."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import cv2
import numpy as np
from rich.console import Console
from rich.progress import track

from fieldwatch_edge.detect.model_folder import sha256_of
from fieldwatch_models.errors import RecipeError
from fieldwatch_models.train.derive import DERIVATIONS, Cutout, cut_out, paste
from fieldwatch_models.train.plume import plume

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from fieldwatch_models.data.catalogue import Catalogue, Picture, Split
    from fieldwatch_models.train.recipe import Derive, Recipe, Stage

#: Objects that one paste rule cuts out before it stops looking for more: enough variety, little memory.
MOST_CUTOUTS = 200


def lay_out(
    recipe: Recipe, stage: Stage, catalogue: Catalogue, out: Path, console: Console | None = None
) -> Path:
    """Lay the stage's choice from ``catalogue`` out under ``out`` and return its ``data.yaml``.

    Pictures are linked, not copied: ultralytics writes a cache next to the labels, and the data may be
    read-only. All of the validation split is kept, so that figures stay comparable between recipes. What
    an earlier run with the same recipe and data laid out completely is used again.

    Raises:
        RecipeError: a class has no name in the catalogue, a split is empty, a picture cannot be read.
    """
    unknown = [name for name in recipe.classes if name not in catalogue.classes]
    if unknown:
        raise RecipeError(
            f"the recipe {recipe.name} trains {', '.join(unknown)}, but the data has only "
            f"{', '.join(catalogue.classes)}"
        )
    config = out / "data.yaml"
    mark = f"# {_mark(recipe, stage, catalogue)}"
    if config.exists() and config.read_text("utf-8").startswith(mark):
        return config
    config.unlink(missing_ok=True)
    counts = {}
    for split in ("train", "val"):
        pictures = named(catalogue, split)
        if not pictures:
            raise RecipeError(f"no pictures in {split}: split the data first (fieldwatch models data --help)")
        chosen = recipe.select(pictures, stage) if split == "train" else [(n, 1) for n in sorted(pictures)]
        for kind in ("images", "labels"):
            (out / kind / split).mkdir(parents=True, exist_ok=True)
            for old in (out / kind / split).iterdir():
                old.unlink()
        for name, repeat in chosen:
            boxes = boxes_of(pictures[name], recipe.classes)
            stem, _, suffix = name.rpartition(".")
            for turn in range(repeat):
                copy = f"{stem}~{turn}" if turn else stem
                (out / "images" / split / f"{copy}.{suffix}").symlink_to(pictures[name].path.resolve())
                _write_labels(out / "labels" / split / f"{copy}.txt", boxes)
        counts[split] = sum(repeat for _, repeat in chosen)
    counts["derived"] = _derive(recipe, stage, named(catalogue, "train"), out, console)
    names = "".join(f"  {index}: {name}\n" for index, name in enumerate(recipe.classes))
    text = f"path: {out.resolve()}\ntrain: images/train\nval: images/val\nnames:\n{names}"
    # Last, and with the mark: its presence says that all the rest is there.
    config.write_text(f"{mark}\n# {counts}\n{text}", "utf-8")
    return config


def searched(catalogue: Catalogue, classes: tuple[str, ...], console: Console) -> Catalogue:
    """``catalogue`` without the pictures in which not all of ``classes`` were looked for; says how many.

    In a picture that was labelled for fire alone, training would take every animal for background.

    Raises:
        RecipeError: no training picture is left.
    """
    kept = tuple(picture for picture in catalogue.pictures if picture.was_searched_for(classes))
    left_out = len(catalogue.pictures) - len(kept)
    if left_out:
        said = (
            f"{left_out} of {len(catalogue.pictures)} pictures are left out: not all of {', '.join(classes)} "
            "were looked for in them (labelled_for)"
        )
        if not any(picture.split == "train" for picture in kept):
            raise RecipeError(f"{said}, and no training picture is left. Train these classes apart")
        console.print(said, highlight=False, markup=False)
    return catalogue.model_copy(update={"pictures": kept})


def named(catalogue: Catalogue, split: Split) -> dict[str, Picture]:
    """The pictures of ``split`` by file name; a name that several have is told apart by a number."""
    table: dict[str, Picture] = {}
    stems: set[str] = set()
    for picture in sorted(catalogue.of(split), key=lambda p: p.path.as_posix()):
        stem, number = picture.path.stem, 1
        while stem in stems:  # of a.jpg and a.png too: both would have the labels a.txt
            number += 1
            stem = f"{picture.path.stem}~n{number}"
        stems.add(stem)
        table[stem + picture.path.suffix] = picture
    return table


def boxes_of(picture: Picture, classes: tuple[str, ...]) -> NDArray[np.float64]:
    """The labels of ``picture`` that are of ``classes``: ``[M, 5]`` as derive.py describes them."""
    rows = [
        (
            classes.index(label.name),
            label.x + label.width / 2,
            label.y + label.height / 2,
            label.width,
            label.height,
        )
        for label in picture.labels
        if label.name in classes
    ]
    return np.array(rows, np.float64).reshape(-1, 5)


def data_sha256(catalogue: Catalogue) -> str:
    """Hex digest of the pictures' bytes, splits and labels, wherever on a disk they lie."""
    digest = hashlib.sha256()
    for split in ("train", "val"):
        for name, picture in named(catalogue, split).items():
            labels = "".join(f" {label.model_dump_json()}" for label in picture.labels)
            try:
                content = sha256_of(picture.path)
            except OSError as error:
                raise RecipeError(f"cannot read {picture.path}: {error.strerror}") from error
            digest.update(f"{split} {name} {content}{labels}\n".encode())
    return digest.hexdigest()


def _mark(recipe: Recipe, stage: Stage, catalogue: Catalogue) -> str:
    """What decides what a layout holds, in one word."""
    digest = hashlib.sha256(f"{recipe.sha256} {stage.model_dump_json()}\n".encode())
    for picture in sorted(catalogue.pictures, key=lambda p: p.path.as_posix()):
        digest.update(picture.model_dump_json().encode())
    return digest.hexdigest()


def _derive(
    recipe: Recipe, stage: Stage, pictures: dict[str, Picture], out: Path, console: Console | None
) -> int:
    """Make the stage's derived pictures and their labels under ``out``; how many there are."""
    boxes = {name: boxes_of(picture, recipe.classes) for name, picture in pictures.items()}
    empty = {name: not len(rows) for name, rows in boxes.items()}
    rules = recipe.derive if stage.derive is None else stage.derive
    work = [(rule, name) for rule in rules for name in recipe.sources(empty, rule)]
    cutouts = {rule: _cutouts(recipe, rule, pictures, boxes) for rule in rules if rule.how == "paste"}
    console = console or Console(stderr=True)
    quiet = not console.is_terminal
    for rule, name in track(work, "deriving pictures", console=console, disable=quiet, transient=True):
        image = _read(pictures[name])
        for turn in range(rule.times):
            draw = np.random.default_rng(recipe.generator(rule, name, turn))
            if rule.how == "paste":
                shown, inside = paste(image, boxes[name], draw, cutouts[rule])
            elif rule.how == "plume":
                shown, inside = plume(image, boxes[name], draw, _class(recipe, rule))
            else:
                shown, inside = DERIVATIONS[rule.how](image, boxes[name], draw)
            stem = f"{name.rpartition('.')[0]}~{rule.how}{turn}"
            target = out / "images" / "train" / f"{stem}.jpg"
            cv2.imwrite(str(target), shown, [cv2.IMWRITE_JPEG_QUALITY, 92])
            _write_labels(out / "labels" / "train" / f"{stem}.txt", inside)
    return sum(rule.times for rule, _ in work)


def _cutouts(
    recipe: Recipe, rule: Derive, pictures: dict[str, Picture], boxes: dict[str, NDArray[np.float64]]
) -> list[Cutout]:
    """The objects that ``rule`` pastes."""
    names = [n for n in sorted(pictures) if n.startswith(rule.of or "") and len(boxes[n])]
    order = np.random.default_rng(recipe.generator(rule, rule.of or "", 0)).permutation(len(names))
    found: list[Cutout] = []
    for index in order:
        found += cut_out(_read(pictures[names[index]]), boxes[names[index]])
        if len(found) >= MOST_CUTOUTS:
            break
    if not found:
        raise RecipeError(
            f"nothing to paste: no picture named {rule.of}… has an object that is whole, 8 px or more, and "
            "at most half the picture large"
        )
    return found


def _class(recipe: Recipe, rule: Derive) -> int:
    """Which of the recipe's classes the smoke is of that ``rule`` draws."""
    if rule.of not in recipe.classes:
        raise RecipeError(f'how = "plume", of = "{rule.of}": {recipe.name} has no such class')
    return recipe.classes.index(rule.of)


def _read(picture: Picture) -> NDArray[np.uint8]:
    image = cv2.imread(str(picture.path))
    if image is None:
        raise RecipeError(f"cannot read {picture.path}")
    return np.asarray(image, np.uint8)


def _write_labels(path: Path, boxes: NDArray[np.float64]) -> None:
    lines = (f"{int(label)} " + " ".join(f"{v:.6f}" for v in place) for label, *place in boxes)
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
