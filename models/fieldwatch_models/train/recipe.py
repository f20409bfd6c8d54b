"""``train.toml``: everything that decides what comes out of a training, as one typed value."""

from __future__ import annotations

import random
import tomllib
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from fieldwatch_models.errors import RecipeError

if TYPE_CHECKING:
    from pathlib import Path


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Start(_Frozen):
    """Where the weights come from before the first step."""

    architecture: str = "yolov8n.yaml"
    #: For each of our classes, the COCO classes whose classifier rows are averaged into its first
    #: guess. A class that COCO knows (zebra) starts nearly trained. Empty: an uninformed row.
    rows: dict[str, tuple[str, ...]] = {}


class Take(_Frozen):
    """Which of the pictures whose name starts with ``prefix`` are trained on."""

    prefix: str
    keep: int | None = Field(default=None, ge=0, description="at most so many, drawn by the seed")
    repeat: int = Field(default=1, ge=1, description="times each is shown in one epoch")


class Derive(_Frozen):
    """Pictures made of those whose name starts with ``prefix``, shown beside them (see derive.py)."""

    prefix: str
    how: Literal["tile", "night", "fog"]
    keep: int | None = Field(default=None, ge=0, description="of at most so many, drawn by the seed")
    times: int = Field(default=1, ge=1, description="different ones of each picture")
    only_empty: bool = Field(default=False, description="of pictures without a label alone: negatives")


class Stage(_Frozen):
    """One run of the optimiser. Each stage starts from the averaged weights of the one before."""

    name: str
    epochs: int = Field(ge=1)
    options: dict[str, Any] = {}  # Ultralytics' own training arguments, over the common ones
    take: tuple[Take, ...] | None = None  # instead of the recipe's
    derive: tuple[Derive, ...] | None = None  # instead of the recipe's


class Recipe(_Frozen):
    """One model's ``train.toml``."""

    name: str
    seed: int
    classes: tuple[str, ...]
    start: Start
    take: tuple[Take, ...] = ()
    derive: tuple[Derive, ...] = ()
    options: dict[str, Any] = {}
    stages: tuple[Stage, ...] = Field(min_length=1)

    @classmethod
    def read(cls, path: Path) -> Recipe:
        """Read and check ``path``."""
        try:
            return cls.model_validate(tomllib.loads(path.read_text("utf-8")))
        except (OSError, tomllib.TOMLDecodeError, ValidationError) as error:
            raise RecipeError(f"cannot use {path}: {error}") from error

    def select(self, names: list[str], stage: Stage) -> list[tuple[str, int]]:
        """Which of the file ``names`` to train on in ``stage``, and how often in an epoch.

        The first rule whose prefix fits decides; a picture that no rule names is taken once. The
        draw depends on the seed and the sorted names alone, so it can be repeated elsewhere.
        """
        chosen: list[tuple[str, int]] = []
        left = sorted(names)
        for rule in self.take if stage.take is None else stage.take:
            fits = [name for name in left if name.startswith(rule.prefix)]
            left = [name for name in left if not name.startswith(rule.prefix)]
            if rule.keep is not None and rule.keep < len(fits):
                draw = random.Random(f"{self.seed}:{rule.prefix}")  # noqa: S311  # no secret here
                fits = draw.sample(fits, rule.keep)
            chosen += [(name, rule.repeat) for name in fits]
        return sorted(chosen + [(name, 1) for name in left])


def lay_out(recipe: Recipe, stage: Stage, data: Path, out: Path) -> Path:
    """Lay the stage's choice from ``data`` out under ``out`` and return its ``data.yaml``.

    ``data`` holds ``images/{train,val}`` and ``labels/{train,val}`` in YOLO format. The pictures
    are linked, not copied: Ultralytics writes a cache next to the labels, and the data may be
    read-only. All of ``val`` is kept, so that figures stay comparable between recipes.
    """
    counts = {}
    for split in ("train", "val"):
        images = {p.name: p for p in (data / "images" / split).glob("*.*")}
        if not images:
            raise RecipeError(f"no pictures in {data / 'images' / split}")
        chosen = recipe.select(list(images), stage) if split == "train" else [(n, 1) for n in images]
        for kind in ("images", "labels"):
            (out / kind / split).mkdir(parents=True, exist_ok=True)
            for old in (out / kind / split).iterdir():
                old.unlink()
        for name, repeat in chosen:
            image = images[name].resolve()
            label = (data / "labels" / split / name).with_suffix(".txt").resolve()
            for turn in range(repeat):
                stem = f"{image.stem}~{turn}" if turn else image.stem
                (out / "images" / split / f"{stem}{image.suffix}").symlink_to(image)
                if label.exists():
                    (out / "labels" / split / f"{stem}.txt").symlink_to(label)
        counts[split] = sum(repeat for _, repeat in chosen)
    counts["derived"] = _derive(recipe, stage, data, out)
    names = "".join(f"  {index}: {name}\n" for index, name in enumerate(recipe.classes))
    text = f"path: {out.resolve()}\ntrain: images/train\nval: images/val\nnames:\n{names}"
    (out / "data.yaml").write_text(f"# {counts}\n{text}", "utf-8")
    return out / "data.yaml"


def _derive(recipe: Recipe, stage: Stage, data: Path, out: Path) -> int:
    """Make the stage's derived pictures and their labels under ``out``; how many there are."""
    import cv2
    import numpy as np

    from fieldwatch_models.train.derive import DERIVATIONS

    names = sorted(p.name for p in (data / "images" / "train").glob("*.*"))
    made = 0
    for rule in recipe.derive if stage.derive is None else stage.derive:
        sources = []
        for name in names:
            if name.startswith(rule.prefix):
                label = (data / "labels" / "train" / name).with_suffix(".txt")
                text = label.read_text("utf-8") if label.exists() else ""
                if not (rule.only_empty and text.strip()):
                    sources.append((name, text))
        if rule.keep is not None and rule.keep < len(sources):
            draw = random.Random(f"{recipe.seed}:{rule.how}:{rule.prefix}")  # noqa: S311  # no secret here
            sources = draw.sample(sources, rule.keep)
        for name, text in sources:
            image = cv2.imread(str(data / "images" / "train" / name))
            if image is None:
                raise RecipeError(f"cannot read {data / 'images' / 'train' / name}")
            boxes = np.array([line.split()[:5] for line in text.splitlines() if line.strip()], float).reshape(
                -1, 5
            )
            for turn in range(rule.times):
                seed = random.Random(f"{recipe.seed}:{rule.how}:{name}:{turn}").getrandbits(64)  # noqa: S311
                picture, inside = DERIVATIONS[rule.how](
                    np.asarray(image, np.uint8), boxes, np.random.default_rng(seed)
                )
                stem = f"{name.rpartition('.')[0]}~{rule.how}{turn}"
                cv2.imwrite(
                    str(out / "images" / "train" / f"{stem}.jpg"), picture, [cv2.IMWRITE_JPEG_QUALITY, 92]
                )
                lines = "".join(
                    f"{int(c)} " + " ".join(f"{v:.6f}" for v in rest) + "\n" for c, *rest in inside
                )
                (out / "labels" / "train" / f"{stem}.txt").write_text(lines, "utf-8")
                made += 1
    return made
