"""``train.toml``: everything that decides what comes out of a training, as one typed value."""

from __future__ import annotations

import random
import tomllib
from typing import TYPE_CHECKING, Any

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


class Stage(_Frozen):
    """One run of the optimiser. Each stage starts from the averaged weights of the one before."""

    name: str
    epochs: int = Field(ge=1)
    options: dict[str, Any] = {}  # Ultralytics' own training arguments, over the common ones
    take: tuple[Take, ...] | None = None  # instead of the recipe's


class Recipe(_Frozen):
    """One model's ``train.toml``."""

    name: str
    seed: int
    classes: tuple[str, ...]
    start: Start
    take: tuple[Take, ...] = ()
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
    names = "".join(f"  {index}: {name}\n" for index, name in enumerate(recipe.classes))
    text = f"path: {out.resolve()}\ntrain: images/train\nval: images/val\nnames:\n{names}"
    (out / "data.yaml").write_text(f"# {counts}\n{text}", "utf-8")
    return out / "data.yaml"
